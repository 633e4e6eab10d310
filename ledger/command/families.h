// What the families of commands share. Each family decides in a file of its own; decide.cc dispatches.
#ifndef REDVEST_LEDGER_COMMAND_FAMILIES_H_
#define REDVEST_LEDGER_COMMAND_FAMILIES_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/base/calendar.h"
#include "ledger/base/check.h"
#include "ledger/base/error.h"
#include "ledger/command/decide.h"

namespace redvest {

// A decision on its way: the input, and the event whose envelope is filled.
struct Decision {
  const DecideInput& input;
  const State& state;
  Day day;                   // business date
  const v1::Policy* policy;  // of that date, null where there is none
  event::v1::Event* event;

  // The policy, or the decline that there is none.
  absl::StatusOr<const v1::Policy*> RequirePolicy() const;
  // A member, or the decline MEMBER_UNKNOWN; the second also declines MEMBER_INACTIVE.
  absl::StatusOr<const Member*> RequireMember(uint64_t id) const;
  absl::StatusOr<const Member*> RequireActiveMember(uint64_t id) const;
  // ENTRY_UNKNOWN or ENTRY_RETIRED where it may not be named.
  absl::Status RequireEntry(v1::EntryKind kind, uint64_t id) const;
  // BANK_ACCOUNT_UNKNOWN where it is not open.
  absl::Status RequireBankAccount(uint64_t id) const;
};

// Each decides one command. REQUIRES: the form is right, the role may.
absl::Status Decide(const v1::SellMeal& command, Decision& decision);
absl::Status Decide(const v1::TopUpMealCard& command, Decision& decision);
absl::Status Decide(const v1::RefundMealCard& command, Decision& decision);
absl::Status Decide(const v1::CountDrawer& command, Decision& decision);

absl::Status Decide(const v1::RecordService& command, Decision& decision);
absl::Status Decide(const v1::RedeemPoints& command, Decision& decision);
absl::Status Decide(const v1::ReceiveStock& command, Decision& decision);
absl::Status Decide(const v1::IssueServiceCertificate& command, Decision& decision);

absl::Status Decide(const v1::OpenBankAccount& command, Decision& decision);
absl::Status Decide(const v1::DepositCash& command, Decision& decision);
absl::Status Decide(const v1::WithdrawCash& command, Decision& decision);
absl::Status Decide(const v1::OpenTimeDeposit& command, Decision& decision);
absl::Status Decide(const v1::WithdrawTimeDeposit& command, Decision& decision);
absl::Status Decide(const v1::PayBill& command, Decision& decision);
absl::Status Decide(const v1::ReceiveTransfer& command, Decision& decision);
absl::Status Decide(const v1::SendTransfer& command, Decision& decision);
absl::Status Decide(const v1::CreditInterest& command, Decision& decision);
absl::Status Decide(const v1::ChargeFee& command, Decision& decision);
absl::Status Decide(const v1::MoveFloat& command, Decision& decision);
absl::Status Decide(const v1::RecordBankHistory& command, Decision& decision);

absl::Status Decide(const v1::ReverseEvent& command, Decision& decision);
absl::Status Decide(const v1::VoidSerial& command, Decision& decision);
absl::Status Decide(const v1::ApproveRequest& command, Decision& decision);
absl::Status Decide(const v1::RefuseRequest& command, Decision& decision);

absl::Status Decide(const v1::EnrolTerminal& command, Decision& decision);
absl::Status Decide(const v1::RetireTerminal& command, Decision& decision);
absl::Status Decide(const v1::AssignTerminal& command, Decision& decision);
absl::Status Decide(const v1::RegisterMember& command, Decision& decision);
absl::Status Decide(const v1::UpdateMember& command, Decision& decision);
absl::Status Decide(const v1::RegisterEntry& command, Decision& decision);
absl::Status Decide(const v1::UpdateEntry& command, Decision& decision);
absl::Status Decide(const v1::AdoptPolicy& command, Decision& decision);
absl::Status Decide(const v1::FoundLedger& command, Decision& decision);

// What takes effect, by the command itself or by an approved request: everything is decided but whether it
// must wait for a second person.
absl::Status DecideReversal(const v1::ReverseEvent& command, TerminalId issuer, const Decision& decision,
                            event::v1::EventReversed* reversed);
absl::Status DecideAdoption(const v1::AdoptPolicy& command, const Decision& decision,
                            event::v1::PolicyAdopted* adopted);
// Whether it must, by the policy of the day it is recorded on.
bool ReversalNeedsApproval(const event::v1::Event& original, const Decision& decision);
bool AdoptionNeedsApproval(const v1::Policy& policy, const Decision& decision);

// `command` without its header: as events that do not carry it out keep it.
void KeepBody(const v1::Command& command, v1::Command* body);

// What people call an entry of a kind: "team", "good", …
std::string EntryKindText(v1::EntryKind kind);

}  // namespace redvest

#endif  // REDVEST_LEDGER_COMMAND_FAMILIES_H_
