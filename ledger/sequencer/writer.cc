#include "ledger/sequencer/writer.h"

#include <algorithm>

#include "ledger/base/check.h"
#include "ledger/base/error.h"

namespace redvest {
namespace {

// An arena keeps the block that it is given when it is reset; most events need no other.
template <typename Block>
google::protobuf::ArenaOptions OnBlock(Block* block) {
  google::protobuf::ArenaOptions options;
  options.initial_block = block->data();
  options.initial_block_size = block->size();
  return options;
}

}  // namespace

Writer::Writer(std::unique_ptr<State> state, merkle::Frontier frontier, const Clock* clock, Recall* recall,
               MakeDurable make_durable)
    : clock_(clock),
      recall_(recall),
      make_durable_(std::move(make_durable)),
      state_(std::move(state)),
      frontier_(std::move(frontier)),
      builder_(state_->last_sequence().Next()),
      day_finder_(state_->time_zone()),
      arena_(OnBlock(&arena_block_)) {
  REDVEST_CHECK(frontier_.size() == state_->last_sequence().value());
}

absl::StatusOr<size_t> Writer::Take(PendingList* line, size_t commands_max) {
  Pending& pending = line->front();
  const Submission& submission = pending.submission;
  SubmissionResult& result = pending.result;
  const size_t resends = result.taken == 0 ? CountResends(submission) : 0;
  const uint64_t before = frontier_.size();
  if (submission.deadline != absl::InfiniteFuture() && absl::Now() > submission.deadline) {
    result.stopped = MakeError(v1::ERROR_REASON_DEADLINE_PASSED);
  } else if (resends == submission.commands.size()) {
    group_.resends.splice(group_.resends.end(), *line, line->begin());
    return 0;
  } else {
    if (resends > 0) REDVEST_RETURN_IF_ERROR(AnswerResends(submission, resends, &result));
    REDVEST_RETURN_IF_ERROR(DecideNext(submission, commands_max, &result));
  }
  if (!result.stopped.ok() || pending.left() == 0) {
    if (result.stopped.ok()) result.stopped = pending.form;
    group_.answers.splice(group_.answers.end(), *line, line->begin());
  }
  return frontier_.size() - before;
}

// Rare: a batch of which a part is in the log. Its first outcomes must be known before anything new is
// decided.
absl::Status Writer::AnswerResends(const Submission& submission, size_t resends, SubmissionResult* result) {
  REDVEST_RETURN_IF_ERROR(make_durable_());
  recall_->Answer(submission, resends, result);
  return absl::OkStatus();
}

absl::Status Writer::DecideNext(const Submission& submission, size_t commands_max, SubmissionResult* result) {
  // Invariant: recorded_at never decreases along the log, whatever the machine's clock does.
  const int64_t now_ms = std::max(clock_->NowUnixMs(), state_->last_recorded_at_ms());
  const size_t end = std::min(submission.commands.size(), result->taken + commands_max);
  while (result->stopped.ok() && result->taken < end) {
    REDVEST_RETURN_IF_ERROR(DecideOne(submission, now_ms, result));
  }
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
absl::Status Writer::DecideOne(const Submission& submission, int64_t now_ms, SubmissionResult* result) {
  const v1::Command& command = submission.commands[result->taken];
  result->stopped = CheckTurn(command);
  if (!result->stopped.ok()) return absl::OkStatus();
  DecideInput input{.state = *state_, .command = command, .now_ms = now_ms, .days = &day_finder_};
  REDVEST_RETURN_IF_ERROR(FetchNamed(command, &input));
  REDVEST_RETURN_IF_ERROR(DecideAndApply(input));
  Encode();

  const Sequence sequence = state_->last_sequence();
  if (!result->first_added) result->first_added = sequence;
  result->last_added = sequence;
  if (event_->has_command_declined()) {
    result->declined.push_back({result->taken, event_->command_declined().error()});
    result->declined.back().error.set_sequence(sequence.value());
  }
  if (submission.want_outcomes) result->outcomes.push_back({sequence, false, *event_});
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
  if (!recall_->IsDurable(sequence)) REDVEST_RETURN_IF_ERROR(make_durable_());
  REDVEST_ASSIGN_OR_RETURN(*event, recall_->EventAt(sequence));
  return event;
}

absl::Status Writer::DecideAndApply(const DecideInput& input) {
  const Sequence sequence = state_->last_sequence().Next();
  arena_.Reset();
  event_ = google::protobuf::Arena::CreateMessage<event::v1::Event>(&arena_);
  absl::Status decided = Decide(input, event_);
  if (decided.ok()) {
    const Postings postings = PostingsOf(*event_);
    absl::MutexLock lock(&state_mu_);
    decided = state_->Apply(sequence, *event_, postings);
  }
  if (decided.ok()) {
    // The founding says where the days begin.
    if (event_->has_ledger_founded()) day_finder_ = DayFinder(state_->time_zone());
    return decided;
  }
  if (!DetailOf(decided).has_value()) return decided;
  RecordDecline(input, decided, event_);
  absl::MutexLock lock(&state_mu_);
  return state_->Apply(sequence, *event_, Postings());
}

void Writer::Encode() {
  const size_t size = event_->ByteSizeLong();
  if (builder_.event_count() > 0 && builder_.bytes() + size > kCommitBytesMax) SealCommit();
  char* const place = builder_.Add(size);
  event_->SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(place));
  frontier_.Add(hasher_.Leaf({place, size}), hasher_);
  bytes_ += size;
  ++events_since_save_;
}

void Writer::SealCommit() {
  group_.root = frontier_.Root(hasher_);
  group_.commits.push_back({builder_.first(), builder_.event_count(), builder_.Seal(group_.root)});
  builder_.Restart(Sequence(frontier_.size() + 1));
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
