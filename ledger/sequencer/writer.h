// Decides, applies and encodes: turns submissions into commits that are ready to be appended. Starts no
// thread and writes nothing, so it runs in the sequencer's threads and in a simulation alike.
#ifndef REDVEST_LEDGER_SEQUENCER_WRITER_H_
#define REDVEST_LEDGER_SEQUENCER_WRITER_H_

#include <array>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "google/protobuf/arena.h"
#include "ledger/base/calendar.h"
#include "ledger/base/clock.h"
#include "ledger/command/decide.h"
#include "ledger/log/commit_record.h"
#include "ledger/merkle/frontier.h"
#include "ledger/sequencer/recall.h"
#include "ledger/sequencer/submission.h"
#include "ledger/state/state.h"
#include "ledger/storage/store.h"

namespace redvest {

// A submission on its way, and what is known of its answer.
struct Pending {
  Submission submission;
  absl::Status form = {};  // why the command behind the last is malformed; OK where none is
  SubmissionResult result = {};

  // Commands that are still to be decided.
  size_t left() const { return submission.commands.size() - result.taken; }
};
// Each is made once and then moves from list to list.
using PendingList = std::list<Pending>;

// What was decided since the last group: to be made durable as a whole, then answered.
struct Group {
  struct Commit {
    Sequence first;
    uint32_t event_count;
    std::string record;
  };
  std::vector<Commit> commits;
  Sequence last;        // of the state after it
  merkle::Hash root{};  // over all events up to `last`
  PendingList answers;
  PendingList resends;  // to be answered from the log
  std::optional<WriteBatch> state_rows;

  bool empty() const { return commits.empty() && answers.empty() && resends.empty() && !state_rows; }
};

// Not thread-safe, but for Read.
class Writer {
 public:
  // Makes everything that was taken out with TakeGroup or is still in the writer durable, for the writer to
  // read it.
  using MakeDurable = std::function<absl::Status()>;

  // `state` and `frontier` are at the end of the log. `clock` and `recall` must outlive it.
  Writer(std::unique_ptr<State> state, merkle::Frontier frontier, const Clock* clock, Recall* recall,
         MakeDurable make_durable);

  // Decides the next commands of the first submission in `line`, at most `commands_max`. With its last one
  // the submission moves from the line to the group, and its answer leaves with that. Returns how many it
  // decided. Not OK where an invariant is broken or the log cannot be read or written: the writer must not go
  // on.
  absl::StatusOr<size_t> Take(PendingList* line, size_t commands_max);

  // Event bytes that wait to be taken out.
  size_t bytes() const { return bytes_; }
  bool empty() const { return group_.empty() && builder_.event_count() == 0; }
  // Takes out what was decided so far; with `save`, also the rows of the state that changed since the last
  // save.
  Group TakeGroup(bool save);
  // Events decided since the state was last saved.
  uint64_t events_since_save() const { return events_since_save_; }

  // Runs `read` on the state and returns the sequence it is at. From any thread.
  Sequence Read(absl::FunctionRef<void(const State&)> read) const;

 private:
  // Adds outcomes to `result`. The first: of the first `resends` commands, which have theirs already. The
  // second: of the next ones.
  absl::Status AnswerResends(const Submission& submission, size_t resends, SubmissionResult* result);
  absl::Status DecideNext(const Submission& submission, size_t commands_max, SubmissionResult* result);
  absl::Status DecideOne(const Submission& submission, int64_t now_ms, SubmissionResult* result);
  // Serials of the submission that have their outcome already; they come first.
  size_t CountResends(const Submission& submission) const;
  // Whether a command may be decided next: its terminal is enrolled and active, its serial the next.
  absl::Status CheckTurn(const v1::Command& command) const;
  // Reads the earlier events that `command` is about, for DecideInput.
  absl::Status FetchNamed(const v1::Command& command, DecideInput* input);
  // The event of that sequence in `event`, or null where there is none.
  absl::StatusOr<const event::v1::Event*> Fetch(Sequence sequence, event::v1::Event* event);
  absl::Status DecideAndApply(const DecideInput& input);
  void Encode();
  void SealCommit();

  // Constant after construction.
  const Clock* const clock_;
  Recall* const recall_;
  const MakeDurable make_durable_;

  // Held while the state changes, so that readers may look from their threads.
  mutable absl::Mutex state_mu_;
  // Changed by whoever calls the writer, under state_mu_; so he reads it without.
  const std::unique_ptr<State> state_;

  // Of whoever calls the writer: one thread at a time.
  merkle::Hasher hasher_;
  merkle::Frontier frontier_;
  CommitBuilder builder_;
  Group group_;
  size_t bytes_ = 0;
  uint64_t events_since_save_ = 0;
  DayFinder day_finder_;
  // The event being decided, on an arena: its messages are made and dropped without the heap.
  alignas(std::max_align_t) std::array<char, 4096> arena_block_;
  google::protobuf::Arena arena_;
  event::v1::Event* event_ = nullptr;
  event::v1::Event original_;  // what it reverses
  event::v1::Event request_;   // what it approves
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_SEQUENCER_WRITER_H_
