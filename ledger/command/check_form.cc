// The form of every command: each field in the range that its proto comment gives. One function a message, in
// the order of the fields.
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "ledger/base/text.h"
#include "ledger/command/decide.h"
#include "ledger/command/families.h"

namespace redvest {
namespace {

constexpr int64_t kAmountMax = 1'000'000'000'000;
constexpr size_t kTextMax = 128;
constexpr size_t kReasonMax = 256;
constexpr size_t kSourceIdMax = 64;
constexpr int kMinutesOfDay = 1440;
constexpr size_t kPolicyRowsMax = 1000;
// Fields that this program does not know are kept, so the whole is bounded too. An event holds its command
// and at most one earlier event, and must fit into kEventBytesMax (ledger/log).
constexpr size_t kCommandBytesMax = 24 * 1024;

// Looks at one field after the other and keeps the first fault.
class Form {
 public:
  explicit Form(std::string_view message) : message_(message) {}

  Form& Range(std::string_view field, int64_t value, int64_t min, int64_t max) {
    return Rule(value >= min && value <= max, field, [&] { return absl::StrCat("from ", min, " to ", max); });
  }
  Form& Amount(std::string_view field, int64_t value) { return Range(field, value, 1, kAmountMax); }
  Form& Id(std::string_view field, uint64_t id) {
    return Rule(id >= 1 && id <= kIdMax, field, [] { return absl::StrCat("an id from 1 to ", kIdMax); });
  }
  Form& OptionalId(std::string_view field, uint64_t id) {
    return Rule(id <= kIdMax, field, [] { return absl::StrCat("0, or an id from 1 to ", kIdMax); });
  }
  Form& Text(std::string_view field, const std::string& text, size_t min, size_t max) {
    return Rule(text.size() >= min && text.size() <= max && IsPlainText(text), field, [&] {
      return absl::StrCat("from ", min, " to ", max, " bytes of UTF-8 text without control characters");
    });
  }
  Form& Moment(std::string_view field, int64_t unix_ms) {
    return Rule(unix_ms >= kMomentMinMs && unix_ms <= kMomentMaxMs, field,
                [] { return std::string("milliseconds since 1970, years 1900 to 9999"); });
  }
  Form& RealDate(std::string_view field, const v1::Date& date) {
    return Rule(ToDay(date).has_value(), field,
                [] { return std::string("a date that exists, years 1900 to 9999"); });
  }
  // `known`: the value is one of the enum's and not UNSPECIFIED.
  Form& Choice(std::string_view field, bool known) {
    return Rule(known, field, [] { return std::string("one of the values of its enum"); });
  }
  Form& That(bool holds, std::string_view field, std::string_view rule) {
    return Rule(holds, field, [&] { return std::string(rule); });
  }

  absl::Status Take() const { return status_; }

 private:
  template <typename MakeRule>
  Form& Rule(bool holds, std::string_view field, MakeRule&& rule) {
    if (!holds && status_.ok()) [[unlikely]] {
      status_ = MakeError(v1::ERROR_REASON_FIELD_INVALID,
                          {{"field", absl::StrCat(ToAbsl(message_), ".", ToAbsl(field))}, {"rule", rule()}});
    }
    return *this;
  }

  std::string_view message_;
  absl::Status status_;
};

// --- Canteen

absl::Status Check(const v1::SellMeal& c) {
  return Form("sell_meal")
      .OptionalId("member_id", c.member_id())
      .Range("portions", c.portions(), 1, 1000)
      .Choice("payment", v1::Payment_IsValid(c.payment()) && c.payment() != v1::PAYMENT_UNSPECIFIED)
      .That(c.member_id() != 0 || c.payment() == v1::PAYMENT_CASH, "payment", "guests pay in cash")
      .Take();
}

absl::Status Check(const v1::TopUpMealCard& c) {
  return Form("top_up_meal_card").Id("member_id", c.member_id()).Amount("amount_fen", c.amount_fen()).Take();
}

absl::Status Check(const v1::RefundMealCard& c) {
  return Form("refund_meal_card").Id("member_id", c.member_id()).Amount("amount_fen", c.amount_fen()).Take();
}

absl::Status Check(const v1::CountDrawer& c) {
  return Form("count_drawer").Range("counted_fen", c.counted_fen(), 0, kAmountMax).Take();
}

// --- Volunteers

absl::Status Check(const v1::RecordService& c, int64_t occurred_at_ms) {
  constexpr int64_t kMinuteMs = 60'000;
  const bool by_end = c.end_unix_ms() != 0;
  Form form("record_service");
  form.Id("volunteer_id", c.volunteer_id()).Id("service_kind_id", c.service_kind_id());
  if (c.start_unix_ms() != 0 || by_end) form.Moment("start_unix_ms", c.start_unix_ms());
  if (by_end) form.Moment("end_unix_ms", c.end_unix_ms());
  // What follows calculates with both, which is safe only within their range.
  REDVEST_RETURN_IF_ERROR(form.Take());
  if (by_end) {
    form.That(c.end_unix_ms() >= c.start_unix_ms() + kMinuteMs &&
                  c.end_unix_ms() - c.start_unix_ms() < (kMinutesOfDay + 1) * kMinuteMs,
              "end_unix_ms", "1 to 1440 minutes after start_unix_ms")
        .That(c.end_unix_ms() <= occurred_at_ms, "end_unix_ms", "not after occurred_at_unix_ms")
        .That(c.minutes() == 0, "minutes", "left out where start and end are given");
  } else {
    form.Range("minutes", c.minutes(), 1, kMinutesOfDay)
        .That(c.start_unix_ms() == 0 || c.start_unix_ms() + c.minutes() * kMinuteMs <= occurred_at_ms,
              "minutes", "the service must have ended by occurred_at_unix_ms");
  }
  return form.OptionalId("beneficiary_id", c.beneficiary_id()).OptionalId("team_id", c.team_id()).Take();
}

absl::Status Check(const v1::RedeemPoints& c) {
  return Form("redeem_points")
      .Id("volunteer_id", c.volunteer_id())
      .Id("good_id", c.good_id())
      .Amount("pieces", c.pieces())
      .Take();
}

absl::Status Check(const v1::ReceiveStock& c) {
  return Form("receive_stock").Id("good_id", c.good_id()).Amount("pieces", c.pieces()).Take();
}

absl::Status Check(const v1::IssueServiceCertificate& c) {
  constexpr size_t kDigestBytes = 32;
  Form form("issue_service_certificate");
  form.Id("volunteer_id", c.volunteer_id())
      .That(c.served_size() >= 1 && static_cast<size_t>(c.served_size()) <= kPolicyRowsMax, "served",
            "from 1 to 1000 kinds of service");
  uint64_t last_kind = 0;
  for (const v1::ServedKind& served : c.served()) {
    form.Id("served.service_kind_id", served.service_kind_id())
        .That(served.service_kind_id() > last_kind, "served", "in the order of the kinds' ids")
        .Amount("served.services", served.services())
        .Amount("served.minutes", served.minutes());
    last_kind = served.service_kind_id();
  }
  return form.That(c.document_sha256().size() == kDigestBytes, "document_sha256", "32 bytes").Take();
}

// --- Bank station

absl::Status Check(const v1::OpenBankAccount& c) {
  return Form("open_bank_account").Id("member_id", c.member_id()).Take();
}

absl::Status Check(const v1::DepositCash& c) {
  return Form("deposit_cash").Id("account_id", c.account_id()).Amount("amount_fen", c.amount_fen()).Take();
}

absl::Status Check(const v1::WithdrawCash& c) {
  return Form("withdraw_cash").Id("account_id", c.account_id()).Amount("amount_fen", c.amount_fen()).Take();
}

bool IsFunding(v1::Funding funding) {
  return v1::Funding_IsValid(funding) && funding != v1::FUNDING_UNSPECIFIED;
}

absl::Status Check(const v1::OpenTimeDeposit& c) {
  return Form("open_time_deposit")
      .Id("account_id", c.account_id())
      .Amount("amount_fen", c.amount_fen())
      .Range("term_months", c.term_months(), 1, 120)
      .Choice("funding", IsFunding(c.funding()))
      .Take();
}

absl::Status Check(const v1::WithdrawTimeDeposit& c) {
  return Form("withdraw_time_deposit")
      .Id("certificate_id", c.certificate_id())
      .Range("amount_fen", c.amount_fen(), 0, kAmountMax)
      .Take();
}

absl::Status Check(const v1::PayBill& c) {
  const bool by_account = c.funding() == v1::FUNDING_DEMAND;
  Form form("pay_bill");
  form.Id("biller_id", c.biller_id())
      .Amount("amount_fen", c.amount_fen())
      .Choice("funding", IsFunding(c.funding()));
  if (by_account) form.Id("account_id", c.account_id());
  return form.That(by_account || c.account_id() == 0, "account_id", "left out where the bill is paid in cash")
      .Take();
}

template <typename BankEntry>
absl::Status CheckBankEntry(std::string_view message, const BankEntry& c) {
  return Form(message)
      .Id("account_id", c.account_id())
      .Amount("amount_fen", c.amount_fen())
      .Text("bank_reference", c.bank_reference(), 0, kTextMax)
      .Take();
}

absl::Status Check(const v1::MoveFloat& c) {
  return Form("move_float")
      .Choice("direction",
              v1::FloatDirection_IsValid(c.direction()) && c.direction() != v1::FLOAT_DIRECTION_UNSPECIFIED)
      .Amount("amount_fen", c.amount_fen())
      .Take();
}

absl::Status Check(const v1::RecordBankHistory& c) {
  return Form("record_bank_history")
      .Id("account_id", c.account_id())
      .Choice("kind", v1::HistoryKind_IsValid(c.kind()) && c.kind() != v1::HISTORY_KIND_UNSPECIFIED)
      .Amount("amount_fen", c.amount_fen())
      .Text("source_id", c.source_id(), 0, kSourceIdMax)
      .Take();
}

// --- Any family

absl::Status Check(const v1::ReverseEvent& c) {
  return Form("reverse_event").Id("sequence", c.sequence()).Text("reason", c.reason(), 1, kReasonMax).Take();
}

absl::Status Check(const v1::VoidSerial& c) {
  return Form("void_serial").Text("reason", c.reason(), 1, kReasonMax).Take();
}

absl::Status Check(const v1::ApproveRequest& c) {
  return Form("approve_request").Id("sequence", c.sequence()).Take();
}

absl::Status Check(const v1::RefuseRequest& c) {
  return Form("refuse_request").Id("sequence", c.sequence()).Text("reason", c.reason(), 1, kReasonMax).Take();
}

// --- Directory

absl::Status Check(const v1::EnrolTerminal& c) {
  return Form("enrol_terminal")
      .Choice("role", v1::Role_IsValid(c.role()) && c.role() != v1::ROLE_UNSPECIFIED)
      .Text("label", c.label(), 1, kTextMax)
      .Take();
}

absl::Status Check(const v1::RetireTerminal& c) {
  return Form("retire_terminal").Id("terminal_id", c.terminal_id()).Take();
}

absl::Status Check(const v1::AssignTerminal& c) {
  return Form("assign_terminal").Id("terminal_id", c.terminal_id()).Id("member_id", c.member_id()).Take();
}

absl::Status CheckProfile(Form& form, const v1::MemberProfile& profile) {
  return form
      .That(!profile.elder() || profile.age_band() >= v1::AGE_BAND_60_TO_69, "profile.elder",
            "an elder has an age band of 60 or more")
      .That(v1::AgeBand_IsValid(profile.age_band()), "profile.age_band", "one of the values of its enum")
      .OptionalId("profile.team_id", profile.team_id())
      .Take();
}

absl::Status Check(const v1::RegisterMember& c) {
  Form form("register_member");
  form.That(c.has_profile(), "profile", "must be there");
  return CheckProfile(form, c.profile());
}

absl::Status Check(const v1::UpdateMember& c) {
  Form form("update_member");
  form.Id("member_id", c.member_id()).That(c.has_profile(), "profile", "must be there");
  return CheckProfile(form, c.profile());
}

bool IsEntryKind(v1::EntryKind kind) {
  return v1::EntryKind_IsValid(kind) && kind != v1::ENTRY_KIND_UNSPECIFIED;
}

absl::Status Check(const v1::RegisterEntry& c) {
  return Form("register_entry")
      .Choice("kind", IsEntryKind(c.kind()))
      .Text("label", c.label(), 1, kTextMax)
      .Take();
}

absl::Status Check(const v1::UpdateEntry& c) {
  return Form("update_entry")
      .Choice("kind", IsEntryKind(c.kind()))
      .Id("entry_id", c.entry_id())
      .Text("label", c.label(), 1, kTextMax)
      .Take();
}

absl::Status Check(const v1::FoundLedger& c) {
  absl::TimeZone zone;
  return Form("found_ledger")
      .Text("name", c.name(), 1, kTextMax)
      .That(absl::LoadTimeZone(c.time_zone(), &zone), "time_zone", "an IANA time zone, such as Asia/Shanghai")
      .Take();
}

// --- Policy

// Whether no row of a policy's list names the same thing twice, by `key_of`.
template <typename Rows, typename KeyOf>
bool AllDistinct(const Rows& rows, KeyOf&& key_of) {
  std::set<int64_t> seen;
  for (const auto& row : rows) {
    if (!seen.insert(static_cast<int64_t>(key_of(row))).second) return false;
  }
  return true;
}

void CheckPoints(Form& form, const v1::Policy& p) {
  for (const v1::ServiceRate& rate : p.service_rates()) {
    form.Id("policy.service_rates.service_kind_id", rate.service_kind_id())
        .Range("policy.service_rates.points_per_hour", rate.points_per_hour(), 0, 1000);
  }
  form.That(AllDistinct(p.service_rates(), [](const auto& row) { return row.service_kind_id(); }),
            "policy.service_rates", "a kind of service at most once")
      .Range("policy.counted_minutes_per_activity_max", p.counted_minutes_per_activity_max(), 0,
             kMinutesOfDay)
      .Range("policy.counted_minutes_per_day_max", p.counted_minutes_per_day_max(), 0, kMinutesOfDay);
  for (const v1::GoodPrice& price : p.good_prices()) {
    form.Id("policy.good_prices.good_id", price.good_id())
        .Range("policy.good_prices.price_points", price.price_points(), 1, 1'000'000);
  }
  form.That(AllDistinct(p.good_prices(), [](const auto& row) { return row.good_id(); }), "policy.good_prices",
            "a good at most once");
}

void CheckMeals(Form& form, const v1::Policy& p) {
  constexpr int64_t kPriceMax = 1'000'000;
  form.Range("policy.meal_standard_price_fen", p.meal_standard_price_fen(), 0, kPriceMax);
  bool subsidised = false;
  for (const v1::MealPrice& price : p.meal_prices()) {
    form.Choice("policy.meal_prices.age_band",
                v1::AgeBand_IsValid(price.age_band()) && price.age_band() != v1::AGE_BAND_UNSPECIFIED)
        .Range("policy.meal_prices.price_fen", price.price_fen(), 0, kPriceMax)
        .Range("policy.meal_prices.subsidy_fen", price.subsidy_fen(), 0, kPriceMax)
        .Range("policy.meal_prices.price_points", price.price_points(), 0, kPriceMax);
    subsidised = subsidised || price.subsidy_fen() > 0;
  }
  form.That(AllDistinct(p.meal_prices(), [](const auto& row) { return row.age_band(); }),
            "policy.meal_prices", "an age band at most once")
      .OptionalId("policy.meal_funder_id", p.meal_funder_id())
      .That(!subsidised || p.meal_funder_id() != 0, "policy.meal_funder_id",
            "must be there where a meal is subsidised")
      .Range("policy.meals_per_day_max", p.meals_per_day_max(), 1, 100)
      .Range("policy.meal_card_balance_max_fen", p.meal_card_balance_max_fen(), 0, kAmountMax)
      .Range("policy.meal_card_offline_limit_fen", p.meal_card_offline_limit_fen(), 0, kAmountMax)
      .Range("policy.late_after_seconds", p.late_after_seconds(), 1, 86'400);
}

void CheckBank(Form& form, const v1::Policy& p) {
  form.Range("policy.withdrawal_per_day_max_fen", p.withdrawal_per_day_max_fen(), 0, kAmountMax)
      .Range("policy.withdrawal_multiple_fen", p.withdrawal_multiple_fen(), 1, kAmountMax)
      .Range("policy.demand_rate_ppm", p.demand_rate_ppm(), 0, 1'000'000);
  for (const v1::TimeRate& rate : p.time_rates()) {
    form.Range("policy.time_rates.term_months", rate.term_months(), 1, 120)
        .Range("policy.time_rates.rate_ppm", rate.rate_ppm(), 0, 1'000'000);
  }
  form.That(AllDistinct(p.time_rates(), [](const auto& row) { return row.term_months(); }),
            "policy.time_rates", "a term at most once")
      .That(p.interest_days_per_year() == 360 || p.interest_days_per_year() == 365,
            "policy.interest_days_per_year", "360 or 365");
}

void CheckApproval(Form& form, const v1::Policy& p) {
  form.Range("policy.reversal_approval_from_fen", p.reversal_approval_from_fen(), 0, kAmountMax)
      .Range("policy.reversal_approval_from_points", p.reversal_approval_from_points(), 0, kAmountMax)
      .Range("policy.policy_approval_from_ppm", p.policy_approval_from_ppm(), 0, 1'000'000);
}

absl::Status Check(const v1::AdoptPolicy& c) {
  const v1::Policy& p = c.policy();
  Form form("adopt_policy");
  form.That(c.has_policy(), "policy", "must be there")
      .RealDate("policy.effective_from", p.effective_from())
      .That(static_cast<size_t>(p.service_rates_size()) <= kPolicyRowsMax &&
                static_cast<size_t>(p.good_prices_size()) <= kPolicyRowsMax,
            "policy", "at most 1000 kinds of service and 1000 goods");
  CheckPoints(form, p);
  CheckMeals(form, p);
  CheckBank(form, p);
  CheckApproval(form, p);
  return form.Take();
}

}  // namespace

absl::Status CheckForm(const v1::Command& command) {
  REDVEST_RETURN_IF_ERROR(
      Form("header")
          .Id("terminal_id", command.terminal_id())
          .That(command.serial() >= 1 && command.serial() <= kIdMax, "serial", "a number from 1")
          .Moment("occurred_at_unix_ms", command.occurred_at_unix_ms())
          .That(command.occurred_at_unix_ms() != 0, "occurred_at_unix_ms", "must be there")
          .That(command.ByteSizeLong() <= kCommandBytesMax, "size", "at most 24576 bytes in all")
          .Take());
  return CheckBodyForm(command);
}

absl::Status CheckBodyForm(const v1::Command& command) {
  using v1::Command;
  switch (command.body_case()) {
    case Command::kSellMeal:
      return Check(command.sell_meal());
    case Command::kTopUpMealCard:
      return Check(command.top_up_meal_card());
    case Command::kRefundMealCard:
      return Check(command.refund_meal_card());
    case Command::kCountDrawer:
      return Check(command.count_drawer());
    case Command::kRecordService:
      return Check(command.record_service(), command.occurred_at_unix_ms());
    case Command::kRedeemPoints:
      return Check(command.redeem_points());
    case Command::kReceiveStock:
      return Check(command.receive_stock());
    case Command::kIssueServiceCertificate:
      return Check(command.issue_service_certificate());
    case Command::kOpenBankAccount:
      return Check(command.open_bank_account());
    case Command::kDepositCash:
      return Check(command.deposit_cash());
    case Command::kWithdrawCash:
      return Check(command.withdraw_cash());
    case Command::kOpenTimeDeposit:
      return Check(command.open_time_deposit());
    case Command::kWithdrawTimeDeposit:
      return Check(command.withdraw_time_deposit());
    case Command::kPayBill:
      return Check(command.pay_bill());
    case Command::kReceiveTransfer:
      return CheckBankEntry("receive_transfer", command.receive_transfer());
    case Command::kSendTransfer:
      return CheckBankEntry("send_transfer", command.send_transfer());
    case Command::kCreditInterest:
      return CheckBankEntry("credit_interest", command.credit_interest());
    case Command::kChargeFee:
      return CheckBankEntry("charge_fee", command.charge_fee());
    case Command::kMoveFloat:
      return Check(command.move_float());
    case Command::kRecordBankHistory:
      return Check(command.record_bank_history());
    case Command::kReverseEvent:
      return Check(command.reverse_event());
    case Command::kVoidSerial:
      return Check(command.void_serial());
    case Command::kApproveRequest:
      return Check(command.approve_request());
    case Command::kRefuseRequest:
      return Check(command.refuse_request());
    case Command::kEnrolTerminal:
      return Check(command.enrol_terminal());
    case Command::kRetireTerminal:
      return Check(command.retire_terminal());
    case Command::kAssignTerminal:
      return Check(command.assign_terminal());
    case Command::kRegisterMember:
      return Check(command.register_member());
    case Command::kUpdateMember:
      return Check(command.update_member());
    case Command::kRegisterEntry:
      return Check(command.register_entry());
    case Command::kUpdateEntry:
      return Check(command.update_entry());
    case Command::kAdoptPolicy:
      return Check(command.adopt_policy());
    case Command::kFoundLedger:
      return Check(command.found_ledger());
    case Command::BODY_NOT_SET:
      break;
  }
  return MakeError(v1::ERROR_REASON_FIELD_INVALID,
                   {{"field", std::string("body")}, {"rule", std::string("one command must be set")}});
}

}  // namespace redvest
