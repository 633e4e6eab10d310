#include "clients/demo_town.h"

#include <algorithm>

namespace redvest::client {
namespace {

// Of 100 elders; the shape of a neighbourhood of retired workers.
constexpr struct {
  v1::AgeBand band;
  int64_t percent;
  int64_t eats_permille;  // at the canteen on a weekday
} kBands[] = {
    {v1::AGE_BAND_60_TO_69, 50, 240},
    {v1::AGE_BAND_70_TO_79, 33, 430},
    {v1::AGE_BAND_80_TO_89, 14, 540},
    {v1::AGE_BAND_90_AND_OVER, 3, 380},
};

constexpr uint32_t kResidentsPerBuilding = 81;
constexpr uint32_t kResidentsPerUnit = 27;
constexpr uint32_t kBuildingsPerGrid = 10;

void SettleIn(size_t index, Person& person) {
  const uint32_t i = static_cast<uint32_t>(index);
  v1::Home& home = *person.profile.mutable_home();
  home.set_building(i / kResidentsPerBuilding + 1);
  home.set_unit(i % kResidentsPerBuilding / kResidentsPerUnit + 1);
  home.set_grid((home.building() - 1) / kBuildingsPerGrid + 1);
}

void GrowOld(Person& person, DemoRandom& random) {
  int64_t percent = random.Between(0, 99);
  for (const auto& row : kBands) {
    if (percent < row.percent) {
      person.profile.set_age_band(row.band);
      person.eats_permille = row.eats_permille;
      break;
    }
    percent -= row.percent;
  }
  person.profile.set_elder(true);
  person.profile.set_lives_alone(random.Chance(125));
  if (person.profile.lives_alone()) person.eats_permille += 200;
  person.pays_with = random.Chance(680) ? v1::PAYMENT_MEAL_CARD : v1::PAYMENT_CASH;
}

void PutOnRedVest(uint64_t team, Person& person, DemoRandom& random) {
  person.profile.set_volunteer(true);
  person.profile.set_team_id(team);
  // A tenth carries the work, half turns out now and then.
  const int64_t keen = random.Between(0, 99);
  person.serves_permille = keen < 10 ? 600 : keen < 50 ? 240 : 60;
  if (person.profile.elder() && random.Chance(250)) person.pays_with = v1::PAYMENT_POINTS;
}

}  // namespace

Town BuildTown(int64_t residents, DemoRandom& random) {
  Town town;
  const int64_t elders = std::max<int64_t>(residents * kTownElders / kTownResidents, 1);
  const int64_t volunteers = std::max<int64_t>(residents * kTownVolunteers / kTownResidents, 2);
  town.teams = std::clamp<int64_t>(volunteers / 2, 1, kTownTeams);
  town.people.resize(static_cast<size_t>(residents + volunteers / 2));

  std::vector<size_t> drawn(static_cast<size_t>(residents));
  for (size_t i = 0; i < drawn.size(); ++i) {
    drawn[i] = i;
    town.people[i].profile.set_resident(true);
    SettleIn(i, town.people[i]);
  }
  random.Shuffle(drawn);
  for (int64_t i = 0; i < elders; ++i) GrowOld(town.people[drawn[static_cast<size_t>(i)]], random);

  // Half of the volunteers live here, younger elders among them; the others come from outside.
  int64_t wanted = volunteers - volunteers / 2;
  uint64_t team = 0;
  const auto enlist = [&](Person& person) {
    PutOnRedVest(team % static_cast<uint64_t>(town.teams) + 1, person, random);
    ++team;
  };
  for (size_t i = 0; i < drawn.size() && wanted > 0; i += i < static_cast<size_t>(elders) ? 3 : 1) {
    Person& person = town.people[drawn[i]];
    if (person.profile.age_band() >= v1::AGE_BAND_80_TO_89 || random.Chance(500)) continue;
    enlist(person);
    --wanted;
  }
  for (size_t i = drawn.size(); i < town.people.size(); ++i) enlist(town.people[i]);

  for (size_t i = 0; i < town.people.size(); ++i) {
    Person& person = town.people[i];
    if (!person.profile.elder()) person.profile.set_age_band(v1::AGE_BAND_UNDER_60);
    if (person.profile.elder()) town.elders.push_back(i);
    if (person.profile.lives_alone()) town.alone.push_back(i);
    if (person.profile.volunteer()) town.volunteers.push_back(i);
    if (!person.profile.resident()) continue;
    if (!person.profile.elder()) town.others.push_back(i);
    if (random.Chance(person.profile.elder() ? 600 : 100)) town.customers.push_back(i);
  }
  return town;
}

}  // namespace redvest::client
