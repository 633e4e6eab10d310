#include "ledger/audit/decision_check.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <memory>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "ledger/accounting/posting.h"
#include "ledger/audit/fault.h"
#include "ledger/base/check.h"
#include "ledger/base/error.h"

namespace redvest {
namespace {

using event::v1::Event;
using google::protobuf::util::MessageDifferencer;

// So many reversed events are looked up in the log together, in its order.
constexpr size_t kOriginalsMax = 50'000;

// The same reason; facts of the same name are the same. A version may tell other facts than one before it.
bool SameReason(const v1::ErrorDetail& a, const v1::ErrorDetail& b) {
  if (a.reason() != b.reason()) return false;
  for (const v1::Fact& fact : a.facts()) {
    for (const v1::Fact& other : b.facts()) {
      if (fact.name() == other.name() && (fact.number() != other.number() || fact.text() != other.text())) {
        return false;
      }
    }
  }
  return true;
}

// Whether `status` carries the reason. Mostly it does so in the same bytes.
bool Carries(const absl::Status& status, const v1::ErrorDetail& reason) {
  bool same_bytes = false;
  status.ForEachPayload([&](absl::string_view, const absl::Cord& payload) {
    same_bytes = payload == absl::string_view(reason.SerializeAsString());
  });
  if (same_bytes) return true;
  const std::optional<v1::ErrorDetail> detail = DetailOf(status);
  return detail.has_value() && SameReason(*detail, reason);
}

merkle::Hash SealOf(const std::vector<PreparedCommit::Subtree>& subtrees) {
  std::string roots;
  for (const PreparedCommit::Subtree& subtree : subtrees) {
    roots.push_back(static_cast<char>(subtree.level));
    roots.append(subtree.root.begin(), subtree.root.end());
  }
  return merkle::Hasher::Leaf(roots);
}

}  // namespace

void DecisionCheck::Begin(const PreparedCommit& commit) {
  seals_.push_back({commit.first, SealOf(commit.subtrees)});
  Keep(commit);
}

void DecisionCheck::Keep(const PreparedCommit& commit) {
  RecentCommit kept = std::move(spare_);
  kept.first = commit.first;
  kept.bytes.assign(commit.bytes);
  kept.ends.clear();
  uint32_t end = 0;
  for (const PreparedEvent& event : commit.events) {
    end += static_cast<uint32_t>(event.bytes.size());
    kept.ends.push_back(end);
  }
  recent_bytes_ += kept.bytes.size();
  recent_.push_back(std::move(kept));
  while (recent_bytes_ > recent_bytes_max_) {
    spare_ = std::move(recent_.front());
    recent_bytes_ -= spare_.bytes.size();
    recent_.pop_front();
  }
}

std::optional<std::string_view> DecisionCheck::FindRecent(Sequence sequence) const {
  auto commit =
      std::upper_bound(recent_.begin(), recent_.end(), sequence,
                       [](Sequence wanted, const RecentCommit& each) { return wanted < each.first; });
  if (commit == recent_.begin()) return std::nullopt;
  --commit;
  const uint64_t index = sequence.value() - commit->first.value();
  if (index >= commit->ends.size()) return std::nullopt;
  const size_t begin = index == 0 ? 0 : commit->ends[index - 1];
  return std::string_view(commit->bytes).substr(begin, commit->ends[index] - begin);
}

absl::Status DecisionCheck::CheckSame(const CommitView& commit) const {
  const auto seal = std::lower_bound(seals_.begin(), seals_.end(), commit.first,
                                     [](const Seal& each, Sequence first) { return each.first < first; });
  if (seal != seals_.end() && seal->first == commit.first && seal->hash == SealOf(SubtreesOf(commit))) {
    return absl::OkStatus();
  }
  return FaultAmong(commit.first, commit.last(),
                    "they are others when they are asked for again: two histories are shown");
}

absl::Status DecisionCheck::Check(Sequence sequence, const Event& event, State* state) {
  switch (event.body_case()) {
    case Event::kCommandDeclined:
      return CheckDecline(sequence, event, state);
    case Event::kEventReversed:
      return CheckReversal(sequence, event, *state);
    case Event::kRequestApproved:
      return CheckApproval(sequence, event, *state);
    case Event::kPolicyAdopted:
      return CheckAdoption(sequence, event, *state);
    default:
      return absl::OkStatus();
  }
}

absl::Status DecisionCheck::DecideAgain(const Event& event, const v1::Command& body, const State& state,
                                        const Event* original, const Event* request) {
  command_ = body;
  command_.set_terminal_id(event.terminal_id());
  command_.set_serial(event.serial());
  command_.set_occurred_at_unix_ms(event.occurred_at_unix_ms());
  decided_.Clear();
  // Not the form of the header: the founder's terminal is 0, which no command from outside may name, and a
  // command could be larger once.
  REDVEST_RETURN_IF_ERROR(CheckBodyForm(command_));
  return Decide({.state = state,
                 .command = command_,
                 .now_ms = event.recorded_at_unix_ms(),
                 .original = original,
                 .request = request},
                &decided_);
}

absl::Status DecisionCheck::CheckDecline(Sequence sequence, const Event& event, State* state) {
  const v1::Command& command = event.command_declined().command();
  const v1::ErrorDetail& reason = event.command_declined().error();
  const Event* request = nullptr;
  uint64_t reversed = command.reverse_event().sequence();
  if (command.has_approve_request()) {
    REDVEST_ASSIGN_OR_RETURN(request, Fetch(command.approve_request().sequence(), sequence, &request_));
    if (request != nullptr) reversed = request->approval_requested().command().reverse_event().sequence();
  }
  REDVEST_ASSIGN_OR_RETURN(const Event* original, Fetch(reversed, sequence, &original_));
  absl::Status declined = DecideAgain(event, command, *state, original, request);
  // As the writer tries it: balances have their say in the fold.
  if (declined.ok()) declined = state->Apply(sequence, decided_, PostingsOf(decided_));
  if (Carries(declined, reason)) return absl::OkStatus();
  const std::string said = absl::StrCat("it declines a command, because \"", Explain(reason), "\", ");
  if (declined.ok()) return Fault(sequence, absl::StrCat(said, "but what came before allows the command"));
  return Fault(sequence, absl::StrCat(said, "but by what came before it is: ", declined.message()));
}

absl::Status DecisionCheck::CheckReversal(Sequence sequence, const Event& event, const State& state) {
  const event::v1::EventReversed& reversed = event.event_reversed();
  v1::Command body;
  *body.mutable_reverse_event() = reversed.command();
  const absl::Status decided = DecideAgain(event, body, state, &reversed.original(), nullptr);
  if (!decided.ok()) {
    return Fault(sequence, absl::StrCat("it reverses event ", reversed.command().sequence(),
                                        ", which the rules forbid: ", decided.message()));
  }
  if (!decided_.has_event_reversed()) {
    return Fault(sequence,
                 absl::StrCat("it reverses event ", reversed.command().sequence(),
                              " without the approval of a second person, which the policy asks for"));
  }
  return CheckOriginal(sequence, reversed);
}

absl::Status DecisionCheck::CheckApproval(Sequence sequence, const Event& event, const State& state) {
  const event::v1::RequestApproved& approved = event.request_approved();
  REDVEST_ASSIGN_OR_RETURN(const Event* request, Fetch(approved.command().sequence(), sequence, &request_));
  v1::Command body;
  *body.mutable_approve_request() = approved.command();
  const Event* const original =
      approved.has_event_reversed() ? &approved.event_reversed().original() : nullptr;
  const absl::Status decided = DecideAgain(event, body, state, original, request);
  if (!decided.ok()) {
    return Fault(sequence, absl::StrCat("it approves request ", approved.command().sequence(),
                                        ", which the rules forbid: ", decided.message()));
  }
  if (!MessageDifferencer::Equals(decided_.request_approved(), approved)) {
    return Fault(sequence, absl::StrCat("what it carries out is not what request ",
                                        approved.command().sequence(), " asked for"));
  }
  return approved.has_event_reversed() ? CheckOriginal(sequence, approved.event_reversed())
                                       : absl::OkStatus();
}

absl::Status DecisionCheck::CheckAdoption(Sequence sequence, const Event& event, const State& state) {
  v1::Command body;
  *body.mutable_adopt_policy() = event.policy_adopted().command();
  const absl::Status decided = DecideAgain(event, body, state, nullptr, nullptr);
  if (!decided.ok()) {
    return Fault(sequence, absl::StrCat("it adopts a policy, which the rules forbid: ", decided.message()));
  }
  if (!decided_.has_approval_requested()) return absl::OkStatus();
  return Fault(
      sequence,
      "it adopts a policy without the approval of a second person, which an earlier policy asks for");
}

absl::StatusOr<const Event*> DecisionCheck::Fetch(uint64_t sequence, Sequence before, Event* event) {
  if (sequence == 0 || sequence >= before.value()) return nullptr;
  std::optional<std::string_view> bytes = FindRecent(Sequence(sequence));
  std::unique_ptr<CommitCursor> commits;  // keeps what it read
  if (!bytes.has_value()) {
    commits = source_(Sequence(sequence));
    REDVEST_ASSIGN_OR_RETURN(const std::optional<CommitView> commit, commits->Next());
    if (!commit.has_value() || sequence < commit->first.value() || sequence > commit->last().value()) {
      return Fault(Sequence(sequence), "it is missing");
    }
    REDVEST_RETURN_IF_ERROR(CheckSame(*commit));
    bytes = commit->events[sequence - commit->first.value()];
  }
  if (!event->ParseFromArray(bytes->data(), static_cast<int>(bytes->size()))) {
    return Fault(Sequence(sequence), "it cannot be read");
  }
  return event;
}

absl::Status DecisionCheck::CheckOriginal(Sequence reversal, const event::v1::EventReversed& reversed) {
  Original original{Sequence(reversed.command().sequence()), reversal,
                    reversed.original().SerializeAsString()};
  const std::optional<std::string_view> recent = FindRecent(original.sequence);
  if (recent.has_value()) return Compare(original, *recent);
  originals_.push_back(std::move(original));
  return originals_.size() < kOriginalsMax ? absl::OkStatus() : CompareOriginals();
}

absl::Status DecisionCheck::CompareOriginals() {
  std::sort(originals_.begin(), originals_.end(),
            [](const Original& a, const Original& b) { return a.sequence < b.sequence; });
  std::unique_ptr<CommitCursor> commits;
  std::optional<CommitView> commit;
  for (const Original& original : originals_) {
    if (!commit.has_value() || original.sequence > commit->last()) {
      commits = source_(original.sequence);
      REDVEST_ASSIGN_OR_RETURN(commit, commits->Next());
      if (commit.has_value()) REDVEST_RETURN_IF_ERROR(CheckSame(*commit));
    }
    if (!commit.has_value() || original.sequence < commit->first || original.sequence > commit->last()) {
      return Fault(original.sequence, "it is missing");
    }
    REDVEST_RETURN_IF_ERROR(
        Compare(original, commit->events[original.sequence.value() - commit->first.value()]));
  }
  originals_.clear();
  return absl::OkStatus();
}

absl::Status DecisionCheck::Compare(const Original& original, std::string_view bytes) {
  // Mostly the copy is written as the event was; where it is not, its fields decide.
  if (bytes == original.copy) return absl::OkStatus();
  Event copy;
  if (original_.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) &&
      copy.ParseFromString(original.copy) && MessageDifferencer::Equals(original_, copy)) {
    return absl::OkStatus();
  }
  return Fault(original.reversal, absl::StrCat("what it reverses is not event ", original.sequence.value(),
                                               " as the log holds it, so one of the two was changed"));
}

}  // namespace redvest
