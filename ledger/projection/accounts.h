// Reads what the accounts projection wrote: balances and entries.
#ifndef REDVEST_LEDGER_PROJECTION_ACCOUNTS_H_
#define REDVEST_LEDGER_PROJECTION_ACCOUNTS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/accounting/account.h"
#include "ledger/base/bytes.h"
#include "ledger/base/ids.h"
#include "ledger/storage/store.h"

namespace redvest {

// Entries of a full block of an account.
inline constexpr uint64_t kBlockEntries = 128;

// One posting to an account.
struct AccountEntry {
  Sequence sequence;
  int64_t amount;
  int64_t balance;  // after it
};

// Walks the entries of one account, oldest first.
class AccountEntries {
 public:
  // From the first entry at or after `from`. `snapshot` must outlive it.
  static absl::StatusOr<AccountEntries> Open(const StoreSnapshot& snapshot, const Account& account,
                                             Sequence from);

  // The next entry; nothing after the last. DATA_LOSS where a row cannot be read.
  absl::StatusOr<std::optional<AccountEntry>> Next();

  // Balance after every entry so far, and before those that come.
  int64_t balance() const { return balance_; }

 private:
  explicit AccountEntries(const Account& account) : account_(account) {}
  absl::Status EnterBlock(Sequence first, std::string bytes);
  absl::Status NextBlock();

  Account account_;
  std::unique_ptr<StoreCursor> full_blocks_;  // null once they are all read
  Sequence open_block_first_;                 // none where the account has no row
  std::string open_block_;

  // The block that is being read.
  std::string block_;
  size_t block_at_ = 0;
  uint64_t block_left_ = 0;  // entries
  bool entered_ = false;     // any block so far
  Sequence last_;            // of the entries so far; the block's first at its start
  int64_t balance_ = 0;
  Sequence from_;
};

// The balance after the last entry at or before `at`; nothing where there is none.
absl::StatusOr<std::optional<int64_t>> FindBalanceAt(const StoreSnapshot& snapshot, const Account& account,
                                                     Sequence at);
// The same, 0 where there is none.
absl::StatusOr<int64_t> BalanceAt(const StoreSnapshot& snapshot, const Account& account, Sequence at);

// Calls `visit` with every account that was ever posted to and its newest balance, in the order of the chart
// and of ids, until it returns false.
absl::Status ForEachBalance(const StoreSnapshot& snapshot,
                            absl::FunctionRef<bool(const Account& account, int64_t balance)> visit);

}  // namespace redvest

#endif  // REDVEST_LEDGER_PROJECTION_ACCOUNTS_H_
