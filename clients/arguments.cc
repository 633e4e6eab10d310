#include "clients/arguments.h"

#include <algorithm>
#include <charconv>

namespace redvest::client {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Reads exactly `width` digits at the front and drops them; nothing where they are not there.
std::optional<int> TakeDigits(std::string_view& text, size_t width) {
  if (text.size() < width) return std::nullopt;
  int number = 0;
  for (char c : text.substr(0, width)) {
    if (!IsDigit(c)) return std::nullopt;
    number = number * 10 + (c - '0');
  }
  text.remove_prefix(width);
  return number;
}

bool TakeChar(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::optional<int64_t> ParseYuan(std::string_view text) {
  const size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::string_view decimals = point == std::string_view::npos ? "" : text.substr(point + 1);
  if (whole.empty() || decimals.size() > 2) return std::nullopt;
  if (point != std::string_view::npos && decimals.empty()) return std::nullopt;
  int64_t fen = 0;
  for (size_t place = 0; place < whole.size() + 2; ++place) {
    char digit = '0';
    if (place < whole.size()) {
      digit = whole[place];
    } else if (place - whole.size() < decimals.size()) {
      digit = decimals[place - whole.size()];
    }
    if (!IsDigit(digit)) return std::nullopt;
    fen = fen * 10 + (digit - '0');
    if (fen > kAmountMax) return std::nullopt;
  }
  return fen;
}

std::optional<MomentArgument> ParseMoment(std::string_view text) {
  const std::optional<Day> day = ParseDay(text.substr(0, 10));
  if (!day.has_value()) return std::nullopt;
  text.remove_prefix(10);
  MomentArgument moment{absl::CivilSecond(*day)};
  if (text.empty()) return moment;
  if (!TakeChar(text, 'T') && !TakeChar(text, ' ')) return std::nullopt;
  const std::optional<int> hour = TakeDigits(text, 2);
  if (!hour.has_value() || *hour > 23 || !TakeChar(text, ':')) return std::nullopt;
  const std::optional<int> minute = TakeDigits(text, 2);
  if (!minute.has_value() || *minute > 59) return std::nullopt;
  std::optional<int> second = 0;
  std::optional<int> millisecond = 0;
  if (TakeChar(text, ':')) {
    second = TakeDigits(text, 2);
    if (!second.has_value() || *second > 59) return std::nullopt;
    if (TakeChar(text, '.')) millisecond = TakeDigits(text, 3);
    if (!millisecond.has_value()) return std::nullopt;
  }
  moment.utc = TakeChar(text, 'Z');
  if (!text.empty()) return std::nullopt;
  moment.second += *hour * 3600 + *minute * 60 + *second;
  moment.millisecond = *millisecond;
  return moment;
}

std::optional<AsOfArgument> ParseAsOf(std::string_view text) {
  if (!text.empty() && std::all_of(text.begin(), text.end(), IsDigit)) {
    int64_t sequence = 0;
    const auto [stop, fault] = std::from_chars(text.data(), text.data() + text.size(), sequence);
    if (fault != std::errc() || sequence < 1) return std::nullopt;
    return static_cast<uint64_t>(sequence);
  }
  if (const std::optional<Day> day = ParseDay(text)) return *day;
  if (const std::optional<MomentArgument> moment = ParseMoment(text)) return *moment;
  return std::nullopt;
}

Bilingual IdKindText(IdKind kind) {
  switch (kind) {
    case IdKind::kMember:
      return {"member", "居民"};
    case IdKind::kTerminal:
      return {"terminal", "终端"};
    case IdKind::kTeam:
      return {"team", "队伍"};
    case IdKind::kGood:
      return {"good", "商品"};
    case IdKind::kBiller:
      return {"biller", "收费单位"};
    case IdKind::kFunder:
      return {"funder", "补贴单位"};
    case IdKind::kServiceKind:
      return {"kind of service", "服务类别"};
    case IdKind::kBankAccount:
      return {"bank account", "银行账户"};
    case IdKind::kCertificate:
      return {"time deposit certificate", "定期存单"};
  }
  return {"id", "编号"};
}

std::string IdFault(Lang lang, IdKind kind, std::string_view text) {
  const std::string what(IdKindText(kind).In(lang));
  const std::string letter(1, static_cast<char>(kind));
  const std::string typed(text);
  if (const std::optional<TaggedId> other = ParseId(text)) {
    return Fill(Bilingual{"{typed} is a {other}; a {what} is expected here, and starts with {letter}",
                          "{typed} 是{other}编号；此处应填{what}编号，以 {letter} 开头"}
                    .In(lang),
                {{"typed", typed},
                 {"other", std::string(IdKindText(other->kind).In(lang))},
                 {"what", what},
                 {"letter", letter}});
  }
  const std::string example = FormatId(kind, 57);
  bool digits = !text.empty();
  for (char c : text) digits = digits && IsDigit(c);
  const Bilingual pattern =
      digits ? Bilingual{"{typed} is only a number; the {what} is written with its letter and check characters, such "
                         "as {example}",
                         "{typed} 只是数字；{what}编号须带字母和校验位，例如 {example}"}
             : Bilingual{"\"{typed}\" is not the id of a {what}: a character is wrong or missing; type it as it is "
                         "printed, such as {example}",
                         "“{typed}”不是有效的{what}编号：有字符写错或缺失；请照印出的样子输入，例如 {example}"};
  return Fill(pattern.In(lang), {{"typed", typed}, {"what", what}, {"example", example}});
}

}  // namespace redvest::client
