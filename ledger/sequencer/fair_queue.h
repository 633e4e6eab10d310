// Who is decided next: a till that sells one meal does not wait behind a hundred that upload a week's.
#ifndef REDVEST_LEDGER_SEQUENCER_FAIR_QUEUE_H_
#define REDVEST_LEDGER_SEQUENCER_FAIR_QUEUE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "absl/container/flat_hash_map.h"
#include "ledger/sequencer/writer.h"

namespace redvest {

// Submissions wait in one line for each terminal, in the order they came, so that a terminal's order is kept
// whatever the size of what it sends. Of each line the first is served, a slice at a time. Lines take turns
// in one of two lanes: those whose first submission has at most kBriefCommands left in the brief lane, others
// in the long one. While both lanes wait, a slice of the long lane is served after every kSliceCommands
// commands of the brief lane. So, counted in commands decided:
//  - a brief one waits for the brief ones before it and at most as many of the long lane, and two slices;
//  - the long lane gets half of all that is decided, whatever comes in the brief lane, and each of its lines
//    the same share of that: nobody starves;
//  - where only one lane waits, it gets everything.
// What waits is bounded by the caller. Not thread-safe.
class FairQueue {
 public:
  static constexpr size_t kBriefCommands = 16;
  static constexpr size_t kSliceCommands = 256;

  // Takes all of `arrived`, in order.
  void Push(PendingList* arrived);
  bool empty() const { return lines_.empty(); }

  // The line whose first submission is next, to be served with at most kSliceCommands commands and to be
  // taken out when it has none left. REQUIRES: not empty; then Served is called before anything else.
  PendingList& Next();
  // So many commands of the line were decided. It counts as one at least, as every turn takes time.
  void Served(size_t commands);

  // Takes out everything, the submissions of each terminal in order.
  PendingList TakeAll();

 private:
  enum Lane { kBrief, kLong };

  static uint64_t TerminalOf(const Pending& pending) {
    return pending.submission.commands.front().terminal_id();
  }
  // Gives the line of that terminal, which is not empty, the last place in its lane.
  void Enter(uint64_t terminal, const PendingList& line);

  absl::flat_hash_map<uint64_t, PendingList> lines_;  // by terminal; Invariant: none is empty
  // Terminals in the order of their turns. Invariant: each that has a line stands in just one of them, once,
  // but for the one being served.
  std::array<std::deque<uint64_t>, 2> lanes_;
  size_t brief_ahead_ =
      0;  // commands of the brief lane since the last slice of the long lane, while both wait
  Lane serving_ = kBrief;  // whose front is being served
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_SEQUENCER_FAIR_QUEUE_H_
