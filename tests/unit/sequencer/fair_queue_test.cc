#include "ledger/sequencer/fair_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <random>

namespace redvest {
namespace {

constexpr size_t kSlice = FairQueue::kSliceCommands;
constexpr size_t kBrief = FairQueue::kBriefCommands;

class FairQueueTest : public testing::Test {
 protected:
  // `count` commands of `terminal`; `tag` tells the submission from others.
  void Push(uint64_t terminal, size_t count, uint64_t tag = 0) {
    auto commands = std::make_shared<std::vector<v1::Command>>(count);
    commands->front().set_terminal_id(terminal);
    commands->front().set_serial(tag);
    PendingList arrived;
    arrived.push_back({.submission = {.commands = *commands, .owner = commands, .done = nullptr}});
    queue_.Push(&arrived);
  }

  struct Turn {
    uint64_t terminal;
    uint64_t tag;
    size_t commands;
    bool finished;
  };
  // Serves the next as the writer does.
  Turn Serve() {
    PendingList& line = queue_.Next();
    Pending& pending = line.front();
    const v1::Command& first = pending.submission.commands.front();
    Turn turn{first.terminal_id(), first.serial(), std::min(kSlice, pending.left()), false};
    pending.result.taken += turn.commands;
    turn.finished = pending.left() == 0;
    if (turn.finished) line.pop_front();
    queue_.Served(turn.commands);
    return turn;
  }

  FairQueue queue_;
};

TEST_F(FairQueueTest, ASaleDoesNotWaitBehindUploads) {
  for (uint64_t terminal = 1; terminal <= 100; ++terminal) Push(terminal, 10 * kSlice);
  Serve();
  Push(101, 1);
  EXPECT_EQ(Serve().terminal, 101u);
  EXPECT_EQ(Serve().terminal, 2u);
}

TEST_F(FairQueueTest, ATerminalsOrderIsKeptWhateverItSends) {
  Push(1, 3 * kSlice, 1);
  Push(1, 1, 2);
  Push(1, 2 * kSlice, 3);
  Push(1, kBrief, 4);
  std::vector<uint64_t> finished;
  while (!queue_.empty()) {
    const Turn turn = Serve();
    if (turn.finished) finished.push_back(turn.tag);
  }
  EXPECT_EQ(finished, (std::vector<uint64_t>{1, 2, 3, 4}));
}

TEST_F(FairQueueTest, UploadsTakeTurnsSliceBySlice) {
  for (uint64_t terminal = 1; terminal <= 3; ++terminal) Push(terminal, 4 * kSlice);
  for (int round = 0; round < 4; ++round) {
    for (uint64_t terminal = 1; terminal <= 3; ++terminal) {
      const Turn turn = Serve();
      EXPECT_EQ(turn.terminal, terminal);
      EXPECT_EQ(turn.commands, kSlice);
    }
  }
  EXPECT_TRUE(queue_.empty());
}

TEST_F(FairQueueTest, SalesWithoutEndLeaveHalfToUploads) {
  Push(1, 100 * kSlice);
  uint64_t till = 2;
  size_t brief = 0;
  size_t uploaded = 0;
  while (uploaded < 100 * kSlice) {
    while (till % 5 != 0) Push(++till, 1);
    const Turn turn = Serve();
    (turn.terminal == 1 ? uploaded : brief) += turn.commands;
    ++till;
    EXPECT_LE(brief, uploaded + kSlice);
  }
}

TEST_F(FairQueueTest, EverythingThatWaitsCanBeTakenOut) {
  Push(1, 3 * kSlice, 1);
  Push(1, 1, 2);
  Push(2, 1, 3);
  Serve();
  EXPECT_EQ(queue_.TakeAll().size(), 2u) << "the sale of terminal 2 was served";
  EXPECT_TRUE(queue_.empty());
  Push(1, 1, 4);
  EXPECT_EQ(Serve().tag, 4u);
  EXPECT_TRUE(queue_.empty());
}

// Terminals of all kinds come and go at random: each one's order is kept, nothing is lost, and whoever is
// brief waits no longer than the contract says.
TEST_F(FairQueueTest, AtRandomNobodyWaitsLongerThanPromised) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  struct Waiting {
    uint64_t tag;
    bool brief;
    size_t promised;  // commands decided until it is, at most; for one that stands first in its line
  };
  std::map<uint64_t, std::deque<Waiting>> lines;
  size_t decided = 0;
  size_t brief_waiting = 0;
  uint64_t tag = 0;
  for (int step = 0; step < 20'000 || !queue_.empty(); ++step) {
    if (step < 20'000 && random() % 3 == 0) {
      // Sales come from terminals of their own, uploads from others.
      const bool brief = random() % 2 == 0;
      const uint64_t terminal = random() % 50 * 2 + (brief ? 1 : 2);
      const size_t count = brief ? 1 + random() % kBrief : kBrief + 1 + random() % (4 * kSlice);
      auto& line = lines[terminal];
      if (brief && !line.empty()) continue;  // one sale at a time
      if (brief) brief_waiting += count;
      line.push_back({++tag, brief, decided + 2 * brief_waiting + 2 * kSlice});
      Push(terminal, count, tag);
    }
    if (queue_.empty() || random() % 2 == 0) continue;
    const Turn turn = Serve();
    auto& line = lines[turn.terminal];
    ASSERT_FALSE(line.empty());
    ASSERT_EQ(turn.tag, line.front().tag);
    decided += turn.commands;
    if (line.front().brief) {
      EXPECT_LE(decided, line.front().promised);
      brief_waiting -= turn.commands;
    }
    if (turn.finished) line.pop_front();
  }
  for (const auto& [terminal, line] : lines) EXPECT_TRUE(line.empty());
}

}  // namespace
}  // namespace redvest
