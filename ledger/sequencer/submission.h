// What is handed to the sequencer, and what comes back.
#ifndef REDVEST_LEDGER_SEQUENCER_SUBMISSION_H_
#define REDVEST_LEDGER_SEQUENCER_SUBMISSION_H_

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "ledger/base/ids.h"
#include "redvest/event/v1/event.pb.h"
#include "redvest/v1/command.pb.h"
#include "redvest/v1/error.pb.h"

namespace redvest {

// The outcome of one command, durable and sealed.
struct Outcome {
  Sequence sequence;
  bool already_recorded = false;  // the first outcome again
  event::v1::Event event;         // body command_declined where it was declined
};

// What became of a submission. Everything in it is durable and under the Merkle root.
struct SubmissionResult {
  // Commands [0, taken) have their outcome in the log.
  size_t taken = 0;
  // Why commands[taken] was not taken, with an ErrorDetail; OK where all were. Of UNAVAILABLE, whether it
  // reached the log is not known: ask again with the same serial once the ledger runs.
  absl::Status stopped;
  // Events that this submission added; none where it added none.
  Sequence first_added;
  Sequence last_added;
  // How many of the outcomes are first outcomes again.
  size_t already_recorded = 0;

  struct Declined {
    size_t index;
    v1::ErrorDetail error;  // with the sequence of the recorded decline
  };
  // In order of index.
  std::vector<Declined> declined;
  // One for each command taken, in order, where the submission asked for them.
  std::vector<Outcome> outcomes;
};

// Consecutive commands of one terminal. REQUIRES: every command carries the same terminal_id, and serials
// that follow one another.
struct Submission {
  // Must stay valid until `done` has run; `owner` may keep them.
  std::span<const v1::Command> commands;
  std::shared_ptr<const void> owner;
  // Not decided after this.
  absl::Time deadline = absl::InfiniteFuture();
  // Fill SubmissionResult::outcomes.
  bool want_outcomes = false;
  // Runs once, on a thread of the ledger or of the caller; must not block.
  absl::AnyInvocable<void(SubmissionResult)> done;
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_SEQUENCER_SUBMISSION_H_
