// The ranges of fields, by the protos' comments.
#include <set>
#include <string>

#include "tests/property/model.h"

namespace redvest {
namespace {

bool Id(uint64_t id) { return id >= 1 && id <= 999'999'999'999'999; }
bool IdOrNone(uint64_t id) { return id == 0 || Id(id); }
bool Amount(int64_t amount) { return amount >= 1 && amount <= 1'000'000'000'000; }
bool Between(int64_t value, int64_t low, int64_t high) { return value >= low && value <= high; }
bool Moment(int64_t ms) { return Between(ms, -2'208'988'800'000, 253'402'300'799'999); }

// The generator's texts are plain, or hold a control character or a byte that is not UTF-8.
bool Text(const std::string& text, size_t low, size_t high) {
  for (unsigned char c : text) {
    if (c < 0x20 || c == 0xFF) return false;
  }
  return text.size() >= low && text.size() <= high;
}

template <typename Enum>
bool Known(Enum value) {
  const auto* type = google::protobuf::GetEnumDescriptor<Enum>();
  return value != 0 && type->FindValueByNumber(value) != nullptr;
}

bool Profile(const v1::MemberProfile& profile) {
  if (profile.age_band() != 0 && !Known(profile.age_band())) return false;
  if (profile.elder() && profile.age_band() < v1::AGE_BAND_60_TO_69) return false;
  return IdOrNone(profile.team_id());
}

bool PolicyFigures(const v1::Policy& policy) {
  const v1::Date& from = policy.effective_from();
  if (!Between(from.year(), 1900, 9999) || !Between(from.month(), 1, 12)) return false;
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (from.year() % 4 == 0 && from.year() % 100 != 0) || from.year() % 400 == 0;
  if (!Between(from.day(), 1, kDays[from.month() - 1] + (leap && from.month() == 2))) return false;
  for (const auto& rate : policy.service_rates()) {
    if (!Id(rate.service_kind_id()) || !Between(rate.points_per_hour(), 0, 1'000)) return false;
  }
  for (const auto& price : policy.good_prices()) {
    if (!Id(price.good_id()) || !Between(price.price_points(), 1, 1'000'000)) return false;
  }
  std::set<int> bands;
  for (const auto& price : policy.meal_prices()) {
    if (!Known(price.age_band()) || !bands.insert(price.age_band()).second) return false;
    if (!Between(price.price_fen(), 0, 1'000'000) || !Between(price.subsidy_fen(), 0, 1'000'000))
      return false;
    if (!Between(price.price_points(), 0, 1'000'000)) return false;
    if (price.subsidy_fen() > 0 && policy.meal_funder_id() == 0) return false;
  }
  for (const auto& rate : policy.time_rates()) {
    if (!Between(rate.term_months(), 1, 120) || !Between(rate.rate_ppm(), 0, 1'000'000)) return false;
  }
  return Between(policy.counted_minutes_per_activity_max(), 0, 1'440) &&
         Between(policy.counted_minutes_per_day_max(), 0, 1'440) &&
         Between(policy.meal_standard_price_fen(), 0, 1'000'000) && IdOrNone(policy.meal_funder_id()) &&
         Between(policy.meals_per_day_max(), 1, 100) && policy.meal_card_offline_limit_fen() >= 0 &&
         Between(policy.late_after_seconds(), 1, 86'400) && policy.withdrawal_multiple_fen() >= 1 &&
         (policy.interest_days_per_year() == 360 || policy.interest_days_per_year() == 365);
}

bool Service(const v1::RecordService& body, int64_t occurred_at_ms) {
  if (!Id(body.volunteer_id()) || !Id(body.service_kind_id())) return false;
  if (!IdOrNone(body.beneficiary_id()) || !IdOrNone(body.team_id())) return false;
  if (body.start_unix_ms() != 0 && !Moment(body.start_unix_ms())) return false;
  if (body.end_unix_ms() != 0 || body.minutes() == 0) {
    const int64_t length_ms = body.end_unix_ms() - body.start_unix_ms();
    return body.minutes() == 0 && body.start_unix_ms() != 0 && Moment(body.end_unix_ms()) &&
           body.end_unix_ms() <= occurred_at_ms && Between(length_ms / 60'000, 1, 1'440);
  }
  if (!Between(body.minutes(), 1, 1'440)) return false;
  return body.start_unix_ms() == 0 ||
         body.start_unix_ms() + body.minutes() * int64_t{60'000} <= occurred_at_ms;
}

}  // namespace

bool IsWellFormed(const v1::Command& command) {
  using v1::Command;
  if (!Id(command.terminal_id()) || command.serial() == 0 || !Moment(command.occurred_at_unix_ms()))
    return false;
  switch (command.body_case()) {
    case Command::kSellMeal: {
      const auto& body = command.sell_meal();
      const bool guest_pays_cash = body.member_id() != 0 || body.payment() == v1::PAYMENT_CASH;
      return IdOrNone(body.member_id()) && Between(body.portions(), 1, 1'000) && Known(body.payment()) &&
             guest_pays_cash;
    }
    case Command::kTopUpMealCard:
      return Id(command.top_up_meal_card().member_id()) && Amount(command.top_up_meal_card().amount_fen());
    case Command::kRefundMealCard:
      return Id(command.refund_meal_card().member_id()) && Amount(command.refund_meal_card().amount_fen());
    case Command::kCountDrawer:
      return Between(command.count_drawer().counted_fen(), 0, 1'000'000'000'000);
    case Command::kRecordService:
      return Service(command.record_service(), command.occurred_at_unix_ms());
    case Command::kRedeemPoints:
      return Id(command.redeem_points().volunteer_id()) && Id(command.redeem_points().good_id()) &&
             Amount(command.redeem_points().pieces());
    case Command::kReceiveStock:
      return Id(command.receive_stock().good_id()) && Amount(command.receive_stock().pieces());
    case Command::kOpenBankAccount:
      return Id(command.open_bank_account().member_id());
    case Command::kDepositCash:
      return Id(command.deposit_cash().account_id()) && Amount(command.deposit_cash().amount_fen());
    case Command::kWithdrawCash:
      return Id(command.withdraw_cash().account_id()) && Amount(command.withdraw_cash().amount_fen());
    case Command::kOpenTimeDeposit: {
      const auto& body = command.open_time_deposit();
      return Id(body.account_id()) && Amount(body.amount_fen()) && Between(body.term_months(), 1, 120) &&
             Known(body.funding());
    }
    case Command::kWithdrawTimeDeposit: {
      const auto& body = command.withdraw_time_deposit();
      return Id(body.certificate_id()) && (body.amount_fen() == 0 || Amount(body.amount_fen()));
    }
    case Command::kPayBill: {
      const auto& body = command.pay_bill();
      const bool account =
          body.funding() == v1::FUNDING_DEMAND ? Id(body.account_id()) : body.account_id() == 0;
      return Id(body.biller_id()) && Amount(body.amount_fen()) && Known(body.funding()) && account;
    }
    case Command::kReceiveTransfer:
      return Id(command.receive_transfer().account_id()) && Amount(command.receive_transfer().amount_fen()) &&
             Text(command.receive_transfer().bank_reference(), 0, 128);
    case Command::kSendTransfer:
      return Id(command.send_transfer().account_id()) && Amount(command.send_transfer().amount_fen()) &&
             Text(command.send_transfer().bank_reference(), 0, 128);
    case Command::kCreditInterest:
      return Id(command.credit_interest().account_id()) && Amount(command.credit_interest().amount_fen()) &&
             Text(command.credit_interest().bank_reference(), 0, 128);
    case Command::kChargeFee:
      return Id(command.charge_fee().account_id()) && Amount(command.charge_fee().amount_fen()) &&
             Text(command.charge_fee().bank_reference(), 0, 128);
    case Command::kMoveFloat:
      return Known(command.move_float().direction()) && Amount(command.move_float().amount_fen());
    case Command::kRecordBankHistory: {
      const auto& body = command.record_bank_history();
      return Id(body.account_id()) && Known(body.kind()) && Amount(body.amount_fen()) &&
             Text(body.source_id(), 0, 64);
    }
    case Command::kReverseEvent:
      return Id(command.reverse_event().sequence()) && Text(command.reverse_event().reason(), 1, 256);
    case Command::kVoidSerial:
      return Text(command.void_serial().reason(), 1, 256);
    case Command::kApproveRequest:
      return Id(command.approve_request().sequence());
    case Command::kRefuseRequest:
      return Id(command.refuse_request().sequence()) && Text(command.refuse_request().reason(), 1, 256);
    case Command::kAssignTerminal:
      return Id(command.assign_terminal().terminal_id()) && Id(command.assign_terminal().member_id());
    case Command::kIssueServiceCertificate: {
      const auto& body = command.issue_service_certificate();
      uint64_t before = 0;
      for (const v1::ServedKind& served : body.served()) {
        if (served.service_kind_id() <= before || !Id(served.service_kind_id()) ||
            !Amount(served.services()) || !Amount(served.minutes())) {
          return false;
        }
        before = served.service_kind_id();
      }
      return Id(body.volunteer_id()) && body.served_size() > 0 && body.document_sha256().size() == 32;
    }
    case Command::kEnrolTerminal:
      return Known(command.enrol_terminal().role()) && Text(command.enrol_terminal().label(), 1, 128);
    case Command::kRetireTerminal:
      return Id(command.retire_terminal().terminal_id());
    case Command::kRegisterMember:
      return Profile(command.register_member().profile());
    case Command::kUpdateMember:
      return Id(command.update_member().member_id()) && Profile(command.update_member().profile());
    case Command::kRegisterEntry:
      return Known(command.register_entry().kind()) && Text(command.register_entry().label(), 1, 128);
    case Command::kUpdateEntry:
      return Known(command.update_entry().kind()) && Id(command.update_entry().entry_id()) &&
             Text(command.update_entry().label(), 1, 128);
    case Command::kAdoptPolicy:
      return PolicyFigures(command.adopt_policy().policy());
    case Command::kFoundLedger:
      return Text(command.found_ledger().name(), 1, 128);
    case Command::BODY_NOT_SET:
      return false;
  }
  return false;
}

}  // namespace redvest
