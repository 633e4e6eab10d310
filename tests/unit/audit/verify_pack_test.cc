// Faults of every kind, planted in a sound pack.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "absl/strings/str_cat.h"
#include "ledger/audit/files.h"
#include "ledger/audit/verify.h"
#include "tests/unit/audit/pack_town.h"

namespace redvest {
namespace {

using namespace sample;
using testing::AllOf;
using testing::HasSubstr;

class VerifyPackTest : public testing::Test {
 protected:
  static constexpr uint64_t kEntries = 600;

  VerifyPackTest() : town_(PackTown::Random(kEntries)) { Write(); }

  void Write() {
    const auto report = town_.Write(dir_ / "pack", town_.entries.size());
    EXPECT_TRUE(report.ok()) << report.status();
  }
  absl::StatusOr<VerifyReport> Verify() {
    const auto pack = Pack::Open(dir_ / "pack");
    if (!pack.ok()) return pack.status();
    return VerifyPack(**pack, options_, [](std::string_view, Sequence, Sequence) {});
  }
  std::string FaultFound() {
    const absl::Status status = Verify().status();
    if (status.ok()) return "";
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    return std::string(status.message());
  }
  // Makes the pack that somebody makes who has changed entries and knows how to write tiles, but has not the
  // key: the checkpoint is the genuine one.
  void Forge(std::vector<std::string> entries) {
    const std::string genuine = ReadAll(dir_ / "pack/checkpoint");
    PackTown forger({});
    forger.entries = std::move(entries);
    forger.key = *merkle::SigningKey::Decode(town_.key.Encode());  // so that no other file tells it
    forger.witness = *merkle::SigningKey::Decode(town_.witness.Encode());
    fs::remove_all(dir_ / "pack");
    ASSERT_TRUE(forger.Write(dir_ / "pack", forger.entries.size()).ok());
    WriteAll(dir_ / "pack/checkpoint", genuine);
  }

  const TempDir dir_;
  PackTown town_;
  VerifyOptions options_;
};

TEST_F(VerifyPackTest, AWholePackIsReported) {
  options_.key = town_.key.verifier();
  const auto report = Verify();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->last, Sequence(kEntries));
  EXPECT_EQ(report->root, town_.CheckpointAt(kEntries).root);
  EXPECT_EQ(report->signed_up_to, Sequence(kEntries));
  EXPECT_EQ(report->name, "Changshan Huayuan");
}

TEST_F(VerifyPackTest, AnyFlippedBitOfAnyFileIsCaught) {
  const uint64_t seed = Seed();
  std::mt19937_64 random(seed);
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(dir_ / "pack")) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  for (const fs::path& file : files) {
    const std::string bytes = ReadAll(file);
    std::string flipped = bytes;
    const size_t bit = random() % (8 * bytes.size());
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    WriteAll(file, flipped);
    EXPECT_NE(FaultFound(), "") << file << " bit " << bit;
    fs::remove(file);
    EXPECT_FALSE(Verify().ok()) << file << " is missing";
    WriteAll(file, bytes);
  }
  EXPECT_EQ(FaultFound(), "");
}

TEST_F(VerifyPackTest, AWitnessesSignatureIsVerified) {
  const fs::path path = dir_ / "pack/checkpoint";
  const auto note = *merkle::SignedNote::Decode(ReadAll(path));
  auto wrong = note;
  wrong.signatures[1].bytes.back() ^= 1;
  WriteAll(path, wrong.Encode());
  EXPECT_THAT(FaultFound(), AllOf(HasSubstr("pack/checkpoint: "), HasSubstr(town_.witness.verifier().name)));
  // A witness that nobody knows.
  const auto stranger = merkle::SigningKey::Generate("stranger.example", merkle::KeyType::kWitness);
  auto more = note;
  more.signatures.push_back(merkle::Cosign(note.text, stranger, 1'800'000'000));
  WriteAll(path, more.Encode());
  EXPECT_THAT(FaultFound(), HasSubstr("not in the file keys"));
}

TEST_F(VerifyPackTest, AForeignFileIsNamed) {
  WriteAll(dir_ / "pack/tile/0/x001/000", "more");
  EXPECT_THAT(FaultFound(), HasSubstr("x001"));
}

TEST_F(VerifyPackTest, AChangedEntryIsNamedWhereItsTileWasNotChanged) {
  const fs::path bundle = dir_ / "pack/tile/entries/000";
  std::string bytes = ReadAll(bundle);
  // The last byte of the first entry, whose length is two bytes.
  const size_t length = static_cast<uint8_t>(bytes[0]) << 8 | static_cast<uint8_t>(bytes[1]);
  bytes[1 + length] = static_cast<char>(bytes[1 + length] ^ 1);
  WriteAll(bundle, bytes);
  EXPECT_THAT(FaultFound(), HasSubstr("event 1: "));
}

TEST_F(VerifyPackTest, APackWithTilesMadeAnewFailsAtItsCheckpoint) {
  std::vector<std::string> entries = town_.entries;
  Event event;
  ASSERT_TRUE(event.ParseFromString(entries[204]));
  event.set_policy_version(77);
  entries[204] = event.SerializeAsString();
  Forge(entries);
  EXPECT_THAT(FaultFound(), HasSubstr("checkpoint"));
}

TEST_F(VerifyPackTest, DroppedSwappedAndDoubledEntriesFail) {
  std::vector<std::string> dropped = town_.entries;
  dropped.erase(dropped.begin() + 300);
  dropped.push_back(town_.entries.back());
  Forge(dropped);
  EXPECT_THAT(FaultFound(), AllOf(HasSubstr("event "), HasSubstr("the checkpoint says")));
  std::vector<std::string> swapped = town_.entries;
  std::swap(swapped[300], swapped[301]);
  Forge(swapped);
  EXPECT_NE(FaultFound(), "");
  std::vector<std::string> doubled = town_.entries;
  doubled[301] = doubled[300];
  Forge(doubled);
  EXPECT_THAT(FaultFound(), AllOf(HasSubstr("event 302: "), HasSubstr("the checkpoint says")));
}

TEST_F(VerifyPackTest, BooksThatDoNotHoldAreNamedEvenWhereTheKeySignedThem) {
  Event event;
  const auto reseal = [&](size_t i) {
    town_.entries[i] = event.SerializeAsString();
    fs::remove_all(dir_ / "pack");
    Write();
  };
  ASSERT_TRUE(event.ParseFromString(town_.entries[204]));
  event.set_serial(event.serial() + 5);
  reseal(204);
  EXPECT_THAT(FaultFound(), HasSubstr("event 205: it has serial "));
}

TEST_F(VerifyPackTest, ATrialBalanceThatIsNotTheEntriesIsNamed) {
  const fs::path path = dir_ / "pack/trial-balance.csv";
  const std::string csv = ReadAll(path);
  const auto with_sums = [&](const std::string& text) {
    // SHA256SUMS is no secret: who changes the file makes that anew.
    std::string sums = ReadAll(dir_ / "pack/SHA256SUMS");
    const std::string line = "  trial-balance.csv";
    const size_t at = sums.find(line);
    sums.replace(at - 64, 64, Sha256Hex(text));
    WriteAll(path, text);
    WriteAll(dir_ / "pack/SHA256SUMS", sums);
    return FaultFound();
  };
  const size_t first_end = csv.find('\n', csv.find('\n') + 1);
  const std::string header = csv.substr(0, csv.find('\n') + 1);
  EXPECT_THAT(with_sums(csv.substr(0, first_end) + "0" + csv.substr(first_end)),
              AllOf(HasSubstr("trial-balance.csv: the entries leave"), HasSubstr("but it has")));
  EXPECT_THAT(with_sums(header + csv.substr(first_end + 1)), HasSubstr("but it has nothing"));
  EXPECT_THAT(with_sums(csv + "memo:biller:99,fen,7\n"), HasSubstr("trial-balance.csv"));
  EXPECT_EQ(with_sums(csv), "");
}

TEST_F(VerifyPackTest, AnotherLedgersKeyIsNamed) {
  const merkle::SigningKey other =
      merkle::SigningKey::Generate(town_.key.verifier().name, merkle::KeyType::kLog);
  options_.key = other.verifier();
  EXPECT_THAT(FaultFound(),
              AllOf(HasSubstr(other.verifier().Encode()), HasSubstr(town_.key.verifier().Encode())));
}

TEST_F(VerifyPackTest, ACheckpointOfASecondHistoryIsNamed) {
  Event event;
  PackTown second({});
  second.entries = town_.entries;
  ASSERT_TRUE(event.ParseFromString(second.entries[204]));
  event.set_policy_version(77);
  second.entries[204] = event.SerializeAsString();
  merkle::Checkpoint shown = second.CheckpointAt(300);
  options_.checkpoints.push_back({"shown.note", merkle::SignCheckpoint(shown, town_.key)});
  EXPECT_THAT(FaultFound(),
              AllOf(HasSubstr("events 1 to 300: the log was changed, or a second history is shown"),
                    HasSubstr("shown.note")));
}

}  // namespace
}  // namespace redvest
