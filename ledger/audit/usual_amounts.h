// The usual amount of one kind of event, and those far above it, in bounded memory.
#ifndef REDVEST_LEDGER_AUDIT_USUAL_AMOUNTS_H_
#define REDVEST_LEDGER_AUDIT_USUAL_AMOUNTS_H_

#include <algorithm>
#include <bit>
#include <cstdint>
#include <queue>
#include <utility>
#include <vector>

#include "ledger/audit/findings.h"

namespace redvest {

// Counts amounts in classes of which 64 lie between a power of two and the next, so that each is known within
// 1/64. Not thread-safe.
class UsualAmounts {
 public:
  // `listed`: it may be given by From. REQUIRES: amount >= 0.
  void Add(Sequence sequence, int64_t amount, bool listed) {
    ++counts_[ClassOf(amount)];
    ++count_;
    if (!listed) return;
    // Only the largest are kept: no more than these can turn out to be unusual.
    if (largest_.size() == kUnusualMax && amount <= largest_.top().amount) return;
    largest_.push({sequence, amount});
    if (largest_.size() > kUnusualMax) largest_.pop();
  }

  int64_t count() const { return count_; }

  // The smallest amount of the median's class; 0 where there is none.
  int64_t Median() const {
    int64_t passed = 0;
    for (size_t i = 0; i < kClasses; ++i) {
      passed += counts_[i];
      if (2 * passed >= count_ && passed > 0) return LowestOf(i);
    }
    return 0;
  }

  // Those of at least `amount`, in the order of the log.
  std::vector<Finding::Item> From(int64_t amount) const {
    std::vector<Finding::Item> items;
    for (auto rest = largest_; !rest.empty(); rest.pop()) {
      if (rest.top().amount >= amount) items.push_back(rest.top());
    }
    std::sort(items.begin(), items.end(),
              [](const auto& a, const auto& b) { return a.sequence < b.sequence; });
    return items;
  }

 private:
  static constexpr int kBits = 6;
  static constexpr size_t kClasses = size_t{64} << kBits;

  static size_t ClassOf(int64_t amount) {
    const auto value = static_cast<uint64_t>(amount);
    const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - kBits - 1);
    return (static_cast<size_t>(shift) << kBits) + static_cast<size_t>(value >> shift);
  }
  static int64_t LowestOf(size_t index) {
    if (index < size_t{2} << kBits) return static_cast<int64_t>(index);
    const size_t shift = (index >> kBits) - 1;
    return static_cast<int64_t>((index - (shift << kBits)) << shift);
  }

  struct Larger {
    bool operator()(const Finding::Item& a, const Finding::Item& b) const { return a.amount > b.amount; }
  };

  int64_t count_ = 0;
  std::vector<int64_t> counts_ = std::vector<int64_t>(kClasses);
  // The smallest is on top.
  std::priority_queue<Finding::Item, std::vector<Finding::Item>, Larger> largest_;
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_AUDIT_USUAL_AMOUNTS_H_
