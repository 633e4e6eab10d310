// Reads what the serials projection wrote.
#ifndef REDVEST_LEDGER_PROJECTION_SERIALS_H_
#define REDVEST_LEDGER_PROJECTION_SERIALS_H_

#include <optional>

#include "absl/status/statusor.h"
#include "ledger/base/ids.h"
#include "ledger/storage/store.h"

namespace redvest {

// The sequence of the outcome of a terminal's serial; nothing where the projection knows none (yet).
absl::StatusOr<std::optional<Sequence>> FindSerial(const Store& store, TerminalId terminal, Serial serial);

}  // namespace redvest

#endif  // REDVEST_LEDGER_PROJECTION_SERIALS_H_
