#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ledger/merkle/frontier.h"
#include "ledger/merkle/hash.h"
#include "tests/unit/merkle/textbook.h"

namespace redvest::merkle {
namespace {

TEST(Frontier, GivesTheReferenceRoots) {
  Hasher hasher;
  Frontier frontier;
  EXPECT_EQ(ToHex(frontier.Root(hasher)), kReferenceRoots[0]);
  for (size_t n = 1; n <= ReferenceLeaves().size(); ++n) {
    frontier.Add(hasher.Leaf(ReferenceLeaves()[n - 1]), hasher);
    EXPECT_EQ(frontier.size(), n);
    EXPECT_EQ(ToHex(frontier.Root(hasher)), kReferenceRoots[n]);
  }
}

TEST(Frontier, AgreesWithTheTextbookAtEverySize) {
  Hasher hasher;
  Frontier frontier;
  std::vector<std::string> leaves;
  for (int n = 0; n < 300; ++n) {
    ASSERT_EQ(frontier.Root(hasher), TextbookRoot(leaves)) << n << " leaves";
    leaves.push_back(std::string(static_cast<size_t>(n % 130), 'x') + std::to_string(n));
    frontier.Add(hasher.Leaf(leaves.back()), hasher);
  }
}

TEST(Frontier, TakesSubtreesInThePlaceOfTheirLeaves) {
  Hasher hasher;
  std::vector<std::string> leaves;
  for (int n = 0; n < 100; ++n) leaves.push_back(std::to_string(n));
  Frontier by_leaves, by_subtrees;
  for (const std::string& leaf : leaves) by_leaves.Add(hasher.Leaf(leaf), hasher);
  size_t completed_count = 0;
  // 100 leaves in perfect subtrees, each at a place where one of its size may stand.
  for (const int level : {0, 0, 1, 2, 3, 4, 5, 4, 4, 2}) {
    const Leaves covered = Leaves(leaves).subspan(by_subtrees.size(), size_t{1} << level);
    by_subtrees.AddSubtree(level, TextbookRoot(covered), [&](int height, uint64_t index, const Hash& root) {
      ++completed_count;
      EXPECT_EQ(root, TextbookRoot(Leaves(leaves).subspan(index << height, size_t{1} << height)));
    });
  }
  EXPECT_EQ(by_subtrees.size(), leaves.size());
  EXPECT_EQ(by_subtrees.Encode(), by_leaves.Encode());
  EXPECT_GT(completed_count, 10u);
}

TEST(Frontier, GoesOnFromItsBytesAtEverySize) {
  Hasher hasher;
  Frontier frontier;
  for (int n = 0; n < 70; ++n) {
    std::optional<Frontier> copy = Frontier::Decode(frontier.Encode());
    ASSERT_TRUE(copy.has_value());
    EXPECT_EQ(copy->size(), frontier.size());
    const Hash leaf = hasher.Leaf(std::to_string(n));
    frontier.Add(leaf, hasher);
    copy->Add(leaf, hasher);
    EXPECT_EQ(copy->Root(hasher), frontier.Root(hasher));
  }
}

TEST(Frontier, RefusesBytesThatAreNoFrontier) {
  Hasher hasher;
  Frontier frontier;
  for (int n = 0; n < 5; ++n) frontier.Add(hasher.Leaf("x"), hasher);
  const std::string bytes = frontier.Encode();
  EXPECT_EQ(bytes.size(), 8 + 2 * sizeof(Hash));
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(Frontier::Decode(std::string_view(bytes).substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(Frontier::Decode(bytes + "x").has_value());
  EXPECT_FALSE(Frontier::Decode(std::string(8, '\xFF')).has_value());
}

TEST(Hasher, LeavesAndNodesOfTheSameBytesDiffer) {
  Hasher hasher;
  const Hash left = hasher.Leaf("left");
  const Hash right = hasher.Leaf("right");
  const std::string both = std::string(left.begin(), left.end()) + std::string(right.begin(), right.end());
  EXPECT_NE(hasher.Node(left, right), hasher.Leaf(both));
  EXPECT_NE(hasher.Node(left, right), hasher.Node(right, left));
}

}  // namespace
}  // namespace redvest::merkle
