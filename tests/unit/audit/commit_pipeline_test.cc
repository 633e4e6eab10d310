#include "ledger/audit/commit_pipeline.h"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "ledger/merkle/frontier.h"
#include "tests/unit/projection/sample_events.h"

namespace redvest {
namespace {

// Hands out commits of the sizes given, then `end`. Its views are gone with the next call.
class FakeCursor final : public CommitCursor {
 public:
  FakeCursor(std::vector<std::string> events, std::vector<size_t> sizes, absl::Status end)
      : events_(std::move(events)), sizes_(std::move(sizes)), end_(std::move(end)) {}

  absl::StatusOr<std::optional<CommitView>> Next() override {
    current_.clear();
    if (commit_ == sizes_.size()) {
      if (end_.ok()) return std::nullopt;
      return end_;
    }
    CommitView view;
    view.first = Sequence(at_ + 1);
    for (size_t left = sizes_[commit_++]; left > 0; --left) current_.push_back(events_[at_++]);
    for (const std::string& event : current_) view.events.push_back(event);
    return view;
  }

 private:
  const std::vector<std::string> events_;
  const std::vector<size_t> sizes_;
  const absl::Status end_;
  std::vector<std::string> current_;
  size_t commit_ = 0;
  size_t at_ = 0;
};

class CommitPipelineTest : public testing::Test {
 protected:
  CommitPipelineTest() {
    sample::History history(seed_);
    history.Grow(3000);
    for (const auto& event : history.events()) events_.push_back(event.SerializeAsString());
    std::mt19937_64 random(seed_);
    for (size_t left = events_.size(); left > 0; left -= sizes_.back()) {
      sizes_.push_back(std::min<size_t>(left, 1 + random() % (random() % 4 == 0 ? 700 : 20)));
    }
  }
  std::unique_ptr<CommitCursor> Cursor(absl::Status end = absl::OkStatus()) const {
    return std::make_unique<FakeCursor>(events_, sizes_, std::move(end));
  }

  const uint64_t seed_ = sample::Seed();
  std::vector<std::string> events_;
  std::vector<size_t> sizes_;
};

TEST_F(CommitPipelineTest, GivesEveryEventInOrderWithItsPostings) {
  CommitPipeline pipeline(Cursor(), nullptr);
  size_t at = 0;
  for (const size_t size : sizes_) {
    const auto commit = pipeline.Next();
    ASSERT_TRUE(commit.ok());
    ASSERT_NE(*commit, nullptr);
    EXPECT_EQ((*commit)->first, Sequence(at + 1));
    ASSERT_EQ((*commit)->events.size(), size);
    for (const PreparedEvent& event : (*commit)->events) {
      ASSERT_EQ(event.bytes, events_[at++]);
      ASSERT_NE(event.event, nullptr);
      ASSERT_EQ(Postings(event.postings.begin(), event.postings.end()), PostingsOf(*event.event));
    }
  }
  EXPECT_EQ(*pipeline.Next(), nullptr);
  EXPECT_EQ(*pipeline.Next(), nullptr) << "the end stays the end";
}

TEST_F(CommitPipelineTest, SubtreesMakeTheSameTreeAsLeaves) {
  CommitPipeline pipeline(Cursor(), nullptr);
  merkle::Hasher hasher;
  merkle::Frontier by_leaves, by_subtrees;
  for (auto commit = pipeline.Next(); commit.ok() && *commit != nullptr; commit = pipeline.Next()) {
    for (const PreparedEvent& event : (*commit)->events) by_leaves.Add(hasher.Leaf(event.bytes), hasher);
    for (const auto& subtree : (*commit)->subtrees) {
      ASSERT_LE(subtree.level, PreparedCommit::kSubtreeLevelMax);
      ASSERT_EQ(by_subtrees.size() % (uint64_t{1} << subtree.level), 0u);
      by_subtrees.AddSubtree(subtree.level, subtree.root, [](int, uint64_t, const merkle::Hash&) {});
    }
    ASSERT_EQ(by_subtrees.Encode(), by_leaves.Encode());
  }
  EXPECT_EQ(by_subtrees.size(), events_.size());
}

TEST_F(CommitPipelineTest, AnErrorComesInItsPlace) {
  CommitPipeline pipeline(Cursor(absl::DataLossError("torn")), nullptr);
  for (size_t i = 0; i < sizes_.size(); ++i) ASSERT_TRUE(pipeline.Next().ok()) << i;
  EXPECT_EQ(pipeline.Next().status(), absl::DataLossError("torn"));
}

TEST_F(CommitPipelineTest, AnEventThatCannotBeReadIsTold) {
  events_[1234] = "\xFFrubbish";
  CommitPipeline pipeline(Cursor(), nullptr);
  size_t at = 0;
  for (auto commit = pipeline.Next(); commit.ok() && *commit != nullptr; commit = pipeline.Next()) {
    for (const PreparedEvent& event : (*commit)->events) EXPECT_EQ(event.event == nullptr, at++ == 1234);
  }
  EXPECT_EQ(at, events_.size());
}

TEST_F(CommitPipelineTest, WorkIsDoneOnceForEveryCommit) {
  std::atomic<size_t> events = 0;
  CommitPipeline pipeline(Cursor(), [&events](PreparedCommit* commit) { events += commit->events.size(); });
  for (auto commit = pipeline.Next(); commit.ok() && *commit != nullptr;) commit = pipeline.Next();
  EXPECT_EQ(events, events_.size());
}

TEST_F(CommitPipelineTest, MayBeLeftInTheMiddle) {
  CommitPipeline pipeline(Cursor(), nullptr);
  EXPECT_TRUE(pipeline.Next().ok());
}

}  // namespace
}  // namespace redvest
