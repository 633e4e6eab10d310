#include "ledger/projection/forward_cursor.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace redvest {
namespace {

std::string KeyOf(uint64_t number) { return absl::StrFormat("%06d", number); }

TEST(ForwardCursorTest, FindsWhatASeekWouldFindHoweverFarApartTheKeysAre) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 50; ++round) {
    const std::unique_ptr<Store> store = NewMemoryStore();
    std::map<std::string, std::string> rows;
    for (uint64_t i = random() % 2'000; i-- > 0;) rows[KeyOf(random() % 10'000)] = "row";
    ASSERT_TRUE(store
                    ->Write({.table = TableId::kDays, .puts = {rows.begin(), rows.end()}, .deletes = {}},
                            Durability::kRebuildable)
                    .ok());
    ForwardCursor cursor(store->NewCursor(TableId::kDays));
    const uint64_t stride = uint64_t{1} << random() % 12;
    for (uint64_t number = random() % 50; number < 11'000; number += random() % (2 * stride)) {
      const auto expected = rows.lower_bound(KeyOf(number));
      ASSERT_TRUE(cursor.MoveTo(KeyOf(number)).ok());
      ASSERT_EQ(cursor->Valid(), expected != rows.end()) << number;
      if (expected != rows.end()) {
        ASSERT_EQ(cursor->key(), expected->first);
      }
      EXPECT_EQ(*cursor.Find(KeyOf(number)), rows.contains(KeyOf(number)));
    }
  }
}

}  // namespace
}  // namespace redvest
