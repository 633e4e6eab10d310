// Batches over IngestService.Ingest: several streams, each with several batches under way, driven by one
// thread.
#ifndef REDVEST_TESTS_BENCHMARK_STREAM_LOAD_H_
#define REDVEST_TESTS_BENCHMARK_STREAM_LOAD_H_

#include <grpcpp/support/slice.h>

#include <string>
#include <vector>

#include "tests/benchmark/process.h"
#include "tests/benchmark/report.h"

namespace redvest::bench {

// An IngestRequest as it goes over the wire: a till that was offline has its commands ready too.
struct Batch {
  grpc::Slice bytes;
  uint32_t commands = 0;
};

// What one stream sends, in order. Batches of one terminal are all in one lane.
using Lane = std::vector<Batch>;

// Batches that one stream has under way.
inline constexpr size_t kWindow = 8;

struct StreamResult {
  Samples batch_latency;  // from write to answer
  uint64_t commands = 0;
  uint64_t last_sequence = 0;
  uint64_t refused = 0;  // batches, by a full queue; each was sent again, and its time went on
  double seconds = 0;    // from the first write to the last answer
};

// Sends all lanes at once, each on a connection and a stream of its own. Any command that is not recorded
// ends the program.
StreamResult SendLanes(const std::string& address, const std::vector<Lane>& lanes);

}  // namespace redvest::bench

#endif  // REDVEST_TESTS_BENCHMARK_STREAM_LOAD_H_
