#include "clients/client.h"

#include <gtest/gtest.h>

#include "tests/unit/clients/fake_ledger.h"

namespace redvest::client {
namespace {

v1::SellMealRequest Meal(int portions) {
  v1::SellMealRequest request;
  request.mutable_sell_meal()->set_portions(portions);
  request.mutable_sell_meal()->set_payment(v1::PAYMENT_CASH);
  return request;
}

v1::IngestRequest Batch(uint64_t first_serial, int commands) {
  v1::IngestRequest batch;
  batch.set_terminal_id(2);
  batch.set_first_serial(first_serial);
  for (int i = 0; i < commands; ++i) batch.add_commands()->mutable_sell_meal()->set_portions(1);
  return batch;
}

TEST(TerminalSessionTest, NumbersItsCommands) {
  FakeLedger ledger;
  Connection connection(ledger.address());
  TerminalSession till(connection, TerminalId(2), Serial(1));
  ASSERT_TRUE(till.Call(&v1::CanteenService::Stub::SellMeal, Meal(1), 1000).ok());
  ASSERT_TRUE(till.Call(&v1::CanteenService::Stub::SellMeal, Meal(2), 1000).ok());
  EXPECT_EQ(till.next_serial(), Serial(3));
  EXPECT_EQ(ledger.recorded()[2].sell_meal().portions(), 2);
}

TEST(TerminalSessionTest, ALostAnswerIsAskedForAgainUnderTheSameSerial) {
  FakeLedger ledger;
  ledger.LoseAnswers(2);
  Connection connection(ledger.address());
  TerminalSession till(connection, TerminalId(2), Serial(1));
  auto response = till.Call(&v1::CanteenService::Stub::SellMeal, Meal(1), 1000);
  ASSERT_TRUE(response.ok());
  EXPECT_TRUE(response->recorded().already_recorded());
  EXPECT_EQ(ledger.recorded().size(), 1u);
}

TEST(TerminalSessionTest, AFullQueueIsWaitedFor) {
  FakeLedger ledger;
  ledger.BeBusy(3);
  Connection connection(ledger.address());
  TerminalSession till(connection, TerminalId(2), Serial(1));
  EXPECT_TRUE(till.Call(&v1::CanteenService::Stub::SellMeal, Meal(1), 1000).ok());
}

TEST(TerminalSessionTest, ADeclineUsesUpTheSerialAndAMalformedCommandDoesNot) {
  FakeLedger ledger;
  Connection connection(ledger.address());
  TerminalSession till(connection, TerminalId(2), Serial(1));
  auto malformed = till.Call(&v1::CanteenService::Stub::SellMeal, Meal(0), 1000);
  ASSERT_FALSE(malformed.ok());
  EXPECT_EQ(malformed.error().detail.reason(), v1::ERROR_REASON_FIELD_INVALID);
  EXPECT_EQ(till.next_serial(), Serial(1));
  auto declined = till.Call(&v1::CanteenService::Stub::SellMeal, Meal(13), 1000);
  ASSERT_FALSE(declined.ok());
  EXPECT_TRUE(declined.error().declined());
  EXPECT_EQ(till.next_serial(), Serial(2));
}

TEST(TerminalSessionTest, GivesUpWhenTheTimeIsOver) {
  Connection connection("127.0.0.1:1");
  TerminalSession till(connection, TerminalId(2), Serial(1), {.total = absl::Milliseconds(300)});
  const absl::Time begin = absl::Now();
  auto response = till.Call(&v1::CanteenService::Stub::SellMeal, Meal(1), 1000);
  ASSERT_FALSE(response.ok());
  EXPECT_TRUE(response.error().retryable());
  EXPECT_LT(absl::Now() - begin, absl::Seconds(5));
  EXPECT_EQ(till.next_serial(), Serial(1));
}

TEST(IngestStreamTest, AnswersComeInOrderWithSeveralBatchesUnderWay) {
  FakeLedger ledger;
  Connection connection(ledger.address());
  IngestStream stream(connection, 4);
  uint64_t expected = 1;
  const auto check = [&](const CallResult<std::optional<v1::IngestResponse>>& answer) {
    ASSERT_TRUE(answer.ok());
    if (!answer->has_value()) return;
    EXPECT_EQ((*answer)->first_serial(), expected);
    expected += 100;
  };
  for (int i = 0; i < 20; ++i) check(stream.Send(Batch(1 + 100 * static_cast<uint64_t>(i), 100)));
  EXPECT_EQ(stream.unanswered().size(), 4u);
  for (int i = 0; i < 4; ++i) check(stream.Next());
  auto end = stream.Next();
  ASSERT_TRUE(end.ok());
  EXPECT_FALSE(end->has_value());
  EXPECT_EQ(expected, 2001u);
  EXPECT_EQ(ledger.recorded().size(), 2000u);
}

TEST(IngestStreamTest, LostStreamsAndFullQueuesAreMendedWithoutRecordingTwice) {
  FakeLedger ledger;
  Connection connection(ledger.address());
  IngestStream stream(connection, 4);
  int answers = 0;
  for (int i = 0; i < 20; ++i) {
    if (i == 5) ledger.LoseAnswers(2);
    if (i == 12) ledger.BeBusy(2);
    auto answer = stream.Send(Batch(1 + 10 * static_cast<uint64_t>(i), 10));
    ASSERT_TRUE(answer.ok());
    answers += answer->has_value();
  }
  for (;;) {
    auto answer = stream.Next();
    ASSERT_TRUE(answer.ok());
    if (!answer->has_value()) break;
    EXPECT_EQ((*answer)->stopped_at_serial(), 0u);
    ++answers;
  }
  EXPECT_EQ(answers, 20);
  EXPECT_EQ(ledger.recorded().size(), 200u);
}

TEST(IngestStreamTest, AnAnswerThatRetryingDoesNotHelpIsHandedOver) {
  FakeLedger ledger;
  Connection connection(ledger.address());
  IngestStream stream(connection);
  ASSERT_TRUE(stream.Send(Batch(7, 1)).ok());
  auto answer = stream.Next();
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ((*answer)->stopped_error().reason(), v1::ERROR_REASON_SERIAL_GAP);
}

}  // namespace
}  // namespace redvest::client
