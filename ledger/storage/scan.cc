#include "ledger/storage/scan.h"

#include <deque>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "ledger/base/check.h"

namespace redvest {
namespace {

constexpr size_t kChunkBytes = 128 * 1024;
constexpr size_t kChunksMax = 4;

// Rows side by side.
struct Chunk {
  std::string bytes;
  std::vector<std::pair<size_t, size_t>> sizes;  // of key and value
};

// From the thread that reads to the one that takes. Thread-safe.
class ChunkQueue {
 public:
  // Waits for room. False once nobody takes any more.
  bool Put(Chunk chunk) {
    absl::MutexLock lock(&mu_);
    const auto can_go_on = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
      return closed_ || chunks_.size() < kChunksMax;
    };
    mu_.Await(absl::Condition(&can_go_on));
    if (!closed_) chunks_.push_back(std::move(chunk));
    return !closed_;
  }
  // Nothing comes after those that were put.
  void End(absl::Status status) {
    absl::MutexLock lock(&mu_);
    end_ = std::move(status);
  }

  // Waits for the next one; nothing once there are none left. Returns the status of End then.
  absl::StatusOr<std::optional<Chunk>> Take() {
    absl::MutexLock lock(&mu_);
    const auto has_something = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
      return !chunks_.empty() || end_.has_value();
    };
    mu_.Await(absl::Condition(&has_something));
    if (chunks_.empty()) {
      REDVEST_RETURN_IF_ERROR(*end_);
      return std::nullopt;
    }
    std::optional<Chunk> chunk = std::move(chunks_.front());
    chunks_.pop_front();
    return chunk;
  }
  // Takes no more.
  void Close() {
    absl::MutexLock lock(&mu_);
    closed_ = true;
  }

 private:
  absl::Mutex mu_;
  std::deque<Chunk> chunks_ ABSL_GUARDED_BY(mu_);
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mu_);
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
};

void ReadRows(const Store& store, TableId table, ChunkQueue* queue) {
  const std::unique_ptr<StoreCursor> rows = store.NewCursor(table);
  Chunk chunk;
  for (rows->Seek({}); rows->Valid(); rows->Next()) {
    chunk.bytes.append(rows->key()).append(rows->value());
    chunk.sizes.emplace_back(rows->key().size(), rows->value().size());
    if (chunk.bytes.size() >= kChunkBytes && !queue->Put(std::exchange(chunk, {}))) return;
  }
  if (!chunk.sizes.empty() && !queue->Put(std::move(chunk))) return;
  queue->End(rows->status());
}

absl::Status TakeRows(ChunkQueue* queue,
                      absl::FunctionRef<absl::Status(std::string_view key, std::string_view value)> take) {
  while (true) {
    REDVEST_ASSIGN_OR_RETURN(const std::optional<Chunk> chunk, queue->Take());
    if (!chunk.has_value()) return absl::OkStatus();
    std::string_view rest = chunk->bytes;
    for (const auto& [key, value] : chunk->sizes) {
      REDVEST_RETURN_IF_ERROR(take(rest.substr(0, key), rest.substr(key, value)));
      rest.remove_prefix(key + value);
    }
  }
}

}  // namespace

absl::Status ScanTable(const Store& store, TableId table,
                       absl::FunctionRef<absl::Status(std::string_view key, std::string_view value)> take) {
  ChunkQueue queue;
  std::thread reader([&] { ReadRows(store, table, &queue); });
  const absl::Status status = TakeRows(&queue, take);
  queue.Close();
  reader.join();
  return status;
}

}  // namespace redvest
