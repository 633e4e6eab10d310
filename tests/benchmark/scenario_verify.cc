// The whole log replayed and verified, against reading it and hashing it.
#include "tests/benchmark/bench.h"
#include "tests/benchmark/books.h"
#include "tests/benchmark/limits.h"

namespace redvest::bench {
namespace {

constexpr char kScenario[] = "verify";
constexpr size_t kSampleEvents = 200'000;

}  // namespace

void RunVerify(Bench* bench) {
  BigTown& big = bench->big_town();
  big.Grow(bench->sizes.segments);
  const auto events = static_cast<double>(big.sequence());
  const std::vector<std::string> sample =
      StoredEvents(big.daemon().address(), big.sequence() / 2, kSampleEvents);
  big.Stop();
  const double scan = ScannedPerSecond(big.folder());
  const double hashes = HashesPerSecond(sample);

  const Stopwatch watch;
  Process verify({bench->options.verify, big.folder()}, bench->scratch.Path("verify.stderr"));
  // What it prints fits into the pipe.
  Require(verify.Wait() == 0, "redvest-verify finds a fault in the folder");
  const double rate = events / watch.seconds();

  Report& report = bench->report;
  report.Add({.scenario = kScenario, .name = "scan of the log", .value = scan, .unit = "events/s"});
  report.Add({.scenario = kScenario, .name = "SHA-256, one thread", .value = hashes, .unit = "events/s"});
  report.Add({.scenario = kScenario,
              .name = "redvest-verify",
              .value = rate,
              .unit = "events/s",
              .client_cpu_s = verify.cpu_seconds(),
              .limit = Limit{"the scan", scan},
              .goal = Goal{.what = "replay and verify, all of it", .floor = 3'000'000, .aim = 5'000'000}});
  report.Add({.scenario = kScenario,
              .name = "redvest-verify",
              .value = rate,
              .unit = "events/s",
              .limit = Limit{"SHA-256, one thread", hashes}});
  report.Add(
      {.scenario = kScenario,
       .name = "memory of redvest-verify at its peak",
       .value = static_cast<double>(verify.resident_peak_bytes()) / (1 << 20),
       .unit = "MiB",
       .goal =
           Goal{.what = "memory of a full verify", .floor = 1'024, .aim = 1'024, .higher_is_better = false}});
}

}  // namespace redvest::bench
