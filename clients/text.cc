#include "clients/text.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "ledger/base/check.h"

namespace redvest::client {
namespace {

std::string Grouped(uint64_t number) {
  std::string digits = std::to_string(number);
  for (size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

uint64_t Magnitude(int64_t number) {
  return number < 0 ? 0 - static_cast<uint64_t>(number) : static_cast<uint64_t>(number);
}

}  // namespace

Lang LangOfEnvironment() {
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') {
      return std::string_view(value).starts_with("zh") ? Lang::kZh : Lang::kEn;
    }
  }
  return Lang::kEn;
}

Lang LangOf(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    std::string_view value;
    if (argument == "--lang" && i + 1 < argc) value = argv[i + 1];
    if (argument.starts_with("--lang=")) value = argument.substr(7);
    if (value == "zh") return Lang::kZh;
    if (value == "en") return Lang::kEn;
  }
  return LangOfEnvironment();
}

std::string Fill(std::string_view pattern,
                 std::initializer_list<std::pair<std::string_view, std::string>> values) {
  std::string text(pattern);
  for (size_t open = text.find('{'); open != std::string::npos; open = text.find('{', open)) {
    const size_t close = text.find('}', open);
    if (close == std::string::npos) break;
    const std::string name = text.substr(open + 1, close - open - 1);
    const auto value =
        std::find_if(values.begin(), values.end(), [&](const auto& row) { return row.first == name; });
    REDVEST_CHECK(value != values.end());
    text.replace(open, close + 1 - open, value->second);
    // What was filled in is not looked at again: it may hold braces of its own.
    open += value->second.size();
  }
  return text;
}

std::string FormatYuan(int64_t fen) {
  const uint64_t magnitude = Magnitude(fen);
  return absl::StrCat(fen < 0 ? "-" : "", Grouped(magnitude / 100), ".",
                      absl::Dec(magnitude % 100, absl::kZeroPad2));
}

std::string FormatCount(int64_t count) { return (count < 0 ? "-" : "") + Grouped(Magnitude(count)); }

std::string FormatMinutes(Lang lang, int64_t minutes) {
  const bool zh = lang == Lang::kZh;
  const int64_t hours = minutes / 60;
  const int64_t rest = minutes % 60;
  std::string text;
  if (hours != 0) text = FormatCount(hours) + (zh ? " 小时" : " h");
  if (rest != 0 || hours == 0) {
    if (!text.empty()) text += ' ';
    text += std::to_string(rest) + (zh ? " 分钟" : " min");
  }
  return text;
}

std::string FormatMoment(int64_t unix_ms, absl::TimeZone zone) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", absl::FromUnixMillis(unix_ms), zone);
}

std::string FormatExactMoment(int64_t unix_ms) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::FromUnixMillis(unix_ms), absl::UTCTimeZone());
}

std::string FormatRate(int32_t rate_ppm) {
  std::string digits = std::to_string(rate_ppm);
  if (digits.size() < 5) digits.insert(0, 5 - digits.size(), '0');
  std::string decimals = digits.substr(digits.size() - 4);
  while (decimals.size() > 2 && decimals.back() == '0') decimals.pop_back();
  return digits.substr(0, digits.size() - 4) + "." + decimals + "%";
}

}  // namespace redvest::client
