#include "ledger/base/calendar.h"

namespace redvest {

std::optional<Day> ToDay(const v1::Date& date) {
  if (date.year() < 1900 || date.year() > 9999) return std::nullopt;
  const Day day(date.year(), date.month(), date.day());
  // Abseil normalises 2023-02-30 to 2023-03-02: a date that does not exist comes back changed.
  if (day.month() != date.month() || day.day() != date.day()) return std::nullopt;
  return day;
}

v1::Date ToDate(Day day) {
  v1::Date date;
  date.set_year(static_cast<int32_t>(day.year()));
  date.set_month(day.month());
  date.set_day(day.day());
  return date;
}

std::string FormatDay(Day day) { return absl::FormatCivilTime(day); }

std::optional<Day> ParseDay(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  int parts[3] = {0, 0, 0};
  int part = 0;
  for (char c : text) {
    if (c == '-') {
      ++part;
    } else if (c >= '0' && c <= '9') {
      parts[part] = parts[part] * 10 + (c - '0');
    } else {
      return std::nullopt;
    }
    if (part > 2) return std::nullopt;
  }
  v1::Date date;
  date.set_year(parts[0]);
  date.set_month(parts[1]);
  date.set_day(parts[2]);
  return ToDay(date);
}

Day DayFinder::DayOf(int64_t unix_ms) {
  if (unix_ms < begin_ms_ || unix_ms >= end_ms_) {
    day_ = absl::ToCivilDay(absl::FromUnixMillis(unix_ms), zone_);
    begin_ms_ = absl::ToUnixMillis(absl::FromCivil(day_, zone_));
    end_ms_ = absl::ToUnixMillis(absl::FromCivil(day_ + 1, zone_));
    // Where a zone skipped midnight or a whole day, remember nothing.
    if (unix_ms < begin_ms_ || unix_ms >= end_ms_) begin_ms_ = end_ms_ = 0;
  }
  return day_;
}

}  // namespace redvest
