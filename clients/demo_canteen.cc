// A day at the elder canteen: lunch, some dinners, guests, meal cards.
#include <algorithm>

#include "clients/demo_plan.h"

namespace redvest::client {
namespace {

constexpr int64_t kTopUpsFen[] = {5'000, 10'000, 10'000, 20'000};

Account CardOf(const Person& person) { return {AccountKind::kMealCard, person.member_id}; }
Account PointsOf(const Person& person) { return {AccountKind::kPoints, person.member_id}; }

v1::MealPrice PriceFor(const v1::Policy& policy, v1::AgeBand band) {
  for (const v1::MealPrice& row : policy.meal_prices()) {
    if (row.age_band() == band) return row;
  }
  v1::MealPrice standard;
  standard.set_price_fen(policy.meal_standard_price_fen());
  return standard;
}

void TopUp(DayPlan& plan, const Person& person, int64_t second, int64_t fen) {
  v1::TopUpMealCard& top_up = *plan.Add(TillOf(person), second).mutable_top_up_meal_card();
  top_up.set_member_id(person.member_id);
  top_up.set_amount_fen(fen);
}

void Sell(DayPlan& plan, Desk till, uint64_t member, int64_t second, int64_t portions, v1::Payment payment) {
  v1::SellMeal& meal = *plan.Add(till, second).mutable_sell_meal();
  meal.set_member_id(member);
  meal.set_portions(static_cast<int32_t>(portions));
  meal.set_payment(payment);
}

// Sells to a member, who first tops up an empty card and pays cash where the wanted way does not work.
void Eat(DayPlan& plan, const Person& person, int64_t second, int64_t portions) {
  const v1::Policy& policy = plan.place().policy;
  const v1::MealPrice row = PriceFor(policy, person.profile.age_band());
  const int64_t price_fen = row.price_fen() * portions;
  const int64_t price_points = row.price_points() * portions;
  v1::Payment payment = v1::PAYMENT_CASH;
  if (person.pays_with == v1::PAYMENT_POINTS && price_points > 0 &&
      plan.Held(PointsOf(person)) >= price_points) {
    payment = v1::PAYMENT_POINTS;
    plan.Expect(PointsOf(person), -price_points);
  } else if (person.pays_with == v1::PAYMENT_MEAL_CARD) {
    if (plan.Held(CardOf(person)) < price_fen) {
      const int64_t fen = plan.random().Pick(kTopUpsFen);
      if (plan.Held(CardOf(person)) + fen <= policy.meal_card_balance_max_fen()) {
        TopUp(plan, person, second - plan.random().Between(120, 900), fen);
        plan.Expect(CardOf(person), fen);
        plan.Expect(plan.Drawer(TillOf(person)), fen);
      }
    }
    if (plan.Held(CardOf(person)) >= price_fen) {
      payment = v1::PAYMENT_MEAL_CARD;
      plan.Expect(CardOf(person), -price_fen);
    }
  }
  if (payment == v1::PAYMENT_CASH) plan.Expect(plan.Drawer(TillOf(person)), price_fen);
  Sell(plan, TillOf(person), person.member_id, second, portions, payment);
}

void PlanElders(DayPlan& plan) {
  const Town& town = plan.place().town;
  DemoRandom& random = plan.random();
  const int64_t max = plan.place().policy.meals_per_day_max();
  for (size_t i : town.elders) {
    const Person& person = town.people[i];
    if (!random.Chance(person.eats_permille * (plan.weekend() ? 7 : 10) / 10)) continue;
    // Some take a second portion home.
    const int64_t lunch = max >= 2 && random.Chance(60) ? 2 : 1;
    Eat(plan, person, random.Between(At(11), At(12, 50)), lunch);
    if (lunch < max && random.Chance(120)) Eat(plan, person, random.Between(At(17), At(18)), 1);
  }
}

void PlanOthers(DayPlan& plan) {
  const Town& town = plan.place().town;
  DemoRandom& random = plan.random();
  for (size_t i : town.others) {
    if (random.Chance(4)) Eat(plan, town.people[i], random.Between(At(11, 30), At(13)), 1);
  }
  for (int64_t left = random.Count(static_cast<int64_t>(town.elders.size()) * 18); left > 0; --left) {
    Sell(plan, random.Chance(500) ? Desk::kTill1 : Desk::kTill2, 0, random.Between(At(11, 20), At(13)),
         random.Between(1, 3), v1::PAYMENT_CASH);
  }
}

void PlanRefunds(DayPlan& plan) {
  DemoRandom& random = plan.random();
  const Town& town = plan.place().town;
  // Of a few who might ask, the one with most on the card.
  size_t asks = random.Pick(town.elders);
  for (int i = 0; i < 5; ++i) {
    const size_t other = random.Pick(town.elders);
    if (plan.Held(CardOf(town.people[other])) > plan.Held(CardOf(town.people[asks]))) asks = other;
  }
  const Person& person = town.people[asks];
  const int64_t fen = plan.Held(CardOf(person)) / 200 * 100;
  const Account drawer = plan.Drawer(TillOf(person));
  if (fen <= 0 || plan.Held(drawer) < fen || !random.Chance(700)) return;
  v1::RefundMealCard& refund =
      *plan.Add(TillOf(person), random.Between(At(13, 40), At(15))).mutable_refund_meal_card();
  refund.set_member_id(person.member_id);
  refund.set_amount_fen(fen);
  plan.Expect(CardOf(person), -fen);
  plan.Expect(drawer, -fen);
}

// What a till asks for now and then, and the ledger refuses.
void PlanSlips(DayPlan& plan) {
  DemoRandom& random = plan.random();
  const Town& town = plan.place().town;
  const v1::Policy& policy = plan.place().policy;
  const Person& hungry = town.people[random.Pick(town.elders)];
  if (random.Chance(400)) {
    Sell(plan, TillOf(hungry), hungry.member_id, At(13, 10), policy.meals_per_day_max() + 1,
         v1::PAYMENT_CASH);
  }
  const Person& careful = town.people[random.Pick(town.elders)];
  if (random.Chance(250)) TopUp(plan, careful, At(13, 20), policy.meal_card_balance_max_fen() + 100);
  const Person& leaving = town.people[random.Pick(town.elders)];
  if (random.Chance(200)) {
    v1::RefundMealCard& refund = *plan.Add(TillOf(leaving), At(15, 10)).mutable_refund_meal_card();
    refund.set_member_id(leaving.member_id);
    refund.set_amount_fen(plan.Held(CardOf(leaving)) + 10'000);
  }
}

}  // namespace

void PlanCanteen(DayPlan& plan) {
  PlanElders(plan);
  PlanOthers(plan);
  PlanRefunds(plan);
  PlanSlips(plan);
}

}  // namespace redvest::client
