// Reads what the calendar projection wrote: the past by time. Which event was the last at a moment, what an
// account held at the end of a business date, and which events happened on it.
#ifndef REDVEST_LEDGER_PROJECTION_CALENDAR_H_
#define REDVEST_LEDGER_PROJECTION_CALENDAR_H_

#include <cstdint>
#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/accounting/account.h"
#include "ledger/base/calendar.h"
#include "ledger/base/ids.h"
#include "ledger/log/event_log.h"
#include "ledger/storage/store.h"

namespace redvest {

// The last event that was recorded at or before `unix_ms`, of those up to `limit`; none where all of them
// were recorded later. REQUIRES: the projection covers `limit`.
absl::StatusOr<Sequence> LastRecordedBy(const StoreSnapshot& snapshot, const EventLog& log, int64_t unix_ms,
                                        Sequence limit);

// What the postings of some business dates come to.
struct DatedBalance {
  int64_t balance = 0;
  Sequence last;  // the newest of them in the log
};

// The balance of all postings to `account` that happened on `day` or before, whenever they were recorded;
// nothing where there are none.
absl::StatusOr<std::optional<DatedBalance>> BalanceThrough(const StoreSnapshot& snapshot,
                                                           const Account& account, Day day);

// Events [first, first + count), one after the other in the log.
struct SequenceRun {
  Sequence first;
  uint64_t count = 0;

  Sequence end() const { return Sequence(first.value() + count); }
};

// Calls `visit` with the events that happened on `day`, in the order of the log, in runs that do not touch.
absl::Status ForEachRun(const StoreSnapshot& snapshot, Day day,
                        absl::FunctionRef<void(const SequenceRun&)> visit);

// The day up to which a drawer's days were closed after event `at`; nothing where none was.
absl::StatusOr<std::optional<Day>> ClosedThroughAt(const StoreSnapshot& snapshot, TerminalId terminal,
                                                   Sequence at);

}  // namespace redvest

#endif  // REDVEST_LEDGER_PROJECTION_CALENDAR_H_
