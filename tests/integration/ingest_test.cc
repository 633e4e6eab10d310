// Batches over a real connection.
#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

#include "tests/integration/town.h"

namespace redvest::testing {
namespace {

// One open stream, answered in order.
class Batches {
 public:
  explicit Batches(const Client& client) : stream_(client.ingest->Ingest(&context_)) {}

  void Send(const v1::IngestRequest& request) { ASSERT_TRUE(stream_->Write(request)); }
  v1::IngestResponse Answer() {
    v1::IngestResponse answer;
    EXPECT_TRUE(stream_->Read(&answer));
    return answer;
  }
  v1::IngestResponse SendAndWait(const v1::IngestRequest& request) {
    Send(request);
    return Answer();
  }
  grpc::Status End() {
    stream_->WritesDone();
    return stream_->Finish();
  }
  grpc::ClientContext& context() { return context_; }
  grpc::ClientReaderWriterInterface<v1::IngestRequest, v1::IngestResponse>& stream() { return *stream_; }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriterInterface<v1::IngestRequest, v1::IngestResponse>> stream_;
};

class IngestTest : public TownTest {
 protected:
  // Rows of the bank's history, each a deposit of 1 fen into account 500.
  v1::IngestRequest Rows(int count) {
    v1::IngestRequest request;
    request.set_terminal_id(town().import.terminal_id);
    request.set_first_serial(town().import.next_serial);
    for (int i = 0; i < count; ++i) {
      v1::Command& command = *request.add_commands();
      command.set_occurred_at_unix_ms(1'600'000'000'000);
      v1::RecordBankHistory& row = *command.mutable_record_bank_history();
      row.set_account_id(500);
      row.set_kind(v1::HISTORY_KIND_CASH_DEPOSIT);
      row.set_amount_fen(1);
      row.set_source_id("row");
    }
    town().import.next_serial += static_cast<uint64_t>(count);
    return request;
  }
};

TEST_F(IngestTest, BatchesAreRecordedInOrderAndAgainOnce) {
  const uint64_t before = client().Sequence();
  std::vector<v1::IngestRequest> requests;
  Batches batches(client());
  for (int i = 0; i < 40; ++i) requests.push_back(Rows(100));
  // More than a stream holds: the rest waits in the transport.
  auto writer = std::async(std::launch::async, [&] {
    for (const v1::IngestRequest& request : requests) batches.Send(request);
  });
  for (size_t i = 0; i < requests.size(); ++i) {
    const v1::IngestResponse answer = batches.Answer();
    EXPECT_EQ(answer.first_serial(), requests[i].first_serial());
    EXPECT_EQ(answer.first_sequence(), before + 1 + i * 100);
    EXPECT_EQ(answer.last_sequence(), before + (i + 1) * 100);
    EXPECT_EQ(answer.recorded(), 100u);
    EXPECT_EQ(answer.already_recorded(), 0u);
    EXPECT_EQ(answer.stopped_code(), 0) << answer.stopped_message();
  }
  writer.get();
  const v1::IngestResponse again = batches.SendAndWait(requests[7]);
  EXPECT_EQ(again.first_sequence(), 0u);
  EXPECT_EQ(again.recorded(), 100u);
  EXPECT_EQ(again.already_recorded(), 100u);
  EXPECT_TRUE(batches.End().ok());
  EXPECT_EQ(client().Balance("memo:demand:500"), -4'000);
  EXPECT_EQ(client().Sequence(), before + 4'000);
}

TEST_F(IngestTest, AMalformedItemStopsItsBatchAndNotTheStream) {
  Batches batches(client());
  v1::IngestRequest request = Rows(10);
  request.mutable_commands(4)->mutable_record_bank_history()->set_amount_fen(-5);
  const v1::IngestResponse stopped = batches.SendAndWait(request);
  EXPECT_EQ(stopped.recorded(), 4u);
  EXPECT_EQ(stopped.stopped_at_serial(), request.first_serial() + 4);
  EXPECT_EQ(stopped.stopped_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(stopped.stopped_error().reason(), v1::ERROR_REASON_FIELD_INVALID);
  EXPECT_FALSE(stopped.stopped_message().empty());

  request.mutable_commands(4)->mutable_record_bank_history()->set_amount_fen(1);
  const v1::IngestResponse mended = batches.SendAndWait(request);
  EXPECT_EQ(mended.recorded(), 10u);
  EXPECT_EQ(mended.already_recorded(), 4u);
  EXPECT_EQ(mended.stopped_code(), 0);
  EXPECT_TRUE(batches.End().ok());
}

TEST_F(IngestTest, ItemsMayNotNameATerminalOrSerial) {
  Batches batches(client());
  v1::IngestRequest request = Rows(3);
  request.mutable_commands(2)->set_serial(77);
  const v1::IngestResponse answer = batches.SendAndWait(request);
  EXPECT_EQ(answer.recorded(), 2u);
  EXPECT_EQ(answer.stopped_at_serial(), request.first_serial() + 2);
  EXPECT_EQ(answer.stopped_error().reason(), v1::ERROR_REASON_FIELD_INVALID);
  EXPECT_TRUE(batches.End().ok());
}

TEST_F(IngestTest, DeclinedItemsAreListedAndStopNothing) {
  Batches batches(client());
  v1::IngestRequest request;
  request.set_terminal_id(town().till.terminal_id);
  request.set_first_serial(1);
  for (int i = 0; i < 5; ++i) {
    v1::Command& command = *request.add_commands();
    command.set_occurred_at_unix_ms(NowMs());
    command.mutable_sell_meal()->set_portions(1);
    command.mutable_sell_meal()->set_payment(v1::PAYMENT_CASH);
  }
  request.mutable_commands(1)->mutable_sell_meal()->set_member_id(4'711);
  request.mutable_commands(3)->mutable_sell_meal()->set_member_id(4'712);
  const uint64_t before = client().Sequence();
  for (const uint32_t again : {0u, 5u}) {
    const v1::IngestResponse answer = batches.SendAndWait(request);
    EXPECT_EQ(answer.recorded(), 3u);
    EXPECT_EQ(answer.already_recorded(), again);
    ASSERT_EQ(answer.declined_size(), 2);
    EXPECT_EQ(answer.declined(0).serial(), 2u);
    EXPECT_EQ(answer.declined(0).error().reason(), v1::ERROR_REASON_MEMBER_UNKNOWN);
    EXPECT_EQ(answer.declined(0).error().sequence(), before + 2);
    EXPECT_NE(answer.declined(0).message().find("4711"), std::string::npos);
    EXPECT_EQ(answer.declined(1).serial(), 4u);
  }
  EXPECT_TRUE(batches.End().ok());
}

TEST_F(IngestTest, FaultyBatchesAreAnsweredAndTheStreamGoesOn) {
  const uint64_t before = client().Sequence();
  Batches batches(client());
  const auto expect = [&](const v1::IngestRequest& request, v1::ErrorReason reason) {
    const v1::IngestResponse answer = batches.SendAndWait(request);
    EXPECT_EQ(v1::ErrorReason_Name(answer.stopped_error().reason()), v1::ErrorReason_Name(reason));
    EXPECT_NE(answer.stopped_code(), 0);
    EXPECT_EQ(answer.stopped_at_serial(), std::max<uint64_t>(request.first_serial(), 1));
    EXPECT_EQ(answer.recorded(), 0u);
  };
  v1::IngestRequest empty;
  empty.set_terminal_id(town().import.terminal_id);
  empty.set_first_serial(1);
  expect(empty, v1::ERROR_REASON_FIELD_INVALID);
  v1::IngestRequest unknown = Rows(1);
  town().import.next_serial = 1;
  unknown.set_terminal_id(4'711);
  expect(unknown, v1::ERROR_REASON_TERMINAL_UNKNOWN);
  v1::IngestRequest nobody = unknown;
  nobody.set_terminal_id(0);
  expect(nobody, v1::ERROR_REASON_FIELD_INVALID);
  v1::IngestRequest gap = Rows(1);
  town().import.next_serial = 1;
  gap.set_first_serial(9);
  expect(gap, v1::ERROR_REASON_SERIAL_GAP);
  v1::IngestRequest large = Rows(10'001);
  town().import.next_serial = 1;
  expect(large, v1::ERROR_REASON_BATCH_TOO_LARGE);
  EXPECT_EQ(client().Sequence(), before);

  EXPECT_EQ(batches.SendAndWait(Rows(5)).recorded(), 5u);
  EXPECT_TRUE(batches.End().ok());
}

TEST_F(IngestTest, ABatchThatIsNoMessageIsAnsweredLikeAnyOther) {
  const RawAnswer answer = StreamRaw(client().channel, "/redvest.v1.IngestService/Ingest", "\xFF\xFF\xFF");
  EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
  v1::IngestResponse response;
  ASSERT_TRUE(response.ParseFromString(answer.bytes));
  EXPECT_EQ(response.stopped_at_serial(), 1u);
  EXPECT_EQ(response.stopped_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(response.stopped_error().reason(), v1::ERROR_REASON_MESSAGE_MALFORMED);
}

TEST_F(IngestTest, AClientThatGoesAwayHarmsNobody) {
  for (int i = 0; i < 20; ++i) {
    Batches batches(client());
    batches.Send(Rows(500));
    if (i % 2 == 0) batches.Send(Rows(500));
    batches.context().TryCancel();
    EXPECT_FALSE(batches.End().ok());
    town().import.next_serial = 1;
  }
  Batches batches(client());
  const v1::IngestResponse answer = batches.SendAndWait(Rows(1'000));
  EXPECT_EQ(answer.recorded(), 1'000u) << answer.ShortDebugString();
  EXPECT_TRUE(batches.End().ok());
}

TEST_F(IngestTest, AStoppingDaemonEndsIdleStreams) {
  Batches batches(client());
  EXPECT_EQ(batches.SendAndWait(Rows(5)).recorded(), 5u);
  town().daemon->Signal(SIGTERM);
  v1::IngestResponse answer;
  EXPECT_FALSE(batches.stream().Read(&answer));
  EXPECT_EQ(batches.End().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(town().daemon->Wait(), 0);
}

TEST(QueueTest, ASingleCommandThatFindsTheQueueFullMaySucceedLater) {
  const auto town = Town::Found({"--queue-commands", "1"});
  ASSERT_NE(town, nullptr);
  // Two tills at once, until one of them is refused.
  std::atomic<bool> refused = false;
  const auto sell = [&](Desk desk) {
    while (!refused) {
      v1::SellMealRequest meal;
      *meal.mutable_header() = desk.Header(desk.next_serial++);
      meal.mutable_sell_meal()->set_portions(1);
      meal.mutable_sell_meal()->set_payment(v1::PAYMENT_CASH);
      const auto answer = Call(*town->client->canteen, &Canteen::SellMeal, meal);
      if (answer.ok()) continue;
      ExpectRefused(answer, grpc::StatusCode::RESOURCE_EXHAUSTED, v1::ERROR_REASON_QUEUE_FULL, {});
      EXPECT_GT(answer.error.retry_delay_ms(), 0);
      refused = true;
      for (int i = 0; i < 100; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(answer.error.retry_delay_ms()));
        if (Call(*town->client->canteen, &Canteen::SellMeal, meal).ok()) return;
      }
      ADD_FAILURE() << "the queue did not empty";
    }
  };
  auto request = town->office.Next<v1::EnrolTerminalRequest>();
  request.mutable_enrol_terminal()->set_role(v1::ROLE_CANTEEN_TILL);
  request.mutable_enrol_terminal()->set_label("till 2");
  const auto second = Call(*town->client->directory, &Directory::EnrolTerminal, request);
  ASSERT_RECORDED(second);
  auto other = std::async(std::launch::async, sell, Desk{second->terminal_enrolled().terminal_id(), 1});
  sell(town->till);
  other.get();
}

TEST(QueueTest, AFullQueueSaysWhenToTryAgain) {
  const auto town = Town::Found({"--queue-commands", "100"});
  ASSERT_NE(town, nullptr);
  v1::IngestRequest request;
  request.set_terminal_id(town->import.terminal_id);
  request.set_first_serial(1);
  for (int i = 0; i < 101; ++i) {
    v1::Command& command = *request.add_commands();
    command.set_occurred_at_unix_ms(1'600'000'000'000);
    command.mutable_void_serial()->set_reason("row that cannot be read");
  }
  const uint64_t before = town->client->Sequence();
  Batches batches(*town->client);
  const v1::IngestResponse answer = batches.SendAndWait(request);
  EXPECT_EQ(answer.stopped_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(answer.stopped_error().reason(), v1::ERROR_REASON_QUEUE_FULL);
  EXPECT_GT(answer.stopped_error().retry_delay_ms(), 0);
  EXPECT_EQ(answer.stopped_at_serial(), 1u);
  EXPECT_EQ(town->client->Sequence(), before);
  request.mutable_commands()->RemoveLast();
  EXPECT_EQ(batches.SendAndWait(request).recorded(), 100u);
  EXPECT_TRUE(batches.End().ok());
}

}  // namespace
}  // namespace redvest::testing
