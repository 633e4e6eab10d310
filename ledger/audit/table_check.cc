#include "ledger/audit/table_check.h"

#include "absl/strings/str_cat.h"
#include "ledger/audit/fault.h"
#include "ledger/base/bytes.h"
#include "ledger/base/check.h"
#include "ledger/base/text.h"
#include "ledger/projection/row_text.h"
#include "ledger/projection/tree.h"

namespace redvest {

absl::Status TableCheck::Differs(absl::string_view what) const {
  return absl::DataLossError(absl::StrCat("projection ", name_,
                                          " differs from a replay of the log up to event ", position_.value(),
                                          ": ", what, "; start redvestd with --rebuild to write it anew"));
}

absl::Status TableCheck::Foreign(TableId table, std::string_view row_key) const {
  return Differs(absl::StrCat(RowText(table, row_key), " should not be there"));
}

// --- Serials

void SerialsCheck::CommitFolded(const PreparedCommit& commit, const merkle::Frontier&,
                                const merkle::Frontier&, State*) {
  const size_t covered = Covered(commit);
  for (size_t i = 0; i < covered; ++i) {
    const event::v1::Event& event = *commit.events[i].event;
    // Sequences are gapless, so only the run of the event right before can go on.
    if (count_ > 0 && event.terminal_id() == terminal_ && event.serial() == serial_ + count_) {
      ++count_;
      continue;
    }
    EndRun();
    terminal_ = event.terminal_id();
    serial_ = event.serial();
    sequence_ = commit.first.value() + i;
    count_ = 1;
  }
}

void SerialsCheck::EndRun() {
  if (count_ > 0) runs_.Add(key_, key_.Words({terminal_, serial_, sequence_, count_}));
  count_ = 0;
}

absl::StatusOr<bool> SerialsCheck::Agrees() {
  EndRun();
  Fingerprint rows;
  const std::unique_ptr<StoreCursor> cursor = store_.NewCursor(TableId::kSerials);
  for (cursor->Seek({}); cursor->Valid(); cursor->Next()) {
    if (cursor->key() == kPositionKey) continue;
    uint64_t terminal, serial, sequence, count;
    ByteReader key(cursor->key());
    ByteReader value(cursor->value());
    if (!key.BigEndian(&terminal) || !key.BigEndian(&serial) || !key.empty())
      return Foreign(TableId::kSerials, cursor->key());
    if (!value.Varint(&sequence) || !value.Varint(&count) || !value.empty()) {
      return Differs(
          absl::StrCat("the row of terminal ", terminal, " from serial ", serial, " cannot be read"));
    }
    rows.Add(key_, key_.Words({terminal, serial, sequence, count}));
  }
  REDVEST_RETURN_IF_ERROR(cursor->status());
  return rows == runs_;
}

// --- Days

void DaysCheck::CommitFolded(const PreparedCommit& commit, const merkle::Frontier&, const merkle::Frontier&,
                             State*) {
  if (status_.ok()) status_ = Add(commit, Covered(commit));
}

absl::Status DaysCheck::Add(const PreparedCommit& commit, size_t count) {
  // What is gathered is bounded by days and measures; now and then it is written, as the follower does.
  constexpr uint64_t kGatheredMax = 50'000;
  for (size_t i = 0; i < count; ++i) {
    const PreparedEvent& event = commit.events[i];
    REDVEST_RETURN_IF_ERROR(
        days_->Add({Sequence(commit.first.value() + i), *event.event, event.postings, event.bytes}));
  }
  gathered_ += count;
  return gathered_ < kGatheredMax ? absl::OkStatus() : Write();
}

absl::Status DaysCheck::Write() {
  gathered_ = 0;
  WriteBatch batch{.table = TableId::kDays, .puts = {}, .deletes = {}};
  REDVEST_RETURN_IF_ERROR(days_->Gather(*replayed_, &batch));
  return replayed_->Write(batch, Durability::kRebuildable);
}

absl::StatusOr<bool> DaysCheck::Agrees() {
  if (status_.ok()) status_ = Write();
  if (!status_.ok()) return Differs(status_.message());
  const std::unique_ptr<StoreCursor> has = store_.NewCursor(TableId::kDays);
  const std::unique_ptr<StoreCursor> wants = replayed_->NewCursor(TableId::kDays);
  wants->Seek({});
  for (has->Seek({}); has->Valid(); has->Next()) {
    if (has->key() == kPositionKey) continue;
    // A row that is missing, or that should not be there, comes out in a comparison with a replay.
    if (!wants->Valid() || has->key() != wants->key() || has->value() != wants->value()) return false;
    wants->Next();
  }
  REDVEST_RETURN_IF_ERROR(has->status());
  return !wants->Valid();
}

// --- Tree

void TreeCheck::SubtreeCompleted(int level, uint64_t index, const merkle::Hash& root) {
  const uint64_t end = (index + 1) << level;  // in leaves
  if (level == 0 || level % kTreeLevelBits != 0 || end > position().value()) return;
  ++expected_rows_;
  Chunk& chunk = chunks_[static_cast<size_t>(level / kTreeLevelBits)];
  if (chunk.roots.empty() || index >= chunk.first + chunk.roots.size()) {
    auto roots = ReadSubtrees(store_, level / kTreeLevelBits, index, kTreeFanOut);
    if (!roots.ok() && status_.ok()) status_ = roots.status();
    chunk.first = index;
    chunk.roots = std::move(roots).value_or(std::vector<merkle::Hash>());
  }
  const bool is_same = !chunk.roots.empty() && chunk.roots[index - chunk.first] == root;
  if (!is_same && !first_wrong_.has_value()) {
    first_wrong_ = {Sequence((index << level) + 1), Sequence(end)};
  }
}

void TreeCheck::CommitFolded(const PreparedCommit& commit, const merkle::Frontier& before,
                             const merkle::Frontier& after, State*) {
  const uint64_t at = position().value();
  if (before.size() < at && at <= after.size()) open_end_ = FrontierAt(before, commit, at).Encode();
}

absl::StatusOr<bool> TreeCheck::Agrees() {
  REDVEST_RETURN_IF_ERROR(status_);
  if (first_wrong_.has_value()) {
    const auto [first, last] = *first_wrong_;
    return Differs(absl::StrCat("the root of events ", first.value(), " to ", last.value(), " is another"));
  }
  uint64_t rows = 0;
  const std::unique_ptr<StoreCursor> cursor = store_.NewCursor(TableId::kTree);
  for (cursor->Seek({}); cursor->Valid(); cursor->Next()) {
    if (cursor->key() == kPositionKey) continue;
    const bool is_open_end = cursor->key() == kTreeOpenEndKey;
    if (is_open_end && cursor->value() != open_end_) return Differs("its open end is another");
    if (!is_open_end) ++rows;
    if (is_open_end) open_end_.clear();
  }
  REDVEST_RETURN_IF_ERROR(cursor->status());
  // Every row that is due was compared, so any other number is one of rows that should not be there.
  return rows == expected_rows_ && open_end_.empty();
}

}  // namespace redvest
