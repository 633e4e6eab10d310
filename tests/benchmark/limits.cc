#include "tests/benchmark/limits.h"

#include <rocksdb/db.h>
#include <rocksdb/metadata.h>
#include <rocksdb/options.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "absl/time/clock.h"
#include "ledger/folder.h"
#include "ledger/log/commit_record.h"
#include "ledger/merkle/hash.h"
#include "ledger/storage/store.h"
#include "tests/benchmark/process.h"
#include "tests/benchmark/scratch.h"

namespace redvest::bench {
namespace {

// Where a commit record says how many events it holds: ledger/docs/log_format.md.
constexpr size_t kCountOffset = 1 + 8;

Records MakeRecords(const std::vector<std::string>& events, size_t bytes_max) {
  Records made;
  CommitBuilder builder{Sequence(1)};
  for (const std::string& event : events) {
    builder.Add(event);
    ++made.events;
    if (builder.bytes() < bytes_max && made.events < events.size()) continue;
    made.records.push_back(builder.Seal(merkle::Hasher::Empty()));
    builder = CommitBuilder(Sequence(made.events + 1));
  }
  return made;
}

// Big-endian, so that keys come in order, as those of the log do.
std::string KeyOf(uint64_t number) {
  std::string key(8, '\0');
  for (size_t i = 0; i < 8; ++i) key[i] = static_cast<char>(number >> (56 - 8 * i));
  return key;
}

}  // namespace

Records OneEventEach(const std::vector<std::string>& events) { return MakeRecords(events, 0); }
Records Grouped(const std::vector<std::string>& events) { return MakeRecords(events, kCommitBytesMax); }

WriteLimit SyncedWrites(const Records& records, const std::string& folder, absl::Duration duration) {
  auto store = OpenRocksStore(folder, /*create=*/true);
  Require(store.status(), "making a store to write to");
  WriteLimit limit;
  const double events_per_record =
      static_cast<double>(records.events) / static_cast<double>(records.records.size());
  const Stopwatch watch;
  uint64_t written = 0;
  while (watch.seconds() < absl::ToDoubleSeconds(duration)) {
    WriteBatch batch{.table = TableId::kLog, .puts = {}, .deletes = {}};
    batch.puts.emplace_back(KeyOf(written), records.records[written % records.records.size()]);
    const absl::Time begin = absl::Now();
    Require((*store)->Write(batch, Durability::kSynced), "a synced write");
    limit.latency.Add(absl::ToInt64Nanoseconds(absl::Now() - begin));
    ++written;
  }
  limit.events_per_second = static_cast<double>(written) * events_per_record / watch.seconds();
  store->reset();
  std::filesystem::remove_all(folder);
  return limit;
}

double HashesPerSecond(const std::vector<std::string>& events) {
  uint8_t all = 0;
  uint64_t hashed = 0;
  const Stopwatch watch;
  while (watch.seconds() < 0.5) {
    for (const std::string& event : events) all |= merkle::Hasher::Leaf(event).front();
    hashed += events.size();
  }
  Require(all != 0, "hashes are all zero");
  return static_cast<double>(hashed) / watch.seconds();
}

double ScannedPerSecond(const std::string& folder) {
  auto store = OpenRocksStoreForReading(StorePath(folder));
  Require(store.status(), "opening the store to scan it");
  const std::unique_ptr<StoreCursor> cursor = (*store)->NewCursor(TableId::kLog);
  uint64_t events = 0;
  const Stopwatch watch;
  for (cursor->Seek(""); cursor->Valid(); cursor->Next()) {
    uint32_t count = 0;
    Require(cursor->value().size() > kCountOffset + sizeof(count), "a record is too short");
    std::memcpy(&count, cursor->value().data() + kCountOffset, sizeof(count));
    events += count;
  }
  Require(cursor->status(), "scanning the log");
  return static_cast<double>(events) / watch.seconds();
}

DiskUse DiskUseOf(const std::string& folder) {
  {
    auto store = OpenRocksStore(StorePath(folder), /*create=*/false);
    Require(store.status(), "opening the store to flush it");
    Require((*store)->Flush(), "flushing the store");
  }
  std::vector<std::string> names;
  rocksdb::DBOptions options;
  rocksdb::Status status = rocksdb::DB::ListColumnFamilies(options, StorePath(folder), &names);
  Require(status.ok(), status.ToString());
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const std::string& name : names) families.emplace_back(name, rocksdb::ColumnFamilyOptions());
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  status = rocksdb::DB::OpenForReadOnly(options, StorePath(folder), families, &handles, &opened);
  Require(status.ok(), status.ToString());
  const std::unique_ptr<rocksdb::DB> db(opened);
  DiskUse use{.log_bytes = 0, .all_bytes = FolderBytes(folder)};
  for (rocksdb::ColumnFamilyHandle* handle : handles) {
    rocksdb::ColumnFamilyMetaData data;
    db->GetColumnFamilyMetaData(handle, &data);
    if (handle->GetName() == "log") use.log_bytes = data.size;
    db->DestroyColumnFamilyHandle(handle);
  }
  return use;
}

}  // namespace redvest::bench
