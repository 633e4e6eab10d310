#include "ledger/storage/scan.h"

#include <gtest/gtest.h>

#include "ledger/base/bytes.h"
#include "tests/unit/storage/temp_folder.h"

namespace redvest {
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

// Far more than is read ahead.
Rows ManyRows() {
  Rows rows;
  for (uint64_t i = 0; i < 50'000; ++i) {
    std::string key;
    AppendBigEndian(&key, i);
    rows.emplace_back(key, std::string(i % 90, static_cast<char>('a' + i % 26)));
  }
  return rows;
}

TEST(ScanTable, GivesEveryRowOfTheTableInOrder) {
  TempFolder folder;
  const Rows rows = ManyRows();
  const auto on_disk = OpenRocksStore(folder.Path(), true);
  ASSERT_TRUE(on_disk.ok()) << on_disk.status();
  const std::unique_ptr<Store> in_memory = NewMemoryStore();
  for (Store* store : {on_disk->get(), in_memory.get()}) {
    ASSERT_TRUE(
        store->Write({.table = TableId::kState, .puts = rows, .deletes = {}}, Durability::kRebuildable).ok());
    ASSERT_TRUE(store
                    ->Write({.table = TableId::kDays, .puts = {{"a", "other"}}, .deletes = {}},
                            Durability::kRebuildable)
                    .ok());
    Rows seen;
    const absl::Status status =
        ScanTable(*store, TableId::kState, [&](std::string_view key, std::string_view value) {
          seen.emplace_back(key, value);
          return absl::OkStatus();
        });
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_TRUE(seen == rows);
  }
}

TEST(ScanTable, AnEmptyTableHasNoRows) {
  const std::unique_ptr<Store> store = NewMemoryStore();
  EXPECT_TRUE(ScanTable(*store, TableId::kState, [](std::string_view, std::string_view) {
                return absl::InternalError("a row");
              }).ok());
}

TEST(ScanTable, StopsWhereTheTakerFails) {
  const std::unique_ptr<Store> store = NewMemoryStore();
  ASSERT_TRUE(
      store->Write({.table = TableId::kState, .puts = ManyRows(), .deletes = {}}, Durability::kRebuildable)
          .ok());
  for (const int last : {1, 20'000}) {
    int taken = 0;
    const absl::Status status =
        ScanTable(*store, TableId::kState, [&](std::string_view, std::string_view) -> absl::Status {
          if (++taken == last) return absl::CancelledError("enough");
          return absl::OkStatus();
        });
    EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
    EXPECT_EQ(taken, last);
  }
}

TEST(ScanTable, SaysWhyReadingFailed) {
  TempFolder folder;
  {
    const auto store = OpenRocksStore(folder.Path(), true);
    ASSERT_TRUE(store.ok());
    ASSERT_TRUE(
        (*store)
            ->Write({.table = TableId::kState, .puts = ManyRows(), .deletes = {}}, Durability::kRebuildable)
            .ok());
    ASSERT_TRUE((*store)->Flush().ok());
  }
  for (const auto& file : std::filesystem::directory_iterator(folder.Path())) {
    if (file.path().extension() != ".sst") continue;
    std::string bytes = ReadFile(file.path());
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    WriteFile(file.path(), bytes);
  }
  const auto store = OpenRocksStoreForReading(folder.Path());
  ASSERT_TRUE(store.ok()) << store.status();
  int taken = 0;
  const absl::Status status = ScanTable(**store, TableId::kState, [&](std::string_view, std::string_view) {
    ++taken;
    return absl::OkStatus();
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_GT(taken, 0);
}

}  // namespace
}  // namespace redvest
