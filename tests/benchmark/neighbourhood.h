// A neighbourhood as load: its members, tills, station and counter, day by day, in the proportions in which
// they use a ledger.
#ifndef REDVEST_TESTS_BENCHMARK_NEIGHBOURHOOD_H_
#define REDVEST_TESTS_BENCHMARK_NEIGHBOURHOOD_H_

#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "ledger/base/clock.h"
#include "ledger/ledger.h"

namespace redvest {

// Sends the commands of a newly founded ledger, several batches at a time, and keeps its clock. Deterministic
// in its seed but for the order in which batches of different terminals are taken. A batch that is not taken
// aborts. Used by one thread.
class Neighbourhood {
 public:
  static constexpr uint64_t kMembers = 5'000;
  static constexpr uint64_t kVolunteers = 800;       // members 1 to this one
  static constexpr uint64_t kBankAccounts = 1'000;   // of members 1 to this one
  static constexpr uint64_t kEventsPerDay = 10'000;  // about

  // Both must outlive it.
  Neighbourhood(Ledger* ledger, ManualClock* clock, uint64_t seed)
      : ledger_(ledger), clock_(clock), random_(seed) {}

  // Enrols terminals, registers members and accounts, and puts money on them.
  void MoveIn();
  // Goes on by a day at a time until the ledger holds at least `events` events.
  void LiveUntil(uint64_t events);

  // Accounts that people ask about, each about as often as it is used.
  static Account AnyAccount(std::mt19937_64& random);

  uint64_t declined() const;

 private:
  using Commands = std::vector<v1::Command>;

  // Adds `count` commands that `fill` makes of the number of each.
  template <typename Fill>
  static void Add(uint64_t count, Commands* commands, Fill&& fill);
  uint64_t Below(uint64_t limit) { return random_() % limit; }

  void Day();
  Commands TillDay(uint64_t till);
  Commands StationDay();
  Commands CounterDay();

  // Gives the commands the terminal's next serials and the present time, and sends them batch by batch.
  void Send(uint64_t terminal, Commands commands);
  void WaitForAll();

  Ledger* const ledger_;
  ManualClock* const clock_;
  std::mt19937_64 random_;
  uint64_t day_ = 0;
  std::map<uint64_t, uint64_t> last_serial_;  // by terminal

  mutable absl::Mutex mu_;
  int under_way_ ABSL_GUARDED_BY(mu_) = 0;  // batches
  uint64_t declined_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace redvest

#endif  // REDVEST_TESTS_BENCHMARK_NEIGHBOURHOOD_H_
