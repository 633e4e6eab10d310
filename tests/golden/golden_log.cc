#include "tests/golden/golden_log.h"

#include <fstream>
#include <future>
#include <iterator>
#include <sstream>

#include "absl/strings/escaping.h"
#include "ledger/base/check.h"

namespace redvest {

std::string FormatLog(const LogRows& rows) {
  std::string text;
  for (const auto& [key, value] : rows) {
    text += absl::BytesToHexString(key) + " " + absl::BytesToHexString(value) + "\n";
  }
  return text;
}

absl::StatusOr<LogRows> ParseLog(const std::string& text) {
  LogRows rows;
  std::istringstream words(text);
  for (std::string key, value; words >> key >> value;) {
    rows.emplace_back(absl::HexStringToBytes(key), absl::HexStringToBytes(value));
  }
  if (rows.empty() || FormatLog(rows) != text)
    return absl::InvalidArgumentError("not lines of two hex strings");
  return rows;
}

absl::StatusOr<LogRows> ReadLog(const Store& store) {
  LogRows rows;
  const auto cursor = store.NewCursor(TableId::kLog);
  for (cursor->Seek(""); cursor->Valid(); cursor->Next()) rows.emplace_back(cursor->key(), cursor->value());
  REDVEST_RETURN_IF_ERROR(cursor->status());
  return rows;
}

absl::StatusOr<std::string> DescribeBooks(Ledger& ledger) {
  const LedgerHead head = ledger.Head();
  std::promise<absl::Status> projected;
  ledger.WhenProjected({.min_sequence = head.sequence},
                       [&projected](absl::Status status) { projected.set_value(std::move(status)); });
  REDVEST_RETURN_IF_ERROR(projected.get_future().get());
  std::ostringstream text;
  text << "root " << absl::BytesToHexString(head.root) << "\nevents " << head.sequence.value() << "\n";
  REDVEST_RETURN_IF_ERROR(ledger.GetTrialBalance({}, [&text](const v1::GetTrialBalanceResponse& part) {
    for (const auto& row : part.balances()) {
      text << row.account() << " " << row.unit() << " " << row.balance() << "\n";
    }
    return true;
  }));
  return text.str();
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  REDVEST_CHECK(file.good());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace redvest
