// The chart of accounts: every kind of account with its name, unit and the side it may not leave.
#ifndef REDVEST_LEDGER_ACCOUNTING_ACCOUNT_H_
#define REDVEST_LEDGER_ACCOUNTING_ACCOUNT_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

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
std::span<const AccountRule> ChartOfAccounts();

// REQUIRES: `kind` is in the chart.
const AccountRule& RuleOf(AccountKind kind);

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
