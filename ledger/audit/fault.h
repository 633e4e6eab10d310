// How a fault is told: the events it is about, and a sentence.
#ifndef REDVEST_LEDGER_AUDIT_FAULT_H_
#define REDVEST_LEDGER_AUDIT_FAULT_H_

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "ledger/base/ids.h"

namespace redvest {

inline absl::Status Fault(Sequence sequence, absl::string_view what) {
  return absl::DataLossError(absl::StrCat("event ", sequence.value(), ": ", what));
}

// One of the events `first` to `last`, or what belongs to all of them.
inline absl::Status FaultAmong(Sequence first, Sequence last, absl::string_view what) {
  if (first == last) return Fault(first, what);
  return absl::DataLossError(absl::StrCat("events ", first.value(), " to ", last.value(), ": ", what));
}

}  // namespace redvest

#endif  // REDVEST_LEDGER_AUDIT_FAULT_H_
