// Keeps projections up to date with the log in a thread of its own, and tells readers when they are.
#ifndef REDVEST_LEDGER_PROJECTION_FOLLOWER_H_
#define REDVEST_LEDGER_PROJECTION_FOLLOWER_H_

#include <cstddef>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "ledger/base/ids.h"
#include "ledger/log/event_log.h"
#include "ledger/projection/projection.h"
#include "ledger/projection/replay.h"
#include "ledger/storage/store.h"

namespace redvest {

// Thread-safe, but for CatchUp, Start and Stop, which are for the thread that owns it.
class Follower {
 public:
  // More readers than this do not wait at once.
  static constexpr size_t kWaitersMax = 10'000;

  // `log` and `store` must outlive it.
  Follower(const EventLog* log, Store* store, std::vector<std::unique_ptr<Projection>> projections);
  // Stops.
  ~Follower();

  // Brings all projections to `durable` on the caller's thread. REQUIRES: not started.
  absl::Status CatchUp(Sequence durable);

  // Starts following. REQUIRES: CatchUp was OK.
  void Start();
  // Finishes the batch under way and ends the thread; those who wait get UNAVAILABLE. Idempotent.
  void Stop();

  // The log is durable up to `durable`. Cheap: for the thread that commits.
  void NotifyDurable(Sequence durable);

  // Every projection covers the log up to here.
  Sequence position() const;

  // Runs `done` with OK once every projection covers `sequence`: at once, or later on the follower's thread.
  // With DEADLINE_EXCEEDED soon (100 ms) after `deadline`, UNAVAILABLE where it stops or is halted,
  // RESOURCE_EXHAUSTED where too many wait. `done` must not block.
  void WhenAt(Sequence sequence, absl::Time deadline, absl::AnyInvocable<void(absl::Status)> done);

  // Not OK once a projection met an event that it cannot handle, or a row could not be read or written. It
  // stays where it is and says why, with the sequence.
  absl::Status health() const;

  // Drops the rows of the projection in `table` and writes them anew from the log, on the caller's thread.
  // Meanwhile position() falls back, and reads of that table are true at the position they answer with.
  absl::Status Rebuild(TableId table);

 private:
  struct Waiter {
    absl::Time deadline;
    absl::AnyInvocable<void(absl::Status)> done;
  };
  using Waiters = std::multimap<Sequence, Waiter>;

  void Run();
  // One batch towards `end`, if there is anything to do; halts where it fails.
  absl::Status Step(Sequence end) ABSL_EXCLUSIVE_LOCKS_REQUIRED(replay_mu_);
  void Halt(const absl::Status& status);
  // Takes `position` over from the replay and runs those who waited for it.
  void Advance(Sequence position);
  void Expire(absl::Time now);
  void FailAll();

  // Taken before mu_. Held while a batch is gathered and written.
  absl::Mutex replay_mu_;
  Replay replay_ ABSL_GUARDED_BY(replay_mu_);

  mutable absl::Mutex mu_;
  Sequence durable_ ABSL_GUARDED_BY(mu_);
  Sequence position_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status health_ ABSL_GUARDED_BY(mu_);
  Waiters waiters_ ABSL_GUARDED_BY(mu_);

  std::thread thread_;  // owner only
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_PROJECTION_FOLLOWER_H_
