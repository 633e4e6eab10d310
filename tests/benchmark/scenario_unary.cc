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

class EmptyCalls final : public UnaryWork {
 public:
  UnaryCall Next(size_t /*till*/) override { return {.kind = 0, .method = kEchoMethod, .request = empty_}; }
  void Answered(size_t /*till*/, size_t /*kind*/, const grpc::ByteBuffer& answer) override {
    Require(answer.Length() == 0, "the echo server answers more than nothing");
  }

 private:
  const grpc::Slice nothing_;
  const grpc::ByteBuffer empty_{&nothing_, 1};
};

Figure ToFigure(std::string name, UnaryResult* result) {
  return {.scenario = kScenario,
          .name = std::move(name),
          .value = result->rate(),
          .unit = "calls/s",
          .latency = LatencyOf(&result->latency[0]),
          .daemon_cpu_s = result->server_cpu_s,
          .client_cpu_s = result->client_cpu_s};
}

}  // namespace

void RunUnary(Bench* bench) {
  BigTown& big = bench->big_town();
  const std::unique_ptr<ServerProcess> echo = StartEchoServer(bench->scratch.Path("echo.stderr"));
  std::optional<double> one_till_ms;
  for (const size_t tills : {size_t{1}, size_t{64}, kLoneTills}) {
    EmptyCalls empty;
    UnaryResult echoed = RunUnaryLoad({.address = echo->address(),
                                       .server = &echo->process(),
                                       .tills = tills,
                                       .duration = bench->sizes.unary},
                                      &empty);
    bench->report.Add(ToFigure(absl::StrCat("empty call, ", tills, " tills"), &echoed));

    MealWork meals(&big.town());
    UnaryResult sold = RunUnaryLoad({.address = big.daemon().address(),
                                     .server = &big.daemon().process(),
                                     .tills = tills,
                                     .duration = bench->sizes.unary},
                                    &meals);
    Figure figure = ToFigure(absl::StrCat("sell a meal, ", tills, " tills"), &sold);
    figure.limit = Limit{"the empty call", echoed.rate()};
    figure.resident_mib = static_cast<double>(big.daemon().process().resident_bytes()) / (1 << 20);
    if (tills == 1) one_till_ms = figure.latency->p50_ms;
    if (tills == kLoneTills) {
      figure.goal = Goal{.what = "unary sell-meal, 256 tills, of the empty echo",
                         .floor = 0.60,
                         .aim = 0.85,
                         .of_ratio = true};
    }
    bench->report.Add(figure);
  }

  const std::vector<std::string> events =
      StoredEvents(big.daemon().address(), big.sequence() - kSampleEvents, kSampleEvents);
  WriteLimit limit = SyncedWrites(OneEventEach(events), bench->scratch.Path("synced"), bench->sizes.limit);
  const Latency latency = LatencyOf(&limit.latency);
  bench->report.Add({.scenario = kScenario,
                     .name = "synced RocksDB write of one event",
                     .value = limit.events_per_second,
                     .unit = "writes/s",
                     .latency = latency});
  bench->report.Add({.scenario = kScenario,
                     .name = "one till, one sale: p50",
                     .value = *one_till_ms,
                     .unit = "ms",
                     .limit = Limit{"a synced write", latency.p50_ms},
                     .goal = Goal{.what = "one till, one sale: p50, of one synced RocksDB write",
                                  .floor = 2,
                                  .aim = 1.3,
                                  .higher_is_better = false,
                                  .of_ratio = true}});
  big.Check();
}

}  // namespace redvest::bench
