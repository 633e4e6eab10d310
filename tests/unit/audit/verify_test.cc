#include "ledger/audit/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "ledger/base/bytes.h"
#include "ledger/projection/follower.h"
#include "tests/unit/log/log_builder.h"
#include "tests/unit/projection/sample_events.h"

namespace redvest {
namespace {

using namespace sample;
using testing::HasSubstr;

absl::StatusOr<VerifyReport> VerifyStore(Store& store) {
  auto log = OpenStoreLog(&store);
  if (!log.ok()) return log.status();
  return Verify(store, **log, [](std::string_view, Sequence, Sequence) {});
}

// A random history in commits of ten events, sealed and projected as a ledger does it.
class VerifyTest : public testing::Test {
 protected:
  static constexpr size_t kCommitEvents = 10;

  VerifyTest() : store_(NewMemoryStore()), builder_(store_.get()), history_(Seed()) {
    history_.Grow(395);
    events_ = history_.events();
  }

  // Writes events_ as the log of store_, each commit sealed rightly: what someone could do who rewrites
  // everything.
  void WriteLog() {
    for (const Event& event : events_) {
      if (builder_.Add(event).value() % kCommitEvents == 0) builder_.Commit();
    }
  }
  void Project() {
    Follower follower(builder_.log(), store_.get(), NewProjections());
    ASSERT_TRUE(follower.CatchUp(builder_.log()->last_sequence()).ok());
  }
  void ExpectFault(const std::string& what) {
    const absl::Status status = VerifyStore(*store_).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(what));
  }
  // Writes the log with event `sequence` changed, and expects that event to be blamed.
  void ExpectBlamed(uint64_t sequence, const std::function<void(Event&)>& change) {
    change(events_[sequence - 1]);
    WriteLog();
    ExpectFault("event " + std::to_string(sequence) + ":");
  }
  // The first event from 20 on that `wanted` fits.
  uint64_t FindEvent(const std::function<bool(const Event&)>& wanted) {
    for (uint64_t sequence = 20; sequence <= events_.size(); ++sequence) {
      if (wanted(events_[sequence - 1])) return sequence;
    }
    ADD_FAILURE() << "the history holds no such event";
    return 20;
  }
  // Replaces the commit at `first` by `record`.
  void Put(uint64_t first, const std::string& record) {
    std::string key;
    AppendBigEndian(&key, first);
    ASSERT_TRUE(
        store_->Write({.table = TableId::kLog, .puts = {{key, record}}, .deletes = {}}, Durability::kSynced)
            .ok());
  }

  std::unique_ptr<Store> store_;
  LogBuilder builder_;
  History history_;
  std::vector<Event> events_;
};

TEST_F(VerifyTest, WholeLedgerIsReported) {
  WriteLog();
  Project();
  const auto report = VerifyStore(*store_);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->last, Sequence(400));
  merkle::Hasher hasher;
  EXPECT_EQ(report->root, builder_.frontier().Root(hasher));
  EXPECT_EQ(report->commits, 40u);
  EXPECT_EQ(report->terminals, 4u);
  uint64_t postings = 0, declined = 0, reversed = 0;
  for (const Event& event : events_) {
    postings += PostingsOf(event).size();
    declined += event.has_command_declined();
    reversed += event.has_event_reversed();
  }
  EXPECT_EQ(report->postings, postings);
  EXPECT_EQ(report->declined, declined);
  EXPECT_EQ(report->reversed, reversed);
}

TEST_F(VerifyTest, LedgerWithoutProjectionsAndEmptyLedgerAreWhole) {
  EXPECT_TRUE(VerifyStore(*store_).ok());
  WriteLog();
  const auto report = VerifyStore(*store_);
  EXPECT_TRUE(report.ok()) << report.status();
}

TEST_F(VerifyTest, ChangedEventWithARightChecksumBreaksTheRoot) {
  WriteLog();
  std::string key;
  AppendBigEndian(&key, 51);
  const std::string record = **store_->Get(TableId::kLog, key);
  const auto commit = DecodeCommit(record);
  ASSERT_TRUE(commit.ok());
  CommitBuilder forged(commit->first);
  for (size_t i = 0; i < commit->events.size(); ++i) {
    Event event;
    event.ParseFromString(std::string(commit->events[i]));
    // A harmless field that nothing else checks.
    if (i == 4) event.set_policy_version(77);
    forged.Add(event.SerializeAsString());
  }
  Put(51, forged.Seal(*commit->root));
  ExpectFault("events 51 to 60: the root");
}

TEST_F(VerifyTest, DamagedRecordIsNamed) {
  WriteLog();
  Put(101, "rubbish");
  ExpectFault("commit at sequence 101");
}

TEST_F(VerifyTest, SerialLeftOutIsBlamed) {
  const uint64_t sequence = FindEvent([](const Event& event) { return event.terminal_id() == kTill; });
  ExpectBlamed(sequence, [](Event& event) { event.set_serial(event.serial() + 1); });
}

TEST_F(VerifyTest, EventLeftOutIsNoticedEvenWhereEverythingIsSealedAnew) {
  const uint64_t sequence = FindEvent([](const Event& event) { return event.has_serial_voided(); });
  events_.erase(events_.begin() + static_cast<std::ptrdiff_t>(sequence) - 1);
  events_.resize(events_.size() / kCommitEvents * kCommitEvents);
  WriteLog();
  // By the next event of its terminal, or by a reversal in between, which names what it reverses by its
  // place.
  ExpectFault("event ");
}

TEST_F(VerifyTest, ForbiddenNegativeBalanceIsBlamed) {
  const uint64_t sequence = FindEvent([](const Event& event) { return event.has_cash_withdrawn(); });
  ExpectBlamed(sequence, [](Event& event) {
    event.mutable_cash_withdrawn()->mutable_command()->set_amount_fen(1'000'000'000);
  });
}

TEST_F(VerifyTest, TimeThatRunsBackIsBlamed) {
  ExpectBlamed(200, [](Event& event) { event.set_recorded_at_unix_ms(1); });
}

TEST_F(VerifyTest, UnknownKindOfEventIsBlamed) {
  ExpectBlamed(200, [](Event& event) { event.clear_body(); });
}

TEST_F(VerifyTest, ReversalOfSomethingElseThanItNamesIsBlamed) {
  const uint64_t sequence = FindEvent([](const Event& event) { return event.has_event_reversed(); });
  ExpectBlamed(sequence, [](Event& event) {
    Event* original = event.mutable_event_reversed()->mutable_original();
    original->set_recorded_at_unix_ms(original->recorded_at_unix_ms() + 1);
  });
}

TEST_F(VerifyTest, ProjectionThatDiffersIsReported) {
  WriteLog();
  Project();
  for (const auto& [table, name] :
       {std::pair(TableId::kAccounts, "accounts"), std::pair(TableId::kSerials, "serials"),
        std::pair(TableId::kDays, "days")}) {
    WriteBatch batch{.table = table, .puts = {{"bogus", "row"}}, .deletes = {}};
    ASSERT_TRUE(store_->Write(batch, Durability::kRebuildable).ok());
    ExpectFault(std::string("projection ") + name + " differs");
    ASSERT_TRUE(
        store_->Write({.table = table, .puts = {}, .deletes = {"bogus"}}, Durability::kRebuildable).ok());
  }
  EXPECT_TRUE(VerifyStore(*store_).ok());
}

TEST_F(VerifyTest, ProjectionAheadOfTheLogIsReported) {
  WriteLog();
  Project();
  std::string key;
  AppendBigEndian(&key, 391);
  ASSERT_TRUE(
      store_->Write({.table = TableId::kLog, .puts = {}, .deletes = {key}}, Durability::kSynced).ok());
  ExpectFault("the log ends at 390");
}

}  // namespace
}  // namespace redvest
