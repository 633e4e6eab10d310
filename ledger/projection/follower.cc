#include "ledger/projection/follower.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "ledger/base/check.h"
#include "ledger/base/error.h"

namespace redvest {
namespace {

// How often the deadlines of those who wait are looked at.
constexpr absl::Duration kExpireEvery = absl::Milliseconds(100);
// Events that come one by one are followed together: after a step the follower rests for so many times as
// long as the step took, and for no longer than this. So it takes a small part of a processor while tills
// sell, and a sale at a quiet till is followed within some milliseconds.
constexpr int kRestPerStep = 50;
constexpr absl::Duration kRestMax = absl::Milliseconds(250);
// So many are worth a step at once.
constexpr uint64_t kEventsEnough = 20'000;
// Written before it ends, so that the next start finds nothing to do; of more it would be late to stop.
constexpr int kBatchesAtStop = 5;

}  // namespace

Follower::Follower(const EventLog* log, Store* store, std::vector<std::unique_ptr<Projection>> projections)
    : replay_(log, store, std::move(projections)) {}

Follower::~Follower() { Stop(); }

absl::Status Follower::DropAll() {
  REDVEST_CHECK(!thread_.joinable());
  return replay_.ClearAll();
}

absl::Status Follower::Load(Sequence durable) {
  REDVEST_CHECK(!thread_.joinable());
  REDVEST_RETURN_IF_ERROR(replay_.Load());
  reached_.Advance(replay_.position());
  NotifyDurable(durable);
  return absl::OkStatus();
}

absl::Status Follower::CatchUp(Sequence durable) {
  REDVEST_RETURN_IF_ERROR(Load(durable));
  while (replay_.position() < durable) REDVEST_RETURN_IF_ERROR(replay_.Step(durable));
  reached_.Advance(replay_.position());
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
  reached_.Fail(MakeError(v1::ERROR_REASON_LEDGER_STOPPED));
}

void Follower::NotifyDurable(Sequence durable) {
  absl::MutexLock lock(&mu_);
  durable_ = std::max(durable_, durable);
}

void Follower::When(Sequence sequence, absl::Time deadline, absl::AnyInvocable<void(absl::Status)> done) {
  {
    absl::MutexLock lock(&mu_);
    // What is still on its way is hurried for too, but not what may never come.
    if (sequence.value() < durable_.value() + kEventsEnough) wanted_ = std::max(wanted_, sequence);
  }
  reached_.When(sequence, deadline, std::move(done));
}

absl::Status Follower::health() const {
  absl::MutexLock lock(&mu_);
  return health_;
}

void Follower::Run() {
  absl::Time rested_at = absl::InfinitePast();
  for (int batches_left = kBatchesAtStop; batches_left > 0;) {
    reached_.Expire(absl::Now());
    const Sequence position = replay_.position();
    const std::optional<Sequence> end = AwaitEvents(position, rested_at);
    if (!end.has_value()) continue;
    if (*end <= position) return;
    if (stopping()) --batches_left;
    const absl::Time begun_at = absl::Now();
    if (const absl::Status status = replay_.Step(*end); !status.ok()) {
      {
        absl::MutexLock lock(&mu_);
        health_ = status;
      }
      return reached_.Fail(MakeError(v1::ERROR_REASON_LEDGER_STOPPED));
    }
    reached_.Advance(replay_.position());
    const absl::Time ended_at = absl::Now();
    rested_at = ended_at + std::min(kRestPerStep * (ended_at - begun_at), kRestMax);
  }
}

std::optional<Sequence> Follower::AwaitEvents(Sequence position, absl::Time rested_at) {
  absl::MutexLock lock(&mu_);
  const auto rested = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return stopping_ || durable_ > position; };
  const auto in_a_hurry = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return stopping_ || (durable_ > position && wanted_ > position) ||
           durable_.value() >= position.value() + kEventsEnough;
  };
  const absl::Time now = absl::Now();
  const absl::Time expire_at = now + kExpireEvery;
  // A clock that was set back makes nobody wait.
  if (rested_at - now > kRestMax) rested_at = now;
  mu_.AwaitWithDeadline(absl::Condition(&in_a_hurry), std::min(rested_at, expire_at));
  const bool is_due =
      absl::Now() >= rested_at ? mu_.AwaitWithDeadline(absl::Condition(&rested), expire_at) : in_a_hurry();
  if (!is_due) return std::nullopt;
  return durable_;
}

bool Follower::stopping() const {
  absl::MutexLock lock(&mu_);
  return stopping_;
}

}  // namespace redvest
