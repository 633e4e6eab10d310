#include "ledger/log/event_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/base/bytes.h"
#include "tests/unit/log/log_builder.h"

namespace redvest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string KeyOf(uint64_t first) {
  std::string key;
  AppendBigEndian(&key, first);
  return key;
}

// A log of commits of 1, 2, 3 and 4 events: first sequences 1, 2, 4, 7; last 10. Event n is the text of n.
class EventLogTest : public testing::Test {
 protected:
  EventLogTest() : store_(NewMemoryStore()), builder_(store_.get()) {
    for (int size = 1; size <= 4; ++size) AddCommit(size);
  }
  void AddCommit(int size) {
    for (int i = 0; i < size; ++i) builder_.AddBytes(std::to_string(++last_));
    builder_.Commit();
  }
  EventLog& log() { return *builder_.log(); }
  // All events of `cursor`, or the error that ends it.
  static absl::StatusOr<std::vector<std::string>> ReadAll(CommitCursor& cursor) {
    std::vector<std::string> events;
    while (true) {
      auto commit = cursor.Next();
      if (!commit.ok()) return commit.status();
      if (!commit->has_value()) return events;
      for (std::string_view event : (*commit)->events) events.emplace_back(event);
    }
  }
  absl::StatusOr<std::vector<std::string>> ReadFrom(uint64_t from) {
    return ReadAll(*log().Read(Sequence(from)));
  }
  void Put(uint64_t first, const std::string& record) {
    WriteBatch batch{.table = TableId::kLog, .puts = {{KeyOf(first), record}}, .deletes = {}};
    ASSERT_TRUE(store_->Write(batch, Durability::kSynced).ok());
  }
  void Delete(uint64_t first) {
    WriteBatch batch{.table = TableId::kLog, .puts = {}, .deletes = {KeyOf(first)}};
    ASSERT_TRUE(store_->Write(batch, Durability::kSynced).ok());
  }

  std::unique_ptr<Store> store_;
  LogBuilder builder_;
  int last_ = 0;
};

TEST_F(EventLogTest, ReadsFromTheCommitThatHoldsTheSequence) {
  EXPECT_EQ(log().last_sequence(), Sequence(10));
  EXPECT_THAT(*ReadFrom(0), testing::SizeIs(10));
  EXPECT_THAT(*ReadFrom(1), testing::SizeIs(10));
  EXPECT_THAT(*ReadFrom(6), ElementsAre("4", "5", "6", "7", "8", "9", "10"));
  EXPECT_THAT(*ReadFrom(7), ElementsAre("7", "8", "9", "10"));
  EXPECT_THAT(*ReadFrom(10), ElementsAre("7", "8", "9", "10"));
  EXPECT_THAT(*ReadFrom(11), testing::IsEmpty());
  EXPECT_THAT(*ReadFrom(UINT64_MAX), testing::IsEmpty());
}

TEST_F(EventLogTest, IsFoundAgainWhereItEnded) {
  auto again = OpenStoreLog(store_.get());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ((*again)->last_sequence(), Sequence(10));
}

TEST_F(EventLogTest, EmptyLogHasNoLastSequence) {
  auto store = NewMemoryStore();
  auto empty = OpenStoreLog(store.get());
  ASSERT_TRUE(empty.ok());
  EXPECT_EQ((*empty)->last_sequence(), Sequence());
  EXPECT_THAT(*ReadAll(*(*empty)->Read(Sequence(1))), testing::IsEmpty());
}

TEST_F(EventLogTest, CursorSeesTheLogAsItWasWhenItWasMade) {
  auto cursor = log().Read(Sequence(10));
  AddCommit(2);
  EXPECT_THAT(*ReadAll(*cursor), ElementsAre("7", "8", "9", "10"));
  EXPECT_THAT(*ReadFrom(11), ElementsAre("11", "12"));
}

TEST_F(EventLogTest, CommitMustFollowTheLast) {
  for (uint64_t first : {0, 1, 10, 12}) {
    EXPECT_EQ(log().Append(Sequence(first), 1, "x").code(), absl::StatusCode::kFailedPrecondition) << first;
  }
  EXPECT_EQ(log().Append(Sequence(11), 0, "x").code(), absl::StatusCode::kFailedPrecondition);
  // A commit that was refused is no failed write.
  AddCommit(1);
  EXPECT_EQ(log().last_sequence(), Sequence(11));
}

TEST_F(EventLogTest, DamagedCommitIsNamedAndEndsTheCursor) {
  std::string record = **store_->Get(TableId::kLog, KeyOf(4));
  record[20] ^= 1;
  Put(4, record);
  auto cursor = log().Read(Sequence(1));
  EXPECT_TRUE(cursor->Next().ok());
  EXPECT_TRUE(cursor->Next().ok());
  for (int again = 0; again < 2; ++again) {
    const absl::Status status = cursor->Next().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(status.message()), HasSubstr("commit at sequence 4"));
  }
}

TEST_F(EventLogTest, MissingCommitIsNamedWhereverReadingStarts) {
  Delete(4);
  for (uint64_t from : {1, 2, 3, 4, 5, 6}) {
    const absl::Status status = ReadFrom(from).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << from;
    EXPECT_THAT(std::string(status.message()), HasSubstr("commit at sequence 4")) << from;
  }
  EXPECT_TRUE(ReadFrom(7).ok());
}

TEST_F(EventLogTest, MissingFirstAndLastCommitsAreNoticed) {
  Delete(7);
  EXPECT_EQ(ReadFrom(1).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReadFrom(9).status().code(), absl::StatusCode::kDataLoss);
  Delete(1);
  EXPECT_EQ(ReadFrom(1).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(EventLogTest, RecordUnderAnotherKeyIsDamage) {
  Put(7, **store_->Get(TableId::kLog, KeyOf(4)));
  EXPECT_EQ(ReadFrom(7).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(OpenStoreLog(store_.get()).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(EventLogTest, DamagedLastCommitFailsTheOpening) {
  Put(7, "not a record at all");
  const absl::Status status = OpenStoreLog(store_.get()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("commit at sequence 7"));
}

// A store whose writes fail from some moment on.
class FailingStore final : public Store {
 public:
  absl::Status Write(const WriteBatch& batch, Durability durability) override {
    if (failing) return absl::UnavailableError("the disk is gone");
    return store_->Write(batch, durability);
  }
  absl::StatusOr<std::optional<std::string>> Get(TableId table, std::string_view key) const override {
    return store_->Get(table, key);
  }
  std::unique_ptr<StoreCursor> NewCursor(TableId table) const override { return store_->NewCursor(table); }
  std::unique_ptr<StoreSnapshot> Snapshot() const override { return store_->Snapshot(); }
  absl::Status Flush() override { return store_->Flush(); }
  absl::Status VerifyFiles() const override { return store_->VerifyFiles(); }

  bool failing = false;

 private:
  std::unique_ptr<Store> store_ = NewMemoryStore();
};

TEST(EventLog, TakesNoAppendsAfterAFailedWrite) {
  FailingStore store;
  LogBuilder builder(&store);
  builder.AddBytes("1");
  builder.Commit();
  builder.AddBytes("2");
  const std::string record = builder.Seal();
  store.failing = true;
  EXPECT_FALSE(builder.log()->Append(Sequence(2), 1, record).ok());
  store.failing = false;
  EXPECT_EQ(builder.log()->Append(Sequence(2), 1, record).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(builder.log()->last_sequence(), Sequence(1));
}

}  // namespace
}  // namespace redvest
