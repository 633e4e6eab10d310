#include "ledger/sequencer/fair_queue.h"

#include <algorithm>

#include "ledger/base/check.h"

namespace redvest {

void FairQueue::Push(PendingList* arrived) {
  while (!arrived->empty()) {
    const uint64_t terminal = TerminalOf(arrived->front());
    PendingList& line = lines_[terminal];
    const bool stands_in_lane = !line.empty();
    line.splice(line.end(), *arrived, arrived->begin());
    if (!stands_in_lane) Enter(terminal, line);
  }
}

void FairQueue::Enter(uint64_t terminal, const PendingList& line) {
  lanes_[line.front().left() <= kBriefCommands ? kBrief : kLong].push_back(terminal);
}

PendingList& FairQueue::Next() {
  const bool long_is_due = lanes_[kBrief].empty() || brief_ahead_ >= kSliceCommands;
  serving_ = !lanes_[kLong].empty() && long_is_due ? kLong : kBrief;
  REDVEST_CHECK(!lanes_[serving_].empty());
  return lines_.find(lanes_[serving_].front())->second;
}

void FairQueue::Served(size_t commands) {
  brief_ahead_ =
      serving_ == kLong || lanes_[kLong].empty() ? 0 : brief_ahead_ + std::max<size_t>(commands, 1);
  const uint64_t terminal = lanes_[serving_].front();
  lanes_[serving_].pop_front();
  const auto line = lines_.find(terminal);
  if (line->second.empty()) {
    lines_.erase(line);
  } else {
    Enter(terminal, line->second);
  }
}

PendingList FairQueue::TakeAll() {
  PendingList all;
  for (auto& [terminal, line] : lines_) all.splice(all.end(), line);
  lines_.clear();
  for (std::deque<uint64_t>& lane : lanes_) lane.clear();
  return all;
}

}  // namespace redvest
