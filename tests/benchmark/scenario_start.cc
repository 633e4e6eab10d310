// How soon a daemon answers after a clean stop, and after it was killed in the midst of its work.
#include <algorithm>

#include "tests/benchmark/bench.h"
#include "tests/benchmark/books.h"
#include "tests/benchmark/stream_load.h"

namespace redvest::bench {
namespace {

constexpr char kScenario[] = "start";
constexpr int kTimes = 3;

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Starts the daemon, which must hold all that was acknowledged. Returns the seconds until it was ready.
double StartAgain(BigTown* big) {
  const ServerProcess& daemon = big->daemon();
  Require(HeadOf(daemon.address()) == big->sequence(), "after a start events are missing");
  return daemon.seconds_to_ready();
}

}  // namespace

void RunStart(Bench* bench) {
  BigTown& big = bench->big_town();
  big.Grow(bench->sizes.segments);
  std::vector<double> clean, killed;
  double resident = 0;
  for (int i = 0; i < kTimes; ++i) {
    big.Stop();
    clean.push_back(StartAgain(&big));
    resident = static_cast<double>(big.daemon().process().resident_bytes()) / (1 << 20);
  }
  for (int i = 0; i < kTimes; ++i) {
    // Acknowledged, and not yet seen by the projections or the saved state.
    SendLanes(big.daemon().address(), big.town().MixedLoad(bench->sizes.segment / 5));
    big.Kill();
    killed.push_back(StartAgain(&big));
  }
  bench->report.Add({.scenario = kScenario,
                     .name = "start after a clean stop, median of 3",
                     .value = Median(clean),
                     .unit = "s",
                     .resident_mib = resident,
                     .goal = Goal{.what = "start with 10 M events, 1 M accounts: clean",
                                  .floor = 2,
                                  .aim = 0.5,
                                  .higher_is_better = false}});
  bench->report.Add({.scenario = kScenario,
                     .name = "start after a kill under load, median of 3",
                     .value = Median(killed),
                     .unit = "s",
                     .goal = Goal{.what = "start with 10 M events, 1 M accounts: after kill",
                                  .floor = 3,
                                  .aim = 1,
                                  .higher_is_better = false}});
  WaitProjected(big.daemon().address(), big.sequence());
  big.Check();
}

}  // namespace redvest::bench
