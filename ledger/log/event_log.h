// The log of commits: the seam where another engine, such as a replicated one, goes in. Nothing above it
// knows where commits live.
#ifndef REDVEST_LEDGER_LOG_EVENT_LOG_H_
#define REDVEST_LEDGER_LOG_EVENT_LOG_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/base/ids.h"
#include "ledger/log/commit_record.h"
#include "ledger/storage/store.h"

namespace redvest {

// Reads commits in order.
class CommitCursor {
 public:
  virtual ~CommitCursor() = default;
  // The next commit, checked (checksum, form, first sequence right after the one before); nothing at the end.
  // Its views are valid until the next call. DATA_LOSS names the sequence.
  virtual absl::StatusOr<std::optional<CommitView>> Next() = 0;
};

// Opens a log, from wherever it comes, at the commit that holds a sequence.
using CommitSource = absl::FunctionRef<std::unique_ptr<CommitCursor>(Sequence from)>;

class EventLog {
 public:
  virtual ~EventLog() = default;
  // Appends `record` (CommitBuilder) of `event_count` events as the commit that starts at `first`; durable on
  // return. FAILED_PRECONDITION where the log does not end right before `first`. Any other error leaves it
  // unknown whether the commit is there: no more appends are taken, and the log must be opened again.
  virtual absl::Status Append(Sequence first, uint32_t event_count, std::string record) = 0;
  // Sequence of the last event, none where the log is empty.
  virtual Sequence last_sequence() const = 0;
  // Commits from the one that holds `from` on, as they are now. Thread-safe.
  virtual std::unique_ptr<CommitCursor> Read(Sequence from) const = 0;
};

// The log in a store's kLog table: key = big-endian first sequence. Reads the last commit to find the end.
// DATA_LOSS where that is damaged. `store` must outlive it.
absl::StatusOr<std::unique_ptr<EventLog>> OpenStoreLog(Store* store);

}  // namespace redvest

#endif  // REDVEST_LEDGER_LOG_EVENT_LOG_H_
