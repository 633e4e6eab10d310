// Commands become events, or are declined. Pure: the outcome follows from the arguments alone.
#ifndef REDVEST_LEDGER_COMMAND_DECIDE_H_
#define REDVEST_LEDGER_COMMAND_DECIDE_H_

#include <cstdint>

#include "absl/status/status.h"
#include "ledger/base/calendar.h"
#include "ledger/state/state.h"
#include "redvest/event/v1/event.pb.h"
#include "redvest/v1/command.pb.h"

namespace redvest {

// How far a terminal's clock may run ahead of the ledger's.
inline constexpr int64_t kClockAheadMaxMs = 60'000;

// Whether `command` could be decided at all: a body is set, and every field is in the range that its proto
// comment gives. INVALID_ARGUMENT with the field and its rule; the first fault in the order of the fields.
// Needs no state.
absl::Status CheckForm(const v1::Command& command);
// The same for the body alone.
absl::Status CheckBodyForm(const v1::Command& command);

struct DecideInput {
  const State& state;
  const v1::Command& command;
  int64_t now_ms;  // what becomes recorded_at
  // The event that a ReverseEvent names, or the one in the request that an ApproveRequest names; null where
  // there is none.
  const event::v1::Event* original = nullptr;
  // The event that an ApproveRequest names; null where there is none.
  const event::v1::Event* request = nullptr;
  // Of the ledger's time zone: for one who decides many commands, which mostly share their day.
  DayFinder* days = nullptr;

  // The business date of a moment.
  Day DayOf(int64_t unix_ms) const { return days == nullptr ? state.DayOf(unix_ms) : days->DayOf(unix_ms); }
};

// Fills `event` with what happens, or says with an ErrorDetail why nothing does. The order of the checks:
// role, occurred_at, then the rules in the order of the command's file. Balances are checked by State::Apply,
// which is tried next. REQUIRES: CheckForm(command) is OK; the terminal is enrolled and not retired; `event`
// is empty.
absl::Status Decide(const DecideInput& input, event::v1::Event* event);

// Fills `event` with the decline of `command` for `reason`. REQUIRES: `reason` carries an ErrorDetail.
void RecordDecline(const DecideInput& input, const absl::Status& reason, event::v1::Event* event);

// Whether `event` is the outcome of `command`: recorded or declined, with the same body and occurred_at.
bool IsOutcomeOf(const event::v1::Event& event, const v1::Command& command);

}  // namespace redvest

#endif  // REDVEST_LEDGER_COMMAND_DECIDE_H_
