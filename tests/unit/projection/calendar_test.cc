#include "ledger/projection/calendar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "ledger/base/bytes.h"
#include "ledger/projection/replay.h"
#include "tests/unit/log/log_builder.h"
#include "tests/unit/projection/sample_events.h"

namespace redvest {
namespace {

using namespace sample;
using testing::ElementsAre;
using testing::Pair;

using Rows = std::map<std::string, std::string>;

class CalendarTest : public testing::Test {
 protected:
  CalendarTest() : store_(NewMemoryStore()), builder_(store_.get()) {
    for (const Event& event : Beginning(At(2026, 11, 20))) builder_.Add(event);
    Project();
  }

  void Project() {
    builder_.Commit();
    Replay replay(builder_.log(), store_.get(), NewProjections());
    ASSERT_TRUE(replay.Load().ok());
    while (replay.position() < builder_.log()->last_sequence())
      ASSERT_TRUE(replay.Step(builder_.log()->last_sequence()).ok());
  }
  // The table's rows whose key starts with `prefix`.
  Rows RowsOf(const std::string& prefix) {
    Rows rows;
    auto cursor = store_->NewCursor(TableId::kCalendar);
    for (cursor->Seek(prefix); cursor->Valid() && cursor->key().starts_with(prefix); cursor->Next())
      rows.emplace(cursor->key(), cursor->value());
    return rows;
  }
  // The blocks of a demand account.
  Rows BlocksOf(uint64_t account) {
    std::string prefix = {'B', static_cast<char>(AccountKind::kDemand)};
    AppendBigEndian(&prefix, account);
    return RowsOf(prefix);
  }
  std::optional<DatedBalance> Through(uint64_t account, Day day) {
    const auto balance = BalanceThrough(*store_->Snapshot(), {AccountKind::kDemand, account}, day);
    EXPECT_TRUE(balance.ok()) << balance.status();
    return *balance;
  }
  std::vector<std::pair<uint64_t, uint64_t>> RunsOf(Day day) {
    std::vector<std::pair<uint64_t, uint64_t>> runs;
    EXPECT_TRUE(ForEachRun(*store_->Snapshot(), day, [&runs](const SequenceRun& run) {
                  runs.emplace_back(run.first.value(), run.count);
                }).ok());
    return runs;
  }

  std::unique_ptr<Store> store_;
  LogBuilder builder_;
};

TEST_F(CalendarTest, DaysOfTwoMonthsShareARowAndALateEventChangesOneRowForEachLaterBlock) {
  // Every day of 200, for two accounts.
  for (int day = 0; day < 200; ++day) {
    for (const uint64_t account : {1u, 2u})
      builder_.Add(Deposited(account, 100, At(2026, 1, 1) + day * int64_t{86'400'000}));
    if (day % 7 == 0) Project();
  }
  Project();
  const Rows before = BlocksOf(1);
  EXPECT_THAT(before.size(), testing::AllOf(testing::Ge(4u), testing::Le(5u)));
  EXPECT_EQ(Through(1, Day(2026, 1, 10))->balance, -1000);

  builder_.Add(Deposited(1, 7, At(2026, 1, 3)));
  Project();
  const Rows after = BlocksOf(1);
  EXPECT_EQ(after.size(), before.size());
  for (const auto& [key, row] : before) {
    EXPECT_NE(after.at(key), row);
    EXPECT_LE(after.at(key).size(), row.size() + 8);
  }
  EXPECT_EQ(Through(1, Day(2026, 1, 2))->balance, -200);
  EXPECT_EQ(Through(1, Day(2026, 1, 3))->balance, -307);
  EXPECT_EQ(Through(1, Day(2027, 1, 1))->balance, -20'007);
  EXPECT_EQ(Through(1, Day(2027, 1, 1))->last, builder_.log()->last_sequence());
  EXPECT_EQ(Through(2, Day(2027, 1, 1))->balance, -20'000);
}

TEST_F(CalendarTest, DatesBefore1970AndLongGapsAreKeptInOrder) {
  builder_.Add(Deposited(1, 5, At(2400, 2, 29)));
  builder_.Add(Deposited(1, 3, At(1969, 12, 31)));
  builder_.Add(Deposited(1, 2, At(1900, 1, 2)));
  builder_.Add(Deposited(1, 4, At(1970, 1, 1)));
  Project();
  EXPECT_EQ(Through(1, Day(1900, 1, 1)), std::nullopt);
  EXPECT_EQ(Through(1, Day(1900, 1, 2))->balance, -2);
  EXPECT_EQ(Through(1, Day(1969, 12, 30))->balance, -2);
  EXPECT_EQ(Through(1, Day(1969, 12, 31))->balance, -5);
  EXPECT_EQ(Through(1, Day(1970, 1, 1))->balance, -9);
  EXPECT_EQ(Through(1, Day(2400, 2, 28))->last, Sequence(9));
  EXPECT_EQ(Through(1, Day(9999, 12, 31))->balance, -14);
}

TEST_F(CalendarTest, EventsOfADateAreRunsThatDoNotTouchHoweverBatchesAreCut) {
  for (int i = 0; i < 10; ++i) {
    builder_.Add(Voided(kTill, At(2026, 11, 21)));
    if (i % 3 == 0) Project();
  }
  builder_.Add(Voided(kTill, At(2026, 11, 20)));
  Project();
  builder_.Add(Voided(kTill, At(2026, 11, 21)));
  Project();
  EXPECT_THAT(RunsOf(Day(2026, 11, 20)), ElementsAre(Pair(1, 5), Pair(16, 1)));
  EXPECT_THAT(RunsOf(Day(2026, 11, 21)), ElementsAre(Pair(6, 10), Pair(17, 1)));
  EXPECT_THAT(RunsOf(Day(2026, 11, 22)), ElementsAre());
}

TEST_F(CalendarTest, OneEventIn256MarksItsMoment) {
  for (int i = 0; i < 1'000; ++i) {
    builder_.Add(Voided(kTill, At(2026, 11, 21)));
    if (i % 100 == 0) Project();
  }
  Project();
  EXPECT_EQ(RowsOf("M").size(), 1'005u / 256);
}

TEST_F(CalendarTest, LastEventOfAMomentIsFoundAmongManyOfTheSame) {
  // 600 events each at three moments.
  for (int64_t moment = 1; moment <= 3; ++moment) {
    for (int i = 0; i < 600; ++i) {
      Event event = Voided(kTill, At(2026, 11, 21));
      event.set_recorded_at_unix_ms(2'000'000'000'000 + moment);
      builder_.Add(event);
      if (i % 170 == 0) builder_.Commit();
    }
  }
  Project();
  const auto snapshot = store_->Snapshot();
  const auto last = [&](int64_t moment, uint64_t limit) {
    const auto found =
        LastRecordedBy(*snapshot, *builder_.log(), 2'000'000'000'000 + moment, Sequence(limit));
    EXPECT_TRUE(found.ok()) << found.status();
    return found->value();
  };
  EXPECT_EQ(last(0, 1805), 5u);
  EXPECT_EQ(last(1, 1805), 605u);
  EXPECT_EQ(last(2, 1805), 1205u);
  EXPECT_EQ(last(3, 1805), 1805u);
  EXPECT_EQ(last(2, 700), 700u);
  EXPECT_EQ(last(2, 3), 3u);
}

TEST_F(CalendarTest, DrawerIsClosedUpToTheLatestDayThatACountClosedByThen) {
  builder_.Add(Counted(0, 0, true, At(2026, 11, 22)));  // 6
  builder_.Add(Counted(0, 0, true, At(2026, 11, 21)));  // 7: closes nothing more
  Project();
  builder_.Add(Counted(0, 0, false, At(2026, 11, 24)));  // 8: does not close
  builder_.Add(Counted(0, 0, true, At(2026, 11, 23)));   // 9
  builder_.Add(Counted(0, 0, true, At(2026, 11, 22)));   // 10: closes nothing more
  Project();
  EXPECT_EQ(RowsOf("C").size(), 2u);
  const auto snapshot = store_->Snapshot();
  const auto closed = [&](uint64_t at) {
    return *ClosedThroughAt(*snapshot, TerminalId(kTill), Sequence(at));
  };
  EXPECT_EQ(closed(5), std::nullopt);
  EXPECT_EQ(closed(6), Day(2026, 11, 22));
  EXPECT_EQ(closed(8), Day(2026, 11, 22));
  EXPECT_EQ(closed(9), Day(2026, 11, 23));
  EXPECT_EQ(closed(10), Day(2026, 11, 23));
  EXPECT_EQ(*ClosedThroughAt(*snapshot, TerminalId(kCounter), Sequence(10)), std::nullopt);
}

TEST_F(CalendarTest, DamagedRowsAreReportedAndNotRead) {
  for (int i = 0; i < 300; ++i) builder_.Add(Deposited(1, 100, At(2026, 11, 21)));
  builder_.Add(Counted(0, 0, true, At(2026, 11, 21)));
  Project();
  const Day day(2026, 11, 21);
  for (const char kind : {'B', 'C', 'D'}) {
    const Rows rows = kind == 'B' ? BlocksOf(1) : RowsOf(std::string(1, kind));
    for (const auto& [key, value] : rows) {
      const auto put = [this, &key = key](const std::string& bytes) {
        ASSERT_TRUE(store_
                        ->Write({.table = TableId::kCalendar, .puts = {{key, bytes}}, .deletes = {}},
                                Durability::kRebuildable)
                        .ok());
      };
      put(value.substr(0, value.size() - 1));
      const auto snapshot = store_->Snapshot();
      std::vector<absl::Status> statuses = {
          BalanceThrough(*snapshot, {AccountKind::kDemand, 1}, day).status(),
          ClosedThroughAt(*snapshot, TerminalId(kTill), Sequence(400)).status(),
          ForEachRun(*snapshot, day, [](const SequenceRun&) {}),
          ForEachRun(*snapshot, Day(2026, 11, 20), [](const SequenceRun&) {})};
      EXPECT_THAT(statuses,
                  testing::Contains(testing::Property(&absl::Status::code, absl::StatusCode::kDataLoss)));
      put(value);
    }
  }
}

}  // namespace
}  // namespace redvest
