#include "ledger/audit/verify.h"

#include <google/protobuf/arena.h>
#include <google/protobuf/util/message_differencer.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

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

// The rows of the saved state, and the sequence it is of.
struct SavedState {
  std::map<std::string, std::string> rows;
  Sequence sequence;  // none: no state is saved
};

absl::StatusOr<SavedState> ReadSavedState(const Store& store) {
  SavedState saved;
  State state;
  const std::unique_ptr<StoreCursor> rows = store.NewCursor(TableId::kState);
  for (rows->Seek(""); rows->Valid(); rows->Next()) {
    const absl::Status loaded =
        rows->key() == kFrontierKey ? absl::OkStatus() : state.Load(rows->key(), rows->value());
    if (!loaded.ok()) {
      return absl::DataLossError(absl::StrCat(loaded.message(), "; start redvestd with --rebuild"));
    }
    saved.rows.emplace(rows->key(), rows->value());
  }
  REDVEST_RETURN_IF_ERROR(rows->status());
  saved.sequence = state.last_sequence();
  return saved;
}

// Folds the log once, checking every event.
class LogCheck {
 public:
  LogCheck(const EventLog* log, SavedState saved) : log_(log), saved_(std::move(saved)) {}

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
    if (saved_.sequence > last) return Fault(last.Next(), "it is missing: the saved state is of a later one");
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
    return report_.last == saved_.sequence ? CheckSavedState() : absl::OkStatus();
  }

  // What a start goes on from must be what the log says. REQUIRES: nothing was taken from state_ before.
  absl::Status CheckSavedState() {
    std::map<std::string, std::string> folded;
    state_.TakeChanges(
        [&folded](std::string_view key, std::string_view value) { folded.emplace(key, value); });
    folded.emplace(kFrontierKey, frontier_.Encode());
    if (folded == saved_.rows) return absl::OkStatus();
    return Fault(saved_.sequence,
                 "the state that was saved after it is not what the log says; start redvestd with "
                 "--rebuild");
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
  const SavedState saved_;
  merkle::Hasher hasher_;
  merkle::Frontier frontier_;
  State state_;
  VerifyReport report_;
};

}  // namespace

absl::StatusOr<VerifyReport> Verify(const Store& store, const EventLog& log, VerifyProgress progress) {
  // On the heap: it holds a whole state.
  REDVEST_ASSIGN_OR_RETURN(SavedState saved, ReadSavedState(store));
  const auto check = std::make_unique<LogCheck>(&log, std::move(saved));
  REDVEST_RETURN_IF_ERROR(check->Run(progress));
  REDVEST_RETURN_IF_ERROR(
      CompareWithReplay(log, store, NewProjections(),
                        [progress](Sequence done, Sequence last) { progress("projections", done, last); }));
  return check->report();
}

}  // namespace redvest
