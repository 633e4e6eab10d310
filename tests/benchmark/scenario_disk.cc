// What a sold meal takes on the disk.
#include "tests/benchmark/bench.h"
#include "tests/benchmark/books.h"
#include "tests/benchmark/limits.h"

namespace redvest::bench {
namespace {

constexpr char kScenario[] = "disk";

}  // namespace

void RunDisk(Bench* bench) {
  const std::string folder = bench->scratch.Path("meals");
  const uint64_t meals = 2 * bench->sizes.segment;
  Town town({.accounts = bench->sizes.meal_accounts, .tills = 0}, bench->options.seed);
  auto daemon = StartDaemon(bench->options.daemon, folder);
  town.MoveIn(daemon->address());
  daemon->Terminate();
  const DiskUse before = DiskUseOf(folder);

  daemon = StartDaemon(bench->options.daemon, folder);
  const StreamResult sent = SendLanes(daemon->address(), town.Meals(meals));
  WaitProjected(daemon->address(), sent.last_sequence);
  town.CheckBooks(daemon->address(), sent.last_sequence);
  daemon->Terminate();
  const DiskUse after = DiskUseOf(folder);

  const auto per_meal = [meals](uint64_t bytes) {
    return static_cast<double>(bytes) / static_cast<double>(meals);
  };
  bench->report.Add(
      {.scenario = kScenario,
       .name = "a meal in the log",
       .value = per_meal(after.log_bytes - before.log_bytes),
       .unit = "bytes",
       .goal =
           Goal{.what = "disk per meal event: the log", .floor = 60, .aim = 40, .higher_is_better = false}});
  bench->report.Add({.scenario = kScenario,
                     .name = "a meal in all tables",
                     .value = per_meal(after.all_bytes - before.all_bytes),
                     .unit = "bytes",
                     .goal = Goal{.what = "disk per meal event: with all indexes",
                                  .floor = 140,
                                  .aim = 90,
                                  .higher_is_better = false}});
}

}  // namespace redvest::bench
