#include "ledger/state/id_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace redvest {
namespace {

using Balances = IdTable<Account, int64_t>;

std::map<Account, int64_t> Changes(Balances& table) {
  std::map<Account, int64_t> changes;
  table.TakeChanges([&changes](const Account& account, int64_t balance) {
    EXPECT_TRUE(changes.emplace(account, balance).second) << "told twice";
  });
  return changes;
}

TEST(IdTableTest, DoesAsAMapDoesWhateverTheNumbersAre) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  Balances table;
  std::map<Account, int64_t> expected, changed;
  for (int i = 0; i < 200'000; ++i) {
    // Numbers in turn, anywhere up to a card's, and the largest there are.
    const uint64_t limits[] = {uint64_t(i) / 10 + 1, 1'000'000, kIdMax, UINT64_MAX};
    const Account account{static_cast<AccountKind>(1 + random() % kAccountKindCount),
                          random() % limits[random() % 4]};
    table.Mutable(account) += i;
    changed[account] = expected[account] += i;
    if (random() % 10'000 != 0) continue;
    EXPECT_EQ(Changes(table), changed);
    changed.clear();
  }
  EXPECT_EQ(table.size(), expected.size());
  size_t visited = 0;
  table.ForEach([&](const Account& account, int64_t balance) {
    ++visited;
    EXPECT_EQ(expected.at(account), balance);
  });
  EXPECT_EQ(visited, expected.size());
  for (const auto& [account, balance] : expected) {
    ASSERT_NE(table.Find(account), nullptr);
    EXPECT_EQ(*table.Find(account), balance);
    const Account other{account.kind, account.id + 1};
    EXPECT_EQ(table.Find(other) != nullptr, expected.contains(other));
  }
}

TEST(IdTableTest, ARowThatWasLoadedDidNotChange) {
  Balances table;
  EXPECT_TRUE(table.Load({AccountKind::kPoints, 7}, -5));
  EXPECT_TRUE(table.Load({AccountKind::kPoints, UINT64_MAX}, -6));
  EXPECT_TRUE(Changes(table).empty());
  table.Mutable({AccountKind::kPoints, 7}) = -4;
  table.Mutable({AccountKind::kPoints, UINT64_MAX}) = -7;
  EXPECT_EQ(Changes(table).size(), 2u);
  EXPECT_TRUE(Changes(table).empty());
}

TEST(IdTableTest, AGroupThatIsNotThereHasNoRowsAndTakesNone) {
  Balances table;
  const Account foreign{static_cast<AccountKind>(255), 1};
  EXPECT_EQ(table.Find(foreign), nullptr);
  EXPECT_FALSE(table.Load(foreign, 1));
}

// A page for each of numbers far apart would take hundreds of bytes a row.
TEST(IdTableTest, NumbersFarApartTakeNoPages) {
  NumberedRows<std::array<char, 1024>> rows;
  for (uint64_t i = 1; i <= 1'000; ++i) rows.At(i * 1'000'003, true);
  EXPECT_EQ(rows.size(), 1'000u);
  EXPECT_EQ(rows.pages(), 0u);
  for (uint64_t i = 1; i <= 1'000; ++i) rows.At(i, true);
  EXPECT_EQ(rows.pages(), 16u);
}

}  // namespace
}  // namespace redvest
