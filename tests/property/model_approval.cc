// What waits for a second person, by the words of proto/redvest/v1/policy.proto alone.
#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "tests/property/model.h"

namespace redvest {
namespace {

using event::v1::Event;
using Figures = std::map<std::string, int64_t>;

constexpr int64_t kAll = 1'000'000;

// Every figure of a policy by a name of its own; ids stand here as names of rows.
Figures FiguresOf(const v1::Policy& p) {
  Figures f = {{"activity", p.counted_minutes_per_activity_max()},
               {"day", p.counted_minutes_per_day_max()},
               {"standard", p.meal_standard_price_fen()},
               {"meals", p.meals_per_day_max()},
               {"card", p.meal_card_balance_max_fen()},
               {"offline", p.meal_card_offline_limit_fen()},
               {"late", p.late_after_seconds()},
               {"cash", p.withdrawal_per_day_max_fen()},
               {"multiple", p.withdrawal_multiple_fen()},
               {"demand", p.demand_rate_ppm()},
               {"days", p.interest_days_per_year()},
               {"eyes fen", p.reversal_approval_from_fen()},
               {"eyes points", p.reversal_approval_from_points()},
               {"eyes policy", p.policy_approval_from_ppm()},
               {"funder " + std::to_string(p.meal_funder_id()), 0}};
  for (const auto& row : p.service_rates())
    f["service " + std::to_string(row.service_kind_id())] = row.points_per_hour();
  for (const auto& row : p.good_prices()) f["good " + std::to_string(row.good_id())] = row.price_points();
  for (const auto& row : p.meal_prices()) {
    const std::string band = "band " + std::to_string(row.age_band());
    f[band + " price"] = row.price_fen();
    f[band + " subsidy"] = row.subsidy_fen();
    f[band + " points"] = row.price_points();
  }
  for (const auto& row : p.time_rates()) f["term " + std::to_string(row.term_months())] = row.rate_ppm();
  return f;
}

int64_t LargestShare(const Figures& a, const Figures& b) {
  int64_t largest = 0;
  for (const auto& [name, figure] : a) {
    const auto other = b.find(name);
    if (other == b.end()) return kAll;
    const int64_t larger = std::max(figure, other->second);
    if (larger > 0) largest = std::max(largest, std::abs(figure - other->second) * kAll / larger);
  }
  return a.size() == b.size() ? largest : kAll;
}

}  // namespace

bool Model::ReversalWaits(const Event& original, int64_t recorded_at_ms) const {
  const v1::Policy* policy = PolicyOn(DayOf(recorded_at_ms));
  if (policy == nullptr) return false;
  for (const auto& [account, amount] : PostingsOf(original)) {
    const std::string unit = UnitOfAccount(account);
    const int64_t from = unit == "fen"      ? policy->reversal_approval_from_fen()
                         : unit == "points" ? policy->reversal_approval_from_points()
                                            : 0;
    if (from > 0 && std::abs(amount) >= from) return true;
  }
  return false;
}

bool Model::AdoptionWaits(const v1::Policy& policy, int64_t recorded_at_ms) const {
  const auto day_of = [](const v1::Date& date) {
    const std::chrono::sys_days day = std::chrono::year(date.year()) / date.month() / date.day();
    return day.time_since_epoch().count();
  };
  const int64_t today = DayOf(recorded_at_ms);
  const v1::Policy* now = PolicyOn(today);
  const v1::Policy* then = PolicyOn(day_of(policy.effective_from()));
  for (const v1::Policy& other : policies_) {
    const bool counts = &other == now || &other == then || day_of(other.effective_from()) > today;
    if (counts && AdoptionWaitsFor(other, policy)) return true;
  }
  return false;
}

bool Model::AdoptionWaitsFor(const v1::Policy& before, const v1::Policy& policy) {
  const Figures was = FiguresOf(before);
  const Figures is = FiguresOf(policy);
  bool any_set = false;
  bool any_changed = false;
  for (const char* name : {"eyes fen", "eyes points", "eyes policy"}) {
    any_set = any_set || was.at(name) > 0;
    any_changed = any_changed || was.at(name) != is.at(name);
  }
  const int64_t from = before.policy_approval_from_ppm();
  return (any_set && any_changed) || (from > 0 && LargestShare(was, is) >= from);
}

std::map<uint64_t, v1::ServedKind> Model::ServedBy(uint64_t member) const {
  std::map<uint64_t, v1::ServedKind> served;
  for (size_t i = 0; i < events_.size(); ++i) {
    const Event& event = events_[i];
    if (!event.has_service_recorded() || event.service_recorded().command().volunteer_id() != member ||
        reversed_.contains(i + 1)) {
      continue;
    }
    const uint64_t kind = event.service_recorded().command().service_kind_id();
    v1::ServedKind& row = served[kind];
    row.set_service_kind_id(kind);
    row.set_services(row.services() + 1);
    row.set_minutes(row.minutes() + event.service_recorded().minutes());
  }
  return served;
}

}  // namespace redvest
