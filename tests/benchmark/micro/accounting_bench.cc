#include <benchmark/benchmark.h>

#include "tests/benchmark/micro/history.h"

namespace redvest::bench {
namespace {

void PostingsOfAnEvent(benchmark::State& state) {
  const History& history = TheHistory();
  Wheel wheel(history.size());
  for (auto _ : state) benchmark::DoNotOptimize(PostingsOf(history.event(wheel.Next())));
}
BENCHMARK(PostingsOfAnEvent);

void CheckThatPostingsSumToZero(benchmark::State& state) {
  const History& history = TheHistory();
  Wheel wheel(history.size());
  for (auto _ : state) benchmark::DoNotOptimize(SumToZero(history.postings(wheel.Next())));
}
BENCHMARK(CheckThatPostingsSumToZero);

}  // namespace
}  // namespace redvest::bench
