// What people read, in Chinese and English. Short texts stand in both languages where they are used; this
// file has what is shared, and the sentences for every reason of an error.
#ifndef REDVEST_CLIENTS_TEXT_H_
#define REDVEST_CLIENTS_TEXT_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/time.h"

namespace redvest::client {

enum class Lang { kEn, kZh };

// Chinese where LC_ALL, else LC_MESSAGES, else LANG says so; English otherwise.
Lang LangOfEnvironment();
// What --lang asks for, or else the environment. It is needed before the command line is read, because its
// help and faults are in it.
Lang LangOf(int argc, char** argv);

// One text in both languages. Always a literal.
struct Bilingual {
  std::string_view en;
  std::string_view zh;
  std::string_view In(Lang lang) const { return lang == Lang::kZh ? zh : en; }
};

// `pattern` with every {name} replaced by its value.
std::string Fill(std::string_view pattern,
                 std::initializer_list<std::pair<std::string_view, std::string>> values);

// Fen as people read money: "1,234.50", "-0.05". Without the word for yuan.
std::string FormatYuan(int64_t fen);
// A count as people read it: "1,234,567".
std::string FormatCount(int64_t count);
// Minutes as "2 h 30 min" or "2 小时 30 分钟".
std::string FormatMinutes(Lang lang, int64_t minutes);
// Millionths a year as people read interest: "1.35%".
std::string FormatRate(int32_t rate_ppm);
// A moment in `zone`: "2026-11-21 12:30:05".
std::string FormatMoment(int64_t unix_ms, absl::TimeZone zone);
// A moment as --at takes it, to the millisecond and in UTC: "2026-11-21T04:30:05.123Z".
std::string FormatExactMoment(int64_t unix_ms);

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_TEXT_H_
