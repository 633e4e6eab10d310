#include "ledger/query/proofs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "ledger/base/error.h"
#include "ledger/merkle/proof.h"
#include "ledger/projection/replay.h"
#include "tests/unit/log/log_builder.h"
#include "tests/unit/projection/sample_events.h"

namespace redvest {
namespace {

using merkle::Hash;

// Every perfect subtree there is, from all leaves.
class AllSubtrees {
 public:
  void Add(const Hash& leaf) {
    levels_.front().push_back(leaf);
    for (size_t level = 0; levels_[level].size() % 2 == 0; ++level) {
      if (level + 1 == levels_.size()) levels_.emplace_back();
      const std::vector<Hash>& below = levels_[level];
      levels_[level + 1].push_back(merkle::Hasher::Node(below[below.size() - 2], below.back()));
    }
  }
  uint64_t size() const { return levels_.front().size(); }
  const Hash& leaf(uint64_t index) const { return levels_.front()[index]; }
  absl::StatusOr<Hash> operator()(int level, uint64_t index) const {
    return levels_.at(static_cast<size_t>(level)).at(index);
  }

 private:
  std::vector<std::vector<Hash>> levels_ = std::vector<std::vector<Hash>>(1);
};

class ProofsTest : public testing::Test {
 protected:
  ProofsTest()
      : random_(sample::Seed()),
        store_(NewMemoryStore()),
        builder_(store_.get()),
        proofs_(store_.get(), builder_.log()) {}

  uint64_t Random(uint64_t below) { return random_() % below; }

  // Adds events in commits of 1 to `commit_max`.
  void Grow(uint64_t count, uint64_t commit_max) {
    for (uint64_t left = count; left > 0;) {
      for (uint64_t n = 1 + Random(std::min(left, commit_max)); n > 0; --n, --left) {
        event::v1::Event event = sample::Voided(1, 1 + static_cast<int64_t>(Random(1000)));
        event.set_serial(all_.size() + 1);
        const std::string bytes = event.SerializeAsString();
        builder_.AddBytes(bytes);
        all_.Add(merkle::Hasher::Leaf(bytes));
      }
      builder_.Commit();
    }
  }
  // Starts the projection anew with what is stored, and goes on up to `end`.
  void ProjectUpTo(uint64_t end) {
    std::vector<std::unique_ptr<Projection>> tree;
    tree.push_back(NewTreeProjection());
    Replay replay(builder_.log(), store_.get(), std::move(tree));
    ASSERT_TRUE(replay.Load().ok());
    while (replay.position().value() < end) {
      // Also in the middle of a commit.
      const uint64_t next = replay.position().value() + 1 + Random(end - replay.position().value());
      ASSERT_TRUE(replay.Step(Sequence(next)).ok());
    }
  }

  static merkle::Proof HashesOf(const google::protobuf::RepeatedPtrField<std::string>& hashes) {
    merkle::Proof proof;
    for (const std::string& bytes : hashes) {
      EXPECT_EQ(bytes.size(), sizeof(Hash));
      std::copy(bytes.begin(), bytes.end(), proof.emplace_back().begin());
    }
    return proof;
  }
  absl::StatusOr<v1::GetInclusionProofResponse> Inclusion(uint64_t sequence, uint64_t size) {
    v1::GetInclusionProofRequest request;
    request.set_sequence(sequence);
    request.set_tree_size(size);
    v1::GetInclusionProofResponse response;
    const Sequence head = builder_.log()->last_sequence();
    if (absl::Status status = proofs_.GetInclusionProof(request, head, &response); !status.ok())
      return status;
    return response;
  }
  absl::StatusOr<v1::GetConsistencyProofResponse> Consistency(uint64_t old_size, uint64_t new_size) {
    v1::GetConsistencyProofRequest request;
    request.set_old_tree_size(old_size);
    request.set_new_tree_size(new_size);
    v1::GetConsistencyProofResponse response;
    const Sequence head = builder_.log()->last_sequence();
    if (absl::Status status = proofs_.GetConsistencyProof(request, head, &response); !status.ok())
      return status;
    return response;
  }

  // A proof of each kind for some place in some tree, against those made from all leaves.
  void ExpectRight(uint64_t index, uint64_t size) {
    const Hash root = *merkle::RootOf(size, all_);
    ASSERT_EQ(*proofs_.RootAt(size), root) << size;
    const auto inclusion = Inclusion(index + 1, size);
    ASSERT_TRUE(inclusion.ok()) << inclusion.status();
    ASSERT_EQ(inclusion->tree_size(), size);
    const Hash& leaf = all_.leaf(index);
    ASSERT_EQ(inclusion->leaf_hash(), std::string(leaf.begin(), leaf.end())) << index;
    ASSERT_EQ(HashesOf(inclusion->hashes()), *merkle::InclusionProof(index, size, all_))
        << index << " of " << size;
    ASSERT_TRUE(merkle::VerifyInclusion(index, size, leaf, HashesOf(inclusion->hashes()), root).ok());

    const auto consistency = Consistency(index + 1, size);
    ASSERT_TRUE(consistency.ok()) << consistency.status();
    ASSERT_EQ(consistency->new_tree_size(), size);
    const merkle::Proof proof = HashesOf(consistency->hashes());
    ASSERT_EQ(proof, *merkle::ConsistencyProof(index + 1, size, all_)) << index + 1 << " of " << size;
    const Hash old_root = *merkle::RootOf(index + 1, all_);
    ASSERT_TRUE(merkle::VerifyConsistency(index + 1, size, old_root, root, proof).ok());
  }

  std::mt19937_64 random_;
  std::unique_ptr<Store> store_;
  LogBuilder builder_;
  AllSubtrees all_;
  const Proofs proofs_;
};

v1::ErrorReason ReasonOf(const absl::Status& status) {
  const auto detail = DetailOf(status);
  return detail.has_value() ? detail->reason() : v1::ERROR_REASON_UNSPECIFIED;
}

TEST_F(ProofsTest, AreThoseOfAllLeavesHoweverFarTheProjectionIs) {
  uint64_t projected = 0;
  while (all_.size() < 3'000) {
    Grow(1 + Random(600), 40);
    if (Random(3) != 0) {
      projected += Random(all_.size() - projected + 1);
      ProjectUpTo(projected);
    }
    for (int i = 0; i < 30; ++i) {
      const uint64_t size = 1 + Random(all_.size());
      ExpectRight(Random(size), size);
    }
    ExpectRight(Random(all_.size()), all_.size());
  }
}

TEST_F(ProofsTest, AreThoseOfAllLeavesAtTheEdgesOfKeptSubtrees) {
  // Of two kept levels.
  Grow(65'536 + 600, 2'000);
  ProjectUpTo(65'536 + 300);
  for (const uint64_t edge : {1u, 255u, 256u, 257u, 512u, 65'279u, 65'280u, 65'536u, 65'792u, 66'048u}) {
    for (uint64_t size = edge - 1; size <= edge + 1; ++size) {
      if (size == 0) continue;
      ExpectRight(0, size);
      ExpectRight(size - 1, size);
      ExpectRight(Random(size), size);
    }
  }
  for (int i = 0; i < 50; ++i) {
    const uint64_t size = 1 + Random(all_.size());
    ExpectRight(Random(size), size);
  }
}

TEST_F(ProofsTest, SizeZeroStandsForTheHead) {
  Grow(700, 100);
  EXPECT_EQ(Inclusion(3, 0)->tree_size(), 700u);
  EXPECT_EQ(Consistency(3, 0)->new_tree_size(), 700u);
  EXPECT_EQ(Inclusion(3, 0)->DebugString(), Inclusion(3, 700)->DebugString());
}

TEST_F(ProofsTest, PlacesThatAreNoneAreRefused) {
  Grow(10, 3);
  EXPECT_EQ(ReasonOf(Inclusion(0, 5).status()), v1::ERROR_REASON_FIELD_INVALID);
  EXPECT_EQ(ReasonOf(Inclusion(6, 5).status()), v1::ERROR_REASON_FIELD_INVALID);
  EXPECT_EQ(ReasonOf(Inclusion(5, 11).status()), v1::ERROR_REASON_NOT_REACHED);
  EXPECT_EQ(ReasonOf(Inclusion(11, 0).status()), v1::ERROR_REASON_NOT_REACHED);
  EXPECT_EQ(ReasonOf(Inclusion(UINT64_MAX, UINT64_MAX).status()), v1::ERROR_REASON_NOT_REACHED);
  EXPECT_EQ(ReasonOf(Consistency(0, 5).status()), v1::ERROR_REASON_FIELD_INVALID);
  EXPECT_EQ(ReasonOf(Consistency(6, 5).status()), v1::ERROR_REASON_FIELD_INVALID);
  EXPECT_EQ(ReasonOf(Consistency(5, 11).status()), v1::ERROR_REASON_NOT_REACHED);
  EXPECT_EQ(ReasonOf(Consistency(11, 0).status()), v1::ERROR_REASON_NOT_REACHED);
  EXPECT_TRUE(Inclusion(10, 10).ok());
  EXPECT_EQ(Consistency(10, 10)->hashes_size(), 0);
}

TEST_F(ProofsTest, DamagedRowIsReportedAndNotRead) {
  Grow(600, 50);
  ProjectUpTo(600);
  const std::string key("\x01\0\0\0\0\0\0\0\0", 9);
  ASSERT_EQ((*store_->Get(TableId::kTree, key))->size(), sizeof(Hash));
  ASSERT_TRUE(store_
                  ->Write({.table = TableId::kTree, .puts = {{key, "short"}}, .deletes = {}},
                          Durability::kRebuildable)
                  .ok());
  EXPECT_EQ(Inclusion(300, 600).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(proofs_.RootAt(601).status().code(), absl::StatusCode::kDataLoss);  // the log is shorter
}

}  // namespace
}  // namespace redvest
