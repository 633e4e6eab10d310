#include "ledger/base/waiters.h"

#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "ledger/base/error.h"

namespace redvest {

Sequence SequenceWaiters::position() const {
  absl::ReaderMutexLock lock(&mu_);
  return position_;
}

void SequenceWaiters::When(Sequence sequence, absl::Time deadline,
                           absl::AnyInvocable<void(absl::Status)> done) {
  absl::Status answer;
  {
    absl::MutexLock lock(&mu_);
    if (sequence > position_) {
      if (!failed_.ok()) {
        answer = failed_;
      } else if (deadline <= absl::Now()) {
        answer = MakeError(v1::ERROR_REASON_DEADLINE_PASSED);
      } else if (waiting_.size() >= kWaitersMax) {
        answer = MakeError(v1::ERROR_REASON_QUEUE_FULL);
      } else {
        waiting_.emplace(sequence, Waiter{deadline, std::move(done)});
        return;
      }
    }
  }
  done(answer);
}

void SequenceWaiters::Advance(Sequence position) {
  std::vector<Waiter> due;
  {
    absl::MutexLock lock(&mu_);
    if (position <= position_) return;
    position_ = position;
    const auto end = waiting_.upper_bound(position);
    for (auto it = waiting_.begin(); it != end; ++it) due.push_back(std::move(it->second));
    waiting_.erase(waiting_.begin(), end);
  }
  for (Waiter& waiter : due) waiter.done(absl::OkStatus());
}

void SequenceWaiters::Expire(absl::Time now) {
  std::vector<Waiter> due;
  {
    absl::MutexLock lock(&mu_);
    for (auto it = waiting_.begin(); it != waiting_.end();) {
      if (it->second.deadline > now) {
        ++it;
        continue;
      }
      due.push_back(std::move(it->second));
      it = waiting_.erase(it);
    }
  }
  for (Waiter& waiter : due) waiter.done(MakeError(v1::ERROR_REASON_DEADLINE_PASSED));
}

void SequenceWaiters::Fail(const absl::Status& status) {
  std::multimap<Sequence, Waiter> due;
  {
    absl::MutexLock lock(&mu_);
    if (failed_.ok()) failed_ = status;
    due.swap(waiting_);
  }
  for (auto& [sequence, waiter] : due) waiter.done(status);
}

}  // namespace redvest
