// A stream that reads the log in turns: a worker reads until a message is full, the message is written, and
// so on. Nobody waits for a slow client but its own stream.
#ifndef REDVEST_SERVICES_TURN_STREAM_H_
#define REDVEST_SERVICES_TURN_STREAM_H_

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "services/calls.h"

namespace redvest {

// `Request` has from_sequence, to_sequence and follow. `Source` says what the messages hold:
//   Source(const Ledger*, const Request&);
//   absl::Status Prepare();  // whether the request can be served
//   // Adds to the message what comes from *next on, before `to` (0 = to the end), and moves *next. Returns
//   whether there
//   // may be more to read at once.
//   absl::StatusOr<bool> Fill(uint64_t to, uint64_t* next, Response*);
//   // Whether the message is worth sending. `idle`: nothing follows at once, so one without content need not
//   be. bool Finish(bool idle, uint64_t next, Response*);
template <typename Request, typename Response, typename Source>
class TurnStream final : public grpc::ServerWriteReactor<Response>,
                         public StoppableStream,
                         public std::enable_shared_from_this<TurnStream<Request, Response, Source>> {
 public:
  static TurnStream* Start(const Edge& edge, const Request& request) {
    auto stream = std::make_shared<TurnStream>(edge, request);
    stream->self_ = stream;
    edge.streams->Add(stream);
    stream->Begin();
    return stream.get();
  }

  TurnStream(const Edge& edge, const Request& request)
      : edge_(edge),
        request_(request),
        next_(std::max<uint64_t>(request.from_sequence(), 1)),
        source_(std::make_unique<Source>(edge.ledger, request)) {}

  void OnWriteDone(bool ok) override {
    if (!ok) OnCancel();
    TakeTurn();
  }

  void OnCancel() override { End(grpc::Status(grpc::StatusCode::CANCELLED, "the client went away")); }

  void Stop() override { End(ToRpcStatus(MakeError(v1::ERROR_REASON_LEDGER_STOPPED))); }

  void OnDone() override {
    source_.reset();
    self_.reset();
  }

 private:
  enum class Phase { kBusy, kWaiting, kFinished };
  // A follower waits in turns of this length, so that one who has gone away is forgotten by the ledger.
  static constexpr absl::Duration kFollowTurn = absl::Seconds(30);

  void Begin() {
    const absl::Status prepared = source_->Prepare();
    if (!prepared.ok()) return FinishOnce(ToRpcStatus(prepared));
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
    edge_.workers->Run([stream = this->shared_from_this()] { stream->Read(); });
  }

  // On a worker: reads and sends one message, or finds the end.
  void Read() {
    response_.Clear();
    const absl::StatusOr<bool> more =
        AtLimit() ? false : source_->Fill(request_.to_sequence(), &next_, &response_);
    if (!more.ok()) return FinishOnce(ToRpcStatus(more.status()));
    const bool at_end = AtLimit() || (!*more && !request_.follow());
    if (source_->Finish(/*idle=*/!*more && !at_end, next_, &response_)) return this->StartWrite(&response_);
    if (at_end) return FinishOnce(grpc::Status::OK);
    // Nothing of what was read was of interest: another turn, or there is nothing to read yet.
    if (*more) return TakeTurn();
    Wait();
  }

  bool AtLimit() const { return request_.to_sequence() != 0 && next_ >= request_.to_sequence(); }

  void Wait() {
    {
      absl::MutexLock lock(&mu_);
      phase_ = Phase::kWaiting;
    }
    edge_.ledger->WhenDurable(
        {.min_sequence = Sequence(next_), .deadline = absl::Now() + kFollowTurn},
        [stream = this->shared_from_this()](absl::Status status) { stream->WokenUp(status); });
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
    this->Finish(status);
  }

  const Edge edge_;
  const Request request_;
  std::shared_ptr<TurnStream> self_;  // until OnDone

  // Touched by one thread at a time: by the turn that runs.
  uint64_t next_;  // Invariant: everything before it was read
  std::unique_ptr<Source> source_;
  Response response_;

  absl::Mutex mu_;
  Phase phase_ ABSL_GUARDED_BY(mu_) = Phase::kBusy;
  std::optional<grpc::Status> ending_ ABSL_GUARDED_BY(mu_);  // why the stream ends early
};

}  // namespace redvest

#endif  // REDVEST_SERVICES_TURN_STREAM_H_
