// The bank station: the counter acts as the bank's agent.
#include <algorithm>

#include "ledger/command/families.h"

namespace redvest {
namespace {

__extension__ using int128 = __int128;

// `months` after `day`, on the last day of the month where that month is shorter.
Day MonthsAfter(Day day, int months) {
  const absl::CivilMonth month = absl::CivilMonth(day) + months;
  const Day last = Day(month + 1) - 1;
  return Day(month.year(), month.month(), std::min(day.day(), last.day()));
}

// amount x rate_ppm / 1,000,000 x numerator / denominator, rounded to the nearest fen, halves up.
int64_t Interest(int64_t amount, int64_t rate_ppm, int64_t numerator, int64_t denominator) {
  const int128 divisor = int128{1'000'000} * denominator;
  return static_cast<int64_t>((int128{amount} * rate_ppm * numerator * 2 + divisor) / (2 * divisor));
}

// Interest of `amount` out of a certificate paid back on `day`. Rule: what is withdrawn early earns the
// demand rate by days; a matured deposit earns its opening rate for the term by months and the demand rate by
// days after it.
int64_t InterestOf(const Certificate& certificate, int64_t amount, Day day, const v1::Policy& policy) {
  const auto demand = [&](Day from) {
    const int64_t days = std::max<int64_t>(0, day - from);
    return Interest(amount, policy.demand_rate_ppm(), days, policy.interest_days_per_year());
  };
  if (day < certificate.matures_on) return demand(certificate.opened_on);
  return Interest(amount, certificate.rate_ppm, certificate.term_months, 12) + demand(certificate.matures_on);
}

bool Adds(v1::HistoryKind kind) {
  return kind == v1::HISTORY_KIND_CASH_DEPOSIT || kind == v1::HISTORY_KIND_TRANSFER_RECEIVED ||
         kind == v1::HISTORY_KIND_INTEREST_CREDITED;
}

}  // namespace

// Rules: member known and active.
absl::Status Decide(const v1::OpenBankAccount& command, Decision& decision) {
  REDVEST_RETURN_IF_ERROR(decision.RequireActiveMember(command.member_id()).status());
  event::v1::BankAccountOpened& opened = *decision.event->mutable_bank_account_opened();
  *opened.mutable_command() = command;
  opened.set_account_id(decision.state.next_bank_account().value());
  return absl::OkStatus();
}

// Rules: account open.
absl::Status Decide(const v1::DepositCash& command, Decision& decision) {
  REDVEST_RETURN_IF_ERROR(decision.RequireBankAccount(command.account_id()));
  *decision.event->mutable_cash_deposited()->mutable_command() = command;
  return absl::OkStatus();
}

// Rules: policy, account open, multiple, cap of the card's day.
absl::Status Decide(const v1::WithdrawCash& command, Decision& decision) {
  REDVEST_ASSIGN_OR_RETURN(const v1::Policy* policy, decision.RequirePolicy());
  REDVEST_RETURN_IF_ERROR(decision.RequireBankAccount(command.account_id()));
  if (command.amount_fen() % policy->withdrawal_multiple_fen() != 0) {
    return MakeError(v1::ERROR_REASON_WITHDRAWAL_MULTIPLE,
                     {{"multiple_fen", policy->withdrawal_multiple_fen()}});
  }
  const int64_t withdrawn =
      decision.state.Counted(DayCounter::kCashWithdrawnFen, command.account_id(), decision.day) +
      command.amount_fen();
  if (withdrawn > policy->withdrawal_per_day_max_fen()) {
    return MakeError(v1::ERROR_REASON_WITHDRAWAL_CAP,
                     {{"withdrawn_fen", withdrawn}, {"limit_fen", policy->withdrawal_per_day_max_fen()}});
  }
  *decision.event->mutable_cash_withdrawn()->mutable_command() = command;
  return absl::OkStatus();
}

// Rules: policy, account open, a rate for the term.
absl::Status Decide(const v1::OpenTimeDeposit& command, Decision& decision) {
  REDVEST_ASSIGN_OR_RETURN(const v1::Policy* policy, decision.RequirePolicy());
  REDVEST_RETURN_IF_ERROR(decision.RequireBankAccount(command.account_id()));
  for (const v1::TimeRate& rate : policy->time_rates()) {
    if (rate.term_months() != command.term_months()) continue;
    event::v1::TimeDepositOpened& opened = *decision.event->mutable_time_deposit_opened();
    *opened.mutable_command() = command;
    opened.set_certificate_id(decision.state.next_certificate().value());
    opened.set_rate_ppm(rate.rate_ppm());
    *opened.mutable_matures_on() = ToDate(MonthsAfter(decision.day, command.term_months()));
    return absl::OkStatus();
  }
  return MakeError(v1::ERROR_REASON_TERM_NOT_IN_POLICY, {{"term_months", command.term_months()}});
}

// Rules: policy, certificate known, principal left.
absl::Status Decide(const v1::WithdrawTimeDeposit& command, Decision& decision) {
  REDVEST_ASSIGN_OR_RETURN(const v1::Policy* policy, decision.RequirePolicy());
  const Certificate* certificate = decision.state.FindCertificate(CertificateId(command.certificate_id()));
  if (certificate == nullptr) {
    return MakeError(v1::ERROR_REASON_TIME_DEPOSIT_UNKNOWN, {{"certificate", command.certificate_id()}});
  }
  const Account account{AccountKind::kTimeDeposit, command.certificate_id()};
  const int64_t left = -decision.state.Balance(account);
  const int64_t principal = command.amount_fen() == 0 ? left : command.amount_fen();
  if (left <= 0 || principal > left) {
    return MakeError(v1::ERROR_REASON_INSUFFICIENT_BALANCE, {{"account", FormatAccount(account)},
                                                             {"balance", left},
                                                             {"unit", std::string(UnitName(Unit::kFen))},
                                                             {"amount", std::max<int64_t>(principal, 1)},
                                                             {"limit", 0}});
  }
  event::v1::TimeDepositWithdrawn& withdrawn = *decision.event->mutable_time_deposit_withdrawn();
  *withdrawn.mutable_command() = command;
  withdrawn.set_account_id(certificate->account.value());
  withdrawn.set_principal_fen(principal);
  withdrawn.set_interest_fen(InterestOf(*certificate, principal, decision.day, *policy));
  withdrawn.set_matured(decision.day >= certificate->matures_on);
  return absl::OkStatus();
}

// Rules: biller known, account open where one pays.
absl::Status Decide(const v1::PayBill& command, Decision& decision) {
  REDVEST_RETURN_IF_ERROR(decision.RequireEntry(v1::ENTRY_KIND_BILLER, command.biller_id()));
  if (command.funding() == v1::FUNDING_DEMAND) {
    REDVEST_RETURN_IF_ERROR(decision.RequireBankAccount(command.account_id()));
  }
  *decision.event->mutable_bill_paid()->mutable_command() = command;
  return absl::OkStatus();
}

// Rules: account open. The same for the three that follow.
absl::Status Decide(const v1::ReceiveTransfer& command, Decision& decision) {
  REDVEST_RETURN_IF_ERROR(decision.RequireBankAccount(command.account_id()));
  *decision.event->mutable_transfer_received()->mutable_command() = command;
  return absl::OkStatus();
}

absl::Status Decide(const v1::SendTransfer& command, Decision& decision) {
  REDVEST_RETURN_IF_ERROR(decision.RequireBankAccount(command.account_id()));
  *decision.event->mutable_transfer_sent()->mutable_command() = command;
  return absl::OkStatus();
}

absl::Status Decide(const v1::CreditInterest& command, Decision& decision) {
  REDVEST_RETURN_IF_ERROR(decision.RequireBankAccount(command.account_id()));
  *decision.event->mutable_interest_credited()->mutable_command() = command;
  return absl::OkStatus();
}

absl::Status Decide(const v1::ChargeFee& command, Decision& decision) {
  REDVEST_RETURN_IF_ERROR(decision.RequireBankAccount(command.account_id()));
  *decision.event->mutable_fee_charged()->mutable_command() = command;
  return absl::OkStatus();
}

absl::Status Decide(const v1::MoveFloat& command, Decision& decision) {
  *decision.event->mutable_float_moved()->mutable_command() = command;
  return absl::OkStatus();
}

// A fact at the bank: no rule holds it, and an account that is not known is opened.
absl::Status Decide(const v1::RecordBankHistory& command, Decision& decision) {
  event::v1::BankHistoryRecorded& recorded = *decision.event->mutable_bank_history_recorded();
  *recorded.mutable_command() = command;
  recorded.set_opened_account(decision.state.FindBankAccount(BankAccountId(command.account_id())) == nullptr);
  const int64_t before = -decision.state.Balance({AccountKind::kDemand, command.account_id()});
  int64_t after = 0;
  const int64_t amount = Adds(command.kind()) ? command.amount_fen() : -command.amount_fen();
  // State::Apply declines an overflow of the posting itself.
  if (!__builtin_add_overflow(before, amount, &after)) recorded.set_book_balance_fen(after);
  return absl::OkStatus();
}

}  // namespace redvest
