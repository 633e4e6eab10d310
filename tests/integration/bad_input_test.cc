// Wrong input over a real connection: each has its code, reason and facts, and nothing of it reaches the log.
#include <google/protobuf/descriptor.h>

#include <limits>

#include "tests/integration/town.h"

namespace redvest::testing {
namespace {

using grpc::StatusCode;

// Checks at the end that the log has not moved since the test began.
class RefusedTest : public TownTest {
 protected:
  void SetUp() override {
    TownTest::SetUp();
    if (HasFatalFailure()) return;
    sequence_ = client().Sequence();
    ASSERT_GT(sequence_, 0u);
  }
  void TearDown() override {
    if (sequence_ == 0) return;
    EXPECT_EQ(client().Sequence(), sequence_);
  }

  // A guest's meal that takes no serial, to be spoilt.
  v1::SellMealRequest Meal() {
    v1::SellMealRequest request = town().GuestMeal();
    --town().till.next_serial;
    return request;
  }
  v1::DepositCashRequest Deposit(int64_t fen) {
    v1::DepositCashRequest request = town().Deposit(fen);
    --town().counter.next_serial;
    return request;
  }
  v1::RegisterEntryRequest Team(const std::string& label) {
    v1::RegisterEntryRequest request;
    *request.mutable_header() = town().office.Header(town().office.next_serial);
    request.mutable_register_entry()->set_kind(v1::ENTRY_KIND_TEAM);
    request.mutable_register_entry()->set_label(label);
    return request;
  }

  void ExpectMealRefused(const v1::SellMealRequest& request, const std::string& field) {
    ExpectRefused(Call(*client().canteen, &Canteen::SellMeal, request), StatusCode::INVALID_ARGUMENT,
                  v1::ERROR_REASON_FIELD_INVALID, {"field=" + field});
  }
  void ExpectTeamRefused(const std::string& label) {
    ExpectRefused(Call(*client().directory, &Directory::RegisterEntry, Team(label)),
                  StatusCode::INVALID_ARGUMENT, v1::ERROR_REASON_FIELD_INVALID,
                  {"field=register_entry.label"});
  }

 private:
  uint64_t sequence_ = 0;
};

TEST_F(RefusedTest, AMissingHeaderOrBody) {
  v1::SellMealRequest request = Meal();
  request.clear_header();
  ExpectMealRefused(request, "header");
  request = Meal();
  request.clear_sell_meal();
  ExpectMealRefused(request, "sell_meal");
}

TEST_F(RefusedTest, AHeaderOutOfRange) {
  v1::SellMealRequest request = Meal();
  request.mutable_header()->set_terminal_id(0);
  ExpectMealRefused(request, "header.terminal_id");
  request = Meal();
  request.mutable_header()->set_serial(0);
  ExpectMealRefused(request, "header.serial");
  request = Meal();
  request.mutable_header()->set_serial(std::numeric_limits<uint64_t>::max());
  ExpectMealRefused(request, "header.serial");
  request = Meal();
  request.mutable_header()->set_occurred_at_unix_ms(std::numeric_limits<int64_t>::max());
  ExpectMealRefused(request, "header.occurred_at_unix_ms");
}

TEST_F(RefusedTest, AmountsThatAreZeroNegativeOrTooLarge) {
  for (const int64_t fen : {int64_t{0}, int64_t{-1}, int64_t{1'000'000'000'001},
                            std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()}) {
    ExpectRefused(Call(*client().bank, &Bank::DepositCash, Deposit(fen)), StatusCode::INVALID_ARGUMENT,
                  v1::ERROR_REASON_FIELD_INVALID, {"field=deposit_cash.amount_fen"});
  }
  for (const int32_t portions : {0, -1, 1'001}) {
    v1::SellMealRequest request = Meal();
    request.mutable_sell_meal()->set_portions(portions);
    ExpectMealRefused(request, "sell_meal.portions");
  }
}

TEST_F(RefusedTest, ValuesThatNoEnumKnows) {
  v1::SellMealRequest request = Meal();
  request.mutable_sell_meal()->set_payment(static_cast<v1::Payment>(99));
  ExpectMealRefused(request, "sell_meal.payment");
  request.mutable_sell_meal()->set_payment(v1::PAYMENT_UNSPECIFIED);
  ExpectMealRefused(request, "sell_meal.payment");
}

TEST_F(RefusedTest, EmptyOversizeAndUnprintableText) {
  ExpectTeamRefused("");
  ExpectTeamRefused(std::string(129, 'x'));
  ExpectTeamRefused("two\nlines");
}

TEST_F(RefusedTest, TextThatIsNotUtf8) {
  const std::string marker = "XXXX";
  std::string bytes = Team(marker).SerializeAsString();
  bytes.replace(bytes.find(marker), marker.size(), "\xFF\xC0\xAF\xED");
  const RawAnswer answer = CallRaw(client().channel, "/redvest.v1.DirectoryService/RegisterEntry", bytes);
  EXPECT_EQ(answer.status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailIn(answer.status).reason(), v1::ERROR_REASON_MESSAGE_MALFORMED);
}

TEST_F(RefusedTest, BytesThatAreNoMessage) {
  for (const char* method : {"/redvest.v1.CanteenService/SellMeal", "/redvest.v1.LedgerService/GetBalance"}) {
    const RawAnswer answer = CallRaw(client().channel, method, "\xFF\xFF\xFF");
    EXPECT_EQ(answer.status.error_code(), StatusCode::INVALID_ARGUMENT) << method;
    EXPECT_EQ(DetailIn(answer.status).reason(), v1::ERROR_REASON_MESSAGE_MALFORMED) << method;
  }
  const RawAnswer answer = StreamRaw(client().channel, "/redvest.v1.AuditService/ReadEvents", "\xFF\xFF\xFF");
  EXPECT_EQ(answer.status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailIn(answer.status).reason(), v1::ERROR_REASON_MESSAGE_MALFORMED);
}

TEST_F(RefusedTest, AMethodThatDoesNotExist) {
  const RawAnswer answer = CallRaw(client().channel, "/redvest.v1.CanteenService/SellWine", "");
  EXPECT_EQ(answer.status.error_code(), StatusCode::UNIMPLEMENTED);
}

TEST_F(RefusedTest, AMessageThatIsTooLarge) {
  const auto answer =
      Call(*client().directory, &Directory::RegisterEntry, Team(std::string(5 * 1024 * 1024, 'x')));
  EXPECT_EQ(answer.status.error_code(), StatusCode::RESOURCE_EXHAUSTED) << answer.status.error_message();
}

TEST_F(RefusedTest, ADeadlineThatHasPassed) {
  const auto answer = Call(*client().canteen, &Canteen::SellMeal, Meal(), std::chrono::milliseconds(-1));
  EXPECT_EQ(answer.status.error_code(), StatusCode::DEADLINE_EXCEEDED);
}

TEST_F(RefusedTest, AReadOfAFutureThatDoesNotCome) {
  v1::GetBalanceRequest request;
  request.set_account("income:canteen-sales");
  request.mutable_options()->set_min_sequence(1'000'000);
  const auto quick = Call(*client().books, &Books::GetBalance, request, std::chrono::milliseconds(200));
  EXPECT_EQ(quick.status.error_code(), StatusCode::DEADLINE_EXCEEDED);
  // Without a deadline of its own the call is given up by the server, which says so.
  ExpectRefused(Call(*client().books, &Books::GetBalance, request, std::nullopt),
                StatusCode::DEADLINE_EXCEEDED, v1::ERROR_REASON_DEADLINE_PASSED, {});
}

TEST_F(RefusedTest, AnUnknownTerminal) {
  v1::SellMealRequest request = Meal();
  request.mutable_header()->set_terminal_id(9'999);
  ExpectRefused(Call(*client().canteen, &Canteen::SellMeal, request), StatusCode::NOT_FOUND,
                v1::ERROR_REASON_TERMINAL_UNKNOWN, {"terminal=9999"});
}

TEST_F(RefusedTest, ASkippedSerial) {
  v1::SellMealRequest request = Meal();
  request.mutable_header()->set_serial(5);
  ExpectRefused(Call(*client().canteen, &Canteen::SellMeal, request), StatusCode::FAILED_PRECONDITION,
                v1::ERROR_REASON_SERIAL_GAP, {"expected_serial=1"});
}

TEST_F(RefusedTest, IdsWhoseCheckCharactersDoNotFit) {
  for (const char* text : {"M1234-00", "M12", "", "X1-11", "M1234-22 ", "1234"}) {
    v1::ResolveIdRequest request;
    request.set_text(text);
    ExpectRefused(Call(*client().directory, &Directory::ResolveId, request), StatusCode::INVALID_ARGUMENT,
                  v1::ERROR_REASON_ID_CHECK_FAILED, {});
  }
  v1::ResolveIdRequest request;
  request.set_text(std::string(100'000, '7'));
  ExpectRefused(Call(*client().directory, &Directory::ResolveId, request), StatusCode::INVALID_ARGUMENT,
                v1::ERROR_REASON_ID_CHECK_FAILED, {});
}

TEST_F(RefusedTest, ReadsOfWhatDoesNotExist) {
  v1::GetMemberRequest member;
  member.set_member_id(4'711);
  ExpectRefused(Call(*client().directory, &Directory::GetMember, member), StatusCode::NOT_FOUND,
                v1::ERROR_REASON_NOT_FOUND, {"what=member", "id=4711"});
  v1::GetTerminalRequest terminal;
  terminal.set_terminal_id(4'711);
  ExpectRefused(Call(*client().directory, &Directory::GetTerminal, terminal), StatusCode::NOT_FOUND,
                v1::ERROR_REASON_NOT_FOUND, {"what=terminal", "id=4711"});
  v1::GetBankAccountRequest account;
  account.set_account_id(4'711);
  ExpectRefused(Call(*client().bank, &Bank::GetBankAccount, account), StatusCode::NOT_FOUND,
                v1::ERROR_REASON_NOT_FOUND, {"what=bank account", "id=4711"});
  v1::GetVolunteerRequest volunteer;
  volunteer.set_member_id(4'711);
  ExpectRefused(Call(*client().volunteers, &Volunteers::GetVolunteer, volunteer), StatusCode::NOT_FOUND,
                v1::ERROR_REASON_NOT_FOUND, {"what=member", "id=4711"});
  v1::GetPolicyRequest policy;
  policy.set_version(4'711);
  ExpectRefused(Call(*client().rules, &Rules::GetPolicy, policy), StatusCode::NOT_FOUND,
                v1::ERROR_REASON_NOT_FOUND, {"what=policy version", "id=4711"});
}

TEST_F(RefusedTest, AccountsThatAreNotInTheChart) {
  for (const std::string& name : {std::string("assets:wine"), std::string("liabilities:meal-card"),
                                  std::string(), std::string(1'000'000, 'a')}) {
    v1::GetBalanceRequest balance;
    balance.set_account(name);
    ExpectRefused(Call(*client().books, &Books::GetBalance, balance), StatusCode::INVALID_ARGUMENT,
                  v1::ERROR_REASON_ACCOUNT_NAME_INVALID, {});
    v1::GetStatementRequest statement;
    statement.set_account(name);
    ExpectRefused(Call(*client().books, &Books::GetStatement, statement), StatusCode::INVALID_ARGUMENT,
                  v1::ERROR_REASON_ACCOUNT_NAME_INVALID, {});
  }
}

TEST_F(RefusedTest, DatesThatDoNotExist) {
  v1::GetDayReportRequest report;
  report.mutable_date()->set_year(2026);
  report.mutable_date()->set_month(2);
  report.mutable_date()->set_day(30);
  ExpectRefused(Call(*client().books, &Books::GetDayReport, report), StatusCode::INVALID_ARGUMENT,
                v1::ERROR_REASON_FIELD_INVALID, {"field=date"});
  v1::GetPolicyRequest policy;
  *policy.mutable_on() = report.date();
  ExpectRefused(Call(*client().rules, &Rules::GetPolicy, policy), StatusCode::INVALID_ARGUMENT,
                v1::ERROR_REASON_FIELD_INVALID, {"field=on"});
  v1::AdoptPolicyRequest adopt;
  *adopt.mutable_header() = town().office.Header(town().office.next_serial);
  *adopt.mutable_adopt_policy()->mutable_policy()->mutable_effective_from() = report.date();
  ExpectRefused(Call(*client().rules, &Rules::AdoptPolicy, adopt), StatusCode::INVALID_ARGUMENT,
                v1::ERROR_REASON_FIELD_INVALID, {"field=adopt_policy.policy.effective_from"});
}

TEST_F(RefusedTest, PagesAndTokensOutOfRange) {
  v1::GetStatementRequest statement;
  statement.set_account("income:canteen-sales");
  statement.set_page_token("made up");
  ExpectRefused(Call(*client().books, &Books::GetStatement, statement), StatusCode::INVALID_ARGUMENT,
                v1::ERROR_REASON_PAGE_TOKEN_INVALID, {});
  statement.clear_page_token();
  statement.set_page_size(1'001);
  ExpectRefused(Call(*client().books, &Books::GetStatement, statement), StatusCode::INVALID_ARGUMENT,
                v1::ERROR_REASON_FIELD_INVALID, {"field=page_size"});
  v1::ListMembersRequest members;
  members.set_page_size(-1);
  ExpectRefused(Call(*client().directory, &Directory::ListMembers, members), StatusCode::INVALID_ARGUMENT,
                v1::ERROR_REASON_FIELD_INVALID, {"field=page_size"});
}

using DeclinedTest = TownTest;

TEST_F(DeclinedTest, ASerialThatIsUsedForAnotherBodyIsRefused) {
  v1::SellMealRequest request = town().GuestMeal(1);
  const auto first = Call(*client().canteen, &Canteen::SellMeal, request);
  ASSERT_RECORDED(first);
  request.mutable_sell_meal()->set_portions(2);
  ExpectRefused(Call(*client().canteen, &Canteen::SellMeal, request), StatusCode::ALREADY_EXISTS,
                v1::ERROR_REASON_SERIAL_REUSED,
                {"serial=1", "sequence=" + std::to_string(first->recorded().sequence())});
  EXPECT_EQ(client().Sequence(), first->recorded().sequence());
}

TEST_F(DeclinedTest, ResendingASerialReturnsTheFirstOutcome) {
  const v1::SellMealRequest meal = town().GuestMeal(2);
  const auto first = Call(*client().canteen, &Canteen::SellMeal, meal);
  ASSERT_RECORDED(first);
  for (int i = 0; i < 3; ++i) {
    auto again = Call(*client().canteen, &Canteen::SellMeal, meal);
    ASSERT_RECORDED(again);
    EXPECT_TRUE(again->recorded().already_recorded());
    again.response.mutable_recorded()->set_already_recorded(false);
    EXPECT_EQ(again.response.DebugString(), first.response.DebugString());
  }
  EXPECT_EQ(client().Sequence(), first->recorded().sequence());
}

TEST_F(DeclinedTest, ADeclineIsInTheLogAndIsReturnedAgain) {
  const v1::RecordServiceRequest request = town().Service(town().elder, 30);
  const uint64_t before = client().Sequence();
  const auto first = Call(*client().volunteers, &Volunteers::RecordService, request);
  ExpectRefused(first, StatusCode::FAILED_PRECONDITION, v1::ERROR_REASON_NOT_A_VOLUNTEER,
                {"member=" + std::to_string(town().elder)});
  EXPECT_EQ(first.error.sequence(), before + 1);
  town().Restart();
  const auto again = Call(*client().volunteers, &Volunteers::RecordService, request);
  EXPECT_EQ(again.error.DebugString(), first.error.DebugString());
  EXPECT_EQ(again.status.error_message(), first.status.error_message());
  EXPECT_EQ(client().Sequence(), before + 1);
}

TEST_F(DeclinedTest, UnknownIdsInACommand) {
  auto meal = town().GuestMeal();
  meal.mutable_sell_meal()->set_member_id(4'711);
  ExpectRefused(Call(*client().canteen, &Canteen::SellMeal, meal), StatusCode::FAILED_PRECONDITION,
                v1::ERROR_REASON_MEMBER_UNKNOWN, {"member=4711"});
  auto deposit = town().Deposit(100);
  deposit.mutable_deposit_cash()->set_account_id(4'711);
  ExpectRefused(Call(*client().bank, &Bank::DepositCash, deposit), StatusCode::FAILED_PRECONDITION,
                v1::ERROR_REASON_BANK_ACCOUNT_UNKNOWN, {"account_id=4711"});
  auto service = town().Service(town().volunteer, 10);
  service.mutable_record_service()->set_service_kind_id(4'711);
  ExpectRefused(Call(*client().volunteers, &Volunteers::RecordService, service),
                StatusCode::FAILED_PRECONDITION, v1::ERROR_REASON_ENTRY_UNKNOWN, {"entry=4711"});
}

TEST_F(DeclinedTest, WhatTheRulesForbid) {
  auto role = town().GuestMeal();
  --town().till.next_serial;
  *role.mutable_header() = town().station.Header(town().station.next_serial++);
  ExpectRefused(Call(*client().canteen, &Canteen::SellMeal, role), StatusCode::FAILED_PRECONDITION,
                v1::ERROR_REASON_ROLE_FORBIDS, {"terminal=" + std::to_string(town().station.terminal_id)});

  auto future = town().GuestMeal();
  future.mutable_header()->set_occurred_at_unix_ms(NowMs() + 3'600'000);
  ExpectRefused(Call(*client().canteen, &Canteen::SellMeal, future), StatusCode::FAILED_PRECONDITION,
                v1::ERROR_REASON_OCCURRED_IN_FUTURE, {});

  auto hungry = town().GuestMeal(kMealsPerDay + 1);
  hungry.mutable_sell_meal()->set_member_id(town().elder);
  ExpectRefused(Call(*client().canteen, &Canteen::SellMeal, hungry), StatusCode::FAILED_PRECONDITION,
                v1::ERROR_REASON_MEALS_PER_DAY_EXCEEDED, {"portions=4", "limit=3"});

  auto poor = town().GuestMeal();
  poor.mutable_sell_meal()->set_member_id(town().elder);
  poor.mutable_sell_meal()->set_payment(v1::PAYMENT_MEAL_CARD);
  ExpectRefused(Call(*client().canteen, &Canteen::SellMeal, poor), StatusCode::FAILED_PRECONDITION,
                v1::ERROR_REASON_INSUFFICIENT_BALANCE,
                {"account=liabilities:meal-card:" + std::to_string(town().elder)});

  ExpectRefused(Call(*client().canteen, &Canteen::TopUpMealCard, town().TopUp(town().elder, kCardMaxFen + 1)),
                StatusCode::FAILED_PRECONDITION, v1::ERROR_REASON_MEAL_CARD_LIMIT,
                {"limit_fen=" + std::to_string(kCardMaxFen)});
}

TEST_F(DeclinedTest, CashBeyondTheBanksRules) {
  ASSERT_RECORDED(Call(*client().bank, &Bank::DepositCash, town().Deposit(1'000'000)));
  const auto withdraw = [&](int64_t fen) {
    auto request = town().counter.Next<v1::WithdrawCashRequest>();
    request.mutable_withdraw_cash()->set_account_id(town().account);
    request.mutable_withdraw_cash()->set_amount_fen(fen);
    return Call(*client().bank, &Bank::WithdrawCash, request);
  };
  ExpectRefused(withdraw(kWithdrawalMultipleFen + 1), StatusCode::FAILED_PRECONDITION,
                v1::ERROR_REASON_WITHDRAWAL_MULTIPLE,
                {"multiple_fen=" + std::to_string(kWithdrawalMultipleFen)});
  ASSERT_RECORDED(withdraw(kWithdrawalMaxFen));
  ExpectRefused(withdraw(kWithdrawalMultipleFen), StatusCode::FAILED_PRECONDITION,
                v1::ERROR_REASON_WITHDRAWAL_CAP, {"limit_fen=" + std::to_string(kWithdrawalMaxFen)});
}

TEST_F(DeclinedTest, TwoServicesAtOnce) {
  ASSERT_RECORDED(
      Call(*client().volunteers, &Volunteers::RecordService, town().Service(town().volunteer, 30)));
  ExpectRefused(Call(*client().volunteers, &Volunteers::RecordService, town().Service(town().volunteer, 30)),
                StatusCode::FAILED_PRECONDITION, v1::ERROR_REASON_SERVICE_OVERLAPS,
                {"member=" + std::to_string(town().volunteer)});
}

// Without a daemon: what RunCommand requires of the protos.
TEST(ApiTest, EveryCommandMethodNamesItsBodiesAsCommandAndEventDo) {
  const auto& command = *v1::Command::descriptor();
  const auto& event = *event::v1::Event::descriptor();
  int methods = 0;
  for (const char* service : {"CanteenService", "VolunteerService", "BankStationService", "DirectoryService",
                              "PolicyService", "LedgerService"}) {
    const auto* descriptor = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
        std::string("redvest.v1.") + service);
    ASSERT_NE(descriptor, nullptr) << service;
    for (int i = 0; i < descriptor->method_count(); ++i) {
      const auto& method = *descriptor->method(i);
      if (method.input_type()->FindFieldByName("header") == nullptr) continue;
      ++methods;
      EXPECT_EQ(method.input_type()->FindFieldByNumber(1)->name(), "header") << method.full_name();
      EXPECT_EQ(method.output_type()->FindFieldByNumber(1)->name(), "recorded") << method.full_name();
      for (const auto& [side, envelope] :
           {std::pair(method.input_type(), &command), std::pair(method.output_type(), &event)}) {
        const auto* body = side->FindFieldByNumber(2);
        ASSERT_NE(body, nullptr) << method.full_name();
        const auto* counterpart = envelope->FindFieldByName(body->name());
        ASSERT_NE(counterpart, nullptr) << body->full_name();
        EXPECT_EQ(counterpart->message_type(), body->message_type()) << body->full_name();
      }
    }
  }
  EXPECT_EQ(methods, 31);
}

}  // namespace
}  // namespace redvest::testing
