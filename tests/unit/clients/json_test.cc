#include "clients/json.h"

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "ledger/base/error.h"
#include "redvest/event/v1/event.pb.h"

namespace redvest::client {
namespace {

TEST(JsonTest, IdsStandPlainAndWrittenAndNoneIsNull) {
  event::v1::MealSold sold;
  sold.mutable_command()->set_member_id(57);
  sold.mutable_command()->set_portions(2);
  sold.mutable_command()->set_payment(v1::PAYMENT_MEAL_CARD);
  sold.set_age_band(v1::AGE_BAND_70_TO_79);
  sold.set_price_fen(1400);
  const Json json = ToJson(sold, absl::UTCTimeZone());
  EXPECT_EQ(Dump(json, false),
            "{\"member_id\":57,\"member\":\"" + FormatId(IdKind::kMember, 57) +
                "\",\"portions\":2,\"payment\":\"meal-card\",\"age_band\":\"70-79\",\"price_fen\":1400,"
                "\"subsidy_fen\":0,\"funder_id\":null,\"funder\":null,\"points\":0}");
}

TEST(JsonTest, AnEntrysIdIsWrittenByItsKind) {
  event::v1::EntryRegistered registered;
  registered.mutable_command()->set_kind(v1::ENTRY_KIND_GOOD);
  registered.set_entry_id(3);
  EXPECT_EQ(ToJson(registered, absl::UTCTimeZone())["entry"], FormatId(IdKind::kGood, 3));
}

TEST(JsonTest, DaysMomentsAndBytesAreText) {
  v1::GetLedgerResponse ledger;
  ledger.set_root_hash(std::string("\x00\xff", 2));
  ledger.mutable_today()->set_year(2026);
  ledger.mutable_today()->set_month(11);
  ledger.mutable_today()->set_day(21);
  const Json json = ToJson(ledger, absl::UTCTimeZone());
  EXPECT_EQ(json["root_hash"], "00ff");
  EXPECT_EQ(json["today"], "2026-11-21");
  v1::Recorded recorded;
  recorded.set_recorded_at_unix_ms(1);
  EXPECT_EQ(ToJson(recorded, absl::FixedTimeZone(8 * 3600))["recorded_at"], "1970-01-01T08:00:00.001+08:00");
}

TEST(JsonTest, APolicyIsReadBackAsItWas) {
  v1::Policy policy;
  policy.mutable_effective_from()->set_year(2026);
  policy.set_meal_standard_price_fen(1000);
  v1::MealPrice& price = *policy.add_meal_prices();
  price.set_age_band(v1::AGE_BAND_90_AND_OVER);
  price.set_subsidy_fen(300);
  const Json json = ToProtoJson(policy);
  EXPECT_EQ(json["meal_standard_price_fen"], 1000);
  v1::Policy back;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(Dump(json, true), &back).ok());
  EXPECT_EQ(back.SerializeAsString(), policy.SerializeAsString());
}

TEST(JsonTest, AnErrorCarriesReasonAndFacts) {
  CallError error{grpc::StatusCode::FAILED_PRECONDITION, {}, ""};
  error.detail = *DetailOf(
      MakeError(v1::ERROR_REASON_MEAL_CARD_LIMIT, {{"balance_fen", 520000}, {"limit_fen", 500000}}));
  error.detail.set_sequence(41);
  EXPECT_EQ(
      Dump(ErrorJson(error, "too much"), false),
      "{\"error\":{\"code\":\"FAILED_PRECONDITION\",\"reason\":\"MEAL_CARD_LIMIT\",\"message\":\"too much\","
      "\"facts\":{\"balance_fen\":520000,\"limit_fen\":500000},\"sequence\":41}}");
}

}  // namespace
}  // namespace redvest::client
