// Reversal of any family, and serials used up without effect.
#include "ledger/command/families.h"

namespace redvest {
namespace {

using event::v1::Event;

// What moved something can be moved back. Registrations and policy are changed by newer ones instead.
bool IsReversible(const Event& event) {
  switch (event.body_case()) {
    case Event::kMealSold:
    case Event::kMealCardToppedUp:
    case Event::kMealCardRefunded:
    case Event::kDrawerCounted:
    case Event::kServiceRecorded:
    case Event::kPointsRedeemed:
    case Event::kStockReceived:
    case Event::kCashDeposited:
    case Event::kCashWithdrawn:
    case Event::kTimeDepositOpened:
    case Event::kTimeDepositWithdrawn:
    case Event::kBillPaid:
    case Event::kTransferReceived:
    case Event::kTransferSent:
    case Event::kInterestCredited:
    case Event::kFeeCharged:
    case Event::kFloatMoved:
    case Event::kBankHistoryRecorded:
      return true;
    default:
      return false;
  }
}

}  // namespace

// A log of version 0.1.0 may hold larger events than one that embeds them may become (ledger/log,
// kEventBytesMax).
constexpr size_t kReversedBytesMax = 40'000;

// Rules: event known, of a kind that can be reversed, own or by the office, not reversed before. Whether
// every balance allows it is found by State::Apply, as for any other event.
absl::Status DecideReversal(const v1::ReverseEvent& command, TerminalId issuer, const Decision& decision,
                            event::v1::EventReversed* reversed) {
  const Event* original = decision.input.original;
  if (original == nullptr)
    return MakeError(v1::ERROR_REASON_EVENT_UNKNOWN, {{"sequence", command.sequence()}});
  if (!IsReversible(*original) || original->ByteSizeLong() > kReversedBytesMax) {
    return MakeError(v1::ERROR_REASON_NOT_REVERSIBLE, {{"sequence", command.sequence()}});
  }
  if (original->terminal_id() != issuer.value() &&
      decision.state.FindTerminal(issuer)->role != v1::ROLE_OFFICE) {
    return MakeError(v1::ERROR_REASON_NOT_YOUR_EVENT, {{"terminal", original->terminal_id()}});
  }
  if (decision.state.IsReversed(Sequence(command.sequence()))) {
    return MakeError(v1::ERROR_REASON_ALREADY_REVERSED, {{"sequence", command.sequence()}});
  }
  *reversed->mutable_command() = command;
  *reversed->mutable_original() = *original;
  return absl::OkStatus();
}

absl::Status Decide(const v1::ReverseEvent& command, Decision& decision) {
  const TerminalId issuer(decision.input.command.terminal_id());
  REDVEST_RETURN_IF_ERROR(
      DecideReversal(command, issuer, decision, decision.event->mutable_event_reversed()));
  if (ReversalNeedsApproval(*decision.input.original, decision)) {
    KeepBody(decision.input.command, decision.event->mutable_approval_requested()->mutable_command());
  }
  return absl::OkStatus();
}

absl::Status Decide(const v1::VoidSerial& command, Decision& decision) {
  *decision.event->mutable_serial_voided()->mutable_command() = command;
  return absl::OkStatus();
}

}  // namespace redvest
