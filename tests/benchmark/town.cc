#include "tests/benchmark/town.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/benchmark/books.h"
#include "tests/benchmark/scratch.h"

namespace redvest::bench {
namespace {

constexpr int64_t kCardFen = 100'000;       // what a card starts with: more than may be eaten in a day
constexpr int64_t kDemandFen = 10'000'000;  // what a demand account starts with
constexpr int64_t kFloatFen = 900'000'000'000;
constexpr int64_t kStockPieces = 900'000'000'000;

// The policy's figures, as far as they show in the books.
constexpr int kPortionsPerDay = 100;
constexpr int64_t kPriceFen = 1'000, kElderFen = 700, kSubsidyFen = 300;
constexpr int64_t kGoodPoints = 3;

// Services last an hour and lie one after another, from a year ago on.
constexpr int64_t kServiceMinutes = 60;
constexpr int64_t kHourMs = 3'600'000;
constexpr uint16_t kServicesMax = 8'000;

// A terminal's batches lie within the day before the run, so that none is late.
constexpr int64_t kDayMs = 23 * kHourMs;
constexpr uint64_t kGapMsMax = 400;

bool IsElder(uint64_t member) { return member % 5 != 0; }
v1::AgeBand BandOf(uint64_t member) {
  return static_cast<v1::AgeBand>(v1::AGE_BAND_UNDER_60 + static_cast<int>(member % 5));
}

// The set-up's policy with the limits of a day so wide that a whole run fits into one.
v1::Policy WidePolicy() {
  v1::Policy policy;
  policy.mutable_effective_from()->set_year(1900);
  policy.mutable_effective_from()->set_month(1);
  policy.mutable_effective_from()->set_day(1);
  for (uint64_t kind = 1; kind <= 5; ++kind) {
    v1::ServiceRate& rate = *policy.add_service_rates();
    rate.set_service_kind_id(kind);
    rate.set_points_per_hour(1);
  }
  policy.set_counted_minutes_per_activity_max(1'440);
  policy.set_counted_minutes_per_day_max(1'440);
  v1::GoodPrice& good = *policy.add_good_prices();
  good.set_good_id(1);
  good.set_price_points(kGoodPoints);
  policy.set_meal_standard_price_fen(kPriceFen);
  for (uint64_t member = 1; member < 5; ++member) {
    v1::MealPrice& price = *policy.add_meal_prices();
    price.set_age_band(BandOf(member));
    price.set_price_fen(kElderFen);
    price.set_subsidy_fen(kSubsidyFen);
    price.set_price_points(7);
  }
  policy.set_meal_funder_id(1);
  policy.set_meals_per_day_max(kPortionsPerDay);
  policy.set_meal_card_balance_max_fen(1'000'000'000'000);
  policy.set_late_after_seconds(86'400);
  policy.set_withdrawal_per_day_max_fen(1'000'000'000'000);
  policy.set_withdrawal_multiple_fen(1'000);
  policy.set_demand_rate_ppm(3'500);
  policy.set_interest_days_per_year(360);
  return policy;
}

}  // namespace

// Gathers commands of one terminal and closes a batch when it is full.
class Town::Gatherer {
 public:
  Gatherer(Town* town, uint64_t terminal, Lane* lane) : town_(town), lane_(lane) {
    request_.set_terminal_id(terminal);
  }
  ~Gatherer() { Close(); }
  Gatherer(const Gatherer&) = delete;
  Gatherer& operator=(const Gatherer&) = delete;

  // The next command, with its time.
  v1::Command* Add() {
    if (static_cast<uint64_t>(request_.commands_size()) == kBatchCommands) Close();
    v1::Command* command = request_.add_commands();
    command->set_occurred_at_unix_ms(town_->NextTime(request_.terminal_id()));
    return command;
  }

  void Close() {
    if (request_.commands_size() > 0) lane_->push_back(town_->Seal(&request_));
    request_.clear_commands();
  }

 private:
  Town* const town_;
  Lane* const lane_;
  v1::IngestRequest request_;
};

Town::Town(const Size& size, uint64_t seed)
    : members_(std::max<uint64_t>(size.accounts / 2, 100)),
      tills_(size.tills),
      volunteers_(members_ / 5),
      zipf_(members_),
      now_ms_(absl::ToUnixMillis(absl::Now())),
      random_(seed),
      portions_(members_ + 1),
      served_(volunteers_ + 1),
      points_(volunteers_ + 1) {}

int64_t Town::NextTime(uint64_t terminal) {
  int64_t& time = time_ms_.try_emplace(terminal, now_ms_ - kDayMs).first->second;
  time = std::min(now_ms_, time + static_cast<int64_t>(Below(kGapMsMax)));
  return time;
}

Batch Town::Seal(v1::IngestRequest* request) {
  uint64_t& last = last_serial_[request->terminal_id()];
  request->set_first_serial(last + 1);
  const auto commands = static_cast<uint32_t>(request->commands_size());
  last += commands;
  events_ += commands;
  Batch batch{grpc::Slice(request->ByteSizeLong()), commands};
  Require(request->SerializeToArray(const_cast<uint8_t*>(batch.bytes.begin()),
                                    static_cast<int>(batch.bytes.size())),
          "a batch cannot be written");
  return batch;
}

// --- Moving in

void Town::MoveIn(const std::string& address) {
  last_serial_[kOffice] = LastSerial(address, kOffice);
  std::vector<Lane> lanes(1);
  Enrol(&lanes[0]);
  RegisterMembers(&lanes[0]);
  SendLanes(address, lanes);

  lanes.assign(kLanes + 1, {});
  FillCards(&lanes);
  OpenAccounts(&lanes.back());
  WaitProjected(address, SendLanes(address, lanes).last_sequence);
}

void Town::Enrol(Lane* lane) {
  Gatherer office(this, kOffice, lane);
  const auto enrol = [&office](v1::Role role, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      v1::EnrolTerminal* terminal = office.Add()->mutable_enrol_terminal();
      terminal->set_role(role);
      terminal->set_label("Terminal");
    }
  };
  enrol(v1::ROLE_CANTEEN_TILL, kLanes);
  enrol(v1::ROLE_BANK_COUNTER, kLanes);
  enrol(v1::ROLE_STATION, kLanes);
  enrol(v1::ROLE_IMPORT, 1);
  enrol(v1::ROLE_CANTEEN_TILL, tills_);
  v1::RegisterEntry* biller = office.Add()->mutable_register_entry();
  biller->set_kind(v1::ENTRY_KIND_BILLER);
  biller->set_label("Heating");
  *office.Add()->mutable_adopt_policy()->mutable_policy() = WidePolicy();
}

void Town::RegisterMembers(Lane* lane) {
  Gatherer office(this, kOffice, lane);
  for (uint64_t member = 1; member <= members_; ++member) {
    v1::MemberProfile* profile = office.Add()->mutable_register_member()->mutable_profile();
    profile->set_resident(true);
    profile->set_volunteer(member <= volunteers_);
    profile->set_age_band(BandOf(member));
  }
}

void Town::FillCards(std::vector<Lane>* lanes) {
  for (size_t lane = 0; lane < kLanes; ++lane) {
    {
      Gatherer till(this, LaneTill(lane), &(*lanes)[lane]);
      for (uint64_t member = lane + 1; member <= members_; member += kLanes) {
        v1::TopUpMealCard* top_up = till.Add()->mutable_top_up_meal_card();
        top_up->set_member_id(member);
        top_up->set_amount_fen(kCardFen);
        cards_fen_ -= kCardFen;
      }
    }
    Gatherer counter(this, LaneCounter(lane), &(*lanes)[lane]);
    v1::MoveFloat* brought = counter.Add()->mutable_move_float();
    brought->set_direction(v1::FLOAT_DIRECTION_BROUGHT);
    brought->set_amount_fen(kFloatFen);
    Gatherer station(this, LaneStation(lane), &(*lanes)[lane]);
    v1::ReceiveStock* stock = station.Add()->mutable_receive_stock();
    stock->set_good_id(1);
    stock->set_pieces(kStockPieces);
  }
}

void Town::OpenAccounts(Lane* lane) {
  Gatherer import(this, kImport, lane);
  for (uint64_t account = 1; account <= members_; ++account) {
    v1::RecordBankHistory* row = import.Add()->mutable_record_bank_history();
    row->set_account_id(account);
    row->set_kind(v1::HISTORY_KIND_TRANSFER_RECEIVED);
    row->set_amount_fen(kDemandFen);
    demand_fen_ -= kDemandFen;
  }
}

// --- What goes on day by day

uint64_t Town::Eater() {
  uint64_t member = zipf_.Draw(random_);
  // Who has had enough for today is passed over: somebody else comes, at last the next by number.
  for (int tries = 0; portions_[member] >= kPortionsPerDay; ++tries) {
    member = tries < 64 ? zipf_.Draw(random_) : member % members_ + 1;
    Require(tries < 1'000'000, "all members have eaten enough: more accounts are needed for so many meals");
  }
  ++portions_[member];
  return member;
}

void Town::MakeSale(uint64_t member, bool by_card, v1::SellMeal* meal) {
  meal->set_member_id(member);
  meal->set_portions(1);
  meal->set_payment(by_card ? v1::PAYMENT_MEAL_CARD : v1::PAYMENT_CASH);
  sales_fen_ -= kPriceFen;  // for elders price and subsidy together
  if (by_card) cards_fen_ += IsElder(member) ? kElderFen : kPriceFen;
}

void Town::TillCommand(v1::Command* command) {
  const uint64_t percent = Below(100);
  if (percent < 84) return MakeSale(Eater(), percent < 68, command->mutable_sell_meal());
  if (percent < 86) return MakeSale(0, /*by_card=*/false, command->mutable_sell_meal());
  if (percent < 97) {
    v1::TopUpMealCard* top_up = command->mutable_top_up_meal_card();
    top_up->set_member_id(zipf_.Draw(random_));
    top_up->set_amount_fen(4'000);
    cards_fen_ -= 4'000;
    return;
  }
  // Not more often than cards are topped up, and for less: it never empties one.
  v1::RefundMealCard* refund = command->mutable_refund_meal_card();
  refund->set_member_id(zipf_.Draw(random_));
  refund->set_amount_fen(1);
  cards_fen_ += 1;
}

void Town::CounterCommand(v1::Command* command) {
  const uint64_t account = zipf_.Draw(random_);
  const auto amount = static_cast<int64_t>(1 + Below(50)) * 1'000;
  const uint64_t percent = Below(100);
  // What comes in is more than what goes out, for each account in the long run.
  if (percent < 35) {
    command->mutable_deposit_cash()->set_account_id(account);
    command->mutable_deposit_cash()->set_amount_fen(amount);
    demand_fen_ -= amount;
  } else if (percent < 50) {
    command->mutable_withdraw_cash()->set_account_id(account);
    command->mutable_withdraw_cash()->set_amount_fen(amount);
    demand_fen_ += amount;
  } else if (percent < 70) {
    v1::PayBill* bill = command->mutable_pay_bill();
    bill->set_biller_id(1);
    bill->set_amount_fen(amount);
    bill->set_funding(percent < 66 ? v1::FUNDING_CASH : v1::FUNDING_DEMAND);
    if (percent >= 66) {
      bill->set_account_id(account);
      demand_fen_ += amount;
    }
  } else if (percent < 88) {
    command->mutable_receive_transfer()->set_account_id(account);
    command->mutable_receive_transfer()->set_amount_fen(amount);
    command->mutable_receive_transfer()->set_bank_reference("pension");
    demand_fen_ -= amount;
  } else if (percent < 96) {
    command->mutable_send_transfer()->set_account_id(account);
    command->mutable_send_transfer()->set_amount_fen(amount);
    command->mutable_send_transfer()->set_bank_reference("rent");
    demand_fen_ += amount;
  } else {
    command->mutable_credit_interest()->set_account_id(account);
    command->mutable_credit_interest()->set_amount_fen(amount);
    demand_fen_ -= amount;
  }
}

uint64_t Town::Volunteer(size_t lane) {
  // Those of one station are served by one terminal, whose serials keep their services and points in order.
  return Below(volunteers_ / kLanes) * kLanes + lane + 1;
}

void Town::Service(size_t lane, v1::Command* command) {
  uint64_t volunteer = Volunteer(lane);
  for (int tries = 0; served_[volunteer] >= kServicesMax; ++tries) {
    Require(tries < 1'000, "all volunteers have served enough: more accounts are needed for so many events");
    volunteer = Volunteer(lane);
  }
  const int64_t nth = served_[volunteer]++;
  v1::RecordService* service = command->mutable_record_service();
  service->set_volunteer_id(volunteer);
  service->set_service_kind_id(1 + Below(5));
  service->set_start_unix_ms(now_ms_ - kDayMs - (kServicesMax - nth) * kHourMs);
  service->set_minutes(static_cast<int32_t>(kServiceMinutes));
  ++points_[volunteer];
  --points_sum_;
  hours_minutes_ -= kServiceMinutes;
}

bool Town::Redeem(size_t lane, v1::Command* command) {
  const uint64_t volunteer = Volunteer(lane);
  if (points_[volunteer] < kGoodPoints) return false;
  points_[volunteer] = static_cast<uint16_t>(points_[volunteer] - kGoodPoints);
  points_sum_ += kGoodPoints;
  v1::RedeemPoints* redeem = command->mutable_redeem_points();
  redeem->set_volunteer_id(volunteer);
  redeem->set_good_id(1);
  redeem->set_pieces(1);
  return true;
}

void Town::StationCommand(size_t lane, v1::Command* command) {
  const uint64_t percent = Below(100);
  if (percent < 1) {
    command->mutable_receive_stock()->set_good_id(2);
    command->mutable_receive_stock()->set_pieces(50);
  } else if (percent >= 10 || !Redeem(lane, command)) {
    Service(lane, command);
  }
}

std::vector<Lane> Town::MixedLoad(uint64_t events) {
  std::vector<Lane> lanes(kLanes);
  const uint64_t batches = std::max<uint64_t>(1, events / kBatchCommands);
  for (uint64_t i = 0; i < batches; ++i) {
    const size_t lane = i % kLanes;
    const uint64_t percent = Below(100);
    const uint64_t terminal = percent < 65   ? LaneTill(lane)
                              : percent < 90 ? LaneCounter(lane)
                                             : LaneStation(lane);
    Gatherer gatherer(this, terminal, &lanes[lane]);
    for (uint64_t n = 0; n < kBatchCommands; ++n) {
      v1::Command* command = gatherer.Add();
      if (percent < 65) {
        TillCommand(command);
      } else if (percent < 90) {
        CounterCommand(command);
      } else {
        StationCommand(lane, command);
      }
    }
  }
  return lanes;
}

std::vector<Lane> Town::Meals(uint64_t events) {
  std::vector<Lane> lanes(kLanes);
  for (size_t lane = 0; lane < kLanes; ++lane) {
    Gatherer till(this, LaneTill(lane), &lanes[lane]);
    for (uint64_t i = lane; i < events; i += kLanes) {
      MakeSale(Eater(), Chance(80), till.Add()->mutable_sell_meal());
    }
  }
  return lanes;
}

std::vector<Lane> Town::Uploads(size_t first, size_t count, uint64_t meals) {
  std::vector<Lane> lanes(count);
  for (size_t i = 0; i < count; ++i) {
    Gatherer till(this, LoneTill(first + i), &lanes[i]);
    for (uint64_t n = 0; n < meals; ++n) MakeSale(Eater(), Chance(80), till.Add()->mutable_sell_meal());
  }
  return lanes;
}

v1::SellMealRequest Town::Meal(size_t till) {
  v1::SellMealRequest request;
  v1::CommandHeader* header = request.mutable_header();
  header->set_terminal_id(LoneTill(till));
  header->set_serial(++last_serial_[LoneTill(till)]);
  header->set_occurred_at_unix_ms(absl::ToUnixMillis(absl::Now()));
  MakeSale(Eater(), Chance(80), request.mutable_sell_meal());
  ++events_;
  return request;
}

std::string Town::AnyAccount() {
  return absl::StrCat(Chance(50) ? "liabilities:meal-card:" : "memo:demand:", zipf_.Draw(random_));
}

// --- What the books must say

void Town::CheckBooks(const std::string& address, uint64_t sequence) const {
  const Books books = ReadBooks(address, sequence);
  for (const auto& [unit, sum] : books.sum_by_unit) {
    Require(sum == 0, absl::StrCat("the trial balance does not come to zero in ", unit));
  }
  const auto expect = [&books](const char* group, int64_t expected) {
    const auto found = books.sum_by_group.find(group);
    const int64_t is = found == books.sum_by_group.end() ? 0 : found->second;
    if (is != expected) Fail(absl::StrCat("the trial balance says ", is, " of ", group, ", not ", expected));
  };
  expect("income:canteen-sales", sales_fen_);
  expect("liabilities:meal-card", cards_fen_);
  expect("memo:demand", demand_fen_);
  expect("liabilities:points", points_sum_);
  expect("memo:hours", hours_minutes_);
}

}  // namespace redvest::bench
