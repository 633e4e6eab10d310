// Reads what the tree projection wrote: roots of the larger perfect subtrees of the log's Merkle tree.
#ifndef REDVEST_LEDGER_PROJECTION_TREE_H_
#define REDVEST_LEDGER_PROJECTION_TREE_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/merkle/hash.h"
#include "ledger/storage/store.h"

namespace redvest {

// Kept are the subtrees of 256, 256², 256³ … leaves: level k stands for 256^k of them.
inline constexpr int kTreeLevelBits = 8;
inline constexpr uint64_t kTreeFanOut = uint64_t{1} << kTreeLevelBits;

// The row that holds the tree's open end.
inline constexpr std::string_view kTreeOpenEndKey{"\0", 1};

// The roots of the subtrees [first, first + count) of `level`, which is at least 1; fewer where the
// projection has not come that far.
absl::StatusOr<std::vector<merkle::Hash>> ReadSubtrees(const Store& store, int level, uint64_t first,
                                                       uint64_t count);

}  // namespace redvest

#endif  // REDVEST_LEDGER_PROJECTION_TREE_H_
