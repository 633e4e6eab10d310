#include "ledger/storage/store_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <algorithm>
#include <set>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/storage/store.h"
#include "tests/unit/storage/temp_folder.h"

namespace redvest {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr size_t kBlockBytes = 32 * 1024;
constexpr size_t kHeaderBytes = 7;

// Files of a kind, by name, which is by age.
std::vector<fs::path> FilesLike(const std::string& directory, const std::string& part) {
  std::vector<fs::path> files;
  for (const auto& file : fs::directory_iterator(directory)) {
    if (file.path().filename().string().find(part) != std::string::npos) files.push_back(file.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string Flipped(std::string bytes, size_t bit) {
  bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
  return bytes;
}

// Where the headers of a sound file's fragments start.
std::vector<size_t> HeadersOf(const std::string& file) {
  std::vector<size_t> headers;
  for (size_t at = 0; at + kHeaderBytes <= file.size();) {
    const size_t left = kBlockBytes - at % kBlockBytes;
    if (left < kHeaderBytes) {
      at += left;
      continue;
    }
    headers.push_back(at);
    uint64_t length = 0;
    (void)ByteReader(std::string_view(file).substr(at + 4)).LittleEndian(&length, 2);
    at += kHeaderBytes + length;
  }
  return headers;
}

void Commit(Store* store, int number, size_t bytes) {
  const std::string key = std::to_string(1'000'000 + number);
  const WriteBatch batch{.table = TableId::kLog, .puts = {{key, std::string(bytes, 'x')}}, .deletes = {}};
  ASSERT_TRUE(store->Write(batch, Durability::kSynced).ok());
}

size_t CommitsIn(const Store& store) {
  size_t commits = 0;
  const auto cursor = store.NewCursor(TableId::kLog);
  for (cursor->Seek({}); cursor->Valid(); cursor->Next()) ++commits;
  EXPECT_TRUE(cursor->status().ok());
  return commits;
}

void ExpectRefused(const std::string& directory, const std::string& what) {
  const auto before = FilesOf(directory);
  for (const bool to_write : {false, true}) {
    const absl::Status status =
        (to_write ? OpenRocksStore(directory, true) : OpenRocksStoreForReading(directory)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << what << ": " << status;
    EXPECT_THAT(std::string(status.message()), testing::AllOf(HasSubstr(what), HasSubstr("restore")));
  }
  EXPECT_TRUE(FilesOf(directory) == before) << "the start changed a folder that it refused";
}

// A store with 40 commits of many sizes in one write-ahead log of a few blocks, still open.
class StoreFiles : public testing::Test {
 protected:
  static constexpr int kCommits = 40;

  StoreFiles() : random_(SeededRandom()), store_(*OpenRocksStore(folder_.Path(), true)) {
    for (int i = 1; i <= kCommits; ++i) {
      Commit(store_.get(), i, i % 10 == 0 ? 20'000 + random_() % 20'000 : 20 + random_() % 400);
      // Takes a sequence that is not in the write-ahead log.
      const WriteBatch other{.table = TableId::kDays, .puts = {{"k", std::to_string(i)}}, .deletes = {}};
      if (i % 3 == 0) {
        EXPECT_TRUE(store_->Write(other, Durability::kRebuildable).ok());
      }
    }
    image_ = CrashImageOf(folder_);
    log_ = FilesLike(image_, ".log").back();
    bytes_ = ReadFile(log_);
  }

  void ExpectNoticed(const fs::path& file, const std::string& bytes, size_t bit) {
    WriteFile(file, Flipped(bytes, bit));
    const absl::Status status = CheckStoreFiles(image_);
    ASSERT_EQ(status.code(), absl::StatusCode::kDataLoss)
        << file << ", bit " << bit % 8 << " of byte " << bit / 8 << ": " << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(file.string()));
  }

  TempFolder folder_;
  std::mt19937_64 random_;
  const std::unique_ptr<Store> store_;
  std::string image_;
  fs::path log_;       // in image_
  std::string bytes_;  // its
};

TEST_F(StoreFiles, EveryCopyOfAStoreThatIsWrittenOpens) {
  for (int i = 1; i <= 30; ++i) {
    Commit(store_.get(), kCommits + i, random_() % 3'000);
    if (i % 7 == 0) {
      ASSERT_TRUE(store_->Flush().ok());
    }
    const auto copy = random_() % 2 == 0 ? OpenRocksStoreForReading(CrashImageOf(folder_))
                                         : OpenRocksStore(CrashImageOf(folder_), false);
    ASSERT_TRUE(copy.ok()) << copy.status();
    ASSERT_EQ(CommitsIn(**copy), static_cast<size_t>(kCommits + i));
  }
}

TEST_F(StoreFiles, EveryFlippedBitOfEveryHeaderIsNoticed) {
  const std::vector<size_t> headers = HeadersOf(bytes_);
  EXPECT_GT(headers.size(), static_cast<size_t>(kCommits));
  for (const size_t header : headers) {
    for (size_t bit = 8 * header; bit < 8 * (header + kHeaderBytes); ++bit) {
      ExpectNoticed(log_, bytes_, bit);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_F(StoreFiles, FlippedBitsAnywhereAreNoticed) {
  for (int i = 0; i < 5'000; ++i) {
    const size_t bit = random_() % (8 * bytes_.size());
    // What stands between the last fragment of a block and its end says nothing.
    const std::vector<size_t> headers = HeadersOf(bytes_);
    const size_t block_end = (bit / 8 / kBlockBytes + 1) * kBlockBytes;
    if (bit / 8 + kHeaderBytes > block_end && std::count(headers.begin(), headers.end(), block_end) > 0)
      continue;
    ExpectNoticed(log_, bytes_, bit);
    if (HasFatalFailure()) return;
  }
}

TEST_F(StoreFiles, BothWaysToOpenRefuseAFlippedHeaderAndChangeNothing) {
  const std::vector<size_t> headers = HeadersOf(bytes_);
  for (int i = 0; i < 12; ++i) {
    const size_t header = headers[random_() % headers.size()];
    WriteFile(log_, Flipped(bytes_, 8 * header + random_() % (8 * kHeaderBytes)));
    ExpectRefused(image_, log_.string());
  }
  // The lengths of the last records, which RocksDB takes for the end: what this is all for.
  WriteFile(log_, Flipped(bytes_, 8 * (headers[headers.size() - 2] + 5)));
  ExpectRefused(image_, log_.string());
  WriteFile(log_, Flipped(bytes_, 8 * (headers.back() + 5)));
  ExpectRefused(image_, log_.string());
}

TEST_F(StoreFiles, CutAnywhereTheStoreOpensWithTheCommitsBefore) {
  const std::vector<size_t> headers = HeadersOf(bytes_);
  for (size_t size = bytes_.size(); size > 0;
       size -= std::min<size_t>(size, size > bytes_.size() - 2'000 ? 1 : 97)) {
    fs::resize_file(log_, size - 1);
    const absl::Status status = CheckStoreFiles(image_);
    ASSERT_TRUE(status.ok()) << "cut at " << size - 1 << ": " << status;
    WriteFile(log_, bytes_);
  }
  for (int i = 0; i < 10; ++i) {
    const size_t size = random_() % bytes_.size();
    fs::resize_file(log_, size);
    const auto store = OpenRocksStoreForReading(image_);
    ASSERT_TRUE(store.ok()) << store.status();
    // A commit's key is in the first fragment of its batch, right behind header and batch's header.
    size_t whole = 0;
    for (int commit = 1; commit <= kCommits; ++commit) {
      const std::string next = std::to_string(1'000'000 + commit + 1);
      const size_t next_key = commit < kCommits ? bytes_.find(next) : std::string::npos;
      const size_t next_batch = next_key == std::string::npos
                                    ? bytes_.size()
                                    : *std::prev(std::upper_bound(headers.begin(), headers.end(), next_key));
      if (next_batch <= size) ++whole;
    }
    EXPECT_EQ(CommitsIn(**store), whole) << "cut at " << size;
    WriteFile(log_, bytes_);
  }
}

TEST_F(StoreFiles, EveryFlippedBitOfTheManifestIsNoticed) {
  const fs::path manifest = FilesLike(image_, "MANIFEST").back();
  const std::string bytes = ReadFile(manifest);
  ASSERT_LT(bytes.size(), kBlockBytes);
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    ExpectNoticed(manifest, bytes, bit);
    if (HasFatalFailure()) return;
  }
  ExpectRefused(image_, manifest.string());
}

TEST_F(StoreFiles, ALostWriteAheadLogIsMissed) {
  fs::remove(log_);
  ExpectRefused(image_, "lost its newest write-ahead log");
}

TEST_F(StoreFiles, ALogThatWasTornAtAnEarlierStartIsPassedOver) {
  const std::vector<size_t> headers = HeadersOf(bytes_);
  fs::resize_file(log_, headers.back() + kHeaderBytes);
  const std::string torn = ReadFile(log_);
  const auto store = OpenRocksStore(image_, false);
  ASSERT_TRUE(store.ok()) << store.status();
  Commit(store->get(), kCommits, 100);
  // As if the process had died before it deleted the file.
  WriteFile(log_, torn);
  const std::string again = folder_.Path("again");
  fs::copy(image_, again);
  const auto reading = OpenRocksStoreForReading(again);
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_EQ(CommitsIn(**reading), static_cast<size_t>(kCommits));
}

// A store with two logs that would be replayed, as when one table was flushed and another was not.
class TwoLogs : public testing::Test {
 protected:
  TwoLogs() {
    {
      const auto store = *OpenRocksStore(folder_.Path(), true);
      Commit(store.get(), 1, 100);
    }
    std::vector<std::string> names;
    EXPECT_TRUE(rocksdb::DB::ListColumnFamilies(rocksdb::Options(), folder_.Path(), &names).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const std::string& name : names) families.emplace_back(name, rocksdb::ColumnFamilyOptions());
    rocksdb::DBOptions options;
    options.track_and_verify_wals_in_manifest = true;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* db = nullptr;
    EXPECT_TRUE(rocksdb::DB::Open(options, folder_.Path(), families, &handles, &db).ok());
    const auto handle = [&](const std::string& name) {
      return handles[static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin())];
    };
    rocksdb::WriteOptions synced;
    synced.sync = true;
    EXPECT_TRUE(db->Put(synced, handle("checkpoints"), "kept", "only in the first log").ok());
    EXPECT_TRUE(db->Put(synced, handle("log"), "2", "flushed").ok());
    EXPECT_TRUE(db->Flush({}, handle("log")).ok());
    EXPECT_TRUE(db->Put(synced, handle("log"), "3", std::string(200, 'x')).ok());
    EXPECT_TRUE(db->Put(synced, handle("log"), "4", std::string(200, 'y')).ok());
    image_ = CrashImageOf(folder_);
    for (auto* opened : handles) EXPECT_TRUE(db->DestroyColumnFamilyHandle(opened).ok());
    delete db;
    for (const fs::path& log : FilesLike(image_, ".log")) {
      if (fs::file_size(log) > 0) logs_.push_back(log);
    }
    EXPECT_EQ(logs_.size(), 2u);
  }

  TempFolder folder_;
  std::string image_;
  std::vector<fs::path> logs_;
};

TEST_F(TwoLogs, AreBothRead) {
  const auto store = OpenRocksStoreForReading(image_);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ(CommitsIn(**store), 4u);
  EXPECT_EQ((*store)->Get(TableId::kCheckpoints, "kept")->value(), "only in the first log");
}

TEST_F(TwoLogs, MissingOnesAreMissed) {
  const std::string second = ReadFile(logs_[1]);
  fs::remove(logs_[1]);
  ExpectRefused(image_, "lost its newest write-ahead log");
  WriteFile(logs_[1], second);
  fs::remove(logs_[0]);
  EXPECT_EQ(OpenRocksStoreForReading(image_).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(OpenRocksStore(image_, false).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(TwoLogs, OnlyTheNewestMayBeCutOff) {
  const std::string first = ReadFile(logs_[0]);
  fs::resize_file(logs_[0], first.size() - 1);
  ExpectRefused(image_, logs_[0].string());
  // At the end of a batch there is nothing to be seen but the size that RocksDB kept.
  fs::resize_file(logs_[0], HeadersOf(first).back());
  EXPECT_EQ(OpenRocksStoreForReading(image_).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(OpenRocksStore(image_, false).status().code(), absl::StatusCode::kDataLoss);
  WriteFile(logs_[0], first);
  fs::resize_file(logs_[1], fs::file_size(logs_[1]) - 1);
  EXPECT_TRUE(OpenRocksStoreForReading(image_).ok());
}

TEST_F(TwoLogs, SwappedOnesAreNoticed) {
  fs::rename(logs_[0], image_ + "/aside");
  fs::rename(logs_[1], logs_[0]);
  fs::rename(image_ + "/aside", logs_[1]);
  ExpectRefused(image_, "a batch comes before one that was written earlier");
}

TEST(StoreFilesOfNoStore, AreLeftToRocks) {
  TempFolder folder;
  EXPECT_TRUE(CheckStoreFiles(folder.Path()).ok());
  fs::create_directory(folder.Path());
  for (const char* current : {"", "MANIFEST-000001\n", "rubbish", "MANIFEST-"}) {
    WriteFile(folder.Path() + "/CURRENT", current);
    EXPECT_TRUE(CheckStoreFiles(folder.Path()).ok());
  }
}

}  // namespace
}  // namespace redvest
