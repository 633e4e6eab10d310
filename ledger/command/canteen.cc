// The canteen: meals at the policy's price, meal cards, drawers.
#include "ledger/command/families.h"

namespace redvest {
namespace {

// The price row of an age band, null where the standard price holds.
const v1::MealPrice* PriceOf(const v1::Policy& policy, v1::AgeBand band) {
  for (const v1::MealPrice& price : policy.meal_prices()) {
    if (price.age_band() == band) return &price;
  }
  return nullptr;
}

absl::Status CheckPortionsOfDay(const v1::SellMeal& command, const Decision& decision,
                                const v1::Policy& policy) {
  const int64_t portions =
      decision.state.Counted(DayCounter::kMealPortions, command.member_id(), decision.day) +
      command.portions();
  if (portions <= policy.meals_per_day_max()) return absl::OkStatus();
  return MakeError(
      v1::ERROR_REASON_MEALS_PER_DAY_EXCEEDED,
      {{"member", command.member_id()}, {"portions", portions}, {"limit", policy.meals_per_day_max()}});
}

}  // namespace

// Rules: policy, member known and active, portions of the day, points taken.
absl::Status Decide(const v1::SellMeal& command, Decision& decision) {
  REDVEST_ASSIGN_OR_RETURN(const v1::Policy* policy, decision.RequirePolicy());
  v1::AgeBand band = v1::AGE_BAND_UNSPECIFIED;
  const v1::MealPrice* price = nullptr;
  if (command.member_id() != 0) {
    REDVEST_ASSIGN_OR_RETURN(const Member* member, decision.RequireActiveMember(command.member_id()));
    REDVEST_RETURN_IF_ERROR(CheckPortionsOfDay(command, decision, *policy));
    band = member->age_band;
    price = PriceOf(*policy, band);
  }
  const int64_t portions = command.portions();
  event::v1::MealSold& sold = *decision.event->mutable_meal_sold();
  if (command.payment() == v1::PAYMENT_POINTS) {
    if (price == nullptr || price->price_points() == 0) {
      return MakeError(v1::ERROR_REASON_POINTS_NOT_TAKEN, {{"member", command.member_id()}});
    }
    sold.set_points(portions * price->price_points());
  }
  *sold.mutable_command() = command;
  sold.set_age_band(band);
  sold.set_price_fen(portions * (price == nullptr ? policy->meal_standard_price_fen() : price->price_fen()));
  if (price != nullptr && price->subsidy_fen() > 0) {
    sold.set_subsidy_fen(portions * price->subsidy_fen());
    sold.set_funder_id(policy->meal_funder_id());
  }
  return absl::OkStatus();
}

// Rules: policy, member known and active, the most a card may hold.
absl::Status Decide(const v1::TopUpMealCard& command, Decision& decision) {
  REDVEST_ASSIGN_OR_RETURN(const v1::Policy* policy, decision.RequirePolicy());
  REDVEST_RETURN_IF_ERROR(decision.RequireActiveMember(command.member_id()).status());
  // A card is the canteen's debt: its balance stands on the credit side.
  const int64_t after =
      command.amount_fen() - decision.state.Balance({AccountKind::kMealCard, command.member_id()});
  if (after > policy->meal_card_balance_max_fen()) {
    return MakeError(v1::ERROR_REASON_MEAL_CARD_LIMIT,
                     {{"balance_fen", after}, {"limit_fen", policy->meal_card_balance_max_fen()}});
  }
  *decision.event->mutable_meal_card_topped_up()->mutable_command() = command;
  return absl::OkStatus();
}

// Rules: member known.
absl::Status Decide(const v1::RefundMealCard& command, Decision& decision) {
  REDVEST_RETURN_IF_ERROR(decision.RequireMember(command.member_id()).status());
  *decision.event->mutable_meal_card_refunded()->mutable_command() = command;
  return absl::OkStatus();
}

absl::Status Decide(const v1::CountDrawer& command, Decision& decision) {
  event::v1::DrawerCounted& counted = *decision.event->mutable_drawer_counted();
  *counted.mutable_command() = command;
  counted.set_book_fen(decision.state.Balance({AccountKind::kDrawer, decision.input.command.terminal_id()}));
  counted.set_difference_fen(command.counted_fen() - counted.book_fen());
  return absl::OkStatus();
}

}  // namespace redvest
