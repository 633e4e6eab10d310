// What every scenario works with.
#ifndef REDVEST_TESTS_BENCHMARK_BENCH_H_
#define REDVEST_TESTS_BENCHMARK_BENCH_H_

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/benchmark/process.h"
#include "tests/benchmark/report.h"
#include "tests/benchmark/scratch.h"
#include "tests/benchmark/town.h"

namespace redvest::bench {

struct Options {
  std::string daemon;  // redvestd
  std::string verify;  // redvest-verify
  double scale = 1;    // of all sizes, above 0 and at most 1
  uint64_t seed = 1;
};

// How large a run is.
struct Sizes {
  explicit Sizes(double scale);

  uint64_t accounts;       // 1,000,000
  uint64_t meal_accounts;  // 200,000, of towns that only sell meals
  uint64_t segment;        // 1,000,000 events, which are measured together
  uint64_t segments;       // 10 of them
  absl::Duration unary;    // how long one unary load lasts
  absl::Duration limit;    // how long one limit is measured
  size_t upload_tills;     // 1,000
  uint64_t upload_meals;   // 500, of each till
};

// Tills that sell one by one.
inline constexpr size_t kLoneTills = 256;

// A part of the mixed load, sent without a pause and waited for until every projection had it.
struct Segment {
  uint64_t events = 0;
  double acknowledged_s = 0;  // until all were synced, sealed and answered
  double projected_s = 0;     // until all projections had caught up too
  double daemon_cpu_s = 0;
  double client_cpu_s = 0;
  uint64_t folder_bytes = 0;  // after it
  Samples batch_latency = {};
};

// The town that most scenarios share: a ledger with all its accounts, to which each scenario adds.
class BigTown {
 public:
  // Founds it, and moves everybody in.
  BigTown(const Options& options, const Sizes& sizes, std::string folder);

  Town& town() { return town_; }
  const std::string& folder() const { return folder_; }
  // The daemon on it; started where it does not run.
  ServerProcess& daemon();
  // Ends it cleanly, where it runs.
  void Stop();
  void Kill();

  // Sends mixed load until there were `segments` segments, and returns all of them.
  std::vector<Segment>& Grow(uint64_t segments);
  // Every event that was sent is there, none more, and the trial balance is what it must be.
  void Check();
  uint64_t sequence() const { return founding_events_ + town_.events(); }

 private:
  Segment SendSegment();

  const Options& options_;
  const Sizes& sizes_;
  const std::string folder_;
  Town town_;
  std::unique_ptr<ServerProcess> daemon_;
  uint64_t founding_events_ = 0;
  std::vector<Segment> segments_;
};

class Bench {
 public:
  Bench(const Options& chosen, Scratch* folder, Report* told)
      : options(chosen), sizes(chosen.scale), scratch(*folder), report(*told) {}

  // Made when it is first asked for.
  BigTown& big_town();

  const Options options;
  const Sizes sizes;
  Scratch& scratch;
  Report& report;

 private:
  std::unique_ptr<BigTown> big_town_;
};

struct Scenario {
  const char* name;
  const char* what;  // for --list and --help
  void (*run)(Bench* bench);
};

// In the order in which they run: each leaves the shared town as the next ones want it.
std::span<const Scenario> AllScenarios();

// One in each scenario_*.cc.
void RunUnary(Bench* bench);
void RunReads(Bench* bench);
void RunOffline(Bench* bench);
void RunStream(Bench* bench);
void RunGrowth(Bench* bench);
void RunStart(Bench* bench);
void RunVerify(Bench* bench);
void RunDisk(Bench* bench);
void RunPast(Bench* bench);
void RunPostgres(Bench* bench);

}  // namespace redvest::bench

#endif  // REDVEST_TESTS_BENCHMARK_BENCH_H_
