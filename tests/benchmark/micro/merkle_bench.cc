#include <benchmark/benchmark.h>

#include "ledger/merkle/frontier.h"
#include "ledger/merkle/hash.h"
#include "ledger/merkle/proof.h"
#include "ledger/query/proofs.h"
#include "tests/benchmark/micro/history.h"

namespace redvest::bench {
namespace {

void HashALeaf(benchmark::State& state) {
  const History& history = TheHistory();
  Wheel wheel(history.size());
  size_t bytes = 0;
  for (auto _ : state) {
    const std::string& event = history.bytes(wheel.Next());
    bytes += event.size();
    benchmark::DoNotOptimize(merkle::Hasher::Leaf(event));
  }
  state.SetBytesProcessed(static_cast<int64_t>(bytes));
}
BENCHMARK(HashALeaf);

// Without the leaf's own hash.
void GrowTheTreeByALeaf(benchmark::State& state) {
  const merkle::Hash leaf = merkle::Hasher::Leaf(TheHistory().bytes(0));
  merkle::Hasher hasher;
  merkle::Frontier tree;
  for (auto _ : state) tree.Add(leaf, hasher);
}
BENCHMARK(GrowTheTreeByALeaf);

// The root that every commit holds, of a tree of as many leaves as the argument says.
void RootOfTheTree(benchmark::State& state) {
  merkle::Hasher hasher;
  merkle::Frontier tree;
  for (int64_t i = 0; i < state.range(0); ++i) tree.Add(merkle::Hasher::Empty(), hasher);
  for (auto _ : state) benchmark::DoNotOptimize(tree.Root(hasher));
}
BENCHMARK(RootOfTheTree)->Arg(1 << 16)->Arg((1 << 16) - 1);

// One iteration is one proof, of any event in the newest tree.
void ProveInclusion(benchmark::State& state) {
  const History& history = TheHistory();
  const Proofs proofs(&history.store(), &history.log());
  v1::GetInclusionProofRequest request;
  v1::GetInclusionProofResponse response;
  size_t at = 0;
  for (auto _ : state) {
    at = (at + 7'919) % history.size();
    request.set_sequence(at + 1);
    Require(proofs.GetInclusionProof(request, history.log().last_sequence(), &response));
  }
}
BENCHMARK(ProveInclusion);

}  // namespace
}  // namespace redvest::bench
