// What a store's MANIFEST and write-ahead logs must be like before RocksDB may replay, and then delete, them.
#ifndef REDVEST_LEDGER_STORAGE_STORE_FILES_H_
#define REDVEST_LEDGER_STORAGE_STORE_FILES_H_

#include <string>

#include "absl/status/status.h"

namespace redvest {

// Reads the MANIFEST and every write-ahead log that would be replayed, and changes nothing. DATA_LOSS names
// the file, the byte and what to do where
// - one of them is damaged, and not just cut off at its end as a crash does;
// - a log is cut off, but another that was begun after it holds records: only the newest can be in use when a
//   process dies, and the one before it was synced by then;
// - the sequence of a batch is not after those of all batches before it: logs were swapped, or put back;
// - the newest log that the MANIFEST knows of is missing.
// What only RocksDB can tell, such as a file that CURRENT does not name rightly, is left to it.
//
// A cut at the end of a batch that is not the last, and a newest log that was emptied, look like a crash
// before the batches that are gone. The log's own form and checkpoints tell these.
//
// REQUIRES: no process has the store open.
absl::Status CheckStoreFiles(const std::string& directory);

}  // namespace redvest

#endif  // REDVEST_LEDGER_STORAGE_STORE_FILES_H_
