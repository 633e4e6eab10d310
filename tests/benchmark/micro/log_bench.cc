#include <benchmark/benchmark.h>

#include "ledger/base/check.h"
#include "ledger/base/crc32c.h"
#include "ledger/log/commit_record.h"
#include "tests/benchmark/micro/history.h"

namespace redvest::bench {
namespace {

void EncodeEvent(benchmark::State& state) {
  const History& history = TheHistory();
  Wheel wheel(history.size());
  std::string bytes;
  for (auto _ : state) {
    bytes.clear();
    REDVEST_CHECK(history.event(wheel.Next()).AppendToString(&bytes));
  }
}
BENCHMARK(EncodeEvent);

void DecodeEvent(benchmark::State& state) {
  const History& history = TheHistory();
  Wheel wheel(history.size());
  event::v1::Event event;
  for (auto _ : state) REDVEST_CHECK(event.ParseFromString(history.bytes(wheel.Next())));
}
BENCHMARK(DecodeEvent);

// Added to a commit, with its share of sealing it.
void SealEventIntoACommit(benchmark::State& state) {
  const History& history = TheHistory();
  Wheel wheel(history.size());
  CommitBuilder commit(Sequence(1));
  for (auto _ : state) {
    commit.Add(history.bytes(wheel.Next()));
    if (commit.bytes() < kCommitBytesMax) continue;
    benchmark::DoNotOptimize(commit.Seal(merkle::Hash{}));
    commit = CommitBuilder(Sequence(1));
  }
}
BENCHMARK(SealEventIntoACommit);

// Its share of reading a commit of that size, checksum and form included.
void ReadEventOfACommit(benchmark::State& state) {
  const History& history = TheHistory();
  CommitBuilder builder(Sequence(1));
  for (size_t i = 0; builder.bytes() < kCommitBytesMax; ++i) builder.Add(history.bytes(i));
  const std::string record = builder.Seal(merkle::Hash{});
  Wheel wheel(builder.event_count());
  for (auto _ : state) {
    if (wheel.Next() == 0) benchmark::DoNotOptimize(DecodeCommit(record)->events.size());
  }
}
BENCHMARK(ReadEventOfACommit);

// Its share of a pass over the log as it lies in the store, in commits as they were made.
void ScanEventOfTheLog(benchmark::State& state) {
  const History& history = TheHistory();
  std::unique_ptr<CommitCursor> commits = history.log().Read(Sequence(1));
  size_t left = 0;
  for (auto _ : state) {
    if (left-- > 0) continue;
    auto commit = commits->Next();
    Require(commit.status());
    if (!commit->has_value()) {
      commits = history.log().Read(Sequence(1));
      commit = commits->Next();
    }
    left = (*commit)->events.size() - 1;
  }
}
BENCHMARK(ScanEventOfTheLog);

// One iteration is one commit record.
void ChecksumOfARecord(benchmark::State& state) {
  const std::vector<std::string>& records = TheHistory().records();
  Wheel wheel(records.size());
  size_t bytes = 0;
  for (auto _ : state) {
    const std::string& record = records[wheel.Next()];
    bytes += record.size();
    benchmark::DoNotOptimize(Crc32c(record));
  }
  state.SetBytesProcessed(static_cast<int64_t>(bytes));
}
BENCHMARK(ChecksumOfARecord);

}  // namespace
}  // namespace redvest::bench
