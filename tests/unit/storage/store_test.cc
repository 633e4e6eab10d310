#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include "absl/strings/str_cat.h"
#include "ledger/base/bytes.h"
#include "ledger/storage/store.h"
#include "tests/unit/storage/temp_folder.h"

namespace redvest {
namespace {

namespace fs = std::filesystem;
using Rows = std::map<std::string, std::string>;

std::unique_ptr<Store> OpenOrDie(const std::string& directory, bool create) {
  auto store = OpenRocksStore(directory, create);
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

Rows RowsOf(std::unique_ptr<StoreCursor> cursor) {
  Rows rows;
  for (cursor->Seek({}); cursor->Valid(); cursor->Next()) rows.emplace(cursor->key(), cursor->value());
  EXPECT_TRUE(cursor->status().ok());
  return rows;
}

WriteBatch Put(TableId table, const Rows& rows) {
  return {.table = table, .puts = {rows.begin(), rows.end()}, .deletes = {}};
}

// Both stores keep the same contract.
class StoreContract : public testing::TestWithParam<bool> {
 protected:
  StoreContract() : store_(GetParam() ? OpenOrDie(folder_.Path(), true) : NewMemoryStore()) {}

  TempFolder folder_;
  std::unique_ptr<Store> store_;
};
INSTANTIATE_TEST_SUITE_P(Stores, StoreContract, testing::Bool(),
                         [](const auto& test) { return test.param ? "Rocks" : "Memory"; });

TEST_P(StoreContract, TablesAreApart) {
  ASSERT_TRUE(store_->Write(Put(TableId::kState, {{"k", "state"}}), Durability::kRebuildable).ok());
  ASSERT_TRUE(store_->Write(Put(TableId::kLog, {{"k", "log"}}), Durability::kSynced).ok());
  EXPECT_EQ(**store_->Get(TableId::kState, "k"), "state");
  EXPECT_EQ(**store_->Get(TableId::kLog, "k"), "log");
  EXPECT_EQ(*store_->Get(TableId::kDays, "k"), std::nullopt);
}

TEST_P(StoreContract, ALargeWriteIsAsOneOfManyRowsWrittenOneByOne) {
  const auto key = [](int i) { return absl::StrCat("k", 1'000'000 + i); };
  ASSERT_TRUE(
      store_->Write(Put(TableId::kDays, {{key(7), "small"}, {"position", "0"}}), Durability::kRebuildable)
          .ok());
  WriteBatch large{.table = TableId::kDays, .puts = {}, .deletes = {}};
  for (int i = 50'000; i-- > 0;) large.puts.emplace_back(key(i), absl::StrCat("a", i));
  large.puts.emplace_back(key(9), "twice");
  large.puts.emplace_back("position", "1");
  const std::unique_ptr<StoreSnapshot> before = store_->Snapshot();
  ASSERT_TRUE(store_->Write(large, Durability::kRebuildable).ok());
  EXPECT_EQ(**before->Get(TableId::kDays, key(7)), "small");
  EXPECT_EQ(**store_->Get(TableId::kDays, key(7)), "a7");
  EXPECT_EQ(**store_->Get(TableId::kDays, key(9)), "twice");
  EXPECT_EQ(**store_->Get(TableId::kDays, "position"), "1");
  ASSERT_TRUE(store_->Write(Put(TableId::kDays, {{key(7), "small again"}}), Durability::kRebuildable).ok());
  EXPECT_EQ(**store_->Get(TableId::kDays, key(7)), "small again");
  EXPECT_EQ(RowsOf(store_->NewCursor(TableId::kDays)).size(), 50'001u);
}

TEST_P(StoreContract, CursorWalksInByteOrder) {
  ASSERT_TRUE(store_
                  ->Write(Put(TableId::kDays, {{"b", "2"}, {"\xFF", "4"}, {"a", "1"}, {"b\x01", "3"}}),
                          Durability::kRebuildable)
                  .ok());
  auto cursor = store_->NewCursor(TableId::kDays);
  cursor->Seek("aa");
  ASSERT_TRUE(cursor->Valid());
  EXPECT_EQ(cursor->key(), "b");
  cursor->Next();
  EXPECT_EQ(cursor->value(), "3");
  cursor->SeekForPrev("z");
  EXPECT_EQ(cursor->key(), "b\x01");
  cursor->SeekForPrev("\xFF");
  EXPECT_EQ(cursor->value(), "4");
  cursor->SeekForPrev("A");
  EXPECT_FALSE(cursor->Valid());
  EXPECT_TRUE(cursor->status().ok());
}

TEST_P(StoreContract, ClearedTableHoldsOnlyWhatTheSameBatchPuts) {
  const Rows rows = {{"a", "1"}, {"\xFF\xFF\xFFposition", "9"}, {std::string(300, '\xFF'), "x"}};
  ASSERT_TRUE(store_->Write(Put(TableId::kAccounts, rows), Durability::kRebuildable).ok());
  ASSERT_TRUE(store_->Write(Put(TableId::kDays, rows), Durability::kRebuildable).ok());
  WriteBatch batch = Put(TableId::kAccounts, {{"a", "new"}});
  batch.clear_first = true;
  ASSERT_TRUE(store_->Write(batch, Durability::kRebuildable).ok());
  EXPECT_EQ(RowsOf(store_->NewCursor(TableId::kAccounts)), (Rows{{"a", "new"}}));
  EXPECT_EQ(RowsOf(store_->NewCursor(TableId::kDays)), rows);
}

TEST_P(StoreContract, SnapshotsAndCursorsDoNotSeeLaterWrites) {
  const Rows before = {{"a", "1"}, {"b", "2"}};
  ASSERT_TRUE(store_->Write(Put(TableId::kState, before), Durability::kRebuildable).ok());
  auto snapshot = store_->Snapshot();
  auto cursor = store_->NewCursor(TableId::kState);
  WriteBatch batch = Put(TableId::kState, {{"a", "other"}, {"c", "3"}});
  batch.deletes = {"b"};
  ASSERT_TRUE(store_->Write(batch, Durability::kRebuildable).ok());
  EXPECT_EQ(**snapshot->Get(TableId::kState, "a"), "1");
  EXPECT_EQ(RowsOf(snapshot->NewCursor(TableId::kState)), before);
  EXPECT_EQ(RowsOf(std::move(cursor)), before);
  EXPECT_EQ(RowsOf(store_->NewCursor(TableId::kState)), (Rows{{"a", "other"}, {"c", "3"}}));
}

TEST_P(StoreContract, RandomWritesAgreeWithAMap) {
  std::mt19937_64 random = SeededRandom();
  const auto key = [&random] { return std::string(1 + random() % 3, static_cast<char>(random() % 4 * 85)); };
  Rows model;
  for (int round = 0; round < 300; ++round) {
    WriteBatch batch{.table = TableId::kState, .puts = {}, .deletes = {}};
    batch.clear_first = random() % 20 == 0;
    if (batch.clear_first) model.clear();
    for (uint64_t i = random() % 4; i > 0; --i) {
      batch.puts.emplace_back(key(), std::to_string(random()));
      model[batch.puts.back().first] = batch.puts.back().second;
    }
    if (random() % 2 == 0) {
      batch.deletes.push_back(key());
      model.erase(batch.deletes.back());
    }
    ASSERT_TRUE(store_->Write(batch, Durability::kRebuildable).ok());
    if (random() % 50 == 0) {
      ASSERT_TRUE(store_->Flush().ok());
    }
    ASSERT_EQ(RowsOf(store_->NewCursor(TableId::kState)), model);
  }
}

TEST(RocksStore, KeepsAllRowsOverACleanStop) {
  TempFolder folder;
  {
    auto store = OpenOrDie(folder.Path("deep/down"), true);
    ASSERT_TRUE(store->Write(Put(TableId::kLog, {{"a", "1"}}), Durability::kSynced).ok());
    ASSERT_TRUE(store->Write(Put(TableId::kDays, {{"b", "2"}}), Durability::kRebuildable).ok());
  }
  auto store = OpenOrDie(folder.Path("deep/down"), false);
  EXPECT_EQ(**store->Get(TableId::kLog, "a"), "1");
  EXPECT_EQ(**store->Get(TableId::kDays, "b"), "2");
}

TEST(RocksStore, AfterACrashSyncedRowsAreThereAndOtherTablesAreWhole) {
  TempFolder folder;
  constexpr int kWrites = 50;
  auto crashed = OpenOrDie(folder.Path(), true);
  for (int i = 1; i <= kWrites; ++i) {
    const std::string n = std::to_string(i);
    ASSERT_TRUE(crashed->Write(Put(TableId::kLog, {{n, n}}), Durability::kSynced).ok());
    ASSERT_TRUE(
        crashed->Write(Put(TableId::kDays, {{"first", n}, {"second", n}}), Durability::kRebuildable).ok());
    if (i == 20) {
      ASSERT_TRUE(crashed->Flush().ok());
    }
  }
  auto store = OpenOrDie(CrashImageOf(folder), false);
  EXPECT_EQ(RowsOf(store->NewCursor(TableId::kLog)).size(), static_cast<size_t>(kWrites));
  const Rows days = RowsOf(store->NewCursor(TableId::kDays));
  ASSERT_EQ(days.size(), 2u);
  EXPECT_EQ(days.at("first"), days.at("second"));
  EXPECT_GE(std::stoi(days.at("first")), 20);
}

void ExpectTurnedAway(const std::string& directory) {
  const absl::Status status = OpenRocksStore(directory, true).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("stop it, or choose another folder"));
}

TEST(RocksStore, SecondOpenerIsTurnedAwayWithWhatToDo) {
  TempFolder folder;
  auto store = OpenOrDie(folder.Path(), true);
  ExpectTurnedAway(folder.Path());
  store.reset();

  // Another process that has it open, as far as files tell.
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const std::string lock_file = folder.Path() + "/LOCK";
  const pid_t other = fork();
  if (other == 0) {
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    const int file = open(lock_file.c_str(), O_RDWR);
    const char result = fcntl(file, F_SETLK, &lock) == 0 ? 'y' : 'n';
    (void)!write(ready[1], &result, 1);
    pause();
    _exit(0);
  }
  char locked = 'n';
  EXPECT_EQ(read(ready[0], &locked, 1), 1);
  EXPECT_EQ(locked, 'y');
  ExpectTurnedAway(folder.Path());
  kill(other, SIGKILL);
  waitpid(other, nullptr, 0);
  close(ready[0]);
  close(ready[1]);
  EXPECT_NE(OpenOrDie(folder.Path(), false), nullptr);
}

TEST(RocksStore, WhatALargeWriteFollowsOnIsThereAfterACrashToo) {
  TempFolder folder;
  auto store = OpenOrDie(folder.Path(), true);
  ASSERT_TRUE(store->Write(Put(TableId::kDays, {{"a", "small"}}), Durability::kRebuildable).ok());
  WriteBatch large{.table = TableId::kDays, .puts = {}, .deletes = {}};
  for (int i = 0; i < 50'000; ++i) large.puts.emplace_back(absl::StrCat("k", i), "large");
  ASSERT_TRUE(store->Write(large, Durability::kRebuildable).ok());
  ASSERT_TRUE(store->Write(Put(TableId::kDays, {{"k1", "lost"}}), Durability::kRebuildable).ok());
  // As a crash would leave the folder: what is only in memory is gone.
  TempFolder crashed;
  fs::copy(folder.Path(), crashed.Path(), fs::copy_options::recursive);
  const auto left = OpenOrDie(crashed.Path(), false);
  EXPECT_EQ(**left->Get(TableId::kDays, "a"), "small");
  EXPECT_EQ(**left->Get(TableId::kDays, "k1"), "large");
  for (const auto& file : fs::directory_iterator(crashed.Path())) EXPECT_NE(file.path().extension(), ".bulk");
}

TEST(RocksStore, AFileThatACrashLeftUnderTwoNamesIsNotWrittenTo) {
  TempFolder folder;
  auto store = OpenOrDie(folder.Path(), true);
  WriteBatch large{.table = TableId::kDays, .puts = {}, .deletes = {}};
  for (int i = 0; i < 50'000; ++i) large.puts.emplace_back(absl::StrCat("k", i), "first");
  ASSERT_TRUE(store->Write(large, Durability::kRebuildable).ok());
  for (const auto& file : fs::directory_iterator(folder.Path())) {
    if (file.path().extension() == ".sst")
      fs::create_hard_link(file.path(), fs::path(folder.Path()) / "days.bulk");
  }
  ASSERT_TRUE(fs::exists(fs::path(folder.Path()) / "days.bulk"));
  store.reset();
  store = OpenOrDie(folder.Path(), false);
  for (auto& [key, value] : large.puts) key += "x";
  ASSERT_TRUE(store->Write(large, Durability::kRebuildable).ok());
  EXPECT_TRUE(store->VerifyFiles().ok()) << store->VerifyFiles();
  EXPECT_EQ(**store->Get(TableId::kDays, "k7"), "first");
  EXPECT_EQ(**store->Get(TableId::kDays, "k7x"), "first");
}

TEST(RocksStore, MissingStoreIsNotFoundAndNotMade) {
  TempFolder folder;
  EXPECT_EQ(OpenRocksStore(folder.Path(), false).status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(fs::exists(folder.Path()));
}

TEST(RocksStore, TableOfANewerVersionIsRefused) {
  TempFolder folder;
  OpenOrDie(folder.Path(), true).reset();
  {
    std::vector<std::string> names;
    ASSERT_TRUE(rocksdb::DB::ListColumnFamilies(rocksdb::Options(), folder.Path(), &names).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const std::string& name : names) families.emplace_back(name, rocksdb::ColumnFamilyOptions());
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* db = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(rocksdb::DBOptions(), folder.Path(), families, &handles, &db).ok());
    rocksdb::ColumnFamilyHandle* added = nullptr;
    ASSERT_TRUE(db->CreateColumnFamily(rocksdb::ColumnFamilyOptions(), "from-the-future", &added).ok());
    handles.push_back(added);
    for (auto* handle : handles) ASSERT_TRUE(db->DestroyColumnFamilyHandle(handle).ok());
    delete db;
  }
  const absl::Status status = OpenRocksStore(folder.Path(), false).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("newer version"));
}

// A store with something in a table file.
void MakeFlushedStore(const std::string& directory) {
  auto store = OpenOrDie(directory, true);
  ASSERT_TRUE(store->Write(Put(TableId::kLog, {{"a", std::string(1000, 'x')}}), Durability::kSynced).ok());
  ASSERT_TRUE(store->Flush().ok());
}

TEST(RocksStore, ReadingChangesNothingAndKeepsOthersAway) {
  TempFolder folder;
  MakeFlushedStore(folder.Path());
  auto running = OpenOrDie(folder.Path(), false);
  ASSERT_TRUE(
      running->Write(Put(TableId::kLog, {{"b", "in the write-ahead log"}}), Durability::kSynced).ok());
  EXPECT_EQ(OpenRocksStoreForReading(folder.Path()).status().code(), absl::StatusCode::kFailedPrecondition);
  const std::string image = folder.Path("image");
  fs::copy(folder.Path(), image);
  running.reset();
  fs::remove(image + "/LOCK");
  std::ofstream(image + "/LOCK").flush();

  const auto before = FilesOf(image);
  {
    const auto store = OpenRocksStoreForReading(image);
    ASSERT_TRUE(store.ok()) << store.status();
    EXPECT_EQ(RowsOf((*store)->NewCursor(TableId::kLog)).size(), 2u);
    EXPECT_EQ((*store)->Get(TableId::kLog, "b")->value(), "in the write-ahead log");
    EXPECT_TRUE((*store)->VerifyFiles().ok());
    EXPECT_FALSE((*store)->Write(Put(TableId::kLog, {{"c", "1"}}), Durability::kSynced).ok());
  }
  EXPECT_TRUE(FilesOf(image) == before);
  const auto reading = OpenRocksStoreForReading(image);
  ExpectTurnedAway(image);
}

TEST(RocksStore, AStoreOfAnOlderVersionIsReadWithItsTablesAlone) {
  TempFolder folder;
  {
    rocksdb::DB* db = nullptr;
    rocksdb::Options options;
    options.create_if_missing = true;
    ASSERT_TRUE(rocksdb::DB::Open(options, folder.Path(), &db).ok());
    rocksdb::ColumnFamilyHandle* log = nullptr;
    ASSERT_TRUE(db->CreateColumnFamily({}, "log", &log).ok());
    ASSERT_TRUE(db->Put({}, log, "a", "1").ok());
    ASSERT_TRUE(db->DestroyColumnFamilyHandle(log).ok());
    delete db;
  }
  const auto store = OpenRocksStoreForReading(folder.Path());
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ(RowsOf((*store)->NewCursor(TableId::kLog)), (Rows{{"a", "1"}}));
  EXPECT_TRUE(RowsOf((*store)->NewCursor(TableId::kCheckpoints)).empty());
}

TEST(RocksStore, AFlippedByteOfATableFileIsFoundWhereverItIs) {
  TempFolder folder;
  {
    auto store = OpenOrDie(folder.Path(), true);
    for (char c = 'a'; c <= 'z'; ++c) {
      const WriteBatch batch = Put(TableId::kLog, {{std::string(1, c), std::string(9'000, c)}});
      ASSERT_TRUE(store->Write(batch, Durability::kSynced).ok());
    }
    ASSERT_TRUE(store->Flush().ok());
  }
  for (const auto& file : fs::directory_iterator(folder.Path())) {
    if (file.path().extension() != ".sst") continue;
    std::fstream table(file.path(), std::ios::in | std::ios::out | std::ios::binary);
    table.seekg(700);
    const int byte = table.get();
    table.seekp(700);
    table.put(static_cast<char>(byte ^ 4));
  }
  const auto store = OpenRocksStoreForReading(folder.Path());
  ASSERT_TRUE(store.ok()) << store.status();
  const absl::Status status = (*store)->VerifyFiles();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr(".sst"));
}

TEST(RocksStore, LostCurrentFileIsDamageAndNotAnEmptyFolder) {
  TempFolder folder;
  MakeFlushedStore(folder.Path());
  fs::remove(fs::path(folder.Path()) / "CURRENT");
  EXPECT_EQ(OpenRocksStore(folder.Path(), true).status().code(), absl::StatusCode::kDataLoss);
  // Also where all there is stands in the write-ahead log.
  auto crashed = OpenOrDie(folder.Path("young"), true);
  ASSERT_TRUE(crashed->Write(Put(TableId::kLog, {{"a", "1"}}), Durability::kSynced).ok());
  const std::string image = folder.Path("image");
  fs::copy(folder.Path("young"), image);
  fs::remove(fs::path(image) / "CURRENT");
  EXPECT_EQ(OpenRocksStore(image, true).status().code(), absl::StatusCode::kDataLoss);
}

TEST(RocksStore, MakingThatWasCutShortIsFinished) {
  TempFolder folder;
  fs::create_directory(folder.Path());
  std::ofstream(folder.Path() + "/MANIFEST-000001") << "half";
  EXPECT_NE(OpenOrDie(folder.Path(), true), nullptr);
}

TEST(RocksStore, DamagedFilesAreNamed) {
  TempFolder folder;
  MakeFlushedStore(folder.Path());
  for (const auto& file : fs::directory_iterator(folder.Path())) {
    if (file.path().extension() == ".sst") fs::resize_file(file.path(), 10);
  }
  const absl::Status status = OpenRocksStore(folder.Path(), false).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr(".sst"));
}

TEST(RocksStore, ByteFlippedAmongSyncedCommitsIsNotPassedOverInSilence) {
  TempFolder folder;
  auto crashed = OpenOrDie(folder.Path(), true);
  for (char c = 'a'; c <= 'z'; ++c) {
    ASSERT_TRUE(
        crashed->Write(Put(TableId::kLog, {{std::string(1, c), std::string(100, c)}}), Durability::kSynced)
            .ok());
  }
  const std::string image = CrashImageOf(folder);
  for (const auto& file : fs::directory_iterator(image)) {
    if (file.path().extension() != ".log" || fs::file_size(file.path()) < 2000) continue;
    std::fstream log(file.path(), std::ios::in | std::ios::out | std::ios::binary);
    log.seekp(1000);
    log.put('!');
  }
  EXPECT_EQ(OpenRocksStore(image, false).status().code(), absl::StatusCode::kDataLoss);
}

TEST(RocksStore, TornLastWriteIsDroppedAndWhatWasSyncedBeforeStays) {
  TempFolder folder;
  auto crashed = OpenOrDie(folder.Path(), true);
  ASSERT_TRUE(crashed->Write(Put(TableId::kLog, {{"a", std::string(1000, 'a')}}), Durability::kSynced).ok());
  ASSERT_TRUE(crashed->Write(Put(TableId::kLog, {{"b", std::string(1000, 'b')}}), Durability::kSynced).ok());
  const std::string image = CrashImageOf(folder);
  for (const auto& file : fs::directory_iterator(image)) {
    if (file.path().extension() == ".log" && fs::file_size(file.path()) > 2000)
      fs::resize_file(file.path(), 1500);
  }
  auto store = OpenOrDie(image, false);
  ASSERT_NE(store, nullptr);
  const Rows rows = RowsOf(store->NewCursor(TableId::kLog));
  EXPECT_THAT(rows, testing::ElementsAre(testing::Key("a")));
}

TEST(Bytes, VarintsRoundTripInTheirShortestFormOnly) {
  for (uint64_t value : {uint64_t{0}, uint64_t{127}, uint64_t{128}, uint64_t{1} << 35, UINT64_MAX}) {
    std::string bytes;
    AppendVarint(&bytes, value);
    uint64_t read = 0;
    ByteReader reader(bytes);
    EXPECT_TRUE(reader.Varint(&read));
    EXPECT_EQ(read, value);
    EXPECT_TRUE(reader.empty());
    EXPECT_FALSE(ByteReader(std::string_view(bytes).substr(0, bytes.size() - 1)).Varint(&read));
  }
  uint64_t ignored;
  EXPECT_FALSE(ByteReader(std::string_view("\x80\x00", 2)).Varint(&ignored));
  EXPECT_FALSE(ByteReader("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02").Varint(&ignored));
  EXPECT_FALSE(ByteReader("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01").Varint(&ignored));
}

TEST(Bytes, SignedNumbersAndKeysRoundTrip) {
  for (int64_t value : {int64_t{0}, int64_t{-1}, int64_t{1}, INT64_MIN, INT64_MAX}) {
    std::string bytes;
    AppendZigzag(&bytes, value);
    int64_t read = 0;
    EXPECT_TRUE(ByteReader(bytes).Zigzag(&read));
    EXPECT_EQ(read, value);
  }
  std::string bytes;
  AppendBigEndian(&bytes, 0x0102, 2);
  AppendLittleEndian(&bytes, 0x0102, 2);
  EXPECT_EQ(bytes, "\x01\x02\x02\x01");
  uint64_t read;
  EXPECT_FALSE(ByteReader(bytes).BigEndian(&read));
}

}  // namespace
}  // namespace redvest
