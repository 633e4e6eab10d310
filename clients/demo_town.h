// The people of the demo: a neighbourhood of the size of Changshan Huayuan, invented from a seed.
#ifndef REDVEST_CLIENTS_DEMO_TOWN_H_
#define REDVEST_CLIENTS_DEMO_TOWN_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "clients/demo_random.h"
#include "redvest/v1/types.pb.h"

namespace redvest::client {

// Changshan Huayuan as the press described it; other sizes keep the proportions.
inline constexpr int64_t kTownResidents = 7'000;
inline constexpr int64_t kTownElders = 1'200;
inline constexpr int64_t kTownVolunteers = 800;
inline constexpr int64_t kTownTeams = 12;

// Someone of the demo, with habits. Chances are in thousandths a day.
struct Person {
  v1::MemberProfile
      profile;              // team_id is the number of the team, from 1, until the ledger has given it an id
  uint64_t member_id = 0;   // 0 until registered
  uint64_t account_id = 0;  // bank account, 0 until opened
  int64_t eats_permille = 0;
  v1::Payment pays_with = v1::PAYMENT_CASH;
  int64_t serves_permille = 0;
};

struct Town {
  std::vector<Person> people;
  // Indices into people, in a fixed order.
  std::vector<size_t> elders;
  std::vector<size_t> alone;  // elders who live alone
  std::vector<size_t> volunteers;
  std::vector<size_t> customers;  // of the bank
  std::vector<size_t> others;     // residents who are not elders
  int64_t teams = 0;
};

// REQUIRES: residents >= 20.
Town BuildTown(int64_t residents, DemoRandom& random);

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_DEMO_TOWN_H_
