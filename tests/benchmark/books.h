// What a scenario asks a daemon besides its load.
#ifndef REDVEST_TESTS_BENCHMARK_BOOKS_H_
#define REDVEST_TESTS_BENCHMARK_BOOKS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace redvest::bench {

// The newest durable sequence.
uint64_t HeadOf(const std::string& address);
// The last serial of a terminal.
uint64_t LastSerial(const std::string& address, uint64_t terminal);
// Waits until every projection covers `sequence`.
void WaitProjected(const std::string& address, uint64_t sequence);

// The trial balance, added up. Debits minus credits.
struct Books {
  std::map<std::string, int64_t> sum_by_unit;
  std::map<std::string, int64_t> sum_by_group;  // names of accounts without the id
  uint64_t accounts = 0;
};
Books ReadBooks(const std::string& address, uint64_t sequence);

// At most `count` events as they are stored, from `from` on.
std::vector<std::string> StoredEvents(const std::string& address, uint64_t from, size_t count);

}  // namespace redvest::bench

#endif  // REDVEST_TESTS_BENCHMARK_BOOKS_H_
