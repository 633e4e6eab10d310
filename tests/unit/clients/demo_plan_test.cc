#include "clients/demo_plan.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "clients/demo_run.h"
#include "google/protobuf/util/message_differencer.h"
#include "ledger/accounting/posting.h"

namespace redvest::client {
namespace {

constexpr Day kStart(2025, 1, 1);

// A neighbourhood as the ledger would have registered it.
Neighbourhood Place(uint64_t seed, int64_t residents = 700) {
  Neighbourhood place;
  DemoRandom random(seed);
  place.town = BuildTown(residents, random);
  EXPECT_TRUE(absl::LoadTimeZone("Asia/Shanghai", &place.zone));
  uint64_t next = 0;
  for (Person& person : place.town.people) person.member_id = ++next;
  for (size_t i : place.town.customers) {
    Person& person = place.town.people[i];
    person.account_id = ++next;
    place.books.Open({AccountKind::kDemand, person.account_id}, -500'000);
  }
  v1::Policy& policy = place.policy;
  policy.set_meal_standard_price_fen(1'000);
  policy.set_meals_per_day_max(3);
  policy.set_meal_card_balance_max_fen(500'000);
  policy.set_withdrawal_per_day_max_fen(200'000);
  policy.set_withdrawal_multiple_fen(1'000);
  policy.set_demand_rate_ppm(3'000);
  policy.add_time_rates()->set_term_months(3);
  v1::MealPrice& price = *policy.add_meal_prices();
  price.set_age_band(v1::AGE_BAND_60_TO_69);
  price.set_price_fen(700);
  place.service_kinds = {1, 2};
  place.goods = {{1, 44}, {2, 25}};
  place.billers = {1};
  place.paper_days = 90;
  for (size_t i = 0; i < kDesks; ++i) place.terminals[i] = i + 2;
  return place;
}

TEST(DemoTownTest, ChangshanHuayuanHasItsNumbers) {
  DemoRandom random(1);
  const Town town = BuildTown(kTownResidents, random);
  EXPECT_EQ(town.elders.size(), 1'200u);
  EXPECT_EQ(town.volunteers.size(), 800u);
  EXPECT_EQ(town.teams, 12);
  EXPECT_EQ(town.elders.size() + town.others.size(), 7'000u);
  std::set<uint64_t> teams;
  for (size_t i : town.volunteers) teams.insert(town.people[i].profile.team_id());
  EXPECT_EQ(teams.size(), 12u);
  EXPECT_FALSE(town.alone.empty());
}

TEST(DemoTownTest, SmallTownsHaveSomeOfEach) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    DemoRandom random(seed);
    const Town town = BuildTown(20, random);
    EXPECT_FALSE(town.elders.empty());
    EXPECT_FALSE(town.volunteers.empty());
    EXPECT_GE(town.teams, 1);
  }
}

TEST(DemoPlanTest, SameSeedPlansTheSameDay) {
  const auto plan = [](uint64_t seed) {
    const Neighbourhood place = Place(seed);
    DemoRandom random(seed);
    return PlanDay(place, kStart, random);
  };
  const auto first = plan(7);
  const auto second = plan(7);
  ASSERT_EQ(first.size(), second.size());
  for (size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].desk, second[i].desk);
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(first[i].command, second[i].command));
  }
  EXPECT_NE(first.size(), plan(8).size());
}

TEST(DemoPlanTest, DrawsAreTheSameOnEveryMachine) {
  DemoRandom random(42);
  EXPECT_EQ(random.Below(1'000'000), 13'930'160'852'258'120'406u % 1'000'000);
}

TEST(DemoPlanTest, DayHoldsEveryBusinessWithinItsHours) {
  const Neighbourhood place = Place(3, kTownResidents);
  DemoRandom random(3);
  std::map<v1::Command::BodyCase, int> bodies;
  const int64_t begin = absl::ToUnixMillis(absl::FromCivil(kStart, place.zone));
  for (const PlannedCommand& planned : PlanDay(place, kStart, random)) {
    ++bodies[planned.command.body_case()];
    EXPECT_GE(planned.command.occurred_at_unix_ms(), begin + At(7) * 1'000);
    EXPECT_LT(planned.command.occurred_at_unix_ms(), begin + At(19) * 1'000 + 2 * At(1) * 1'000);
  }
  for (auto body : {v1::Command::kSellMeal, v1::Command::kRecordService, v1::Command::kTopUpMealCard,
                    v1::Command::kReceiveStock, v1::Command::kDepositCash, v1::Command::kWithdrawCash,
                    v1::Command::kPayBill, v1::Command::kReceiveTransfer, v1::Command::kSendTransfer,
                    v1::Command::kOpenTimeDeposit, v1::Command::kMoveFloat}) {
    EXPECT_GT(bodies[body], 0) << body;
  }
}

TEST(DemoPlanTest, TownWithoutCustomersOrGoodsStillHasADay) {
  Neighbourhood place = Place(5, 20);
  place.town.customers.clear();
  place.town.alone.clear();
  place.goods.clear();
  place.service_kinds.clear();
  DemoRandom random(5);
  for (int i = 0; i < 50; ++i) PlanDay(place, kStart + i, random);
  PlanPaperRecords(place, kStart, random);
}

TEST(DemoPlanTest, EveningCountsWhatTheBooksSayAndClosesTheDay) {
  Neighbourhood place = Place(3);
  const uint64_t till = place.terminals[static_cast<size_t>(Desk::kTill1)];
  place.books.Open({AccountKind::kDrawer, till}, 12'300);
  int exact = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    DemoRandom random(seed);
    const auto evening = PlanEvening(place, kStart, {}, random);
    ASSERT_EQ(evening.size(), 3u);
    for (const PlannedCommand& planned : evening) {
      EXPECT_TRUE(planned.command.count_drawer().closes_day());
      EXPECT_GE(planned.command.count_drawer().counted_fen(), 0);
      if (planned.desk == Desk::kTill1)
        exact += planned.command.count_drawer().counted_fen() == 12'300 ? 1 : 0;
    }
  }
  EXPECT_GT(exact, 30);
}

TEST(DemoPlanTest, BatchesKeepTheOrderOfEachDesk) {
  const Neighbourhood place = Place(3, kTownResidents);
  DemoRandom random(3);
  std::map<Desk, int64_t> last;
  size_t commands = 0;
  for (const auto& [desk, batch] : CutBatches(PlanDay(place, kStart, random), kStart, place.zone)) {
    EXPECT_GT(batch.commands_size(), 0);
    EXPECT_LE(batch.commands_size(), kBatchCommandsMax);
    for (const v1::Command& command : batch.commands()) {
      EXPECT_GE(command.occurred_at_unix_ms(), last[desk]);
      last[desk] = command.occurred_at_unix_ms();
      ++commands;
    }
  }
  DemoRandom again(3);
  EXPECT_EQ(commands, PlanDay(place, kStart, again).size());
}

event::v1::Event Deposit(uint64_t terminal, uint64_t account, int64_t fen) {
  event::v1::Event event;
  event.set_terminal_id(terminal);
  event.mutable_cash_deposited()->mutable_command()->set_account_id(account);
  event.mutable_cash_deposited()->mutable_command()->set_amount_fen(fen);
  return event;
}

TEST(DemoBooksTest, ReversalIsRefusedWhereMoneyIsGone) {
  DemoBooks books;
  const event::v1::Event deposit = Deposit(4, 9, 1'000);
  books.Apply(deposit);
  EXPECT_EQ(books.Held({AccountKind::kDemand, 9}), 1'000);
  EXPECT_EQ(books.Held({AccountKind::kDrawer, 4}), 1'000);
  EXPECT_TRUE(books.MayReverse(deposit));
  event::v1::Event withdrawal;
  withdrawal.set_terminal_id(4);
  withdrawal.mutable_cash_withdrawn()->mutable_command()->set_account_id(9);
  withdrawal.mutable_cash_withdrawn()->mutable_command()->set_amount_fen(1);
  books.Apply(withdrawal);
  EXPECT_FALSE(books.MayReverse(deposit));
}

TEST(DemoTallyTest, ReversalTakesOffWhatItReverses) {
  DemoTally tally;
  const event::v1::Event deposit = Deposit(4, 9, 1'000);
  tally.Add(deposit);
  EXPECT_EQ(tally.money[event::v1::Event::kCashDeposited].fen, 1'000);
  event::v1::Event reversal;
  *reversal.mutable_event_reversed()->mutable_original() = deposit;
  tally.Add(reversal);
  EXPECT_EQ(tally.money[event::v1::Event::kCashDeposited].fen, 0);
  EXPECT_EQ(tally.money[event::v1::Event::kCashDeposited].count, 0);
  EXPECT_EQ(tally.reversals, 1);
}

}  // namespace
}  // namespace redvest::client
