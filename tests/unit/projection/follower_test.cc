#include "ledger/projection/follower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "absl/time/clock.h"
#include "ledger/base/error.h"
#include "ledger/projection/accounts.h"
#include "tests/unit/log/log_builder.h"
#include "tests/unit/projection/sample_events.h"

namespace redvest {
namespace {

using namespace sample;

class FollowerTest : public testing::Test {
 protected:
  FollowerTest() : store_(NewMemoryStore()), builder_(store_.get()) {
    for (const Event& event : Beginning(At(2026, 11, 20))) builder_.Add(event);
    builder_.Commit();
    follower_ = std::make_unique<Follower>(builder_.log(), store_.get(), NewProjections());
  }

  void StartCaughtUp() {
    ASSERT_TRUE(follower_->CatchUp(builder_.log()->last_sequence()).ok());
    follower_->Start();
  }
  Sequence Deposit() { return builder_.AddAndCommit(Deposited(1, 100, At(2026, 11, 21))); }
  std::future<absl::Status> WhenAt(Sequence sequence, absl::Time deadline = absl::InfiniteFuture()) {
    auto promise = std::make_shared<std::promise<absl::Status>>();
    follower_->When(sequence, deadline,
                    [promise](absl::Status status) { promise->set_value(std::move(status)); });
    return promise->get_future();
  }
  absl::Status Compare() {
    return CompareWithReplay(*builder_.log(), *store_, NewProjections(), NewMemoryStore().get(),
                             [](Sequence, Sequence) {});
  }

  std::unique_ptr<Store> store_;
  LogBuilder builder_;
  std::unique_ptr<Follower> follower_;
};

TEST_F(FollowerTest, StartsWithoutCatchingUpAndFollowsThen) {
  ASSERT_TRUE(follower_->Load(Sequence(5)).ok());
  EXPECT_EQ(follower_->position(), Sequence());
  follower_->Start();
  ASSERT_TRUE(WhenAt(Sequence(5)).get().ok());
  EXPECT_EQ(follower_->position(), Sequence(5));
  EXPECT_TRUE(Compare().ok());
}

TEST_F(FollowerTest, FollowsAlsoWhatNobodyWaitsFor) {
  StartCaughtUp();
  for (int i = 0; i < 20; ++i) follower_->NotifyDurable(Deposit());
  const absl::Time latest = absl::Now() + absl::Seconds(20);
  while (follower_->position() < Sequence(25) && absl::Now() < latest) absl::SleepFor(absl::Milliseconds(1));
  EXPECT_EQ(follower_->position(), Sequence(25));
}

TEST_F(FollowerTest, AStopLeavesNothingBehind) {
  StartCaughtUp();
  for (int i = 0; i < 20; ++i) follower_->NotifyDurable(Deposit());
  follower_->Stop();
  EXPECT_EQ(follower_->position(), Sequence(25));
  EXPECT_TRUE(Compare().ok());
}

TEST_F(FollowerTest, CatchesUpAndThenFollowsWhatIsDurable) {
  StartCaughtUp();
  EXPECT_EQ(follower_->position(), Sequence(5));
  for (int i = 0; i < 200; ++i) {
    const Sequence sequence = Deposit();
    follower_->NotifyDurable(sequence);
    if (i % 10 == 0) {
      ASSERT_TRUE(WhenAt(sequence).get().ok());
    }
  }
  ASSERT_TRUE(WhenAt(Sequence(205)).get().ok());
  EXPECT_EQ(follower_->position(), Sequence(205));
  EXPECT_EQ(*BalanceAt(*store_->Snapshot(), {AccountKind::kDemand, 1}, Sequence(205)), -20'000);
  follower_->Stop();
  EXPECT_TRUE(Compare().ok()) << Compare();
}

TEST_F(FollowerTest, DoesNotGoBeyondWhatIsDurable) {
  StartCaughtUp();
  const Sequence first = Deposit();
  const Sequence second = Deposit();
  follower_->NotifyDurable(first);
  ASSERT_TRUE(WhenAt(first).get().ok());
  EXPECT_EQ(WhenAt(second, absl::Now() + absl::Milliseconds(60)).get().code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(follower_->position(), first);
}

TEST_F(FollowerTest, GoesOnWhereAnEarlierOneStopped) {
  StartCaughtUp();
  follower_->Stop();
  Deposit();
  follower_ = std::make_unique<Follower>(builder_.log(), store_.get(), NewProjections());
  StartCaughtUp();
  EXPECT_EQ(follower_->position(), Sequence(6));
  EXPECT_TRUE(Compare().ok()) << Compare();
}

TEST_F(FollowerTest, DeadlineEndsTheWaitAndOneThatIsPastDoesNotWait) {
  StartCaughtUp();
  EXPECT_EQ(WhenAt(Sequence(6), absl::InfinitePast()).get().code(), absl::StatusCode::kDeadlineExceeded);
  const absl::Time begin = absl::Now();
  EXPECT_EQ(WhenAt(Sequence(6), begin + absl::Milliseconds(20)).get().code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_LT(absl::Now() - begin, absl::Seconds(5));
  // What is reached is answered whatever the deadline.
  EXPECT_TRUE(WhenAt(Sequence(5), absl::InfinitePast()).get().ok());
}

TEST_F(FollowerTest, StoppingEndsAllWaits) {
  StartCaughtUp();
  auto waiting = WhenAt(Sequence(6));
  follower_->Stop();
  EXPECT_EQ(waiting.get().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(WhenAt(Sequence(6)).get().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(WhenAt(Sequence(5)).get().ok());
  EXPECT_TRUE(follower_->health().ok());
}

TEST_F(FollowerTest, UnknownKindOfEventHaltsWithItsSequence) {
  StartCaughtUp();
  Event unknown = Voided(kTill, At(2026, 11, 21));
  unknown.clear_body();
  builder_.Add(unknown);
  builder_.Commit();
  auto waiting = WhenAt(Sequence(6));
  follower_->NotifyDurable(Sequence(6));
  EXPECT_EQ(waiting.get().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(follower_->health().message()), testing::HasSubstr("event 6"));
  EXPECT_EQ(follower_->position(), Sequence(5));
  EXPECT_EQ(WhenAt(Sequence(7)).get().code(), absl::StatusCode::kUnavailable);
}

TEST_F(FollowerTest, LogThatLostItsEndIsNoticed) {
  StartCaughtUp();
  follower_->NotifyDurable(Deposit());
  ASSERT_TRUE(WhenAt(Sequence(6)).get().ok());
  follower_->Stop();
  auto cursor = store_->NewCursor(TableId::kLog);
  cursor->SeekForPrev("\xFF");
  ASSERT_TRUE(store_
                  ->Write({.table = TableId::kLog, .puts = {}, .deletes = {std::string(cursor->key())}},
                          Durability::kSynced)
                  .ok());
  LogBuilder shorter(store_.get());
  Follower follower(shorter.log(), store_.get(), NewProjections());
  EXPECT_EQ(follower.CatchUp(Sequence(5)).code(), absl::StatusCode::kDataLoss);
}

TEST_F(FollowerTest, DroppedRowsAreWrittenAnewFromTheLog) {
  for (int i = 0; i < 300; ++i) Deposit();
  StartCaughtUp();
  follower_->Stop();
  for (const TableId table :
       {TableId::kAccounts, TableId::kSerials, TableId::kDays, TableId::kTree, TableId::kCalendar}) {
    ASSERT_TRUE(
        store_->Write({.table = table, .puts = {{"bogus", "row"}}, .deletes = {}}, Durability::kRebuildable)
            .ok());
    EXPECT_FALSE(Compare().ok());
    follower_ = std::make_unique<Follower>(builder_.log(), store_.get(), NewProjections());
    ASSERT_TRUE(follower_->DropAll().ok());
    StartCaughtUp();
    follower_->Stop();
    EXPECT_TRUE(Compare().ok()) << Compare();
  }
}

}  // namespace
}  // namespace redvest
