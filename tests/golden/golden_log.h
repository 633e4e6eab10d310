// Golden logs: the stored bytes of a version of this program and what its books said, as text in
// tests/golden/vX.Y.Z.
#ifndef REDVEST_TESTS_GOLDEN_GOLDEN_LOG_H_
#define REDVEST_TESTS_GOLDEN_GOLDEN_LOG_H_

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/ledger.h"
#include "ledger/storage/store.h"

namespace redvest {

// Rows of the log's table, key and value.
using LogRows = std::vector<std::pair<std::string, std::string>>;

// log.txt: one line a row, key and value in hexadecimal.
std::string FormatLog(const LogRows& rows);
absl::StatusOr<LogRows> ParseLog(const std::string& text);

// The rows of the log in `store`.
absl::StatusOr<LogRows> ReadLog(const Store& store);

// books.txt: root, number of events, then the trial balance, one line an account.
absl::StatusOr<std::string> DescribeBooks(Ledger& ledger);

std::string ReadFile(const std::filesystem::path& path);

}  // namespace redvest

#endif  // REDVEST_TESTS_GOLDEN_GOLDEN_LOG_H_
