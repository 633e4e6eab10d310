#include "ledger/command/decide.h"

#include "ledger/command/families.h"

namespace redvest {
namespace {

using event::v1::Event;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using v1::Command;

constexpr uint32_t Bit(v1::Role role) { return 1u << role; }
constexpr uint32_t kStation = Bit(v1::ROLE_STATION);
constexpr uint32_t kTill = Bit(v1::ROLE_CANTEEN_TILL);
constexpr uint32_t kCounter = Bit(v1::ROLE_BANK_COUNTER);
constexpr uint32_t kImport = Bit(v1::ROLE_IMPORT);
constexpr uint32_t kOffice = Bit(v1::ROLE_OFFICE);

// Which roles may issue a command; the comments of Command in command.proto say the same.
uint32_t RolesOf(Command::BodyCase body) {
  switch (body) {
    case Command::kSellMeal:
      return kTill | kImport;
    case Command::kTopUpMealCard:
    case Command::kRefundMealCard:
      return kTill;
    case Command::kCountDrawer:
      return kTill | kCounter;
    case Command::kRecordService:
      return kStation | kImport;
    case Command::kRedeemPoints:
    case Command::kReceiveStock:
      return kStation;
    case Command::kIssueServiceCertificate:
      return kStation | kOffice;
    case Command::kOpenBankAccount:
    case Command::kDepositCash:
    case Command::kWithdrawCash:
    case Command::kOpenTimeDeposit:
    case Command::kWithdrawTimeDeposit:
    case Command::kPayBill:
    case Command::kReceiveTransfer:
    case Command::kSendTransfer:
    case Command::kCreditInterest:
    case Command::kChargeFee:
    case Command::kMoveFloat:
      return kCounter;
    case Command::kRecordBankHistory:
      return kImport;
    case Command::kReverseEvent:   // whose events: see reversal.cc
    case Command::kRefuseRequest:  // whose requests: see approval.cc
    case Command::kVoidSerial:
      return kStation | kTill | kCounter | kImport | kOffice;
    case Command::kEnrolTerminal:
    case Command::kRetireTerminal:
    case Command::kRegisterMember:
    case Command::kUpdateMember:
    case Command::kRegisterEntry:
    case Command::kUpdateEntry:
    case Command::kAdoptPolicy:
    case Command::kAssignTerminal:
    case Command::kApproveRequest:
      return kOffice;
    case Command::kFoundLedger:  // by the founder on an empty log; see directory.cc
    case Command::BODY_NOT_SET:
      return 0;
  }
  return 0;
}

// What people call a role.
std::string RoleText(v1::Role role) {
  switch (role) {
    case v1::ROLE_STATION:
      return "volunteer station";
    case v1::ROLE_CANTEEN_TILL:
      return "canteen till";
    case v1::ROLE_BANK_COUNTER:
      return "bank counter";
    case v1::ROLE_IMPORT:
      return "import";
    case v1::ROLE_OFFICE:
      return "office";
    default:
      return "terminal without a role";
  }
}

absl::Status DecideBody(const Command& command, Decision& decision) {
  switch (command.body_case()) {
    case Command::kSellMeal:
      return Decide(command.sell_meal(), decision);
    case Command::kRecordService:
      return Decide(command.record_service(), decision);
    case Command::kRedeemPoints:
      return Decide(command.redeem_points(), decision);
    case Command::kTopUpMealCard:
      return Decide(command.top_up_meal_card(), decision);
    case Command::kDepositCash:
      return Decide(command.deposit_cash(), decision);
    case Command::kWithdrawCash:
      return Decide(command.withdraw_cash(), decision);
    case Command::kRecordBankHistory:
      return Decide(command.record_bank_history(), decision);
    case Command::kReceiveStock:
      return Decide(command.receive_stock(), decision);
    case Command::kIssueServiceCertificate:
      return Decide(command.issue_service_certificate(), decision);
    case Command::kRefundMealCard:
      return Decide(command.refund_meal_card(), decision);
    case Command::kCountDrawer:
      return Decide(command.count_drawer(), decision);
    case Command::kOpenBankAccount:
      return Decide(command.open_bank_account(), decision);
    case Command::kOpenTimeDeposit:
      return Decide(command.open_time_deposit(), decision);
    case Command::kWithdrawTimeDeposit:
      return Decide(command.withdraw_time_deposit(), decision);
    case Command::kPayBill:
      return Decide(command.pay_bill(), decision);
    case Command::kReceiveTransfer:
      return Decide(command.receive_transfer(), decision);
    case Command::kSendTransfer:
      return Decide(command.send_transfer(), decision);
    case Command::kCreditInterest:
      return Decide(command.credit_interest(), decision);
    case Command::kChargeFee:
      return Decide(command.charge_fee(), decision);
    case Command::kMoveFloat:
      return Decide(command.move_float(), decision);
    case Command::kReverseEvent:
      return Decide(command.reverse_event(), decision);
    case Command::kVoidSerial:
      return Decide(command.void_serial(), decision);
    case Command::kApproveRequest:
      return Decide(command.approve_request(), decision);
    case Command::kRefuseRequest:
      return Decide(command.refuse_request(), decision);
    case Command::kEnrolTerminal:
      return Decide(command.enrol_terminal(), decision);
    case Command::kRetireTerminal:
      return Decide(command.retire_terminal(), decision);
    case Command::kAssignTerminal:
      return Decide(command.assign_terminal(), decision);
    case Command::kRegisterMember:
      return Decide(command.register_member(), decision);
    case Command::kUpdateMember:
      return Decide(command.update_member(), decision);
    case Command::kRegisterEntry:
      return Decide(command.register_entry(), decision);
    case Command::kUpdateEntry:
      return Decide(command.update_entry(), decision);
    case Command::kAdoptPolicy:
      return Decide(command.adopt_policy(), decision);
    case Command::kFoundLedger:
      return Decide(command.found_ledger(), decision);
    case Command::BODY_NOT_SET:
      break;
  }
  REDVEST_CHECK(false);  // CheckForm refused it
}

// The envelope, with lateness by the policy of the business date `day`. Returns that policy.
const v1::Policy* FillEnvelope(const DecideInput& input, Day day, Event* event) {
  const Command& command = input.command;
  event->set_terminal_id(command.terminal_id());
  event->set_serial(command.serial());
  event->set_occurred_at_unix_ms(command.occurred_at_unix_ms());
  event->set_recorded_at_unix_ms(input.now_ms);
  const uint32_t version = input.state.PolicyVersionOn(day);
  const v1::Policy* policy = input.state.FindPolicy(version);
  if (policy == nullptr) return nullptr;
  event->set_policy_version(version);
  event->set_late(input.now_ms - command.occurred_at_unix_ms() >
                  policy->late_after_seconds() * int64_t{1000});
  return policy;
}

// The message that stands in the oneof "body" of `message`, null where none does.
const Message* BodyOf(const Message& message) {
  const auto* oneof = message.GetDescriptor()->FindOneofByName("body");
  const FieldDescriptor* field = message.GetReflection()->GetOneofFieldDescriptor(message, oneof);
  return field == nullptr ? nullptr : &message.GetReflection()->GetMessage(message, field);
}

}  // namespace

absl::StatusOr<const v1::Policy*> Decision::RequirePolicy() const {
  if (policy == nullptr) return MakeError(v1::ERROR_REASON_NO_POLICY, {{"date", FormatDay(day)}});
  return policy;
}

absl::StatusOr<const Member*> Decision::RequireMember(uint64_t id) const {
  const Member* member = state.FindMember(MemberId(id));
  if (member == nullptr) return MakeError(v1::ERROR_REASON_MEMBER_UNKNOWN, {{"member", id}});
  return member;
}

absl::StatusOr<const Member*> Decision::RequireActiveMember(uint64_t id) const {
  REDVEST_ASSIGN_OR_RETURN(const Member* member, RequireMember(id));
  if (member->inactive) return MakeError(v1::ERROR_REASON_MEMBER_INACTIVE, {{"member", id}});
  return member;
}

std::string EntryKindText(v1::EntryKind kind) {
  switch (kind) {
    case v1::ENTRY_KIND_TEAM:
      return "team";
    case v1::ENTRY_KIND_GOOD:
      return "good";
    case v1::ENTRY_KIND_BILLER:
      return "biller";
    case v1::ENTRY_KIND_FUNDER:
      return "funder";
    case v1::ENTRY_KIND_SERVICE_KIND:
      return "kind of service";
    default:
      return "entry";
  }
}

absl::Status Decision::RequireEntry(v1::EntryKind kind, uint64_t id) const {
  const Entry* entry = state.FindEntry(kind, EntryId(id));
  if (entry == nullptr) {
    return MakeError(v1::ERROR_REASON_ENTRY_UNKNOWN, {{"kind", EntryKindText(kind)}, {"entry", id}});
  }
  if (entry->retired) {
    return MakeError(v1::ERROR_REASON_ENTRY_RETIRED, {{"kind", EntryKindText(kind)}, {"entry", id}});
  }
  return absl::OkStatus();
}

absl::Status Decision::RequireBankAccount(uint64_t id) const {
  if (state.FindBankAccount(BankAccountId(id)) == nullptr) {
    return MakeError(v1::ERROR_REASON_BANK_ACCOUNT_UNKNOWN, {{"account_id", id}});
  }
  return absl::OkStatus();
}

absl::Status Decide(const DecideInput& input, Event* event) {
  const Command& command = input.command;
  const Day day = input.DayOf(command.occurred_at_unix_ms());
  Decision decision{.input = input,
                    .state = input.state,
                    .day = day,
                    .policy = FillEnvelope(input, day, event),
                    .event = event};
  const Terminal& terminal = *input.state.FindTerminal(TerminalId(command.terminal_id()));
  const bool founds = command.has_found_ledger() && command.terminal_id() == 0 && !input.state.founded();
  if (!founds && (RolesOf(command.body_case()) & Bit(terminal.role)) == 0) {
    return MakeError(v1::ERROR_REASON_ROLE_FORBIDS,
                     {{"terminal", command.terminal_id()}, {"role", RoleText(terminal.role)}});
  }
  if (command.occurred_at_unix_ms() > input.now_ms + kClockAheadMaxMs) {
    return MakeError(v1::ERROR_REASON_OCCURRED_IN_FUTURE, {{"recorded_at_unix_ms", input.now_ms}});
  }
  return DecideBody(command, decision);
}

void KeepBody(const Command& command, Command* body) {
  *body = command;
  body->clear_terminal_id();
  body->clear_serial();
  body->clear_occurred_at_unix_ms();
}

void RecordDecline(const DecideInput& input, const absl::Status& reason, Event* event) {
  const std::optional<v1::ErrorDetail> detail = DetailOf(reason);
  REDVEST_CHECK(detail.has_value());
  event->Clear();
  FillEnvelope(input, input.DayOf(input.command.occurred_at_unix_ms()), event);
  event::v1::CommandDeclined& declined = *event->mutable_command_declined();
  KeepBody(input.command, declined.mutable_command());
  *declined.mutable_error() = *detail;
}

bool IsOutcomeOf(const Event& event, const Command& command) {
  if (event.terminal_id() != command.terminal_id() || event.serial() != command.serial() ||
      event.occurred_at_unix_ms() != command.occurred_at_unix_ms()) {
    return false;
  }
  const Message* asked = BodyOf(command);
  const Message* recorded = nullptr;
  if (event.has_command_declined()) recorded = BodyOf(event.command_declined().command());
  if (event.has_approval_requested()) recorded = BodyOf(event.approval_requested().command());
  if (recorded == nullptr) {
    // Every other kind of event holds its command's body in a field of that name.
    const Message* body = BodyOf(event);
    if (body == nullptr) return false;
    const FieldDescriptor* field = body->GetDescriptor()->FindFieldByName("command");
    recorded = &body->GetReflection()->GetMessage(*body, field);
  }
  return asked != nullptr && asked->GetDescriptor() == recorded->GetDescriptor() &&
         asked->SerializeAsString() == recorded->SerializeAsString();
}

}  // namespace redvest
