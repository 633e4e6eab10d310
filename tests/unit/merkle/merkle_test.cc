#include <gtest/gtest.h>

#include <bit>
#include <span>
#include <string>
#include <vector>

#include "ledger/merkle/frontier.h"
#include "ledger/merkle/hash.h"

namespace redvest::merkle {
namespace {

// RFC 6962 section 2.1, word for word.
Hash TextbookRoot(std::span<const std::string> leaves, Hasher& hasher) {
  if (leaves.empty()) return hasher.Empty();
  if (leaves.size() == 1) return hasher.Leaf(leaves.front());
  const size_t k = std::bit_floor(leaves.size() - 1);  // the largest power of two smaller than n
  const Hash left = TextbookRoot(leaves.subspan(0, k), hasher);
  const Hash right = TextbookRoot(leaves.subspan(k), hasher);
  return hasher.Node(left, right);
}

// The leaves and roots that certificate-transparency implementations are tested with.
const std::vector<std::string>& ReferenceLeaves() {
  using namespace std::string_literals;
  static const std::vector<std::string> leaves = {
      ""s,
      "\x00"s,
      "\x10"s,
      "\x20\x21"s,
      "\x30\x31"s,
      "\x40\x41\x42\x43"s,
      "\x50\x51\x52\x53\x54\x55\x56\x57"s,
      "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"s,
  };
  return leaves;
}
constexpr const char* kReferenceRoots[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

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
    ASSERT_EQ(frontier.Root(hasher), TextbookRoot(leaves, hasher)) << n << " leaves";
    leaves.push_back(std::string(static_cast<size_t>(n % 130), 'x') + std::to_string(n));
    frontier.Add(hasher.Leaf(leaves.back()), hasher);
  }
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
