#include "tests/integration/client.h"

#include <grpcpp/generic/generic_stub.h>

#include <condition_variable>
#include <mutex>

namespace redvest::testing {
namespace {

constexpr std::chrono::seconds kPatience(60);

grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string FromBuffer(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Valid() || !buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

}  // namespace

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

v1::ErrorDetail DetailIn(const grpc::Status& status) {
  v1::StatusDetails details;
  v1::ErrorDetail error;
  if (!details.ParseFromString(status.error_details()) || details.details_size() != 1) return error;
  EXPECT_EQ(details.code(), status.error_code());
  EXPECT_EQ(details.message(), status.error_message());
  EXPECT_TRUE(details.details(0).UnpackTo(&error)) << details.DebugString();
  return error;
}

std::vector<std::string> Facts(const v1::ErrorDetail& error) {
  std::vector<std::string> facts;
  for (const v1::Fact& fact : error.facts()) {
    facts.push_back(fact.name() + "=" + (fact.text().empty() ? std::to_string(fact.number()) : fact.text()));
  }
  return facts;
}

Client::Client(std::shared_ptr<grpc::Channel> connection)
    : channel(std::move(connection)),
      audit(v1::AuditService::NewStub(channel)),
      bank(v1::BankStationService::NewStub(channel)),
      canteen(v1::CanteenService::NewStub(channel)),
      directory(v1::DirectoryService::NewStub(channel)),
      ingest(v1::IngestService::NewStub(channel)),
      books(v1::LedgerService::NewStub(channel)),
      rules(v1::PolicyService::NewStub(channel)),
      volunteers(v1::VolunteerService::NewStub(channel)) {}

uint64_t Client::Sequence() const {
  return Call(*books, &Books::GetLedger, v1::GetLedgerRequest())->sequence();
}

int64_t Client::Balance(const std::string& account) const {
  v1::GetBalanceRequest request;
  request.set_account(account);
  const auto answer = Call(*books, &Books::GetBalance, request);
  EXPECT_TRUE(answer.ok()) << answer.status.error_message();
  return answer->balance().balance();
}

std::vector<v1::SequencedEvent> Client::Events(uint64_t from) const {
  v1::ReadEventsRequest request;
  request.set_from_sequence(from);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  const auto stream = audit->ReadEvents(&context, request);
  std::vector<v1::SequencedEvent> events;
  v1::ReadEventsResponse part;
  while (stream->Read(&part)) events.insert(events.end(), part.events().begin(), part.events().end());
  const grpc::Status status = stream->Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
  return events;
}

v1::CommandHeader Desk::Header(uint64_t serial) const {
  v1::CommandHeader header;
  header.set_terminal_id(terminal_id);
  header.set_serial(serial);
  header.set_occurred_at_unix_ms(NowMs());
  return header;
}

RawAnswer CallRaw(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                  const std::string& bytes) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  const grpc::ByteBuffer request = ToBuffer(bytes);
  grpc::ByteBuffer response;
  RawAnswer answer;
  std::mutex mu;
  std::condition_variable changed;
  bool done = false;
  stub.UnaryCall(&context, method, grpc::StubOptions(), &request, &response, [&](grpc::Status status) {
    const std::lock_guard lock(mu);
    answer.status = std::move(status);
    done = true;
    changed.notify_one();
  });
  std::unique_lock lock(mu);
  changed.wait(lock, [&] { return done; });
  answer.bytes = FromBuffer(response);
  return answer;
}

RawAnswer StreamRaw(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                    const std::string& bytes) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  grpc::CompletionQueue queue;
  const auto step = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  const auto stream = stub.PrepareCall(&context, method, &queue);
  grpc::ByteBuffer response;
  RawAnswer answer;
  stream->StartCall(nullptr);
  bool going = step();
  if (going) {
    stream->Write(ToBuffer(bytes), nullptr);
    going = step();
  }
  if (going) {
    stream->Read(&response, nullptr);
    if (step()) answer.bytes = FromBuffer(response);
    stream->WritesDone(nullptr);
    step();
  }
  stream->Finish(&answer.status, nullptr);
  step();
  queue.Shutdown();
  while (step()) {
  }
  return answer;
}

}  // namespace redvest::testing
