// The history itself, and what proves it, for auditors.
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "redvest/v1/audit_service.grpc.pb.h"
#include "services/calls.h"
#include "services/services.h"
#include "services/turn_stream.h"

namespace redvest {
namespace {

// A message is sent once it holds this much.
constexpr int kEventsMax = 512;
constexpr size_t kBytesMax = 64 * 1024;
constexpr size_t kCommitBytesOfMessageMax = 256 * 1024;
// How many events one turn on a worker looks at, so that a filter that fits little does not keep others
// waiting.
constexpr int kEventsPerTurnMax = 8'192;

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

// Events that pass a filter.
class EventSource {
 public:
  EventSource(const Ledger* ledger, const v1::ReadEventsRequest& request)
      : ledger_(ledger),
        filter_(FilterOf(request)),
        announced_(std::max<uint64_t>(request.from_sequence(), 1)) {}

  absl::Status Prepare() { return filter_.status(); }

  absl::StatusOr<bool> Fill(uint64_t to, uint64_t* next, v1::ReadEventsResponse* response) {
    // Beyond the end there is nothing to read from yet.
    if (reader_ == nullptr) {
      if (*next > ledger_->Head().sequence.value()) return false;
      reader_ = ledger_->ReadEvents(Sequence(*next));
    }
    size_t bytes = 0;
    for (int looked_at = 0; looked_at < kEventsPerTurnMax; ++looked_at) {
      if (to != 0 && *next >= to) return false;
      absl::StatusOr<std::optional<StoredEvent>> stored = reader_->Next();
      if (!stored.ok()) return stored.status();
      if (!stored->has_value()) return false;
      const StoredEvent& event = **stored;
      *next = event.sequence.value() + 1;
      if (!filter_->Passes(*event.event)) continue;
      v1::SequencedEvent* sent = response->add_events();
      sent->set_sequence(event.sequence.value());
      *sent->mutable_event() = *event.event;
      bytes += event.bytes.size();
      if (response->events_size() >= kEventsMax || bytes >= kBytesMax) break;
    }
    return true;
  }

  bool Finish(bool idle, uint64_t next, v1::ReadEventsResponse* response) {
    // A message without events tells how far the filter has come.
    if (response->events_size() == 0 && (idle || next == announced_)) return false;
    announced_ = next;
    response->set_next_sequence(next);
    return true;
  }

 private:
  const Ledger* const ledger_;
  const absl::StatusOr<Filter> filter_;
  uint64_t announced_;  // what the client knows of how far this is
  std::unique_ptr<EventReader> reader_;
};

// Whole commits, as they are stored.
class CommitSource {
 public:
  CommitSource(const Ledger* ledger, const v1::ReadCommitsRequest& /*request*/) : ledger_(ledger) {}

  absl::Status Prepare() { return absl::OkStatus(); }

  absl::StatusOr<bool> Fill(uint64_t to, uint64_t* next, v1::ReadCommitsResponse* response) {
    size_t bytes = 0;
    while (bytes < kCommitBytesOfMessageMax && (to == 0 || *next < to)) {
      if (cursor_ == nullptr) {
        if (*next > ledger_->Head().sequence.value()) return false;
        cursor_ = ledger_->ReadCommits(Sequence(*next));
      }
      absl::StatusOr<std::optional<CommitView>> commit = cursor_->Next();
      if (!commit.ok()) return commit.status();
      if (!commit->has_value()) {
        // It has seen the log as it was; and one that waits must not keep the store's old files alive.
        cursor_.reset();
        continue;
      }
      v1::StoredCommit* sent = response->add_commits();
      sent->set_first_sequence((*commit)->first.value());
      if ((*commit)->root.has_value()) sent->set_root_hash((*commit)->root->data(), (*commit)->root->size());
      for (const std::string_view event : (*commit)->events) {
        sent->add_events(event.data(), event.size());
        bytes += event.size();
      }
      *next = (*commit)->last().value() + 1;
    }
    return true;
  }

  bool Finish(bool /*idle*/, uint64_t /*next*/, v1::ReadCommitsResponse* response) {
    return response->commits_size() > 0;
  }

 private:
  const Ledger* const ledger_;
  std::unique_ptr<CommitCursor> cursor_;
};

using EventStream = TurnStream<v1::ReadEventsRequest, v1::ReadEventsResponse, EventSource>;
using CommitStream = TurnStream<v1::ReadCommitsRequest, v1::ReadCommitsResponse, CommitSource>;

class AuditEdge final : public v1::AuditService::CallbackService {
 public:
  explicit AuditEdge(const Edge& edge) : edge_(edge) {}

  grpc::ServerWriteReactor<v1::ReadEventsResponse>* ReadEvents(
      CallContext* /*context*/, const v1::ReadEventsRequest* request) override {
    return EventStream::Start(edge_, *request);
  }
  grpc::ServerWriteReactor<v1::ReadCommitsResponse>* ReadCommits(
      CallContext* /*context*/, const v1::ReadCommitsRequest* request) override {
    return CommitStream::Start(edge_, *request);
  }

  UnaryReactor* GetCheckpoint(CallContext* context, const v1::GetCheckpointRequest* request,
                              v1::GetCheckpointResponse* response) override {
    return OnWorker(context, [=, this] {
      Notary& notary = edge_.ledger->notary();
      const absl::StatusOr<std::string> checkpoint =
          request->tree_size() == 0 ? notary.Newest() : notary.OfSize(request->tree_size());
      if (checkpoint.ok()) response->set_checkpoint(*checkpoint);
      return checkpoint.status();
    });
  }
  UnaryReactor* ListCheckpoints(CallContext* context, const v1::ListCheckpointsRequest* request,
                                v1::ListCheckpointsResponse* response) override {
    return OnWorker(context, [=, this] {
      const absl::StatusOr<std::vector<uint64_t>> sizes =
          edge_.ledger->notary().Sizes(request->from_tree_size());
      if (sizes.ok()) response->mutable_tree_sizes()->Assign(sizes->begin(), sizes->end());
      return sizes.status();
    });
  }
  UnaryReactor* AddCosignatures(CallContext* context, const v1::AddCosignaturesRequest* request,
                                v1::AddCosignaturesResponse* response) override {
    return OnWorker(context, [=, this] {
      const absl::StatusOr<std::string> checkpoint =
          edge_.ledger->notary().AddCosignatures(request->checkpoint());
      if (checkpoint.ok()) response->set_checkpoint(*checkpoint);
      return checkpoint.status();
    });
  }
  UnaryReactor* GetVerifierKeys(CallContext* context, const v1::GetVerifierKeysRequest* /*request*/,
                                v1::GetVerifierKeysResponse* response) override {
    const Notary& notary = edge_.ledger->notary();
    response->set_origin(notary.key().name);
    response->set_verifier_key(notary.key().Encode());
    for (const merkle::VerifierKey& witness : notary.witnesses())
      response->add_witness_keys(witness.Encode());
    UnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  UnaryReactor* GetInclusionProof(CallContext* context, const v1::GetInclusionProofRequest* request,
                                  v1::GetInclusionProofResponse* response) override {
    return OnWorker(context, [=, this] { return edge_.ledger->GetInclusionProof(*request, response); });
  }
  UnaryReactor* GetConsistencyProof(CallContext* context, const v1::GetConsistencyProofRequest* request,
                                    v1::GetConsistencyProofResponse* response) override {
    return OnWorker(context, [=, this] { return edge_.ledger->GetConsistencyProof(*request, response); });
  }

 private:
  // Answers with what `work`, which may wait for the disk, says.
  UnaryReactor* OnWorker(CallContext* context, absl::AnyInvocable<absl::Status()> work) {
    UnaryReactor* reactor = context->DefaultReactor();
    edge_.workers->Run([reactor, work = std::move(work)]() mutable { reactor->Finish(ToRpcStatus(work())); });
    return reactor;
  }

  const Edge edge_;
};

}  // namespace

std::unique_ptr<grpc::Service> NewAuditService(const Edge& edge) { return std::make_unique<AuditEdge>(edge); }

}  // namespace redvest
