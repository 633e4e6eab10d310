#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "ledger/base/error.h"
#include "ledger/command/decide.h"

namespace redvest {
namespace {

v1::Command Parse(const std::string& text) {
  v1::Command command;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &command)) << text;
  return command;
}

v1::Command WithHeader(const std::string& body) {
  v1::Command command = Parse(body);
  command.set_terminal_id(1);
  command.set_serial(1);
  command.set_occurred_at_unix_ms(1'700'000'000'000);
  return command;
}

// The field that is at fault, empty where the form is right.
std::string FaultOf(const v1::Command& command) {
  const absl::Status status = CheckForm(command);
  if (status.ok()) return "";
  const std::optional<v1::ErrorDetail> detail = DetailOf(status);
  EXPECT_EQ(detail->reason(), v1::ERROR_REASON_FIELD_INVALID);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return detail->facts(0).text();
}

TEST(CheckForm, NamesTheFirstFieldAtFault) {
  struct Case {
    const char* body;
    const char* field;
  };
  const Case cases[] = {
      {"", "body"},
      {"sell_meal { portions: 1 payment: PAYMENT_CASH }", ""},
      {"sell_meal { portions: 0 payment: PAYMENT_CASH }", "sell_meal.portions"},
      {"sell_meal { portions: -1 payment: PAYMENT_CASH }", "sell_meal.portions"},
      {"sell_meal { portions: 1001 payment: PAYMENT_CASH }", "sell_meal.portions"},
      {"sell_meal { portions: 1 }", "sell_meal.payment"},
      {"sell_meal { portions: 1 payment: PAYMENT_POINTS }", "sell_meal.payment"},
      {"sell_meal { member_id: 1000000000000000 portions: 1 payment: PAYMENT_CASH }", "sell_meal.member_id"},
      {"top_up_meal_card { amount_fen: 1 }", "top_up_meal_card.member_id"},
      {"top_up_meal_card { member_id: 1 }", "top_up_meal_card.amount_fen"},
      {"top_up_meal_card { member_id: 1 amount_fen: -5 }", "top_up_meal_card.amount_fen"},
      {"top_up_meal_card { member_id: 1 amount_fen: 1000000000001 }", "top_up_meal_card.amount_fen"},
      {"top_up_meal_card { member_id: 1 amount_fen: 9223372036854775807 }", "top_up_meal_card.amount_fen"},
      {"count_drawer { counted_fen: -1 }", "count_drawer.counted_fen"},
      {"count_drawer { }", ""},
      {"record_service { volunteer_id: 1 service_kind_id: 1 }", "record_service.minutes"},
      {"record_service { volunteer_id: 1 service_kind_id: 1 minutes: 1441 }", "record_service.minutes"},
      {"record_service { volunteer_id: 1 service_kind_id: 1 minutes: 60 }", ""},
      {"record_service { volunteer_id: 1 service_kind_id: 1 start_unix_ms: 1699999999000 minutes: 60 }",
       "record_service.minutes"},
      {"record_service { volunteer_id: 1 service_kind_id: 1 start_unix_ms: 9223372036854775807 minutes: 60 }",
       "record_service.start_unix_ms"},
      {"record_service { volunteer_id: 1 service_kind_id: 1 start_unix_ms: -9223372036854775808 end_unix_ms: "
       "9223372036854775807 }",
       "record_service.start_unix_ms"},
      {"record_service { volunteer_id: 1 service_kind_id: 1 start_unix_ms: 1699990000000 end_unix_ms: "
       "1699990000000 }",
       "record_service.end_unix_ms"},
      {"record_service { volunteer_id: 1 service_kind_id: 1 start_unix_ms: 1699999000000 end_unix_ms: "
       "1700000100000 }",
       "record_service.end_unix_ms"},
      {"redeem_points { volunteer_id: 1 good_id: 1 }", "redeem_points.pieces"},
      {"receive_stock { pieces: 1 }", "receive_stock.good_id"},
      {"pay_bill { biller_id: 1 amount_fen: 1 funding: FUNDING_DEMAND }", "pay_bill.account_id"},
      {"pay_bill { biller_id: 1 amount_fen: 1 funding: FUNDING_CASH account_id: 1 }", "pay_bill.account_id"},
      {"pay_bill { biller_id: 1 amount_fen: 1 }", "pay_bill.funding"},
      {"open_time_deposit { account_id: 1 amount_fen: 1 term_months: 0 funding: FUNDING_CASH }",
       "open_time_deposit.term_months"},
      {"move_float { amount_fen: 1 }", "move_float.direction"},
      {"record_bank_history { account_id: 1 amount_fen: 1 }", "record_bank_history.kind"},
      {"record_bank_history { account_id: 0 kind: HISTORY_KIND_CASH_DEPOSIT amount_fen: 1 }",
       "record_bank_history.account_id"},
      {"reverse_event { sequence: 1 }", "reverse_event.reason"},
      {"reverse_event { reason: \"x\" }", "reverse_event.sequence"},
      {"void_serial { reason: \"a\\nb\" }", "void_serial.reason"},
      {"enrol_terminal { label: \"x\" }", "enrol_terminal.role"},
      {"enrol_terminal { role: ROLE_STATION }", "enrol_terminal.label"},
      {"register_member { }", "register_member.profile"},
      {"register_member { profile { elder: true } }", "register_member.profile.elder"},
      {"register_entry { label: \"x\" }", "register_entry.kind"},
      {"adopt_policy { }", "adopt_policy.policy"},
      {"adopt_policy { policy { effective_from { year: 2023 month: 2 day: 30 } } }",
       "adopt_policy.policy.effective_from"},
      {"adopt_policy { policy { effective_from { year: 2023 month: 2 day: 3 } } }",
       "adopt_policy.policy.meals_per_day_max"},
      {"found_ledger { name: \"x\" time_zone: \"Mars/Olympus\" }", "found_ledger.time_zone"},
  };
  for (const Case& c : cases) EXPECT_EQ(FaultOf(WithHeader(c.body)), c.field) << c.body;
}

TEST(CheckForm, TheHeaderMustBeThere) {
  const std::string body = "count_drawer {}";
  EXPECT_EQ(FaultOf(Parse(body)), "header.terminal_id");
  EXPECT_EQ(FaultOf(Parse("terminal_id: 1 count_drawer {}")), "header.serial");
  EXPECT_EQ(FaultOf(Parse("terminal_id: 1 serial: 1 count_drawer {}")), "header.occurred_at_unix_ms");
  EXPECT_EQ(
      FaultOf(Parse("terminal_id: 1 serial: 1 occurred_at_unix_ms: 9223372036854775807 count_drawer {}")),
      "header.occurred_at_unix_ms");
}

TEST(CheckForm, TextIsBoundedAndValid) {
  v1::Command command = WithHeader("enrol_terminal { role: ROLE_STATION }");
  command.mutable_enrol_terminal()->set_label(std::string(128, 'x'));
  EXPECT_EQ(FaultOf(command), "");
  command.mutable_enrol_terminal()->set_label(std::string(129, 'x'));
  EXPECT_EQ(FaultOf(command), "enrol_terminal.label");
  command.mutable_enrol_terminal()->set_label("\xC0\x80");
  EXPECT_EQ(FaultOf(command), "enrol_terminal.label");
}

TEST(CheckForm, ACommandIsBoundedWithFieldsThatAreNotKnown) {
  v1::Command command = WithHeader("count_drawer {}");
  v1::CountDrawer* count = command.mutable_count_drawer();
  count->GetReflection()->MutableUnknownFields(count)->AddLengthDelimited(1000, std::string(70'000, 'x'));
  EXPECT_EQ(FaultOf(command), "header.size");
}

TEST(IsOutcomeOf, ComparesEveryFieldOfTheCommand) {
  const v1::Command command = WithHeader("sell_meal { member_id: 5 portions: 2 payment: PAYMENT_CASH }");
  event::v1::Event event;
  event.set_terminal_id(1);
  event.set_serial(1);
  event.set_occurred_at_unix_ms(command.occurred_at_unix_ms());
  *event.mutable_meal_sold()->mutable_command() = command.sell_meal();
  event.mutable_meal_sold()->set_price_fen(1400);
  EXPECT_TRUE(IsOutcomeOf(event, command));

  v1::Command other = command;
  other.mutable_sell_meal()->set_portions(3);
  EXPECT_FALSE(IsOutcomeOf(event, other));
  other = command;
  other.set_occurred_at_unix_ms(1);
  EXPECT_FALSE(IsOutcomeOf(event, other));
  other = WithHeader("count_drawer {}");
  EXPECT_FALSE(IsOutcomeOf(event, other));

  event::v1::Event declined = event;
  *declined.mutable_command_declined()->mutable_command()->mutable_sell_meal() = command.sell_meal();
  EXPECT_TRUE(IsOutcomeOf(declined, command));
  declined.mutable_command_declined()->mutable_command()->mutable_sell_meal()->set_member_id(6);
  EXPECT_FALSE(IsOutcomeOf(declined, command));
}

}  // namespace
}  // namespace redvest
