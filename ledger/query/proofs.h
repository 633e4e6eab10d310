// Proofs of the log's Merkle tree, from what the tree projection keeps and the log itself.
#ifndef REDVEST_LEDGER_QUERY_PROOFS_H_
#define REDVEST_LEDGER_QUERY_PROOFS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/base/ids.h"
#include "ledger/log/event_log.h"
#include "ledger/merkle/hash.h"
#include "ledger/storage/store.h"
#include "redvest/v1/audit_service.pb.h"

namespace redvest {

// Thread-safe. What the projection has not come to yet is hashed from the log, so nobody has to wait for it;
// it is the slower the further the projection is behind. DATA_LOSS where a row or a commit cannot be read.
class Proofs {
 public:
  // Both must outlive it.
  Proofs(const Store* store, const EventLog* log) : store_(store), log_(log) {}

  // `head` is the newest event, up to which the log can be read; it stands for a tree size of 0.
  //
  // Errors: FIELD_INVALID (sequence 0, or after the tree), NOT_REACHED (after the head).
  absl::Status GetInclusionProof(const v1::GetInclusionProofRequest& request, Sequence head,
                                 v1::GetInclusionProofResponse* response) const;
  // Errors: FIELD_INVALID (an old size of 0, or larger than the new one), NOT_REACHED (after the head).
  absl::Status GetConsistencyProof(const v1::GetConsistencyProofRequest& request, Sequence head,
                                   v1::GetConsistencyProofResponse* response) const;
  // The root over the first `size` events. REQUIRES: size > 0; the log holds them.
  absl::StatusOr<merkle::Hash> RootAt(uint64_t size) const;

 private:
  const Store* const store_;
  const EventLog* const log_;
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_QUERY_PROOFS_H_
