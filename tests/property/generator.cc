#include "tests/property/generator.h"

#include <algorithm>
#include <chrono>
#include <iterator>

namespace redvest {
namespace {

using v1::Command;

constexpr int64_t kMinuteMs = 60'000;
constexpr int64_t kHourMs = 60 * kMinuteMs;

constexpr v1::EntryKind kEntryKinds[] = {v1::ENTRY_KIND_TEAM, v1::ENTRY_KIND_GOOD, v1::ENTRY_KIND_BILLER,
                                         v1::ENTRY_KIND_FUNDER, v1::ENTRY_KIND_SERVICE_KIND};

// How often each command is asked for.
struct Share {
  Command::BodyCase body;
  int weight;
};
constexpr Share kShares[] = {
    {Command::kSellMeal, 14},           {Command::kRecordService, 12},
    {Command::kRedeemPoints, 5},        {Command::kTopUpMealCard, 7},
    {Command::kDepositCash, 7},         {Command::kWithdrawCash, 6},
    {Command::kRecordBankHistory, 6},   {Command::kReceiveStock, 3},
    {Command::kRefundMealCard, 3},      {Command::kCountDrawer, 3},
    {Command::kOpenBankAccount, 3},     {Command::kOpenTimeDeposit, 4},
    {Command::kWithdrawTimeDeposit, 5}, {Command::kPayBill, 4},
    {Command::kReceiveTransfer, 3},     {Command::kSendTransfer, 3},
    {Command::kCreditInterest, 2},      {Command::kChargeFee, 3},
    {Command::kMoveFloat, 3},           {Command::kReverseEvent, 9},
    {Command::kVoidSerial, 1},          {Command::kEnrolTerminal, 1},
    {Command::kRetireTerminal, 1},      {Command::kRegisterMember, 4},
    {Command::kUpdateMember, 3},        {Command::kRegisterEntry, 1},
    {Command::kUpdateEntry, 1},         {Command::kAdoptPolicy, 2},
    {Command::kFoundLedger, 1},         {Command::BODY_NOT_SET, 1},
    {Command::kApproveRequest, 3},      {Command::kRefuseRequest, 1},
    {Command::kAssignTerminal, 1},      {Command::kIssueServiceCertificate, 2},
};

void SetDate(int64_t unix_ms, v1::Date& date) {
  const std::chrono::year_month_day day{std::chrono::sys_days(std::chrono::days(Model::DayOf(unix_ms)))};
  date.set_year(static_cast<int>(day.year()));
  date.set_month(static_cast<int>(static_cast<unsigned>(day.month())));
  date.set_day(static_cast<int>(static_cast<unsigned>(day.day())));
}

}  // namespace

int64_t Generator::Between(int64_t low, int64_t high) {
  return low + static_cast<int64_t>(random_() % (static_cast<uint64_t>(high - low) + 1));
}

std::vector<Command> Generator::SetUp(int64_t now_ms) {
  std::vector<Command> commands;
  const auto add = [&commands, now_ms]() -> Command& {
    commands.emplace_back().set_occurred_at_unix_ms(now_ms);
    return commands.back();
  };
  for (v1::Role role : {v1::ROLE_STATION, v1::ROLE_CANTEEN_TILL, v1::ROLE_CANTEEN_TILL, v1::ROLE_BANK_COUNTER,
                        v1::ROLE_IMPORT, v1::ROLE_OFFICE}) {
    auto& enrol = *add().mutable_enrol_terminal();
    enrol.set_role(role);
    enrol.set_label("terminal");
  }
  for (v1::EntryKind kind : kEntryKinds) {
    for (int i = 0; i < 3; ++i) {
      auto& entry = *add().mutable_register_entry();
      entry.set_kind(kind);
      entry.set_label("条目");
    }
  }
  for (int i = 0; i < 8; ++i) {
    v1::MemberProfile profile;
    profile.set_resident(true);
    profile.set_volunteer(i % 4 != 0);
    profile.set_elder(i >= 4);
    profile.set_age_band(i >= 4 ? v1::AGE_BAND_70_TO_79 : v1::AGE_BAND_UNDER_60);
    *add().mutable_register_member()->mutable_profile() = profile;
  }
  for (uint64_t terminal = 1; terminal <= 7; ++terminal) {
    auto& assign = *add().mutable_assign_terminal();
    assign.set_terminal_id(terminal);
    assign.set_member_id(terminal % 3 + 1);
  }
  return commands;
}

Generator::BodyCase Generator::AnyBody() {
  int total = 0;
  for (const Share& share : kShares) total += share.weight;
  int64_t at = Between(0, total - 1);
  const Share* share = std::begin(kShares);
  while (at >= share->weight) at -= (share++)->weight;
  return share->body;
}

Command Generator::Any(int64_t now_ms) {
  const BodyCase body = AnyBody();
  Command command;
  command.set_occurred_at_unix_ms(Moment(now_ms));
  command.set_terminal_id(Terminal(RoleFor(body)));
  Fill(body, now_ms, command);
  return command;
}

Command Generator::AnyOf(uint64_t terminal, int64_t now_ms) {
  const auto known = model_.terminals().find(terminal);
  BodyCase body = AnyBody();
  for (int tries = 0; tries < 50 && known != model_.terminals().end() && RoleFor(body) != known->second.role;
       ++tries) {
    body = AnyBody();
  }
  Command command;
  command.set_occurred_at_unix_ms(Moment(now_ms));
  command.set_terminal_id(terminal);
  Fill(body, now_ms, command);
  return command;
}

// The role that may issue it, as a rule.
v1::Role Generator::RoleFor(BodyCase body) {
  if (OneIn(40)) return static_cast<v1::Role>(Between(1, 5));
  switch (body) {
    case Command::kSellMeal:
    case Command::kTopUpMealCard:
    case Command::kRefundMealCard:
      return v1::ROLE_CANTEEN_TILL;
    case Command::kRecordService:
    case Command::kRedeemPoints:
    case Command::kReceiveStock:
    case Command::kIssueServiceCertificate:
      return v1::ROLE_STATION;
    case Command::kApproveRequest:
      return v1::ROLE_OFFICE;
    case Command::kRecordBankHistory:
      return v1::ROLE_IMPORT;
    case Command::kCountDrawer:
      return OneIn(2) ? v1::ROLE_CANTEEN_TILL : v1::ROLE_BANK_COUNTER;
    case Command::kReverseEvent:
    case Command::kRefuseRequest:
    case Command::kVoidSerial:
    case Command::BODY_NOT_SET:
      return static_cast<v1::Role>(Between(1, 5));
    default:
      return body >= Command::kEnrolTerminal ? v1::ROLE_OFFICE : v1::ROLE_BANK_COUNTER;
  }
}

uint64_t Generator::Terminal(v1::Role role) {
  if (OneIn(80)) return Id(model_.terminals().size());
  std::vector<uint64_t> active;
  for (const auto& [id, terminal] : model_.terminals()) {
    if (id != 0 && terminal.role == role && (!terminal.retired || OneIn(20))) active.push_back(id);
  }
  return active.empty() ? Id(model_.terminals().size()) : active[random_() % active.size()];
}

int64_t Generator::Moment(int64_t now_ms) {
  switch (Between(0, 39)) {
    case 0:
      return now_ms + Between(0, 60'000);  // a clock that runs ahead, within what is allowed
    case 1:
      return now_ms + Between(60'001, 3 * 24 * kHourMs);
    case 2:
      return OneIn(4) ? Pick<int64_t>({INT64_MIN, -2'208'988'800'001, 253'402'300'800'000, INT64_MAX})
                      : Between(788'918'400'000, now_ms);  // since 1995
    case 3:
    case 4:
    case 5:
    case 6:
      return now_ms - Between(0, 3 * 24 * kHourMs);  // offline for days
    case 7:
    case 8:
    case 9:
      return now_ms - Between(0, 30 * kMinuteMs);
    default:
      return now_ms - Between(0, 20'000);
  }
}

int64_t Generator::Amount(const std::string& account) {
  const int64_t held = std::abs(model_.Balance(account));
  switch (Between(0, 19)) {
    case 0:
      return Pick<int64_t>({0, -1, INT64_MIN, INT64_MAX, 1'000'000'000'001, 1'000'000'000'000});
    case 1:
      return held;
    case 2:
      return held + 1;
    case 3:
      return held / 2;
    default:
      return OneIn(3) ? Between(1, 300) * 1'000 : Between(1, 50'000);
  }
}

std::string Generator::Text() {
  if (OneIn(60))
    return Pick<const char*>({"", "a\nb",
                              "\x7f"
                              "\x01",
                              "line\t"});
  if (OneIn(60)) return std::string(static_cast<size_t>(Between(60, 300)), 'x');
  return Pick<const char*>({"till by the door", "红马甲", "7", "é"});
}

uint64_t Generator::Id(uint64_t count) {
  if (OneIn(60))
    return Pick<uint64_t>({0, count + 1, 999'999'999'999'999, 1'000'000'000'000'000, UINT64_MAX});
  return static_cast<uint64_t>(Between(1, static_cast<int64_t>(std::max<uint64_t>(count, 1))));
}

uint64_t Generator::Member() {
  // Few members meet often.
  return Id(OneIn(3) ? model_.members().size() : std::min<uint64_t>(model_.members().size(), 8));
}

uint64_t Generator::Entry(v1::EntryKind kind) {
  const uint64_t count = model_.EntryCount(kind);
  return Id(OneIn(8) ? count : std::min<uint64_t>(count, 3));
}

// A recent event, mostly one that moved something.
uint64_t Generator::SomeEvent() {
  const auto last = static_cast<int64_t>(model_.last_sequence());
  if (OneIn(40)) return Pick<uint64_t>({0, UINT64_MAX, model_.last_sequence() + 5});
  uint64_t sequence = 0;
  do {
    sequence = static_cast<uint64_t>(Between(std::max<int64_t>(1, last - 60), last));
  } while (model_.event(sequence).has_command_declined() && !OneIn(10));
  return sequence;
}

uint64_t Generator::BankAccount() {
  if (OneIn(60) || model_.bank_accounts().empty()) return Id(model_.bank_accounts().size());
  const auto span = std::min<uint64_t>(model_.bank_accounts().size(), OneIn(4) ? UINT64_MAX : 6);
  return std::next(model_.bank_accounts().begin(), Between(0, static_cast<int64_t>(span) - 1))->first;
}

void Generator::Fill(BodyCase body, int64_t now_ms, Command& command) {
  const std::string drawer = Path("assets:drawer", command.terminal_id());
  switch (body) {
    case Command::kSellMeal: {
      auto& sell = *command.mutable_sell_meal();
      sell.set_member_id(OneIn(8) ? 0 : Member());
      sell.set_portions(OneIn(30) ? Pick({0, -1, 1'000, 1'001}) : static_cast<int32_t>(Between(1, 3)));
      sell.set_payment(static_cast<v1::Payment>(OneIn(80) ? Pick({0, 4}) : Between(1, 3)));
      if (sell.member_id() == 0 && !OneIn(10)) sell.set_payment(v1::PAYMENT_CASH);
      return;
    }
    case Command::kTopUpMealCard:
      command.mutable_top_up_meal_card()->set_member_id(Member());
      return command.mutable_top_up_meal_card()->set_amount_fen(OneIn(10) ? 500'000 : Amount(""));
    case Command::kRefundMealCard: {
      auto& refund = *command.mutable_refund_meal_card();
      refund.set_member_id(Member());
      return refund.set_amount_fen(Amount(Path("liabilities:meal-card", refund.member_id())));
    }
    case Command::kCountDrawer:
      command.mutable_count_drawer()->set_counted_fen(OneIn(2) ? model_.Balance(drawer) : Amount(drawer));
      return command.mutable_count_drawer()->set_closes_day(OneIn(3));
    case Command::kRecordService:
      return FillService(now_ms, command);
    case Command::kRedeemPoints: {
      auto& redeem = *command.mutable_redeem_points();
      redeem.set_volunteer_id(Member());
      redeem.set_good_id(Entry(v1::ENTRY_KIND_GOOD));
      const std::string stock = Path("assets:stock", redeem.good_id());
      return redeem.set_pieces(OneIn(6) ? Amount(stock) : Between(1, 4));
    }
    case Command::kReceiveStock:
      command.mutable_receive_stock()->set_good_id(Entry(v1::ENTRY_KIND_GOOD));
      return command.mutable_receive_stock()->set_pieces(OneIn(10) ? Amount("") : Between(1, 20));
    case Command::kReverseEvent: {
      auto& reverse = *command.mutable_reverse_event();
      reverse.set_sequence(SomeEvent());
      // A terminal mostly takes back what it did itself.
      if (!OneIn(3) && reverse.sequence() >= 1 && reverse.sequence() <= model_.last_sequence()) {
        const uint64_t issuer = model_.event(reverse.sequence()).terminal_id();
        if (issuer != 0) command.set_terminal_id(issuer);
      }
      return reverse.set_reason(Text());
    }
    case Command::kVoidSerial:
      return command.mutable_void_serial()->set_reason(Text());
    case Command::kApproveRequest:
      return command.mutable_approve_request()->set_sequence(SomeRequest());
    case Command::kRefuseRequest:
      command.mutable_refuse_request()->set_sequence(SomeRequest());
      return command.mutable_refuse_request()->set_reason(Text());
    case Command::kIssueServiceCertificate:
      return FillCertificate(command);
    case Command::BODY_NOT_SET:
      return;
    default:
      return body >= Command::kEnrolTerminal ? FillDirectory(body, now_ms, command) : FillBank(body, command);
  }
}

uint64_t Generator::SomeRequest() {
  std::vector<uint64_t> open;
  for (const auto& [sequence, request] : model_.requests()) {
    if (request.open || OneIn(30)) open.push_back(sequence);
  }
  return open.empty() || OneIn(20) ? SomeEvent() : open[random_() % open.size()];
}

void Generator::FillCertificate(Command& command) {
  auto& issue = *command.mutable_issue_service_certificate();
  issue.set_volunteer_id(Member());
  issue.set_document_sha256(std::string(OneIn(30) ? 31 : 32, 'd'));
  for (const auto& [kind, served] : model_.ServedBy(issue.volunteer_id())) *issue.add_served() = served;
  if (issue.served_size() > 0 && OneIn(4)) issue.mutable_served(0)->set_minutes(Between(0, 500));
}

void Generator::FillService(int64_t now_ms, Command& command) {
  auto& service = *command.mutable_record_service();
  service.set_volunteer_id(Member());
  service.set_service_kind_id(Entry(v1::ENTRY_KIND_SERVICE_KIND));
  if (OneIn(3)) service.set_beneficiary_id(Member());
  if (OneIn(3)) service.set_team_id(Entry(v1::ENTRY_KIND_TEAM));
  const int64_t minutes = OneIn(30) ? Pick<int64_t>({-5, 0, 1'440, 1'441, 2'000}) : Between(1, 240);
  const int64_t start = (now_ms - Between(0, 5 * 24 * kHourMs)) / kMinuteMs * kMinuteMs;
  switch (Between(0, 3)) {
    case 0:
      return service.set_minutes(static_cast<int32_t>(minutes));
    case 1:
      service.set_start_unix_ms(start);
      return service.set_minutes(static_cast<int32_t>(minutes));
    default:
      service.set_start_unix_ms(start);
      service.set_end_unix_ms(start + minutes * kMinuteMs + Between(0, kMinuteMs - 1));
      if (OneIn(40)) service.set_minutes(30);
      return;
  }
}

void Generator::FillBank(BodyCase body, Command& command) {
  const uint64_t account = BankAccount();
  const std::string demand = Path("memo:demand", account);
  const std::string drawer = Path("assets:drawer", command.terminal_id());
  const auto funding = static_cast<v1::Funding>(OneIn(60) ? Pick({0, 3}) : Between(1, 2));
  switch (body) {
    case Command::kOpenBankAccount:
      return command.mutable_open_bank_account()->set_member_id(Member());
    case Command::kDepositCash:
      command.mutable_deposit_cash()->set_account_id(account);
      return command.mutable_deposit_cash()->set_amount_fen(Amount(demand));
    case Command::kWithdrawCash:
      command.mutable_withdraw_cash()->set_account_id(account);
      return command.mutable_withdraw_cash()->set_amount_fen(OneIn(6) ? Amount(demand)
                                                                      : Between(1, 120) * 1'000);
    case Command::kOpenTimeDeposit: {
      auto& open = *command.mutable_open_time_deposit();
      open.set_account_id(account);
      open.set_amount_fen(Amount(demand));
      open.set_term_months(OneIn(20) ? Pick({0, 120, 121, 7}) : Pick({1, 3, 12}));
      return open.set_funding(funding);
    }
    case Command::kWithdrawTimeDeposit: {
      auto& withdraw = *command.mutable_withdraw_time_deposit();
      withdraw.set_certificate_id(Id(model_.certificates().size()));
      const std::string held = Path("memo:time", withdraw.certificate_id());
      return withdraw.set_amount_fen(OneIn(3) ? 0 : Amount(held) / Between(1, 4));
    }
    case Command::kPayBill: {
      auto& pay = *command.mutable_pay_bill();
      pay.set_biller_id(Entry(v1::ENTRY_KIND_BILLER));
      pay.set_amount_fen(Amount(drawer));
      pay.set_funding(funding);
      if (funding == v1::FUNDING_DEMAND || OneIn(30)) pay.set_account_id(account);
      return;
    }
    case Command::kReceiveTransfer:
      command.mutable_receive_transfer()->set_account_id(account);
      command.mutable_receive_transfer()->set_amount_fen(Amount(demand));
      return command.mutable_receive_transfer()->set_bank_reference(Text());
    case Command::kSendTransfer:
      command.mutable_send_transfer()->set_account_id(account);
      command.mutable_send_transfer()->set_amount_fen(Amount(demand));
      return command.mutable_send_transfer()->set_bank_reference(Text());
    case Command::kCreditInterest:
      command.mutable_credit_interest()->set_account_id(account);
      command.mutable_credit_interest()->set_amount_fen(Between(1, 100));
      return command.mutable_credit_interest()->set_bank_reference(Text());
    case Command::kChargeFee:
      command.mutable_charge_fee()->set_account_id(account);
      command.mutable_charge_fee()->set_amount_fen(Amount(demand));
      return command.mutable_charge_fee()->set_bank_reference(Text());
    case Command::kMoveFloat:
      command.mutable_move_float()->set_direction(
          static_cast<v1::FloatDirection>(OneIn(40) ? Pick({0, 3}) : Between(1, 2)));
      return command.mutable_move_float()->set_amount_fen(Amount(drawer));
    default: {
      auto& row = *command.mutable_record_bank_history();
      row.set_account_id(OneIn(4) ? static_cast<uint64_t>(Between(1, 60)) : account);
      row.set_kind(static_cast<v1::HistoryKind>(OneIn(40) ? Pick({0, 8}) : Between(1, 7)));
      row.set_amount_fen(Amount(demand));
      row.set_source_id(std::to_string(Between(1, 1'000'000)));
      return row.set_source_balance_fen(Between(-100'000, 100'000));
    }
  }
}

v1::MemberProfile Generator::Profile() {
  v1::MemberProfile profile;
  profile.set_resident(OneIn(2));
  profile.set_volunteer(!OneIn(4));
  profile.set_age_band(static_cast<v1::AgeBand>(OneIn(60) ? Pick({6, -1}) : Between(0, 5)));
  profile.set_elder(OneIn(40) || (profile.age_band() >= v1::AGE_BAND_60_TO_69 && OneIn(2)));
  profile.set_lives_alone(OneIn(5));
  profile.mutable_home()->set_grid(static_cast<uint32_t>(Between(0, 9)));
  if (OneIn(3)) profile.set_team_id(Entry(v1::ENTRY_KIND_TEAM));
  profile.set_inactive(OneIn(8));
  return profile;
}

v1::Policy Generator::Policy(int64_t now_ms) {
  v1::Policy policy;
  SetDate(now_ms + Between(-10, 3) * 24 * kHourMs, *policy.mutable_effective_from());
  const auto known = [this](v1::EntryKind kind) { return std::min<uint64_t>(3, model_.EntryCount(kind)); };
  for (uint64_t id = 1; id <= known(v1::ENTRY_KIND_SERVICE_KIND); ++id) {
    if (OneIn(10)) continue;
    v1::ServiceRate& rate = *policy.add_service_rates();
    rate.set_service_kind_id(id);
    rate.set_points_per_hour(static_cast<int32_t>(Between(0, 40)));
  }
  for (uint64_t id = 1; id <= known(v1::ENTRY_KIND_GOOD); ++id) {
    if (OneIn(10)) continue;
    v1::GoodPrice& price = *policy.add_good_prices();
    price.set_good_id(id);
    price.set_price_points(Between(1, 30));
  }
  policy.set_counted_minutes_per_activity_max(static_cast<int32_t>(Between(30, 180)));
  policy.set_counted_minutes_per_day_max(static_cast<int32_t>(Between(60, 300)));
  policy.set_meal_standard_price_fen(Between(0, 2'000));
  policy.set_meal_funder_id(known(v1::ENTRY_KIND_FUNDER));
  for (int band = v1::AGE_BAND_UNDER_60; band <= v1::AGE_BAND_90_AND_OVER; ++band) {
    if (OneIn(4)) continue;
    v1::MealPrice& price = *policy.add_meal_prices();
    price.set_age_band(static_cast<v1::AgeBand>(band));
    price.set_price_fen(Between(0, 1'500));
    if (policy.meal_funder_id() != 0 && OneIn(2)) price.set_subsidy_fen(Between(0, 600));
    if (OneIn(2)) price.set_price_points(Between(1, 9));
  }
  policy.set_meals_per_day_max(static_cast<int32_t>(Between(1, 6)));
  policy.set_meal_card_balance_max_fen(Between(100'000, 500'000));
  policy.set_meal_card_offline_limit_fen(Between(0, 5'000));
  policy.set_late_after_seconds(static_cast<int32_t>(Between(1, 3'600)));
  policy.set_withdrawal_per_day_max_fen(Between(20'000, 300'000));
  policy.set_withdrawal_multiple_fen(Pick({1, 100, 1'000}));
  policy.set_demand_rate_ppm(static_cast<int32_t>(Between(0, 5'000)));
  for (int term : {1, 3, 12}) {
    v1::TimeRate& rate = *policy.add_time_rates();
    rate.set_term_months(term);
    rate.set_rate_ppm(static_cast<int32_t>(Between(0, 60'000)));
  }
  policy.set_interest_days_per_year(Pick({360, 365}));
  if (OneIn(3)) policy.set_reversal_approval_from_fen(Between(1, 5'000));
  if (OneIn(3)) policy.set_reversal_approval_from_points(Between(1, 20));
  if (OneIn(3)) policy.set_policy_approval_from_ppm(static_cast<int32_t>(Between(1, 1'000'000)));
  if (OneIn(5)) Spoil(policy);
  return policy;
}

void Generator::Spoil(v1::Policy& policy) {
  switch (Between(0, 9)) {
    case 0:
      return policy.mutable_effective_from()->set_day(32);
    case 1:
      return policy.clear_effective_from();
    case 2:
      return policy.set_counted_minutes_per_day_max(1'441);
    case 3:
      return policy.set_meals_per_day_max(Pick({0, 101}));
    case 4:
      return policy.set_late_after_seconds(Pick({0, 86'401}));
    case 5:
      return policy.set_withdrawal_multiple_fen(0);
    case 6:
      return policy.set_interest_days_per_year(366);
    case 7:
      policy.add_service_rates()->set_service_kind_id(999);  // well formed, but not registered
      return;
    case 8:
      policy.add_good_prices()->set_good_id(1);  // without a price
      return;
    default:
      return policy.set_meal_standard_price_fen(-1);
  }
}

void Generator::FillDirectory(BodyCase body, int64_t now_ms, Command& command) {
  switch (body) {
    case Command::kEnrolTerminal:
      command.mutable_enrol_terminal()->set_role(
          static_cast<v1::Role>(OneIn(10) ? Pick({0, 6}) : Between(1, 5)));
      return command.mutable_enrol_terminal()->set_label(Text());
    case Command::kRetireTerminal:
      // The first ones stay, mostly: somebody has to go on.
      return command.mutable_retire_terminal()->set_terminal_id(
          OneIn(4) ? Id(model_.terminals().size()) : static_cast<uint64_t>(Between(8, 40)));
    case Command::kRegisterMember:
      *command.mutable_register_member()->mutable_profile() = Profile();
      return;
    case Command::kUpdateMember:
      command.mutable_update_member()->set_member_id(Id(model_.members().size()));
      *command.mutable_update_member()->mutable_profile() = Profile();
      return;
    case Command::kRegisterEntry:
      command.mutable_register_entry()->set_kind(kEntryKinds[random_() % std::size(kEntryKinds)]);
      return command.mutable_register_entry()->set_label(Text());
    case Command::kUpdateEntry: {
      auto& update = *command.mutable_update_entry();
      update.set_kind(kEntryKinds[random_() % std::size(kEntryKinds)]);
      update.set_entry_id(Entry(update.kind()));
      update.set_label(Text());
      return update.set_retired(OneIn(6));
    }
    case Command::kAdoptPolicy: {
      v1::Policy& policy = *command.mutable_adopt_policy()->mutable_policy();
      const v1::Policy* before = model_.PolicyOn(Model::DayOf(now_ms));
      policy = before == nullptr || OneIn(2) ? Policy(now_ms) : *before;
      // A small step from the one in force.
      if (before != nullptr)
        policy.set_meal_standard_price_fen(policy.meal_standard_price_fen() + Between(0, 9));
      return;
    }
    case Command::kAssignTerminal:
      command.mutable_assign_terminal()->set_terminal_id(
          Id(std::min<uint64_t>(8, model_.terminals().size())));
      return command.mutable_assign_terminal()->set_member_id(static_cast<uint64_t>(Between(1, 4)));
    default:
      command.mutable_found_ledger()->set_name("again");
      return command.mutable_found_ledger()->set_time_zone("Asia/Shanghai");
  }
}

}  // namespace redvest
