// How reads say no.
#ifndef REDVEST_LEDGER_QUERY_REFUSALS_H_
#define REDVEST_LEDGER_QUERY_REFUSALS_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "ledger/base/error.h"

namespace redvest {

// FIELD_INVALID: `rule` says what the field may be.
inline absl::Status InvalidField(std::string_view field, std::string_view rule) {
  return MakeError(v1::ERROR_REASON_FIELD_INVALID,
                   {{"field", std::string(field)}, {"rule", std::string(rule)}});
}

// NOT_REACHED: the ledger has no event `sequence` yet.
inline absl::Status NotReached(uint64_t sequence) {
  constexpr uint64_t kFactMax = INT64_MAX;
  return MakeError(v1::ERROR_REASON_NOT_REACHED, {{"sequence", std::min(sequence, kFactMax)}});
}

}  // namespace redvest

#endif  // REDVEST_LEDGER_QUERY_REFUSALS_H_
