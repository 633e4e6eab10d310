// Keeps projections up to date with the log in a thread of its own, and tells readers when they are.
#ifndef REDVEST_LEDGER_PROJECTION_FOLLOWER_H_
#define REDVEST_LEDGER_PROJECTION_FOLLOWER_H_

#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "ledger/base/ids.h"
#include "ledger/base/waiters.h"
#include "ledger/log/event_log.h"
#include "ledger/projection/projection.h"
#include "ledger/projection/replay.h"
#include "ledger/storage/store.h"

namespace redvest {

// Thread-safe, but for Drop, CatchUp, Start and Stop, which are for the thread that owns it.
class Follower {
 public:
  // `log` and `store` must outlive it.
  Follower(const EventLog* log, Store* store, std::vector<std::unique_ptr<Projection>> projections);
  // Stops.
  ~Follower();

  // Drops all rows of all projections: CatchUp then writes them anew from the first event. REQUIRES: not
  // started.
  absl::Status DropAll();

  // Brings all projections to `durable` on the caller's thread. REQUIRES: not started.
  absl::Status CatchUp(Sequence durable);

  // Starts following. REQUIRES: CatchUp was OK.
  void Start();
  // Finishes the batch under way and ends the thread; those who wait get UNAVAILABLE. Idempotent.
  void Stop();

  // The log is durable up to `durable`. Cheap: for the thread that commits.
  void NotifyDurable(Sequence durable);

  // Every projection covers the log up to reached().position(); those who wait for more get UNAVAILABLE where
  // it stops or halts.
  SequenceWaiters& reached() { return reached_; }
  Sequence position() const { return reached_.position(); }

  // Not OK once a projection met an event that it cannot handle, or a row could not be read or written. It
  // stays where it is and says why, with the sequence.
  absl::Status health() const;

 private:
  void Run();

  // Owner until Start, then the follower's thread.
  Replay replay_;

  SequenceWaiters reached_;

  mutable absl::Mutex mu_;
  Sequence durable_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status health_ ABSL_GUARDED_BY(mu_);

  std::thread thread_;  // owner only
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_PROJECTION_FOLLOWER_H_
