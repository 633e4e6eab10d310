// What holds for every family: serials, reversal, roles, time, restart.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "ledger/audit/verify.h"
#include "tests/scenario/town.h"

namespace redvest {
namespace {

constexpr char kGuestMeal[] = "sell_meal { portions: 1 payment: PAYMENT_CASH }";

class LedgerScenario : public testing::Test {
 protected:
  std::string Reverse(Sequence sequence) {
    return absl::StrCat("reverse_event { sequence: ", sequence.value(), " reason: \"mistake\" }");
  }
  Town town_;
  const std::string drawer_ = absl::StrCat("assets:drawer:", town_.till);
};

TEST_F(LedgerScenario, ResendingASerialReturnsTheFirstOutcome) {
  const v1::Command sale = town_.Next(town_.till, kGuestMeal);
  const Told first = town_.Submit(sale);
  town_.Do(town_.till, kGuestMeal);
  const Told again = town_.Submit(sale);
  EXPECT_TRUE(again.already_recorded);
  EXPECT_EQ(again.sequence, first.sequence);
  EXPECT_EQ(again.event.SerializeAsString(), first.event.SerializeAsString());
  EXPECT_EQ(town_.Balance(drawer_), 2000);
}

TEST_F(LedgerScenario, ADeclineIsAnOutcomeToo) {
  const v1::Command command =
      town_.Next(town_.till, "sell_meal { member_id: 77 portions: 1 payment: PAYMENT_CASH }");
  const Told first = town_.Submit(command);
  EXPECT_EQ(first.reason, v1::ERROR_REASON_MEMBER_UNKNOWN);
  ASSERT_TRUE(first.sequence);
  const Told again = town_.Submit(command);
  EXPECT_EQ(again.reason, v1::ERROR_REASON_MEMBER_UNKNOWN);
  EXPECT_EQ(again.sequence, first.sequence);
  EXPECT_EQ(again.error.SerializeAsString(), first.error.SerializeAsString());
}

TEST_F(LedgerScenario, ASerialUsedForAnotherBodyIsAnError) {
  v1::Command sale = town_.Next(town_.till, kGuestMeal);
  ASSERT_TRUE(town_.Submit(sale).recorded());
  const Sequence head = town_.ledger().Head().sequence;
  v1::Command other = sale;
  other.mutable_sell_meal()->set_portions(2);
  EXPECT_EQ(town_.Submit(other).reason, v1::ERROR_REASON_SERIAL_REUSED);
  other = sale;
  other.set_occurred_at_unix_ms(sale.occurred_at_unix_ms() + 1);
  EXPECT_EQ(town_.Submit(other).reason, v1::ERROR_REASON_SERIAL_REUSED);
  EXPECT_EQ(town_.ledger().Head().sequence, head);
}

TEST_F(LedgerScenario, AMissingSerialIsNoticed) {
  v1::Command sale = town_.Next(town_.till, kGuestMeal);
  sale.set_serial(sale.serial() + 1);
  const Told told = town_.Submit(sale);
  EXPECT_EQ(told.reason, v1::ERROR_REASON_SERIAL_GAP);
  EXPECT_EQ(told.error.facts(0).number(), static_cast<int64_t>(sale.serial()) - 1);
}

TEST_F(LedgerScenario, ABatchOfOldAndNewCommandsRecordsOnlyTheNew) {
  std::vector<v1::Command> batch;
  for (int i = 0; i < 3; ++i) {
    batch.push_back(town_.Next(town_.till, kGuestMeal));
    batch.back().set_serial(i + 1);
  }
  ASSERT_EQ(town_.SubmitBatch({batch[0], batch[1]}).taken, 2u);
  const SubmissionResult result = town_.SubmitBatch(batch);
  EXPECT_TRUE(result.stopped.ok()) << result.stopped;
  EXPECT_EQ(result.taken, 3u);
  EXPECT_EQ(result.already_recorded, 2u);
  EXPECT_EQ(result.first_added, result.last_added);
  EXPECT_EQ(town_.Balance(drawer_), 3000);
}

TEST_F(LedgerScenario, AMalformedCommandEndsItsBatchAndUsesNoSerial) {
  std::vector<v1::Command> batch(3, town_.Next(town_.till, kGuestMeal));
  for (int i = 0; i < 3; ++i) batch[i].set_serial(i + 1);
  batch[1].mutable_sell_meal()->set_portions(0);
  const SubmissionResult result = town_.SubmitBatch(batch);
  EXPECT_EQ(result.taken, 1u);
  EXPECT_EQ(DetailOf(result.stopped)->reason(), v1::ERROR_REASON_FIELD_INVALID);
  EXPECT_EQ(town_.Balance(drawer_), 1000);
}

TEST_F(LedgerScenario, AReversalPostsTheOppositeOnceOnly) {
  const Told sale = town_.Do(town_.till, kGuestMeal);
  ASSERT_TRUE(town_.Do(town_.till, Reverse(sale.sequence)).recorded());
  EXPECT_EQ(town_.Balance(drawer_), 0);
  EXPECT_EQ(town_.Balance("income:canteen-sales"), 0);
  EXPECT_EQ(town_.Do(town_.till, Reverse(sale.sequence)).reason, v1::ERROR_REASON_ALREADY_REVERSED);
}

TEST_F(LedgerScenario, AReversalIsRefusedWhereABalanceWouldBreak) {
  const uint64_t elder = town_.Member("elder: true age_band: AGE_BAND_60_TO_69");
  const Told top_up =
      town_.Do(town_.till, absl::StrCat("top_up_meal_card { member_id: ", elder, " amount_fen: 1000 }"));
  ASSERT_TRUE(town_
                  .Do(town_.till, absl::StrCat("sell_meal { member_id: ", elder,
                                               " portions: 1 payment: PAYMENT_MEAL_CARD }"))
                  .recorded());
  const Told refused = town_.Do(town_.till, Reverse(top_up.sequence));
  EXPECT_EQ(refused.reason, v1::ERROR_REASON_INSUFFICIENT_BALANCE);
  EXPECT_EQ(refused.error.facts(0).text(), absl::StrCat("liabilities:meal-card:", elder));
}

TEST_F(LedgerScenario, AReversedServiceFreesItsTimeAndTakesItsPointsBack) {
  const uint64_t volunteer = town_.Member("volunteer: true");
  const std::string serve =
      absl::StrCat("record_service { volunteer_id: ", volunteer, " service_kind_id: 1 minutes: 60 }");
  const Told first = town_.Do(town_.station, serve);
  EXPECT_EQ(town_.Do(town_.station, serve).reason, v1::ERROR_REASON_SERVICE_OVERLAPS);
  ASSERT_TRUE(town_.Do(Town::kOffice, Reverse(first.sequence)).recorded());
  EXPECT_EQ(town_.Balance(absl::StrCat("liabilities:points:", volunteer)), 0);
  EXPECT_TRUE(town_.Do(town_.station, serve).recorded());
}

TEST_F(LedgerScenario, OnlyTheOfficeReversesAnothersEvent) {
  const uint64_t other = town_.Enrol("ROLE_CANTEEN_TILL");
  const Told sale = town_.Do(town_.till, kGuestMeal);
  EXPECT_EQ(town_.Do(other, Reverse(sale.sequence)).reason, v1::ERROR_REASON_NOT_YOUR_EVENT);
  EXPECT_TRUE(town_.Do(Town::kOffice, Reverse(sale.sequence)).recorded());
}

TEST_F(LedgerScenario, WhatMovedNothingCannotBeReversed) {
  EXPECT_EQ(town_.Do(Town::kOffice, Reverse(Sequence(1))).reason, v1::ERROR_REASON_NOT_REVERSIBLE);
  EXPECT_EQ(town_.Do(Town::kOffice, Reverse(Sequence(1'000'000))).reason, v1::ERROR_REASON_EVENT_UNKNOWN);
}

TEST_F(LedgerScenario, RolesAreHeldTo) {
  EXPECT_EQ(town_.Do(town_.station, kGuestMeal).reason, v1::ERROR_REASON_ROLE_FORBIDS);
  EXPECT_EQ(town_.Do(town_.till, "register_member { profile { resident: true } }").reason,
            v1::ERROR_REASON_ROLE_FORBIDS);
  EXPECT_EQ(town_.Do(town_.import, "found_ledger { name: \"x\" time_zone: \"UTC\" }").reason,
            v1::ERROR_REASON_ROLE_FORBIDS);
}

TEST_F(LedgerScenario, ATerminalThatIsUnknownOrRetiredRecordsNothing) {
  EXPECT_EQ(town_.Do(99, kGuestMeal).reason, v1::ERROR_REASON_TERMINAL_UNKNOWN);
  const v1::Command sale = town_.Next(town_.till, kGuestMeal);
  ASSERT_TRUE(town_.Submit(sale).recorded());
  ASSERT_TRUE(
      town_.Do(Town::kOffice, absl::StrCat("retire_terminal { terminal_id: ", town_.till, " }")).recorded());
  EXPECT_EQ(town_.Do(town_.till, kGuestMeal).reason, v1::ERROR_REASON_TERMINAL_RETIRED);
  EXPECT_TRUE(town_.Submit(sale).already_recorded) << "its outcomes stay";
}

TEST_F(LedgerScenario, TheLastOfficeStays) {
  EXPECT_EQ(town_.Do(Town::kOffice, "retire_terminal { terminal_id: 1 }").reason,
            v1::ERROR_REASON_LAST_OFFICE);
}

TEST_F(LedgerScenario, WhatIsSaidToHappenLaterIsDeclined) {
  EXPECT_EQ(town_.Do(town_.till, kGuestMeal, absl::Minutes(-2)).reason, v1::ERROR_REASON_OCCURRED_IN_FUTURE);
  EXPECT_TRUE(town_.Do(town_.till, kGuestMeal, absl::Seconds(-30)).recorded());
}

TEST_F(LedgerScenario, RecordedTimesNeverDecreaseWhateverTheClockDoes) {
  const Told first = town_.Do(town_.till, kGuestMeal);
  town_.clock().Advance(-10'000);
  const Told second = town_.Do(town_.till, kGuestMeal);
  EXPECT_EQ(second.event.recorded_at_unix_ms(), first.event.recorded_at_unix_ms());
}

TEST_F(LedgerScenario, ARestartChangesNothing) {
  const uint64_t elder = town_.Member("elder: true age_band: AGE_BAND_60_TO_69");
  const std::string meal =
      absl::StrCat("sell_meal { member_id: ", elder, " portions: 2 payment: PAYMENT_CASH }");
  const v1::Command sale = town_.Next(town_.till, meal);
  const Told first = town_.Submit(sale);
  const std::map<std::string, int64_t> before = town_.TrialBalance();
  const LedgerHead head = town_.ledger().Head();
  town_.Restart();
  EXPECT_EQ(town_.ledger().Head().sequence, head.sequence);
  EXPECT_EQ(town_.ledger().Head().root, head.root);
  EXPECT_EQ(town_.TrialBalance(), before);
  EXPECT_EQ(town_.Submit(sale).sequence, first.sequence);
  EXPECT_EQ(town_.Do(town_.till, meal).reason, v1::ERROR_REASON_MEALS_PER_DAY_EXCEEDED)
      << "day counters are restored";
}

TEST_F(LedgerScenario, AStoppedLedgerVerifies) {
  town_.Do(town_.till, kGuestMeal);
  town_.Stop();
  const absl::StatusOr<VerifyReport> report =
      Ledger::VerifyDirectory(town_.directory(), {}, [](std::string_view, Sequence, Sequence) {});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->signed_up_to, report->last) << "a ledger that stops signs what it has";
}

TEST(LedgerFolder, AForeignOrNewerFolderIsRefused) {
  const std::string folder = testing::TempDir() + "redvest-foreign";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/notes.txt") << "hello";
  const LedgerOptions options{.directory = folder, .founding = Founding{.name = "x"}};
  EXPECT_EQ(Ledger::Open(options).status().code(), absl::StatusCode::kInvalidArgument);
  std::ofstream(folder + "/LEDGER") << "redvest ledger, format 2\n";
  EXPECT_EQ(Ledger::Open(options).status().code(), absl::StatusCode::kFailedPrecondition);
  std::filesystem::remove_all(folder);
  EXPECT_EQ(Ledger::Open({.directory = folder}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Ledger::Open({.directory = folder, .founding = Founding{.name = "x", .time_zone = "Mars"}})
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(LedgerScenario, TheNameCannotBeChanged) {
  town_.Stop();
  EXPECT_EQ(
      Ledger::Open({.directory = town_.directory(), .founding = Founding{.name = "Other"}}).status().code(),
      absl::StatusCode::kInvalidArgument);
}

TEST_F(LedgerScenario, NothingIsFoundedOverALedgerThatLostItsLog) {
  town_.Do(town_.till, kGuestMeal);
  town_.Stop();
  std::filesystem::remove_all(town_.directory() + "/store");
  const auto opened = Ledger::Open({.directory = town_.directory(),
                                    .founding = Founding{.name = "Changshan Huayuan"},
                                    .clock = &town_.clock()});
  ASSERT_TRUE(absl::IsDataLoss(opened.status())) << opened.status();
  EXPECT_NE(std::string(opened.status().message()).find("has lost its log"), std::string::npos);
}

}  // namespace
}  // namespace redvest
