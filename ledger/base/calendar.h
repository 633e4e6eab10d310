// Business dates: which day a moment belongs to in the ledger's time zone, and days as the API and people
// write them. The calendar itself is Abseil's.
#ifndef REDVEST_LEDGER_BASE_CALENDAR_H_
#define REDVEST_LEDGER_BASE_CALENDAR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "redvest/v1/types.pb.h"

namespace redvest {

// A business date.
using Day = absl::CivilDay;

// Moments a command may carry: 1900-01-01 to 9999-12-31 UTC, milliseconds since 1970.
inline constexpr int64_t kMomentMinMs = -2'208'988'800'000;
inline constexpr int64_t kMomentMaxMs = 253'402'300'799'999;

// Days since 1970-01-01; the form in which days are stored in keys.
inline int32_t DayNumber(Day day) { return static_cast<int32_t>(day - Day(1970, 1, 1)); }
inline Day DayFromNumber(int32_t number) { return Day(1970, 1, 1) + number; }

// The date of `date` if it exists and its year is 1900 to 9999.
std::optional<Day> ToDay(const v1::Date& date);
v1::Date ToDate(Day day);

// "2026-11-21".
std::string FormatDay(Day day);
// Reads exactly YYYY-MM-DD, and only days that exist, 1900 to 9999.
std::optional<Day> ParseDay(std::string_view text);

// The day on which a moment falls in `zone`. Keeps the last day's span, because neighbours in the log mostly
// share it. Not thread-safe; one for each thread.
class DayFinder {
 public:
  explicit DayFinder(absl::TimeZone zone) : zone_(zone) {}
  Day DayOf(int64_t unix_ms);

 private:
  absl::TimeZone zone_;
  // Invariant: every moment in [begin_ms_, end_ms_) falls on day_.
  int64_t begin_ms_ = 0;
  int64_t end_ms_ = 0;
  Day day_;
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_BASE_CALENDAR_H_
