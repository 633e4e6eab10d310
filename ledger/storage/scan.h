// Reads a whole table fast.
#ifndef REDVEST_LEDGER_STORAGE_SCAN_H_
#define REDVEST_LEDGER_STORAGE_SCAN_H_

#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "ledger/storage/store.h"

namespace redvest {

// Calls `take` with every row of `table` in key order, until it fails. A thread of its own reads a few
// hundred KiB ahead, so reading and taking in cost as much time as the slower of the two. Returns the error
// of `take` or of the reading. `take` runs on the caller's thread; what it is given is valid until it
// returns.
absl::Status ScanTable(const Store& store, TableId table,
                       absl::FunctionRef<absl::Status(std::string_view key, std::string_view value)> take);

}  // namespace redvest

#endif  // REDVEST_LEDGER_STORAGE_SCAN_H_
