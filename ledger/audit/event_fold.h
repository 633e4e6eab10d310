// Events read one after another for an export: parsed, numbered, and their postings added up.
#ifndef REDVEST_LEDGER_AUDIT_EVENT_FOLD_H_
#define REDVEST_LEDGER_AUDIT_EVENT_FOLD_H_

#include <google/protobuf/arena.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/accounting/account.h"
#include "ledger/accounting/posting.h"
#include "ledger/base/ids.h"
#include "redvest/event/v1/event.pb.h"

namespace redvest {

// A row of the trial balance.
struct AccountBalance {
  Account account;
  int64_t balance = 0;  // debits minus credits
  friend bool operator==(const AccountBalance&, const AccountBalance&) = default;
};

// The exporter's own books: they come from the events alone. Not thread-safe.
class EventFold {
 public:
  // One event and what it did; the event is valid until the next Add.
  struct Step {
    Sequence sequence;
    const event::v1::Event* event = nullptr;
    Postings postings;
  };

  EventFold();

  // Reads the event that follows the one before. DATA_LOSS names it where it cannot be read, is of a kind
  // that this program does not know, does not sum to zero, takes a balance out of the range of int64, or has
  // a time that is not of the years 1900 to 9999; or where the first one founds no ledger.
  absl::StatusOr<Step> Add(std::string_view bytes);

  Sequence last() const { return last_; }
  // As the first event says.
  const std::string& ledger_name() const { return ledger_name_; }
  const std::string& time_zone_name() const { return time_zone_name_; }
  // DATA_LOSS where this machine does not know it.
  absl::StatusOr<absl::TimeZone> Zone() const;
  // Every account ever posted to.
  const absl::flat_hash_map<Account, int64_t>& balances() const { return balances_; }
  // The same in the order of the chart and of ids, those of 0 left out unless `zero`.
  std::vector<AccountBalance> SortedBalances(bool zero) const;

 private:
  google::protobuf::ArenaOptions options_;
  std::vector<char> first_block_;
  std::unique_ptr<google::protobuf::Arena> arena_;
  Sequence last_;
  std::string ledger_name_;
  std::string time_zone_name_;
  absl::flat_hash_map<Account, int64_t> balances_;
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_AUDIT_EVENT_FOLD_H_
