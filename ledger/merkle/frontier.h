// The right edge of a growing tree: all that is needed to add leaves and to tell the root. Stands alone.
#ifndef REDVEST_LEDGER_MERKLE_FRONTIER_H_
#define REDVEST_LEDGER_MERKLE_FRONTIER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "ledger/merkle/hash.h"

namespace redvest::merkle {

// Not thread-safe.
class Frontier {
 public:
  // Adds the next leaf by its hash.
  void Add(const Hash& leaf, Hasher& hasher);
  // Adds the next 2^level leaves at once, by the root over them. Calls completed(level, index, root) for that
  // subtree and for every larger one that it completes: the one over the leaves [index << level, (index + 1)
  // << level). REQUIRES: size() is a multiple of 2^level.
  using Completed = absl::FunctionRef<void(int level, uint64_t index, const Hash& root)>;
  void AddSubtree(int level, const Hash& root, Completed completed);
  // Leaves so far.
  uint64_t size() const { return size_; }
  // The root (RFC 6962 section 2.1) over all leaves so far.
  Hash Root(Hasher& hasher) const;

  // Size and hashes as bytes, and back; nothing where the bytes are not those of a frontier.
  std::string Encode() const;
  static std::optional<Frontier> Decode(std::string_view bytes);

 private:
  uint64_t size_ = 0;
  // Roots of the perfect subtrees from left to right. Invariant: one for each 1 bit of size_, largest first.
  std::vector<Hash> subtrees_;
};

}  // namespace redvest::merkle

#endif  // REDVEST_LEDGER_MERKLE_FRONTIER_H_
