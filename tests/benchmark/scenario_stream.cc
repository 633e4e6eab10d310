// Batches of all families, until they are answered and until they are projected.
#include "tests/benchmark/bench.h"
#include "tests/benchmark/books.h"
#include "tests/benchmark/limits.h"

namespace redvest::bench {
namespace {

constexpr char kScenario[] = "stream";
constexpr uint64_t kSegments = 2;
constexpr size_t kSampleEvents = 200'000;

}  // namespace

void RunStream(Bench* bench) {
  BigTown& big = bench->big_town();
  std::vector<Segment>& segments = big.Grow(kSegments);
  Segment sum;
  for (size_t i = 0; i < kSegments; ++i) {
    sum.events += segments[i].events;
    sum.acknowledged_s += segments[i].acknowledged_s;
    sum.projected_s += segments[i].projected_s;
    sum.daemon_cpu_s += segments[i].daemon_cpu_s;
    sum.client_cpu_s += segments[i].client_cpu_s;
    sum.batch_latency.AddAll(segments[i].batch_latency);
  }
  const auto events = static_cast<double>(sum.events);
  const double resident = static_cast<double>(big.daemon().process().resident_bytes()) / (1 << 20);

  const std::vector<std::string> stored =
      StoredEvents(big.daemon().address(), big.sequence() - sum.events, kSampleEvents);
  const WriteLimit writes = SyncedWrites(Grouped(stored), bench->scratch.Path("synced"), bench->sizes.limit);
  const double hashes = HashesPerSecond(stored);
  double bytes = 0;
  for (const std::string& event : stored) bytes += static_cast<double>(event.size());

  Report& report = bench->report;
  report.Add({.scenario = kScenario,
              .name = "synced RocksDB writes in groups",
              .value = writes.events_per_second,
              .unit = "events/s",
              .bytes_per_event = bytes / static_cast<double>(stored.size())});
  report.Add({.scenario = kScenario, .name = "SHA-256, one thread", .value = hashes, .unit = "events/s"});
  report.Add({.scenario = kScenario,
              .name = "mixed batches, acknowledged",
              .value = events / sum.acknowledged_s,
              .unit = "events/s",
              .latency = LatencyOf(&sum.batch_latency),
              .limit = Limit{"synced writes in groups", writes.events_per_second}});
  report.Add({.scenario = kScenario,
              .name = "mixed batches, all projections caught up",
              .value = events / sum.projected_s,
              .unit = "events/s",
              .daemon_cpu_s = sum.daemon_cpu_s,
              .client_cpu_s = sum.client_cpu_s,
              .resident_mib = resident,
              .limit = Limit{"SHA-256, one thread", hashes},
              .goal = Goal{.what = "batch stream, synced, sealed, decided, all projections caught up",
                           .floor = 500'000,
                           .aim = 1'000'000}});
  report.Add({.scenario = kScenario,
              .name = "lag of the projections at the end",
              .value = (sum.projected_s - sum.acknowledged_s) / static_cast<double>(kSegments) * 1e3,
              .unit = "ms"});
  report.Add({.scenario = kScenario,
              .name = "daemon's time for an event",
              .value = sum.daemon_cpu_s / events * 1e9,
              .unit = "ns"});
  big.Check();
}

}  // namespace redvest::bench
