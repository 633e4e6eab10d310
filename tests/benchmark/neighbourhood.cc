#include "tests/benchmark/neighbourhood.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "ledger/base/check.h"

namespace redvest {
namespace {

// Terminals in the order of their enrolment; the first was there from the founding.
constexpr uint64_t kOffice = 1, kTillEast = 2, kTillWest = 3, kStation = 4, kCounter = 5;
constexpr uint64_t kBiller = 1;
constexpr uint64_t kGoods = 3, kServiceKinds = 5, kDumplings = 2;

constexpr size_t kBatchCommands = 500;
constexpr int kBatchesUnderWay = 8;

constexpr int64_t kMinuteMs = 60'000;
constexpr int64_t kHourMs = 60 * kMinuteMs;
constexpr int64_t kDayMs = 24 * kHourMs;
constexpr int64_t kLateMaxMs = 3 * kDayMs;

}  // namespace

template <typename Fill>
void Neighbourhood::Add(uint64_t count, Commands* commands, Fill&& fill) {
  for (uint64_t i = 0; i < count; ++i) fill(i, &commands->emplace_back());
}

void Neighbourhood::MoveIn() {
  Commands office;
  for (const v1::Role role :
       {v1::ROLE_CANTEEN_TILL, v1::ROLE_CANTEEN_TILL, v1::ROLE_STATION, v1::ROLE_BANK_COUNTER}) {
    office.emplace_back().mutable_enrol_terminal()->set_role(role);
    office.back().mutable_enrol_terminal()->set_label("Terminal");
  }
  office.emplace_back().mutable_register_entry()->set_kind(v1::ENTRY_KIND_BILLER);
  office.back().mutable_register_entry()->set_label("Heating");
  Add(kMembers, &office, [](uint64_t i, v1::Command* command) {
    v1::MemberProfile* profile = command->mutable_register_member()->mutable_profile();
    profile->set_resident(true);
    profile->set_volunteer(i < kVolunteers);
    profile->set_age_band(static_cast<v1::AgeBand>(v1::AGE_BAND_UNDER_60 + i % 5));
  });
  Send(kOffice, std::move(office));
  WaitForAll();

  Commands counter;
  counter.emplace_back().mutable_move_float()->set_direction(v1::FLOAT_DIRECTION_BROUGHT);
  counter.back().mutable_move_float()->set_amount_fen(100'000'000);
  Add(kBankAccounts, &counter,
      [](uint64_t i, v1::Command* command) { command->mutable_open_bank_account()->set_member_id(i + 1); });
  Add(kBankAccounts, &counter, [](uint64_t i, v1::Command* command) {
    command->mutable_deposit_cash()->set_account_id(i + 1);
    command->mutable_deposit_cash()->set_amount_fen(500'000);
  });
  Send(kCounter, std::move(counter));
  Commands till;
  Add(kMembers, &till, [](uint64_t i, v1::Command* command) {
    command->mutable_top_up_meal_card()->set_member_id(i + 1);
    command->mutable_top_up_meal_card()->set_amount_fen(10'000);
  });
  Send(kTillEast, std::move(till));
  WaitForAll();
}

void Neighbourhood::LiveUntil(uint64_t events) {
  while (ledger_->Head().sequence.value() < events) Day();
}

// Each day's batches are taken before the next one's clock, so that events are late only where they are meant
// to be.
void Neighbourhood::Day() {
  clock_->Advance(kDayMs);
  const uint64_t yesterday = ledger_->Head().sequence.value();
  Send(kStation, StationDay());
  Send(kTillEast, TillDay(0));
  Send(kTillWest, TillDay(1));
  Send(kCounter, CounterDay());
  Commands office;
  Add(5, &office, [this, yesterday](uint64_t, v1::Command* command) {
    command->mutable_reverse_event()->set_sequence(yesterday - Below(kEventsPerDay / 2));
    command->mutable_reverse_event()->set_reason("typed wrong");
  });
  Send(kOffice, std::move(office));
  WaitForAll();
  ++day_;
}

Neighbourhood::Commands Neighbourhood::TillDay(uint64_t till) {
  Commands commands;
  // Not twice the same member, so that few are declined for the day's limit.
  const uint64_t first = day_ * 7 + till * (kMembers / 2);
  Add(2'650, &commands, [first](uint64_t i, v1::Command* command) {
    v1::SellMeal* meal = command->mutable_sell_meal();
    meal->set_member_id((first + i) % kMembers + 1);
    meal->set_portions(1);
    meal->set_payment(i % 3 == 0 ? v1::PAYMENT_CASH : v1::PAYMENT_MEAL_CARD);
  });
  Add(100, &commands, [](uint64_t i, v1::Command* command) {
    command->mutable_sell_meal()->set_portions(1 + static_cast<int>(i % 2));
    command->mutable_sell_meal()->set_payment(v1::PAYMENT_CASH);
  });
  Add(15, &commands, [this](uint64_t, v1::Command* command) {
    command->mutable_sell_meal()->set_member_id(Below(kVolunteers) + 1);
    command->mutable_sell_meal()->set_portions(1);
    command->mutable_sell_meal()->set_payment(v1::PAYMENT_POINTS);
  });
  Add(350, &commands, [this](uint64_t, v1::Command* command) {
    command->mutable_top_up_meal_card()->set_member_id(Below(kMembers) + 1);
    command->mutable_top_up_meal_card()->set_amount_fen(4'000);
  });
  std::shuffle(commands.begin(), commands.end(), random_);
  return commands;
}

Neighbourhood::Commands Neighbourhood::StationDay() {
  Commands commands;
  Add(kGoods, &commands, [](uint64_t i, v1::Command* command) {
    command->mutable_receive_stock()->set_good_id(i + 1);
    command->mutable_receive_stock()->set_pieces(50);
  });
  // One after another, so that nobody is in two places at once.
  const int64_t morning = clock_->NowUnixMs() - 4 * kHourMs;
  Add(1'400, &commands, [this, morning](uint64_t i, v1::Command* command) {
    v1::RecordService* service = command->mutable_record_service();
    service->set_volunteer_id(i % kVolunteers + 1);
    service->set_service_kind_id(Below(kServiceKinds) + 1);
    service->set_start_unix_ms(morning + static_cast<int64_t>(i / kVolunteers) * kHourMs);
    service->set_minutes(60);
  });
  Add(40, &commands, [this](uint64_t, v1::Command* command) {
    command->mutable_redeem_points()->set_volunteer_id(Below(kVolunteers) + 1);
    command->mutable_redeem_points()->set_good_id(kDumplings);
    command->mutable_redeem_points()->set_pieces(1);
  });
  return commands;
}

Neighbourhood::Commands Neighbourhood::CounterDay() {
  Commands commands;
  const auto account = [this] { return Below(kBankAccounts) + 1; };
  const auto amount = [this] { return static_cast<int64_t>(1 + Below(50)) * 1'000; };
  Add(700, &commands, [&](uint64_t, v1::Command* command) {
    command->mutable_deposit_cash()->set_account_id(account());
    command->mutable_deposit_cash()->set_amount_fen(amount());
  });
  Add(500, &commands, [&](uint64_t, v1::Command* command) {
    command->mutable_withdraw_cash()->set_account_id(account());
    command->mutable_withdraw_cash()->set_amount_fen(amount());
  });
  Add(500, &commands, [&](uint64_t i, v1::Command* command) {
    v1::PayBill* bill = command->mutable_pay_bill();
    bill->set_biller_id(kBiller);
    bill->set_amount_fen(1 + static_cast<int64_t>(Below(30'000)));
    bill->set_funding(i % 5 == 0 ? v1::FUNDING_DEMAND : v1::FUNDING_CASH);
    if (i % 5 == 0) bill->set_account_id(account());
  });
  Add(400, &commands, [&](uint64_t, v1::Command* command) {
    command->mutable_receive_transfer()->set_account_id(account());
    command->mutable_receive_transfer()->set_amount_fen(amount());
    command->mutable_receive_transfer()->set_bank_reference("pension");
  });
  Add(200, &commands, [&](uint64_t, v1::Command* command) {
    command->mutable_send_transfer()->set_account_id(account());
    command->mutable_send_transfer()->set_amount_fen(amount());
  });
  std::shuffle(commands.begin(), commands.end(), random_);
  return commands;
}

void Neighbourhood::Send(uint64_t terminal, Commands commands) {
  const int64_t now = clock_->NowUnixMs();
  uint64_t& serial = last_serial_[terminal];
  for (v1::Command& command : commands) {
    command.set_terminal_id(terminal);
    command.set_serial(++serial);
    // A service must have ended, and what changes the directory is not late.
    const bool late = !command.has_record_service() && terminal != kOffice && day_ > 3 && Below(100) == 0;
    command.set_occurred_at_unix_ms(now - static_cast<int64_t>(Below(late ? kLateMaxMs : kMinuteMs)));
  }
  const auto kept = std::make_shared<const Commands>(std::move(commands));
  for (size_t at = 0; at < kept->size(); at += kBatchCommands) {
    const size_t count = std::min(kBatchCommands, kept->size() - at);
    {
      absl::MutexLock lock(&mu_);
      const auto has_room = [this]()
                                ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return under_way_ < kBatchesUnderWay; };
      mu_.Await(absl::Condition(&has_room));
      ++under_way_;
    }
    ledger_->Submit({.commands = std::span(*kept).subspan(at, count),
                     .owner = kept,
                     .done = [this, count](SubmissionResult result) {
                       REDVEST_CHECK(result.stopped.ok() && result.taken == count);
                       absl::MutexLock lock(&mu_);
                       declined_ += result.declined.size();
                       --under_way_;
                     }});
  }
}

void Neighbourhood::WaitForAll() {
  absl::MutexLock lock(&mu_);
  const auto done = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return under_way_ == 0; };
  mu_.Await(absl::Condition(&done));
}

Account Neighbourhood::AnyAccount(std::mt19937_64& random) {
  switch (random() % 20) {
    case 0:
      return {AccountKind::kCanteenSales};
    case 1:
      return {AccountKind::kDrawer, kTillEast};
    case 2:
    case 3:
    case 4:
      return {AccountKind::kPoints, random() % kVolunteers + 1};
    case 5:
    case 6:
    case 7:
    case 8:
      return {AccountKind::kDemand, random() % kBankAccounts + 1};
    default:
      return {AccountKind::kMealCard, random() % kMembers + 1};
  }
}

uint64_t Neighbourhood::declined() const {
  absl::MutexLock lock(&mu_);
  return declined_;
}

}  // namespace redvest
