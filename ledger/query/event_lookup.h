// Finds single events of the log by their sequences.
#ifndef REDVEST_LEDGER_QUERY_EVENT_LOOKUP_H_
#define REDVEST_LEDGER_QUERY_EVENT_LOOKUP_H_

#include <memory>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "ledger/base/ids.h"
#include "ledger/log/event_log.h"
#include "redvest/event/v1/event.pb.h"

namespace redvest {

// For rising sequences: neighbours cost one read of their commit. Not thread-safe.
class EventLookup {
 public:
  // `log` must outlive it.
  explicit EventLookup(const EventLog* log) : log_(log) {}

  // Both are valid until the next call.
  struct Found {
    std::string_view bytes;
    const event::v1::Event* event;
  };
  // REQUIRES: the log holds it. DATA_LOSS where it cannot be read.
  absl::StatusOr<Found> Find(Sequence sequence);

 private:
  const EventLog* const log_;
  std::unique_ptr<CommitCursor> commits_;
  std::optional<CommitView> commit_;  // of commits_
  event::v1::Event event_;
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_QUERY_EVENT_LOOKUP_H_
