#include "ledger/merkle/proof.h"

#include <algorithm>
#include <bit>

#include "absl/strings/str_cat.h"
#include "ledger/merkle/require.h"

namespace redvest::merkle {
namespace {

// Leaves in the left half of a tree of `leaves`: the largest power of two smaller than that (RFC 6962 2.1).
// REQUIRES: leaves > 1.
uint64_t LeftOf(uint64_t leaves) { return std::bit_floor(leaves - 1); }

// The root over the leaves [begin, end), a subtree that the definition comes across.
absl::StatusOr<Hash> RangeRoot(uint64_t begin, uint64_t end, SubtreeRoots subtrees) {
  const uint64_t leaves = end - begin;
  if (std::has_single_bit(leaves)) {
    const int level = std::countr_zero(leaves);
    return subtrees(level, begin >> level);
  }
  const uint64_t middle = begin + LeftOf(leaves);
  const absl::StatusOr<Hash> left = RangeRoot(begin, middle, subtrees);
  if (!left.ok()) return left.status();
  const absl::StatusOr<Hash> right = RangeRoot(middle, end, subtrees);
  if (!right.ok()) return right.status();
  return Hasher::Node(*left, *right);
}

// Adds that root to `proof`.
absl::Status AddRange(uint64_t begin, uint64_t end, SubtreeRoots subtrees, Proof& proof) {
  const absl::StatusOr<Hash> root = RangeRoot(begin, end, subtrees);
  if (root.ok()) proof.push_back(*root);
  return root.status();
}

absl::Status WrongLength(size_t have, size_t want) {
  return absl::InvalidArgumentError(
      absl::StrCat("the proof has ", have, " hashes, and its place in the tree asks for ", want));
}

absl::Status CheckIndex(uint64_t index, uint64_t size) {
  if (size == 0) return absl::InvalidArgumentError("an empty tree proves nothing");
  if (index < size) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the index ", index, " is not in a tree of ", size, " leaves"));
}

// Hashes in the consistency proof. REQUIRES: 0 < old_size < new_size.
size_t ConsistencyProofLength(uint64_t old_size, uint64_t new_size) {
  // The proof is the path of the old tree's last perfect subtree, which is taken for a leaf, and that subtree
  // itself where it is not the whole of the old tree.
  const int level = std::countr_zero(old_size);
  const uint64_t leaf = (old_size - 1) >> level;
  const uint64_t leaves = ((new_size - 1) >> level) + 1;
  return InclusionProofLength(leaf, leaves) + (std::has_single_bit(old_size) ? 0 : 1);
}

}  // namespace

absl::StatusOr<Hash> RootOf(uint64_t size, SubtreeRoots subtrees) {
  Require(size > 0);
  return RangeRoot(0, size, subtrees);
}

absl::StatusOr<Proof> InclusionProof(uint64_t index, uint64_t size, SubtreeRoots subtrees) {
  Require(index < size);
  Proof proof;  // from the root down
  for (uint64_t begin = 0, end = size; end - begin > 1;) {
    const uint64_t middle = begin + LeftOf(end - begin);
    const bool left = index < middle;
    const absl::Status added = left ? AddRange(middle, end, subtrees, proof)  //
                                    : AddRange(begin, middle, subtrees, proof);
    if (!added.ok()) return added;
    (left ? end : begin) = middle;
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

absl::StatusOr<Proof> ConsistencyProof(uint64_t old_size, uint64_t new_size, SubtreeRoots subtrees) {
  Require(0 < old_size && old_size <= new_size);
  Proof proof;  // from the root down
  uint64_t begin = 0;
  uint64_t end = new_size;
  while (end != old_size) {
    const uint64_t middle = begin + LeftOf(end - begin);
    const bool left = old_size <= middle;
    const absl::Status added = left ? AddRange(middle, end, subtrees, proof)  //
                                    : AddRange(begin, middle, subtrees, proof);
    if (!added.ok()) return added;
    (left ? end : begin) = middle;
  }
  // What the old tree's own root does not tell.
  if (begin > 0) {
    if (const absl::Status added = AddRange(begin, end, subtrees, proof); !added.ok()) return added;
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

size_t InclusionProofLength(uint64_t index, uint64_t size) {
  Require(index < size);
  // Up to where the paths of the leaf and of the last leaf meet, each level has a sibling; above, only where
  // the subtree is a right child.
  const int inner = std::bit_width(index ^ (size - 1));
  const uint64_t above = inner == 64 ? 0 : index >> inner;
  return static_cast<size_t>(inner + std::popcount(above));
}

absl::StatusOr<Hash> RootFromInclusion(uint64_t index, uint64_t size, const Hash& leaf, const Proof& proof) {
  if (const absl::Status status = CheckIndex(index, size); !status.ok()) return status;
  const size_t length = InclusionProofLength(index, size);
  if (proof.size() != length) return WrongLength(proof.size(), length);
  uint64_t node = index;
  uint64_t last = size - 1;
  Hash root = leaf;
  for (const Hash& sibling : proof) {
    if (node & 1 || node == last) {
      root = Hasher::Node(sibling, root);
      // The last of a level that is not a right child has no sibling there: it is its own parent.
      for (; !(node & 1) && node != 0; node >>= 1) last >>= 1;
    } else {
      root = Hasher::Node(root, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  return root;
}

absl::Status VerifyInclusion(uint64_t index, uint64_t size, const Hash& leaf, const Proof& proof,
                             const Hash& root) {
  const absl::StatusOr<Hash> computed = RootFromInclusion(index, size, leaf, proof);
  if (!computed.ok()) return computed.status();
  if (*computed == root) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the proof leads to the root ", ToHex(*computed),
                                                 ", and the root of the tree is ", ToHex(root)));
}

absl::Status VerifyConsistency(uint64_t old_size, uint64_t new_size, const Hash& old_root,
                               const Hash& new_root, const Proof& proof) {
  if (old_size == 0 || new_size == 0) return absl::InvalidArgumentError("an empty tree proves nothing");
  if (old_size > new_size) {
    return absl::InvalidArgumentError(
        absl::StrCat("a tree of ", old_size, " leaves is not the beginning of one of ", new_size));
  }
  const size_t length = old_size == new_size ? 0 : ConsistencyProofLength(old_size, new_size);
  if (proof.size() != length) return WrongLength(proof.size(), length);
  const auto differs = [](absl::string_view which, const Hash& computed, const Hash& root) {
    return absl::InvalidArgumentError(absl::StrCat("the proof leads to the root ", ToHex(computed),
                                                   " for the ", which, " tree, whose root is ", ToHex(root)));
  };
  if (old_size == new_size) {
    return old_root == new_root ? absl::OkStatus() : differs("newer", old_root, new_root);
  }

  // RFC 9162 section 2.1.4.2. The old tree's last perfect subtree comes first; an old tree that is perfect is
  // that subtree, and the proof leaves it out.
  uint64_t node = old_size - 1;
  uint64_t last = new_size - 1;
  for (; node & 1; node >>= 1) last >>= 1;
  const size_t first = std::has_single_bit(old_size) ? 0 : 1;
  Hash old_computed = first == 0 ? old_root : proof[0];
  Hash new_computed = old_computed;
  for (size_t i = first; i < proof.size(); ++i) {
    if (node & 1 || node == last) {
      old_computed = Hasher::Node(proof[i], old_computed);
      new_computed = Hasher::Node(proof[i], new_computed);
      for (; !(node & 1) && node != 0; node >>= 1) last >>= 1;
    } else {
      new_computed = Hasher::Node(new_computed, proof[i]);
    }
    node >>= 1;
    last >>= 1;
  }
  if (old_computed != old_root) return differs("older", old_computed, old_root);
  if (new_computed != new_root) return differs("newer", new_computed, new_root);
  return absl::OkStatus();
}

}  // namespace redvest::merkle
