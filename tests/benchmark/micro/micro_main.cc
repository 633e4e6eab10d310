// redvest-micro-bench: what each step of an event's way costs, alone and in one thread. --help and all flags
// are those of Google Benchmark; --benchmark_filter=<regex> selects.
#include <benchmark/benchmark.h>

#include "tests/benchmark/micro/history.h"

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  redvest::bench::ForgetHistory();
  benchmark::Shutdown();
  return 0;
}
