#include "ledger/sequencer/recall.h"

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"
#include "ledger/base/error.h"
#include "ledger/command/decide.h"

namespace redvest {

bool Recall::AtHand(Sequence sequence) const {
  return first_ && sequence >= first_ && sequence.value() - first_.value() < events_.size();
}

absl::StatusOr<event::v1::Event> Recall::EventAt(Sequence sequence) {
  if (!AtHand(sequence)) {
    first_ = Sequence();
    // The commit is a view into the cursor.
    const std::unique_ptr<CommitCursor> commits = log_->Read(sequence);
    REDVEST_ASSIGN_OR_RETURN(const std::optional<CommitView> commit, commits->Next());
    if (!commit.has_value()) {
      return absl::NotFoundError(absl::StrCat("the log holds no event ", sequence.value()));
    }
    events_.assign(commit->events.begin(), commit->events.end());
    first_ = commit->first;
  }
  event::v1::Event event;
  if (!event.ParseFromString(events_[sequence.value() - first_.value()])) {
    return absl::DataLossError(absl::StrCat("event ", sequence.value(), " cannot be read"));
  }
  return event;
}

void Recall::Answer(const Submission& submission, size_t count, SubmissionResult* result) {
  while (result->taken < count && result->stopped.ok()) result->stopped = AnswerOne(submission, result);
}

absl::Status Recall::AnswerOne(const Submission& submission, SubmissionResult* result) {
  const v1::Command& command = submission.commands[result->taken];
  // Serials that were sent side by side mostly lie side by side: the index is asked only where they do not.
  Sequence sequence = last_.Next();
  event::v1::Event event;
  if (AtHand(sequence)) {
    REDVEST_ASSIGN_OR_RETURN(event, EventAt(sequence));
  }
  if (event.terminal_id() != command.terminal_id() || event.serial() != command.serial()) {
    REDVEST_ASSIGN_OR_RETURN(sequence,
                             find_outcome_(TerminalId(command.terminal_id()), Serial(command.serial())));
    REDVEST_ASSIGN_OR_RETURN(event, EventAt(sequence));
  }
  last_ = sequence;
  if (!IsOutcomeOf(event, command)) {
    return MakeError(v1::ERROR_REASON_SERIAL_REUSED,
                     {{"serial", command.serial()}, {"sequence", sequence.value()}});
  }
  if (event.has_command_declined()) {
    result->declined.push_back({result->taken, event.command_declined().error()});
    result->declined.back().error.set_sequence(sequence.value());
  }
  if (submission.want_outcomes) result->outcomes.push_back({sequence, true, std::move(event)});
  ++result->taken;
  ++result->already_recorded;
  return absl::OkStatus();
}

}  // namespace redvest
