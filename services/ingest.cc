// Many commands at once: tills that come back online, imports, load.
#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/arena.h"
#include "redvest/v1/ingest_service.grpc.pb.h"
#include "services/calls.h"
#include "services/services.h"

namespace redvest {
namespace {

constexpr int kCommandsPerBatchMax = 10'000;
// What one stream holds at most; it reads no further until it has answered. A batch is taken whole, so that a
// stream may hold one batch more than kHeldCommandsMax.
constexpr size_t kHeldBatchesMax = 16;
constexpr size_t kHeldCommandsMax = 40'000;

// A batch as it was read, and what was found wrong with it before the ledger saw it.
struct Batch {
  explicit Batch(size_t bytes) : arena(OptionsFor(bytes)) {}
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  // Those before the fault.
  CommandList commands() const {
    CommandList list(request->commands());
    list.Truncate(command_count);
    return list;
  }

  // What is parsed takes several times the bytes that came; the arena grows by blocks of that.
  static google::protobuf::ArenaOptions OptionsFor(size_t bytes) {
    google::protobuf::ArenaOptions options;
    options.start_block_size = std::clamp<size_t>(6 * bytes, 1024, 64 * 1024);
    options.max_block_size = 64 * 1024;
    return options;
  }

  // Keeps the messages until the batch is answered, and frees them in a few pieces.
  google::protobuf::Arena arena;
  v1::IngestRequest* request = google::protobuf::Arena::CreateMessage<v1::IngestRequest>(&arena);
  size_t command_count = 0;
  absl::Status fault;  // OK: all of them
};

// Why nothing of the batch can be submitted; OK where something can.
absl::Status CheckBatch(const v1::IngestRequest& request) {
  if (request.terminal_id() < 1 || request.terminal_id() > kIdMax) {
    return InvalidField("terminal_id", "from 1 to 999,999,999,999,999");
  }
  if (request.first_serial() < 1 || request.first_serial() > kIdMax) {
    return InvalidField("first_serial", "from 1 to 999,999,999,999,999");
  }
  if (request.commands_size() == 0) return InvalidField("commands", "from 1 to 10,000 of them");
  if (request.commands_size() > kCommandsPerBatchMax) {
    return MakeError(v1::ERROR_REASON_BATCH_TOO_LARGE,
                     {{"limit", kCommandsPerBatchMax}, {"what", "commands in a batch"}});
  }
  return absl::OkStatus();
}

// Reads a batch; the caller's own terminal and serial are filled in to each command.
std::shared_ptr<const Batch> ReadBatch(grpc::ByteBuffer* bytes) {
  auto batch = std::make_shared<Batch>(bytes->Length());
  v1::IngestRequest& request = *batch->request;
  const bool readable = grpc::SerializationTraits<v1::IngestRequest>::Deserialize(bytes, &request).ok();
  batch->fault = readable ? CheckBatch(request) : MakeError(v1::ERROR_REASON_MESSAGE_MALFORMED);
  if (!batch->fault.ok()) return batch;
  for (v1::Command& command : *request.mutable_commands()) {
    if (command.terminal_id() != 0 || command.serial() != 0) {
      batch->fault = InvalidField("commands", "each without terminal_id and serial, which the batch gives");
      break;
    }
    command.set_terminal_id(request.terminal_id());
    command.set_serial(request.first_serial() + batch->command_count++);
  }
  return batch;
}

v1::IngestResponse AnswerOf(const Batch& batch, const SubmissionResult& result) {
  v1::IngestResponse answer;
  const uint64_t first_serial = batch.request->first_serial();
  answer.set_first_serial(first_serial);
  answer.set_first_sequence(result.first_added.value());
  answer.set_last_sequence(result.last_added.value());
  answer.set_recorded(static_cast<uint32_t>(result.taken - result.declined.size()));
  answer.set_already_recorded(static_cast<uint32_t>(result.already_recorded));
  for (const SubmissionResult::Declined& declined : result.declined) {
    v1::DeclinedItem* item = answer.add_declined();
    item->set_serial(first_serial + declined.index);
    *item->mutable_error() = declined.error;
    item->set_message(Explain(declined.error));
  }
  const absl::Status& stopped = result.stopped.ok() ? batch.fault : result.stopped;
  if (!stopped.ok()) {
    // Serials count from 1: a batch without a first serial stops there, because 0 means that all was taken.
    answer.set_stopped_at_serial(std::max<uint64_t>(first_serial, 1) + result.taken);
    answer.set_stopped_code(static_cast<int32_t>(stopped.code()));
    answer.set_stopped_message(std::string(stopped.message()));
    *answer.mutable_stopped_error() = DetailForCaller(stopped);
  }
  return answer;
}

// One stream of batches. It reads the bytes itself, so that a batch that is no message is answered like any
// other faulty batch and does not end the stream.
class IngestStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                           public StoppableStream,
                           public std::enable_shared_from_this<IngestStream> {
 public:
  static IngestStream* Start(const Edge& edge, const CallContext& context) {
    auto stream = std::make_shared<IngestStream>(edge, DeadlineOf(context));
    stream->self_ = stream;
    stream->StartRead(&stream->incoming_);
    edge.streams->Add(stream);
    return stream.get();
  }

  IngestStream(const Edge& edge, absl::Time deadline) : edge_(edge), deadline_(deadline) {}

  void OnReadDone(bool ok) override {
    if (ok) return edge_.intake->Run([stream = shared_from_this()] { stream->TakeIncoming(); });
    {
      absl::MutexLock lock(&mu_);
      all_read_ = true;
      reading_ = false;
    }
    GoOn();
  }

  void OnWriteDone(bool ok) override {
    {
      absl::MutexLock lock(&mu_);
      writing_ = false;
      held_commands_ -= slots_.front()->command_count;
      slots_.pop_front();
      if (!ok) broken_ = true;
    }
    GoOn();
  }

  void OnCancel() override {
    {
      absl::MutexLock lock(&mu_);
      broken_ = true;
    }
    GoOn();
  }

  void Stop() override {
    {
      absl::MutexLock lock(&mu_);
      stopping_ = true;
    }
    GoOn();
  }

  void OnDone() override { self_.reset(); }

 private:
  // A batch that waits for its outcome or its turn to be answered.
  struct Slot {
    size_t command_count = 0;
    std::optional<grpc::ByteBuffer> answer;
  };

  // On the thread of the intake: reacts to what was read.
  void TakeIncoming() {
    Take(ReadBatch(&incoming_));
    {
      absl::MutexLock lock(&mu_);
      reading_ = false;
    }
    GoOn();
  }

  // Submits a batch and gives it the next place among the answers.
  void Take(const std::shared_ptr<const Batch>& batch) {
    auto slot = std::make_shared<Slot>();
    slot->command_count = batch->command_count;
    {
      absl::MutexLock lock(&mu_);
      if (stopping_ || broken_) return;
      held_commands_ += slot->command_count;
      slots_.push_back(slot);
    }
    edge_.intake->Enter(slot->command_count);
    if (batch->command_count == 0) return Answer(slot.get(), AnswerOf(*batch, SubmissionResult()));
    edge_.ledger->Submit({.commands = batch->commands(),
                          .owner = batch,
                          .deadline = deadline_,
                          .want_outcomes = false,
                          .done = [stream = shared_from_this(), slot, batch](const SubmissionResult& result) {
                            stream->Answer(slot.get(), AnswerOf(*batch, result));
                          }});
  }

  void Answer(Slot* slot, const v1::IngestResponse& response) {
    grpc::ByteBuffer bytes;
    bool own_buffer = false;
    const grpc::Status status =
        grpc::SerializationTraits<v1::IngestResponse>::Serialize(response, &bytes, &own_buffer);
    edge_.intake->Leave(slot->command_count);
    {
      absl::MutexLock lock(&mu_);
      slot->answer = std::move(bytes);
      if (!status.ok()) broken_ = true;
    }
    GoOn();
  }

  // Does whatever can be done next: writes the oldest answer, reads on, or finishes.
  void GoOn() {
    const std::shared_ptr<IngestStream> alive = shared_from_this();
    bool read = false;
    do {
      const grpc::ByteBuffer* answer = nullptr;
      std::optional<grpc::Status> finish;
      {
        absl::MutexLock lock(&mu_);
        if (read) starting_read_ = false;
        if (finished_) return;
        if (!writing_ && !broken_ && !slots_.empty() && slots_.front()->answer.has_value()) {
          writing_ = true;
          answer = &*slots_.front()->answer;
        }
        read = MayRead();
        if (read) reading_ = starting_read_ = true;
        finish = Ending();
        finished_ = finish.has_value();
      }
      if (answer != nullptr) StartWrite(answer);
      if (read) StartRead(&incoming_);
      if (finish.has_value()) Finish(*finish);
      // What was put off while the read was started comes now.
    } while (read);
  }

  bool MayRead() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return !reading_ && !all_read_ && !broken_ && !stopping_ && slots_.size() < kHeldBatchesMax &&
           held_commands_ < kHeldCommandsMax;
  }

  // How the stream ends, once it does: when every batch is answered, or nobody is there to be answered.
  std::optional<grpc::Status> Ending() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    // gRPC takes the stream away once it is finished and no operation is under way, so none may be begun
    // then.
    if (writing_ || starting_read_) return std::nullopt;
    if (broken_) return grpc::Status(grpc::StatusCode::CANCELLED, "the client went away");
    if (!slots_.empty()) return std::nullopt;
    if (all_read_) return grpc::Status::OK;
    if (stopping_) return ToRpcStatus(MakeError(v1::ERROR_REASON_LEDGER_STOPPED));
    return std::nullopt;
  }

  const Edge edge_;
  const absl::Time deadline_;
  std::shared_ptr<IngestStream> self_;  // until OnDone
  grpc::ByteBuffer incoming_;           // the read that is under way, or the reaction to it

  absl::Mutex mu_;
  std::deque<std::shared_ptr<Slot>> slots_ ABSL_GUARDED_BY(mu_);  // in the order of the answers
  size_t held_commands_ ABSL_GUARDED_BY(mu_) = 0;                 // Invariant: the sum over slots_
  bool reading_ ABSL_GUARDED_BY(mu_) = true;                      // from StartRead to the end of its reaction
  bool starting_read_ ABSL_GUARDED_BY(mu_) = false;               // StartRead is called, or about to be
  bool writing_ ABSL_GUARDED_BY(mu_) = false;                     // the first slot's answer is under way
  bool all_read_ ABSL_GUARDED_BY(mu_) = false;                    // the client sends no more
  bool broken_ ABSL_GUARDED_BY(mu_) = false;                      // the client has gone away
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;                    // the server is stopping
  bool finished_ ABSL_GUARDED_BY(mu_) = false;
};

class IngestEdge final : public v1::IngestService::WithRawCallbackMethod_Ingest<v1::IngestService::Service> {
 public:
  explicit IngestEdge(const Edge& edge) : edge_(edge) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Ingest(CallContext* context) override {
    return IngestStream::Start(edge_, *context);
  }

 private:
  const Edge edge_;
};

}  // namespace

std::unique_ptr<grpc::Service> NewIngestService(const Edge& edge) {
  return std::make_unique<IngestEdge>(edge);
}

}  // namespace redvest
