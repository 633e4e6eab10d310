#include "ledger/accounting/account.h"

#include <charconv>

#include "ledger/base/check.h"

namespace redvest {
std::string_view UnitName(Unit unit) {
  switch (unit) {
    case Unit::kFen:
      return "fen";
    case Unit::kPoints:
      return "points";
    case Unit::kMinutes:
      return "minutes";
    case Unit::kPieces:
      return "pieces";
  }
  REDVEST_CHECK(false);
}

std::string FormatAccount(const Account& account) {
  const AccountRule& rule = RuleOf(account.kind);
  std::string name(rule.name);
  if (rule.has_id) name += ":" + std::to_string(account.id);
  return name;
}

std::optional<Account> ParseAccount(std::string_view name) {
  for (const AccountRule& rule : kChartOfAccounts) {
    if (!name.starts_with(rule.name)) continue;
    const std::string_view rest = name.substr(rule.name.size());
    if (!rule.has_id) {
      if (rest.empty()) return Account{rule.kind};
      continue;
    }
    if (rest.size() < 2 || rest[0] != ':' || rest[1] < '1' || rest[1] > '9') continue;
    uint64_t id = 0;
    const auto [end, error] = std::from_chars(rest.data() + 1, rest.data() + rest.size(), id);
    if (error == std::errc() && end == rest.data() + rest.size() && id <= kIdMax)
      return Account{rule.kind, id};
  }
  return std::nullopt;
}

}  // namespace redvest
