// Randomness that gives the same numbers on every machine: the standard's engine, but none of its
// distributions, which each library draws in its own way.
#ifndef REDVEST_CLIENTS_DEMO_RANDOM_H_
#define REDVEST_CLIENTS_DEMO_RANDOM_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace redvest::client {

// Not thread-safe.
class DemoRandom {
 public:
  explicit DemoRandom(uint64_t seed) : engine_(seed) {}

  // 0 <= result < bound. REQUIRES: bound > 0.
  uint64_t Below(uint64_t bound) { return engine_() % bound; }
  // first <= result <= last. REQUIRES: first <= last.
  int64_t Between(int64_t first, int64_t last) {
    return first + static_cast<int64_t>(Below(static_cast<uint64_t>(last - first) + 1));
  }
  // True in `permille` of 1,000 cases.
  bool Chance(int64_t permille) { return static_cast<int64_t>(Below(1'000)) < permille; }
  // REQUIRES: `items` is not empty.
  template <typename Items>
  const auto& Pick(const Items& items) {
    return items[Below(std::size(items))];
  }
  template <typename T>
  void Shuffle(std::vector<T>& items) {
    for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[Below(i)]);
  }
  // `expected` on average, in thousandths: 2,500 gives 2 or 3.
  int64_t Count(int64_t expected_permille) {
    return expected_permille / 1'000 + (Chance(expected_permille % 1'000) ? 1 : 0);
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_DEMO_RANDOM_H_
