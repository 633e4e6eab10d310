// Ten million events: what the tenth million costs against the first, and what they take.
#include "absl/strings/str_cat.h"
#include "tests/benchmark/bench.h"
#include "tests/benchmark/limits.h"

namespace redvest::bench {
namespace {

constexpr char kScenario[] = "growth";
constexpr double kMiB = 1 << 20;

double PerEvent(double seconds, const Segment& segment) {
  return seconds / static_cast<double>(segment.events) * 1e9;
}

void AddGrowth(const char* what, double first_ns, double last_ns, Report* report) {
  report->Add({.scenario = kScenario,
               .name = absl::StrCat("last segment's ", what, " for an event"),
               .value = last_ns,
               .unit = "ns",
               .limit = Limit{"the first segment's", first_ns},
               .goal = Goal{.what = absl::StrCat("cost per event, tenth million against first: ", what),
                            .floor = 1.25,
                            .aim = 1.05,
                            .higher_is_better = false,
                            .of_ratio = true}});
}

}  // namespace

void RunGrowth(Bench* bench) {
  BigTown& big = bench->big_town();
  Report& report = bench->report;
  const uint64_t before = big.sequence();
  const uint64_t bytes_before = FolderBytes(big.folder());
  std::vector<Segment>& segments = big.Grow(bench->sizes.segments);
  for (size_t i = 0; i < segments.size(); ++i) {
    Segment& segment = segments[i];
    report.Add({.scenario = kScenario,
                .name = absl::StrCat("segment ", i + 1, ", all projections caught up"),
                .value = static_cast<double>(segment.events) / segment.projected_s,
                .unit = "events/s",
                .latency = LatencyOf(&segment.batch_latency),
                .daemon_cpu_s = segment.daemon_cpu_s,
                .client_cpu_s = segment.client_cpu_s});
  }
  const Segment& first = segments.front();
  const Segment& last = segments.back();
  AddGrowth("processor time", PerEvent(first.daemon_cpu_s, first), PerEvent(last.daemon_cpu_s, last),
            &report);
  AddGrowth("time", PerEvent(first.projected_s, first), PerEvent(last.projected_s, last), &report);
  const Process& process = big.daemon().process();
  report.Add({.scenario = kScenario,
              .name = "memory after it",
              .value = static_cast<double>(process.resident_bytes()) / kMiB,
              .unit = "MiB"});
  report.Add({.scenario = kScenario,
              .name = "memory at its peak",
              .value = static_cast<double>(process.resident_peak_bytes()) / kMiB,
              .unit = "MiB",
              .goal = Goal{.what = "memory with 1 M accounts and 10 M events, at its peak",
                           .floor = 600,
                           .aim = 300,
                           .higher_is_better = false}});
  big.Check();
  // The folder as it is while the daemon runs, write-ahead log and all.
  const auto grown = static_cast<double>(big.sequence() - before);
  if (grown > 0) {
    report.Add({.scenario = kScenario,
                .name = "folder, for each event of these segments",
                .value = static_cast<double>(segments.back().folder_bytes - bytes_before) / grown,
                .unit = "bytes"});
  }
  big.Stop();
  const DiskUse use = DiskUseOf(big.folder());
  report.Add({.scenario = kScenario,
              .name = "folder flushed, for each event of the log",
              .value = static_cast<double>(use.all_bytes) / static_cast<double>(big.sequence()),
              .unit = "bytes"});
}

}  // namespace redvest::bench
