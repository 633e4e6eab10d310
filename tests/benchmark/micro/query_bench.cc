// Reads: one iteration is one answer.
#include <benchmark/benchmark.h>

#include <random>

#include "ledger/projection/accounts.h"
#include "ledger/query/queries.h"
#include "tests/benchmark/micro/history.h"
#include "tests/benchmark/neighbourhood.h"

namespace redvest::bench {
namespace {

std::vector<Account> Accounts() {
  std::mt19937_64 random(1);
  std::vector<Account> accounts;
  for (int i = 0; i < 1'000; ++i) accounts.push_back(Neighbourhood::AnyAccount(random));
  return accounts;
}

void ReadABalance(benchmark::State& state) {
  const History& history = TheHistory();
  const Queries queries(&history.store(), &history.log());
  std::vector<v1::GetBalanceRequest> requests;
  for (const Account& account : Accounts()) requests.emplace_back().set_account(FormatAccount(account));
  Wheel wheel(requests.size());
  v1::GetBalanceResponse response;
  for (auto _ : state) Require(queries.GetBalance(requests[wheel.Next()], &response));
}
BENCHMARK(ReadABalance);

void ReadABalanceOfThePast(benchmark::State& state) {
  const History& history = TheHistory();
  const Queries queries(&history.store(), &history.log());
  std::vector<v1::GetBalanceRequest> requests;
  std::mt19937_64 random(2);
  for (const Account& account : Accounts()) {
    requests.emplace_back().set_account(FormatAccount(account));
    requests.back().mutable_as_of()->set_sequence(1 + random() % history.size());
  }
  Wheel wheel(requests.size());
  v1::GetBalanceResponse response;
  for (auto _ : state) Require(queries.GetBalance(requests[wheel.Next()], &response));
}
BENCHMARK(ReadABalanceOfThePast);

// The first page, of at most as many lines as the argument says, each with what its event was.
void ReadAStatement(benchmark::State& state) {
  const History& history = TheHistory();
  const Queries queries(&history.store(), &history.log());
  std::vector<v1::GetStatementRequest> requests;
  for (const Account& account : Accounts()) {
    requests.emplace_back().set_account(FormatAccount(account));
    requests.back().set_page_size(static_cast<int32_t>(state.range(0)));
  }
  Wheel wheel(requests.size());
  v1::GetStatementResponse response;
  for (auto _ : state) Require(queries.GetStatement(requests[wheel.Next()], &response));
}
BENCHMARK(ReadAStatement)->Arg(1)->Arg(20);

// One iteration is one entry of an account's rows, decoded.
void DecodeAnEntryOfAnAccount(benchmark::State& state) {
  const auto snapshot = TheHistory().store().Snapshot();
  const Account account{AccountKind::kCanteenSales};
  auto entries = AccountEntries::Open(*snapshot, account, Sequence(1));
  Require(entries.status());
  for (auto _ : state) {
    const auto entry = entries->Next();
    Require(entry.status());
    if (entry->has_value()) continue;
    entries = AccountEntries::Open(*snapshot, account, Sequence(1));
    Require(entries.status());
  }
}
BENCHMARK(DecodeAnEntryOfAnAccount);

}  // namespace
}  // namespace redvest::bench
