// A sound ledger in memory, for tests that plant faults of every kind in it.
#ifndef REDVEST_TESTS_UNIT_AUDIT_VERIFIED_LEDGER_H_
#define REDVEST_TESTS_UNIT_AUDIT_VERIFIED_LEDGER_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/audit/notary.h"
#include "ledger/audit/verify.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/projection/replay.h"
#include "tests/unit/log/log_builder.h"
#include "tests/unit/projection/sample_events.h"

namespace redvest {

using namespace sample;
using testing::AllOf;
using testing::HasSubstr;

inline constexpr TableId kProjections[] = {TableId::kAccounts, TableId::kSerials, TableId::kDays,
                                           TableId::kTree, TableId::kCalendar};
inline constexpr const char* kNames[] = {"accounts", "serials", "days", "tree", "calendar"};

using Rows = std::vector<std::pair<std::string, std::string>>;

inline Rows RowsOf(const Store& store, TableId table) {
  Rows rows;
  const auto cursor = store.NewCursor(table);
  for (cursor->Seek({}); cursor->Valid(); cursor->Next()) rows.emplace_back(cursor->key(), cursor->value());
  return rows;
}

// A random history in commits of ten events, sealed, projected, saved and signed as a ledger does it.
class VerifiedLedger : public testing::Test {
 protected:
  static constexpr size_t kCommitEvents = 10;
  static constexpr size_t kEvents = 700;

  VerifiedLedger() : seed_(Seed()), random_(seed_) {
    History history(seed_);
    history.Grow(kEvents - 5);
    events_ = history.events();
  }

  // Makes a store whose log is events_, each commit sealed rightly: what someone can do who rewrites
  // everything. The checkpoints are those of before.
  void WriteLog() {
    const Rows checkpoints = store_ == nullptr ? Rows() : RowsOf(*store_, TableId::kCheckpoints);
    store_ = NewMemoryStore();
    builder_ = std::make_unique<LogBuilder>(store_.get());
    for (const Event& event : events_) {
      if (builder_->Add(event).value() % kCommitEvents == 0) builder_->Commit();
    }
    builder_->Commit();
    for (const auto& [key, value] : checkpoints) Put(TableId::kCheckpoints, key, value);
  }
  // A whole ledger.
  void Write() {
    WriteLog();
    Project(builder_->log()->last_sequence());
    SaveState(Sequence(600));
    for (uint64_t size : {100, 300, 700}) Sign(size);
  }

  void Project(Sequence last, std::vector<std::unique_ptr<Projection>> projections = NewProjections()) {
    Replay replay(builder_->log(), store_.get(), std::move(projections));
    ASSERT_TRUE(replay.Load().ok());
    while (replay.position() < last) ASSERT_TRUE(replay.Step(last).ok());
  }
  void SaveState(Sequence at) {
    State state;
    for (uint64_t sequence = 1; sequence <= at.value(); ++sequence) {
      const Event& event = events_[sequence - 1];
      ASSERT_TRUE(state.Apply(Sequence(sequence), event, PostingsOf(event)).ok());
    }
    WriteBatch batch{.table = TableId::kState, .puts = {}, .deletes = {}};
    state.TakeChanges(
        [&batch](std::string_view key, std::string_view value) { batch.puts.emplace_back(key, value); });
    batch.puts.emplace_back(kFrontierKey, TreeAt(at.value()).Encode());
    ASSERT_TRUE(store_->Write(batch, Durability::kRebuildable).ok());
  }
  merkle::Frontier TreeAt(uint64_t size) const {
    merkle::Frontier tree;
    merkle::Hasher hasher;
    for (uint64_t i = 0; i < size; ++i) tree.Add(hasher.Leaf(events_[i].SerializeAsString()), hasher);
    return tree;
  }
  std::string NoteOf(uint64_t size) const {
    merkle::Hasher hasher;
    return merkle::SignCheckpoint({key_.verifier().name, size, TreeAt(size).Root(hasher)}, key_);
  }
  void Sign(uint64_t size) { Put(TableId::kCheckpoints, CheckpointKey(size), NoteOf(size)); }

  void Put(TableId table, const std::string& key, const std::string& value) {
    ASSERT_TRUE(
        store_->Write({.table = table, .puts = {{key, value}}, .deletes = {}}, Durability::kSynced).ok());
  }
  void Delete(TableId table, const std::string& key) {
    ASSERT_TRUE(store_->Write({.table = table, .puts = {}, .deletes = {key}}, Durability::kSynced).ok());
  }

  absl::StatusOr<VerifyReport> Verify() {
    auto log = OpenStoreLog(store_.get());
    if (!log.ok()) return log.status();
    return VerifyBooks(*store_, **log, published_, options_, [](std::string_view, Sequence, Sequence) {});
  }
  // What is wrong; empty where nothing is.
  std::string FaultFound() {
    const absl::Status status = Verify().status();
    if (status.ok()) return "";
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    return std::string(status.message());
  }
  // Writes the log with event `sequence` changed, and expects that event to be blamed.
  void ExpectBlamed(uint64_t sequence, const std::function<void(Event&)>& change) {
    change(events_[sequence - 1]);
    WriteLog();
    EXPECT_THAT(FaultFound(), HasSubstr(absl::StrCat("event ", sequence, ": ")));
  }
  // The first event from `from` on that `wanted` fits.
  uint64_t FindEvent(const std::function<bool(const Event&)>& wanted, uint64_t from = 20) {
    for (uint64_t sequence = from; sequence <= events_.size(); ++sequence) {
      if (wanted(events_[sequence - 1])) return sequence;
    }
    ADD_FAILURE() << "the history holds no such event";
    return 20;
  }
  // The first event from `from` on that no later one reverses, and so holds a copy of.
  uint64_t NeverReversed(uint64_t from) {
    std::set<uint64_t> reversed;
    for (const Event& event : events_) reversed.insert(event.event_reversed().command().sequence());
    while (reversed.contains(from)) ++from;
    return from;
  }
  uint64_t NextOf(uint64_t terminal, uint64_t after) {
    return FindEvent([terminal](const Event& event) { return event.terminal_id() == terminal; }, after + 1);
  }

  const uint64_t seed_;
  std::mt19937_64 random_;
  std::vector<Event> events_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<LogBuilder> builder_;
  const merkle::SigningKey key_ = merkle::SigningKey::Generate("Changshan-Huayuan", merkle::KeyType::kLog);
  std::optional<merkle::VerifierKey> published_ = key_.verifier();
  VerifyOptions options_;
};

}  // namespace redvest

#endif  // REDVEST_TESTS_UNIT_AUDIT_VERIFIED_LEDGER_H_
