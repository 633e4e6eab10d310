// Two pairs of eyes: what must wait for a second person, and what that person says.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>

#include "ledger/command/families.h"

namespace redvest {
namespace {

using event::v1::Event;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int64_t kWhole = 1'000'000;  // in millionths

// By the day on which it is recorded: an earlier business date does not get round it. Null where there is
// none.
const v1::Policy* PolicyNow(const Decision& decision) {
  const State& state = decision.state;
  return state.FindPolicy(state.PolicyVersionOn(state.DayOf(decision.input.now_ms)));
}

// The share by which two figures differ, in millionths of the larger one. Figures are from 0.
int64_t Change(int64_t a, int64_t b) {
  // Amounts are at most 10^12, so the product fits 64 bits.
  return a == b ? 0 : std::abs(a - b) * kWhole / std::max<int64_t>({a, b, 1});
}

int64_t LargestChange(const Message& a, const Message& b);

// Of the rows of a table, which are known by their first field. One that only one side has is wholly
// different.
int64_t LargestChange(const Message& a, const Message& b, const FieldDescriptor& table) {
  const auto rows_of = [&table](const Message& message) {
    std::map<uint64_t, const Message*> rows;
    for (int i = 0; i < message.GetReflection()->FieldSize(message, &table); ++i) {
      const Message& row = message.GetReflection()->GetRepeatedMessage(message, &table, i);
      const FieldDescriptor& key = *row.GetDescriptor()->field(0);
      const auto& reflection = *row.GetReflection();
      rows.emplace(key.cpp_type() == FieldDescriptor::CPPTYPE_ENUM
                       ? static_cast<uint64_t>(reflection.GetEnumValue(row, &key))
                   : key.cpp_type() == FieldDescriptor::CPPTYPE_INT32
                       ? static_cast<uint64_t>(reflection.GetInt32(row, &key))
                       : reflection.GetUInt64(row, &key),
                   &row);
    }
    return rows;
  };
  const auto rows_a = rows_of(a);
  const auto rows_b = rows_of(b);
  int64_t largest = rows_a.size() == rows_b.size() ? 0 : kWhole;
  for (const auto& [key, row] : rows_a) {
    const auto other = rows_b.find(key);
    largest = std::max(largest, other == rows_b.end() ? kWhole : LargestChange(*row, *other->second));
  }
  return largest;
}

// Of all figures of two policies, or of two rows of one. A changed id is wholly different; a date is no
// figure.
int64_t LargestChange(const Message& a, const Message& b) {
  int64_t largest = 0;
  for (int i = 0; i < a.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *a.GetDescriptor()->field(i);
    const auto& reflection = *a.GetReflection();
    if (field.is_repeated()) {
      largest = std::max(largest, LargestChange(a, b, field));
      continue;
    }
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        largest = std::max(largest, Change(reflection.GetInt32(a, &field), reflection.GetInt32(b, &field)));
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        largest = std::max(largest, Change(reflection.GetInt64(a, &field), reflection.GetInt64(b, &field)));
        break;
      case FieldDescriptor::CPPTYPE_UINT64:
        if (reflection.GetUInt64(a, &field) != reflection.GetUInt64(b, &field)) largest = kWhole;
        break;
      default:
        break;
    }
  }
  return largest;
}

// The largest sums that `event` posted to one account.
struct Moved {
  int64_t fen = 0;
  int64_t points = 0;
};
Moved MovedBy(const Event& event) {
  Moved moved;
  for (const Posting& posting : PostingsOf(event)) {
    const Unit unit = RuleOf(posting.account.kind).unit;
    if (unit == Unit::kFen) moved.fen = std::max(moved.fen, std::abs(posting.amount));
    if (unit == Unit::kPoints) moved.points = std::max(moved.points, std::abs(posting.amount));
  }
  return moved;
}

bool Reaches(int64_t amount, int64_t threshold) { return threshold > 0 && amount >= threshold; }

// Whether a change from `before` to `policy` takes two.
bool NeedsApprovalAgainst(const v1::Policy& before, const v1::Policy& policy) {
  const auto thresholds = [](const v1::Policy& p) {
    return std::array{p.reversal_approval_from_fen(), p.reversal_approval_from_points(),
                      int64_t{p.policy_approval_from_ppm()}};
  };
  // Otherwise the rule could be lifted by one person.
  const bool lifts_rule =
      thresholds(before) != thresholds(v1::Policy()) && thresholds(before) != thresholds(policy);
  return lifts_rule || Reaches(LargestChange(before, policy), before.policy_approval_from_ppm());
}

// The request, if it still waits.
absl::StatusOr<const ApprovalRequest*> RequireOpen(uint64_t sequence, const Decision& decision) {
  const ApprovalRequest* request = decision.state.FindRequest(Sequence(sequence));
  if (request == nullptr) return MakeError(v1::ERROR_REASON_REQUEST_UNKNOWN, {{"sequence", sequence}});
  if (!request->open) return MakeError(v1::ERROR_REASON_REQUEST_CLOSED, {{"sequence", sequence}});
  return request;
}

}  // namespace

bool ReversalNeedsApproval(const Event& original, const Decision& decision) {
  const v1::Policy* policy = PolicyNow(decision);
  if (policy == nullptr) return false;
  const Moved moved = MovedBy(original);
  return Reaches(moved.fen, policy->reversal_approval_from_fen()) ||
         Reaches(moved.points, policy->reversal_approval_from_points());
}

bool AdoptionNeedsApproval(const v1::Policy& policy, const Decision& decision) {
  const State& state = decision.state;
  const Day today = state.DayOf(decision.input.now_ms);
  // What it takes the place of, now or later: a rule that is adopted but not in force yet is not lifted by
  // one either.
  const uint32_t now = state.PolicyVersionOn(today);
  const uint32_t then = state.PolicyVersionOn(ToDay(policy.effective_from()).value_or(today));
  return std::any_of(state.policies().begin(), state.policies().end(), [&](const auto& adopted) {
    const auto& [version, other] = adopted;
    const bool counts = version == now || version == then || ToDay(other.effective_from()) > today;
    return counts && NeedsApprovalAgainst(other, policy);
  });
}

// Rules: request open; another person; then those of what was asked, as if its terminal asked now.
absl::Status Decide(const v1::ApproveRequest& command, Decision& decision) {
  REDVEST_ASSIGN_OR_RETURN(const ApprovalRequest* request, RequireOpen(command.sequence(), decision));
  const TerminalId approver(decision.input.command.terminal_id());
  const MemberId in_charge = decision.state.FindTerminal(approver)->in_charge;
  if (!in_charge) return MakeError(v1::ERROR_REASON_SAME_PERSON, {{"terminal", approver.value()}});
  if (!request->in_charge || in_charge == request->in_charge) {
    return MakeError(v1::ERROR_REASON_SAME_PERSON, {{"terminal", request->terminal.value()}});
  }
  event::v1::RequestApproved& approved = *decision.event->mutable_request_approved();
  *approved.mutable_command() = command;
  const v1::Command& asked = decision.input.request->approval_requested().command();
  if (asked.has_reverse_event()) {
    return DecideReversal(asked.reverse_event(), request->terminal, decision,
                          approved.mutable_event_reversed());
  }
  return DecideAdoption(asked.adopt_policy(), decision, approved.mutable_policy_adopted());
}

// Rules: request open; own, or by the office.
absl::Status Decide(const v1::RefuseRequest& command, Decision& decision) {
  REDVEST_ASSIGN_OR_RETURN(const ApprovalRequest* request, RequireOpen(command.sequence(), decision));
  const TerminalId issuer(decision.input.command.terminal_id());
  if (issuer != request->terminal && decision.state.FindTerminal(issuer)->role != v1::ROLE_OFFICE) {
    return MakeError(v1::ERROR_REASON_NOT_YOUR_EVENT, {{"terminal", request->terminal.value()}});
  }
  *decision.event->mutable_request_refused()->mutable_command() = command;
  return absl::OkStatus();
}

}  // namespace redvest
