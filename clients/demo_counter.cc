// A day at the bank counter: float, cash in and out, bills, transfers, time deposits.
#include <algorithm>

#include "absl/strings/str_format.h"
#include "clients/demo_plan.h"

namespace redvest::client {
namespace {

// The counter's float: the bank brings when it is low, and takes away what is too much.
constexpr int64_t kFloatLowFen = 2'000'000;
constexpr int64_t kFloatFen = 5'000'000;
constexpr int64_t kFloatHighFen = 9'000'000;

Account DemandOf(const Person& person) { return {AccountKind::kDemand, person.account_id}; }

// Someone with an account. REQUIRES: there are customers.
const Person& AnyCustomer(DayPlan& plan) {
  const Town& town = plan.place().town;
  return town.people[plan.random().Pick(town.customers)];
}

// In the counter's hours.
v1::Command& AddAtCounter(DayPlan& plan) {
  return plan.Add(Desk::kCounter, plan.random().Between(At(9), At(16)));
}

void MoveFloat(DayPlan& plan, v1::FloatDirection direction, int64_t second, int64_t fen) {
  v1::MoveFloat& move = *plan.Add(Desk::kCounter, second).mutable_move_float();
  move.set_direction(direction);
  move.set_amount_fen(fen);
  plan.Expect(plan.Drawer(Desk::kCounter), direction == v1::FLOAT_DIRECTION_BROUGHT ? fen : -fen);
}

void Deposit(DayPlan& plan, const Person& person) {
  const int64_t fen = plan.random().Between(1, plan.random().Chance(200) ? 100 : 20) * 10'000;
  // Early, so that the drawer holds what is paid out later.
  v1::DepositCash& deposit =
      *plan.Add(Desk::kCounter, plan.random().Between(At(8, 30), At(9))).mutable_deposit_cash();
  deposit.set_account_id(person.account_id);
  deposit.set_amount_fen(fen);
  plan.Expect(DemandOf(person), fen);
  plan.Expect(plan.Drawer(Desk::kCounter), fen);
}

v1::WithdrawCash& AddWithdrawal(DayPlan& plan, const Person& person, int64_t fen) {
  v1::WithdrawCash& withdraw = *AddAtCounter(plan).mutable_withdraw_cash();
  withdraw.set_account_id(person.account_id);
  withdraw.set_amount_fen(fen);
  return withdraw;
}

void Withdraw(DayPlan& plan, const Person& person) {
  const v1::Policy& policy = plan.place().policy;
  const int64_t multiple = std::max<int64_t>(policy.withdrawal_multiple_fen(), 1);
  const Account drawer = plan.Drawer(Desk::kCounter);
  const int64_t most =
      std::min({plan.Held(DemandOf(person)), plan.Held(drawer), policy.withdrawal_per_day_max_fen()});
  if (most < multiple) return;
  // Hundreds mostly, the way people ask for money.
  const int64_t hundreds = std::max<int64_t>(most / 10'000, 1);
  int64_t fen = plan.random().Between(1, hundreds) * 10'000;
  fen = std::min(fen, most) / multiple * multiple;
  if (fen == 0) return;
  AddWithdrawal(plan, person, fen);
  plan.Expect(DemandOf(person), -fen);
  plan.Expect(drawer, -fen);
}

void PayBill(DayPlan& plan, const Person& person) {
  if (plan.place().billers.empty()) return;
  DemoRandom& random = plan.random();
  const int64_t fen = random.Between(1'500, 28'000);
  v1::PayBill& bill = *AddAtCounter(plan).mutable_pay_bill();
  bill.set_biller_id(random.Pick(plan.place().billers));
  bill.set_amount_fen(fen);
  if (random.Chance(500) && plan.Held(DemandOf(person)) >= fen) {
    bill.set_funding(v1::FUNDING_DEMAND);
    bill.set_account_id(person.account_id);
    plan.Expect(DemandOf(person), -fen);
  } else {
    bill.set_funding(v1::FUNDING_CASH);
    plan.Expect(plan.Drawer(Desk::kCounter), fen);
  }
}

std::string Reference(const DayPlan& plan, const char* what, uint64_t number) {
  return absl::StrFormat("%s-%04d%02d%02d-%04d", what, plan.day().year(), plan.day().month(),
                         plan.day().day(), number);
}

void Receive(DayPlan& plan, const Person& person, int64_t second, int64_t fen, std::string reference) {
  v1::ReceiveTransfer& transfer = *plan.Add(Desk::kCounter, second).mutable_receive_transfer();
  transfer.set_account_id(person.account_id);
  transfer.set_amount_fen(fen);
  transfer.set_bank_reference(std::move(reference));
  plan.Expect(DemandOf(person), fen);
}

void PlanTransfers(DayPlan& plan) {
  DemoRandom& random = plan.random();
  const int64_t customers = static_cast<int64_t>(plan.place().town.customers.size());
  uint64_t number = 0;
  for (int64_t left = random.Count(customers * 10); left > 0; --left) {
    const Person& person = AnyCustomer(plan);
    const int64_t fen = random.Between(50, 3'000) * 100;
    Receive(plan, person, At(8, 40), fen, Reference(plan, "IN", ++number));
  }
  for (int64_t left = random.Count(customers * 4); left > 0; --left) {
    const Person& person = AnyCustomer(plan);
    const int64_t most = plan.Held(DemandOf(person)) / 100;
    if (most < 100) continue;
    const int64_t fen = random.Between(50, std::min<int64_t>(most, 2'000)) * 100;
    v1::SendTransfer& transfer = *AddAtCounter(plan).mutable_send_transfer();
    transfer.set_account_id(person.account_id);
    transfer.set_amount_fen(fen);
    transfer.set_bank_reference(Reference(plan, "OUT", ++number));
    plan.Expect(DemandOf(person), -fen);
  }
}

// What the bank itself books: pensions on the 15th, interest at a quarter's end, a card's fee on the 1st.
void PlanBankDays(DayPlan& plan) {
  const Town& town = plan.place().town;
  DemoRandom& random = plan.random();
  const Day day = plan.day();
  uint64_t number = 0;
  for (size_t i : town.customers) {
    const Person& person = town.people[i];
    ++number;
    const int64_t held = plan.Held(DemandOf(person));
    if (day.day() == 15 && person.profile.elder()) {
      Receive(plan, person, At(8, 20), random.Between(1'800, 4'500) * 100,
              Reference(plan, "PENSION", number));
    }
    const int64_t interest = held * plan.place().policy.demand_rate_ppm() / 4'000'000;
    if (day.day() == 21 && day.month() % 3 == 0 && interest > 0) {
      v1::CreditInterest& credit = *plan.Add(Desk::kCounter, At(8, 10)).mutable_credit_interest();
      credit.set_account_id(person.account_id);
      credit.set_amount_fen(interest);
      credit.set_bank_reference(Reference(plan, "INTEREST", number));
      plan.Expect(DemandOf(person), interest);
    }
    if (day.day() == 1 && random.Chance(5) && held >= 1'000) {
      v1::ChargeFee& fee = *plan.Add(Desk::kCounter, At(8, 10)).mutable_charge_fee();
      fee.set_account_id(person.account_id);
      fee.set_amount_fen(1'000);
      fee.set_bank_reference(Reference(plan, "FEE", number));
      plan.Expect(DemandOf(person), -1'000);
    }
  }
}

void OpenTimeDeposit(DayPlan& plan, const Person& person) {
  const v1::Policy& policy = plan.place().policy;
  if (policy.time_rates().empty()) return;
  DemoRandom& random = plan.random();
  const int64_t fen = random.Between(10, 300) * 10'000;
  v1::OpenTimeDeposit& open = *AddAtCounter(plan).mutable_open_time_deposit();
  open.set_account_id(person.account_id);
  open.set_amount_fen(fen);
  open.set_term_months(
      policy.time_rates(static_cast<int>(random.Below(policy.time_rates().size()))).term_months());
  if (plan.Held(DemandOf(person)) >= fen) {
    open.set_funding(v1::FUNDING_DEMAND);
    plan.Expect(DemandOf(person), -fen);
  } else {
    open.set_funding(v1::FUNDING_CASH);
    plan.Expect(plan.Drawer(Desk::kCounter), fen);
  }
}

void PlanTimeDeposits(DayPlan& plan) {
  DemoRandom& random = plan.random();
  const auto& certificates = plan.place().certificates;
  for (const OpenCertificate& certificate : certificates) {
    if (plan.day() < certificate.matures_on) continue;
    plan.Add(Desk::kCounter, At(15)).mutable_withdraw_time_deposit()->set_certificate_id(certificate.id);
  }
  if (!certificates.empty() && random.Chance(120)) {
    const OpenCertificate& certificate = random.Pick(certificates);
    const int64_t principal = plan.Held({AccountKind::kTimeDeposit, certificate.id});
    if (plan.day() < certificate.matures_on && principal > 0) {
      v1::WithdrawTimeDeposit& early = *plan.Add(Desk::kCounter, At(15, 30)).mutable_withdraw_time_deposit();
      early.set_certificate_id(certificate.id);
      if (random.Chance(600)) early.set_amount_fen(principal / 2 / 100 * 100);
    }
  }
  const int64_t customers = static_cast<int64_t>(plan.place().town.customers.size());
  for (int64_t left = random.Count(customers * 3); left > 0; --left) OpenTimeDeposit(plan, AnyCustomer(plan));
}

// What the ledger refuses: over the cap, not in multiples, more than is there.
void PlanRefusedWithdrawals(DayPlan& plan) {
  const v1::Policy& policy = plan.place().policy;
  const int64_t multiple = std::max<int64_t>(policy.withdrawal_multiple_fen(), 1);
  if (plan.random().Chance(350))
    AddWithdrawal(plan, AnyCustomer(plan), policy.withdrawal_per_day_max_fen() + multiple);
  if (plan.random().Chance(200) && multiple > 1)
    AddWithdrawal(plan, AnyCustomer(plan), multiple + multiple / 2);
  if (plan.random().Chance(250)) {
    const Person& person = AnyCustomer(plan);
    const int64_t fen = (plan.Held(DemandOf(person)) / multiple + 5) * multiple;
    if (fen <= policy.withdrawal_per_day_max_fen()) AddWithdrawal(plan, person, fen);
  }
}

}  // namespace

void PlanCounter(DayPlan& plan) {
  if (plan.place().town.customers.empty()) return;
  DemoRandom& random = plan.random();
  const Account drawer = plan.Drawer(Desk::kCounter);
  const int64_t customers = static_cast<int64_t>(plan.place().town.customers.size());
  if (plan.Held(drawer) < kFloatLowFen) MoveFloat(plan, v1::FLOAT_DIRECTION_BROUGHT, At(8), kFloatFen);
  PlanBankDays(plan);
  const int64_t share = plan.weekend() ? 6 : 10;  // of a weekday's business
  for (int64_t left = random.Count(customers * 2 * share); left > 0; --left) Deposit(plan, AnyCustomer(plan));
  PlanTransfers(plan);
  for (int64_t left = random.Count(customers * 4 * share); left > 0; --left)
    Withdraw(plan, AnyCustomer(plan));
  for (int64_t left = random.Count(customers * 2 * share); left > 0; --left) PayBill(plan, AnyCustomer(plan));
  PlanTimeDeposits(plan);
  PlanRefusedWithdrawals(plan);
  if (const int64_t held = plan.Held(drawer); held > kFloatHighFen) {
    MoveFloat(plan, v1::FLOAT_DIRECTION_TAKEN, At(16, 30), held - kFloatFen);
  }
}

}  // namespace redvest::client
