// One writer: orders what all terminals submit, groups it, makes it durable, answers. Thread-safe.
//
// Two threads do the same work, a group at a time: decide it (Writer), append and sync it, answer it. One of
// them decides while the other appends or answers: so a sale at a quiet till meets no hand-over on its way,
// and a busy ledger loses no time to the disk. A third answers resent serials from the log.
#ifndef REDVEST_LEDGER_SEQUENCER_SEQUENCER_H_
#define REDVEST_LEDGER_SEQUENCER_SEQUENCER_H_

#include <functional>
#include <memory>
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
#include "ledger/sequencer/fair_queue.h"
#include "ledger/sequencer/recall.h"
#include "ledger/sequencer/recovery.h"
#include "ledger/sequencer/submission.h"
#include "ledger/sequencer/writer.h"
#include "ledger/storage/store.h"

namespace redvest {

struct SequencerOptions {
  const Clock* clock;  // must outlive the sequencer
  // Commands not yet answered, and a quarter as many again for submissions of at most
  // FairQueue::kBriefCommands; more are refused with QUEUE_FULL.
  size_t queue_commands_max;
  FindOutcome find_outcome;
  // The log is durable up to there. Runs on the thread that appended; must not block.
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
  // How many commands may be unanswered when one more submission of so many is taken.
  size_t RoomFor(size_t commands) const;

  void Work();
  void RecallLoop();

  // Waits until there is something to decide and nobody decides; then the caller does, until DecideGroup
  // returns. False where that was not so for a while, or at the end.
  bool BeginDeciding();
  bool ended() const;
  // Decides until a group can be appended, which the caller then must.
  Group DecideGroup();
  enum class Step { kDecide, kAppend, kEnd };
  // Waits for what the deciding thread can do next. kAppend and kEnd: the log is the caller's.
  Step AwaitStep();
  void DecideSlice();
  // Whether the group that is taken now takes the changes of the state along; then it must be saved.
  bool MustSave(Step step);
  // Makes what the writer holds durable, on the deciding thread.
  absl::Status MakeDurable();
  // REQUIRES: the log is the caller's. It is free again before the answers go out.
  void AppendAndAnswer(Group group);
  absl::Status Append(Group* group);
  void Save(const WriteBatch& rows);
  // Answers each with its result, or where the ledger has stopped with that.
  void Answer(PendingList answers, bool stopped);
  // Stops writing for good.
  void Stop(const absl::Status& why);

  EventLog* const log_;
  Store* const store_;
  const SequencerOptions options_;

  // Of the deciding thread.
  Recall writer_recall_;
  Writer writer_;  // but for Read
  FairQueue queue_;
  absl::Time next_group_at_ = absl::InfinitePast();  // none is handed to the disk before, unless it is large

  SequenceWaiters durable_;

  mutable absl::Mutex mu_;
  PendingList arrived_ ABSL_GUARDED_BY(mu_);
  size_t unanswered_commands_ ABSL_GUARDED_BY(mu_) = 0;
  bool deciding_ ABSL_GUARDED_BY(mu_) = false;     // a thread has the writer and the queue in hand
  bool queue_waits_ ABSL_GUARDED_BY(mu_) = false;  // nobody decides, and the queue is not empty
  bool appending_ ABSL_GUARDED_BY(mu_) = false;    // a thread has the log in hand
  bool saving_ ABSL_GUARDED_BY(mu_) = false;       // rows of the state were taken and are not yet written
  PendingList resends_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;  // no new submissions
  bool ended_ ABSL_GUARDED_BY(mu_) = false;     // the last group was decided
  absl::Status health_ ABSL_GUARDED_BY(mu_);
  Sequence head_ ABSL_GUARDED_BY(mu_);
  merkle::Hash root_ ABSL_GUARDED_BY(mu_);

  std::vector<std::thread> threads_;  // of Start and Drain
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_SEQUENCER_SEQUENCER_H_
