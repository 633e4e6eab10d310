// Matching a bank's statement with the book. Pure.
#ifndef REDVEST_CLIENTS_RECONCILE_MATCH_H_
#define REDVEST_CLIENTS_RECONCILE_MATCH_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "clients/text.h"
#include "ledger/base/calendar.h"
#include "redvest/event/v1/event.pb.h"

namespace redvest::client {

// What moved a customer's demand account, as both sides name it.
enum class BankEntryKind {
  kCashDeposit,
  kCashWithdrawal,
  kCardWithdrawal,
  kTransferReceived,
  kTransferSent,
  kInterestCredited,
  kFeeCharged,
  kBillPayment,
  kTimeDepositOpened,
  kTimeDepositPaidBack,
};

// "cash_deposit"; of a bank's history the same names as in its import.
std::string_view BankEntryKindName(BankEntryKind kind);
// What people call it.
Bilingual BankEntryKindText(BankEntryKind kind);
std::optional<BankEntryKind> ParseBankEntryKind(std::string_view name);

// One line of either side.
struct BankEntry {
  uint64_t place = 0;     // line of the file, or sequence of the event
  std::string reference;  // the bank's; may be empty
  uint64_t account_id = 0;
  Day day;
  BankEntryKind kind = BankEntryKind::kCashDeposit;
  int64_t amount_fen = 0;  // above zero
};

// What `event` did to a demand account, without place and day. Nothing where it did not move one. Reversals
// are the caller's.
std::optional<BankEntry> BankEntryOf(const event::v1::Event& event);

// Indices into the two lists; every index stands in exactly one of these. Each list is in the order of the
// bank's file, `missing_there` in that of the book.
struct Reconciliation {
  // Bank's entry and book's entry.
  std::vector<std::pair<size_t, size_t>> matched;
  // Same reference, but another account, kind or amount.
  std::vector<std::pair<size_t, size_t>> differing;
  std::vector<size_t> missing_here;   // in the bank's file only
  std::vector<size_t> missing_there;  // in the book only
};

// Matches one to one. Entries with the same reference belong together; the date may differ. Entries of which
// one side has no reference belong together where account, date, kind and amount agree; of several, the first
// ones.
Reconciliation Reconcile(const std::vector<BankEntry>& bank, const std::vector<BankEntry>& book);

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_RECONCILE_MATCH_H_
