// Ordered byte tables on disk. The only room that knows RocksDB.
#ifndef REDVEST_LEDGER_STORAGE_STORE_H_
#define REDVEST_LEDGER_STORAGE_STORE_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace redvest {

// The tables of a ledger. Each is a key space of its own.
enum class TableId {
  kLog,          // commit records
  kState,        // rows of the state, and the tree that goes with it
  kAccounts,     // projection: balances and statements
  kSerials,      // projection: serial -> sequence
  kDays,         // projection: daily totals
  kTree,         // projection: inner nodes of the Merkle tree
  kCalendar,     // projection: which sequence stood where at a time, and balances by business date
  kCheckpoints,  // signed checkpoints, with the signatures of witnesses
};
inline constexpr int kTableCount = 8;

// The row of kState that holds the Merkle frontier at the state's sequence; all others are the state's own.
inline constexpr std::string_view kFrontierKey =
    "\xFF"
    "frontier";

// How long a write lasts once it returned.
enum class Durability {
  kSynced,       // survives loss of power
  kRebuildable,  // not in the write-ahead log: after a crash the table is as it was at some earlier write,
                 // whole
};

// Rows to write and delete in one atomic step, all of one table.
struct WriteBatch {
  TableId table;
  std::vector<std::pair<std::string, std::string>> puts;
  std::vector<std::string> deletes;
  bool clear_first = false;  // delete every row of the table before
};

// Walks rows in key order. Keys and values are valid until it is moved.
class StoreCursor {
 public:
  virtual ~StoreCursor() = default;
  virtual void Seek(std::string_view key) = 0;         // to the first row at or after key
  virtual void SeekForPrev(std::string_view key) = 0;  // to the last row at or before key
  virtual void Next() = 0;                             // REQUIRES: Valid()
  // False at the end, and where reading failed: then status() says why.
  virtual bool Valid() const = 0;
  virtual std::string_view key() const = 0;    // REQUIRES: Valid()
  virtual std::string_view value() const = 0;  // REQUIRES: Valid()
  virtual absl::Status status() const = 0;
};

// A fixed view of all tables at one moment.
class StoreSnapshot {
 public:
  virtual ~StoreSnapshot() = default;
  virtual absl::StatusOr<std::optional<std::string>> Get(TableId table, std::string_view key) const = 0;
  virtual std::unique_ptr<StoreCursor> NewCursor(TableId table) const = 0;
};

// Thread-safe. Cursors and snapshots must not outlive it.
class Store {
 public:
  virtual ~Store() = default;
  // Writes all of `batch` or nothing. An error means the outcome is not known: stop writing to the table.
  virtual absl::Status Write(const WriteBatch& batch, Durability durability) = 0;
  virtual absl::StatusOr<std::optional<std::string>> Get(TableId table, std::string_view key) const = 0;
  // A cursor over the table as it is now; later writes are not seen.
  virtual std::unique_ptr<StoreCursor> NewCursor(TableId table) const = 0;
  virtual std::unique_ptr<StoreSnapshot> Snapshot() const = 0;
  // Makes all rebuildable writes so far survive a clean stop and most crashes.
  virtual absl::Status Flush() = 0;
  // Reads every block of every file against its checksum, also where no row is. DATA_LOSS names the file.
  virtual absl::Status VerifyFiles() const = 0;
};

// Opens, or with `create` makes, the store in `directory`. FAILED_PRECONDITION: another process holds it;
// NOT_FOUND: there is none and `create` is false; DATA_LOSS: it is damaged.
absl::StatusOr<std::unique_ptr<Store>> OpenRocksStore(const std::string& directory, bool create);

// Opens the store in `directory` to read it alone: nothing in the folder is written, and a write fails.
// Tables that a store of an older version lacks are empty. Errors as above.
absl::StatusOr<std::unique_ptr<Store>> OpenRocksStoreForReading(const std::string& directory);

// A store in memory, with the same contract: for tests and simulation.
std::unique_ptr<Store> NewMemoryStore();

}  // namespace redvest

#endif  // REDVEST_LEDGER_STORAGE_STORE_H_
