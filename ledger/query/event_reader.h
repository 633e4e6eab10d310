// Reads events in order, as they stand in the log.
#ifndef REDVEST_LEDGER_QUERY_EVENT_READER_H_
#define REDVEST_LEDGER_QUERY_EVENT_READER_H_

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "ledger/base/ids.h"
#include "redvest/event/v1/event.pb.h"

namespace redvest {

struct StoredEvent {
  Sequence sequence;
  std::string_view bytes;         // as stored and hashed; valid until the next call
  const event::v1::Event* event;  // valid until the next call
};

class EventReader {
 public:
  virtual ~EventReader() = default;
  // The next event; nothing at the durable end of the log, where a later call may find more. DATA_LOSS names
  // the sequence of a commit that cannot be read.
  virtual absl::StatusOr<std::optional<StoredEvent>> Next() = 0;
};

class EventLog;

// Reads `log` from `from` (none = from the first) up to what `durable` says, and on as that grows. `log` must
// outlive it.
std::unique_ptr<EventReader> NewEventReader(const EventLog* log, Sequence from,
                                            std::function<Sequence()> durable);

}  // namespace redvest

#endif  // REDVEST_LEDGER_QUERY_EVENT_READER_H_
