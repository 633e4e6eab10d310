#include <algorithm>
#include <chrono>

#include "ledger/base/check.h"
#include "tests/property/model.h"

namespace redvest {
namespace {

using event::v1::Event;

bool IsReversible(const Event& event) {
  switch (event.body_case()) {
    case Event::kMealSold:
    case Event::kServiceRecorded:
    case Event::kPointsRedeemed:
    case Event::kStockReceived:
    case Event::kMealCardToppedUp:
    case Event::kMealCardRefunded:
    case Event::kDrawerCounted:
    case Event::kCashDeposited:
    case Event::kCashWithdrawn:
    case Event::kTimeDepositOpened:
    case Event::kTimeDepositWithdrawn:
    case Event::kBillPaid:
    case Event::kTransferReceived:
    case Event::kTransferSent:
    case Event::kInterestCredited:
    case Event::kFeeCharged:
    case Event::kFloatMoved:
    case Event::kBankHistoryRecorded:
      return true;
    default:
      return false;
  }
}

}  // namespace

// One command on trial. Looks for all faults that there are, so that it need not know which the ledger names
// first.
class Judgement {
 public:
  Judgement(const Model& model, const v1::Command& command, int64_t recorded_at_ms, Verdict& out)
      : m_(model),
        c_(command),
        day_(Model::DayOf(command.occurred_at_unix_ms())),
        out_(out),
        event_(out.event) {
    event_.set_terminal_id(c_.terminal_id());
    event_.set_serial(c_.serial());
    event_.set_occurred_at_unix_ms(c_.occurred_at_unix_ms());
    event_.set_recorded_at_unix_ms(recorded_at_ms);
    uint32_t version = 0;
    policy_ = m_.PolicyOn(day_, &version);
    event_.set_policy_version(version);
    if (policy_ != nullptr) {
      event_.set_late(recorded_at_ms - c_.occurred_at_unix_ms() >
                      policy_->late_after_seconds() * int64_t{1'000});
    }
  }

  void Run() {
    if (c_.occurred_at_unix_ms() > event_.recorded_at_unix_ms() + 60'000) {
      Decline(v1::ERROR_REASON_OCCURRED_IN_FUTURE);
    }
    RunBody();
    if (out_.declined.empty()) CheckBalances();
  }

 private:
  void Decline(v1::ErrorReason reason) { out_.declined.insert(reason); }
  void Roles(std::initializer_list<v1::Role> roles) {
    const v1::Role role = m_.terminals_.at(c_.terminal_id()).role;
    if (std::find(roles.begin(), roles.end(), role) == roles.end()) Decline(v1::ERROR_REASON_ROLE_FORBIDS);
  }
  bool NeedPolicy() {
    if (policy_ == nullptr) Decline(v1::ERROR_REASON_NO_POLICY);
    return policy_ != nullptr;
  }
  const v1::MemberProfile* NeedMember(uint64_t id, bool active) {
    const auto it = m_.members_.find(id);
    if (it == m_.members_.end()) {
      Decline(v1::ERROR_REASON_MEMBER_UNKNOWN);
      return nullptr;
    }
    if (active && it->second.inactive()) Decline(v1::ERROR_REASON_MEMBER_INACTIVE);
    return &it->second;
  }
  void NeedEntry(v1::EntryKind kind, uint64_t id, bool in_use = true) {
    const auto it = m_.entries_.find({kind, id});
    if (it == m_.entries_.end()) {
      Decline(v1::ERROR_REASON_ENTRY_UNKNOWN);
    } else if (in_use && it->second) {
      Decline(v1::ERROR_REASON_ENTRY_RETIRED);
    }
  }
  void NeedAccount(uint64_t id) {
    if (!m_.bank_accounts_.contains(id)) Decline(v1::ERROR_REASON_BANK_ACCOUNT_UNKNOWN);
  }
  static int64_t Counted(const Model::Counts& counts, uint64_t id, int64_t day) {
    const auto it = counts.find({id, day});
    return it == counts.end() ? 0 : it->second;
  }

  void RunBody();
  void SellMeal(const v1::SellMeal& body);
  void RecordService(const v1::RecordService& body);
  void RedeemPoints(const v1::RedeemPoints& body);
  void OpenTimeDeposit(const v1::OpenTimeDeposit& body);
  void WithdrawTimeDeposit(const v1::WithdrawTimeDeposit& body);
  void WithdrawCash(const v1::WithdrawCash& body);
  // As terminal `issuer` asks; fills in what takes effect.
  void Reverse(const v1::ReverseEvent& body, uint64_t issuer, event::v1::EventReversed& reversed);
  void Adopt(const v1::AdoptPolicy& body, event::v1::PolicyAdopted& adopted);
  void Approve(const v1::ApproveRequest& body);
  void IssueCertificate(const v1::IssueServiceCertificate& body);
  const Model::Request* NeedOpenRequest(uint64_t sequence);
  // The command waits: it is recorded without effect.
  void Wait() {
    v1::Command& kept = *event_.mutable_approval_requested()->mutable_command();
    kept = c_;
    kept.clear_terminal_id();
    kept.clear_serial();
    kept.clear_occurred_at_unix_ms();
  }
  void Profile(const v1::MemberProfile& profile) {
    if (profile.team_id() != 0) NeedEntry(v1::ENTRY_KIND_TEAM, profile.team_id());
  }
  void CheckBalances();

  const Model& m_;
  const v1::Command& c_;
  const int64_t day_;
  Verdict& out_;
  Event& event_;
  const v1::Policy* policy_ = nullptr;
};

void Judgement::SellMeal(const v1::SellMeal& body) {
  Roles({v1::ROLE_CANTEEN_TILL, v1::ROLE_IMPORT});
  auto& sold = *event_.mutable_meal_sold();
  *sold.mutable_command() = body;
  const bool guest = body.member_id() == 0;
  const v1::MemberProfile* member = guest ? nullptr : NeedMember(body.member_id(), true);
  if (!NeedPolicy() || (!guest && member == nullptr)) return;

  v1::MealPrice price;
  price.set_price_fen(policy_->meal_standard_price_fen());
  if (!guest) {
    sold.set_age_band(member->age_band());
    for (const auto& row : policy_->meal_prices()) {
      if (row.age_band() == member->age_band()) price = row;
    }
    if (Counted(m_.portions_, body.member_id(), day_) + body.portions() > policy_->meals_per_day_max()) {
      Decline(v1::ERROR_REASON_MEALS_PER_DAY_EXCEEDED);
    }
  }
  sold.set_price_fen(price.price_fen() * body.portions());
  sold.set_subsidy_fen(price.subsidy_fen() * body.portions());
  if (price.subsidy_fen() > 0) sold.set_funder_id(policy_->meal_funder_id());
  if (body.payment() == v1::PAYMENT_POINTS) {
    if (price.price_points() == 0) Decline(v1::ERROR_REASON_POINTS_NOT_TAKEN);
    sold.set_points(price.price_points() * body.portions());
  }
}

void Judgement::RecordService(const v1::RecordService& body) {
  Roles({v1::ROLE_STATION, v1::ROLE_IMPORT});
  auto& recorded = *event_.mutable_service_recorded();
  *recorded.mutable_command() = body;
  const v1::MemberProfile* volunteer = NeedMember(body.volunteer_id(), true);
  if (volunteer != nullptr && !volunteer->volunteer()) Decline(v1::ERROR_REASON_NOT_A_VOLUNTEER);
  NeedEntry(v1::ENTRY_KIND_SERVICE_KIND, body.service_kind_id());
  if (body.beneficiary_id() != 0) NeedMember(body.beneficiary_id(), false);
  if (body.beneficiary_id() == body.volunteer_id()) Decline(v1::ERROR_REASON_SELF_SERVICE);
  if (body.team_id() != 0) NeedEntry(v1::ENTRY_KIND_TEAM, body.team_id());

  const int64_t minutes =
      body.minutes() != 0 ? body.minutes() : (body.end_unix_ms() - body.start_unix_ms()) / 60'000;
  const int64_t start =
      body.start_unix_ms() != 0 ? body.start_unix_ms() : c_.occurred_at_unix_ms() - minutes * 60'000;
  const int64_t end = start + minutes * 60'000;
  if (const auto it = m_.services_.find(body.volunteer_id()); it != m_.services_.end()) {
    for (const auto& span : it->second) {
      if (start < span.end_ms && span.start_ms < end) Decline(v1::ERROR_REASON_SERVICE_OVERLAPS);
    }
  }

  const int64_t day_of_service = Model::DayOf(start);
  uint32_t version = 0;
  policy_ = m_.PolicyOn(day_of_service, &version);
  if (!NeedPolicy()) return;
  event_.set_policy_version(version);
  const auto rate =
      std::find_if(policy_->service_rates().begin(), policy_->service_rates().end(),
                   [&body](const auto& row) { return row.service_kind_id() == body.service_kind_id(); });
  if (rate == policy_->service_rates().end()) return Decline(v1::ERROR_REASON_SERVICE_KIND_NOT_IN_POLICY);
  const int64_t left =
      policy_->counted_minutes_per_day_max() - Counted(m_.minutes_, body.volunteer_id(), day_of_service);
  const int64_t counted =
      std::max<int64_t>(0, std::min({minutes, int64_t{policy_->counted_minutes_per_activity_max()}, left}));
  recorded.set_start_unix_ms(start);
  recorded.set_minutes(static_cast<int32_t>(minutes));
  recorded.set_counted_minutes(static_cast<int32_t>(counted));
  recorded.set_points(counted * rate->points_per_hour() / 60);
}

void Judgement::RedeemPoints(const v1::RedeemPoints& body) {
  Roles({v1::ROLE_STATION});
  auto& redeemed = *event_.mutable_points_redeemed();
  *redeemed.mutable_command() = body;
  NeedMember(body.volunteer_id(), false);
  NeedEntry(v1::ENTRY_KIND_GOOD, body.good_id());
  if (!NeedPolicy()) return;
  const auto price = std::find_if(policy_->good_prices().begin(), policy_->good_prices().end(),
                                  [&body](const auto& row) { return row.good_id() == body.good_id(); });
  if (price == policy_->good_prices().end()) return Decline(v1::ERROR_REASON_GOOD_NOT_IN_POLICY);
  redeemed.set_points(price->price_points() * body.pieces());
}

void Judgement::WithdrawCash(const v1::WithdrawCash& body) {
  Roles({v1::ROLE_BANK_COUNTER});
  *event_.mutable_cash_withdrawn()->mutable_command() = body;
  NeedAccount(body.account_id());
  if (!NeedPolicy()) return;
  if (body.amount_fen() % policy_->withdrawal_multiple_fen() != 0)
    Decline(v1::ERROR_REASON_WITHDRAWAL_MULTIPLE);
  const int64_t before = Counted(m_.withdrawn_, body.account_id(), day_);
  if (before + body.amount_fen() > policy_->withdrawal_per_day_max_fen())
    Decline(v1::ERROR_REASON_WITHDRAWAL_CAP);
}

void Judgement::OpenTimeDeposit(const v1::OpenTimeDeposit& body) {
  Roles({v1::ROLE_BANK_COUNTER});
  auto& opened = *event_.mutable_time_deposit_opened();
  *opened.mutable_command() = body;
  NeedAccount(body.account_id());
  if (!NeedPolicy()) return;
  const auto rate =
      std::find_if(policy_->time_rates().begin(), policy_->time_rates().end(),
                   [&body](const auto& row) { return row.term_months() == body.term_months(); });
  if (rate == policy_->time_rates().end()) return Decline(v1::ERROR_REASON_TERM_NOT_IN_POLICY);
  opened.set_certificate_id(m_.certificates_.size() + 1);
  opened.set_rate_ppm(rate->rate_ppm());
  // The same day of a later month, or that month's last day where it is shorter.
  using std::chrono::days, std::chrono::months, std::chrono::sys_days, std::chrono::year_month_day;
  year_month_day matures = year_month_day(sys_days(days(day_))) + months(body.term_months());
  if (!matures.ok()) matures = matures.year() / matures.month() / std::chrono::last;
  opened.mutable_matures_on()->set_year(static_cast<int>(matures.year()));
  opened.mutable_matures_on()->set_month(static_cast<int>(static_cast<unsigned>(matures.month())));
  opened.mutable_matures_on()->set_day(static_cast<int>(static_cast<unsigned>(matures.day())));
}

void Judgement::WithdrawTimeDeposit(const v1::WithdrawTimeDeposit& body) {
  Roles({v1::ROLE_BANK_COUNTER});
  auto& paid = *event_.mutable_time_deposit_withdrawn();
  *paid.mutable_command() = body;
  const auto it = m_.certificates_.find(body.certificate_id());
  if (it == m_.certificates_.end()) Decline(v1::ERROR_REASON_TIME_DEPOSIT_UNKNOWN);
  if (!NeedPolicy() || it == m_.certificates_.end()) return;
  const Model::Certificate& certificate = it->second;
  const int64_t left = -m_.Balance(Path("memo:time", body.certificate_id()));
  const int64_t principal = body.amount_fen() == 0 ? left : body.amount_fen();
  if (principal > left || left == 0) return Decline(v1::ERROR_REASON_INSUFFICIENT_BALANCE);

  // Two parts, each rounded to the nearest fen, halves up: the term by months, the days at the demand rate.
  const auto rounded = [principal](int64_t rate_ppm, int64_t numerator, int64_t denominator) {
    const auto twice =
        static_cast<__int128>(principal) * rate_ppm * numerator * 2 / denominator;  // x 1,000,000
    return static_cast<int64_t>((twice + 1'000'000) / 2'000'000);
  };
  const bool matured = day_ >= certificate.matures_on;
  const int64_t days =
      std::max<int64_t>(0, day_ - (matured ? certificate.matures_on : certificate.opened_on));
  int64_t interest = rounded(policy_->demand_rate_ppm(), days, policy_->interest_days_per_year());
  if (matured) interest += rounded(certificate.rate_ppm, certificate.term_months, 12);
  paid.set_account_id(certificate.account);
  paid.set_principal_fen(principal);
  paid.set_interest_fen(interest);
  paid.set_matured(matured);
}

void Judgement::Reverse(const v1::ReverseEvent& body, uint64_t issuer, event::v1::EventReversed& reversed) {
  *reversed.mutable_command() = body;
  if (body.sequence() > m_.last_sequence()) return Decline(v1::ERROR_REASON_EVENT_UNKNOWN);
  const Event& original = m_.event(body.sequence());
  *reversed.mutable_original() = original;
  if (m_.reversed_.contains(body.sequence())) Decline(v1::ERROR_REASON_ALREADY_REVERSED);
  if (!IsReversible(original)) Decline(v1::ERROR_REASON_NOT_REVERSIBLE);
  if (original.terminal_id() != issuer && m_.terminals_.at(issuer).role != v1::ROLE_OFFICE) {
    Decline(v1::ERROR_REASON_NOT_YOUR_EVENT);
  }
}

const Model::Request* Judgement::NeedOpenRequest(uint64_t sequence) {
  const auto it = m_.requests_.find(sequence);
  if (it == m_.requests_.end()) {
    Decline(v1::ERROR_REASON_REQUEST_UNKNOWN);
    return nullptr;
  }
  if (!it->second.open) Decline(v1::ERROR_REASON_REQUEST_CLOSED);
  return &it->second;
}

void Judgement::Approve(const v1::ApproveRequest& body) {
  Roles({v1::ROLE_OFFICE});
  auto& approved = *event_.mutable_request_approved();
  *approved.mutable_command() = body;
  const Model::Request* request = NeedOpenRequest(body.sequence());
  if (request == nullptr) return;
  const uint64_t approver = m_.terminals_.at(c_.terminal_id()).in_charge;
  if (approver == 0 || request->in_charge == 0 || approver == request->in_charge) {
    Decline(v1::ERROR_REASON_SAME_PERSON);
  }
  const Event& asked = m_.event(body.sequence());
  const v1::Command& command = asked.approval_requested().command();
  if (command.has_reverse_event()) {
    Reverse(command.reverse_event(), asked.terminal_id(), *approved.mutable_event_reversed());
  } else {
    Adopt(command.adopt_policy(), *approved.mutable_policy_adopted());
  }
}

void Judgement::IssueCertificate(const v1::IssueServiceCertificate& body) {
  Roles({v1::ROLE_STATION, v1::ROLE_OFFICE});
  auto& issued = *event_.mutable_service_certificate_issued();
  *issued.mutable_command() = body;
  NeedMember(body.volunteer_id(), false);
  const auto book = m_.ServedBy(body.volunteer_id());
  bool same = book.size() == static_cast<size_t>(body.served_size());
  for (const v1::ServedKind& served : body.served()) {
    const auto it = book.find(served.service_kind_id());
    same = same && it != book.end() && it->second.services() == served.services() &&
           it->second.minutes() == served.minutes();
    issued.set_minutes(issued.minutes() + served.minutes());
  }
  if (!same) Decline(v1::ERROR_REASON_SERVED_DIFFERS);
}

void Judgement::Adopt(const v1::AdoptPolicy& body, event::v1::PolicyAdopted& adopted) {
  *adopted.mutable_command() = body;
  adopted.set_version(static_cast<uint32_t>(m_.policies_.size()) + 1);
  const v1::Policy& policy = body.policy();
  for (const auto& rate : policy.service_rates())
    NeedEntry(v1::ENTRY_KIND_SERVICE_KIND, rate.service_kind_id());
  for (const auto& price : policy.good_prices()) NeedEntry(v1::ENTRY_KIND_GOOD, price.good_id());
  if (policy.meal_funder_id() != 0) NeedEntry(v1::ENTRY_KIND_FUNDER, policy.meal_funder_id());
}

void Judgement::RunBody() {
  using v1::Command;
  switch (c_.body_case()) {
    case Command::kSellMeal:
      return SellMeal(c_.sell_meal());
    case Command::kRecordService:
      return RecordService(c_.record_service());
    case Command::kRedeemPoints:
      return RedeemPoints(c_.redeem_points());
    case Command::kWithdrawCash:
      return WithdrawCash(c_.withdraw_cash());
    case Command::kOpenTimeDeposit:
      return OpenTimeDeposit(c_.open_time_deposit());
    case Command::kWithdrawTimeDeposit:
      return WithdrawTimeDeposit(c_.withdraw_time_deposit());
    case Command::kReverseEvent:
      Reverse(c_.reverse_event(), c_.terminal_id(), *event_.mutable_event_reversed());
      if (out_.declined.empty() &&
          m_.ReversalWaits(m_.event(c_.reverse_event().sequence()), event_.recorded_at_unix_ms())) {
        Wait();
      }
      return;
    case Command::kAdoptPolicy:
      Roles({v1::ROLE_OFFICE});
      Adopt(c_.adopt_policy(), *event_.mutable_policy_adopted());
      if (m_.AdoptionWaits(c_.adopt_policy().policy(), event_.recorded_at_unix_ms())) Wait();
      return;
    case Command::kApproveRequest:
      return Approve(c_.approve_request());
    case Command::kRefuseRequest: {
      *event_.mutable_request_refused()->mutable_command() = c_.refuse_request();
      const uint64_t sequence = c_.refuse_request().sequence();
      if (NeedOpenRequest(sequence) != nullptr && m_.event(sequence).terminal_id() != c_.terminal_id() &&
          m_.terminals_.at(c_.terminal_id()).role != v1::ROLE_OFFICE) {
        Decline(v1::ERROR_REASON_NOT_YOUR_EVENT);
      }
      return;
    }
    case Command::kIssueServiceCertificate:
      return IssueCertificate(c_.issue_service_certificate());
    case Command::kAssignTerminal: {
      Roles({v1::ROLE_OFFICE});
      *event_.mutable_terminal_assigned()->mutable_command() = c_.assign_terminal();
      const auto it = m_.terminals_.find(c_.assign_terminal().terminal_id());
      if (it == m_.terminals_.end() || it->second.retired) Decline(v1::ERROR_REASON_TERMINAL_NOT_ACTIVE);
      NeedMember(c_.assign_terminal().member_id(), true);
      return;
    }
    case Command::kTopUpMealCard: {
      const auto& body = c_.top_up_meal_card();
      Roles({v1::ROLE_CANTEEN_TILL});
      *event_.mutable_meal_card_topped_up()->mutable_command() = body;
      NeedMember(body.member_id(), true);
      const int64_t after = -m_.Balance(Path("liabilities:meal-card", body.member_id())) + body.amount_fen();
      if (NeedPolicy() && after > policy_->meal_card_balance_max_fen())
        Decline(v1::ERROR_REASON_MEAL_CARD_LIMIT);
      return;
    }
    case Command::kRefundMealCard:
      Roles({v1::ROLE_CANTEEN_TILL});
      *event_.mutable_meal_card_refunded()->mutable_command() = c_.refund_meal_card();
      NeedMember(c_.refund_meal_card().member_id(), false);
      return;
    case Command::kCountDrawer: {
      Roles({v1::ROLE_CANTEEN_TILL, v1::ROLE_BANK_COUNTER});
      auto& counted = *event_.mutable_drawer_counted();
      *counted.mutable_command() = c_.count_drawer();
      counted.set_book_fen(m_.Balance(Path("assets:drawer", c_.terminal_id())));
      counted.set_difference_fen(c_.count_drawer().counted_fen() - counted.book_fen());
      return;
    }
    case Command::kReceiveStock:
      Roles({v1::ROLE_STATION});
      *event_.mutable_stock_received()->mutable_command() = c_.receive_stock();
      return NeedEntry(v1::ENTRY_KIND_GOOD, c_.receive_stock().good_id());
    case Command::kOpenBankAccount: {
      Roles({v1::ROLE_BANK_COUNTER});
      auto& opened = *event_.mutable_bank_account_opened();
      *opened.mutable_command() = c_.open_bank_account();
      NeedMember(c_.open_bank_account().member_id(), true);
      uint64_t id = 1;
      while (m_.bank_accounts_.contains(id)) ++id;
      return opened.set_account_id(id);
    }
    case Command::kDepositCash:
      Roles({v1::ROLE_BANK_COUNTER});
      *event_.mutable_cash_deposited()->mutable_command() = c_.deposit_cash();
      return NeedAccount(c_.deposit_cash().account_id());
    case Command::kPayBill:
      Roles({v1::ROLE_BANK_COUNTER});
      *event_.mutable_bill_paid()->mutable_command() = c_.pay_bill();
      NeedEntry(v1::ENTRY_KIND_BILLER, c_.pay_bill().biller_id());
      if (c_.pay_bill().funding() == v1::FUNDING_DEMAND) NeedAccount(c_.pay_bill().account_id());
      return;
    case Command::kReceiveTransfer:
      Roles({v1::ROLE_BANK_COUNTER});
      *event_.mutable_transfer_received()->mutable_command() = c_.receive_transfer();
      return NeedAccount(c_.receive_transfer().account_id());
    case Command::kSendTransfer:
      Roles({v1::ROLE_BANK_COUNTER});
      *event_.mutable_transfer_sent()->mutable_command() = c_.send_transfer();
      return NeedAccount(c_.send_transfer().account_id());
    case Command::kCreditInterest:
      Roles({v1::ROLE_BANK_COUNTER});
      *event_.mutable_interest_credited()->mutable_command() = c_.credit_interest();
      return NeedAccount(c_.credit_interest().account_id());
    case Command::kChargeFee:
      Roles({v1::ROLE_BANK_COUNTER});
      *event_.mutable_fee_charged()->mutable_command() = c_.charge_fee();
      return NeedAccount(c_.charge_fee().account_id());
    case Command::kMoveFloat:
      Roles({v1::ROLE_BANK_COUNTER});
      *event_.mutable_float_moved()->mutable_command() = c_.move_float();
      return;
    case Command::kRecordBankHistory: {
      const auto& body = c_.record_bank_history();
      Roles({v1::ROLE_IMPORT});
      auto& recorded = *event_.mutable_bank_history_recorded();
      *recorded.mutable_command() = body;
      recorded.set_opened_account(!m_.bank_accounts_.contains(body.account_id()));
      const int64_t change = Adds(body.kind()) ? body.amount_fen() : -body.amount_fen();
      return recorded.set_book_balance_fen(-m_.Balance(Path("memo:demand", body.account_id())) + change);
    }
    case Command::kVoidSerial:
      *event_.mutable_serial_voided()->mutable_command() = c_.void_serial();
      return;
    case Command::kEnrolTerminal: {
      Roles({v1::ROLE_OFFICE});
      auto& enrolled = *event_.mutable_terminal_enrolled();
      *enrolled.mutable_command() = c_.enrol_terminal();
      // Terminal 0, the founder, is not counted.
      return enrolled.set_terminal_id(m_.terminals_.size() - m_.terminals_.count(0) + 1);
    }
    case Command::kRetireTerminal: {
      Roles({v1::ROLE_OFFICE});
      *event_.mutable_terminal_retired()->mutable_command() = c_.retire_terminal();
      const auto it = m_.terminals_.find(c_.retire_terminal().terminal_id());
      if (it == m_.terminals_.end() || it->second.retired)
        return Decline(v1::ERROR_REASON_TERMINAL_NOT_ACTIVE);
      const auto offices = std::count_if(m_.terminals_.begin(), m_.terminals_.end(), [](const auto& row) {
        return row.second.role == v1::ROLE_OFFICE && !row.second.retired;
      });
      if (it->second.role == v1::ROLE_OFFICE && offices == 1) Decline(v1::ERROR_REASON_LAST_OFFICE);
      return;
    }
    case Command::kRegisterMember: {
      Roles({v1::ROLE_OFFICE});
      auto& registered = *event_.mutable_member_registered();
      *registered.mutable_command() = c_.register_member();
      registered.set_member_id(m_.members_.size() + 1);
      return Profile(c_.register_member().profile());
    }
    case Command::kUpdateMember:
      Roles({v1::ROLE_OFFICE});
      *event_.mutable_member_updated()->mutable_command() = c_.update_member();
      NeedMember(c_.update_member().member_id(), false);
      return Profile(c_.update_member().profile());
    case Command::kRegisterEntry: {
      Roles({v1::ROLE_OFFICE});
      auto& registered = *event_.mutable_entry_registered();
      *registered.mutable_command() = c_.register_entry();
      return registered.set_entry_id(m_.EntryCount(c_.register_entry().kind()) + 1);
    }
    case Command::kUpdateEntry:
      Roles({v1::ROLE_OFFICE});
      *event_.mutable_entry_updated()->mutable_command() = c_.update_entry();
      return NeedEntry(c_.update_entry().kind(), c_.update_entry().entry_id(), false);
    case Command::kFoundLedger:
      return Roles({});
    case Command::BODY_NOT_SET:
      REDVEST_CHECK(false);  // not well formed
  }
}

void Judgement::CheckBalances() {
  for (const auto& [account, amount] : Model::PostingsOf(event_)) {
    int64_t limit = 0;
    if (event_.has_meal_sold() && event_.late() && account.starts_with("liabilities:meal-card:")) {
      limit = policy_->meal_card_offline_limit_fen();
    }
    const bool history = event_.has_bank_history_recorded() && account.starts_with("memo:demand:");
    const int side = SideOfAccount(account);
    const int64_t after = m_.Balance(account) + amount;
    if (side * amount < 0 && side * after < -limit && !history)
      Decline(v1::ERROR_REASON_INSUFFICIENT_BALANCE);
    if (account == Path("assets:drawer", c_.terminal_id()) && !event_.late() &&
        day_ <= m_.terminals_.at(c_.terminal_id()).closed_through) {
      Decline(v1::ERROR_REASON_DAY_CLOSED);
    }
  }
}

Verdict Model::Judge(const v1::Command& command, int64_t recorded_at_ms) const {
  Verdict verdict;
  if (!IsWellFormed(command)) verdict.refused.insert(v1::ERROR_REASON_FIELD_INVALID);
  const auto terminal =
      command.terminal_id() == 0 ? terminals_.end() : terminals_.find(command.terminal_id());
  if (terminal == terminals_.end()) {
    verdict.refused.insert(v1::ERROR_REASON_TERMINAL_UNKNOWN);
  } else {
    if (terminal->second.retired) verdict.refused.insert(v1::ERROR_REASON_TERMINAL_RETIRED);
    const uint64_t last = terminal->second.sequences.size();
    if (command.serial() > last + 1) verdict.refused.insert(v1::ERROR_REASON_SERIAL_GAP);
  }
  if (verdict.refused.empty()) Judgement(*this, command, recorded_at_ms, verdict).Run();
  return verdict;
}

}  // namespace redvest
