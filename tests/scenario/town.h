// A ledger in this process, for scenarios: given events, when a command, then its outcome and the balances.
#ifndef REDVEST_TESTS_SCENARIO_TOWN_H_
#define REDVEST_TESTS_SCENARIO_TOWN_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ledger/base/clock.h"
#include "ledger/ledger.h"

namespace redvest {

// What became of one command.
struct Told {
  Sequence sequence;  // of the event, also where it is a decline; none where nothing was recorded
  bool already_recorded = false;
  v1::ErrorReason reason = v1::ERROR_REASON_UNSPECIFIED;  // UNSPECIFIED = recorded
  v1::ErrorDetail error;
  event::v1::Event event;

  bool recorded() const { return reason == v1::ERROR_REASON_UNSPECIFIED; }
};

// A freshly founded ledger in a folder of its own, at noon of 2026-03-02 in Shanghai, with one terminal of
// each role. Waits for every outcome. Not thread-safe.
class Town {
 public:
  Town();
  ~Town();

  Ledger& ledger() { return *ledger_; }
  ManualClock& clock() { return clock_; }
  const std::string& directory() const { return directory_; }

  static constexpr uint64_t kOffice = 1;
  uint64_t station = 0;
  uint64_t till = 0;
  uint64_t counter = 0;
  uint64_t import = 0;

  // Issues the next command of `terminal`, its body in protobuf text form, at the clock's time less `ago`.
  Told Do(uint64_t terminal, const std::string& body, absl::Duration ago = absl::ZeroDuration());
  // Issues exactly this.
  Told Submit(const v1::Command& command);
  // The command that Do would issue next.
  v1::Command Next(uint64_t terminal, const std::string& body, absl::Duration ago = absl::ZeroDuration());
  // A batch, with its result.
  SubmissionResult SubmitBatch(const std::vector<v1::Command>& commands);

  uint64_t Enrol(const std::string& role);
  // Registers a member with this profile, in protobuf text form.
  uint64_t Member(const std::string& profile);
  uint64_t BankAccountOf(uint64_t member);

  // From the state; debit above zero.
  int64_t Balance(const std::string& account);
  // From the accounts projection, once it has caught up.
  std::map<std::string, int64_t> TrialBalance();
  v1::GetDayReportResponse DayReport(const std::string& day);
  v1::GetStatementResponse Statement(const std::string& account);

  // Stops cleanly and starts again on the same folder.
  void Restart();
  void Stop();
  void Start();
  // Reads a figure of the state.
  void Read(absl::FunctionRef<void(const State&)> read);

 private:
  void WaitForProjections();

  std::string directory_;
  ManualClock clock_;
  std::unique_ptr<Ledger> ledger_;
  std::map<uint64_t, uint64_t> last_serial_;
};

}  // namespace redvest

#endif  // REDVEST_TESTS_SCENARIO_TOWN_H_
