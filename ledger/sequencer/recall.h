// First outcomes again: a resent serial is answered from the log.
#ifndef REDVEST_LEDGER_SEQUENCER_RECALL_H_
#define REDVEST_LEDGER_SEQUENCER_RECALL_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/log/event_log.h"
#include "ledger/sequencer/submission.h"

namespace redvest {

// The sequence of a durable outcome. May wait until the serial index has it.
using FindOutcome = std::function<absl::StatusOr<Sequence>(TerminalId, Serial)>;

// Reads single events from the log, the last commit kept at hand because resent serials mostly lie side by
// side. Not thread-safe; one for each thread.
class Recall {
 public:
  // `log` must outlive it.
  Recall(const EventLog* log, FindOutcome find_outcome) : log_(log), find_outcome_(std::move(find_outcome)) {}

  bool IsDurable(Sequence sequence) const { return sequence <= log_->last_sequence(); }
  // REQUIRES: IsDurable(sequence).
  absl::StatusOr<event::v1::Event> EventAt(Sequence sequence);

  // Adds the first outcomes of submission.commands[0, count) to `result`, up to one that had another body
  // (SERIAL_REUSED). REQUIRES: all of them are durable.
  void Answer(const Submission& submission, size_t count, SubmissionResult* result);

 private:
  // Whether it lies in the commit at hand.
  bool AtHand(Sequence sequence) const;
  absl::Status AnswerOne(const Submission& submission, SubmissionResult* result);

  const EventLog* const log_;
  const FindOutcome find_outcome_;
  Sequence first_;                   // of the commit at hand; none = no commit
  std::vector<std::string> events_;  // of the commit at hand
  Sequence last_;                    // the outcome answered last
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_SEQUENCER_RECALL_H_
