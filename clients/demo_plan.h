// What happens on a day of the demo: commands for every desk, drawn from the seed and the demo's own books,
// so that most of them are accepted. Pure: the same town, books and random numbers give the same day.
#ifndef REDVEST_CLIENTS_DEMO_PLAN_H_
#define REDVEST_CLIENTS_DEMO_PLAN_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "clients/demo_books.h"
#include "clients/demo_random.h"
#include "clients/demo_town.h"
#include "ledger/base/calendar.h"
#include "redvest/v1/audit_service.pb.h"
#include "redvest/v1/command.pb.h"
#include "redvest/v1/policy.pb.h"

namespace redvest::client {

// The demo's terminals. Within a part of the day they send in this order.
enum class Desk : size_t { kOffice, kImport, kStationEast, kStationWest, kTill1, kTill2, kCounter };
inline constexpr size_t kDesks = 7;
// The two desks that serve the same thing; a person always goes to the same one.
inline Desk StationOf(const Person& person) {
  return person.profile.team_id() % 2 == 0 ? Desk::kStationEast : Desk::kStationWest;
}
inline Desk TillOf(const Person& person) { return person.member_id % 2 == 0 ? Desk::kTill1 : Desk::kTill2; }

struct Good {
  uint64_t id = 0;
  int64_t price_points = 0;
};

struct OpenCertificate {
  uint64_t id = 0;
  Day matures_on;
};

// All that a day is planned on.
struct Neighbourhood {
  Town town;
  absl::TimeZone zone = absl::UTCTimeZone();
  v1::Policy policy;
  std::vector<uint64_t> service_kinds;  // that the policy lists
  std::vector<Good> goods;              // that the policy lists
  std::vector<uint64_t> billers;
  int64_t paper_days = 0;  // before the start, of which service is known on paper
  std::array<uint64_t, kDesks> terminals{};
  std::vector<OpenCertificate> certificates;
  DemoBooks books;
};

// A command without terminal and serial.
struct PlannedCommand {
  Desk desk = Desk::kOffice;
  v1::Command command;
};

// How long people serve at a time.
inline constexpr int64_t kServiceMinutes[] = {30, 45, 60, 60, 90, 90, 120, 120, 120, 150, 180};

// Seconds since midnight.
inline constexpr int64_t At(int64_t hour, int64_t minute = 0) { return hour * 3'600 + minute * 60; }

// A day being planned. Not thread-safe.
class DayPlan {
 public:
  DayPlan(const Neighbourhood& place, Day day, DemoRandom& random);

  // Adds a command; the caller fills in its body. The reference is valid until the next Add.
  v1::Command& Add(Desk desk, int64_t second);
  // The same on another day.
  v1::Command& AddOn(Day day, Desk desk, int64_t second);
  int64_t UnixMs(Day day, int64_t second) const;

  // What an account is expected to hold by what the books say and the plan adds; see DemoBooks::Held.
  int64_t Held(const Account& account) const;
  void Expect(const Account& account, int64_t change_held) { expected_[account] += change_held; }
  Account Drawer(Desk desk) const { return {AccountKind::kDrawer, TerminalOf(desk)}; }
  uint64_t TerminalOf(Desk desk) const { return place_.terminals[static_cast<size_t>(desk)]; }

  const Neighbourhood& place() const { return place_; }
  Day day() const { return day_; }
  bool weekend() const;
  DemoRandom& random() { return random_; }

  // The commands in the order of their times.
  std::vector<PlannedCommand> Take() &&;

 private:
  const Neighbourhood& place_;
  const Day day_;
  DemoRandom& random_;
  std::vector<PlannedCommand> commands_;
  absl::flat_hash_map<Account, int64_t> expected_;
};

// --- The opening

// Teams and billers, then members, by the office.
std::vector<PlannedCommand> PlanEntries(const Neighbourhood& place, Day day, DemoRandom& random);
std::vector<PlannedCommand> PlanMembers(const Neighbourhood& place, Day day, DemoRandom& random);
// Bank accounts for all customers.
std::vector<PlannedCommand> PlanAccounts(const Neighbourhood& place, Day day, DemoRandom& random);
// What was on paper before: service of the last three months, and the balances of bank accounts.
std::vector<PlannedCommand> PlanPaperRecords(const Neighbourhood& place, Day day, DemoRandom& random);

// --- A day

// Everything until the evening.
std::vector<PlannedCommand> PlanDay(const Neighbourhood& place, Day day, DemoRandom& random);
// Mistakes found and reversed, drawers counted, the day closed. `today`: what was recorded on the day.
std::vector<PlannedCommand> PlanEvening(const Neighbourhood& place, Day day,
                                        const std::vector<v1::SequencedEvent>& today, DemoRandom& random);

// The parts of PlanDay, each in a file of its own.
void PlanStations(DayPlan& plan);
void PlanCanteen(DayPlan& plan);
void PlanCounter(DayPlan& plan);

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_DEMO_PLAN_H_
