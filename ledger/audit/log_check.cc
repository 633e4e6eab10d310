#include "ledger/audit/log_check.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "ledger/audit/fault.h"
#include "ledger/base/check.h"

namespace redvest {
namespace {

using event::v1::Event;

// How often progress is told.
constexpr uint64_t kProgressEvents = 100'000;
// So many events ahead the rows of the state are asked for: the time that memory takes to answer.
constexpr size_t kPrefetchEvents = 8;

}  // namespace

LogCheck::LogCheck(CommitSource source, CheckpointCheck* checkpoints, std::vector<FoldObserver*> observers,
                   size_t recent_bytes_max)
    : source_(source),
      checkpoints_(checkpoints),
      observers_(std::move(observers)),
      decisions_(source, recent_bytes_max),
      state_(std::make_unique<State>()) {}

absl::Status LogCheck::Run(Sequence last, VerifyProgress progress) {
  CommitPipeline commits(source_(Sequence(1)), [this](PreparedCommit* commit) {
    for (const FoldObserver* observer : observers_) observer->Prepare(commit);
  });
  uint64_t told = 0;
  while (true) {
    REDVEST_ASSIGN_OR_RETURN(const PreparedCommit* const commit, commits.Next());
    if (commit == nullptr) break;
    REDVEST_RETURN_IF_ERROR(CheckCommit(*commit));
    if (report_.last.value() - told < kProgressEvents) continue;
    told = report_.last.value();
    progress("log", report_.last, last ? last : report_.last);
  }
  REDVEST_RETURN_IF_ERROR(CheckEnd(last));
  progress("log", report_.last, report_.last);
  return absl::OkStatus();
}

absl::Status LogCheck::CheckCommit(const PreparedCommit& commit) {
  const Sequence expected = report_.last.Next();
  if (commit.first != expected || commit.events.empty()) {
    return Fault(expected, absl::StrCat("it is missing: the log goes on at event ", commit.first.value()));
  }
  decisions_.Begin(commit);
  for (size_t i = 0; i < commit.events.size(); ++i) {
    if (i + kPrefetchEvents < commit.events.size()) {
      const PreparedEvent& ahead = commit.events[i + kPrefetchEvents];
      if (ahead.event != nullptr) state_->Prefetch(*ahead.event, ahead.postings);
    }
    REDVEST_RETURN_IF_ERROR(CheckEvent(report_.last.Next(), commit.events[i]));
    report_.last = report_.last.Next();
  }
  before_ = tree_;
  for (const PreparedCommit::Subtree& subtree : commit.subtrees) {
    tree_.AddSubtree(subtree.level, subtree.root,
                     [this](int level, uint64_t index, const merkle::Hash& root) {
                       for (FoldObserver* observer : observers_)
                         observer->SubtreeCompleted(level, index, root);
                     });
  }
  REDVEST_RETURN_IF_ERROR(CheckRoot(commit));
  ++report_.commits;
  for (FoldObserver* observer : observers_) observer->CommitFolded(commit, before_, tree_, state_.get());
  return absl::OkStatus();
}

absl::Status LogCheck::CheckEvent(Sequence sequence, const PreparedEvent& prepared) {
  if (prepared.event == nullptr) return Fault(sequence, "it cannot be read as an event");
  const Event& event = *prepared.event;
  REDVEST_RETURN_IF_ERROR(CheckTerminal(sequence, event));
  REDVEST_RETURN_IF_ERROR(decisions_.Check(sequence, event, state_.get()));
  const absl::Status applied = state_->Apply(sequence, event, prepared.postings);
  if (!applied.ok()) return DoesNotFit(sequence, event, applied);
  report_.postings += prepared.postings.size();
  if (event.has_command_declined()) ++report_.declined;
  if (event.has_terminal_retired()) retired_.insert(event.terminal_retired().command().terminal_id());
  if (ReversalIn(event) != nullptr) ++report_.reversed;
  return absl::OkStatus();
}

// What the fold does not ask, and what whoever decides must know. The rest is left to the fold.
absl::Status LogCheck::CheckTerminal(Sequence sequence, const Event& event) {
  if (!retired_.empty() && retired_.contains(event.terminal_id())) {
    return Fault(sequence, absl::StrCat("terminal ", event.terminal_id(), " was retired before it"));
  }
  const bool decided = event.has_command_declined() || event.has_event_reversed() ||
                       event.has_request_approved() || event.has_policy_adopted();
  if (decided && state_->FindTerminal(TerminalId(event.terminal_id())) == nullptr) {
    return Fault(sequence, absl::StrCat("terminal ", event.terminal_id(), " is not enrolled"));
  }
  return absl::OkStatus();
}

absl::Status LogCheck::DoesNotFit(Sequence sequence, const Event& event, const absl::Status& why) const {
  const Terminal* const terminal = state_->FindTerminal(TerminalId(event.terminal_id()));
  if (terminal != nullptr && Serial(event.serial()) != terminal->last_serial.Next()) {
    return Fault(sequence, absl::StrCat("it has serial ", event.serial(), " of terminal ",
                                        event.terminal_id(), " where ", terminal->last_serial.Next().value(),
                                        " is due, so an event was left out, put in, or moved"));
  }
  const std::string place = absl::StrCat("event ", sequence.value(), ": ");
  return Fault(sequence,
               absl::StrCat("it does not fit what came before: ", absl::StripPrefix(why.message(), place)));
}

absl::Status LogCheck::CheckRoot(const PreparedCommit& commit) {
  if (commit.root.has_value() && tree_.Root(hasher_) != *commit.root) {
    suspects_ = {commit.first, commit.last()};
    return FaultAmong(
        commit.first, commit.last(),
        "the root in their commit record is not the root of the log up to there, so one of them "
        "was changed, or the record was");
  }
  const absl::Status as_signed = checkpoints_->Grew(before_, commit, tree_);
  if (!as_signed.ok()) suspects_ = {checkpoints_->signed_up_to().Next(), commit.last()};
  return as_signed;
}

absl::Status LogCheck::CheckEnd(Sequence last) {
  REDVEST_RETURN_IF_ERROR(decisions_.Finish());
  if (last && report_.last != last) return Fault(report_.last.Next(), "it is missing");
  REDVEST_RETURN_IF_ERROR(checkpoints_->End(report_.last));
  __extension__ __int128 sums[4] = {};
  state_->balances().ForEach([&sums](const Account& account, int64_t balance) {
    sums[static_cast<size_t>(RuleOf(account.kind).unit)] += balance;
  });
  for (auto sum : sums) {
    if (sum != 0) return Fault(report_.last, "the balances of all accounts do not sum to zero after it");
  }
  report_.name = state_->name();
  report_.root = tree_.Root(hasher_);
  report_.accounts = state_->balances().size();
  report_.terminals = state_->terminals().size();
  report_.checkpoints = checkpoints_->checked();
  report_.signed_up_to = checkpoints_->signed_up_to();
  report_.key = checkpoints_->key();
  return absl::OkStatus();
}

}  // namespace redvest
