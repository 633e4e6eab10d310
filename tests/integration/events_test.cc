// The history over a real connection.
#include <future>

#include "tests/integration/town.h"

namespace redvest::testing {
namespace {

using EventsTest = TownTest;

std::vector<uint64_t> Sequences(const std::vector<v1::SequencedEvent>& events) {
  std::vector<uint64_t> sequences;
  for (const v1::SequencedEvent& event : events) sequences.push_back(event.sequence());
  return sequences;
}

// Everything that a request that does not follow is answered with.
struct History {
  grpc::Status status;
  std::vector<v1::SequencedEvent> events;
  uint64_t next_sequence = 0;
  int messages = 0;
};

History Read(const Client& client, const v1::ReadEventsRequest& request) {
  grpc::ClientContext context;
  const auto stream = client.audit->ReadEvents(&context, request);
  History history;
  v1::ReadEventsResponse part;
  while (stream->Read(&part)) {
    history.events.insert(history.events.end(), part.events().begin(), part.events().end());
    history.next_sequence = part.next_sequence();
    ++history.messages;
  }
  history.status = stream->Finish();
  return history;
}

TEST_F(EventsTest, HistoryIsReadInOrderWithoutGaps) {
  for (int i = 0; i < 10; ++i) {
    ASSERT_RECORDED(Call(*client().canteen, &Canteen::SellMeal, town().GuestMeal()));
  }
  const uint64_t end = client().Sequence();
  const History all = Read(client(), v1::ReadEventsRequest());
  ASSERT_TRUE(all.status.ok()) << all.status.error_message();
  ASSERT_EQ(all.events.size(), end);
  for (size_t i = 0; i < all.events.size(); ++i) EXPECT_EQ(all.events[i].sequence(), i + 1);
  EXPECT_EQ(all.next_sequence, end + 1);
  EXPECT_TRUE(all.events.front().event().has_ledger_founded());
  EXPECT_TRUE(all.events.back().event().has_meal_sold());

  v1::ReadEventsRequest part;
  part.set_from_sequence(4);
  part.set_to_sequence(7);
  const History some = Read(client(), part);
  EXPECT_EQ(Sequences(some.events), (std::vector<uint64_t>{4, 5, 6}));
  EXPECT_EQ(some.next_sequence, 7u);
}

TEST_F(EventsTest, NothingIsBeyondTheEnd) {
  v1::ReadEventsRequest request;
  request.set_from_sequence(1'000'000);
  const History history = Read(client(), request);
  EXPECT_TRUE(history.status.ok());
  EXPECT_EQ(history.messages, 0);
}

TEST_F(EventsTest, FiltersChooseKindsAndTerminals) {
  ASSERT_RECORDED(Call(*client().canteen, &Canteen::SellMeal, town().GuestMeal()));
  ASSERT_RECORDED(Call(*client().bank, &Bank::DepositCash, town().Deposit(100)));
  ASSERT_RECORDED(Call(*client().canteen, &Canteen::SellMeal, town().GuestMeal()));
  const uint64_t end = client().Sequence();
  v1::ReadEventsRequest request;
  request.add_event("meal_sold");
  request.add_event("cash_withdrawn");
  const History meals = Read(client(), request);
  EXPECT_EQ(Sequences(meals.events), (std::vector<uint64_t>{end - 2, end}));
  request.clear_event();
  request.set_terminal_id(town().counter.terminal_id);
  request.set_from_sequence(end - 2);
  const History counter = Read(client(), request);
  EXPECT_EQ(Sequences(counter.events), (std::vector<uint64_t>{end - 1}));
  EXPECT_EQ(counter.next_sequence, end + 1);

  for (const char* unknown : {"meal_eaten", "terminal_id", ""}) {
    v1::ReadEventsRequest wrong;
    wrong.add_event(unknown);
    const History refused = Read(client(), wrong);
    EXPECT_EQ(refused.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << unknown;
    EXPECT_EQ(DetailIn(refused.status).reason(), v1::ERROR_REASON_FIELD_INVALID) << unknown;
  }
}

TEST_F(EventsTest, AFollowerIsSentWhatHappensNext) {
  const uint64_t end = client().Sequence();
  v1::ReadEventsRequest request;
  request.set_from_sequence(end + 1);
  request.set_follow(true);
  grpc::ClientContext context;
  const auto stream = client().audit->ReadEvents(&context, request);
  for (uint64_t i = 1; i <= 5; ++i) {
    ASSERT_RECORDED(Call(*client().canteen, &Canteen::SellMeal, town().GuestMeal()));
    v1::ReadEventsResponse part;
    ASSERT_TRUE(stream->Read(&part));
    ASSERT_EQ(part.events_size(), 1);
    EXPECT_EQ(part.events(0).sequence(), end + i);
    EXPECT_EQ(part.next_sequence(), end + i + 1);
  }
  context.TryCancel();
  v1::ReadEventsResponse part;
  EXPECT_FALSE(stream->Read(&part));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(EventsTest, AFollowerEndsAtItsLimit) {
  const uint64_t end = client().Sequence();
  v1::ReadEventsRequest request;
  request.set_from_sequence(end + 1);
  request.set_to_sequence(end + 3);
  request.set_follow(true);
  auto reading = std::async(std::launch::async, [&] { return Read(client(), request); });
  for (int i = 0; i < 3; ++i) {
    ASSERT_RECORDED(Call(*client().canteen, &Canteen::SellMeal, town().GuestMeal()));
  }
  const History history = reading.get();
  EXPECT_TRUE(history.status.ok());
  EXPECT_EQ(Sequences(history.events), (std::vector<uint64_t>{end + 1, end + 2}));
}

TEST_F(EventsTest, FollowersEndWhenTheDaemonStops) {
  v1::ReadEventsRequest request;
  request.set_follow(true);
  std::vector<std::future<History>> followers;
  for (int i = 0; i < 5; ++i) {
    followers.push_back(std::async(std::launch::async, [&] { return Read(client(), request); }));
  }
  // Each is told once that it has come to the end, or is still on its way there.
  ASSERT_RECORDED(Call(*client().canteen, &Canteen::SellMeal, town().GuestMeal()));
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(town().daemon->Terminate(), 0) << town().daemon->Stderr();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(4));
  for (auto& follower : followers) {
    EXPECT_EQ(follower.get().status.error_code(), grpc::StatusCode::UNAVAILABLE);
  }
}

TEST_F(EventsTest, ASlowReaderOfALongHistoryHoldsUpNobody) {
  v1::IngestRequest rows;
  rows.set_terminal_id(town().import.terminal_id);
  rows.set_first_serial(1);
  for (int i = 0; i < 10'000; ++i) {
    v1::Command& command = *rows.add_commands();
    command.set_occurred_at_unix_ms(1'600'000'000'000);
    command.mutable_void_serial()->set_reason(std::string(100, 'x'));
  }
  grpc::ClientContext ingest_context;
  const auto ingest = client().ingest->Ingest(&ingest_context);
  ASSERT_TRUE(ingest->Write(rows));
  v1::IngestResponse answer;
  ASSERT_TRUE(ingest->Read(&answer));
  ASSERT_EQ(answer.recorded(), 10'000u) << answer.ShortDebugString();

  // Readers that do not read.
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReaderInterface<v1::ReadEventsResponse>>> streams;
  const Client other(town().daemon->Connect());
  for (int i = 0; i < 8; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    streams.push_back(other.audit->ReadEvents(contexts.back().get(), v1::ReadEventsRequest()));
  }
  for (int i = 0; i < 20; ++i) {
    ASSERT_RECORDED(Call(*client().canteen, &Canteen::SellMeal, town().GuestMeal()));
  }
  EXPECT_EQ(client().Events().size(), client().Sequence());
  for (auto& context : contexts) context->TryCancel();
}

}  // namespace
}  // namespace redvest::testing
