// What the projections write, read back as their readers read it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <tuple>

#include "ledger/projection/accounts.h"
#include "ledger/projection/days.h"
#include "ledger/projection/replay.h"
#include "ledger/projection/serials.h"
#include "tests/unit/log/log_builder.h"
#include "tests/unit/projection/sample_events.h"

namespace redvest {
namespace {

using namespace sample;
using testing::ElementsAre;

class ProjectionsTest : public testing::Test {
 protected:
  ProjectionsTest() : store_(NewMemoryStore()), builder_(store_.get()) {}

  Sequence Add(const Event& event) { return builder_.Add(event); }
  // Commits what was added and brings the projections up to `end`, or the end of the log.
  void Project(Sequence end = Sequence()) {
    builder_.Commit();
    ProjectUpTo(end ? end : builder_.log()->last_sequence());
  }
  void ProjectUpTo(Sequence end) {
    Replay replay(builder_.log(), store_.get(), NewProjections());
    ASSERT_TRUE(replay.Load().ok());
    while (replay.position() < end) {
      const absl::Status status = replay.Step(end);
      ASSERT_TRUE(status.ok()) << status;
    }
  }
  void Begin() {
    for (const Event& event : Beginning(At(2026, 11, 20))) Add(event);
  }

  using Figures = std::vector<std::tuple<DayMeasure, uint64_t, uint64_t, DayFigures>>;
  Figures FiguresOf(Day day, DayMeasure measure) {
    Figures figures;
    EXPECT_TRUE(ForEachDayRow(*store_->Snapshot(), day, [&](const DayRow& row) {
                  if (row.measure == measure) figures.emplace_back(row.measure, row.a, row.b, row.figures);
                }).ok());
    return figures;
  }
  static testing::Matcher<const Figures::value_type&> Row(uint64_t a, uint64_t b, DayFigures figures) {
    return testing::FieldsAre(testing::_, a, b, figures);
  }
  DayFigures Events(Day day, int kind) {
    for (const auto& [measure, a, b, figures] : FiguresOf(day, DayMeasure::kEvents)) {
      if (a == static_cast<uint64_t>(kind)) return figures;
    }
    return {};
  }

  std::unique_ptr<Store> store_;
  LogBuilder builder_;
};

// --- Accounts

// Entries and balances of all accounts, the slow way.
class AccountsModel {
 public:
  void Add(Sequence sequence, const Event& event) {
    for (const Posting& posting : PostingsOf(event)) {
      std::vector<AccountEntry>& entries = accounts_[posting.account];
      const int64_t before = entries.empty() ? 0 : entries.back().balance;
      entries.push_back({sequence, posting.amount, before + posting.amount});
    }
  }
  const std::map<Account, std::vector<AccountEntry>>& accounts() const { return accounts_; }

 private:
  std::map<Account, std::vector<AccountEntry>> accounts_;
};

void ExpectEntries(const StoreSnapshot& snapshot, const Account& account, Sequence from,
                   const std::vector<AccountEntry>& expected) {
  auto entries = AccountEntries::Open(snapshot, account, from);
  ASSERT_TRUE(entries.ok()) << entries.status();
  for (const AccountEntry& wanted : expected) {
    if (wanted.sequence < from) continue;
    const auto entry = entries->Next();
    ASSERT_TRUE(entry.ok()) << entry.status();
    ASSERT_TRUE(entry->has_value());
    ASSERT_EQ((*entry)->sequence, wanted.sequence);
    ASSERT_EQ((*entry)->amount, wanted.amount);
    ASSERT_EQ((*entry)->balance, wanted.balance);
  }
  const auto end = entries->Next();
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_FALSE(end->has_value()) << FormatAccount(account);
}

TEST_F(ProjectionsTest, AccountsAgreeWithTheSlowWayHoweverBatchesAreCut) {
  const uint64_t seed = Seed();
  History history(seed);
  history.Grow(2500);
  AccountsModel model;
  uint64_t done = 0;
  for (const Event& event : history.events()) {
    model.Add(Add(event), event);
    if (history.Random(40) == 0) {
      builder_.Commit();
      // Often stop in the middle of a commit.
      done += history.Random(builder_.log()->last_sequence().value() - done + 1);
      ProjectUpTo(Sequence(done));
    }
  }
  Project();
  const auto snapshot = store_->Snapshot();
  std::vector<std::pair<Account, int64_t>> balances;
  ASSERT_TRUE(ForEachBalance(*snapshot, [&balances](const Account& account, int64_t balance) {
                balances.emplace_back(account, balance);
                return true;
              }).ok());
  ASSERT_EQ(balances.size(), model.accounts().size());
  size_t i = 0;
  for (const auto& [account, entries] : model.accounts()) {
    EXPECT_EQ(balances[i].first, account);
    EXPECT_EQ(balances[i].second, entries.back().balance);
    ++i;
    ExpectEntries(*snapshot, account, Sequence(1), entries);
    for (int n = 0; n < 20; ++n) {
      const Sequence at(1 + history.Random(history.events().size() + 10));
      ExpectEntries(*snapshot, account, at, entries);
      int64_t expected = 0;
      for (const AccountEntry& entry : entries) {
        if (entry.sequence <= at) expected = entry.balance;
      }
      ASSERT_EQ(*BalanceAt(*snapshot, account, at), expected)
          << FormatAccount(account) << " at " << at.value();
    }
  }
}

TEST_F(ProjectionsTest, AccountThatWasNeverPostedToHasNoEntriesAndBalanceZero) {
  Begin();
  Project();
  const auto snapshot = store_->Snapshot();
  const Account account{AccountKind::kMealCard, 7};
  ExpectEntries(*snapshot, account, Sequence(1), {});
  EXPECT_EQ(*BalanceAt(*snapshot, account, Sequence(5)), 0);
}

TEST_F(ProjectionsTest, DamagedAccountRowIsReportedAndNotRead) {
  Begin();
  for (int i = 0; i < 300; ++i) Add(Deposited(9, 100, At(2026, 11, 21)));
  Project();
  // Every row of the account in turn, cut short by a byte.
  const Account account{AccountKind::kDemand, 9};
  std::vector<std::pair<std::string, std::string>> rows;
  for (auto cursor = store_->NewCursor(TableId::kAccounts); cursor != nullptr; cursor.reset()) {
    for (cursor->Seek({}); cursor->Valid(); cursor->Next()) {
      if (cursor->key().size() > 2 && cursor->key()[1] == static_cast<char>(AccountKind::kDemand)) {
        rows.emplace_back(cursor->key(), cursor->value());
      }
    }
  }
  ASSERT_EQ(rows.size(), 3u);  // the account and two full blocks
  for (const auto& [key, value] : rows) {
    const auto put = [&](const std::string& bytes) {
      ASSERT_TRUE(store_
                      ->Write({.table = TableId::kAccounts, .puts = {{key, bytes}}, .deletes = {}},
                              Durability::kRebuildable)
                      .ok());
    };
    put(value.substr(0, value.size() - 1));
    const auto snapshot = store_->Snapshot();
    auto entries = AccountEntries::Open(*snapshot, account, Sequence(1));
    absl::Status status = entries.status();
    while (status.ok()) {
      const auto entry = entries->Next();
      status = entry.status();
      if (status.ok() && !entry->has_value()) break;
    }
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    put(value);
  }
}

// --- Serials

TEST_F(ProjectionsTest, EverySerialIsFoundHoweverTerminalsTakeTurns) {
  History history(Seed());
  history.Grow(1500);
  for (const Event& event : history.events()) {
    Add(event);
    if (history.Random(30) == 0) Project();
  }
  Project();
  std::map<uint64_t, uint64_t> last;
  for (size_t i = 0; i < history.events().size(); ++i) {
    const Event& event = history.events()[i];
    const auto found = FindSerial(*store_, TerminalId(event.terminal_id()), Serial(event.serial()));
    ASSERT_TRUE(found.ok()) << found.status();
    ASSERT_EQ(*found, Sequence(i + 1));
    last[event.terminal_id()] = event.serial();
  }
  for (const auto& [terminal, serial] : last) {
    EXPECT_EQ(*FindSerial(*store_, TerminalId(terminal), Serial(serial + 1)), std::nullopt);
    EXPECT_EQ(*FindSerial(*store_, TerminalId(terminal), Serial(0)), std::nullopt);
  }
  EXPECT_EQ(*FindSerial(*store_, TerminalId(77), Serial(1)), std::nullopt);
}

TEST_F(ProjectionsTest, OneTerminalsUnbrokenRunIsOneRowOverManyBatches) {
  Begin();
  Project();
  for (int batch = 0; batch < 5; ++batch) {
    for (int i = 0; i < 10; ++i) Add(Voided(kTill, At(2026, 11, 21)));
    Project();
  }
  int rows = 0;
  auto cursor = store_->NewCursor(TableId::kSerials);
  for (cursor->Seek({}); cursor->Valid(); cursor->Next()) ++rows;
  EXPECT_EQ(rows, 3);  // the founder's, the till's, the position
}

TEST_F(ProjectionsTest, MissingSerialHaltsTheSerialsWithItsSequence) {
  Begin();
  Event event = Voided(kTill, At(2026, 11, 21));
  event.set_serial(2);
  Add(event);
  builder_.Commit();
  Replay replay(builder_.log(), store_.get(), NewProjections());
  ASSERT_TRUE(replay.Load().ok());
  const absl::Status status = replay.Step(Sequence(6));
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("serial 2 at event 6 where 1 is due"));
}

// --- Days

TEST_F(ProjectionsTest, MealsAreCountedByBandAndPaymentOnTheirBusinessDate) {
  Begin();
  Add(Meal(0, 2, v1::PAYMENT_CASH, 2000, 0, At(2026, 11, 21)));
  Add(Meal(5, 1, v1::PAYMENT_CASH, 500, 200, At(2026, 11, 21)));
  Add(Meal(5, 1, v1::PAYMENT_CASH, 500, 200, At(2026, 11, 21, 23, 59)));
  Add(ToppedUp(5, 3000, At(2026, 11, 21)));
  Add(Meal(5, 3, v1::PAYMENT_MEAL_CARD, 1500, 600, At(2026, 11, 22, 0, 0)));
  Project();
  EXPECT_THAT(FiguresOf(Day(2026, 11, 21), DayMeasure::kMeals),
              ElementsAre(Row(v1::AGE_BAND_UNSPECIFIED, v1::PAYMENT_CASH, {2, 2000, 0, 0}),
                          Row(v1::AGE_BAND_70_TO_79, v1::PAYMENT_CASH, {2, 1000, 400, 0})));
  EXPECT_THAT(FiguresOf(Day(2026, 11, 22), DayMeasure::kMeals),
              ElementsAre(Row(v1::AGE_BAND_70_TO_79, v1::PAYMENT_MEAL_CARD, {3, 1500, 600, 0})));
  EXPECT_THAT(FiguresOf(Day(2026, 11, 21), DayMeasure::kSubsidies), ElementsAre(Row(1, 0, {400})));
  EXPECT_THAT(FiguresOf(Day(2026, 11, 21), DayMeasure::kDrawers),
              ElementsAre(Row(kTill, 0, {6000, 0, 0, 0, 0})));
  EXPECT_EQ(Events(Day(2026, 11, 21), Event::kMealSold), (DayFigures{3, 3400}));
  EXPECT_EQ(Events(Day(2026, 11, 21), Event::kMealCardToppedUp), (DayFigures{1, 3000}));
}

TEST_F(ProjectionsTest, ReversalTakesItsFiguresOffOnItsOwnDate) {
  Begin();
  const Event meal = Meal(5, 2, v1::PAYMENT_CASH, 1000, 400, At(2026, 11, 21));
  const Sequence sequence = Add(meal);
  Add(Meal(5, 1, v1::PAYMENT_CASH, 500, 200, At(2026, 11, 22)));
  Add(Reversed(sequence.value(), meal, At(2026, 11, 22)));
  Project();
  EXPECT_THAT(FiguresOf(Day(2026, 11, 21), DayMeasure::kMeals),
              ElementsAre(Row(v1::AGE_BAND_70_TO_79, v1::PAYMENT_CASH, {2, 1000, 400, 0})));
  EXPECT_THAT(FiguresOf(Day(2026, 11, 22), DayMeasure::kMeals),
              ElementsAre(Row(v1::AGE_BAND_70_TO_79, v1::PAYMENT_CASH, {-1, -500, -200, 0})));
  EXPECT_THAT(FiguresOf(Day(2026, 11, 22), DayMeasure::kSubsidies), ElementsAre(Row(1, 0, {-200})));
  // The cash went out of the drawer on the day of the reversal.
  EXPECT_THAT(FiguresOf(Day(2026, 11, 22), DayMeasure::kDrawers),
              ElementsAre(Row(kTill, 0, {500, 1000, 0, 0, 0})));
  // Both stay counted as events.
  EXPECT_EQ(Events(Day(2026, 11, 22), Event::kMealSold), (DayFigures{1, 700}));
  EXPECT_EQ(Events(Day(2026, 11, 22), Event::kEventReversed), (DayFigures{1, 1400}));
}

TEST_F(ProjectionsTest, CountsGoToOverAndShortAndTheLastOneStands) {
  Begin();
  Add(Meal(0, 1, v1::PAYMENT_CASH, 1000, 0, At(2026, 11, 21)));
  Add(Counted(1000, 990, false, At(2026, 11, 21, 13)));
  Project();
  const Event over = Counted(990, 995, true, At(2026, 11, 21, 14));
  const Sequence sequence = Add(over);
  Add(Reversed(sequence.value(), over, At(2026, 11, 23)));
  Project();
  EXPECT_THAT(FiguresOf(Day(2026, 11, 21), DayMeasure::kDrawers),
              ElementsAre(Row(kTill, 0, {1000, 0, -5, 2, 995})));
  EXPECT_THAT(FiguresOf(Day(2026, 11, 23), DayMeasure::kDrawers),
              ElementsAre(Row(kTill, 0, {0, 0, -5, 0, 0})));
  EXPECT_EQ(*ClosedThrough(*store_->Snapshot(), TerminalId(kTill)), Day(2026, 11, 21));
  EXPECT_EQ(*ClosedThrough(*store_->Snapshot(), TerminalId(kCounter)), std::nullopt);
}

TEST_F(ProjectionsTest, ServicesGoodsAndLateEventsAreCounted) {
  Begin();
  const Event service = HoursServed(3, 1, 120, 2, At(2026, 11, 21));
  const Sequence sequence = Add(service);
  Add(HoursServed(3, 2, 60, 1, At(2026, 11, 21)));
  Add(HoursServed(4, 1, 30, 0, At(2026, 11, 21)));
  Add(StockCame(8, 10, At(2026, 11, 21)));
  Event redeemed = Redeemed(3, 8, 2, 2, At(2026, 11, 21));
  redeemed.set_late(true);
  Add(redeemed);
  Add(Declined(kTill, At(2026, 11, 21)));
  Add(Reversed(sequence.value(), service, At(2026, 11, 21)));
  Project();
  EXPECT_THAT(FiguresOf(Day(2026, 11, 21), DayMeasure::kServices),
              ElementsAre(Row(1, 0, {1, 30, 0}), Row(2, 0, {1, 60, 1})));
  EXPECT_THAT(FiguresOf(Day(2026, 11, 21), DayMeasure::kGoods), ElementsAre(Row(8, 0, {2, 2})));
  EXPECT_THAT(FiguresOf(Day(2026, 11, 21), DayMeasure::kLate), ElementsAre(Row(0, 0, {1})));
  EXPECT_EQ(Events(Day(2026, 11, 21), Event::kServiceRecorded), (DayFigures{3, 0}));
  EXPECT_EQ(Events(Day(2026, 11, 21), Event::kCommandDeclined), (DayFigures{1, 0}));
}

TEST_F(ProjectionsTest, DaysBefore1970AreKeptApartAndInOrder) {
  Begin();
  Add(Deposited(1, 100, At(1969, 12, 31)));
  Add(Deposited(1, 100, At(1970, 1, 1)));
  Add(Deposited(1, 100, At(1900, 1, 2)));
  Project();
  for (Day day : {Day(1969, 12, 31), Day(1970, 1, 1), Day(1900, 1, 2)}) {
    EXPECT_EQ(Events(day, Event::kCashDeposited), (DayFigures{1, 100})) << day;
  }
}

TEST_F(ProjectionsTest, EventBeforeTheFoundingIsRefused) {
  Add(Voided(kTill, At(2026, 11, 21)));
  builder_.Commit();
  Replay replay(builder_.log(), store_.get(), NewProjections());
  ASSERT_TRUE(replay.Load().ok());
  EXPECT_EQ(replay.Step(Sequence(1)).code(), absl::StatusCode::kDataLoss);
}

// --- All

TEST_F(ProjectionsTest, TablesAreEqualByteForByteToAReplayHoweverBatchesAreCut) {
  History history(Seed());
  history.Grow(1200);
  uint64_t done = 0;
  for (const Event& event : history.events()) {
    Add(event);
    if (history.Random(15) != 0) continue;
    builder_.Commit();
    done += history.Random(builder_.log()->last_sequence().value() - done + 1);
    ProjectUpTo(Sequence(done));
  }
  builder_.Commit();
  const auto compare = [this] {
    return CompareWithReplay(*builder_.log(), *store_, NewProjections(), NewMemoryStore().get(),
                             [](Sequence, Sequence) {});
  };
  EXPECT_TRUE(compare().ok()) << compare();
  ProjectUpTo(builder_.log()->last_sequence());
  EXPECT_TRUE(compare().ok()) << compare();
}

TEST_F(ProjectionsTest, ChangedMissingAndAddedRowsAreReported) {
  Begin();
  Add(Deposited(1, 100, At(2026, 11, 21)));
  Project();
  for (const TableId table :
       {TableId::kAccounts, TableId::kSerials, TableId::kDays, TableId::kTree, TableId::kCalendar}) {
    auto cursor = store_->NewCursor(table);
    cursor->Seek({});
    const std::string key(cursor->key());
    const std::string value(cursor->value());
    const auto differs = [&](const char* what) {
      const absl::Status status = CompareWithReplay(*builder_.log(), *store_, NewProjections(),
                                                    NewMemoryStore().get(), [](Sequence, Sequence) {});
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
      EXPECT_THAT(std::string(status.message()), testing::HasSubstr(what));
    };
    const auto write = [&](WriteBatch batch) {
      batch.table = table;
      ASSERT_TRUE(store_->Write(batch, Durability::kRebuildable).ok());
    };
    write({.table = table, .puts = {{key, value + "x"}}, .deletes = {}});
    differs("has another value");
    write({.table = table, .puts = {}, .deletes = {key}});
    differs("is missing");
    write({.table = table, .puts = {{key, value}, {key + "x", value}}, .deletes = {}});
    differs("should not be there");
    write({.table = table, .puts = {}, .deletes = {key + "x"}});
  }
}

}  // namespace
}  // namespace redvest
