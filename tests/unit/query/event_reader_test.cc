#include "ledger/query/event_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/log/log_builder.h"
#include "tests/unit/projection/sample_events.h"

namespace redvest {
namespace {

using namespace sample;

class EventReaderTest : public testing::Test {
 protected:
  EventReaderTest() : store_(NewMemoryStore()), builder_(store_.get()) {
    for (int size = 1; size <= 4; ++size) AddCommit(size);
  }
  void AddCommit(int size) {
    for (int i = 0; i < size; ++i) builder_.Add(Voided(kTill, At(2026, 11, 21)));
    builder_.Commit();
    durable_ = builder_.log()->last_sequence();
  }
  std::unique_ptr<EventReader> Read(uint64_t from) {
    return NewEventReader(builder_.log(), Sequence(from), [this] { return durable_; });
  }
  // Reads to the end and expects the events `first` to `last`.
  static void ExpectEvents(EventReader& reader, uint64_t first, uint64_t last) {
    for (uint64_t n = first; n <= last; ++n) {
      const auto event = reader.Next();
      ASSERT_TRUE(event.ok()) << event.status();
      ASSERT_TRUE(event->has_value()) << n;
      EXPECT_EQ((*event)->sequence, Sequence(n));
      EXPECT_EQ((*event)->event->serial(), n);
      EXPECT_EQ((*event)->event->SerializeAsString(), (*event)->bytes);
    }
    const auto end = reader.Next();
    ASSERT_TRUE(end.ok());
    EXPECT_FALSE(end->has_value());
  }

  std::unique_ptr<Store> store_;
  LogBuilder builder_;
  Sequence durable_;
};

TEST_F(EventReaderTest, StartsAnywhereEvenInTheMiddleOfACommit) {
  ExpectEvents(*Read(0), 1, 10);
  for (uint64_t from = 1; from <= 11; ++from) ExpectEvents(*Read(from), from, 10);
}

TEST_F(EventReaderTest, GoesOnAsTheLogGrows) {
  auto reader = Read(9);
  ExpectEvents(*reader, 9, 10);
  AddCommit(3);
  ExpectEvents(*reader, 11, 13);
  AddCommit(1);
  AddCommit(2);
  ExpectEvents(*reader, 14, 16);
}

TEST_F(EventReaderTest, WaitsForEventsThatAreYetToCome) {
  auto reader = Read(13);
  EXPECT_FALSE((*reader->Next()).has_value());
  AddCommit(5);
  ExpectEvents(*reader, 13, 15);
}

TEST_F(EventReaderTest, DoesNotGoBeyondWhatIsDurable) {
  durable_ = Sequence(5);
  auto reader = Read(1);
  ExpectEvents(*reader, 1, 5);
  durable_ = Sequence(10);
  ExpectEvents(*reader, 6, 10);
}

TEST_F(EventReaderTest, DamageIsReportedWithItsSequence) {
  auto cursor = store_->NewCursor(TableId::kLog);
  cursor->SeekForPrev("\xFF");
  WriteBatch batch{.table = TableId::kLog, .puts = {{std::string(cursor->key()), "?"}}, .deletes = {}};
  ASSERT_TRUE(store_->Write(batch, Durability::kSynced).ok());
  auto reader = Read(6);
  ASSERT_TRUE(reader->Next().ok());
  const absl::Status status = reader->Next().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("sequence 7"));
}

}  // namespace
}  // namespace redvest
