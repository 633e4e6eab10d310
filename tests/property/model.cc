#include "tests/property/model.h"

#include <algorithm>
#include <chrono>

namespace redvest {
namespace {

using event::v1::Event;

constexpr int64_t kDayMs = 86'400'000;

// Moves `amount` of any unit from `credit` to `debit`.
void Move(Balances& postings, const std::string& debit, const std::string& credit, int64_t amount) {
  postings[debit] += amount;
  postings[credit] -= amount;
}

struct Kind {
  const char* prefix;
  const char* unit;
  int side;  // 1: never below zero; -1: never above; 0: free
};
constexpr Kind kKinds[] = {
    {"assets:drawer:", "fen", 1},
    {"assets:stock:", "pieces", 1},
    {"liabilities:meal-card:", "fen", -1},
    {"liabilities:points:", "points", -1},
    {"memo:demand:", "fen", -1},
    {"memo:time:", "fen", -1},
    {"memo:hours:", "minutes", -1},
    {"memo:served:", "minutes", 0},
    {"income:points-redeemed", "points", 0},
    {"expenses:points-issued", "points", 0},
    {"equity:stock-", "pieces", 0},
    {"", "fen", 0},
};
const Kind& KindOf(const std::string& account) {
  return *std::find_if(std::begin(kKinds), std::end(kKinds),
                       [&account](const Kind& kind) { return account.starts_with(kind.prefix); });
}

}  // namespace

std::string Path(const char* name, uint64_t id) { return name + std::string(":") + std::to_string(id); }

std::string UnitOfAccount(const std::string& account) { return KindOf(account).unit; }

int SideOfAccount(const std::string& account) { return KindOf(account).side; }

bool Adds(v1::HistoryKind kind) {
  return kind == v1::HISTORY_KIND_CASH_DEPOSIT || kind == v1::HISTORY_KIND_TRANSFER_RECEIVED ||
         kind == v1::HISTORY_KIND_INTEREST_CREDITED;
}

int64_t Model::DayOf(int64_t unix_ms) {
  const int64_t local = unix_ms + 8 * 3'600'000;
  return (local >= 0 ? local : local - kDayMs + 1) / kDayMs;
}

int64_t Model::Balance(const std::string& account) const {
  const auto it = balances_.find(account);
  return it == balances_.end() ? 0 : it->second;
}

uint64_t Model::EntryCount(v1::EntryKind kind) const {
  return static_cast<uint64_t>(std::count_if(
      entries_.begin(), entries_.end(), [kind](const auto& entry) { return entry.first.first == kind; }));
}

const v1::Policy* Model::PolicyOn(int64_t day, uint32_t* version) const {
  const v1::Policy* best = nullptr;
  int64_t best_from = INT64_MIN;
  for (uint32_t i = 0; i < policies_.size(); ++i) {
    const v1::Date& date = policies_[i].effective_from();
    const std::chrono::sys_days from = std::chrono::year(date.year()) / date.month() / date.day();
    const int64_t effective = from.time_since_epoch().count();
    if (effective > day || effective < best_from) continue;
    best = &policies_[i];
    best_from = effective;
    if (version != nullptr) *version = i + 1;
  }
  return best;
}

// --- What an event does to the accounts: the table of the design, section 5

Balances Model::PostingsOf(const Event& event) {
  Balances p;
  const std::string drawer = Path("assets:drawer", event.terminal_id());
  const std::string due = "liabilities:due-to-bank", held = "memo:bank-held", sales = "income:canteen-sales";
  switch (event.body_case()) {
    case Event::kMealSold: {
      const auto& sold = event.meal_sold();
      const uint64_t member = sold.command().member_id();
      const auto payment = sold.command().payment();
      Move(p,
           payment == v1::PAYMENT_CASH        ? drawer
           : payment == v1::PAYMENT_MEAL_CARD ? Path("liabilities:meal-card", member)
                                              : "expenses:points-meals",
           sales, sold.price_fen());
      Move(p, Path("assets:subsidy", sold.funder_id()), sales, sold.subsidy_fen());
      Move(p, Path("liabilities:points", member), "income:points-redeemed", sold.points());
      break;
    }
    case Event::kMealCardToppedUp: {
      const auto& command = event.meal_card_topped_up().command();
      Move(p, drawer, Path("liabilities:meal-card", command.member_id()), command.amount_fen());
      break;
    }
    case Event::kMealCardRefunded: {
      const auto& command = event.meal_card_refunded().command();
      Move(p, Path("liabilities:meal-card", command.member_id()), drawer, command.amount_fen());
      break;
    }
    case Event::kDrawerCounted:
      Move(p, drawer, Path("expenses:over-short", event.terminal_id()),
           event.drawer_counted().difference_fen());
      break;
    case Event::kServiceRecorded: {
      const auto& recorded = event.service_recorded();
      const uint64_t volunteer = recorded.command().volunteer_id();
      Move(p, Path("memo:served", recorded.command().service_kind_id()), Path("memo:hours", volunteer),
           recorded.minutes());
      Move(p, "expenses:points-issued", Path("liabilities:points", volunteer), recorded.points());
      break;
    }
    case Event::kPointsRedeemed: {
      const auto& redeemed = event.points_redeemed();
      const uint64_t good = redeemed.command().good_id();
      Move(p, Path("liabilities:points", redeemed.command().volunteer_id()), "income:points-redeemed",
           redeemed.points());
      Move(p, Path("equity:stock-given", good), Path("assets:stock", good), redeemed.command().pieces());
      break;
    }
    case Event::kStockReceived: {
      const auto& command = event.stock_received().command();
      Move(p, Path("assets:stock", command.good_id()), Path("equity:stock-received", command.good_id()),
           command.pieces());
      break;
    }
    case Event::kCashDeposited: {
      const auto& command = event.cash_deposited().command();
      Move(p, drawer, due, command.amount_fen());
      Move(p, held, Path("memo:demand", command.account_id()), command.amount_fen());
      break;
    }
    case Event::kCashWithdrawn: {
      const auto& command = event.cash_withdrawn().command();
      Move(p, due, drawer, command.amount_fen());
      Move(p, Path("memo:demand", command.account_id()), held, command.amount_fen());
      break;
    }
    case Event::kTimeDepositOpened: {
      const auto& opened = event.time_deposit_opened();
      const auto& command = opened.command();
      const bool cash = command.funding() == v1::FUNDING_CASH;
      if (cash) Move(p, drawer, due, command.amount_fen());
      Move(p, cash ? held : Path("memo:demand", command.account_id()),
           Path("memo:time", opened.certificate_id()), command.amount_fen());
      break;
    }
    case Event::kTimeDepositWithdrawn: {
      const auto& paid = event.time_deposit_withdrawn();
      const std::string demand = Path("memo:demand", paid.account_id());
      Move(p, Path("memo:time", paid.command().certificate_id()), demand, paid.principal_fen());
      Move(p, held, demand, paid.interest_fen());
      break;
    }
    case Event::kBillPaid: {
      const auto& command = event.bill_paid().command();
      if (command.funding() == v1::FUNDING_CASH) {
        Move(p, drawer, due, command.amount_fen());
      } else {
        Move(p, Path("memo:demand", command.account_id()), held, command.amount_fen());
      }
      Move(p, "memo:bills-paid", Path("memo:biller", command.biller_id()), command.amount_fen());
      break;
    }
    case Event::kTransferReceived: {
      const auto& command = event.transfer_received().command();
      Move(p, held, Path("memo:demand", command.account_id()), command.amount_fen());
      break;
    }
    case Event::kTransferSent: {
      const auto& command = event.transfer_sent().command();
      Move(p, Path("memo:demand", command.account_id()), held, command.amount_fen());
      break;
    }
    case Event::kInterestCredited: {
      const auto& command = event.interest_credited().command();
      Move(p, held, Path("memo:demand", command.account_id()), command.amount_fen());
      break;
    }
    case Event::kFeeCharged: {
      const auto& command = event.fee_charged().command();
      Move(p, Path("memo:demand", command.account_id()), held, command.amount_fen());
      break;
    }
    case Event::kFloatMoved: {
      const auto& command = event.float_moved().command();
      const bool brought = command.direction() == v1::FLOAT_DIRECTION_BROUGHT;
      Move(p, brought ? drawer : due, brought ? due : drawer, command.amount_fen());
      break;
    }
    case Event::kBankHistoryRecorded: {
      const auto& command = event.bank_history_recorded().command();
      const int64_t amount = Adds(command.kind()) ? command.amount_fen() : -command.amount_fen();
      Move(p, held, Path("memo:demand", command.account_id()), amount);
      break;
    }
    case Event::kEventReversed:
      p = PostingsOf(event.event_reversed().original());
      for (auto& [account, amount] : p) amount = -amount;
      break;
    case Event::kRequestApproved:
      if (event.request_approved().has_event_reversed()) {
        Event effect;
        *effect.mutable_event_reversed() = event.request_approved().event_reversed();
        return PostingsOf(effect);
      }
      break;
    default:
      break;
  }
  std::erase_if(p, [](const auto& posting) { return posting.second == 0; });
  return p;
}

// --- Taking in what was recorded

void Model::Take(const Event& event) {
  events_.push_back(event);
  for (const auto& [account, amount] : PostingsOf(event)) balances_[account] += amount;
  terminals_[event.terminal_id()].sequences.push_back(last_sequence());
  switch (event.body_case()) {
    case Event::kTerminalEnrolled:
      terminals_[event.terminal_enrolled().terminal_id()].role = event.terminal_enrolled().command().role();
      break;
    case Event::kTerminalRetired:
      terminals_[event.terminal_retired().command().terminal_id()].retired = true;
      break;
    case Event::kMemberRegistered:
      members_[event.member_registered().member_id()] = event.member_registered().command().profile();
      break;
    case Event::kMemberUpdated:
      members_[event.member_updated().command().member_id()] = event.member_updated().command().profile();
      break;
    case Event::kEntryRegistered:
      entries_[{event.entry_registered().command().kind(), event.entry_registered().entry_id()}] = false;
      break;
    case Event::kEntryUpdated: {
      const auto& command = event.entry_updated().command();
      entries_[{command.kind(), command.entry_id()}] = command.retired();
      break;
    }
    case Event::kPolicyAdopted:
      policies_.push_back(event.policy_adopted().command().policy());
      break;
    case Event::kBankAccountOpened:
      bank_accounts_[event.bank_account_opened().account_id()] =
          event.bank_account_opened().command().member_id();
      break;
    case Event::kBankHistoryRecorded:
      bank_accounts_.emplace(event.bank_history_recorded().command().account_id(), 0);
      accounts_with_history_.insert(event.bank_history_recorded().command().account_id());
      break;
    case Event::kTimeDepositOpened: {
      const auto& opened = event.time_deposit_opened();
      const v1::Date& date = opened.matures_on();
      const std::chrono::sys_days matures = std::chrono::year(date.year()) / date.month() / date.day();
      certificates_[opened.certificate_id()] = {.account = opened.command().account_id(),
                                                .rate_ppm = opened.rate_ppm(),
                                                .term_months = opened.command().term_months(),
                                                .opened_on = DayOf(event.occurred_at_unix_ms()),
                                                .matures_on = matures.time_since_epoch().count()};
      break;
    }
    case Event::kDrawerCounted:
      if (event.drawer_counted().command().closes_day()) {
        int64_t& closed = terminals_[event.terminal_id()].closed_through;
        closed = std::max(closed, DayOf(event.occurred_at_unix_ms()));
      }
      break;
    case Event::kTerminalAssigned: {
      const auto& command = event.terminal_assigned().command();
      terminals_[command.terminal_id()].in_charge = command.member_id();
      break;
    }
    case Event::kApprovalRequested:
      requests_[last_sequence()].in_charge = terminals_[event.terminal_id()].in_charge;
      break;
    case Event::kRequestApproved: {
      const auto& approved = event.request_approved();
      requests_[approved.command().sequence()].open = false;
      if (approved.has_event_reversed()) TakeReversal(approved.event_reversed());
      if (approved.has_policy_adopted()) policies_.push_back(approved.policy_adopted().command().policy());
      break;
    }
    case Event::kRequestRefused:
      requests_[event.request_refused().command().sequence()].open = false;
      break;
    case Event::kEventReversed:
      TakeReversal(event.event_reversed());
      break;
    default:
      Count(event, 1);
      break;
  }
}

void Model::TakeReversal(const event::v1::EventReversed& reversed) {
  reversed_.insert(reversed.command().sequence());
  Count(reversed.original(), -1);
}

void Model::Count(const Event& event, int sign) {
  const int64_t day = DayOf(event.occurred_at_unix_ms());
  if (event.has_meal_sold() && event.meal_sold().command().member_id() != 0) {
    portions_[{event.meal_sold().command().member_id(), day}] +=
        sign * event.meal_sold().command().portions();
  } else if (event.has_cash_withdrawn()) {
    const auto& command = event.cash_withdrawn().command();
    withdrawn_[{command.account_id(), day}] += sign * command.amount_fen();
  } else if (event.has_service_recorded()) {
    const auto& service = event.service_recorded();
    const uint64_t volunteer = service.command().volunteer_id();
    minutes_[{volunteer, DayOf(service.start_unix_ms())}] += sign * service.counted_minutes();
    const Span span{service.start_unix_ms(), service.start_unix_ms() + service.minutes() * int64_t{60'000}};
    if (sign > 0) {
      services_[volunteer].push_back(span);
    } else {
      std::erase(services_[volunteer], span);
    }
  }
}

std::vector<std::string> Model::Breaches() const {
  std::vector<std::string> breaches;
  std::map<std::string, int64_t> sums;
  for (const auto& [account, balance] : balances_) {
    const Kind& kind = KindOf(account);
    sums[kind.unit] += balance;
    int64_t allowed = 0;
    if (account.starts_with("liabilities:meal-card:")) {
      for (const v1::Policy& policy : policies_)
        allowed = std::max(allowed, policy.meal_card_offline_limit_fen());
    }
    if (account.starts_with("memo:demand:") &&
        accounts_with_history_.contains(std::stoull(account.substr(sizeof("memo:demand:") - 1)))) {
      continue;
    }
    if (kind.side * balance < -allowed) breaches.push_back(account + " stands at " + std::to_string(balance));
  }
  for (const auto& [unit, sum] : sums) {
    if (sum != 0) breaches.push_back(unit + " sum to " + std::to_string(sum));
  }
  return breaches;
}

}  // namespace redvest
