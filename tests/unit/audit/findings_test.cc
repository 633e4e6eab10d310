#include "ledger/audit/findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/audit/usual_amounts.h"
#include "tests/unit/audit/pack_town.h"

namespace redvest {
namespace {

using namespace sample;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

using Item = Finding::Item;

// A log made event by event, on 2026-11-20, the terminals in charge of members 11 to 14.
class FindingsTest : public testing::Test {
 protected:
  FindingsTest() {
    for (const Event& event : Beginning(At(2026, 11, 1))) Add(event);
    for (uint64_t terminal : {kTill, kStation, kCounter, kOffice}) {
      Event event = Envelope(kOffice, At(2026, 11, 1));
      event.mutable_terminal_assigned()->mutable_command()->set_terminal_id(terminal);
      event.mutable_terminal_assigned()->mutable_command()->set_member_id(10 + terminal);
      Add(event);
    }
  }

  Sequence Add(const Event& event) {
    events_.push_back(event);
    return Sequence(events_.size());
  }
  Sequence AddReversalOf(Sequence sequence, int64_t at) {
    return Add(Reversed(sequence.value(), events_[sequence.value() - 1], at));
  }
  std::vector<Finding> Find(FindingKind kind, FindingsOptions options = {}) {
    options.kinds = {kind};
    std::vector<std::string> entries = PackTown(events_).entries;
    ListCursor commits(entries, Sequence(1));
    auto found = FindAll(commits, Sequence(), options, [](Sequence) {});
    EXPECT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(found->last, Sequence(events_.size()));
    return found->findings;
  }

  std::vector<Event> events_;
};

TEST_F(FindingsTest, AQuietLedgerHasNone) {
  Add(ToppedUp(57, 5'000, At(2026, 11, 20)));
  Add(Meal(57, 1, v1::PAYMENT_MEAL_CARD, 700, 300, At(2026, 11, 20)));
  for (int kind = 0; kind < kFindingKinds; ++kind) {
    EXPECT_THAT(Find(static_cast<FindingKind>(kind)), IsEmpty())
        << FindingKindName(static_cast<FindingKind>(kind));
  }
}

TEST_F(FindingsTest, LateSalesAreGatheredByTerminalAndBusinessDate) {
  const auto late = [this](Event event) {
    event.set_late(true);
    return Add(event);
  };
  Add(Meal(0, 1, v1::PAYMENT_CASH, 1'000, 0, At(2026, 11, 20)));
  const Sequence first = late(Meal(0, 1, v1::PAYMENT_CASH, 1'000, 0, At(2026, 11, 20)));
  const Sequence other_day = late(Meal(0, 2, v1::PAYMENT_CASH, 2'000, 0, At(2026, 11, 21)));
  late(sample::HoursServed(21, 1, 60, 1, At(2026, 11, 20)));  // told the next day, as always
  const Sequence second = late(Meal(57, 1, v1::PAYMENT_CASH, 700, 300, At(2026, 11, 20)));
  const auto found = Find(FindingKind::kLate);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].what, "meal_sold");
  EXPECT_EQ(found[0].day, Day(2026, 11, 20));
  EXPECT_EQ(found[0].unit, Unit::kFen);
  EXPECT_THAT(found[0].items, ElementsAre(Item{first, 1'000}, Item{second, 1'000}));
  EXPECT_THAT(found[0].terminals, ElementsAre(kTill));
  EXPECT_THAT(found[0].members, ElementsAre(11u));
  EXPECT_THAT(found[1].items, ElementsAre(Item{other_day, 2'000}));
}

TEST_F(FindingsTest, DeclinesAreGatheredByReasonAndTerminal) {
  const Sequence a = Add(Declined(kTill, At(2026, 11, 20)));
  const Sequence b = Add(Declined(kStation, At(2026, 11, 20)));
  const Sequence c = Add(Declined(kTill, At(2026, 11, 21)));
  const auto found = Find(FindingKind::kDeclined);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].what, "NO_POLICY");
  EXPECT_THAT(found[0].items, ElementsAre(Item{a}, Item{c}));
  EXPECT_THAT(found[1].items, ElementsAre(Item{b}));
  EXPECT_THAT(found[1].terminals, ElementsAre(kStation));
}

TEST_F(FindingsTest, AReversalNamesWhoMadeItAndWhoseEventItWas) {
  const Sequence meal = Add(Meal(57, 1, v1::PAYMENT_CASH, 700, 300, At(2026, 11, 20)));
  const Sequence reversal = AddReversalOf(meal, At(2026, 11, 20, 13));
  const auto found = Find(FindingKind::kReversed);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].what, "meal_sold");
  EXPECT_THAT(found[0].items, ElementsAre(Item{meal, 1'000}, Item{reversal, 1'000}));
  EXPECT_THAT(found[0].terminals, ElementsAre(kOffice, kTill));
  EXPECT_THAT(found[0].members, ElementsAre(14u));
}

TEST_F(FindingsTest, ARequestIsToldWithBothPeople) {
  const auto request = [this](uint64_t terminal) {
    Event event = Envelope(terminal, At(2026, 11, 20));
    event.mutable_approval_requested()->mutable_command()->mutable_reverse_event()->set_sequence(1);
    return Add(event);
  };
  const Sequence deposit = Add(Deposited(1, 9'000, At(2026, 11, 20)));
  const Sequence waiting = request(kOffice), refused = request(kCounter), approved = request(kCounter);
  Event event = Envelope(kOffice, At(2026, 11, 21));
  event.mutable_request_refused()->mutable_command()->set_sequence(refused.value());
  const Sequence refusal = Add(event);
  event = Envelope(kOffice, At(2026, 11, 21));
  event.mutable_request_approved()->mutable_command()->set_sequence(approved.value());
  auto* reversed = event.mutable_request_approved()->mutable_event_reversed();
  reversed->mutable_command()->set_sequence(deposit.value());
  *reversed->mutable_original() = events_[deposit.value() - 1];
  const Sequence approval = Add(event);

  const auto found = Find(FindingKind::kApproval);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].what, "waiting");
  EXPECT_THAT(found[0].items, ElementsAre(Item{waiting}));
  EXPECT_EQ(found[1].what, "refused");
  EXPECT_THAT(found[1].items, ElementsAre(Item{refused}, Item{refusal}));
  EXPECT_EQ(found[2].what, "approved");
  EXPECT_THAT(found[2].items, ElementsAre(Item{approved}, Item{approval}));
  EXPECT_THAT(found[2].terminals, ElementsAre(kCounter, kOffice));
  EXPECT_THAT(found[2].members, ElementsAre(13u, 14u));
  // What was approved is a reversal like any other.
  const auto reversals = Find(FindingKind::kReversed);
  ASSERT_EQ(reversals.size(), 1u);
  EXPECT_THAT(reversals[0].items, ElementsAre(Item{deposit, 9'000}, Item{approval, 9'000}));
}

TEST_F(FindingsTest, DrawersOverAndShortStandApart) {
  const Sequence over = Add(Counted(0, 500, false, At(2026, 11, 20)));
  Add(Counted(500, 500, false, At(2026, 11, 20)));
  const Sequence brief = Add(Counted(500, 300, false, At(2026, 11, 21)));
  const Sequence again = Add(Counted(300, 299, false, At(2026, 11, 22)));
  const auto found = Find(FindingKind::kOverShort);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].what, "over");
  EXPECT_THAT(found[0].items, ElementsAre(Item{over, 500}));
  EXPECT_EQ(found[1].what, "short");
  EXPECT_THAT(found[1].items, ElementsAre(Item{brief, -200}, Item{again, -1}));
}

TEST_F(FindingsTest, TheSameVolunteerInTwoPlacesIsFoundAlsoWhereTheLedgerLetItPass) {
  const Sequence a = Add(sample::HoursServed(21, 1, 120, 2, At(2026, 11, 20, 12)));
  Add(sample::HoursServed(22, 1, 120, 2, At(2026, 11, 20, 12)));
  Add(sample::HoursServed(21, 1, 60, 1, At(2026, 11, 20, 13)));  // right after it
  const Sequence b = Add(sample::HoursServed(21, 2, 30, 1, At(2026, 11, 20, 11)));
  const Sequence reversed = Add(sample::HoursServed(21, 2, 30, 1, At(2026, 11, 20, 12, 30)));
  AddReversalOf(reversed, At(2026, 11, 20, 14));
  Event attempt = Envelope(kStation, At(2026, 11, 20, 15));
  attempt.mutable_command_declined()->mutable_command()->mutable_record_service()->set_volunteer_id(22);
  attempt.mutable_command_declined()->mutable_error()->set_reason(v1::ERROR_REASON_SERVICE_OVERLAPS);
  const Sequence declined = Add(attempt);
  const auto found = Find(FindingKind::kTwoPlaces);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].what, "overlap");
  EXPECT_THAT(found[0].items, ElementsAre(Item{a}, Item{b}));
  EXPECT_THAT(found[0].members, ElementsAre(21u));
  EXPECT_EQ(found[1].what, "attempt");
  EXPECT_THAT(found[1].items, ElementsAre(Item{declined}));
  EXPECT_THAT(found[1].terminals, ElementsAre(kStation));
  EXPECT_THAT(found[1].members, ElementsAre(22u, 12u));
}

TEST_F(FindingsTest, ADayOfMoreHoursThanAHumanHasIsFoundAcrossMidnight) {
  const Sequence evening =
      Add(sample::HoursServed(21, 1, 10 * 60, 2, At(2026, 11, 21, 6)));  // 20:00 to 06:00
  const Sequence day = Add(sample::HoursServed(21, 1, 11 * 60, 2, At(2026, 11, 21, 18)));
  Add(sample::HoursServed(22, 1, 16 * 60, 2, At(2026, 11, 21, 18)));
  auto found = Find(FindingKind::kLongDay);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].day, Day(2026, 11, 21));
  EXPECT_THAT(found[0].items, ElementsAre(Item{evening, 360}, Item{day, 660}));
  EXPECT_EQ(found[0].reference, 960);
  EXPECT_THAT(found[0].members, ElementsAre(21u));
  FindingsOptions options;
  options.day_minutes_max = 15 * 60 + 59;
  found = Find(FindingKind::kLongDay, options);
  EXPECT_EQ(found.size(), 2u);
}

TEST_F(FindingsTest, AmountsFarAboveTheUsualOfTheirKindAreFound) {
  for (int64_t i = 0; i < 30; ++i) Add(Deposited(1, 10'000 + i, At(2026, 11, 20)));
  const Sequence large = Add(Deposited(1, 100'290, At(2026, 11, 20)));
  Add(Deposited(1, 60'000, At(2026, 11, 20)));
  Add(Withdrawn(1, 99'000, At(2026, 11, 20)));  // the only one of its kind
  auto found = Find(FindingKind::kUnusualAmount);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].what, "cash_deposited");
  EXPECT_THAT(found[0].items, ElementsAre(Item{large, 100'290}));
  EXPECT_NEAR(static_cast<double>(found[0].reference), 10'015, 200);
  FindingsOptions options;
  options.amount_factor = 5;
  EXPECT_EQ(Find(FindingKind::kUnusualAmount, options).at(0).items.size(), 2u);
}

TEST_F(FindingsTest, AClosedDayThatIsTouchedAgainIsFound) {
  const Sequence sale = Add(Meal(0, 1, v1::PAYMENT_CASH, 1'000, 0, At(2026, 11, 20, 12)));
  Add(Counted(1'000, 1'000, true, At(2026, 11, 20, 19)));
  Event late = Meal(0, 1, v1::PAYMENT_CASH, 700, 0, At(2026, 11, 20, 13));
  late.set_late(true);
  const Sequence after = Add(late);
  Event fine = Meal(0, 1, v1::PAYMENT_CASH, 700, 0, At(2026, 11, 21, 13));
  fine.set_late(true);
  Add(fine);
  const Sequence reversal = AddReversalOf(sale, At(2026, 11, 22));
  const auto found = Find(FindingKind::kAfterClose);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].what, "late");
  EXPECT_THAT(found[0].items, ElementsAre(Item{after, 700}));
  EXPECT_EQ(found[1].what, "reversal");
  EXPECT_EQ(found[1].day, Day(2026, 11, 20));
  EXPECT_THAT(found[1].items, ElementsAre(Item{reversal, -1'000}));
  EXPECT_THAT(found[1].terminals, ElementsAre(kTill, kOffice));
}

TEST_F(FindingsTest, ACardThatHoldsNearlyItsCapIsFound) {
  Event adopted = Envelope(kOffice, At(2026, 11, 19));
  adopted.mutable_policy_adopted()->set_version(1);
  adopted.mutable_policy_adopted()->mutable_command()->mutable_policy()->set_meal_card_balance_max_fen(
      10'000);
  Add(adopted);
  const auto top_up = [this](uint64_t member, int64_t fen) {
    Event event = ToppedUp(member, fen, At(2026, 11, 20));
    event.set_policy_version(1);
    return Add(event);
  };
  top_up(57, 9'499);
  const Sequence full = top_up(57, 1);
  top_up(58, 9'000);
  const auto found = Find(FindingKind::kCardAtCap);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].items, ElementsAre(Item{full, 9'500}));
  EXPECT_EQ(found[0].reference, 10'000);
  EXPECT_THAT(found[0].members, ElementsAre(57u));
}

TEST_F(FindingsTest, VoidedSerialsAreGatheredByTerminal) {
  const Sequence a = Add(Voided(kTill, At(2026, 11, 20)));
  const Sequence b = Add(Voided(kTill, At(2026, 11, 21)));
  Add(Voided(kCounter, At(2026, 11, 21)));
  const auto found = Find(FindingKind::kVoided);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_THAT(found[0].items, ElementsAre(Item{a}, Item{b}));
}

TEST_F(FindingsTest, OnlyThoseOfTheDaysAskedForAreTold) {
  Add(Declined(kTill, At(2026, 11, 19)));
  const Sequence b = Add(Declined(kTill, At(2026, 11, 20, 0, 0)));
  const Sequence c = Add(Declined(kTill, At(2026, 11, 21, 23, 59)));
  Add(Declined(kTill, At(2026, 11, 22, 0, 0)));
  FindingsOptions options;
  options.from = Day(2026, 11, 20);
  options.to = Day(2026, 11, 21);
  const auto found = Find(FindingKind::kDeclined, options);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].items, ElementsAre(Item{b}, Item{c}));
}

TEST_F(FindingsTest, ALogThatNoLedgerWroteIsRefusedByName) {
  Event endless = sample::HoursServed(21, 1, 60, 1, At(2026, 11, 20));
  endless.mutable_service_recorded()->set_minutes(INT32_MAX);
  // It must balance to come that far.
  const Sequence sequence = Add(endless);
  std::vector<std::string> entries = PackTown(events_).entries;
  ListCursor commits(entries, Sequence(1));
  const auto found = FindAll(commits, Sequence(), {}, [](Sequence) {});
  EXPECT_EQ(found.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(found.status().message()),
              HasSubstr("event " + std::to_string(sequence.value()) + ":"));
}

TEST(UsualAmountsTest, TheMedianIsThatOfASortedListWithinTwoPercent) {
  std::mt19937_64 random(Seed());
  for (int round = 0; round < 50; ++round) {
    UsualAmounts amounts;
    std::vector<int64_t> all;
    const int bits = 1 + static_cast<int>(random() % 62);
    for (size_t i = 1 + random() % 500; i > 0; --i) {
      all.push_back(static_cast<int64_t>(random() & ((uint64_t{1} << bits) - 1)));
      amounts.Add(Sequence(all.size()), all.back(), true);
    }
    std::sort(all.begin(), all.end());
    const int64_t exact = all[(all.size() - 1) / 2];
    EXPECT_LE(amounts.Median(), exact);
    EXPECT_GE(static_cast<double>(amounts.Median()), 0.98 * static_cast<double>(exact));
    EXPECT_EQ(amounts.From(exact).size(),
              static_cast<size_t>(all.end() - std::lower_bound(all.begin(), all.end(), exact)));
  }
}

TEST(UsualAmountsTest, OfManyOnlyTheLargestAreKept) {
  UsualAmounts amounts;
  for (uint64_t i = 1; i <= kUnusualMax + 1'000; ++i) amounts.Add(Sequence(i), static_cast<int64_t>(i), true);
  const auto items = amounts.From(0);
  ASSERT_EQ(items.size(), kUnusualMax);
  EXPECT_EQ(items.front(), (Item{Sequence(1'001), 1'001}));
}

}  // namespace
}  // namespace redvest
