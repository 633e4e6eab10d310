// Faults of every kind, planted beside the log of a sound ledger: in what follows from it, and in its
// checkpoints.
#include <map>

#include "absl/strings/escaping.h"
#include "ledger/base/bytes.h"
#include "ledger/state/state.h"
#include "tests/unit/audit/verified_ledger.h"

namespace redvest {
namespace {

class VerifyBooksTest : public VerifiedLedger {};

// --- What follows from the log

TEST_F(VerifyBooksTest, EveryRowThatIsChangedMissingOrForeignIsReported) {
  Write();
  for (size_t i = 0; i < std::size(kProjections); ++i) {
    const TableId table = kProjections[i];
    const Rows rows = RowsOf(*store_, table);
    ASSERT_GT(rows.size(), 2u) << kNames[i];
    for (int round = 0; round < 4; ++round) {
      const auto& [key, value] = rows[random_() % rows.size()];
      if (key == kPositionKey) continue;
      SCOPED_TRACE(absl::StrCat(kNames[i], " row ", absl::CHexEscape(key), " seed ", seed_));
      const std::string blame = absl::StrCat("projection ", kNames[i], " differs");
      Delete(table, key);
      EXPECT_THAT(FaultFound(), HasSubstr(blame));
      std::string changed = value;
      if (changed.empty()) {
        changed = "x";
      } else {
        const size_t bit = random_() % (8 * changed.size());
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
      }
      Put(table, key, changed);
      EXPECT_THAT(FaultFound(), HasSubstr(blame)) << absl::CHexEscape(changed);
      Put(table, key, value);
      const std::string foreign =
          key.substr(0, random_() % key.size()) + std::string(1, static_cast<char>(random_()));
      if (store_->Get(table, foreign)->has_value()) continue;
      Put(table, foreign, value);
      EXPECT_THAT(FaultFound(), HasSubstr(blame)) << absl::CHexEscape(foreign);
      Delete(table, foreign);
    }
  }
  EXPECT_EQ(FaultFound(), "");
}

TEST_F(VerifyBooksTest, ABalanceThatWasBentWithItsEntryIsNamed) {
  Write();
  // Account row of the till's drawer: balance, last, first, opening, count, entries.
  std::string key = "A";
  key.push_back(static_cast<char>(AccountKind::kDrawer));
  AppendBigEndian(&key, kTill);
  const std::string row = **store_->Get(TableId::kAccounts, key);
  int64_t balance;
  ByteReader reader(row);
  ASSERT_TRUE(reader.Zigzag(&balance));
  std::string bent;
  AppendZigzag(&bent, balance + 100);
  bent += reader.rest();
  Put(TableId::kAccounts, key, bent);
  EXPECT_THAT(FaultFound(),
              AllOf(HasSubstr("assets:drawer:1 has a balance of"), HasSubstr("its entries come to")));
}

TEST_F(VerifyBooksTest, EveryChangeOfTheSavedStateIsReported) {
  Write();
  const Rows rows = RowsOf(*store_, TableId::kState);
  ASSERT_GT(rows.size(), 20u);
  for (int round = 0; round < 15; ++round) {
    const auto& [key, value] = rows[random_() % rows.size()];
    SCOPED_TRACE(absl::StrCat("row ", absl::CHexEscape(key), " seed ", seed_));
    std::string changed = value;
    // The head begins with the version, which has a test of its own.
    const size_t begin = key == State::kHeadKey ? 8 : 0;
    const size_t bit = begin + random_() % (8 * changed.size() - begin);
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
    Put(TableId::kState, key, changed);
    EXPECT_NE(FaultFound(), "");
    Delete(TableId::kState, key);
    EXPECT_NE(FaultFound(), "");
    Put(TableId::kState, key, value);
  }
  Put(TableId::kState, "\x02more", "x");
  EXPECT_THAT(FaultFound(), HasSubstr("event 600: the state that was saved after it"));
}

TEST_F(VerifyBooksTest, ASavedStateOfAnOlderVersionIsNoFaultBecauseItIsNeverUsed) {
  Write();
  std::string head = **store_->Get(TableId::kState, State::kHeadKey);
  --head.front();
  Put(TableId::kState, std::string(State::kHeadKey), head);
  EXPECT_EQ(FaultFound(), "");
  EXPECT_TRUE(Verify()->state_not_compared);
  State state;
  EXPECT_FALSE(state.Load(State::kHeadKey, head).ok());
  head.front() = 0;
  Put(TableId::kState, std::string(State::kHeadKey), head);
  EXPECT_THAT(FaultFound(), HasSubstr("event 600: the state that was saved after it"));
}

TEST_F(VerifyBooksTest, AProjectionAheadOfTheLogIsReported) {
  Write();
  for (uint64_t size : {700, 300}) Delete(TableId::kCheckpoints, CheckpointKey(size));
  Delete(TableId::kLog, CheckpointKey(691));
  EXPECT_THAT(FaultFound(), HasSubstr("the log ends at 690"));
}

// --- Signed checkpoints

TEST_F(VerifyBooksTest, RemovedCheckpointsAreNoticed) {
  Write();
  for (uint64_t size : {100, 300, 700}) Delete(TableId::kCheckpoints, CheckpointKey(size));
  EXPECT_THAT(FaultFound(), HasSubstr("events 1 to 700: no signed checkpoint is kept"));
}

TEST_F(VerifyBooksTest, AnUnsignedEndThatNoCrashLeavesIsNoticed) {
  Write();
  for (uint64_t size : {300, 700}) Delete(TableId::kCheckpoints, CheckpointKey(size));
  EXPECT_THAT(FaultFound(), HasSubstr("events 101 to 700: they are under no signed checkpoint"));
}

TEST_F(VerifyBooksTest, ARemovedKeyIsNoticed) {
  Write();
  published_.reset();
  EXPECT_THAT(FaultFound(), HasSubstr("public key is missing"));
  options_.key = key_.verifier();
  EXPECT_EQ(FaultFound(), "") << "but it may be given";
}

TEST_F(VerifyBooksTest, ADamagedOrMovedCheckpointIsNamed) {
  Write();
  const std::string note = NoteOf(300);
  for (int round = 0; round < 20; ++round) {
    std::string changed = note;
    const size_t bit = random_() % (8 * changed.size());
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
    Put(TableId::kCheckpoints, CheckpointKey(300), changed);
    EXPECT_THAT(FaultFound(), HasSubstr("the checkpoint of 300 events that is kept")) << bit;
  }
  Put(TableId::kCheckpoints, CheckpointKey(300), NoteOf(200));
  EXPECT_THAT(FaultFound(), HasSubstr("is of 200 events, so it was moved"));
  Put(TableId::kCheckpoints, CheckpointKey(300), note);
  Put(TableId::kCheckpoints, "rubbish", note);
  EXPECT_THAT(FaultFound(), HasSubstr("under a key that is no size"));
}

TEST_F(VerifyBooksTest, ACheckpointSignedByAnotherKeyIsNamed) {
  Write();
  const merkle::SigningKey forger = merkle::SigningKey::Generate(key_.verifier().name, merkle::KeyType::kLog);
  merkle::Hasher hasher;
  Put(TableId::kCheckpoints, CheckpointKey(300),
      merkle::SignCheckpoint({forger.verifier().name, 300, TreeAt(300).Root(hasher)}, forger));
  EXPECT_THAT(FaultFound(),
              AllOf(HasSubstr("checkpoint of 300 events"), HasSubstr("no signature is by the key")));
}

TEST_F(VerifyBooksTest, AKeyThatIsNotTheLedgersIsNamed) {
  Write();
  const merkle::SigningKey other = merkle::SigningKey::Generate(key_.verifier().name, merkle::KeyType::kLog);
  options_.key = other.verifier();
  EXPECT_THAT(FaultFound(), AllOf(HasSubstr(key_.verifier().Encode()), HasSubstr(other.verifier().Encode())));
}

TEST_F(VerifyBooksTest, AGivenCheckpointOfTheSameHistoryAgreesAtAnySize) {
  Write();
  for (uint64_t size : {1, 205, 300, 699}) options_.checkpoints.push_back({"given", NoteOf(size)});
  const auto report = Verify();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->checkpoints, 7u);
}

TEST_F(VerifyBooksTest, AGivenCheckpointOfASecondHistoryIsNamed) {
  const Event genuine = events_[204];
  events_[204].set_policy_version(77);
  options_.checkpoints.push_back({"auditor.note", NoteOf(205)});
  events_[204] = genuine;
  Write();
  EXPECT_THAT(FaultFound(),
              AllOf(HasSubstr("events 101 to 205: the log was changed, or a second history is shown"),
                    HasSubstr("the checkpoint in auditor.note")));
}

TEST_F(VerifyBooksTest, AGivenCheckpointThatIsLargerThanTheLogIsNamed) {
  options_.checkpoints.push_back({"auditor.note", NoteOf(kEvents)});
  events_.resize(640);
  WriteLog();
  Sign(640);
  EXPECT_THAT(FaultFound(), AllOf(HasSubstr("events 641 to 700: the log has lost its end"),
                                  HasSubstr("the checkpoint in auditor.note was signed for 700")));
}

TEST_F(VerifyBooksTest, AGivenCheckpointNeedsAKeyAndItsForm) {
  WriteLog();
  published_.reset();
  options_.checkpoints.push_back({"auditor.note", NoteOf(100)});
  EXPECT_EQ(Verify().status().code(), absl::StatusCode::kInvalidArgument);
  published_ = key_.verifier();
  Sign(kEvents);
  EXPECT_EQ(FaultFound(), "");
  options_.checkpoints.push_back({"rubbish.note", "rubbish"});
  EXPECT_THAT(FaultFound(), HasSubstr("rubbish.note: "));
}

}  // namespace
}  // namespace redvest
