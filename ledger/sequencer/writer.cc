#include "ledger/sequencer/writer.h"

#include <algorithm>

#include "ledger/base/check.h"
#include "ledger/base/error.h"

namespace redvest {

Writer::Writer(std::unique_ptr<State> state, merkle::Frontier frontier, const Clock* clock, Recall* recall,
               MakeDurable make_durable)
    : clock_(clock),
      recall_(recall),
      make_durable_(std::move(make_durable)),
      state_(std::move(state)),
      frontier_(std::move(frontier)),
      builder_(state_->last_sequence().Next()) {
  REDVEST_CHECK(frontier_.size() == state_->last_sequence().value());
}

absl::Status Writer::Take(Pending pending) {
  const Submission& submission = pending.submission;
  if (submission.deadline != absl::InfiniteFuture() && absl::Now() > submission.deadline) {
    pending.result.stopped = MakeError(v1::ERROR_REASON_DEADLINE_PASSED);
    group_.answers.push_back(std::move(pending));
    return absl::OkStatus();
  }
  const size_t resends = CountResends(submission);
  if (resends == submission.commands.size()) {
    group_.resends.push_back(std::move(pending));
    return absl::OkStatus();
  }
  const absl::Status status = DecideAll(resends, &pending);
  group_.answers.push_back(std::move(pending));
  return status;
}

absl::Status Writer::DecideAll(size_t resends, Pending* pending) {
  const Submission& submission = pending->submission;
  SubmissionResult& result = pending->result;
  if (resends > 0) {
    // Rare: a batch of which a part is in the log. Its first outcomes must be known before anything new is
    // decided.
    REDVEST_RETURN_IF_ERROR(make_durable_());
    recall_->Answer(submission, resends, &result);
  }
  while (result.stopped.ok() && result.taken < submission.commands.size()) {
    REDVEST_RETURN_IF_ERROR(DecideOne(submission, &result));
  }
  if (result.stopped.ok()) result.stopped = pending->form;
  return absl::OkStatus();
}

size_t Writer::CountResends(const Submission& submission) const {
  const v1::Command& first = submission.commands.front();
  const Terminal* terminal = state_->FindTerminal(TerminalId(first.terminal_id()));
  if (terminal == nullptr || first.serial() > terminal->last_serial.value()) return 0;
  return std::min<uint64_t>(submission.commands.size(), terminal->last_serial.value() - first.serial() + 1);
}

absl::Status Writer::CheckTurn(const v1::Command& command) const {
  const Terminal* terminal = state_->FindTerminal(TerminalId(command.terminal_id()));
  if (terminal == nullptr) {
    return MakeError(v1::ERROR_REASON_TERMINAL_UNKNOWN, {{"terminal", command.terminal_id()}});
  }
  const Serial expected = terminal->last_serial.Next();
  if (Serial(command.serial()) != expected) {
    return MakeError(v1::ERROR_REASON_SERIAL_GAP, {{"expected_serial", expected.value()}});
  }
  if (terminal->retired) {
    return MakeError(v1::ERROR_REASON_TERMINAL_RETIRED, {{"terminal", command.terminal_id()}});
  }
  return absl::OkStatus();
}

// Adds one outcome, or what stops the submission, to `result`.
absl::Status Writer::DecideOne(const Submission& submission, SubmissionResult* result) {
  const v1::Command& command = submission.commands[result->taken];
  result->stopped = CheckTurn(command);
  if (!result->stopped.ok()) return absl::OkStatus();
  // Invariant: recorded_at never decreases along the log, whatever the machine's clock does.
  const int64_t now_ms = std::max(clock_->NowUnixMs(), state_->last_recorded_at_ms());
  DecideInput input{.state = *state_, .command = command, .now_ms = now_ms};
  REDVEST_RETURN_IF_ERROR(FetchNamed(command, &input));
  REDVEST_RETURN_IF_ERROR(DecideAndApply(input));
  Encode();

  const Sequence sequence = state_->last_sequence();
  if (!result->first_added) result->first_added = sequence;
  result->last_added = sequence;
  if (event_.has_command_declined()) {
    result->declined.push_back({result->taken, event_.command_declined().error()});
    result->declined.back().error.set_sequence(sequence.value());
  }
  if (submission.want_outcomes) result->outcomes.push_back({sequence, false, event_});
  ++result->taken;
  return absl::OkStatus();
}

absl::Status Writer::FetchNamed(const v1::Command& command, DecideInput* input) {
  Sequence reversed(command.reverse_event().sequence());
  if (command.has_approve_request()) {
    REDVEST_ASSIGN_OR_RETURN(input->request,
                             Fetch(Sequence(command.approve_request().sequence()), &request_));
    if (input->request == nullptr) return absl::OkStatus();
    reversed = Sequence(input->request->approval_requested().command().reverse_event().sequence());
  }
  REDVEST_ASSIGN_OR_RETURN(input->original, Fetch(reversed, &original_));
  return absl::OkStatus();
}

absl::StatusOr<const event::v1::Event*> Writer::Fetch(Sequence sequence, event::v1::Event* event) {
  if (!sequence || sequence > state_->last_sequence()) return nullptr;
  // It may still be on its way to the log.
  REDVEST_RETURN_IF_ERROR(make_durable_());
  REDVEST_ASSIGN_OR_RETURN(*event, recall_->EventAt(sequence));
  return event;
}

absl::Status Writer::DecideAndApply(const DecideInput& input) {
  const Sequence sequence = state_->last_sequence().Next();
  event_.Clear();
  absl::Status decided = Decide(input, &event_);
  if (decided.ok()) {
    const Postings postings = PostingsOf(event_);
    absl::MutexLock lock(&state_mu_);
    decided = state_->Apply(sequence, event_, postings);
  }
  if (decided.ok()) return decided;
  if (!DetailOf(decided).has_value()) return decided;
  RecordDecline(input, decided, &event_);
  absl::MutexLock lock(&state_mu_);
  return state_->Apply(sequence, event_, Postings());
}

void Writer::Encode() {
  event_bytes_.clear();
  event_.AppendToString(&event_bytes_);
  if (builder_.event_count() > 0 && builder_.bytes() + event_bytes_.size() > kCommitBytesMax) SealCommit();
  builder_.Add(event_bytes_);
  frontier_.Add(hasher_.Leaf(event_bytes_), hasher_);
  bytes_ += event_bytes_.size();
  ++events_since_save_;
}

void Writer::SealCommit() {
  group_.root = frontier_.Root(hasher_);
  group_.commits.push_back({builder_.first(), builder_.event_count(), builder_.Seal(group_.root)});
  builder_ = CommitBuilder(Sequence(frontier_.size() + 1));
}

Group Writer::TakeGroup(bool save) {
  if (builder_.event_count() > 0) SealCommit();
  group_.last = state_->last_sequence();
  if (save) {
    WriteBatch& rows =
        group_.state_rows.emplace(WriteBatch{.table = TableId::kState, .puts = {}, .deletes = {}});
    absl::MutexLock lock(&state_mu_);
    state_->TakeChanges(
        [&rows](std::string_view key, std::string_view value) { rows.puts.emplace_back(key, value); });
    rows.puts.emplace_back(kFrontierKey, frontier_.Encode());
    events_since_save_ = 0;
  }
  bytes_ = 0;
  return std::exchange(group_, Group{});
}

Sequence Writer::Read(absl::FunctionRef<void(const State&)> read) const {
  absl::ReaderMutexLock lock(&state_mu_);
  read(*state_);
  return state_->last_sequence();
}

}  // namespace redvest
