#include "clients/offline_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/unit/clients/fake_ledger.h"

namespace redvest::client {
namespace {

class OfflineQueueTest : public testing::Test {
 protected:
  OfflineQueueTest() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    path_ = testing::TempDir() + info->name() + "-" + std::to_string(getpid()) + ".queue";
    std::filesystem::remove(path_);
    v1::GetLedgerResponse ledger;
    ledger.set_name("Huayuan");
    ledger.set_time_zone("Asia/Shanghai");
    EXPECT_TRUE(OfflineQueue::Create(path_, ledger, TerminalId(2), Serial(1)).ok());
  }
  ~OfflineQueueTest() override { std::filesystem::remove(path_); }

  std::unique_ptr<OfflineQueue> Open() {
    auto queue = OfflineQueue::Open(path_);
    EXPECT_TRUE(queue.ok()) << queue.status();
    return queue.ok() ? *std::move(queue) : nullptr;
  }

  static v1::Command Meal(int portions) {
    v1::Command command;
    command.set_occurred_at_unix_ms(1000);
    command.mutable_sell_meal()->set_portions(portions);
    return command;
  }

  void Fill(std::initializer_list<int> portions) {
    auto queue = Open();
    for (int count : portions) ASSERT_TRUE(queue->Append(Meal(count)).ok());
  }

  std::string Bytes() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  void SetBytes(const std::string& bytes) const { std::ofstream(path_, std::ios::binary) << bytes; }

  std::string path_;
};

TEST_F(OfflineQueueTest, KeepsCommandsWithTheirSerialsOverARestart) {
  Fill({1, 2, 3});
  auto queue = Open();
  ASSERT_EQ(queue->waiting().size(), 3u);
  EXPECT_EQ(queue->waiting()[2].serial(), 3u);
  EXPECT_EQ(queue->waiting()[2].terminal_id(), 2u);
  EXPECT_EQ(queue->waiting()[2].sell_meal().portions(), 3);
  EXPECT_EQ(queue->next_serial(), Serial(4));
  EXPECT_EQ(queue->time_zone(), "Asia/Shanghai");
  EXPECT_EQ(queue->torn_bytes(), 0u);
}

TEST_F(OfflineQueueTest, ATornLastRecordIsCutOffAndReportedAtEveryLength) {
  Fill({1, 2});
  const std::string whole = Bytes();
  Fill({3});
  const std::string longer = Bytes();
  for (size_t size = whole.size() + 1; size < longer.size(); ++size) {
    SetBytes(longer.substr(0, size));
    auto queue = Open();
    ASSERT_NE(queue, nullptr);
    EXPECT_EQ(queue->waiting().size(), 2u);
    EXPECT_EQ(queue->torn_bytes(), size - whole.size());
    ASSERT_TRUE(queue->Append(Meal(4)).ok());
    queue.reset();
    EXPECT_EQ(Open()->waiting()[2].sell_meal().portions(), 4);
  }
}

TEST_F(OfflineQueueTest, ALastRecordOfWrongBytesIsCutOff) {
  Fill({1, 2});
  std::string bytes = Bytes();
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  SetBytes(bytes);
  auto queue = Open();
  EXPECT_EQ(queue->waiting().size(), 1u);
  EXPECT_GT(queue->torn_bytes(), 0u);
}

TEST_F(OfflineQueueTest, DamageBeforeTheLastRecordIsRefused) {
  Fill({1});
  const size_t first = Bytes().size();
  Fill({2, 3});
  std::string bytes = Bytes();
  bytes[first - 1] = static_cast<char>(bytes[first - 1] ^ 1);
  SetBytes(bytes);
  EXPECT_TRUE(absl::IsDataLoss(OfflineQueue::Open(path_).status()));
  SetBytes("something else");
  EXPECT_TRUE(absl::IsInvalidArgument(OfflineQueue::Open(path_).status()));
}

TEST_F(OfflineQueueTest, IsOpenForOneAtATime) {
  auto queue = Open();
  EXPECT_TRUE(absl::IsUnavailable(OfflineQueue::Open(path_).status()));
  ASSERT_TRUE(queue->Append(Meal(1)).ok());
  ASSERT_TRUE(queue->Forget(1).ok());
  EXPECT_TRUE(absl::IsUnavailable(OfflineQueue::Open(path_).status()));
}

TEST_F(OfflineQueueTest, IsNotMadeTwiceAndNotOpenedWhereThereIsNone) {
  EXPECT_TRUE(absl::IsAlreadyExists(OfflineQueue::Create(path_, {}, TerminalId(2), Serial(1))));
  EXPECT_TRUE(absl::IsNotFound(OfflineQueue::Open(path_ + ".none").status()));
}

TEST_F(OfflineQueueTest, SendingEmptiesItAndGoesOnWithTheNextSerial) {
  FakeLedger ledger;
  Connection connection(ledger.address());
  Fill({1, 13, 3});
  auto queue = Open();
  auto outcome = SendWaiting(*queue, connection, {}, 3);
  ASSERT_TRUE(outcome.ok());
  EXPECT_FALSE(outcome->error.has_value());
  EXPECT_EQ(outcome->recorded, 2u);
  ASSERT_EQ(outcome->declined.size(), 1u);
  EXPECT_EQ(outcome->declined[0].serial(), 2u);
  queue.reset();
  queue = Open();
  EXPECT_TRUE(queue->waiting().empty());
  EXPECT_EQ(queue->next_serial(), Serial(4));
}

TEST_F(OfflineQueueTest, SendingAgainAfterALostAnswerRecordsNothingTwice) {
  FakeLedger ledger;
  Connection connection(ledger.address());
  Fill({1, 2});
  ledger.LoseAnswers(1);
  auto queue = Open();
  // One attempt only: the answer is lost, and the queue keeps everything.
  auto lost = SendWaiting(*queue, connection, {.total = absl::ZeroDuration()}, 2);
  ASSERT_TRUE(lost.ok());
  ASSERT_TRUE(lost->error.has_value());
  EXPECT_EQ(queue->waiting().size(), 2u);
  auto again = SendWaiting(*queue, connection, {}, 2);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->already_recorded, 2u);
  EXPECT_TRUE(queue->waiting().empty());
  EXPECT_EQ(ledger.recorded().size(), 2u);
}

TEST_F(OfflineQueueTest, WithoutAServerEverythingStays) {
  Connection connection("127.0.0.1:1");
  Fill({1, 2});
  auto queue = Open();
  auto outcome = SendWaiting(*queue, connection, {.total = absl::Milliseconds(100)}, 2);
  ASSERT_TRUE(outcome.ok());
  ASSERT_TRUE(outcome->error.has_value());
  EXPECT_EQ(queue->waiting().size(), 2u);
}

TEST_F(OfflineQueueTest, ACommandThatCannotBeTakenStopsTheQueueUntilItIsReplaced) {
  FakeLedger ledger;
  Connection connection(ledger.address());
  Fill({1, 0, 3});
  auto queue = Open();
  auto stopped = SendWaiting(*queue, connection, {}, 3);
  ASSERT_TRUE(stopped.ok());
  EXPECT_EQ(stopped->stopped_at_serial, 2u);
  EXPECT_EQ(stopped->error->detail.reason(), v1::ERROR_REASON_FIELD_INVALID);
  ASSERT_EQ(queue->waiting().size(), 2u);
  v1::Command spoilt;
  spoilt.mutable_void_serial()->set_reason("spoilt");
  ASSERT_TRUE(queue->Replace(0, spoilt).ok());
  queue.reset();
  queue = Open();
  EXPECT_EQ(queue->waiting()[0].serial(), 2u);
  auto rest = SendWaiting(*queue, connection, {}, 2);
  ASSERT_TRUE(rest.ok());
  EXPECT_FALSE(rest->error.has_value());
  EXPECT_EQ(ledger.recorded().size(), 3u);
}

}  // namespace
}  // namespace redvest::client
