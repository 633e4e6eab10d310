#include "ledger/state/id_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace redvest {
namespace {

using Balances = IdTable<Account, int64_t>;

// What is to be saved: pages hold rows beside those that changed.
std::map<Account, int64_t> Changes(Balances& table) {
  std::map<Account, int64_t> changes;
  const auto add = [&changes](size_t group, uint64_t number, int64_t balance) {
    EXPECT_TRUE(changes.emplace(Account{static_cast<AccountKind>(group), number}, balance).second)
        << "told twice";
  };
  table.TakeChanges(
      [&](size_t group, size_t page, uint64_t present, const auto& rows) {
        for (size_t i = 0; i < rows.size(); ++i) {
          if (present >> i & 1) add(group, page * rows.size() + i, rows[i]);
        }
      },
      add);
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
    const std::map<Account, int64_t> taken = Changes(table);
    for (const auto& [key, balance] : changed) ASSERT_TRUE(taken.contains(key));
    for (const auto& [key, balance] : taken) EXPECT_EQ(balance, expected.at(key));
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
  NumberedRows<int64_t>& points = *table.group(static_cast<uint64_t>(AccountKind::kPoints));
  EXPECT_TRUE(points.LoadInPage(0, 7, -5));
  EXPECT_TRUE(points.LoadOther(UINT64_MAX, -6));
  EXPECT_EQ(*table.Find({AccountKind::kPoints, 7}), -5);
  EXPECT_EQ(table.size(), 2u);
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
  EXPECT_EQ(table.group(255), nullptr);
}

TEST(IdTableTest, ARowThatCannotBeThereIsNotLoaded) {
  NumberedRows<int64_t> rows;
  EXPECT_TRUE(rows.LoadInPage(1, 3, 10));
  EXPECT_FALSE(rows.LoadOther(67, 11)) << "it is in a page";
  EXPECT_TRUE(rows.LoadOther(68, 12));
  EXPECT_FALSE(rows.LoadInPage(1, 4, 13)) << "it is in no page";
  EXPECT_FALSE(rows.LoadInPage(UINT64_MAX / 64, 0, 14)) << "such a page would take all memory";
  EXPECT_EQ(*rows.Find(67), 10);
  EXPECT_EQ(*rows.Find(68), 12);
}

// A page for each of numbers far apart would take hundreds of bytes a row.
TEST(IdTableTest, NumbersFarApartTakeNoPages) {
  NumberedRows<std::array<char, 1024>> rows;
  for (uint64_t i = 1; i <= 1'000; ++i) rows.Mutable(i * 1'000'003);
  EXPECT_EQ(rows.size(), 1'000u);
  EXPECT_EQ(rows.pages(), 0u);
  for (uint64_t i = 1; i <= 1'000; ++i) rows.Mutable(i);
  EXPECT_EQ(rows.pages(), 16u);
}

}  // namespace
}  // namespace redvest
