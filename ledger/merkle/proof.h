// Proofs of RFC 6962 and RFC 9162: that a leaf is in a tree, and that one tree is the beginning of another.
#ifndef REDVEST_LEDGER_MERKLE_PROOF_H_
#define REDVEST_LEDGER_MERKLE_PROOF_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/merkle/hash.h"

namespace redvest::merkle {

using Proof = std::vector<Hash>;

// Gives the root of the perfect subtree over the leaves [index << level, (index + 1) << level), all of which
// the tree has. A failure ends the proof with that status.
using SubtreeRoots = absl::FunctionRef<absl::StatusOr<Hash>(int level, uint64_t index)>;

// Root over the first `size` leaves. REQUIRES: size > 0.
absl::StatusOr<Hash> RootOf(uint64_t size, SubtreeRoots subtrees);

// RFC 9162 section 2.1.3.1, from the leaf's sibling up. REQUIRES: index < size.
absl::StatusOr<Proof> InclusionProof(uint64_t index, uint64_t size, SubtreeRoots subtrees);

// RFC 9162 section 2.1.4.1. REQUIRES: 0 < old_size <= new_size. Empty where the sizes are equal.
absl::StatusOr<Proof> ConsistencyProof(uint64_t old_size, uint64_t new_size, SubtreeRoots subtrees);

// Hashes in the inclusion proof of that leaf. REQUIRES: index < size.
size_t InclusionProofLength(uint64_t index, uint64_t size);

// The root that `proof` leads to from `leaf` (RFC 9162 section 2.1.3.2). INVALID_ARGUMENT, with the reason:
// the tree is empty, the index is not in it, the proof has another length than its place asks for.
absl::StatusOr<Hash> RootFromInclusion(uint64_t index, uint64_t size, const Hash& leaf, const Proof& proof);

// OK where `proof` shows that `leaf` stands at `index` of the tree of `size` leaves and this root.
// INVALID_ARGUMENT with the reason otherwise: as RootFromInclusion, or the root differs.
absl::Status VerifyInclusion(uint64_t index, uint64_t size, const Hash& leaf, const Proof& proof,
                             const Hash& root);

// OK where `proof` shows that the tree of `old_size` is the beginning of that of `new_size` (RFC 9162
// section 2.1.4.2). INVALID_ARGUMENT with the reason otherwise: a size is 0 (an empty tree proves nothing),
// the sizes are in the wrong order, the length is wrong, or one of the roots differs.
absl::Status VerifyConsistency(uint64_t old_size, uint64_t new_size, const Hash& old_root,
                               const Hash& new_root, const Proof& proof);

}  // namespace redvest::merkle

#endif  // REDVEST_LEDGER_MERKLE_PROOF_H_
