#include "ledger/base/error.h"

#include <google/protobuf/arena.h>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "ledger/base/text.h"

namespace redvest {
namespace {

using absl::StatusCode;

constexpr absl::string_view kPayload = "type.googleapis.com/redvest.v1.ErrorDetail";

struct ReasonRow {
  v1::ErrorReason reason;
  StatusCode code;
  std::string_view pattern;
};

constexpr StatusCode kDeclined = StatusCode::kFailedPrecondition;

constexpr ReasonRow kReasons[] = {
    {v1::ERROR_REASON_UNSPECIFIED, StatusCode::kUnknown, "no reason was given"},
    {v1::ERROR_REASON_MESSAGE_MALFORMED, StatusCode::kInvalidArgument,
     "the request cannot be read: send the message that the method takes, with text in UTF-8"},
    {v1::ERROR_REASON_FIELD_INVALID, StatusCode::kInvalidArgument,
     "field {field} is missing or out of range: {rule}"},
    {v1::ERROR_REASON_ID_CHECK_FAILED, StatusCode::kInvalidArgument,
     "\"{id}\" is not an id: a character is wrong or missing; type it again as it is printed, such as "
     "M1234-70"},
    {v1::ERROR_REASON_ACCOUNT_NAME_INVALID, StatusCode::kInvalidArgument,
     "\"{account}\" is not an account; names look like liabilities:meal-card:1234, the trial balance lists "
     "them"},
    {v1::ERROR_REASON_PAGE_TOKEN_INVALID, StatusCode::kInvalidArgument,
     "the page token is not one that this statement gave out; start again without one"},
    {v1::ERROR_REASON_TERMINAL_UNKNOWN, StatusCode::kNotFound,
     "terminal {terminal} is not enrolled; have the office enrol it, or check the number"},
    {v1::ERROR_REASON_TERMINAL_RETIRED, StatusCode::kFailedPrecondition,
     "terminal {terminal} is retired; use another, or have the office enrol a new one"},
    {v1::ERROR_REASON_SERIAL_REUSED, StatusCode::kAlreadyExists,
     "serial {serial} was used for another command (event {sequence}); take the terminal's next serial"},
    {v1::ERROR_REASON_SERIAL_GAP, StatusCode::kFailedPrecondition,
     "commands are missing before this one: the ledger expects serial {expected_serial}; send those first"},
    {v1::ERROR_REASON_QUEUE_FULL, StatusCode::kResourceExhausted,
     "the ledger is busy; try again with the same serial after a moment"},
    {v1::ERROR_REASON_DEADLINE_PASSED, StatusCode::kDeadlineExceeded,
     "the deadline passed before it was done; nothing was recorded, try again with the same serial"},
    {v1::ERROR_REASON_LEDGER_STOPPED, StatusCode::kUnavailable,
     "the ledger has stopped; once it runs again, ask again with the same serial to learn the outcome"},
    {v1::ERROR_REASON_NOT_FOUND, StatusCode::kNotFound, "there is no {what} {id}"},
    {v1::ERROR_REASON_BATCH_TOO_LARGE, StatusCode::kResourceExhausted,
     "that holds too much: at most {limit} {what}; send it in parts"},
    {v1::ERROR_REASON_NOT_REACHED, StatusCode::kOutOfRange,
     "the ledger has not reached event {sequence} yet; ask for an earlier one, or later"},
    {v1::ERROR_REASON_COSIGNATURE_REFUSED, StatusCode::kInvalidArgument,
     "the signature of witness \"{witness}\" is not taken: {rule}"},
    {v1::ERROR_REASON_ROLE_FORBIDS, kDeclined,
     "terminal {terminal} is a {role}, whose role does not allow this"},
    {v1::ERROR_REASON_OCCURRED_IN_FUTURE, kDeclined,
     "it is said to have happened after the ledger's clock ({recorded_at_unix_ms}); check the terminal's "
     "clock"},
    {v1::ERROR_REASON_NO_POLICY, kDeclined, "no policy is in force on {date}; have the office adopt one"},
    {v1::ERROR_REASON_INSUFFICIENT_BALANCE, kDeclined,
     "{account} has {balance} {unit}, not enough for {amount}; the limit is {limit}"},
    {v1::ERROR_REASON_BALANCE_OVERFLOW, kDeclined,
     "the balance of {account} would be too large to be counted"},
    {v1::ERROR_REASON_DAY_CLOSED, kDeclined,
     "the day {date} of this drawer is closed; record it under the next day, or have the office correct it"},
    {v1::ERROR_REASON_MEMBER_UNKNOWN, kDeclined, "there is no member {member}; register the member first"},
    {v1::ERROR_REASON_NOT_A_VOLUNTEER, kDeclined,
     "member {member} is not a volunteer; have the office update the profile"},
    {v1::ERROR_REASON_MEMBER_INACTIVE, kDeclined,
     "member {member} is inactive; have the office update the profile"},
    {v1::ERROR_REASON_ENTRY_UNKNOWN, kDeclined, "there is no {kind} {entry}; register it first"},
    {v1::ERROR_REASON_ENTRY_RETIRED, kDeclined, "{kind} {entry} is no longer used; choose another"},
    {v1::ERROR_REASON_TERMINAL_NOT_ACTIVE, kDeclined, "there is no active terminal {terminal}"},
    {v1::ERROR_REASON_LAST_OFFICE, kDeclined,
     "terminal {terminal} is the last office terminal; enrol another before it is retired"},
    {v1::ERROR_REASON_SERVICE_OVERLAPS, kDeclined,
     "member {member} has a service recorded at that time already ({start_unix_ms} to {end_unix_ms}, "
     "milliseconds)"},
    {v1::ERROR_REASON_SERVICE_KIND_NOT_IN_POLICY, kDeclined,
     "the policy of that day has no points for service kind {service_kind}"},
    {v1::ERROR_REASON_GOOD_NOT_IN_POLICY, kDeclined, "the policy of that day has no price for good {good}"},
    {v1::ERROR_REASON_SELF_SERVICE, kDeclined, "member {member} cannot serve him- or herself"},
    {v1::ERROR_REASON_SERVED_DIFFERS, kDeclined,
     "the book's figures for member {member} are others by now; read them again and make the certificate "
     "anew"},
    {v1::ERROR_REASON_MEALS_PER_DAY_EXCEEDED, kDeclined,
     "that makes {portions} portions for member {member} on that day; the policy allows {limit}"},
    {v1::ERROR_REASON_POINTS_NOT_TAKEN, kDeclined,
     "the policy does not take points for meals of member {member}"},
    {v1::ERROR_REASON_MEAL_CARD_LIMIT, kDeclined,
     "the card would hold {balance_fen} fen; the policy allows {limit_fen}"},
    {v1::ERROR_REASON_BANK_ACCOUNT_UNKNOWN, kDeclined,
     "there is no bank account {account_id}; open it first"},
    {v1::ERROR_REASON_TIME_DEPOSIT_UNKNOWN, kDeclined, "there is no time deposit {certificate}"},
    {v1::ERROR_REASON_WITHDRAWAL_CAP, kDeclined,
     "that makes {withdrawn_fen} fen in cash on that day; the policy allows {limit_fen} a card and day"},
    {v1::ERROR_REASON_WITHDRAWAL_MULTIPLE, kDeclined,
     "cash is paid out in multiples of {multiple_fen} fen; choose another amount"},
    {v1::ERROR_REASON_TERM_NOT_IN_POLICY, kDeclined,
     "the policy of that day has no rate for a term of {term_months} months"},
    {v1::ERROR_REASON_EVENT_UNKNOWN, kDeclined, "there is no event {sequence}"},
    {v1::ERROR_REASON_ALREADY_REVERSED, kDeclined, "event {sequence} is reversed already"},
    {v1::ERROR_REASON_NOT_REVERSIBLE, kDeclined, "event {sequence} is of a kind that cannot be reversed"},
    {v1::ERROR_REASON_NOT_YOUR_EVENT, kDeclined,
     "that event is of terminal {terminal}; that terminal or the office may reverse it"},
    {v1::ERROR_REASON_REQUEST_UNKNOWN, kDeclined, "event {sequence} is not a request for approval"},
    {v1::ERROR_REASON_REQUEST_CLOSED, kDeclined, "request {sequence} was approved or refused already"},
    {v1::ERROR_REASON_SAME_PERSON, kDeclined,
     "approving takes another person than the one who asked: have a member put in charge of terminal "
     "{terminal}, or approve from the terminal of somebody else"},
};

const ReasonRow& RowOf(v1::ErrorReason reason) {
  for (const ReasonRow& row : kReasons) {
    if (row.reason == reason) return row;
  }
  return kReasons[0];
}

// The last fact of that name, as text.
void AppendFact(std::string_view name, const v1::ErrorDetail& detail, std::string* text) {
  for (int i = detail.facts_size() - 1; i >= 0; --i) {
    const v1::Fact& fact = detail.facts(i);
    if (fact.name() != name) continue;
    if (fact.text().empty()) {
      absl::StrAppend(text, fact.number());
    } else {
      text->append(fact.text());
    }
    return;
  }
  text->push_back('?');
}

absl::Status StatusOf(const v1::ErrorDetail& detail) {
  const ReasonRow& row = RowOf(detail.reason());
  absl::Status status(row.code, ToAbsl(FillIn(row.pattern, detail)));
  status.SetPayload(kPayload, absl::Cord(detail.SerializeAsString()));
  return status;
}

}  // namespace

absl::Status MakeError(v1::ErrorReason reason, std::initializer_list<ErrorFact> facts) {
  // Declines are common, so the facts are put together where no memory must be asked for.
  alignas(8) char block[2048];
  google::protobuf::ArenaOptions options;
  options.initial_block = block;
  options.initial_block_size = sizeof(block);
  google::protobuf::Arena arena(options);
  auto* const detail = google::protobuf::Arena::CreateMessage<v1::ErrorDetail>(&arena);
  detail->set_reason(reason);
  for (const ErrorFact& fact : facts) {
    v1::Fact* added = detail->add_facts();
    added->set_name(fact.name.data(), fact.name.size());
    added->set_number(fact.number);
    if (!fact.text.empty()) added->set_text(fact.text);
  }
  return StatusOf(*detail);
}

absl::Status MakeError(v1::ErrorDetail detail) { return StatusOf(detail); }

std::optional<v1::ErrorDetail> DetailOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kPayload);
  v1::ErrorDetail detail;
  if (!payload.has_value() || !detail.ParseFromString(std::string(*payload))) return std::nullopt;
  return detail;
}

absl::StatusCode CodeOf(v1::ErrorReason reason) { return RowOf(reason).code; }

std::string_view PatternOf(v1::ErrorReason reason) { return RowOf(reason).pattern; }

std::string Explain(const v1::ErrorDetail& detail) { return FillIn(PatternOf(detail.reason()), detail); }

std::string FillIn(std::string_view pattern, const v1::ErrorDetail& detail) {
  std::string text;
  text.reserve(2 * pattern.size());
  while (true) {
    const size_t open = pattern.find('{');
    const size_t close = pattern.find('}', open);
    if (open == std::string_view::npos || close == std::string_view::npos) break;
    text += pattern.substr(0, open);
    AppendFact(pattern.substr(open + 1, close - open - 1), detail, &text);
    pattern.remove_prefix(close + 1);
  }
  text += pattern;
  return text;
}

}  // namespace redvest
