#include "ledger/audit/fingerprint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace redvest {
namespace {

// Multiplication by doubling, bit by bit.
Uint128 SlowMultiply(Uint128 a, Uint128 b) {
  a %= kFieldOrder;
  Uint128 product = 0;
  for (int bit = 127; bit >= 0; --bit) {
    product = product * 2 % kFieldOrder;
    if (b >> bit & 1) product = (product + a) % kFieldOrder;
  }
  return product;
}

Fingerprint Of(const FingerprintKey& key, const std::vector<Uint128>& facts) {
  Fingerprint heap;
  for (const Uint128 fact : facts) heap.Add(key, fact);
  return heap;
}

class FingerprintTest : public testing::Test {
 protected:
  Uint128 Any() { return (Uint128{random_()} << 64 | random_()) & kFieldOrder; }

  const FingerprintKey key_ = FingerprintKey::Draw();
  const unsigned seed_ = std::random_device()();
  std::mt19937_64 random_{seed_};
};

TEST_F(FingerprintTest, MultipliesAsTheDefinitionDoes) {
  SCOPED_TRACE("seed " + std::to_string(seed_));
  std::vector<Uint128> numbers = {0,
                                  1,
                                  2,
                                  kFieldOrder,
                                  kFieldOrder - 1,
                                  kFieldOrder / 2,
                                  Uint128{1} << 126,
                                  (Uint128{1} << 64) - 1,
                                  Uint128{1} << 64};
  for (int i = 0; i < 20; ++i) numbers.push_back(Any());
  for (const Uint128 a : numbers) {
    for (const Uint128 b : numbers) {
      const Uint128 product = FieldMultiply(a, b);
      ASSERT_LE(product, kFieldOrder);
      ASSERT_TRUE(product % kFieldOrder == SlowMultiply(a, b));
      const uint64_t word = static_cast<uint64_t>(a);
      ASSERT_LE(FieldMultiply(word, b), kFieldOrder);
      ASSERT_TRUE(FieldMultiply(word, b) % kFieldOrder == SlowMultiply(word, b));
    }
  }
}

TEST_F(FingerprintTest, DoesNotDependOnTheOrderOrOnHowFactsAreGathered) {
  SCOPED_TRACE("seed " + std::to_string(seed_));
  std::vector<Uint128> facts;
  for (int i = 0; i < 1000; ++i) facts.push_back(Any());
  const Fingerprint all = Of(key_, facts);
  std::shuffle(facts.begin(), facts.end(), random_);
  EXPECT_TRUE(Of(key_, facts) == all);
  Fingerprint halves = Of(key_, {facts.begin(), facts.begin() + 400});
  halves.Add(Of(key_, {facts.begin() + 400, facts.end()}));
  EXPECT_TRUE(halves == all);
}

TEST_F(FingerprintTest, TellsHeapsApartThatDifferInOneFact) {
  SCOPED_TRACE("seed " + std::to_string(seed_));
  std::vector<Uint128> facts;
  for (int i = 0; i < 100; ++i) facts.push_back(Any());
  const Fingerprint all = Of(key_, facts);
  for (size_t i = 0; i < facts.size(); ++i) {
    std::vector<Uint128> other = facts;
    other[i] ^= Uint128{1} << random_() % 127;
    EXPECT_FALSE(Of(key_, other) == all);
    other = facts;
    other.erase(other.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(Of(key_, other) == all);
    other = facts;
    other[i] = facts[(i + 1) % facts.size()];
    EXPECT_FALSE(Of(key_, other) == all);
  }
}

TEST_F(FingerprintTest, FactsOfSeveralWordsAreOnesOfTheirOwn) {
  EXPECT_FALSE(key_.Words({1, 2}) == key_.Words({2, 1}));
  EXPECT_FALSE(key_.Words({1, 2}) == key_.Words({1, 2, 0}));
  EXPECT_FALSE(key_.Words({1, 2}) == key_.Words({0, 1, 2}));
  EXPECT_FALSE(key_.Words({0}) == key_.Words({}));
  EXPECT_FALSE(key_.Pair(1, 2) == key_.Pair(2, 1));
}

TEST_F(FingerprintTest, RowsAreTheirBytes) {
  EXPECT_TRUE(key_.Row("key", "value") == key_.Row("key", "value"));
  EXPECT_FALSE(key_.Row("key", "value") == key_.Row("keyv", "alue"));
  EXPECT_FALSE(key_.Row("key", "value") == key_.Row("key", std::string("value\0", 6)));
  EXPECT_FALSE(key_.Row("key", "") == key_.Row("", "key"));
  const std::string large(100, 'x');
  for (size_t i = 0; i < large.size(); ++i) {
    std::string changed = large;
    changed[i] = 'y';
    EXPECT_FALSE(key_.Row("key", large) == key_.Row("key", changed)) << i;
  }
}

}  // namespace
}  // namespace redvest
