// What people type: ids with check characters, yuan, moments, days. Read without floating point and with a
// sentence about what is wrong.
#ifndef REDVEST_CLIENTS_ARGUMENTS_H_
#define REDVEST_CLIENTS_ARGUMENTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "clients/text.h"
#include "ledger/base/calendar.h"
#include "ledger/base/ids.h"

namespace redvest::client {

// Largest amount that a command may carry, in its unit.
inline constexpr int64_t kAmountMax = 1'000'000'000'000;

// A moment as typed, in the ledger's time zone, which is known only once the server was asked.
struct MomentArgument {
  absl::CivilSecond second;
  int32_t millisecond = 0;
  // Written with a Z after it: UTC, wherever the ledger is.
  bool utc = false;

  // Milliseconds since 1970. A moment that a change of the clocks skips or repeats is read as Abseil's
  // FromCivil does.
  int64_t UnixMs(absl::TimeZone zone) const {
    return absl::ToUnixMillis(absl::FromCivil(second, utc ? absl::UTCTimeZone() : zone)) + millisecond;
  }
};

// Yuan with at most two decimals, such as "7" or "7.50", to fen, 0 to kAmountMax. Nothing for any other text.
std::optional<int64_t> ParseYuan(std::string_view text);
// 2026-11-21 (midnight), 2026-11-21T12:30, 2026-11-21T12:30:05 or with .123 added; a space may stand for the
// T, and a Z after a time of day means UTC.
std::optional<MomentArgument> ParseMoment(std::string_view text);

// A point in the past as typed: the sequence of an event, a moment, or a business date.
using AsOfArgument = std::variant<uint64_t, MomentArgument, Day>;
// Digits alone are a sequence, from 1; 2026-11-21 is a business date; with a time of day it is a moment.
std::optional<AsOfArgument> ParseAsOf(std::string_view text);

// What is wrong with `text` as the id of `kind`: not in the written form, a wrong character, or of another
// kind.
std::string IdFault(Lang lang, IdKind kind, std::string_view text);
// What people call ids of that kind: "member", "居民".
Bilingual IdKindText(IdKind kind);

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_ARGUMENTS_H_
