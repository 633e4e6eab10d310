// The books that a read is of: those of now, or as of a point in the past.
#ifndef REDVEST_LEDGER_QUERY_BOOKS_H_
#define REDVEST_LEDGER_QUERY_BOOKS_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "ledger/accounting/account.h"
#include "ledger/base/calendar.h"
#include "ledger/base/ids.h"
#include "ledger/log/event_log.h"
#include "ledger/storage/store.h"
#include "redvest/v1/ledger_service.pb.h"

namespace redvest {

struct Books {
  Sequence at;  // no event after this one counts
  // By business date: of the events up to `at` those count that happened on it or before.
  std::optional<Day> through;
  // By business date: the last event that was recorded by its end; none where there is none.
  Sequence recorded;
};

// The events that all projections cover, as `snapshot` sees them.
absl::StatusOr<Sequence> CoveredBy(const StoreSnapshot& snapshot);

// The books as of `as_of`, which says so where nothing is set, or of now where it is null, as event `limit`
// left them. A moment or a date that is still to come is now. REQUIRES: `limit` is covered. Errors:
// FIELD_INVALID (no point, sequence 0, no such date), NOT_REACHED (a sequence after `limit`).
absl::StatusOr<Books> FindBooks(const StoreSnapshot& snapshot, const EventLog& log, const v1::AsOf* as_of,
                                Sequence limit);

// The `as_of` of a request, null where it asks for now.
template <typename Request>
const v1::AsOf* AsOfIn(const Request& request) {
  return request.has_as_of() ? &request.as_of() : nullptr;
}

// What an account holds in some books.
struct Holding {
  bool posted_to = false;  // was posted to by then, by business date or as recorded
  int64_t balance = 0;
  int64_t recorded_balance = 0;  // by business date: after Books::recorded
  Sequence last;                 // none of the postings in `balance` is after this event
};
absl::StatusOr<Holding> HoldingIn(const StoreSnapshot& snapshot, const Books& books, const Account& account);

// Writes it as the public messages do.
void FillBalance(const Account& account, const Holding& holding, v1::AccountBalance* out);

}  // namespace redvest

#endif  // REDVEST_LEDGER_QUERY_BOOKS_H_
