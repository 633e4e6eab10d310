// The chart of accounts: every kind of account with its name, unit and the side it may not leave.
#ifndef REDVEST_LEDGER_ACCOUNTING_ACCOUNT_H_
#define REDVEST_LEDGER_ACCOUNTING_ACCOUNT_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ledger/base/check.h"
#include "ledger/base/ids.h"

namespace redvest {

// What an amount counts. Amounts are int64 in these units, never fractions.
enum class Unit : uint8_t { kFen, kPoints, kMinutes, kPieces };

// "fen", "points", "minutes", "pieces".
std::string_view UnitName(Unit unit);

// The side on which an account of a kind must stay. Balances are debits minus credits.
enum class Bound : uint8_t {
  kNone,    // may stand on either side
  kDebit,   // balance >= 0
  kCredit,  // balance <= 0
};

// Kinds of accounts. Numbers are stored in index keys: they are never used again for something else.
enum class AccountKind : uint8_t {
  kDrawer = 1,          // cash in a terminal's drawer
  kStock = 2,           // goods on the shelf
  kSubsidy = 3,         // what a funder owes the canteen
  kMealCard = 4,        // what the canteen owes a member on the meal card
  kPoints = 5,          // points a volunteer may spend
  kDueToBank = 6,       // cash that belongs to the bank
  kCanteenSales = 7,    // meals sold
  kPointsRedeemed = 8,  // points spent
  kPointsIssued = 9,    // points awarded
  kPointsMeals = 10,    // meals paid for by points
  kOverShort = 11,      // differences found at a drawer's counts
  kHours = 12,          // minutes a volunteer served
  kServed = 13,         // minutes served, by kind of service
  kStockReceived = 14,  // goods that came in
  kStockGiven = 15,     // goods given for points
  kBankHeld = 16,       // what the bank holds for customers of the station
  kDemand = 17,         // a customer's demand account
  kTimeDeposit = 18,    // a customer's time deposit, by certificate
  kBillsPaid = 19,      // bills paid
  kBiller = 20,         // bills paid, by biller
};

struct AccountRule {
  AccountKind kind;
  std::string_view name;  // path without the id
  Unit unit;
  Bound bound;
  bool has_id;  // the name ends in ':' and the id
};

// All rules, in the order in which accounts are listed.
inline constexpr AccountRule kChartOfAccounts[] = {
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
inline constexpr size_t kAccountKindCount = std::size(kChartOfAccounts);
// Invariant: the chart stands in the order of the kinds' numbers, from 1.
static_assert([] {
  for (size_t i = 0; i < kAccountKindCount; ++i) {
    if (static_cast<size_t>(kChartOfAccounts[i].kind) != i + 1) return false;
  }
  return true;
}());

// REQUIRES: `kind` is in the chart.
inline const AccountRule& RuleOf(AccountKind kind) {
  const size_t index = static_cast<size_t>(kind) - 1;
  REDVEST_CHECK(index < kAccountKindCount);
  return kChartOfAccounts[index];
}

// One account.
struct Account {
  AccountKind kind;
  uint64_t id = 0;  // 0 where the kind has no id

  friend auto operator<=>(const Account&, const Account&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Account& account) {
    return H::combine(std::move(h), account.kind, account.id);
  }
};

// "liabilities:meal-card:1234".
std::string FormatAccount(const Account& account);
// Reads what FormatAccount writes, and nothing else.
std::optional<Account> ParseAccount(std::string_view name);

}  // namespace redvest

#endif  // REDVEST_LEDGER_ACCOUNTING_ACCOUNT_H_
