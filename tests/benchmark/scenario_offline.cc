// A thousand tills come back online at once while others go on selling.
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "tests/benchmark/bench.h"
#include "tests/benchmark/unary_work.h"

namespace redvest::bench {
namespace {

constexpr char kScenario[] = "offline";
constexpr size_t kOnlineTills = 64;
// 64 tills that sell every 50 ms: as busy as a hundred canteens at noon, and far from what the machine can
// do.
constexpr absl::Duration kPace = absl::Milliseconds(50);

UnaryPlan OnlinePlan(BigTown* big) {
  return {.address = big->daemon().address(),
          .server = &big->daemon().process(),
          .tills = kOnlineTills,
          .pace = kPace};
}

Figure Online(std::string name, UnaryResult* result) {
  return {.scenario = kScenario,
          .name = std::move(name),
          .value = result->rate(),
          .unit = "sales/s",
          .latency = LatencyOf(&result->latency[0]),
          .daemon_cpu_s = result->server_cpu_s,
          .client_cpu_s = result->client_cpu_s};
}

}  // namespace

void RunOffline(Bench* bench) {
  BigTown& big = bench->big_town();
  const Sizes& sizes = bench->sizes;
  MealWork meals(&big.town());
  UnaryPlan plan = OnlinePlan(&big);
  plan.duration = sizes.unary;
  UnaryResult idle = RunUnaryLoad(plan, &meals);

  const std::vector<Lane> uploads = big.town().Uploads(kLoneTills, sizes.upload_tills, sizes.upload_meals);
  absl::Notification begun, uploaded;
  plan.warm_up = absl::ZeroDuration();
  plan.duration = 10 * kPace;
  plan.begun = &begun;
  plan.until = &uploaded;
  UnaryResult during;
  std::thread online([&] { during = RunUnaryLoad(plan, &meals); });
  begun.WaitForNotification();
  const StreamResult sent = SendLanes(plan.address, uploads);
  uploaded.Notify();
  online.join();

  Report& report = bench->report;
  report.Add(Online("64 tills online, idle", &idle));
  report.Add(Online("64 tills online, during the upload", &during));
  report.Add(
      {.scenario = kScenario,
       .name = absl::StrCat("upload by ", sizes.upload_tills, " tills, ", sizes.upload_meals, " sales each"),
       .value = static_cast<double>(sent.commands) / sent.seconds,
       .unit = "events/s"});
  if (sent.refused + during.refused > 0) {
    report.Add({.scenario = kScenario,
                .name = "attempts that a full queue refused, batches",
                .value = static_cast<double>(sent.refused),
                .unit = "times"});
    report.Add({.scenario = kScenario,
                .name = "attempts that a full queue refused, sales online",
                .value = static_cast<double>(during.refused),
                .unit = "times"});
  }
  report.Add({.scenario = kScenario,
              .name = "p99 of the online tills during the upload",
              .value = during.latency[0].PercentileMs(0.99),
              .unit = "ms",
              .limit = Limit{"idle", idle.latency[0].PercentileMs(0.99)},
              .goal = Goal{.what = "p99 of online tills while 1,000 tills upload, of the idle p99",
                           .floor = 4,
                           .aim = 2,
                           .higher_is_better = false,
                           .of_ratio = true}});
  big.Check();
}

}  // namespace redvest::bench
