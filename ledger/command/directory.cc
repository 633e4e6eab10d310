// The directory: terminals, members, teams, goods, billers, funders, kinds of service; and the founding.
#include "ledger/command/families.h"

namespace redvest {
namespace {

absl::Status CheckProfile(const v1::MemberProfile& profile, const Decision& decision) {
  if (profile.team_id() == 0) return absl::OkStatus();
  return decision.RequireEntry(v1::ENTRY_KIND_TEAM, profile.team_id());
}

}  // namespace

absl::Status Decide(const v1::EnrolTerminal& command, Decision& decision) {
  event::v1::TerminalEnrolled& enrolled = *decision.event->mutable_terminal_enrolled();
  *enrolled.mutable_command() = command;
  enrolled.set_terminal_id(decision.state.next_terminal().value());
  return absl::OkStatus();
}

// Rules: terminal active, not the last office.
absl::Status Decide(const v1::RetireTerminal& command, Decision& decision) {
  const Terminal* terminal = decision.state.FindTerminal(TerminalId(command.terminal_id()));
  if (terminal == nullptr || terminal->retired) {
    return MakeError(v1::ERROR_REASON_TERMINAL_NOT_ACTIVE, {{"terminal", command.terminal_id()}});
  }
  if (terminal->role == v1::ROLE_OFFICE && decision.state.office_count() == 1) {
    return MakeError(v1::ERROR_REASON_LAST_OFFICE, {{"terminal", command.terminal_id()}});
  }
  *decision.event->mutable_terminal_retired()->mutable_command() = command;
  return absl::OkStatus();
}

// Rules: terminal active, member known and active.
absl::Status Decide(const v1::AssignTerminal& command, Decision& decision) {
  const Terminal* terminal = decision.state.FindTerminal(TerminalId(command.terminal_id()));
  if (terminal == nullptr || terminal->retired) {
    return MakeError(v1::ERROR_REASON_TERMINAL_NOT_ACTIVE, {{"terminal", command.terminal_id()}});
  }
  REDVEST_RETURN_IF_ERROR(decision.RequireActiveMember(command.member_id()).status());
  *decision.event->mutable_terminal_assigned()->mutable_command() = command;
  return absl::OkStatus();
}

// Rules: team known.
absl::Status Decide(const v1::RegisterMember& command, Decision& decision) {
  REDVEST_RETURN_IF_ERROR(CheckProfile(command.profile(), decision));
  event::v1::MemberRegistered& registered = *decision.event->mutable_member_registered();
  *registered.mutable_command() = command;
  registered.set_member_id(decision.state.next_member().value());
  return absl::OkStatus();
}

// Rules: member known, team known.
absl::Status Decide(const v1::UpdateMember& command, Decision& decision) {
  REDVEST_RETURN_IF_ERROR(decision.RequireMember(command.member_id()).status());
  REDVEST_RETURN_IF_ERROR(CheckProfile(command.profile(), decision));
  *decision.event->mutable_member_updated()->mutable_command() = command;
  return absl::OkStatus();
}

absl::Status Decide(const v1::RegisterEntry& command, Decision& decision) {
  event::v1::EntryRegistered& registered = *decision.event->mutable_entry_registered();
  *registered.mutable_command() = command;
  registered.set_entry_id(decision.state.next_entry(command.kind()).value());
  return absl::OkStatus();
}

// Rules: entry known.
absl::Status Decide(const v1::UpdateEntry& command, Decision& decision) {
  if (decision.state.FindEntry(command.kind(), EntryId(command.entry_id())) == nullptr) {
    return MakeError(v1::ERROR_REASON_ENTRY_UNKNOWN,
                     {{"kind", EntryKindText(command.kind())}, {"entry", command.entry_id()}});
  }
  *decision.event->mutable_entry_updated()->mutable_command() = command;
  return absl::OkStatus();
}

absl::Status Decide(const v1::FoundLedger& command, Decision& decision) {
  *decision.event->mutable_ledger_founded()->mutable_command() = command;
  return absl::OkStatus();
}

}  // namespace redvest
