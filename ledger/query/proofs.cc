#include "ledger/query/proofs.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"
#include "ledger/merkle/proof.h"
#include "ledger/projection/tree.h"
#include "ledger/query/refusals.h"

namespace redvest {
namespace {

using merkle::Hash;

// Gives the roots of perfect subtrees, for one proof. Not thread-safe.
class Subtrees {
 public:
  Subtrees(const Store& store, const EventLog& log)
      : store_(store), log_(log), size_(log.last_sequence().value()) {}

  // Of the leaves [index << level, (index + 1) << level).
  absl::StatusOr<Hash> operator()(int level, uint64_t index) const {
    const int above = level % kTreeLevelBits;
    return Root(level / kTreeLevelBits, index << above, uint64_t{1} << above);
  }

 private:
  // Subtrees of 256^kept leaves each that one subtree of 256^(kept + 1) leaves holds. A proof asks for
  // several of them one after another.
  struct Siblings {
    uint64_t first = 0;
    std::vector<Hash> roots;  // of the subtrees from `first` on, as many as were needed or found together
  };

  // The root over the subtrees [first, first + count) of 256^kept leaves. REQUIRES: count is a power of two,
  // up to 256, and divides `first`.
  absl::StatusOr<Hash> Root(int kept, uint64_t first, uint64_t count) const {
    Siblings& siblings = siblings_[static_cast<size_t>(kept)];
    const uint64_t eldest = first - first % kTreeFanOut;
    if (siblings.roots.empty() || siblings.first != eldest) {
      REDVEST_ASSIGN_OR_RETURN(
          siblings.roots, kept == 0 ? HashLeaves(eldest) : ReadSubtrees(store_, kept, eldest, kTreeFanOut));
      siblings.first = eldest;
    }
    while (eldest + siblings.roots.size() < first + count) {
      const uint64_t next = eldest + siblings.roots.size();
      if (kept == 0) return absl::DataLossError(absl::StrCat("the log holds no event ", next + 1));
      // The projection has not come to this one.
      REDVEST_ASSIGN_OR_RETURN(const Hash root, Root(kept - 1, next << kTreeLevelBits, kTreeFanOut));
      siblings.roots.push_back(root);
    }
    return Fold(siblings.roots, first - eldest, count);
  }

  // The 256 leaves from `begin` on, or those that the log has.
  absl::StatusOr<std::vector<Hash>> HashLeaves(uint64_t begin) const {
    const uint64_t end = std::min(begin + kTreeFanOut, size_);
    std::vector<Hash> leaves;
    const std::unique_ptr<CommitCursor> commits = log_.Read(Sequence(begin + 1));
    while (begin + leaves.size() < end) {
      REDVEST_ASSIGN_OR_RETURN(const std::optional<CommitView> commit, commits->Next());
      if (!commit.has_value()) break;
      const uint64_t last = std::min(commit->last().value(), end);
      for (uint64_t sequence = begin + leaves.size() + 1; sequence <= last; ++sequence)
        leaves.push_back(merkle::Hasher::Leaf(commit->events[sequence - commit->first.value()]));
    }
    return leaves;
  }

  static Hash Fold(const std::vector<Hash>& roots, size_t begin, size_t count) {
    if (count == 1) return roots[begin];
    const Hash left = Fold(roots, begin, count / 2);
    return merkle::Hasher::Node(left, Fold(roots, begin + count / 2, count / 2));
  }

  const Store& store_;
  const EventLog& log_;
  const uint64_t size_;                                         // leaves
  mutable std::array<Siblings, 64 / kTreeLevelBits> siblings_;  // by kept level: read before
};

std::string BytesOf(const Hash& hash) { return {hash.begin(), hash.end()}; }

}  // namespace

absl::Status Proofs::GetInclusionProof(const v1::GetInclusionProofRequest& request, Sequence head,
                                       v1::GetInclusionProofResponse* response) const {
  const uint64_t sequence = request.sequence();
  const uint64_t size = request.tree_size() == 0 ? head.value() : request.tree_size();
  if (sequence == 0) return InvalidField("sequence", "from 1");
  if (size > head.value()) return NotReached(size);
  if (sequence > head.value()) return NotReached(sequence);
  if (sequence > size) return InvalidField("tree_size", "at least the sequence, or 0");
  Subtrees subtrees(*store_, *log_);
  REDVEST_ASSIGN_OR_RETURN(const merkle::Proof proof, merkle::InclusionProof(sequence - 1, size, subtrees));
  REDVEST_ASSIGN_OR_RETURN(const Hash leaf, subtrees(0, sequence - 1));
  response->set_tree_size(size);
  response->set_leaf_hash(BytesOf(leaf));
  for (const Hash& hash : proof) response->add_hashes(BytesOf(hash));
  return absl::OkStatus();
}

absl::Status Proofs::GetConsistencyProof(const v1::GetConsistencyProofRequest& request, Sequence head,
                                         v1::GetConsistencyProofResponse* response) const {
  const uint64_t old_size = request.old_tree_size();
  const uint64_t new_size = request.new_tree_size() == 0 ? head.value() : request.new_tree_size();
  if (old_size == 0) return InvalidField("old_tree_size", "from 1: an empty tree proves nothing");
  if (new_size > head.value()) return NotReached(new_size);
  if (old_size > head.value()) return NotReached(old_size);
  if (old_size > new_size) return InvalidField("new_tree_size", "at least the old size, or 0");
  Subtrees subtrees(*store_, *log_);
  REDVEST_ASSIGN_OR_RETURN(const merkle::Proof proof, merkle::ConsistencyProof(old_size, new_size, subtrees));
  response->set_new_tree_size(new_size);
  for (const Hash& hash : proof) response->add_hashes(BytesOf(hash));
  return absl::OkStatus();
}

absl::StatusOr<Hash> Proofs::RootAt(uint64_t size) const {
  Subtrees subtrees(*store_, *log_);
  return merkle::RootOf(size, subtrees);
}

}  // namespace redvest
