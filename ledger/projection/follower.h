// Keeps projections up to date with the log in a thread of its own, and tells readers when they are.
#ifndef REDVEST_LEDGER_PROJECTION_FOLLOWER_H_
#define REDVEST_LEDGER_PROJECTION_FOLLOWER_H_

#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "ledger/base/ids.h"
#include "ledger/base/waiters.h"
#include "ledger/log/event_log.h"
#include "ledger/projection/projection.h"
#include "ledger/projection/replay.h"
#include "ledger/storage/store.h"

namespace redvest {

// Thread-safe, but for DropAll, Load, CatchUp, Start and Stop, which are for the thread that owns it.
class Follower {
 public:
  // `log` and `store` must outlive it.
  Follower(const EventLog* log, Store* store, std::vector<std::unique_ptr<Projection>> projections);
  // Stops.
  ~Follower();

  // Drops all rows of all projections: CatchUp then writes them anew from the first event. REQUIRES: not
  // started.
  absl::Status DropAll();

  // Reads how far the projections are; once started they go on to `durable`. REQUIRES: not started.
  absl::Status Load(Sequence durable);
  // The same, and brings them to `durable` on the caller's thread.
  absl::Status CatchUp(Sequence durable);

  // Starts following. REQUIRES: Load or CatchUp was OK.
  void Start();
  // Follows to the end of what is durable, or some batches of it, and ends the thread; those who still wait
  // get UNAVAILABLE. Idempotent.
  void Stop();

  // The log is durable up to `durable`. Cheap: for the thread that commits.
  void NotifyDurable(Sequence durable);

  // Every projection covers the log up to there. What is recorded while nobody asks for it is followed within
  // a quarter of a second.
  Sequence position() const { return reached_.position(); }
  // See SequenceWaiters: runs `done` once position() is at least `sequence`, which is brought about at once
  // where that is durable; with UNAVAILABLE where the follower stops or halts before.
  void When(Sequence sequence, absl::Time deadline, absl::AnyInvocable<void(absl::Status)> done);

  // Not OK once a projection met an event that it cannot handle, or a row could not be read or written. It
  // stays where it is and says why, with the sequence.
  absl::Status health() const;

 private:
  void Run();
  // Waits for events behind `position` and says up to where there are some; before `rested_at` only for such
  // as are wanted, or for many. Nothing after a while without; `position` itself at the end.
  std::optional<Sequence> AwaitEvents(Sequence position, absl::Time rested_at);
  bool stopping() const;

  // Owner until Start, then the follower's thread.
  Replay replay_;

  SequenceWaiters reached_;

  mutable absl::Mutex mu_;
  Sequence durable_ ABSL_GUARDED_BY(mu_);
  Sequence wanted_ ABSL_GUARDED_BY(mu_);  // somebody waits for it
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status health_ ABSL_GUARDED_BY(mu_);

  std::thread thread_;  // owner only
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_PROJECTION_FOLLOWER_H_
