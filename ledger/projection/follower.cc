#include "ledger/projection/follower.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "ledger/base/check.h"
#include "ledger/base/error.h"

namespace redvest {
namespace {

// How often the deadlines of those who wait are looked at.
constexpr absl::Duration kExpiryCheck = absl::Milliseconds(50);
constexpr int64_t kRetryDelayMs = 100;

absl::Status Stopped() { return MakeError(v1::ERROR_REASON_LEDGER_STOPPED); }

absl::Status TooManyWait() {
  v1::ErrorDetail detail;
  detail.set_reason(v1::ERROR_REASON_QUEUE_FULL);
  detail.set_retry_delay_ms(kRetryDelayMs);
  return MakeError(std::move(detail));
}

}  // namespace

Follower::Follower(const EventLog* log, Store* store, std::vector<std::unique_ptr<Projection>> projections)
    : replay_(log, store, std::move(projections)) {}

Follower::~Follower() { Stop(); }

absl::Status Follower::CatchUp(Sequence durable) {
  REDVEST_CHECK(!thread_.joinable());
  absl::MutexLock replaying(&replay_mu_);
  REDVEST_RETURN_IF_ERROR(replay_.Load());
  while (replay_.position() < durable) REDVEST_RETURN_IF_ERROR(replay_.Step(durable));
  absl::MutexLock lock(&mu_);
  durable_ = std::max(durable_, durable);
  position_ = replay_.position();
  return absl::OkStatus();
}

void Follower::Start() {
  REDVEST_CHECK(!thread_.joinable());
  thread_ = std::thread([this] { Run(); });
}

void Follower::Stop() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
  FailAll();
}

void Follower::NotifyDurable(Sequence durable) {
  absl::MutexLock lock(&mu_);
  durable_ = std::max(durable_, durable);
}

Sequence Follower::position() const {
  absl::MutexLock lock(&mu_);
  return position_;
}

absl::Status Follower::health() const {
  absl::MutexLock lock(&mu_);
  return health_;
}

void Follower::WhenAt(Sequence sequence, absl::Time deadline, absl::AnyInvocable<void(absl::Status)> done) {
  absl::Status answer;
  {
    absl::MutexLock lock(&mu_);
    if (sequence > position_) {
      if (stopping_ || !health_.ok()) {
        answer = Stopped();
      } else if (deadline <= absl::Now()) {
        answer = MakeError(v1::ERROR_REASON_DEADLINE_PASSED);
      } else if (waiters_.size() >= kWaitersMax) {
        answer = TooManyWait();
      } else {
        waiters_.emplace(sequence, Waiter{deadline, std::move(done)});
        return;
      }
    }
  }
  done(std::move(answer));
}

void Follower::Run() {
  while (true) {
    Sequence end;
    {
      absl::MutexLock lock(&mu_);
      const bool nobody_waits = waiters_.empty();
      const auto wake = [this, nobody_waits]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
        return stopping_ || !health_.ok() || durable_ > position_ || (nobody_waits && !waiters_.empty());
      };
      mu_.AwaitWithTimeout(absl::Condition(&wake), nobody_waits ? absl::InfiniteDuration() : kExpiryCheck);
      if (stopping_ || !health_.ok()) return;
      end = durable_;
    }
    {
      absl::MutexLock replaying(&replay_mu_);
      if (!Step(end).ok()) return;
    }
    Expire(absl::Now());
  }
}

absl::Status Follower::Step(Sequence end) {
  if (replay_.position() >= end) return absl::OkStatus();
  absl::Status status = replay_.Step(end);
  if (status.ok()) {
    Advance(replay_.position());
  } else {
    Halt(status);
  }
  return status;
}

absl::Status Follower::Rebuild(TableId table) {
  absl::MutexLock replaying(&replay_mu_);
  REDVEST_RETURN_IF_ERROR(health());
  const Sequence end = replay_.position();
  if (absl::Status status = replay_.Clear(table); !status.ok()) {
    Halt(status);
    return status;
  }
  Advance(replay_.position());
  while (replay_.position() < end) REDVEST_RETURN_IF_ERROR(Step(end));
  return absl::OkStatus();
}

void Follower::Halt(const absl::Status& status) {
  {
    absl::MutexLock lock(&mu_);
    health_ = status;
  }
  FailAll();
}

void Follower::Advance(Sequence position) {
  std::vector<Waiter> reached;
  {
    absl::MutexLock lock(&mu_);
    position_ = position;
    const auto end = waiters_.upper_bound(position);
    for (auto it = waiters_.begin(); it != end; ++it) reached.push_back(std::move(it->second));
    waiters_.erase(waiters_.begin(), end);
  }
  for (Waiter& waiter : reached) waiter.done(absl::OkStatus());
}

void Follower::Expire(absl::Time now) {
  std::vector<Waiter> expired;
  {
    absl::MutexLock lock(&mu_);
    for (auto it = waiters_.begin(); it != waiters_.end();) {
      if (it->second.deadline > now) {
        ++it;
      } else {
        expired.push_back(std::move(it->second));
        it = waiters_.erase(it);
      }
    }
  }
  for (Waiter& waiter : expired) waiter.done(MakeError(v1::ERROR_REASON_DEADLINE_PASSED));
}

void Follower::FailAll() {
  Waiters failed;
  {
    absl::MutexLock lock(&mu_);
    failed.swap(waiters_);
  }
  for (auto& [sequence, waiter] : failed) waiter.done(Stopped());
}

}  // namespace redvest
