// A day at the volunteer stations: service, goods for points, stock.
#include <algorithm>

#include "clients/demo_plan.h"

namespace redvest::client {
namespace {

constexpr int64_t kStockLow = 20;
constexpr int64_t kStockDelivery = 60;

Account PointsOf(const Person& person) { return {AccountKind::kPoints, person.member_id}; }

void AddService(DayPlan& plan, const Person& person, uint64_t kind, int64_t start, int64_t minutes,
                uint64_t beneficiary) {
  DemoRandom& random = plan.random();
  const int64_t end = start + minutes * 60;
  v1::RecordService& service =
      *plan.Add(StationOf(person), end + random.Between(60, 1'200)).mutable_record_service();
  service.set_volunteer_id(person.member_id);
  service.set_service_kind_id(kind);
  service.set_start_unix_ms(plan.UnixMs(plan.day(), start));
  if (random.Chance(500)) {
    service.set_minutes(static_cast<int32_t>(minutes));
  } else {
    service.set_end_unix_ms(plan.UnixMs(plan.day(), end));
  }
  service.set_team_id(person.profile.team_id());
  if (beneficiary != person.member_id) service.set_beneficiary_id(beneficiary);
}

// One team turns out together: snow, a patrol, a big cleaning.
uint64_t PlanOuting(DayPlan& plan) {
  const Town& town = plan.place().town;
  const uint64_t team = town.people[plan.random().Pick(town.volunteers)].profile.team_id();
  const uint64_t kind = plan.random().Pick(plan.place().service_kinds);
  for (size_t i : town.volunteers) {
    const Person& person = town.people[i];
    if (person.profile.team_id() == team && plan.random().Chance(700)) {
      AddService(plan, person, kind, At(7, 15), 90, 0);
    }
  }
  return team;
}

void PlanServices(DayPlan& plan) {
  if (plan.place().service_kinds.empty()) return;
  const Town& town = plan.place().town;
  DemoRandom& random = plan.random();
  const uint64_t out = random.Chance(250) ? PlanOuting(plan) : 0;
  for (size_t i : town.volunteers) {
    const Person& person = town.people[i];
    if (!random.Chance(person.serves_permille * (plan.weekend() ? 13 : 10) / 10)) continue;
    // Who was out in the morning serves in the afternoon.
    const int64_t start =
        At(random.Between(person.profile.team_id() == out ? 12 : 8, 16), random.Between(0, 3) * 15);
    const int64_t minutes = random.Pick(kServiceMinutes);
    const uint64_t beneficiary =
        !town.alone.empty() && random.Chance(350) ? town.people[random.Pick(town.alone)].member_id : 0;
    const uint64_t kind = random.Pick(plan.place().service_kinds);
    AddService(plan, person, kind, start, minutes, beneficiary);
    // In two places at once: the second slip is declined.
    if (random.Chance(8))
      AddService(plan, person, random.Pick(plan.place().service_kinds), start + 900, minutes, 0);
  }
}

void PlanStock(DayPlan& plan) {
  for (const Good& good : plan.place().goods) {
    if (plan.Held({AccountKind::kStock, good.id}) >= kStockLow) continue;
    v1::ReceiveStock& stock = *plan.Add(Desk::kStationEast, At(8)).mutable_receive_stock();
    stock.set_good_id(good.id);
    stock.set_pieces(kStockDelivery);
    plan.Expect({AccountKind::kStock, good.id}, kStockDelivery);
  }
}

void Redeem(DayPlan& plan, const Person& person, const Good& good) {
  v1::RedeemPoints& redeem =
      *plan.Add(StationOf(person), plan.random().Between(At(9), At(17))).mutable_redeem_points();
  redeem.set_volunteer_id(person.member_id);
  redeem.set_good_id(good.id);
  redeem.set_pieces(1);
}

void PlanRedemptions(DayPlan& plan) {
  const auto& goods = plan.place().goods;
  DemoRandom& random = plan.random();
  for (size_t i : plan.place().town.volunteers) {
    const Person& person = plan.place().town.people[i];
    std::vector<Good> affordable;
    for (const Good& good : goods) {
      if (plan.Held({AccountKind::kStock, good.id}) > 0 && plan.Held(PointsOf(person)) >= good.price_points) {
        affordable.push_back(good);
      }
    }
    if (!affordable.empty() && random.Chance(50)) {
      const Good& good = random.Pick(affordable);
      Redeem(plan, person, good);
      plan.Expect(PointsOf(person), -good.price_points);
      plan.Expect({AccountKind::kStock, good.id}, -1);
    }
    // One in a thousand asks for what is not earned yet.
    if (affordable.empty() && !goods.empty() && random.Chance(1)) Redeem(plan, person, goods.front());
  }
}

}  // namespace

void PlanStations(DayPlan& plan) {
  PlanStock(plan);
  PlanServices(plan);
  PlanRedemptions(plan);
}

}  // namespace redvest::client
