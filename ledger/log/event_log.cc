#include "ledger/log/event_log.h"

#include <atomic>

#include "absl/strings/str_cat.h"
#include "ledger/base/bytes.h"
#include "ledger/base/check.h"

namespace redvest {
namespace {

std::string KeyOf(Sequence first) {
  std::string key;
  AppendBigEndian(&key, first.value());
  return key;
}

// `status` with the commit it is about; codes other than a newer format become DATA_LOSS.
absl::Status AtCommit(Sequence first, const absl::Status& status) {
  const std::string message =
      absl::StrCat("the log's commit at sequence ", first.value(), ": ", status.message());
  if (absl::IsFailedPrecondition(status)) return absl::FailedPreconditionError(message);
  return absl::DataLossError(message);
}

// The commit under the cursor. REQUIRES: cursor.Valid().
absl::StatusOr<CommitView> DecodeRow(const StoreCursor& cursor) {
  uint64_t key = 0;
  ByteReader reader(cursor.key());
  if (!reader.BigEndian(&key) || !reader.empty())
    return absl::DataLossError("the log holds a key that is none of its own");
  absl::StatusOr<CommitView> commit = DecodeCommit(cursor.value());
  if (!commit.ok()) return AtCommit(Sequence(key), commit.status());
  if (commit->first.value() != key) {
    return AtCommit(Sequence(key), absl::DataLossError(absl::StrCat("its record starts at sequence ",
                                                                    commit->first.value())));
  }
  return commit;
}

class StoreCommitCursor final : public CommitCursor {
 public:
  // Reads the commits up to and with `last`, which are all in the store.
  StoreCommitCursor(std::unique_ptr<StoreCursor> rows, Sequence from, Sequence last)
      : rows_(std::move(rows)), from_(from), last_(last) {}

  absl::StatusOr<std::optional<CommitView>> Next() override {
    REDVEST_RETURN_IF_ERROR(broken_);
    auto commit = ReadNext();
    // A cursor that met damage does not go on behind it.
    if (!commit.ok()) broken_ = commit.status();
    return commit;
  }

 private:
  absl::StatusOr<std::optional<CommitView>> ReadNext() {
    if (from_ > last_ || next_ > last_) return std::nullopt;
    if (!next_) {
      rows_->SeekForPrev(KeyOf(from_));
    } else {
      rows_->Next();
    }
    if (!rows_->Valid()) {
      const absl::Status status = rows_->status();
      return AtCommit(next_ ? next_ : from_, status.ok() ? absl::DataLossError("it is missing") : status);
    }
    REDVEST_ASSIGN_OR_RETURN(CommitView commit, DecodeRow(*rows_));
    if (next_ ? commit.first != next_ : commit.last() < from_) {
      return AtCommit(next_ ? next_ : commit.last().Next(), absl::DataLossError("it is missing"));
    }
    next_ = commit.last().Next();
    return commit;
  }

  const std::unique_ptr<StoreCursor> rows_;
  const Sequence from_;
  const Sequence last_;
  Sequence next_;  // where the next commit must start; none before the first
  absl::Status broken_;
};

class StoreEventLog final : public EventLog {
 public:
  StoreEventLog(Store* store, Sequence last) : store_(store), last_(last.value()) {}

  absl::Status Append(Sequence first, uint32_t event_count, std::string record) override {
    if (failed_) {
      return absl::UnavailableError(
          "an earlier append failed and left the end of the log unknown: open it again");
    }
    const Sequence last = last_sequence();
    if (first != last.Next() || event_count == 0) {
      return absl::FailedPreconditionError(absl::StrCat("the log ends at sequence ", last.value(),
                                                        ", so no commit of ", event_count,
                                                        " events can start at ", first.value()));
    }
    WriteBatch batch{.table = TableId::kLog, .puts = {}, .deletes = {}};
    batch.puts.emplace_back(KeyOf(first), std::move(record));
    absl::Status status = store_->Write(batch, Durability::kSynced);
    if (status.ok()) {
      last_.store(last.value() + event_count, std::memory_order_release);
    } else {
      failed_ = true;
    }
    return status;
  }

  Sequence last_sequence() const override { return Sequence(last_.load(std::memory_order_acquire)); }

  std::unique_ptr<CommitCursor> Read(Sequence from) const override {
    // In this order, so that the rows up to `last` are there.
    const Sequence last = last_sequence();
    return std::make_unique<StoreCommitCursor>(store_->NewCursor(TableId::kLog), from ? from : Sequence(1),
                                               last);
  }

 private:
  Store* const store_;
  std::atomic<uint64_t> last_;
  bool failed_ = false;  // appending thread only
};

}  // namespace

absl::StatusOr<std::unique_ptr<EventLog>> OpenStoreLog(Store* store) {
  const std::unique_ptr<StoreCursor> rows = store->NewCursor(TableId::kLog);
  rows->SeekForPrev(KeyOf(Sequence(UINT64_MAX)));
  if (!rows->Valid()) {
    REDVEST_RETURN_IF_ERROR(rows->status());
    return std::make_unique<StoreEventLog>(store, Sequence());
  }
  REDVEST_ASSIGN_OR_RETURN(const CommitView commit, DecodeRow(*rows));
  return std::make_unique<StoreEventLog>(store, commit.last());
}

}  // namespace redvest
