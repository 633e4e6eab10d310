#include "ledger/accounting/account.h"

#include <charconv>

#include "ledger/base/check.h"

namespace redvest {
namespace {

constexpr AccountRule kChart[] = {
    {AccountKind::kDrawer, "assets:drawer", Unit::kFen, Bound::kDebit, true},
    {AccountKind::kStock, "assets:stock", Unit::kPieces, Bound::kDebit, true},
    {AccountKind::kSubsidy, "assets:subsidy", Unit::kFen, Bound::kNone, true},
    {AccountKind::kMealCard, "liabilities:meal-card", Unit::kFen, Bound::kCredit, true},
    {AccountKind::kPoints, "liabilities:points", Unit::kPoints, Bound::kCredit, true},
    {AccountKind::kDueToBank, "liabilities:due-to-bank", Unit::kFen, Bound::kNone, false},
    {AccountKind::kCanteenSales, "income:canteen-sales", Unit::kFen, Bound::kNone, false},
    {AccountKind::kPointsRedeemed, "income:points-redeemed", Unit::kPoints, Bound::kNone, false},
    {AccountKind::kPointsIssued, "expenses:points-issued", Unit::kPoints, Bound::kNone, false},
    {AccountKind::kPointsMeals, "expenses:points-meals", Unit::kFen, Bound::kNone, false},
    {AccountKind::kOverShort, "expenses:over-short", Unit::kFen, Bound::kNone, true},
    {AccountKind::kHours, "memo:hours", Unit::kMinutes, Bound::kCredit, true},
    {AccountKind::kServed, "memo:served", Unit::kMinutes, Bound::kNone, true},
    {AccountKind::kStockReceived, "equity:stock-received", Unit::kPieces, Bound::kNone, true},
    {AccountKind::kStockGiven, "equity:stock-given", Unit::kPieces, Bound::kNone, true},
    {AccountKind::kBankHeld, "memo:bank-held", Unit::kFen, Bound::kNone, false},
    {AccountKind::kDemand, "memo:demand", Unit::kFen, Bound::kCredit, true},
    {AccountKind::kTimeDeposit, "memo:time", Unit::kFen, Bound::kCredit, true},
    {AccountKind::kBillsPaid, "memo:bills-paid", Unit::kFen, Bound::kNone, false},
    {AccountKind::kBiller, "memo:biller", Unit::kFen, Bound::kNone, true},
};

}  // namespace

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

std::span<const AccountRule> ChartOfAccounts() { return kChart; }

const AccountRule& RuleOf(AccountKind kind) {
  const size_t index = static_cast<size_t>(kind) - 1;
  // Invariant: the chart stands in the order of the kinds' numbers, from 1.
  REDVEST_CHECK(index < std::size(kChart) && kChart[index].kind == kind);
  return kChart[index];
}

std::string FormatAccount(const Account& account) {
  const AccountRule& rule = RuleOf(account.kind);
  std::string name(rule.name);
  if (rule.has_id) name += ":" + std::to_string(account.id);
  return name;
}

std::optional<Account> ParseAccount(std::string_view name) {
  for (const AccountRule& rule : kChart) {
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
