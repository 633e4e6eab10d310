// What following the log costs each projection: an event is added, and a batch of rows gathered and written
// to a store in memory.
#include <benchmark/benchmark.h>

#include <functional>

#include "ledger/projection/projection.h"
#include "tests/benchmark/micro/history.h"

namespace redvest::bench {
namespace {

constexpr size_t kBatchEvents = 10'000;

void Follow(benchmark::State& state, const std::function<std::unique_ptr<Projection>()>& make) {
  const History& history = TheHistory();
  Wheel wheel(history.size());
  std::unique_ptr<Store> store;
  std::unique_ptr<Projection> projection;
  const auto write = [&](size_t last) {
    WriteBatch batch{.table = projection->table(), .puts = {}, .deletes = {}};
    Require(projection->Gather(*store, &batch));
    batch.puts.push_back(PositionRow(Sequence(last)));
    Require(store->Write(batch, Durability::kRebuildable));
  };
  for (auto _ : state) {
    const size_t i = wheel.Next();
    if (i == 0) {
      state.PauseTiming();
      store = NewMemoryStore();
      projection = make();
      Require(projection->Load(*store));
      state.ResumeTiming();
    }
    Require(projection->Add({.sequence = Sequence(i + 1),
                             .event = history.event(i),
                             .postings = history.postings(i),
                             .bytes = history.bytes(i)}));
    if ((i + 1) % kBatchEvents == 0) write(i + 1);
  }
}
BENCHMARK_CAPTURE(Follow, accounts, NewAccountsProjection);
BENCHMARK_CAPTURE(Follow, serials, NewSerialsProjection);
BENCHMARK_CAPTURE(Follow, days, NewDaysProjection);
BENCHMARK_CAPTURE(Follow, tree, NewTreeProjection);
BENCHMARK_CAPTURE(Follow, calendar, NewCalendarProjection);

}  // namespace
}  // namespace redvest::bench
