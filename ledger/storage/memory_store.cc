#include <array>
#include <map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "ledger/storage/store.h"

namespace redvest {
namespace {

using Rows = std::map<std::string, std::string, std::less<>>;
// Rows that a cursor or a snapshot holds are never changed: a write copies them first.
using SharedRows = std::shared_ptr<const Rows>;

size_t IndexOf(TableId table) { return static_cast<size_t>(table); }

std::optional<std::string> Find(const Rows& rows, std::string_view key) {
  const auto it = rows.find(key);
  if (it == rows.end()) return std::nullopt;
  return it->second;
}

class MemoryCursor final : public StoreCursor {
 public:
  explicit MemoryCursor(SharedRows rows) : rows_(std::move(rows)), at_(rows_->end()) {}

  void Seek(std::string_view key) override { at_ = rows_->lower_bound(key); }
  void SeekForPrev(std::string_view key) override {
    at_ = rows_->upper_bound(key);
    at_ = at_ == rows_->begin() ? rows_->end() : std::prev(at_);
  }
  void Next() override { ++at_; }
  bool Valid() const override { return at_ != rows_->end(); }
  std::string_view key() const override { return at_->first; }
  std::string_view value() const override { return at_->second; }
  absl::Status status() const override { return absl::OkStatus(); }

 private:
  const SharedRows rows_;
  Rows::const_iterator at_;
};

using Tables = std::vector<SharedRows>;

class MemorySnapshot final : public StoreSnapshot {
 public:
  explicit MemorySnapshot(Tables tables) : tables_(std::move(tables)) {}

  absl::StatusOr<std::optional<std::string>> Get(TableId table, std::string_view key) const override {
    return Find(*tables_[IndexOf(table)], key);
  }
  std::unique_ptr<StoreCursor> NewCursor(TableId table) const override {
    return std::make_unique<MemoryCursor>(tables_[IndexOf(table)]);
  }

 private:
  const Tables tables_;
};

class MemoryStore final : public Store {
 public:
  MemoryStore() {
    for (auto& rows : tables_) rows = std::make_shared<Rows>();
  }

  absl::Status Write(const WriteBatch& batch, Durability) override {
    absl::MutexLock lock(&mu_);
    std::shared_ptr<Rows>& rows = tables_[IndexOf(batch.table)];
    if (batch.clear_first) {
      rows = std::make_shared<Rows>();
    } else if (rows.use_count() > 1) {
      rows = std::make_shared<Rows>(*rows);
    }
    for (const auto& [key, value] : batch.puts) rows->insert_or_assign(key, value);
    for (const std::string& key : batch.deletes) rows->erase(key);
    return absl::OkStatus();
  }

  absl::StatusOr<std::optional<std::string>> Get(TableId table, std::string_view key) const override {
    absl::MutexLock lock(&mu_);
    return Find(*tables_[IndexOf(table)], key);
  }

  std::unique_ptr<StoreCursor> NewCursor(TableId table) const override {
    absl::MutexLock lock(&mu_);
    return std::make_unique<MemoryCursor>(tables_[IndexOf(table)]);
  }

  std::unique_ptr<StoreSnapshot> Snapshot() const override {
    absl::MutexLock lock(&mu_);
    return std::make_unique<MemorySnapshot>(Tables(tables_.begin(), tables_.end()));
  }

  absl::Status Flush() override { return absl::OkStatus(); }
  absl::Status VerifyFiles() const override { return absl::OkStatus(); }

 private:
  mutable absl::Mutex mu_;
  std::array<std::shared_ptr<Rows>, kTableCount> tables_ ABSL_GUARDED_BY(mu_);
};

}  // namespace

std::unique_ptr<Store> NewMemoryStore() { return std::make_unique<MemoryStore>(); }

}  // namespace redvest
