#include "ledger/merkle/proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "ledger/merkle/hash.h"
#include "tests/unit/merkle/textbook.h"

namespace redvest::merkle {
namespace {

using testing::HasSubstr;

std::vector<std::string> SomeLeaves(size_t count) {
  std::vector<std::string> leaves;
  for (size_t i = 0; i < count; ++i) leaves.push_back("leaf " + std::to_string(i));
  return leaves;
}

// Why a proof was refused; empty where it was not.
std::string Refusal(const absl::Status& status) {
  if (status.ok()) return "";
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST(Proof, EqualsThePublishedInclusionProofs) {
  const struct {
    uint64_t index;
    uint64_t size;
    std::vector<std::string> proof;
  } kVectors[] = {
      {0,
       8,
       {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
      {5,
       8,
       {"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
      {2, 3, {"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"}},
      {1,
       5,
       {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}},
  };
  for (const auto& vector : kVectors) {
    const Leaves leaves = Leaves(ReferenceLeaves()).first(vector.size);
    const absl::StatusOr<Proof> proof = InclusionProof(vector.index, vector.size, SubtreesOf(leaves));
    ASSERT_TRUE(proof.ok());
    EXPECT_EQ(HexOf(*proof), vector.proof) << vector.index << " of " << vector.size;
    const absl::StatusOr<Hash> root =
        RootFromInclusion(vector.index, vector.size, Hasher::Leaf(leaves[vector.index]), *proof);
    ASSERT_TRUE(root.ok());
    EXPECT_EQ(ToHex(*root), kReferenceRoots[vector.size]);
  }
}

TEST(Proof, EqualsThePublishedConsistencyProofs) {
  const struct {
    uint64_t old_size;
    uint64_t new_size;
    std::vector<std::string> proof;
  } kVectors[] = {
      {1, 1, {}},
      {1,
       8,
       {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
      {6,
       8,
       {"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
      {2,
       5,
       {"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}},
  };
  for (const auto& vector : kVectors) {
    const Leaves leaves = ReferenceLeaves();
    const absl::StatusOr<Proof> proof =
        ConsistencyProof(vector.old_size, vector.new_size, SubtreesOf(leaves));
    ASSERT_TRUE(proof.ok());
    EXPECT_EQ(HexOf(*proof), vector.proof) << vector.old_size << " in " << vector.new_size;
    EXPECT_EQ(Refusal(VerifyConsistency(vector.old_size, vector.new_size,
                                        TextbookRoot(leaves.first(vector.old_size)),
                                        TextbookRoot(leaves.first(vector.new_size)), *proof)),
              "");
  }
}

TEST(Proof, AgreesWithTheTextbookForEveryLeafOfEverySmallTree) {
  const std::vector<std::string> all = SomeLeaves(70);
  for (size_t size = 1; size <= all.size(); ++size) {
    const Leaves leaves = Leaves(all).first(size);
    const Hash root = TextbookRoot(leaves);
    ASSERT_EQ(*RootOf(size, SubtreesOf(leaves)), root) << size;
    for (size_t index = 0; index < size; ++index) {
      const absl::StatusOr<Proof> proof = InclusionProof(index, size, SubtreesOf(leaves));
      ASSERT_TRUE(proof.ok());
      ASSERT_EQ(*proof, TextbookPath(index, leaves)) << index << " of " << size;
      ASSERT_EQ(proof->size(), InclusionProofLength(index, size)) << index << " of " << size;
      ASSERT_EQ(Refusal(VerifyInclusion(index, size, Hasher::Leaf(leaves[index]), *proof, root)), "")
          << index << " of " << size;
    }
  }
}

TEST(Proof, AgreesWithTheTextbookForEveryPairOfSmallTrees) {
  const std::vector<std::string> all = SomeLeaves(70);
  for (size_t new_size = 1; new_size <= all.size(); ++new_size) {
    const Leaves leaves = Leaves(all).first(new_size);
    const Hash new_root = TextbookRoot(leaves);
    for (size_t old_size = 1; old_size <= new_size; ++old_size) {
      const absl::StatusOr<Proof> proof = ConsistencyProof(old_size, new_size, SubtreesOf(leaves));
      ASSERT_TRUE(proof.ok());
      ASSERT_EQ(*proof, TextbookSubproof(old_size, leaves, true)) << old_size << " in " << new_size;
      const Hash old_root = TextbookRoot(leaves.first(old_size));
      ASSERT_EQ(Refusal(VerifyConsistency(old_size, new_size, old_root, new_root, *proof)), "")
          << old_size << " in " << new_size;
    }
  }
}

TEST(Proof, AgreesWithTheTextbookInLargeTreesAtRandom) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::vector<std::string> all = SomeLeaves(3000);
  for (int round = 0; round < 30; ++round) {
    const size_t size = 1 + random() % all.size();
    const size_t index = random() % size;
    const size_t old_size = 1 + random() % size;
    SCOPED_TRACE(std::to_string(index) + " and " + std::to_string(old_size) + " of " + std::to_string(size));
    const Leaves leaves = Leaves(all).first(size);
    const absl::StatusOr<Proof> inclusion = InclusionProof(index, size, SubtreesOf(leaves));
    ASSERT_TRUE(inclusion.ok());
    ASSERT_EQ(*inclusion, TextbookPath(index, leaves));
    const Hash root = TextbookRoot(leaves);
    ASSERT_EQ(Refusal(VerifyInclusion(index, size, Hasher::Leaf(leaves[index]), *inclusion, root)), "");
    const absl::StatusOr<Proof> consistency = ConsistencyProof(old_size, size, SubtreesOf(leaves));
    ASSERT_TRUE(consistency.ok());
    ASSERT_EQ(*consistency, TextbookSubproof(old_size, leaves, true));
    const Hash old_root = TextbookRoot(leaves.first(old_size));
    ASSERT_EQ(Refusal(VerifyConsistency(old_size, size, old_root, root, *consistency)), "");
  }
}

TEST(Proof, WorksAtTheLargestSizes) {
  constexpr uint64_t kMost = ~uint64_t{0};
  // Any subtree has the same root, so only the ways through the tree count.
  const auto subtrees = [](int level, uint64_t) -> absl::StatusOr<Hash> {
    Hash hash = Hasher::Leaf("same");
    for (; level > 0; --level) hash = Hasher::Node(hash, hash);
    return hash;
  };
  const absl::StatusOr<Hash> root = RootOf(kMost, subtrees);
  ASSERT_TRUE(root.ok());
  for (uint64_t index : {uint64_t{0}, uint64_t{1} << 63, kMost - 2, kMost - 1}) {
    const absl::StatusOr<Proof> proof = InclusionProof(index, kMost, subtrees);
    ASSERT_TRUE(proof.ok());
    EXPECT_EQ(proof->size(), InclusionProofLength(index, kMost));
    EXPECT_EQ(Refusal(VerifyInclusion(index, kMost, Hasher::Leaf("same"), *proof, *root)), "") << index;
  }
  for (uint64_t old_size : {uint64_t{1}, uint64_t{1} << 63, (uint64_t{1} << 63) + 1, kMost - 1}) {
    const absl::StatusOr<Proof> proof = ConsistencyProof(old_size, kMost, subtrees);
    ASSERT_TRUE(proof.ok());
    const absl::StatusOr<Hash> old_root = RootOf(old_size, subtrees);
    EXPECT_EQ(Refusal(VerifyConsistency(old_size, kMost, *old_root, *root, *proof)), "") << old_size;
  }
}

TEST(Proof, PassesOnTheFailureOfItsSource) {
  const auto lost = [](int, uint64_t) -> absl::StatusOr<Hash> {
    return absl::DataLossError("a tile is gone");
  };
  EXPECT_EQ(RootOf(5, lost).status(), absl::DataLossError("a tile is gone"));
  EXPECT_EQ(InclusionProof(1, 5, lost).status(), absl::DataLossError("a tile is gone"));
  EXPECT_EQ(ConsistencyProof(3, 5, lost).status(), absl::DataLossError("a tile is gone"));
}

class RefusedInclusion : public testing::Test {
 protected:
  static constexpr uint64_t kIndex = 21;
  static constexpr uint64_t kSize = 37;
  const std::vector<std::string> leaves_ = SomeLeaves(kSize);
  const Hash leaf_ = Hasher::Leaf(leaves_[kIndex]);
  const Hash root_ = TextbookRoot(leaves_);
  const Proof proof_ = TextbookPath(kIndex, leaves_);
};

TEST_F(RefusedInclusion, AnEmptyTreeProvesNothing) {
  EXPECT_THAT(Refusal(VerifyInclusion(0, 0, leaf_, {}, Hasher::Empty())),
              HasSubstr("an empty tree proves nothing"));
}

TEST_F(RefusedInclusion, AnIndexOutsideOfTheTree) {
  EXPECT_THAT(Refusal(VerifyInclusion(kSize, kSize, leaf_, proof_, root_)),
              HasSubstr("the index 37 is not in a tree of 37 leaves"));
  EXPECT_THAT(Refusal(VerifyInclusion(~uint64_t{0}, kSize, leaf_, proof_, root_)),
              HasSubstr("is not in a tree"));
}

TEST_F(RefusedInclusion, AnyOtherIndex) {
  for (uint64_t index = 0; index < kSize; ++index) {
    if (index == kIndex) continue;
    EXPECT_NE(Refusal(VerifyInclusion(index, kSize, leaf_, proof_, root_)), "") << index;
  }
}

TEST_F(RefusedInclusion, AnotherLength) {
  Proof longer = proof_;
  longer.push_back(root_);
  EXPECT_THAT(Refusal(VerifyInclusion(kIndex, kSize, leaf_, longer, root_)),
              HasSubstr("the proof has 7 hashes, and its place in the tree asks for 6"));
  Proof shorter = proof_;
  shorter.pop_back();
  EXPECT_THAT(Refusal(VerifyInclusion(kIndex, kSize, leaf_, shorter, root_)),
              HasSubstr("the proof has 5 hashes, and its place in the tree asks for 6"));
  EXPECT_THAT(Refusal(VerifyInclusion(kIndex, kSize, leaf_, {}, root_)), HasSubstr("the proof has 0 hashes"));
  EXPECT_THAT(Refusal(VerifyInclusion(0, 1, leaf_, {leaf_}, leaf_)), HasSubstr("asks for 0"));
}

TEST_F(RefusedInclusion, AnotherRoot) {
  EXPECT_THAT(Refusal(VerifyInclusion(kIndex, kSize, leaf_, proof_, leaf_)),
              HasSubstr("and the root of the tree is " + ToHex(leaf_)));
}

TEST_F(RefusedInclusion, HashesInAnotherOrder) {
  for (size_t i = 1; i < proof_.size(); ++i) {
    Proof swapped = proof_;
    std::swap(swapped[i - 1], swapped[i]);
    EXPECT_NE(Refusal(VerifyInclusion(kIndex, kSize, leaf_, swapped, root_)), "");
  }
}

TEST_F(RefusedInclusion, EveryFlippedBit) {
  for (size_t hash = 0; hash < proof_.size(); ++hash) {
    for (size_t bit = 0; bit < 8 * sizeof(Hash); ++bit) {
      Proof flipped = proof_;
      flipped[hash][bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
      ASSERT_THAT(Refusal(VerifyInclusion(kIndex, kSize, leaf_, flipped, root_)),
                  HasSubstr("leads to the root"));
    }
  }
}

class RefusedConsistency : public testing::Test {
 protected:
  static constexpr uint64_t kOld = 21;
  static constexpr uint64_t kNew = 37;
  const std::vector<std::string> leaves_ = SomeLeaves(kNew);
  const Hash old_root_ = TextbookRoot(Leaves(leaves_).first(kOld));
  const Hash new_root_ = TextbookRoot(leaves_);
  const Proof proof_ = TextbookSubproof(kOld, leaves_, true);
};

TEST_F(RefusedConsistency, AnEmptyTreeProvesNothing) {
  EXPECT_THAT(Refusal(VerifyConsistency(0, kNew, Hasher::Empty(), new_root_, {})),
              HasSubstr("an empty tree proves nothing"));
  EXPECT_THAT(Refusal(VerifyConsistency(0, 0, Hasher::Empty(), Hasher::Empty(), {})),
              HasSubstr("an empty tree proves nothing"));
}

TEST_F(RefusedConsistency, SizesInTheWrongOrder) {
  EXPECT_THAT(Refusal(VerifyConsistency(kNew, kOld, new_root_, old_root_, proof_)),
              HasSubstr("a tree of 37 leaves is not the beginning of one of 21"));
}

TEST_F(RefusedConsistency, AnyOtherSize) {
  for (uint64_t old_size = 1; old_size < kNew; ++old_size) {
    if (old_size == kOld) continue;
    EXPECT_NE(Refusal(VerifyConsistency(old_size, kNew, old_root_, new_root_, proof_)), "") << old_size;
  }
}

TEST_F(RefusedConsistency, AnotherLength) {
  Proof longer = proof_;
  longer.push_back(new_root_);
  EXPECT_THAT(Refusal(VerifyConsistency(kOld, kNew, old_root_, new_root_, longer)), HasSubstr("asks for 7"));
  Proof shorter = proof_;
  shorter.pop_back();
  EXPECT_THAT(Refusal(VerifyConsistency(kOld, kNew, old_root_, new_root_, shorter)), HasSubstr("asks for 7"));
  EXPECT_THAT(Refusal(VerifyConsistency(kOld, kNew, old_root_, new_root_, {})), HasSubstr("has 0 hashes"));
  EXPECT_THAT(Refusal(VerifyConsistency(kOld, kOld, old_root_, old_root_, {old_root_})),
              HasSubstr("asks for 0"));
}

TEST_F(RefusedConsistency, AnotherRoot) {
  EXPECT_THAT(Refusal(VerifyConsistency(kOld, kNew, new_root_, new_root_, proof_)),
              HasSubstr("for the older tree"));
  EXPECT_THAT(Refusal(VerifyConsistency(kOld, kNew, old_root_, old_root_, proof_)),
              HasSubstr("for the newer tree"));
  EXPECT_THAT(Refusal(VerifyConsistency(kOld, kOld, old_root_, new_root_, {})),
              HasSubstr("for the newer tree"));
}

TEST_F(RefusedConsistency, AnotherRootOfAPerfectOldTree) {
  const Proof proof = TextbookSubproof(16, leaves_, true);
  EXPECT_EQ(Refusal(VerifyConsistency(16, kNew, TextbookRoot(Leaves(leaves_).first(16)), new_root_, proof)),
            "");
  EXPECT_THAT(Refusal(VerifyConsistency(16, kNew, old_root_, new_root_, proof)),
              HasSubstr("for the newer tree"));
}

TEST_F(RefusedConsistency, EveryFlippedBit) {
  for (size_t hash = 0; hash < proof_.size(); ++hash) {
    for (size_t bit = 0; bit < 8 * sizeof(Hash); ++bit) {
      Proof flipped = proof_;
      flipped[hash][bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
      ASSERT_THAT(Refusal(VerifyConsistency(kOld, kNew, old_root_, new_root_, flipped)),
                  HasSubstr("leads to the root"));
    }
  }
}

}  // namespace
}  // namespace redvest::merkle
