// Feeds the events of the log to projections and writes what they gather.
#ifndef REDVEST_LEDGER_PROJECTION_REPLAY_H_
#define REDVEST_LEDGER_PROJECTION_REPLAY_H_

#include <google/protobuf/arena.h>

#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "ledger/base/ids.h"
#include "ledger/log/event_log.h"
#include "ledger/projection/projection.h"
#include "ledger/storage/store.h"

namespace redvest {

// Brings projections that share a store up to the log, batch by batch. Each goes on from its own position; an
// event is parsed once for all. Not thread-safe. After an error nothing more may be asked of it but Load.
class Replay {
 public:
  // `log` and `store` must outlive it.
  Replay(const EventLog* log, Store* store, std::vector<std::unique_ptr<Projection>> projections);

  // Reads the positions. DATA_LOSS where a projection is ahead of the log, which then has lost its end.
  absl::Status Load();

  // Takes one batch of events, none after `end`, and writes what follows from them with the new positions,
  // one atomic step for each projection. An event that cannot be handled is an error that names its sequence.
  // REQUIRES: Load() was OK; position() < end; the log holds `end`.
  absl::Status Step(Sequence end);

  // Drops the rows of all projections; they start from the first event again.
  absl::Status ClearAll();

  // The smallest position of all.
  Sequence position() const;

 private:
  struct Reader {
    std::unique_ptr<Projection> projection;
    Sequence position;
  };
  absl::Status Add(Sequence sequence, const event::v1::Event& event, std::string_view bytes);
  absl::Status AddCommit(const CommitView& commit, Sequence from, Sequence end);
  absl::Status Write(Sequence position);

  const EventLog* const log_;
  Store* const store_;
  std::vector<Reader> readers_;
  // Of the events of one commit.
  std::vector<char> first_block_;
  std::unique_ptr<google::protobuf::Arena> arena_;
};

// All projections there are, in the order in which each batch is written.
std::vector<std::unique_ptr<Projection>> NewProjections();

// Rebuilds `projections` in `scratch`, an empty store, each up to the position of its table in `store`, and
// reports the first row in which a table differs from it as DATA_LOSS. `progress` is told how far each pass
// over the log is.
absl::Status CompareWithReplay(const EventLog& log, const Store& store,
                               std::vector<std::unique_ptr<Projection>> projections, Store* scratch,
                               absl::FunctionRef<void(Sequence done, Sequence last)> progress);

}  // namespace redvest

#endif  // REDVEST_LEDGER_PROJECTION_REPLAY_H_
