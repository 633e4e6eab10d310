// One writer: orders what all terminals submit, groups it, makes it durable, answers. Thread-safe.
//
// Three threads: one decides (Writer), one appends and syncs a group while the next is decided, and answers
// it; one answers resent serials from the log.
#ifndef REDVEST_LEDGER_SEQUENCER_SEQUENCER_H_
#define REDVEST_LEDGER_SEQUENCER_SEQUENCER_H_

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "ledger/base/clock.h"
#include "ledger/base/waiters.h"
#include "ledger/log/event_log.h"
#include "ledger/sequencer/recall.h"
#include "ledger/sequencer/recovery.h"
#include "ledger/sequencer/submission.h"
#include "ledger/sequencer/writer.h"
#include "ledger/storage/store.h"

namespace redvest {

struct SequencerOptions {
  const Clock* clock;         // must outlive the sequencer
  size_t queue_commands_max;  // commands not yet answered; more are refused with QUEUE_FULL
  FindOutcome find_outcome;
  // The log is durable up to there. Runs on the appending thread; must not block.
  std::function<void(Sequence)> on_durable;
};

class Sequencer {
 public:
  // `log` and `store` must outlive it. `recovered` is at the end of the log.
  Sequencer(Recovered recovered, EventLog* log, Store* store, SequencerOptions options);
  // Drains.
  ~Sequencer();

  // Decides `commands` of the founder and appends them as one commit, on the caller's thread: all or nothing
  // is there after a crash. REQUIRES: the log is empty; not started. Not OK where one is malformed or
  // declined.
  absl::Status Found(std::span<const v1::Command> commands);
  void Start();

  // See Submission. A malformed command stops the submission there; what comes before it is decided.
  void Submit(Submission submission);

  // See Ledger::ReadState.
  void ReadState(Sequence min_sequence, absl::Time deadline, absl::AnyInvocable<void(const State&)> read,
                 absl::AnyInvocable<void(absl::StatusOr<Sequence>)> done);

  // Those who wait for durability.
  SequenceWaiters& durable() { return durable_; }
  // The newest durable event and the root over all events up to it.
  std::pair<Sequence, merkle::Hash> Head() const;

  // Refuses new submissions, decides and answers those that are queued, saves the state, ends the threads.
  // Idempotent.
  void Drain();
  // Why writing stopped for good; OK while it goes on.
  absl::Status health() const;

 private:
  void DecideLoop();
  void AppendLoop();
  void RecallLoop();

  // Moves what waits in the queue to `taken`; waits for some, or until a group can be handed over. False at
  // the end.
  bool Await(std::deque<Pending>* taken);
  void Decide(Pending pending);
  bool AppenderIsIdle();
  // Hands the writer's group to the appending thread once that has a place for it.
  void HandOver(bool save);
  // Hands over and waits until all is durable.
  absl::Status MakeDurable();
  absl::Status Append(Group* group);
  // Answers with its result, or where the ledger has stopped with that.
  void Answer(Pending* pending, bool stopped);
  // Stops writing for good.
  void Stop(const absl::Status& why);

  EventLog* const log_;
  Store* const store_;
  const SequencerOptions options_;

  Recall writer_recall_;  // deciding thread only
  Writer writer_;         // deciding thread only, but for Read

  SequenceWaiters durable_;

  mutable absl::Mutex mu_;
  std::deque<Pending> queue_ ABSL_GUARDED_BY(mu_);
  size_t unanswered_commands_ ABSL_GUARDED_BY(mu_) = 0;
  std::optional<Group> handed_over_ ABSL_GUARDED_BY(mu_);  // waits for the appending thread
  bool appending_ ABSL_GUARDED_BY(mu_) = false;            // that thread has a group in hand
  std::deque<Pending> resends_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;  // no new submissions
  bool decided_ ABSL_GUARDED_BY(mu_) = false;   // the deciding thread has ended
  bool appended_ ABSL_GUARDED_BY(mu_) = false;  // the appending thread has ended
  absl::Status health_ ABSL_GUARDED_BY(mu_);
  Sequence head_ ABSL_GUARDED_BY(mu_);
  merkle::Hash root_ ABSL_GUARDED_BY(mu_);

  std::vector<std::thread> threads_;  // of Start and Drain
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_SEQUENCER_SEQUENCER_H_
