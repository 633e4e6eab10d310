// Playing the demo against a server: enrolling its terminals, sending each day's commands, reading back what
// came of them.
#ifndef REDVEST_CLIENTS_DEMO_RUN_H_
#define REDVEST_CLIENTS_DEMO_RUN_H_

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "clients/client.h"
#include "clients/demo_books.h"
#include "clients/demo_plan.h"
#include "ledger/base/calendar.h"
#include "ledger/base/ids.h"

namespace redvest::client {

struct DemoOptions {
  int64_t days = 3;
  int64_t residents = kTownResidents;
  uint64_t seed = 1;
  Day start = Day(2025, 1, 1);
};

// What the label of every terminal of the demo begins with.
inline constexpr std::string_view kDemoLabelPrefix = "demo ";

// The server's books at the end beside the demo's own.
struct DemoProof {
  uint64_t sequence = 0;  // of the trial balance
  int64_t accounts = 0;
  // Sum of all balances by unit; a sound ledger has 0 everywhere.
  std::array<int64_t, 4> sums{};
  // Accounts where the server's balance is not the one that the demo's own fold of the events has.
  int64_t differing = 0;
  uint64_t ledger_sequence = 0;
  std::string root_hash;  // 32 bytes; over the first ledger_sequence events
  bool sound() const { return differing == 0 && sums == std::array<int64_t, 4>{}; }
};

// Plays the demo. Not thread-safe.
class DemoRun {
 public:
  // `progress` is told the number of days done.
  DemoRun(Connection& connection, const DemoOptions& options, std::function<void(int64_t days)> progress);

  // Steps, in this order; each returns the error that ended it. `office` enrols the demo's terminals.
  // REQUIRES: a policy is in force on the start date.
  std::optional<CallError> Enrol(TerminalId office);
  std::optional<CallError> Open();
  std::optional<CallError> PlayDays();
  std::optional<CallError> Prove();

  const DemoOptions& options() const { return options_; }
  const Neighbourhood& place() const { return place_; }
  // What was carried in before the first day, and what happened on the days.
  const DemoTally& opening() const { return opening_; }
  const DemoTally& tally() const { return tally_; }
  const DemoProof& proof() const { return proof_; }
  // Commands that were sent a second time, as a till does after a lost connection, and how many of them were
  // then recorded twice.
  int64_t resent() const { return resent_; }
  int64_t recorded_twice() const { return recorded_twice_; }
  int64_t commands() const { return commands_; }
  absl::Duration duration() const { return duration_; }

 private:
  using Events = std::vector<v1::SequencedEvent>;

  // What the ledger offers: policy, entries, balances from before.
  std::optional<CallError> Learn();
  std::optional<CallError> LearnEntries();
  std::optional<CallError> PlayDay(Day day);
  // Sends the commands, waits for all answers and reads all new events back into the books.
  CallResult<Events> Play(std::vector<PlannedCommand> commands, Day day);
  std::optional<CallError> TakeAnswer(const v1::IngestResponse& answer);
  CallResult<Events> ReadBack();
  // Sends the last batch of the second till again.
  std::optional<CallError> SendAgain();

  Connection& connection_;
  const DemoOptions options_;
  const std::function<void(int64_t)> progress_;

  IngestStream stream_;
  DemoRandom random_;
  Neighbourhood place_;
  DemoTally opening_;
  DemoTally tally_;
  DemoProof proof_;
  std::array<uint64_t, kDesks> next_serials_{};
  // The events before it are in the books; the log is known to reach up to last_sequence_.
  uint64_t next_sequence_ = 0;
  uint64_t last_sequence_ = 0;
  v1::IngestRequest last_batch_;  // of the second till
  int64_t commands_ = 0;
  int64_t resent_ = 0;
  int64_t recorded_twice_ = 0;
  absl::Duration duration_;
};

// Splits commands, in the order of their times, into batches: within each part of the day (morning, noon,
// afternoon) one run of batches for each desk. Serials are the caller's.
std::vector<std::pair<Desk, v1::IngestRequest>> CutBatches(std::vector<PlannedCommand> commands, Day day,
                                                           absl::TimeZone zone);

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_DEMO_RUN_H_
