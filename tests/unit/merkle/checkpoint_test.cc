#include "ledger/merkle/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "ledger/merkle/codec.h"

namespace redvest::merkle {
namespace {

using testing::HasSubstr;

// The example of C2SP tlog-cosignature.
constexpr std::string_view kExample =
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n"
    "\xE2\x80\x94 example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "\xE2\x80\x94 witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/"
    "zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

Checkpoint SomeCheckpoint() { return {"redvest.example/changshan", 42, Hasher::Leaf("root")}; }

template <typename T>
std::string Refusal(const absl::StatusOr<T>& result) {
  if (result.ok()) return "";
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(result.status().message());
}

TEST(Checkpoint, ReadsTheExampleOfTheSpecification) {
  const absl::StatusOr<SignedNote> note = SignedNote::Decode(kExample);
  ASSERT_TRUE(note.ok()) << note.status();
  const absl::StatusOr<Checkpoint> checkpoint = Checkpoint::FromText(note->text);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->origin, "example.com/behind-the-sofa");
  EXPECT_EQ(checkpoint->size, 20852163u);
  EXPECT_EQ(ToHex(checkpoint->root), "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62");
  EXPECT_EQ(checkpoint->Text(), note->text);
  ASSERT_EQ(note->signatures.size(), 2u);
  EXPECT_EQ(note->signatures[0].bytes.size(), 64u);
  EXPECT_EQ(note->signatures[1].bytes.size(), 8u + 64u);
}

TEST(Checkpoint, RefusesTextsThatAreNone) {
  const std::string root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
  EXPECT_EQ(Refusal(Checkpoint::FromText("o\n1\n" + root + "\n")), "");
  EXPECT_THAT(Refusal(Checkpoint::FromText("")), HasSubstr("fewer than three lines"));
  EXPECT_THAT(Refusal(Checkpoint::FromText("o\n1\n" + root)), HasSubstr("fewer than three lines"));
  EXPECT_THAT(Refusal(Checkpoint::FromText("o\n1\n" + root + "\nmore\n")),
              HasSubstr("more than three lines"));
  EXPECT_THAT(Refusal(Checkpoint::FromText("\n1\n" + root + "\n")), HasSubstr("no origin"));
  EXPECT_THAT(Refusal(Checkpoint::FromText("o\n01\n" + root + "\n")), HasSubstr("size"));
  EXPECT_THAT(Refusal(Checkpoint::FromText("o\n-1\n" + root + "\n")), HasSubstr("size"));
  EXPECT_THAT(Refusal(Checkpoint::FromText("o\n\n" + root + "\n")), HasSubstr("size"));
  EXPECT_THAT(Refusal(Checkpoint::FromText("o\n1\n" + root + "=\n")), HasSubstr("root"));
  EXPECT_THAT(Refusal(Checkpoint::FromText("o\n1\nAAAA\n")), HasSubstr("root"));
}

TEST(Checkpoint, IsOpenedByTheKeyThatSignedIt) {
  const SigningKey key = SigningKey::Generate(SomeCheckpoint().origin, KeyType::kLog);
  const std::string note = SignCheckpoint(SomeCheckpoint(), key);
  const absl::StatusOr<Checkpoint> opened = OpenCheckpoint(note, key.verifier());
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->size, 42u);
  EXPECT_EQ(opened->root, SomeCheckpoint().root);
}

TEST(Checkpoint, IsNotOpenedByAnyOtherKey) {
  const SigningKey key = SigningKey::Generate(SomeCheckpoint().origin, KeyType::kLog);
  const std::string note = SignCheckpoint(SomeCheckpoint(), key);
  const SigningKey same_name = SigningKey::Generate(SomeCheckpoint().origin, KeyType::kLog);
  EXPECT_THAT(Refusal(OpenCheckpoint(note, same_name.verifier())), HasSubstr("no signature is by the key"));
  const SigningKey other = SigningKey::Generate("another", KeyType::kLog);
  EXPECT_THAT(Refusal(OpenCheckpoint(note, other.verifier())), HasSubstr("and the key of another"));
  const SigningKey witness = SigningKey::Generate(SomeCheckpoint().origin, KeyType::kWitness);
  EXPECT_THAT(Refusal(OpenCheckpoint(note, witness.verifier())), HasSubstr("a witness's, not a log's"));
}

TEST(Checkpoint, EveryChangedByteIsRefused) {
  const SigningKey key = SigningKey::Generate(SomeCheckpoint().origin, KeyType::kLog);
  const std::string note = SignCheckpoint(SomeCheckpoint(), key);
  for (size_t i = 0; i < note.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = note;
      changed[i] = static_cast<char>(changed[i] ^ 1 << bit);
      ASSERT_NE(Refusal(OpenCheckpoint(changed, key.verifier())), "") << "byte " << i << " bit " << bit;
    }
  }
}

TEST(Checkpoint, ASecondBadLineOfTheSameKeyIsRefused) {
  const SigningKey key = SigningKey::Generate(SomeCheckpoint().origin, KeyType::kLog);
  SignedNote note = *SignedNote::Decode(SignCheckpoint(SomeCheckpoint(), key));
  note.signatures.push_back(note.signatures[0]);
  EXPECT_EQ(Refusal(OpenCheckpoint(note, key.verifier())), "");
  note.signatures[1].bytes[0] = static_cast<char>(note.signatures[1].bytes[0] ^ 1);
  EXPECT_THAT(Refusal(OpenCheckpoint(note, key.verifier())), HasSubstr("does not verify"));
}

TEST(Checkpoint, LinesOfOtherKeysAreIgnored) {
  const SigningKey key = SigningKey::Generate(SomeCheckpoint().origin, KeyType::kLog);
  SignedNote note = *SignedNote::Decode(SignCheckpoint(SomeCheckpoint(), key));
  note.signatures.insert(note.signatures.begin(), {key.verifier().name, key.verifier().Id() + 1, "junk"});
  note.signatures.push_back({"elsewhere", key.verifier().Id(), "junk"});
  EXPECT_EQ(Refusal(OpenCheckpoint(note.Encode(), key.verifier())), "");
}

TEST(Cosignature, IsOverTheMessageOfTheSpecification) {
  const SignedNote example = *SignedNote::Decode(kExample);
  const SigningKey witness = SigningKey::Generate("witness.example.com/w1", KeyType::kWitness);
  const NoteSignature line = Cosign(example.text, witness, 1679315147);
  EXPECT_EQ(line.key_name, "witness.example.com/w1");
  EXPECT_EQ(line.key_id, witness.verifier().Id());
  // The time of the example's own line, and the message that the specification spells out.
  EXPECT_EQ(line.bytes.substr(0, 8), example.signatures[1].bytes.substr(0, 8));
  EXPECT_EQ(line.bytes.substr(8), witness.Sign("cosignature/v1\n"
                                               "time 1679315147\n"
                                               "example.com/behind-the-sofa\n"
                                               "20852163\n"
                                               "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"));
}

TEST(Cosignature, VerifiesAndTellsItsTime) {
  const SigningKey key = SigningKey::Generate(SomeCheckpoint().origin, KeyType::kLog);
  const SigningKey witness = SigningKey::Generate("witness", KeyType::kWitness);
  SignedNote note = *SignedNote::Decode(SignCheckpoint(SomeCheckpoint(), key));
  EXPECT_THAT(Refusal(VerifyCosignature(note, witness.verifier())), HasSubstr("no signature is by the key"));
  note.signatures.push_back(Cosign(note.text, witness, 1'700'000'000));
  note = *SignedNote::Decode(note.Encode());
  const absl::StatusOr<uint64_t> time = VerifyCosignature(note, witness.verifier());
  ASSERT_TRUE(time.ok()) << time.status();
  EXPECT_EQ(*time, 1'700'000'000u);
  EXPECT_EQ(Refusal(OpenCheckpoint(note, key.verifier())), "");
  EXPECT_THAT(Refusal(VerifyCosignature(note, key.verifier())), HasSubstr("a log's, not a witness's"));
}

TEST(Cosignature, EveryFlippedBitIsRefused) {
  const SigningKey witness = SigningKey::Generate("witness", KeyType::kWitness);
  SignedNote note;
  note.text = SomeCheckpoint().Text();
  const NoteSignature line = Cosign(note.text, witness, 1'700'000'000);
  for (size_t bit = 0; bit < 8 * line.bytes.size(); ++bit) {
    note.signatures = {line};
    char& byte = note.signatures[0].bytes[bit / 8];
    byte = static_cast<char>(byte ^ 1 << bit % 8);
    ASSERT_THAT(Refusal(VerifyCosignature(note, witness.verifier())), HasSubstr("does not verify")) << bit;
  }
  note.signatures = {line};
  note.signatures[0].bytes.resize(7);
  EXPECT_THAT(Refusal(VerifyCosignature(note, witness.verifier())), HasSubstr("does not verify"));
}

}  // namespace
}  // namespace redvest::merkle
