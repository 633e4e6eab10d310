#include "ledger/audit/verify.h"

#include <google/protobuf/arena.h>
#include <google/protobuf/util/message_differencer.h>

#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "ledger/accounting/posting.h"
#include "ledger/base/check.h"
#include "ledger/base/text.h"
#include "ledger/merkle/frontier.h"
#include "ledger/projection/replay.h"
#include "ledger/state/state.h"

namespace redvest {
namespace {

using event::v1::Event;

// How often progress is told.
constexpr uint64_t kProgressEvents = 10'000;

absl::Status Fault(Sequence sequence, absl::string_view what) {
  return absl::DataLossError(absl::StrCat("event ", sequence.value(), ": ", what));
}

// Folds the log once, checking every event.
class LogCheck {
 public:
  explicit LogCheck(const EventLog* log) : log_(log) {}

  absl::Status Run(VerifyProgress progress) {
    const Sequence last = log_->last_sequence();
    const std::unique_ptr<CommitCursor> commits = log_->Read(Sequence(1));
    uint64_t told = 0;
    while (true) {
      REDVEST_ASSIGN_OR_RETURN(const std::optional<CommitView> commit, commits->Next());
      if (!commit.has_value()) break;
      REDVEST_RETURN_IF_ERROR(CheckCommit(*commit));
      if (report_.last.value() - told < kProgressEvents) continue;
      told = report_.last.value();
      progress("log", report_.last, last);
    }
    if (report_.last != last) return Fault(report_.last.Next(), "it is missing");
    report_.root = frontier_.Root(hasher_);
    REDVEST_RETURN_IF_ERROR(CheckTotals());
    progress("log", report_.last, last);
    return absl::OkStatus();
  }

  const VerifyReport& report() const { return report_; }

 private:
  absl::Status CheckCommit(const CommitView& commit) {
    google::protobuf::Arena arena;
    for (std::string_view bytes : commit.events) {
      const Sequence sequence = report_.last.Next();
      frontier_.Add(hasher_.Leaf(bytes), hasher_);
      Event* const event = google::protobuf::Arena::CreateMessage<Event>(&arena);
      if (!event->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        return Fault(sequence, "it cannot be read");
      }
      REDVEST_RETURN_IF_ERROR(CheckEvent(sequence, *event));
      report_.last = sequence;
    }
    if (frontier_.Root(hasher_) != commit.root) {
      return absl::DataLossError(
          absl::StrCat("events ", commit.first.value(), " to ", commit.last().value(),
                       ": the root of their commit record is not the root of the log up to "
                       "there, so an event up to there was changed"));
    }
    ++report_.commits;
    return absl::OkStatus();
  }

  absl::Status CheckEvent(Sequence sequence, const Event& event) {
    const Postings postings = PostingsOf(event);
    if (const absl::Status status = state_.Apply(sequence, event, postings); !status.ok()) {
      return Fault(sequence, absl::StrCat("it does not fit what came before: ", status.message()));
    }
    report_.postings += postings.size();
    if (event.has_command_declined()) ++report_.declined;
    if (event.has_event_reversed()) {
      ++report_.reversed;
      return CheckReversal(sequence, event.event_reversed());
    }
    return absl::OkStatus();
  }

  // A reversal posts the opposite of the copy it holds: that must be the event itself.
  absl::Status CheckReversal(Sequence sequence, const event::v1::EventReversed& reversed) const {
    const Sequence original(reversed.command().sequence());
    const std::unique_ptr<CommitCursor> commits = log_->Read(original);
    REDVEST_ASSIGN_OR_RETURN(const std::optional<CommitView> commit, commits->Next());
    Event event;
    if (commit.has_value() && original >= commit->first && original <= commit->last()) {
      const std::string_view bytes = commit->events[original.value() - commit->first.value()];
      if (event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) &&
          google::protobuf::util::MessageDifferencer::Equals(event, reversed.original())) {
        return absl::OkStatus();
      }
    }
    return Fault(sequence,
                 absl::StrCat("what it reverses is not event ", original.value(), " as the log holds it"));
  }

  absl::Status CheckTotals() {
    __extension__ __int128 sums[4] = {};
    state_.balances().ForEach([&sums](const Account& account, int64_t balance) {
      sums[static_cast<size_t>(RuleOf(account.kind).unit)] += balance;
    });
    for (auto sum : sums) {
      if (sum != 0) return Fault(report_.last, "the balances of all accounts do not sum to zero after it");
    }
    report_.accounts = state_.balances().size();
    report_.terminals = state_.terminals().size();
    return absl::OkStatus();
  }

  const EventLog* const log_;
  merkle::Hasher hasher_;
  merkle::Frontier frontier_;
  State state_;
  VerifyReport report_;
};

}  // namespace

absl::StatusOr<VerifyReport> Verify(const Store& store, const EventLog& log, VerifyProgress progress) {
  // On the heap: it holds a whole state.
  const auto check = std::make_unique<LogCheck>(&log);
  REDVEST_RETURN_IF_ERROR(check->Run(progress));
  REDVEST_RETURN_IF_ERROR(
      CompareWithReplay(log, store, NewProjections(),
                        [progress](Sequence done, Sequence last) { progress("projections", done, last); }));
  return check->report();
}

}  // namespace redvest
