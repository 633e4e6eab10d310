// Checks a whole ledger from its first event: what an auditor with this program does who trusts nothing but
// the bytes.
#ifndef REDVEST_LEDGER_AUDIT_VERIFY_H_
#define REDVEST_LEDGER_AUDIT_VERIFY_H_

#include <cstdint>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "ledger/base/ids.h"
#include "ledger/log/event_log.h"
#include "ledger/merkle/hash.h"
#include "ledger/storage/store.h"

namespace redvest {

struct VerifyReport {
  Sequence last;      // newest event; also the size of the tree
  merkle::Hash root;  // over all events
  uint64_t commits = 0;
  uint64_t declined = 0;
  uint64_t reversed = 0;
  uint64_t postings = 0;
  uint64_t accounts = 0;   // ever posted to
  uint64_t terminals = 0;  // enrolled
};

// Told now and then how far it is: the events of the log first, then those of each replay of the projections.
using VerifyProgress = absl::FunctionRef<void(std::string_view step, Sequence done, Sequence last)>;

// Reads the whole log and checks that
//   every commit's checksum and form are right, and sequences are gapless;
//   every commit's root is the Merkle root over all events up to it;
//   every event folds into the state: serials gapless by terminal, postings that sum to zero in each unit, no
//   balance on a side that is forbidden, times that never decrease; every reversal holds the event it names
//   as that stands in the log; all balances sum to zero in each unit; the saved state is the fold at its
//   sequence; the projections are equal to those built anew, up to where they are.
// The first fault is DATA_LOSS (FAILED_PRECONDITION for what a newer program wrote) and names its sequence.
// Nothing is written. `store` must be the one of `log`, or one that never had projections.
absl::StatusOr<VerifyReport> Verify(const Store& store, const EventLog& log, VerifyProgress progress);

}  // namespace redvest

#endif  // REDVEST_LEDGER_AUDIT_VERIFY_H_
