// What the machine could do with the same bytes and no ledger.
#ifndef REDVEST_TESTS_BENCHMARK_LIMITS_H_
#define REDVEST_TESTS_BENCHMARK_LIMITS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/benchmark/report.h"

namespace redvest::bench {

// Commit records of `events`, as many in one as a commit holds, or one in each.
struct Records {
  std::vector<std::string> records;
  size_t events = 0;  // in all of them
};
Records OneEventEach(const std::vector<std::string>& events);
Records Grouped(const std::vector<std::string>& events);

struct WriteLimit {
  Samples latency;  // of one write
  double events_per_second = 0;
};
// Writes the records to a new RocksDB in `folder`, with the settings of the ledger's store, one after the
// other, each synced; over and over until the time is over. Removes the folder.
WriteLimit SyncedWrites(const Records& records, const std::string& folder, absl::Duration duration);

// Leaves of the Merkle tree hashed in a second, by one thread.
double HashesPerSecond(const std::vector<std::string>& events);

// Events read in a second out of the log of the ledger in `folder`, which no process has open: every row of
// the table, nothing checked. Each is counted as it stands in the record's header.
double ScannedPerSecond(const std::string& folder);

// Bytes of the log's own files, and of all files, of the ledger in `folder`, which no process has open, after
// everything that was only in memory or the write-ahead log is in them.
struct DiskUse {
  uint64_t log_bytes = 0;
  uint64_t all_bytes = 0;
};
DiskUse DiskUseOf(const std::string& folder);

}  // namespace redvest::bench

#endif  // REDVEST_TESTS_BENCHMARK_LIMITS_H_
