// Every golden log replays, byte for byte, to the root and the balances that the version which wrote it had.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "ledger/audit/verify.h"
#include "ledger/folder.h"
#include "ledger/ledger.h"
#include "ledger/storage/store.h"
#include "tests/golden/golden_log.h"

namespace redvest {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> Versions() {
  std::vector<std::string> versions;
  for (const auto& entry : fs::directory_iterator(REDVEST_GOLDEN_DIR)) {
    if (entry.is_directory()) versions.push_back(entry.path().filename());
  }
  return versions;
}

class GoldenTest : public ::testing::TestWithParam<std::string> {
 protected:
  GoldenTest()
      : golden_(fs::path(REDVEST_GOLDEN_DIR) / GetParam()),
        folder_(fs::path(::testing::TempDir()) / ("redvest_golden_" + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
  }
  ~GoldenTest() override {
    fs::remove_all(folder_);
    fs::remove(DefaultKeyFile(folder_));
  }

  // Makes a ledger's folder that holds the log and nothing else.
  void Restore(const LogRows& rows) {
    ASSERT_TRUE(MakeFolder(folder_).ok());
    const auto store = OpenRocksStore(StorePath(folder_), /*create=*/true);
    ASSERT_TRUE(store.ok()) << store.status();
    WriteBatch log;
    log.table = TableId::kLog;
    log.puts = rows;
    ASSERT_TRUE((*store)->Write(log, Durability::kSynced).ok());
  }

  absl::StatusOr<std::unique_ptr<Ledger>> Open() {
    LedgerOptions options;
    options.directory = folder_;
    return Ledger::Open(options);
  }

  absl::StatusOr<VerifyReport> Verify() const {
    return Ledger::VerifyDirectory(folder_, {}, [](std::string_view, Sequence, Sequence) {});
  }

  const fs::path golden_;
  const fs::path folder_;
};

TEST_P(GoldenTest, ReplaysToTheSameRootAndBalances) {
  const auto rows = ParseLog(ReadFile(golden_ / "log.txt"));
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_NO_FATAL_FAILURE(Restore(*rows));

  const absl::StatusOr<VerifyReport> verified = Verify();
  EXPECT_TRUE(verified.ok()) << verified.status();

  const auto ledger = Open();
  ASSERT_TRUE(ledger.ok()) << ledger.status();
  const auto books = DescribeBooks(**ledger);
  ASSERT_TRUE(books.ok()) << books.status();
  EXPECT_EQ(*books, ReadFile(golden_ / "books.txt"));
}

TEST_P(GoldenTest, AChangedByteIsNoticed) {
  auto rows = ParseLog(ReadFile(golden_ / "log.txt"));
  ASSERT_TRUE(rows.ok()) << rows.status();
  std::string& record = rows->at(rows->size() / 2).second;
  record[record.size() / 2] = static_cast<char>(record[record.size() / 2] ^ 1);
  ASSERT_NO_FATAL_FAILURE(Restore(*rows));

  EXPECT_EQ(Verify().status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Open().status().code(), absl::StatusCode::kDataLoss);
}

INSTANTIATE_TEST_SUITE_P(Versions, GoldenTest, ::testing::ValuesIn(Versions()), [](const auto& version) {
  std::string name = version.param;
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
});

}  // namespace
}  // namespace redvest
