// The history itself, for auditors.
#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/time/clock.h"
#include "redvest/v1/audit_service.grpc.pb.h"
#include "services/calls.h"
#include "services/services.h"

namespace redvest {
namespace {

// A message is sent once it holds this much.
constexpr int kEventsMax = 512;
constexpr size_t kBytesMax = 64 * 1024;
// How many events one turn on a worker looks at, so that a filter that fits little does not keep others
// waiting.
constexpr int kEventsPerTurnMax = 8'192;
// A follower waits in turns of this length, so that one who has gone away is forgotten by the ledger.
constexpr absl::Duration kFollowTurn = absl::Seconds(30);

// Which events are sent. Event kinds are the numbers of their fields in event::v1::Event.
struct Filter {
  absl::flat_hash_set<int> kinds;  // empty = all
  uint64_t terminal_id = 0;        // 0 = all

  bool Passes(const event::v1::Event& event) const {
    return (terminal_id == 0 || event.terminal_id() == terminal_id) &&
           (kinds.empty() || kinds.contains(static_cast<int>(event.body_case())));
  }
};

absl::StatusOr<Filter> FilterOf(const v1::ReadEventsRequest& request) {
  Filter filter{.kinds = {}, .terminal_id = request.terminal_id()};
  for (const std::string& name : request.event()) {
    const auto* field = event::v1::Event::descriptor()->FindFieldByName(name);
    if (field == nullptr || field->containing_oneof() == nullptr) {
      return InvalidField("event", "names of events, such as meal_sold");
    }
    filter.kinds.insert(field->number());
  }
  return filter;
}

// Sends events in turns: a worker reads until a message is full, the message is written, and so on. Nobody
// waits for a slow client but its own stream.
class EventStream final : public grpc::ServerWriteReactor<v1::ReadEventsResponse>,
                          public StoppableStream,
                          public std::enable_shared_from_this<EventStream> {
 public:
  static EventStream* Start(const Edge& edge, const v1::ReadEventsRequest& request) {
    auto stream = std::make_shared<EventStream>(edge, request);
    stream->self_ = stream;
    edge.streams->Add(stream);
    stream->Begin();
    return stream.get();
  }

  EventStream(const Edge& edge, const v1::ReadEventsRequest& request)
      : edge_(edge),
        request_(request),
        next_(std::max<uint64_t>(request.from_sequence(), 1)),
        announced_(next_) {}

  void OnWriteDone(bool ok) override {
    if (!ok) OnCancel();
    TakeTurn();
  }

  void OnCancel() override { End(grpc::Status(grpc::StatusCode::CANCELLED, "the client went away")); }

  void Stop() override { End(ToRpcStatus(MakeError(v1::ERROR_REASON_LEDGER_STOPPED))); }

  void OnDone() override {
    reader_.reset();
    self_.reset();
  }

 private:
  enum class Phase { kBusy, kWaiting, kFinished };

  void Begin() {
    absl::StatusOr<Filter> filter = FilterOf(request_);
    if (!filter.ok()) return FinishOnce(ToRpcStatus(filter.status()));
    filter_ = *std::move(filter);
    TakeTurn();
  }

  // The next turn; or the end, where that was asked for in the meantime.
  void TakeTurn() {
    std::optional<grpc::Status> ending;
    {
      absl::MutexLock lock(&mu_);
      ending = ending_;
    }
    if (ending.has_value()) return FinishOnce(*ending);
    edge_.workers->Run([stream = shared_from_this()] { stream->Read(); });
  }

  // On a worker: reads and sends one message, or finds the end.
  void Read() {
    response_.Clear();
    const absl::StatusOr<bool> more = Fill();
    if (!more.ok()) return FinishOnce(ToRpcStatus(more.status()));
    // A message without events tells how far the filter has come.
    const bool at_end = !*more && !request_.follow();
    if (response_.events_size() > 0 || ((*more || at_end || AtLimit()) && next_ > announced_)) {
      announced_ = next_;
      response_.set_next_sequence(next_);
      return StartWrite(&response_);
    }
    if (at_end || AtLimit()) return FinishOnce(grpc::Status::OK);
    Wait();
  }

  // Fills the message. Returns whether there may be more to read at once.
  absl::StatusOr<bool> Fill() {
    // Beyond the end there is nothing to read from yet.
    if (reader_ == nullptr) {
      if (next_ > edge_.ledger->Head().sequence.value()) return false;
      reader_ = edge_.ledger->ReadEvents(Sequence(next_));
    }
    size_t bytes = 0;
    for (int looked_at = 0; looked_at < kEventsPerTurnMax; ++looked_at) {
      if (AtLimit()) return false;
      absl::StatusOr<std::optional<StoredEvent>> stored = reader_->Next();
      if (!stored.ok()) return stored.status();
      if (!stored->has_value()) return false;
      const StoredEvent& event = **stored;
      next_ = event.sequence.value() + 1;
      if (!filter_.Passes(*event.event)) continue;
      v1::SequencedEvent* sent = response_.add_events();
      sent->set_sequence(event.sequence.value());
      *sent->mutable_event() = *event.event;
      bytes += event.bytes.size();
      if (response_.events_size() >= kEventsMax || bytes >= kBytesMax) break;
    }
    return true;
  }

  bool AtLimit() const { return request_.to_sequence() != 0 && next_ >= request_.to_sequence(); }

  void Wait() {
    {
      absl::MutexLock lock(&mu_);
      phase_ = Phase::kWaiting;
    }
    edge_.ledger->WhenDurable(
        {.min_sequence = Sequence(next_), .deadline = absl::Now() + kFollowTurn},
        [stream = shared_from_this()](absl::Status status) { stream->WokenUp(status); });
    // Whoever asked for the end before the phase was set was not heard.
    if (Ending()) TakeWaiting();
  }

  void WokenUp(const absl::Status& status) {
    if (!status.ok() && !absl::IsDeadlineExceeded(status)) End(ToRpcStatus(status));
    TakeWaiting();
  }

  // Goes on from waiting, once: the ledger, the client and the server may all call.
  void TakeWaiting() {
    {
      absl::MutexLock lock(&mu_);
      if (phase_ != Phase::kWaiting) return;
      phase_ = Phase::kBusy;
    }
    TakeTurn();
  }

  bool Ending() {
    absl::MutexLock lock(&mu_);
    return ending_.has_value();
  }

  // Ends the stream now where it waits, otherwise before its next turn.
  void End(grpc::Status status) {
    {
      absl::MutexLock lock(&mu_);
      if (!ending_.has_value()) ending_ = std::move(status);
    }
    TakeWaiting();
  }

  void FinishOnce(const grpc::Status& status) {
    {
      absl::MutexLock lock(&mu_);
      if (phase_ == Phase::kFinished) return;
      phase_ = Phase::kFinished;
    }
    Finish(status);
  }

  const Edge edge_;
  const v1::ReadEventsRequest request_;
  std::shared_ptr<EventStream> self_;  // until OnDone

  // Touched by one thread at a time: by the turn that runs.
  Filter filter_;
  uint64_t next_;       // Invariant: everything before it was read
  uint64_t announced_;  // what the client knows of next_
  std::unique_ptr<EventReader> reader_;
  v1::ReadEventsResponse response_;

  absl::Mutex mu_;
  Phase phase_ ABSL_GUARDED_BY(mu_) = Phase::kBusy;
  std::optional<grpc::Status> ending_ ABSL_GUARDED_BY(mu_);  // why the stream ends early
};

class AuditEdge final : public v1::AuditService::CallbackService {
 public:
  explicit AuditEdge(const Edge& edge) : edge_(edge) {}

  grpc::ServerWriteReactor<v1::ReadEventsResponse>* ReadEvents(
      CallContext* /*context*/, const v1::ReadEventsRequest* request) override {
    return EventStream::Start(edge_, *request);
  }

 private:
  const Edge edge_;
};

}  // namespace

std::unique_ptr<grpc::Service> NewAuditService(const Edge& edge) { return std::make_unique<AuditEdge>(edge); }

}  // namespace redvest
