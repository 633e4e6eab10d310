// Reads what the days projection wrote: figures of one business date.
#ifndef REDVEST_LEDGER_PROJECTION_DAYS_H_
#define REDVEST_LEDGER_PROJECTION_DAYS_H_

#include <array>
#include <cstdint>
#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/base/calendar.h"
#include "ledger/base/ids.h"
#include "ledger/storage/store.h"

namespace redvest {

// What is added up for a day. Numbers are stored in keys: they are never used again for something else. The
// comment says what `a` and `b` of the row's key are, and its figures.
enum class DayMeasure : uint8_t {
  kMeals = 1,      // age band, payment: portions, price fen, subsidy fen, points
  kSubsidies = 2,  // funder, -: fen
  kDrawers = 3,    // terminal, -: in fen, out fen, over-short fen, counts, fen found at the last count
  kServices = 4,   // kind of service, -: services, minutes, points
  kGoods = 5,      // good, -: pieces, points
  kEvents = 6,     // field number of the event's kind, -: events, fen
  kLate = 7,       // -, -: late events
};

using DayFigures = std::array<int64_t, 5>;

struct DayRow {
  DayMeasure measure;
  uint64_t a;
  uint64_t b;
  DayFigures figures;
};

// Calls `visit` with every row of `day`, in the order of measure, a, b.
absl::Status ForEachDayRow(const StoreSnapshot& snapshot, Day day,
                           absl::FunctionRef<void(const DayRow&)> visit);

// The day up to which a drawer's days are closed; nothing where none is.
absl::StatusOr<std::optional<Day>> ClosedThrough(const StoreSnapshot& snapshot, TerminalId terminal);

}  // namespace redvest

#endif  // REDVEST_LEDGER_PROJECTION_DAYS_H_
