#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"
#include "ledger/storage/store.h"
#include "ledger/storage/store_files.h"

namespace redvest {
namespace {

namespace fs = std::filesystem;

// Names of the column families are stored: they are never used again for something else.
constexpr std::array<const char*, kTableCount> kTableNames = {"log",  "state", "accounts", "serials",
                                                              "days", "tree",  "calendar", "checkpoints"};

constexpr size_t kMiB = 1024 * 1024;

// A write of so many rows is worth a file of its own.
constexpr size_t kBulkRowsMin = 20'000;
// Of such a file until it is one of the table's.
constexpr char kBulkFileSuffix[] = ".bulk";

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view FromSlice(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// The status of an operation on a store that is open.
absl::Status Wrap(const rocksdb::Status& status) {
  if (status.ok()) return absl::OkStatus();
  if (status.IsCorruption()) return absl::DataLossError(status.ToString());
  if (status.IsNoSpace()) return absl::ResourceExhaustedError(status.ToString());
  if (status.IsIOError()) return absl::UnavailableError(status.ToString());
  return absl::InternalError(status.ToString());
}

absl::Status WrapOpen(const std::string& directory, const rocksdb::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = status.ToString();
  if (absl::StrContains(text, "/LOCK: Resource temporarily unavailable") ||
      absl::StrContains(text, "lock hold by current process")) {
    return absl::FailedPreconditionError(absl::StrCat("another process has the ledger in ", directory,
                                                      " open: stop it, or choose another folder"));
  }
  if (status.IsInvalidArgument()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the store in ", directory,
                     " was written by a newer version of this program: use that version (", text, ")"));
  }
  if (status.IsNoSpace()) {
    return absl::ResourceExhaustedError(absl::StrCat("no space is left for the store in ", directory,
                                                     ": make room and start again (", text, ")"));
  }
  return absl::DataLossError(absl::StrCat("the store in ", directory,
                                          " cannot be read: restore it from a copy, or repair the disk (",
                                          text, ")"));
}

absl::StatusOr<std::optional<std::string>> WrapGet(const rocksdb::Status& status, std::string value) {
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return Wrap(status);
  return value;
}

rocksdb::DBOptions MakeDbOptions() {
  rocksdb::DBOptions options;
  options.create_missing_column_families = true;
  options.paranoid_checks = true;
  // A record that was synced is never dropped in silence: only a torn tail, which nobody was told of, may go.
  // With the default, point-in-time recovery, damage in the middle would take all that follows it along.
  // Headers that this mode takes for such a tail are found out by CheckStoreFiles.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // A log that is no longer written may neither be missing nor be shorter than it was.
  options.track_and_verify_wals_in_manifest = true;
  options.max_open_files = 512;
  options.max_background_jobs = 2;
  // The write-ahead log may grow by this much for tables that are not in it and seldom flushed. Also how much
  // of the log such a table must follow again after a crash: some 800,000 events.
  options.max_total_wal_size = 32 * kMiB;
  // Of all tables together; the largest is written out before they take more.
  options.db_write_buffer_size = 64 * kMiB;
  options.bytes_per_sync = kMiB;
  options.keep_log_file_num = 3;
  options.max_log_file_size = 4 * kMiB;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  return options;
}

rocksdb::ColumnFamilyOptions MakeTableOptions(TableId table, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions options;
  options.compression = rocksdb::kLZ4Compression;
  options.write_buffer_size = (table == TableId::kLog || table == TableId::kAccounts ? 32 : 16) * kMiB;
  options.level_compaction_dynamic_level_bytes = true;
  if (table != TableId::kLog && table != TableId::kCheckpoints) {
    // Their rows are written over and over, in files of many: joining more of these at once writes each row
    // less often. And RocksDB never slows down the log because it has not yet tidied a projection.
    options.level0_file_num_compaction_trigger = 10;
    options.level0_slowdown_writes_trigger = 60;
    options.level0_stop_writes_trigger = 100;
  }
  rocksdb::BlockBasedTableOptions blocks;
  blocks.block_cache = cache;
  // Rows that are looked up one by one, often in vain.
  if (table == TableId::kAccounts || table == TableId::kDays) {
    blocks.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  }
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(blocks));
  return options;
}

// RocksDB's own default family, which stays empty, then all tables.
std::vector<rocksdb::ColumnFamilyDescriptor> AllFamilies() {
  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(64 * kMiB);
  std::vector<rocksdb::ColumnFamilyDescriptor> families = {
      {rocksdb::kDefaultColumnFamilyName, rocksdb::ColumnFamilyOptions()}};
  for (int i = 0; i < kTableCount; ++i) {
    families.emplace_back(kTableNames[static_cast<size_t>(i)],
                          MakeTableOptions(static_cast<TableId>(i), cache));
  }
  return families;
}

class RocksCursor final : public StoreCursor {
 public:
  explicit RocksCursor(std::unique_ptr<rocksdb::Iterator> iterator) : iterator_(std::move(iterator)) {}

  void Seek(std::string_view key) override { iterator_->Seek(ToSlice(key)); }
  void SeekForPrev(std::string_view key) override { iterator_->SeekForPrev(ToSlice(key)); }
  void Next() override { iterator_->Next(); }
  bool Valid() const override { return iterator_->Valid(); }
  std::string_view key() const override { return FromSlice(iterator_->key()); }
  std::string_view value() const override { return FromSlice(iterator_->value()); }
  absl::Status status() const override { return Wrap(iterator_->status()); }

 private:
  const std::unique_ptr<rocksdb::Iterator> iterator_;
};

using Handles = std::array<rocksdb::ColumnFamilyHandle*, kTableCount>;

// Reads from `db`, as it is now or as `snapshot` saw it.
class RocksReader {
 public:
  RocksReader(rocksdb::DB* db, const Handles& handles, const rocksdb::Snapshot* snapshot)
      : db_(db), handles_(handles), snapshot_(snapshot) {}

  absl::StatusOr<std::optional<std::string>> Get(TableId table, std::string_view key) const {
    std::string value;
    const rocksdb::Status status = db_->Get(OptionsFor(table), HandleOf(table), ToSlice(key), &value);
    return WrapGet(status, std::move(value));
  }

  std::unique_ptr<StoreCursor> NewCursor(TableId table) const {
    return std::make_unique<RocksCursor>(
        std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(OptionsFor(table), HandleOf(table))));
  }

  rocksdb::ColumnFamilyHandle* HandleOf(TableId table) const { return handles_[static_cast<size_t>(table)]; }

 private:
  rocksdb::ReadOptions OptionsFor(TableId table) const {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot_;
    // These are read in long runs that would drive everything else out of the cache.
    options.fill_cache = table != TableId::kLog && table != TableId::kState;
    return options;
  }

  rocksdb::DB* const db_;
  const Handles handles_;
  const rocksdb::Snapshot* const snapshot_;
};

class RocksSnapshot final : public StoreSnapshot {
 public:
  RocksSnapshot(rocksdb::DB* db, const Handles& handles)
      : db_(db), snapshot_(db->GetSnapshot()), reader_(db, handles, snapshot_) {}
  ~RocksSnapshot() override { db_->ReleaseSnapshot(snapshot_); }

  absl::StatusOr<std::optional<std::string>> Get(TableId table, std::string_view key) const override {
    return reader_.Get(table, key);
  }
  std::unique_ptr<StoreCursor> NewCursor(TableId table) const override { return reader_.NewCursor(table); }

 private:
  rocksdb::DB* const db_;
  const rocksdb::Snapshot* const snapshot_;
  const RocksReader reader_;
};

// RocksDB's own diary would be a file in the folder.
class NoDiary final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

// Keeps other processes away from a store that is not opened to be written, which RocksDB then does by
// itself.
class FolderLock {
 public:
  FolderLock() = default;
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock() {
    if (lock_ != nullptr) (void)rocksdb::Env::Default()->UnlockFile(lock_);
  }

  absl::Status Take(const std::string& directory) {
    const rocksdb::Status status = rocksdb::Env::Default()->LockFile(directory + "/LOCK", &lock_);
    const absl::Status wrapped = WrapOpen(directory, status);
    // A folder that cannot be written is nobody's to write.
    return absl::IsFailedPrecondition(wrapped) ? wrapped : absl::OkStatus();
  }

 private:
  rocksdb::FileLock* lock_ = nullptr;
};

class RocksStore final : public Store {
 public:
  // Takes over `db`, the handles that were `opened` for it, and the lock, if it is held apart from it.
  RocksStore(rocksdb::DB* db, std::vector<rocksdb::ColumnFamilyHandle*> opened, const Handles& handles,
             std::unique_ptr<FolderLock> lock)
      : lock_(std::move(lock)),
        db_(db),
        opened_(std::move(opened)),
        handles_(handles),
        reader_(db, handles, nullptr) {}

  ~RocksStore() override {
    for (rocksdb::ColumnFamilyHandle* handle : opened_) db_->DestroyColumnFamilyHandle(handle);
    // Flushes what is not in the write-ahead log; where that fails it is rebuilt from the log at the next
    // start.
    (void)db_->Close();
  }

  absl::Status Write(const WriteBatch& batch, Durability durability) override {
    rocksdb::ColumnFamilyHandle* const handle = reader_.HandleOf(batch.table);
    const bool is_plain = batch.deletes.empty() && !batch.clear_first;
    if (durability == Durability::kRebuildable && is_plain && batch.puts.size() >= kBulkRowsMin) {
      return WriteFile(batch, handle);
    }
    rocksdb::WriteBatch writes;
    if (batch.clear_first) {
      if (absl::Status status = Clear(batch.table, &writes); !status.ok()) return status;
    }
    // In key order, which a memtable takes several times faster; of one key the last put counts.
    std::vector<const std::pair<std::string, std::string>*> puts;
    puts.reserve(batch.puts.size());
    for (const auto& put : batch.puts) puts.push_back(&put);
    const auto by_key = [](const auto* a, const auto* b) { return a->first < b->first; };
    if (!std::is_sorted(puts.begin(), puts.end(), by_key)) std::stable_sort(puts.begin(), puts.end(), by_key);
    for (const auto* put : puts) {
      if (absl::Status status = Wrap(writes.Put(handle, put->first, put->second)); !status.ok())
        return status;
    }
    for (const std::string& key : batch.deletes) {
      if (absl::Status status = Wrap(writes.Delete(handle, key)); !status.ok()) return status;
    }
    rocksdb::WriteOptions options;
    options.sync = durability == Durability::kSynced;
    options.disableWAL = durability == Durability::kRebuildable;
    return Wrap(db_->Write(options, &writes));
  }

  absl::StatusOr<std::optional<std::string>> Get(TableId table, std::string_view key) const override {
    return reader_.Get(table, key);
  }
  std::unique_ptr<StoreCursor> NewCursor(TableId table) const override { return reader_.NewCursor(table); }
  std::unique_ptr<StoreSnapshot> Snapshot() const override {
    return std::make_unique<RocksSnapshot>(db_.get(), handles_);
  }

  absl::Status Flush() override {
    return Wrap(db_->Flush(rocksdb::FlushOptions(), {handles_.begin(), handles_.end()}));
  }
  absl::Status VerifyFiles() const override {
    const std::unique_ptr<rocksdb::Iterator> rows(
        db_->NewIterator(rocksdb::ReadOptions(), db_->DefaultColumnFamily()));
    rows->SeekToFirst();
    if (rows->Valid())
      return absl::DataLossError("the store holds rows in a table that is none of a ledger's");
    if (!rows->status().ok()) return Wrap(rows->status());
    return Wrap(db_->VerifyChecksum(rocksdb::ReadOptions()));
  }

 private:
  using Put = std::pair<std::string, std::string>;

  // In key order, which a memtable takes several times faster; of one key the last put alone.
  static std::vector<const Put*> InOrder(const std::vector<Put>& puts) {
    std::vector<const Put*> ordered;
    ordered.reserve(puts.size());
    for (const Put& put : puts) ordered.push_back(&put);
    const auto less = [](const Put* a, const Put* b) { return a->first < b->first; };
    if (!std::is_sorted(ordered.begin(), ordered.end(), less)) {
      std::stable_sort(ordered.begin(), ordered.end(), less);
    }
    const auto same = [](const Put* a, const Put* b) { return a->first == b->first; };
    // From the end, because unique() keeps the first of each key.
    ordered.erase(ordered.begin(), std::unique(ordered.rbegin(), ordered.rend(), same).base());
    return ordered;
  }

  // Many rows at once, as a file of the table: they take a third of the time of a memtable, and the log's own
  // writes need not wait for them.
  absl::Status WriteFile(const WriteBatch& batch, rocksdb::ColumnFamilyHandle* handle) {
    // What was written before comes to the disk before what follows on it: rows of a memtable that are not in
    // the write-ahead log would be lost in a crash after which the file is still there.
    if (absl::Status status = Wrap(db_->Flush(rocksdb::FlushOptions(), handle)); !status.ok()) return status;
    const std::string path = absl::StrCat(db_->GetName(), "/", handle->GetName(), kBulkFileSuffix);
    // After a crash the name may still be a second one of a file that is the table's by now: writing to it
    // would be writing to the table.
    std::error_code error;
    fs::remove(path, error);
    if (error || fs::exists(path, error)) {
      return absl::UnavailableError(absl::StrCat("the file ", path, " is in the way and cannot be removed"));
    }
    rocksdb::SstFileWriter file(rocksdb::EnvOptions(), db_->GetOptions(handle), handle);
    rocksdb::Status status = file.Open(path);
    for (const Put* put : InOrder(batch.puts)) {
      if (status.ok()) status = file.Put(put->first, put->second);
    }
    if (status.ok()) status = file.Finish();
    rocksdb::IngestExternalFileOptions options;
    options.move_files = true;
    if (status.ok()) status = db_->IngestExternalFile(handle, {path}, options);
    fs::remove(path, error);  // after an error it is still there
    return Wrap(status);
  }

  // Deletes the rows that are there now. Later operations of the same batch come after it, so its puts stay.
  absl::Status Clear(TableId table, rocksdb::WriteBatch* writes) const {
    const std::unique_ptr<rocksdb::Iterator> last(
        db_->NewIterator(rocksdb::ReadOptions(), reader_.HandleOf(table)));
    last->SeekToLast();
    if (!last->Valid()) return Wrap(last->status());
    const std::string end = last->key().ToString() + '\0';
    return Wrap(writes->DeleteRange(reader_.HandleOf(table), "", end));
  }

  const std::unique_ptr<FolderLock> lock_;
  const std::unique_ptr<rocksdb::DB> db_;
  const std::vector<rocksdb::ColumnFamilyHandle*> opened_;
  const Handles handles_;
  const RocksReader reader_;
};

// Whether `directory` holds a store. One that lost its CURRENT file must not pass for none, or a new ledger
// would be founded over it; a store whose making was cut short has no tables yet and does.
absl::StatusOr<bool> StoreExists(const std::string& directory) {
  std::error_code error;
  if (fs::exists(fs::path(directory) / "CURRENT", error)) return true;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".sst" || it->path().extension() == ".log") {
      return absl::DataLossError(absl::StrCat("the store in ", directory,
                                              " has lost its file CURRENT: restore the folder from a copy"));
    }
  }
  return false;
}

// RocksDB takes the lock, replays and deletes in one step. Whoever comes in between checks as well.
absl::Status CheckUnderLock(const std::string& directory) {
  FolderLock lock;
  REDVEST_RETURN_IF_ERROR(lock.Take(directory));
  return CheckStoreFiles(directory);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenRocksStore(const std::string& directory, bool create) {
  const absl::StatusOr<bool> exists = StoreExists(directory);
  if (!exists.ok()) return exists.status();
  if (!*exists) {
    if (!create) return absl::NotFoundError(absl::StrCat("there is no ledger in ", directory));
    std::error_code error;
    fs::create_directories(directory, error);
    if (error) {
      return absl::PermissionDeniedError(
          absl::StrCat("the folder ", directory, " cannot be made: ", error.message()));
    }
  }
  if (*exists) REDVEST_RETURN_IF_ERROR(CheckUnderLock(directory));
  rocksdb::DBOptions options = MakeDbOptions();
  options.create_if_missing = create;
  std::vector<rocksdb::ColumnFamilyHandle*> opened;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(options, directory, AllFamilies(), &opened, &db);
  if (!status.ok()) return WrapOpen(directory, status);
  Handles handles;
  std::copy(opened.begin() + 1, opened.end(), handles.begin());
  return std::make_unique<RocksStore>(db, std::move(opened), handles, nullptr);
}

absl::StatusOr<std::unique_ptr<Store>> OpenRocksStoreForReading(const std::string& directory) {
  const absl::StatusOr<bool> exists = StoreExists(directory);
  if (!exists.ok()) return exists.status();
  if (!*exists) return absl::NotFoundError(absl::StrCat("there is no ledger in ", directory));
  auto lock = std::make_unique<FolderLock>();
  REDVEST_RETURN_IF_ERROR(lock->Take(directory));
  REDVEST_RETURN_IF_ERROR(CheckStoreFiles(directory));
  rocksdb::DBOptions options = MakeDbOptions();
  options.info_log = std::make_shared<NoDiary>();
  std::vector<std::string> names;
  rocksdb::Status status = rocksdb::DB::ListColumnFamilies(options, directory, &names);
  if (!status.ok()) return WrapOpen(directory, status);
  std::vector<rocksdb::ColumnFamilyDescriptor> families = AllFamilies();
  std::erase_if(families, [&names](const auto& family) {
    return std::find(names.begin(), names.end(), family.name) == names.end();
  });
  if (families.size() != names.size()) {
    return WrapOpen(directory, rocksdb::Status::InvalidArgument("it has a table that is not known"));
  }
  std::vector<rocksdb::ColumnFamilyHandle*> opened;
  rocksdb::DB* db = nullptr;
  status = rocksdb::DB::OpenForReadOnly(options, directory, families, &opened, &db);
  if (!status.ok()) return WrapOpen(directory, status);
  Handles handles;
  handles.fill(opened.front());  // the default family, which is always empty, for tables that are not there
  for (size_t i = 1; i < families.size(); ++i) {
    const auto table = std::find(kTableNames.begin(), kTableNames.end(), families[i].name);
    handles[static_cast<size_t>(table - kTableNames.begin())] = opened[i];
  }
  return std::make_unique<RocksStore>(db, std::move(opened), handles, std::move(lock));
}

}  // namespace redvest
