// A town as load: its members, tills, stations and counters, what they ask of the ledger in which proportion,
// and what its books must say in the end.
#ifndef REDVEST_TESTS_BENCHMARK_TOWN_H_
#define REDVEST_TESTS_BENCHMARK_TOWN_H_

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "redvest/v1/canteen_service.pb.h"
#include "redvest/v1/ingest_service.pb.h"
#include "tests/benchmark/stream_load.h"
#include "tests/benchmark/zipf.h"

namespace redvest::bench {

// Commands in one batch of the stream scenarios.
inline constexpr uint64_t kBatchCommands = 1'000;

// Everything it makes is accepted by a ledger that has taken all before: nobody overdraws, eats more than the
// policy allows, or serves twice at a time. So any decline is a fault. Deterministic in its seed. Used by one
// thread at a time.
class Town {
 public:
  // Streams of the mixed load; each has a till, a bank counter and a volunteer station of its own.
  static constexpr size_t kLanes = 8;

  struct Size {
    uint64_t accounts;  // half meal cards, half demand accounts, of accounts / 2 members
    size_t tills;       // besides those of the lanes: for tills that sell one by one, or come back online
  };
  Town(const Size& size, uint64_t seed);

  // Enrols, registers, and puts money on every account. The ledger must be newly founded.
  void MoveIn(const std::string& address);

  // `events` of all families over all lanes: meals, top-ups and refunds; services, points redeemed, stock;
  // cash, transfers, bills, interest. Members are drawn by Zipf's law.
  std::vector<Lane> MixedLoad(uint64_t events);
  // `events` meals over all lanes: four of five by card, one in cash.
  std::vector<Lane> Meals(uint64_t events);
  // One lane for each of the `count` tills from `first` on, with as many meals in one batch.
  std::vector<Lane> Uploads(size_t first, size_t count, uint64_t meals);

  // One meal at one till, from 0; its answer must be for the member who was named.
  v1::SellMealRequest Meal(size_t till);
  // The name of an account of somebody who is drawn as members are.
  std::string AnyAccount();

  uint64_t members() const { return members_; }
  // Events that the ledger holds besides those of its founding, once all that was made is recorded.
  uint64_t events() const { return events_; }
  // Reads the trial balance at `sequence` or later and fails where it does not come to zero in each unit, or
  // the canteen's sales, meal cards, demand accounts, points or minutes are not what they must be.
  void CheckBooks(const std::string& address, uint64_t sequence) const;

 private:
  // Roles by terminal: the office that the ledger is founded with, those of the lanes, the import, the tills.
  static constexpr uint64_t kOffice = 1;
  static uint64_t LaneTill(size_t lane) { return 2 + lane; }
  static uint64_t LaneCounter(size_t lane) { return 2 + kLanes + lane; }
  static uint64_t LaneStation(size_t lane) { return 2 + 2 * kLanes + lane; }
  static constexpr uint64_t kImport = 2 + 3 * kLanes;
  static uint64_t LoneTill(size_t till) { return kImport + 1 + till; }

  // A lane on its way: commands of one terminal are gathered until a batch is full.
  class Gatherer;

  void Enrol(Lane* office);
  void RegisterMembers(Lane* office);
  void FillCards(std::vector<Lane>* lanes);
  void OpenAccounts(Lane* import);

  void MakeSale(uint64_t member, bool by_card, v1::SellMeal* meal);
  void TillCommand(v1::Command* command);
  void CounterCommand(v1::Command* command);
  void StationCommand(size_t lane, v1::Command* command);
  void Service(size_t lane, v1::Command* command);
  bool Redeem(size_t lane, v1::Command* command);

  uint64_t Below(uint64_t limit) { return random_() % limit; }
  bool Chance(unsigned percent) { return Below(100) < percent; }
  // Somebody who may eat today.
  uint64_t Eater();
  // A volunteer who serves at the lane's station.
  uint64_t Volunteer(size_t lane);
  // When the next command of a batch happened: a terminal's commands lie within the day before the run.
  int64_t NextTime(uint64_t terminal);
  Batch Seal(v1::IngestRequest* request);

  const uint64_t members_;
  const size_t tills_;
  const uint64_t volunteers_;  // members 1 to this one
  const Zipf zipf_;
  const int64_t now_ms_;  // when the run began
  std::mt19937_64 random_;

  std::map<uint64_t, uint64_t> last_serial_;  // by terminal
  std::map<uint64_t, int64_t> time_ms_;       // of the last command of a batch, by terminal
  std::vector<uint8_t> portions_;             // eaten, by member
  std::vector<uint16_t> served_;              // services, by volunteer
  std::vector<uint16_t> points_;              // that may be spent, by volunteer

  // What the books must say, debits above zero.
  uint64_t events_ = 0;
  int64_t sales_fen_ = 0;
  int64_t cards_fen_ = 0;
  int64_t demand_fen_ = 0;
  int64_t points_sum_ = 0;
  int64_t hours_minutes_ = 0;
};

}  // namespace redvest::bench

#endif  // REDVEST_TESTS_BENCHMARK_TOWN_H_
