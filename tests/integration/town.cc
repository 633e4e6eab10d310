#include "tests/integration/town.h"

#include <utility>

namespace redvest::testing {

std::unique_ptr<Town> Town::Found(std::vector<std::string> flags) {
  auto town = std::make_unique<Town>();
  town->flags = std::move(flags);
  town->daemon = Daemon::StartOn(town->data, town->flags);
  if (town->daemon == nullptr) return nullptr;
  town->client = std::make_unique<Client>(town->daemon->Connect());
  town->Settle();
  return ::testing::Test::HasFailure() ? nullptr : std::move(town);
}

void Town::Restart() {
  EXPECT_EQ(daemon->Terminate(), 0) << daemon->Stderr();
  daemon = Daemon::StartOn(data, flags);
  ASSERT_NE(daemon, nullptr);
  client = std::make_unique<Client>(daemon->Connect());
}

v1::SellMealRequest Town::GuestMeal(int32_t portions) {
  auto request = till.Next<v1::SellMealRequest>();
  request.mutable_sell_meal()->set_portions(portions);
  request.mutable_sell_meal()->set_payment(v1::PAYMENT_CASH);
  return request;
}

v1::TopUpMealCardRequest Town::TopUp(uint64_t member, int64_t fen) {
  auto request = till.Next<v1::TopUpMealCardRequest>();
  request.mutable_top_up_meal_card()->set_member_id(member);
  request.mutable_top_up_meal_card()->set_amount_fen(fen);
  return request;
}

v1::RecordServiceRequest Town::Service(uint64_t who, int32_t minutes) {
  auto request = station.Next<v1::RecordServiceRequest>();
  request.mutable_record_service()->set_volunteer_id(who);
  request.mutable_record_service()->set_service_kind_id(care);
  request.mutable_record_service()->set_minutes(minutes);
  return request;
}

v1::DepositCashRequest Town::Deposit(int64_t fen) {
  auto request = counter.Next<v1::DepositCashRequest>();
  request.mutable_deposit_cash()->set_account_id(account);
  request.mutable_deposit_cash()->set_amount_fen(fen);
  return request;
}

uint64_t Town::Enrol(v1::Role role, const std::string& label) {
  auto request = office.Next<v1::EnrolTerminalRequest>();
  request.mutable_enrol_terminal()->set_role(role);
  request.mutable_enrol_terminal()->set_label(label);
  const auto answer = Call(*client->directory, &Directory::EnrolTerminal, request);
  EXPECT_TRUE(answer.ok()) << answer.status.error_message();
  return answer->terminal_enrolled().terminal_id();
}

uint64_t Town::Register(v1::EntryKind kind, const std::string& label) {
  auto request = office.Next<v1::RegisterEntryRequest>();
  request.mutable_register_entry()->set_kind(kind);
  request.mutable_register_entry()->set_label(label);
  const auto answer = Call(*client->directory, &Directory::RegisterEntry, request);
  EXPECT_TRUE(answer.ok()) << answer.status.error_message();
  return answer->entry_registered().entry_id();
}

uint64_t Town::RegisterMember(const v1::MemberProfile& profile) {
  auto request = office.Next<v1::RegisterMemberRequest>();
  *request.mutable_register_member()->mutable_profile() = profile;
  const auto answer = Call(*client->directory, &Directory::RegisterMember, request);
  EXPECT_TRUE(answer.ok()) << answer.status.error_message();
  return answer->member_registered().member_id();
}

void Town::AdoptPolicy() {
  auto request = office.Next<v1::AdoptPolicyRequest>();
  v1::Policy& policy = *request.mutable_adopt_policy()->mutable_policy();
  policy.mutable_effective_from()->set_year(2000);
  policy.mutable_effective_from()->set_month(1);
  policy.mutable_effective_from()->set_day(1);
  v1::ServiceRate& rate = *policy.add_service_rates();
  rate.set_service_kind_id(care);
  rate.set_points_per_hour(1);
  policy.set_counted_minutes_per_activity_max(120);
  policy.set_counted_minutes_per_day_max(480);
  v1::GoodPrice& price = *policy.add_good_prices();
  price.set_good_id(rice);
  price.set_price_points(kRicePoints);
  policy.set_meal_standard_price_fen(kStandardFen);
  v1::MealPrice& meal = *policy.add_meal_prices();
  meal.set_age_band(v1::AGE_BAND_70_TO_79);
  meal.set_price_fen(kElderFen);
  meal.set_subsidy_fen(kSubsidyFen);
  meal.set_price_points(kMealPoints);
  policy.set_meal_funder_id(funder);
  policy.set_meals_per_day_max(kMealsPerDay);
  policy.set_meal_card_balance_max_fen(kCardMaxFen);
  policy.set_meal_card_offline_limit_fen(0);
  policy.set_late_after_seconds(3'600);
  policy.set_withdrawal_per_day_max_fen(kWithdrawalMaxFen);
  policy.set_withdrawal_multiple_fen(kWithdrawalMultipleFen);
  policy.set_demand_rate_ppm(500);
  v1::TimeRate& year = *policy.add_time_rates();
  year.set_term_months(12);
  year.set_rate_ppm(11'000);
  policy.set_interest_days_per_year(360);
  const auto answer = Call(*client->rules, &Rules::AdoptPolicy, request);
  EXPECT_TRUE(answer.ok()) << answer.status.error_message();
}

void Town::Settle() {
  office.terminal_id = 1;
  v1::GetTerminalRequest first;
  first.set_terminal_id(office.terminal_id);
  const auto known = Call(*client->directory, &Directory::GetTerminal, first);
  ASSERT_TRUE(known.ok()) << known.status.error_message();
  ASSERT_EQ(known->terminal().role(), v1::ROLE_OFFICE);
  office.next_serial = known->terminal().last_serial() + 1;

  station.terminal_id = Enrol(v1::ROLE_STATION, "station");
  till.terminal_id = Enrol(v1::ROLE_CANTEEN_TILL, "till 1");
  counter.terminal_id = Enrol(v1::ROLE_BANK_COUNTER, "counter");
  import.terminal_id = Enrol(v1::ROLE_IMPORT, "import");
  team = Register(v1::ENTRY_KIND_TEAM, "red vests 1");
  rice = Register(v1::ENTRY_KIND_GOOD, "rice");
  biller = Register(v1::ENTRY_KIND_BILLER, "water works");
  funder = Register(v1::ENTRY_KIND_FUNDER, "district");
  care = Register(v1::ENTRY_KIND_SERVICE_KIND, "caring for elders");
  AdoptPolicy();

  v1::MemberProfile profile;
  profile.set_resident(true);
  profile.set_volunteer(true);
  profile.set_team_id(team);
  volunteer = RegisterMember(profile);
  profile.Clear();
  profile.set_resident(true);
  profile.set_elder(true);
  profile.set_age_band(v1::AGE_BAND_70_TO_79);
  profile.set_lives_alone(true);
  profile.mutable_home()->set_building(7);
  elder = RegisterMember(profile);

  auto open = counter.Next<v1::OpenBankAccountRequest>();
  open.mutable_open_bank_account()->set_member_id(elder);
  const auto opened = Call(*client->bank, &Bank::OpenBankAccount, open);
  ASSERT_TRUE(opened.ok()) << opened.status.error_message();
  account = opened->bank_account_opened().account_id();
}

}  // namespace redvest::testing
