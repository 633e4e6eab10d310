#include "ledger/audit/notary.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"
#include "ledger/base/error.h"
#include "ledger/base/text.h"
#include "ledger/log/commit_record.h"
#include "ledger/merkle/frontier.h"

namespace redvest {
namespace {

using merkle::KeyType;
using merkle::SigningKey;

std::string Why(const absl::Status& status) { return std::string(ToStd(status.message())); }

v1::ErrorReason ReasonOf(const absl::Status& status) {
  const auto detail = DetailOf(status);
  return detail.has_value() ? detail->reason() : v1::ERROR_REASON_UNSPECIFIED;
}

// A log of made-up events, and a notary for it.
class NotaryTest : public testing::Test {
 protected:
  void SetUp() override { Reopen(); }

  void Reopen() {
    auto log = OpenStoreLog(store_.get());
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
  }

  // Appends a commit of `count` events.
  void Append(int count, const std::string& event = "event") {
    CommitBuilder builder(log_->last_sequence().Next());
    for (int i = 0; i < count; ++i) {
      builder.Add(event);
      frontier_.Add(hasher_.Leaf(event), hasher_);
    }
    ASSERT_TRUE(
        log_->Append(builder.first(), builder.event_count(), builder.Seal(frontier_.Root(hasher_))).ok());
  }

  absl::StatusOr<std::unique_ptr<Notary>> Open(const SigningKey& key) {
    return Notary::Open(store_.get(), *log_, *SigningKey::Decode(key.Encode()), has_signed_,
                        {witness_.verifier()},
                        [this] { return std::pair(log_->last_sequence(), frontier_.Root(hasher_)); });
  }
  std::unique_ptr<Notary> MustOpen() {
    auto notary = Open(key_);
    EXPECT_TRUE(notary.ok()) << notary.status();
    return *std::move(notary);
  }

  merkle::Hasher hasher_;
  merkle::Frontier frontier_;
  const std::unique_ptr<Store> store_ = NewMemoryStore();
  std::unique_ptr<EventLog> log_;
  bool has_signed_ = false;
  const SigningKey key_ = SigningKey::Generate("Changshan-Huayuan", KeyType::kLog);
  const SigningKey witness_ = SigningKey::Generate("witness.example", KeyType::kWitness);
};

TEST_F(NotaryTest, TheNewestCheckpointIsSignedAndKept) {
  Append(3);
  const auto notary = MustOpen();
  const auto note = notary->Newest();
  ASSERT_TRUE(note.ok()) << note.status();
  const auto checkpoint = merkle::OpenCheckpoint(*note, key_.verifier());
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->origin, "Changshan-Huayuan");
  EXPECT_EQ(checkpoint->size, 3u);
  EXPECT_EQ(checkpoint->root, frontier_.Root(hasher_));
  EXPECT_EQ(*notary->Newest(), *note);
  EXPECT_EQ(*notary->OfSize(3), *note);
  EXPECT_EQ(ReasonOf(notary->OfSize(2).status()), v1::ERROR_REASON_NOT_FOUND);
}

TEST_F(NotaryTest, WhatWasShownStaysAndWhatNobodySawGivesWay) {
  Append(1);
  auto notary = MustOpen();
  ASSERT_TRUE(notary->Newest().ok());
  Append(1);
  ASSERT_TRUE(notary->Start().ok());
  notary->Stop();  // signs 2, which nobody has seen
  EXPECT_EQ(*notary->Sizes(0), (std::vector<uint64_t>{1, 2}));
  Append(1);
  ASSERT_TRUE(notary->Newest().ok());
  EXPECT_EQ(*notary->Sizes(0), (std::vector<uint64_t>{1, 3}));
  EXPECT_EQ(*notary->Sizes(2), (std::vector<uint64_t>{3}));
}

TEST_F(NotaryTest, ALogThatLostItsEndIsRefused) {
  Append(2);
  ASSERT_TRUE(MustOpen()->Newest().ok());
  const std::string record = *store_->Get(TableId::kLog, CheckpointKey(1)).value();
  Append(2);
  ASSERT_TRUE(MustOpen()->Newest().ok());
  ASSERT_TRUE(store_
                  ->Write({.table = TableId::kLog,
                           .puts = {{CheckpointKey(1), record}},
                           .deletes = {},
                           .clear_first = true},
                          Durability::kSynced)
                  .ok());
  Reopen();
  const auto opened = Open(key_);
  ASSERT_TRUE(absl::IsDataLoss(opened.status()));
  EXPECT_NE(Why(opened.status()).find("a checkpoint of 4 events was signed"), std::string::npos);
}

TEST_F(NotaryTest, ALogWithAnotherHistoryIsRefused) {
  Append(4);
  ASSERT_TRUE(MustOpen()->Newest().ok());
  ASSERT_TRUE(store_
                  ->Write({.table = TableId::kLog, .puts = {}, .deletes = {}, .clear_first = true},
                          Durability::kSynced)
                  .ok());
  Reopen();
  frontier_ = {};
  Append(4, "forged");
  const auto opened = Open(key_);
  ASSERT_TRUE(absl::IsDataLoss(opened.status()));
  EXPECT_NE(Why(opened.status()).find("is not the one that was signed"), std::string::npos);
}

TEST_F(NotaryTest, ALedgerThatHasSignedAndKeepsNoCheckpointIsRefused) {
  Append(4);
  has_signed_ = true;
  EXPECT_TRUE(absl::IsDataLoss(Open(key_).status()));
  has_signed_ = false;
  ASSERT_TRUE(MustOpen()->Newest().ok());
  has_signed_ = true;
  EXPECT_TRUE(Open(key_).ok());
}

TEST_F(NotaryTest, ACheckpointThatWasAskedForBySizeStays) {
  Append(1);
  auto notary = MustOpen();
  ASSERT_TRUE(notary->Start().ok());
  notary->Stop();
  ASSERT_TRUE(notary->OfSize(1).ok());
  Append(1);
  ASSERT_TRUE(notary->Newest().ok());
  EXPECT_EQ(*notary->Sizes(0), (std::vector<uint64_t>{1, 2}));
}

TEST_F(NotaryTest, AKeptCheckpointThatWasChangedIsRefused) {
  Append(4);
  std::string note = *MustOpen()->Newest();
  note[note.find("\n4\n") + 1] = '5';
  ASSERT_TRUE(store_
                  ->Write({.table = TableId::kCheckpoints, .puts = {{CheckpointKey(4), note}}, .deletes = {}},
                          Durability::kSynced)
                  .ok());
  EXPECT_TRUE(absl::IsDataLoss(Open(key_).status()));
  EXPECT_TRUE(absl::IsDataLoss(Open(SigningKey::Generate("Changshan-Huayuan", KeyType::kLog)).status()));
}

TEST_F(NotaryTest, CosignaturesOfKnownWitnessesAreKeptOnceEach) {
  Append(5);
  const auto notary = MustOpen();
  auto note = *merkle::SignedNote::Decode(*notary->Newest());
  note.signatures.push_back(merkle::Cosign(note.text, witness_, 1'700'000'000));
  ASSERT_TRUE(notary->AddCosignatures(note.Encode()).ok());
  note.signatures.back() = merkle::Cosign(note.text, witness_, 1'700'000'100);
  const auto added = notary->AddCosignatures(note.Encode());
  ASSERT_TRUE(added.ok()) << added.status();
  EXPECT_EQ(*notary->OfSize(5), *added);
  EXPECT_EQ(*notary->Newest(), *added);
  const auto kept = *merkle::SignedNote::Decode(*added);
  EXPECT_EQ(kept.signatures.size(), 2u);
  EXPECT_EQ(*merkle::VerifyCosignature(kept, witness_.verifier()), 1'700'000'100u);
  EXPECT_TRUE(merkle::OpenCheckpoint(kept, key_.verifier()).ok());
  // After a restart too.
  EXPECT_EQ(*MustOpen()->OfSize(5), *added);
}

TEST_F(NotaryTest, CosignaturesThatProveNothingAreRefused) {
  Append(5);
  const auto notary = MustOpen();
  const auto note = *merkle::SignedNote::Decode(*notary->Newest());
  const auto offer = [&](const merkle::NoteSignature& signature, const std::string& text) {
    return ReasonOf(notary->AddCosignatures(merkle::SignedNote{text, {signature}}.Encode()).status());
  };
  const SigningKey stranger = SigningKey::Generate("witness.example", KeyType::kWitness);
  EXPECT_EQ(offer(merkle::Cosign(note.text, stranger, 1), note.text), v1::ERROR_REASON_COSIGNATURE_REFUSED);
  merkle::NoteSignature broken = merkle::Cosign(note.text, witness_, 1);
  broken.bytes.back() = static_cast<char>(broken.bytes.back() ^ 1);
  EXPECT_EQ(offer(broken, note.text), v1::ERROR_REASON_COSIGNATURE_REFUSED);
  // Of another history, or of a size that was never signed.
  merkle::Checkpoint other{.origin = "Changshan-Huayuan", .size = 5, .root = {}};
  EXPECT_EQ(offer(merkle::Cosign(other.Text(), witness_, 1), other.Text()), v1::ERROR_REASON_NOT_FOUND);
  other.size = 4;
  EXPECT_EQ(offer(merkle::Cosign(other.Text(), witness_, 1), other.Text()), v1::ERROR_REASON_NOT_FOUND);
  EXPECT_EQ(ReasonOf(notary->AddCosignatures("rubbish").status()), v1::ERROR_REASON_FIELD_INVALID);
  EXPECT_EQ(*notary->OfSize(5), note.Encode());
}

// --- The key's files

class SigningKeyTest : public testing::Test {
 protected:
  SigningKeyTest() : folder_(testing::TempDir() + "redvest-key-" + std::to_string(getpid())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~SigningKeyTest() override { std::filesystem::remove_all(folder_); }

  void MakeAndPublish() {
    const auto made = OpenSigningKey(files_, "here");
    ASSERT_TRUE(made.ok()) << made.status();
    ASSERT_TRUE(PublishKey(files_, made->verifier()).ok());
  }

  const std::string folder_;
  const KeyFiles files_{.secret = folder_ + "/ledger.key", .published = folder_ + "/key.pub"};
};

TEST_F(SigningKeyTest, IsMadeOnceForItsOwnerAlone) {
  const auto made = OpenSigningKey(files_, "here");
  ASSERT_TRUE(made.ok()) << made.status();
  struct stat about;
  ASSERT_EQ(stat(files_.secret.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
  EXPECT_FALSE(std::filesystem::exists(files_.published));
  ASSERT_TRUE(PublishKey(files_, made->verifier()).ok());
  const auto again = OpenSigningKey(files_, "here");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->verifier(), made->verifier());
}

TEST_F(SigningKeyTest, ALostSecretIsNotReplacedInSilence) {
  MakeAndPublish();
  std::filesystem::remove(files_.secret);
  const auto opened = OpenSigningKey(files_, "here");
  EXPECT_TRUE(absl::IsFailedPrecondition(opened.status()));
  EXPECT_NE(Why(opened.status()).find("put it back"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(files_.secret));
}

TEST_F(SigningKeyTest, AnotherLedgersKeyOrRubbishIsRefused) {
  MakeAndPublish();
  EXPECT_TRUE(absl::IsInvalidArgument(OpenSigningKey(files_, "there").status()));
  std::filesystem::remove(files_.secret);
  ASSERT_TRUE(OpenSigningKey({.secret = files_.secret, .published = folder_ + "/other.pub"}, "here").ok());
  EXPECT_TRUE(absl::IsInvalidArgument(OpenSigningKey(files_, "here").status()));
  std::ofstream(files_.secret) << "rubbish\n";
  EXPECT_TRUE(absl::IsInvalidArgument(OpenSigningKey(files_, "here").status()));
  std::ofstream(files_.secret, std::ios::trunc).flush();
  EXPECT_TRUE(absl::IsInvalidArgument(OpenSigningKey(files_, "here").status()));
}

}  // namespace
}  // namespace redvest
