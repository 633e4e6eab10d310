// Those who wait for a sequence to be reached.
#ifndef REDVEST_LEDGER_BASE_WAITERS_H_
#define REDVEST_LEDGER_BASE_WAITERS_H_

#include <cstddef>
#include <map>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "ledger/base/ids.h"

namespace redvest {

// A position that only grows, and callbacks that run when it does. Thread-safe; callbacks run without a lock,
// on the thread whose call made them due, and must not block.
class SequenceWaiters {
 public:
  // More than this do not wait at once.
  static constexpr size_t kWaitersMax = 10'000;

  Sequence position() const;

  // Runs `done` with OK once position() is at least `sequence`: at once where it is. Otherwise later, or with
  // DEADLINE_EXCEEDED by the first Expire after `deadline`, with the status of Fail, or at once where the
  // deadline has passed, or with RESOURCE_EXHAUSTED where too many wait.
  void When(Sequence sequence, absl::Time deadline, absl::AnyInvocable<void(absl::Status)> done);

  // Moves the position forward and runs those who waited for it.
  void Advance(Sequence position);
  // Runs those whose deadline has passed. To be called every 100 ms or so.
  void Expire(absl::Time now);
  // Runs all who wait, and all who come later for more than position(), with `status`. The first one counts.
  void Fail(const absl::Status& status);

 private:
  struct Waiter {
    absl::Time deadline;
    absl::AnyInvocable<void(absl::Status)> done;
  };

  mutable absl::Mutex mu_;
  Sequence position_ ABSL_GUARDED_BY(mu_);
  absl::Status failed_ ABSL_GUARDED_BY(mu_);
  // Invariant: every key is greater than position_.
  std::multimap<Sequence, Waiter> waiting_ ABSL_GUARDED_BY(mu_);
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_BASE_WAITERS_H_
