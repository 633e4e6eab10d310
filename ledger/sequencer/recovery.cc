#include "ledger/sequencer/recovery.h"

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"
#include "ledger/storage/scan.h"

namespace redvest {
namespace {

// The state as it was saved. DATA_LOSS where the log itself is damaged; another error where there is none
// that can be used.
absl::StatusOr<Recovered> LoadSaved(const Store& store, const EventLog& log) {
  Recovered saved{.state = std::make_unique<State>()};
  std::optional<merkle::Frontier> frontier;
  REDVEST_RETURN_IF_ERROR(
      ScanTable(store, TableId::kState, [&](std::string_view key, std::string_view value) -> absl::Status {
        if (key != kFrontierKey) return saved.state->Load(key, value);
        frontier = merkle::Frontier::Decode(value);
        return absl::OkStatus();
      }));
  saved.saved_at = saved.state->last_sequence();
  if (!saved.saved_at) return absl::NotFoundError("no state is saved");
  if (saved.saved_at > log.last_sequence()) {
    return absl::DataLossError(absl::StrCat("the log ends at sequence ", log.last_sequence().value(),
                                            ", but the saved state is of ", saved.saved_at.value(),
                                            ": the log has lost its end; restore the folder from a copy"));
  }
  if (!frontier.has_value() || frontier->size() != saved.saved_at.value()) {
    return absl::InvalidArgumentError("the saved state and its tree are of different sequences");
  }
  saved.frontier = *std::move(frontier);
  // States are saved at the end of a commit, which holds the root of its tree.
  const std::unique_ptr<CommitCursor> commits = log.Read(saved.saved_at);
  REDVEST_ASSIGN_OR_RETURN(const std::optional<CommitView> commit, commits->Next());
  merkle::Hasher hasher;
  saved.root = saved.frontier.Root(hasher);
  if (!commit.has_value() || commit->last() != saved.saved_at || commit->root != saved.root) {
    return absl::InvalidArgumentError("the saved state is not of this log");
  }
  return saved;
}

}  // namespace

absl::Status FoldCommit(const CommitView& commit, merkle::Hasher& hasher, Recovered* recovered) {
  event::v1::Event event;
  Sequence sequence = commit.first;
  for (const std::string_view bytes : commit.events) {
    if (sequence > recovered->state->last_sequence()) {
      if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        return absl::DataLossError(absl::StrCat("event ", sequence.value(), " cannot be read"));
      }
      const absl::Status applied = recovered->state->Apply(sequence, event, PostingsOf(event));
      if (!applied.ok()) {
        return absl::DataLossError(absl::StrCat("event ", sequence.value(), ": ", applied.message()));
      }
      recovered->frontier.Add(hasher.Leaf(bytes), hasher);
    }
    sequence = sequence.Next();
  }
  recovered->root = recovered->frontier.Root(hasher);
  if (recovered->root != commit.root) {
    return absl::DataLossError(absl::StrCat("the commit of events ", commit.first.value(), " to ",
                                            commit.last().value(), " has another root than its events"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Recovered> Recover(Store* store, const EventLog& log) {
  absl::StatusOr<Recovered> recovered = LoadSaved(*store, log);
  if (absl::IsDataLoss(recovered.status())) return recovered;
  if (!recovered.ok()) {
    recovered = Recovered{.state = std::make_unique<State>()};
    REDVEST_RETURN_IF_ERROR(
        store->Write({.table = TableId::kState, .puts = {}, .deletes = {}, .clear_first = true},
                     Durability::kRebuildable));
  }
  merkle::Hasher hasher;
  const std::unique_ptr<CommitCursor> commits = log.Read(recovered->saved_at.Next());
  while (true) {
    REDVEST_ASSIGN_OR_RETURN(const std::optional<CommitView> commit, commits->Next());
    if (!commit.has_value()) return recovered;
    REDVEST_RETURN_IF_ERROR(FoldCommit(*commit, hasher, &*recovered));
  }
}

}  // namespace redvest
