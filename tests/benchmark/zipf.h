// Who comes how often: a few come daily, most now and then.
#ifndef REDVEST_TESTS_BENCHMARK_ZIPF_H_
#define REDVEST_TESTS_BENCHMARK_ZIPF_H_

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace redvest::bench {

// Draws from 1 to `count`, the n-th most frequent with a probability in proportion to 1/n. Which number is
// the n-th most frequent is scattered, so that those who come often are not neighbours.
class Zipf {
 public:
  explicit Zipf(uint64_t count) : count_(count), sums_(count) {
    double sum = 0;
    for (uint64_t rank = 0; rank < count; ++rank) {
      sum += 1 / static_cast<double>(rank + 1);
      sums_[rank] = sum;
    }
  }

  uint64_t Draw(std::mt19937_64& random) const {
    const double at = std::uniform_real_distribution<double>(0, sums_.back())(random);
    const auto rank = static_cast<uint64_t>(std::lower_bound(sums_.begin(), sums_.end(), at) - sums_.begin());
    // A prime that no count of members is a multiple of, so that every number has one rank.
    constexpr uint64_t kScatter = 1'000'000'007;
    return std::min(rank, count_ - 1) * kScatter % count_ + 1;
  }

 private:
  const uint64_t count_;
  std::vector<double> sums_;  // of the frequencies up to and with each rank
};

}  // namespace redvest::bench

#endif  // REDVEST_TESTS_BENCHMARK_ZIPF_H_
