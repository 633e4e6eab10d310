// Brings state and tree up to the log at start.
#ifndef REDVEST_LEDGER_SEQUENCER_RECOVERY_H_
#define REDVEST_LEDGER_SEQUENCER_RECOVERY_H_

#include <memory>

#include "absl/status/statusor.h"
#include "ledger/log/event_log.h"
#include "ledger/merkle/frontier.h"
#include "ledger/state/state.h"
#include "ledger/storage/store.h"

namespace redvest {

struct Recovered {
  std::unique_ptr<State> state;
  merkle::Frontier frontier = {};
  merkle::Hash root{};     // over all events
  Sequence saved_at = {};  // the sequence of the saved state that it started from, none = replayed whole
};

// Loads the saved state, if it can be read and its tree is the log's at that sequence, and folds in the
// events after it; otherwise replays the whole log, and drops the rows that could not be used: some of them
// might not be written again, and would make the next saved state unreadable too. DATA_LOSS, with the
// sequence, where a commit cannot be read, its root is not that of its events, or an event does not fit.
absl::StatusOr<Recovered> Recover(Store* store, const EventLog& log);

// Folds the events of `commit` into `recovered` and checks its root. Events before the state's sequence are
// skipped.
absl::Status FoldCommit(const CommitView& commit, merkle::Hasher& hasher, Recovered* recovered);

}  // namespace redvest

#endif  // REDVEST_LEDGER_SEQUENCER_RECOVERY_H_
