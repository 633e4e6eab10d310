#include "ledger/audit/all_cores.h"

#include <gtest/gtest.h>

#include <atomic>

namespace redvest {
namespace {

TEST(AllCoresTest, EveryTaskIsDoneOnceBeforeItReturns) {
  std::vector<std::atomic<int>> done(1000);
  std::vector<std::function<void()>> tasks;
  for (std::atomic<int>& each : done) tasks.push_back([&each] { ++each; });
  RunOnAllCores(tasks);
  for (size_t i = 0; i < done.size(); ++i) EXPECT_EQ(done[i], 1) << i;
}

TEST(AllCoresTest, NoTaskIsNoWork) { RunOnAllCores({}); }

}  // namespace
}  // namespace redvest
