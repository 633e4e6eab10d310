#include <benchmark/benchmark.h>

#include <memory>
#include <utility>

#include "ledger/state/state.h"
#include "tests/benchmark/micro/history.h"

namespace redvest::bench {
namespace {

// From the first event on, again and again.
void ApplyAnEvent(benchmark::State& state) {
  const History& history = TheHistory();
  Wheel wheel(history.size());
  std::unique_ptr<State> folded;
  for (auto _ : state) {
    const size_t i = wheel.Next();
    if (i == 0) {
      state.PauseTiming();
      folded = std::make_unique<State>();
      state.ResumeTiming();
    }
    Require(folded->Apply(Sequence(i + 1), history.event(i), history.postings(i)));
  }
}
BENCHMARK(ApplyAnEvent);

std::vector<std::pair<std::string, std::string>> SavedRows() {
  std::vector<std::pair<std::string, std::string>> saved;
  const std::unique_ptr<StoreCursor> rows = TheHistory().store().NewCursor(TableId::kState);
  for (rows->Seek(""); rows->Valid(); rows->Next()) {
    if (rows->key() != kFrontierKey) saved.emplace_back(rows->key(), rows->value());
  }
  Require(rows->status());
  return saved;
}

// One iteration is a row, as the start loads them.
void LoadARowOfTheState(benchmark::State& state) {
  const auto rows = SavedRows();
  Wheel wheel(rows.size());
  std::unique_ptr<State> loaded;
  for (auto _ : state) {
    const size_t i = wheel.Next();
    if (i == 0) {
      state.PauseTiming();
      loaded = std::make_unique<State>();
      state.ResumeTiming();
    }
    Require(loaded->Load(rows[i].first, rows[i].second));
  }
}
BENCHMARK(LoadARowOfTheState);

// The rows of all changes of a day, as often as the state is saved; shared among its events.
void SaveChangesOfAnEvent(benchmark::State& state) {
  const History& history = TheHistory();
  constexpr size_t kBetweenSaves = 10'000;
  Wheel wheel(history.size());
  std::unique_ptr<State> folded;
  size_t bytes = 0;
  for (auto _ : state) {
    const size_t i = wheel.Next();
    if (i % kBetweenSaves != 0) continue;
    state.PauseTiming();
    if (i == 0) folded = std::make_unique<State>();
    for (size_t k = i; k < std::min(i + kBetweenSaves, history.size()); ++k)
      Require(folded->Apply(Sequence(k + 1), history.event(k), history.postings(k)));
    state.ResumeTiming();
    folded->TakeChanges(
        [&](std::string_view key, std::string_view value) { bytes += key.size() + value.size(); });
  }
  benchmark::DoNotOptimize(bytes);
}
BENCHMARK(SaveChangesOfAnEvent);

}  // namespace
}  // namespace redvest::bench
