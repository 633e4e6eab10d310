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

}  // namespace

Follower::Follower(const EventLog* log, Store* store, std::vector<std::unique_ptr<Projection>> projections)
    : replay_(log, store, std::move(projections)) {}

Follower::~Follower() { Stop(); }

absl::Status Follower::DropAll() {
  REDVEST_CHECK(!thread_.joinable());
  return replay_.ClearAll();
}

absl::Status Follower::CatchUp(Sequence durable) {
  REDVEST_CHECK(!thread_.joinable());
  REDVEST_RETURN_IF_ERROR(replay_.Load());
  while (replay_.position() < durable) REDVEST_RETURN_IF_ERROR(replay_.Step(durable));
  reached_.Advance(replay_.position());
  NotifyDurable(durable);
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

absl::Status Follower::health() const {
  absl::MutexLock lock(&mu_);
  return health_;
}

void Follower::Run() {
  while (true) {
    reached_.Expire(absl::Now());
    const Sequence position = replay_.position();
    Sequence end;
    {
      absl::MutexLock lock(&mu_);
      const auto due = [this, position]()
                           ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return stopping_ || durable_ > position; };
      if (!mu_.AwaitWithTimeout(absl::Condition(&due), kExpireEvery)) continue;
      if (stopping_) return;
      end = durable_;
    }
    if (const absl::Status status = replay_.Step(end); !status.ok()) {
      {
        absl::MutexLock lock(&mu_);
        health_ = status;
      }
      return reached_.Fail(MakeError(v1::ERROR_REASON_LEDGER_STOPPED));
    }
    reached_.Advance(replay_.position());
  }
}

}  // namespace redvest
