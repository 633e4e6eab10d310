// Time is passed in: nothing in the ledger asks the machine's clock but through this.
#ifndef REDVEST_LEDGER_BASE_CLOCK_H_
#define REDVEST_LEDGER_BASE_CLOCK_H_

#include <atomic>
#include <chrono>
#include <cstdint>

namespace redvest {

// The ledger's clock. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since 1970-01-01 UTC.
  virtual int64_t NowUnixMs() const = 0;
};

// The machine's clock.
class SystemClock final : public Clock {
 public:
  int64_t NowUnixMs() const override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
};

// A clock that stands still until it is set: for tests and simulation.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(int64_t now_unix_ms) : now_unix_ms_(now_unix_ms) {}
  int64_t NowUnixMs() const override { return now_unix_ms_; }
  void Set(int64_t now_unix_ms) { now_unix_ms_ = now_unix_ms; }
  void Advance(int64_t ms) { now_unix_ms_ += ms; }

 private:
  std::atomic<int64_t> now_unix_ms_;
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_BASE_CLOCK_H_
