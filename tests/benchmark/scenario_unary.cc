// Meals sold one by one, against calls that do nothing.
#include "absl/strings/str_cat.h"
#include "tests/benchmark/bench.h"
#include "tests/benchmark/books.h"
#include "tests/benchmark/echo_server.h"
#include "tests/benchmark/limits.h"
#include "tests/benchmark/unary_load.h"
#include "tests/benchmark/unary_work.h"

namespace redvest::bench {
namespace {

constexpr char kScenario[] = "unary";
constexpr size_t kSampleEvents = 1'000;

Figure ToFigure(std::string name, UnaryResult* result) {
  return {.scenario = kScenario,
          .name = std::move(name),
          .value = result->rate(),
          .unit = "calls/s",
          .latency = LatencyOf(&result->latency[0]),
          .daemon_cpu_s = result->server_cpu_s,
          .client_cpu_s = result->client_cpu_s};
}

Figure SellMeals(Bench* bench, size_t tills) {
  BigTown& big = bench->big_town();
  MealWork meals(&big.town());
  UnaryResult sold = RunUnaryLoad({.address = big.daemon().address(),
                                   .server = &big.daemon().process(),
                                   .tills = tills,
                                   .duration = bench->sizes.unary},
                                  &meals);
  Figure figure = ToFigure(absl::StrCat("sell a meal, ", tills, " tills"), &sold);
  figure.resident_mib = static_cast<double>(big.daemon().process().resident_bytes()) / (1 << 20);
  return figure;
}

// One till against synced writes of the same bytes, just before and just after it.
void OneTill(Bench* bench, const Limit& empty_call) {
  BigTown& big = bench->big_town();
  SellMeals(bench, 1);  // so that there are events of meals to write
  const std::vector<std::string> events =
      StoredEvents(big.daemon().address(), big.sequence() - kSampleEvents, kSampleEvents);
  const Records records = OneEventEach(events);
  const auto write = [&] {
    return SyncedWrites(records, bench->scratch.Path("synced"), bench->sizes.limit / 2);
  };
  WriteLimit limit = write();
  Figure sold = SellMeals(bench, 1);
  limit.latency.AddAll(write().latency);

  const Latency written = LatencyOf(&limit.latency);
  sold.limit = empty_call;
  bench->report.Add(sold);
  bench->report.Add({.scenario = kScenario,
                     .name = "synced RocksDB write of one event",
                     .value = limit.events_per_second,
                     .unit = "writes/s",
                     .latency = written});
  bench->report.Add({.scenario = kScenario,
                     .name = "one till, one sale: p50",
                     .value = sold.latency->p50_ms,
                     .unit = "ms",
                     .limit = Limit{"a synced write", written.p50_ms},
                     .goal = Goal{.what = "one till, one sale: p50, of one synced RocksDB write",
                                  .floor = 2,
                                  .aim = 1.3,
                                  .higher_is_better = false,
                                  .of_ratio = true}});
}

}  // namespace

void RunUnary(Bench* bench) {
  const std::unique_ptr<ServerProcess> echo = StartEchoServer(bench->scratch.Path("echo.stderr"));
  for (const size_t tills : {size_t{1}, size_t{64}, kLoneTills}) {
    EmptyCalls empty;
    UnaryResult echoed = RunUnaryLoad({.address = echo->address(),
                                       .server = &echo->process(),
                                       .tills = tills,
                                       .duration = bench->sizes.unary},
                                      &empty);
    bench->report.Add(ToFigure(absl::StrCat("empty call, ", tills, " tills"), &echoed));
    const Limit limit{"the empty call", echoed.rate()};
    if (tills == 1) {
      OneTill(bench, limit);
      continue;
    }
    Figure figure = SellMeals(bench, tills);
    figure.limit = limit;
    if (tills == kLoneTills) {
      figure.goal = Goal{.what = "unary sell-meal, 256 tills, of the empty echo",
                         .floor = 0.60,
                         .aim = 0.85,
                         .of_ratio = true};
    }
    bench->report.Add(figure);
  }
  bench->big_town().Check();
}

}  // namespace redvest::bench
