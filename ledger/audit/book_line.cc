#include "ledger/audit/book_line.h"

#include "ledger/base/check.h"

namespace redvest {

using event::v1::Event;

namespace {

using Notes = absl::InlinedVector<BookNote, 4>;

constexpr int64_t kDayMs = 86'400'000;

void AddText(Notes& notes, std::string_view name, std::string_view text) {
  if (!text.empty()) notes.push_back({.name = name, .text = text});
}
void AddNumber(Notes& notes, std::string_view name, uint64_t number) {
  notes.push_back({.name = name, .text = {}, .number = number, .is_number = true});
}

// "sell_meal".
std::string_view CommandName(const v1::Command& command) {
  const auto* field = v1::Command::descriptor()->FindFieldByNumber(static_cast<int>(command.body_case()));
  return field == nullptr ? std::string_view() : field->name();
}

// "NO_POLICY".
std::string_view ReasonName(v1::ErrorReason reason) {
  constexpr std::string_view kPrefix = "ERROR_REASON_";
  const std::string_view name = v1::ErrorReason_Name(reason);
  return name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : name;
}

void AddReversal(Notes& notes, const event::v1::EventReversed& reversed) {
  AddNumber(notes, "reverses", reversed.command().sequence());
  AddText(notes, "reason", reversed.command().reason());
}

void AddNotes(Notes& notes, const Event& event) {
  switch (event.body_case()) {
    case Event::kLedgerFounded:
      AddText(notes, "name", event.ledger_founded().command().name());
      return AddText(notes, "time_zone", event.ledger_founded().command().time_zone());
    case Event::kTerminalEnrolled:
      AddNumber(notes, "enrolled", event.terminal_enrolled().terminal_id());
      return AddText(notes, "label", event.terminal_enrolled().command().label());
    case Event::kTerminalRetired:
      return AddNumber(notes, "retired", event.terminal_retired().command().terminal_id());
    case Event::kTerminalAssigned:
      AddNumber(notes, "assigned", event.terminal_assigned().command().terminal_id());
      return AddNumber(notes, "member", event.terminal_assigned().command().member_id());
    case Event::kMemberRegistered:
      return AddNumber(notes, "member", event.member_registered().member_id());
    case Event::kMemberUpdated:
      return AddNumber(notes, "member", event.member_updated().command().member_id());
    case Event::kEntryRegistered:
      return AddText(notes, "label", event.entry_registered().command().label());
    case Event::kEntryUpdated:
      return AddText(notes, "label", event.entry_updated().command().label());
    case Event::kPolicyAdopted:
      return AddNumber(notes, "version", event.policy_adopted().version());
    case Event::kBankAccountOpened:
      return AddNumber(notes, "account", event.bank_account_opened().account_id());
    case Event::kTransferReceived:
      return AddText(notes, "bank_reference", event.transfer_received().command().bank_reference());
    case Event::kTransferSent:
      return AddText(notes, "bank_reference", event.transfer_sent().command().bank_reference());
    case Event::kInterestCredited:
      return AddText(notes, "bank_reference", event.interest_credited().command().bank_reference());
    case Event::kFeeCharged:
      return AddText(notes, "bank_reference", event.fee_charged().command().bank_reference());
    case Event::kBankHistoryRecorded:
      return AddText(notes, "source_id", event.bank_history_recorded().command().source_id());
    case Event::kServiceCertificateIssued:
      return AddNumber(notes, "member", event.service_certificate_issued().command().volunteer_id());
    case Event::kEventReversed:
      return AddReversal(notes, event.event_reversed());
    case Event::kSerialVoided:
      return AddText(notes, "reason", event.serial_voided().command().reason());
    case Event::kCommandDeclined:
      AddText(notes, "command", CommandName(event.command_declined().command()));
      return AddText(notes, "reason", ReasonName(event.command_declined().error().reason()));
    case Event::kApprovalRequested:
      return AddText(notes, "command", CommandName(event.approval_requested().command()));
    case Event::kRequestApproved:
      AddNumber(notes, "request", event.request_approved().command().sequence());
      if (const auto* reversed = ReversalIn(event)) AddReversal(notes, *reversed);
      if (const auto* adopted = AdoptionIn(event)) AddNumber(notes, "version", adopted->version());
      return;
    case Event::kRequestRefused:
      AddNumber(notes, "request", event.request_refused().command().sequence());
      return AddText(notes, "reason", event.request_refused().command().reason());
    default:
      return;
  }
}

void AppendDigits(std::string* out, int64_t number, int digits) {
  char text[8];
  for (int i = digits; i-- > 0; number /= 10) text[i] = static_cast<char>('0' + number % 10);
  out->append(text, static_cast<size_t>(digits));
}

}  // namespace

std::string_view BookLines::DayText::Of(int64_t unix_ms) {
  const Day day = finder_.DayOf(unix_ms);
  if (day != day_ || text_.empty()) text_ = FormatDay(day_ = day);
  return text_;
}

std::string_view BookLines::MomentText::Of(int64_t unix_ms) {
  const int64_t ms = ((unix_ms % kDayMs) + kDayMs) % kDayMs;
  text_ = days_.Of(unix_ms);
  text_ += 'T';
  AppendDigits(&text_, ms / 3'600'000, 2);
  text_ += ':';
  AppendDigits(&text_, ms / 60'000 % 60, 2);
  text_ += ':';
  AppendDigits(&text_, ms / 1'000 % 60, 2);
  text_ += '.';
  AppendDigits(&text_, ms % 1'000, 3);
  text_ += 'Z';
  return text_;
}

absl::StatusOr<const BookLine*> BookLines::Make(const EventFold& fold, const EventFold::Step& step) {
  const Event& event = *step.event;
  if (step.sequence == Sequence(1)) {
    REDVEST_ASSIGN_OR_RETURN(const absl::TimeZone zone, fold.Zone());
    business_ = DayText(zone);
    recorded_ = DayText(zone);
  }
  line_.kind = EventKindName(event);
  line_.business_date = business_.Of(event.occurred_at_unix_ms());
  line_.recorded_date = recorded_.Of(event.recorded_at_unix_ms());
  line_.occurred_at = occurred_at_.Of(event.occurred_at_unix_ms());
  line_.recorded_at = recorded_at_.Of(event.recorded_at_unix_ms());
  line_.notes.clear();
  AddNotes(line_.notes, event);
  if (line_.business_date > last_business_date_) last_business_date_ = line_.business_date;
  return &line_;
}

}  // namespace redvest
