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
#include "google/protobuf/repeated_ptr_field.h"
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

// Commands in order, wherever they lie: side by side, or in a message on an arena. Owns nothing.
class CommandList {
 public:
  CommandList() = default;
  CommandList(const v1::Command* first, size_t size) : first_(first), size_(size) {}
  CommandList(std::span<const v1::Command> commands)  // NOLINT: implicit, as a span is
      : CommandList(commands.data(), commands.size()) {}
  CommandList(const std::vector<v1::Command>& commands)  // NOLINT
      : CommandList(commands.data(), commands.size()) {}
  CommandList(const google::protobuf::RepeatedPtrField<v1::Command>& commands)  // NOLINT
      : pointers_(commands.data()), size_(static_cast<size_t>(commands.size())) {}

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const v1::Command& operator[](size_t i) const { return pointers_ == nullptr ? first_[i] : *pointers_[i]; }
  const v1::Command& front() const { return (*this)[0]; }
  // Keeps the first `size` of them.
  void Truncate(size_t size) { size_ = size; }

 private:
  // One of the two is set.
  const v1::Command* first_ = nullptr;
  const v1::Command* const* pointers_ = nullptr;
  size_t size_ = 0;
};

// Consecutive commands of one terminal. REQUIRES: every command carries the same terminal_id, and serials
// that follow one another.
struct Submission {
  // Must stay valid until `done` has run; `owner` may keep them.
  CommandList commands;
  std::shared_ptr<const void> owner;
  // Nothing of it is decided after this.
  absl::Time deadline = absl::InfiniteFuture();
  // Fill SubmissionResult::outcomes.
  bool want_outcomes = false;
  // Runs once, on a thread of the ledger or of the caller; must not block.
  absl::AnyInvocable<void(SubmissionResult)> done;
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_SEQUENCER_SUBMISSION_H_
