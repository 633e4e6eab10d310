#include "ledger/merkle/tlog_proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/merkle/codec.h"
#include "tests/unit/merkle/textbook.h"

namespace redvest::merkle {
namespace {

using testing::HasSubstr;

constexpr std::string_view kQrAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

template <typename T>
std::string Refusal(const absl::StatusOr<T>& result) {
  if (result.ok()) return "";
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(result.status().message());
}

std::string With(std::string_view text, std::string_view old_part, std::string_view new_part) {
  std::string changed(text);
  const size_t at = changed.find(old_part);
  EXPECT_NE(at, std::string::npos) << old_part;
  return changed.replace(at, old_part.size(), new_part);
}

class TlogProofTest : public testing::Test {
 protected:
  static constexpr size_t kSize = 11;

  TlogProofTest() {
    for (size_t i = 0; i < kSize; ++i) leaves_.push_back("entry " + std::to_string(i));
  }

  TlogProof ProofOf(uint64_t index) const {
    TlogProof proof;
    proof.entry = leaves_[index];
    proof.index = index;
    proof.proof = TextbookPath(index, leaves_);
    proof.checkpoint = SignCheckpoint({key_.verifier().name, kSize, TextbookRoot(leaves_)}, key_);
    return proof;
  }

  std::vector<std::string> leaves_;
  const SigningKey key_ = SigningKey::Generate("redvest.example/changshan", KeyType::kLog);
};

TEST_F(TlogProofTest, BothFormsComeBackAndVerify) {
  for (uint64_t index = 0; index < kSize; ++index) {
    const TlogProof proof = ProofOf(index);
    const absl::StatusOr<std::string> compact = proof.EncodeCompact();
    ASSERT_TRUE(compact.ok()) << compact.status();
    for (const std::string& text : {proof.Encode(), *compact}) {
      const absl::StatusOr<TlogProof> copy = TlogProof::Decode(text);
      ASSERT_TRUE(copy.ok()) << copy.status();
      EXPECT_EQ(copy->entry, proof.entry);
      EXPECT_EQ(copy->index, index);
      EXPECT_EQ(copy->proof, proof.proof);
      EXPECT_EQ(copy->checkpoint, proof.checkpoint);
      const absl::StatusOr<Checkpoint> checkpoint = copy->Verify(key_.verifier());
      ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
      EXPECT_EQ(checkpoint->size, kSize);
      EXPECT_EQ(copy->Encode(), proof.Encode());
    }
  }
}

TEST_F(TlogProofTest, TheTextIsThatOfTheSpecification) {
  TlogProof proof = ProofOf(10);
  std::string hashes;
  for (const Hash& hash : proof.proof) hashes += Base64Encode(std::string(hash.begin(), hash.end())) + "\n";
  EXPECT_EQ(proof.Encode(),
            "c2sp.org/tlog-proof@v1\nextra ZW50cnkgMTA=\nindex 10\n" + hashes + "\n" + proof.checkpoint);
  proof.entry.clear();
  EXPECT_EQ(proof.Encode(), "c2sp.org/tlog-proof@v1\nindex 10\n" + hashes + "\n" + proof.checkpoint);
  EXPECT_EQ(TlogProof::Decode(proof.Encode())->entry, "");
}

TEST_F(TlogProofTest, WitnessesStayInTheTextAndLeaveTheCompactForm) {
  TlogProof proof = ProofOf(3);
  const SigningKey witness = SigningKey::Generate("witness", KeyType::kWitness);
  SignedNote note = *SignedNote::Decode(proof.checkpoint);
  note.signatures.push_back(Cosign(note.text, witness, 1'700'000'000));
  proof.checkpoint = note.Encode();
  EXPECT_EQ(TlogProof::Decode(proof.Encode())->checkpoint, proof.checkpoint);
  EXPECT_EQ(TlogProof::Decode(*proof.EncodeCompact())->checkpoint, ProofOf(3).checkpoint);
}

TEST_F(TlogProofTest, AnEditedEntryIsRefused) {
  TlogProof proof = ProofOf(3);
  proof.entry += "0";
  EXPECT_THAT(Refusal(proof.Verify(key_.verifier())), HasSubstr("leads to the root"));
  EXPECT_THAT(Refusal(TlogProof::Decode(proof.Encode())->Verify(key_.verifier())),
              HasSubstr("leads to the root"));
}

TEST_F(TlogProofTest, AnotherKeyIsRefused) {
  const SigningKey other = SigningKey::Generate(key_.verifier().name, KeyType::kLog);
  EXPECT_THAT(Refusal(ProofOf(3).Verify(other.verifier())), HasSubstr("no signature is by the key"));
}

TEST_F(TlogProofTest, EveryChangedByteOfEitherFormIsRefused) {
  const TlogProof proof = ProofOf(6);
  for (const std::string& text : {proof.Encode(), *proof.EncodeCompact()}) {
    for (size_t i = 0; i < text.size(); ++i) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string changed = text;
        changed[i] = static_cast<char>(changed[i] ^ 1 << bit);
        const absl::StatusOr<TlogProof> decoded = TlogProof::Decode(changed);
        if (!decoded.ok()) continue;
        ASSERT_NE(Refusal(decoded->Verify(key_.verifier())), "") << "byte " << i << " bit " << bit;
      }
    }
  }
}

TEST_F(TlogProofTest, EveryCutIsRefused) {
  const TlogProof proof = ProofOf(6);
  for (const std::string& text : {proof.Encode(), *proof.EncodeCompact()}) {
    for (size_t size = 0; size < text.size(); ++size) {
      const absl::StatusOr<TlogProof> decoded = TlogProof::Decode(std::string_view(text).substr(0, size));
      if (!decoded.ok()) continue;
      ASSERT_NE(Refusal(decoded->Verify(key_.verifier())), "") << size;
    }
  }
}

TEST_F(TlogProofTest, DamagedTextsAreRefusedWithAReason) {
  const std::string text = ProofOf(6).Encode();
  EXPECT_THAT(Refusal(TlogProof::Decode("")), HasSubstr("this is no proof"));
  EXPECT_THAT(Refusal(TlogProof::Decode(With(text, "@v1", "@v2"))), HasSubstr("this is no proof"));
  EXPECT_THAT(Refusal(TlogProof::Decode(With(text, "index 6", "index 06"))), HasSubstr("index"));
  EXPECT_THAT(Refusal(TlogProof::Decode(With(text, "index 6\n", ""))), HasSubstr("index"));
  EXPECT_THAT(Refusal(TlogProof::Decode(With(text, "extra ", "extra  "))), HasSubstr("extra"));
  EXPECT_THAT(Refusal(TlogProof::Decode(With(text, "extra ZW50cnkgNg==", "extra "))), HasSubstr("extra"));
  EXPECT_THAT(Refusal(TlogProof::Decode(With(text, "index 6\n", "index 6\nAAAA\n"))),
              HasSubstr("a hash of the proof"));
  EXPECT_THAT(Refusal(TlogProof::Decode("c2sp.org/tlog-proof@v1\nindex 6\n")), HasSubstr("no checkpoint"));
  EXPECT_THAT(Refusal(TlogProof::Decode(text + "x")), HasSubstr("newline"));
  EXPECT_THAT(Refusal(TlogProof::Decode(With(text, "\n11\n", "\n011\n"))), HasSubstr("size"));
  std::string many = "c2sp.org/tlog-proof@v1\nindex 6\n";
  for (int i = 0; i < 65; ++i) many += Base64Encode(std::string(32, 'x')) + "\n";
  EXPECT_THAT(Refusal(TlogProof::Decode(many)), HasSubstr("too many hashes"));
  EXPECT_THAT(Refusal(TlogProof::Decode(std::string(200'000, 'x'))), HasSubstr("longer than"));
}

TEST_F(TlogProofTest, DamagedCompactFormsAreRefusedWithAReason) {
  const auto compact = [](std::string_view bytes) { return "REDVEST1:" + Base45Encode(bytes); };
  using namespace std::string_literals;
  EXPECT_THAT(Refusal(TlogProof::Decode("REDVEST1:x")), HasSubstr("not base 45"));
  EXPECT_THAT(Refusal(TlogProof::Decode("REDVEST1:")), HasSubstr("cut off"));
  EXPECT_THAT(Refusal(TlogProof::Decode(compact("\x05\x0B"))), HasSubstr("cut off"));
  // An origin that is longer than all there is.
  EXPECT_THAT(Refusal(TlogProof::Decode(compact("\x05\x0B\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01name"))),
              HasSubstr("cut off"));
  const std::string signature(68, 's');
  EXPECT_THAT(Refusal(TlogProof::Decode(compact("\x05\x0B\x04na\nm" + signature))), HasSubstr("origin"));
  EXPECT_THAT(Refusal(TlogProof::Decode(compact("\x0B\x0B\x04name" + signature))),
              HasSubstr("the index 11 is not in a tree of 11 leaves"));
  EXPECT_THAT(Refusal(TlogProof::Decode(compact("\x00\x00\x04name"s + signature))),
              HasSubstr("in a tree of 0"));
  EXPECT_THAT(Refusal(TlogProof::Decode(compact("\x05\x0B\x04name" + signature + "hash"))),
              HasSubstr("cut off"));
}

TEST_F(TlogProofTest, OnlyAProofThatHoldsHasACompactForm) {
  TlogProof proof = ProofOf(6);
  proof.entry += "0";
  EXPECT_THAT(Refusal(proof.EncodeCompact()), HasSubstr("does not lead to the root"));
  proof = ProofOf(6);
  proof.proof.pop_back();
  EXPECT_THAT(Refusal(proof.EncodeCompact()), HasSubstr("the proof has 3 hashes"));
  proof = ProofOf(6);
  proof.checkpoint = "nothing";
  EXPECT_THAT(Refusal(proof.EncodeCompact()), HasSubstr("no blank line"));
  SignedNote note = *SignedNote::Decode(ProofOf(6).checkpoint);
  note.signatures[0].key_name = "elsewhere";
  proof.checkpoint = note.Encode();
  EXPECT_THAT(Refusal(proof.EncodeCompact()), HasSubstr("no signature of the log itself"));
}

TEST_F(TlogProofTest, AReceiptFromALogOfSixteenMillionFitsAQrCode) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  TlogProof proof;
  for (int i = 0; i < 150; ++i) proof.entry.push_back(static_cast<char>(random()));
  proof.index = 12'345'678;
  constexpr uint64_t kLeaves = uint64_t{1} << 24;
  for (int i = 0; i < 24; ++i) proof.proof.push_back(Hasher::Leaf(std::to_string(i)));
  const absl::StatusOr<Hash> root =
      RootFromInclusion(proof.index, kLeaves, Hasher::Leaf(proof.entry), proof.proof);
  ASSERT_TRUE(root.ok()) << root.status();
  proof.checkpoint = SignCheckpoint({key_.verifier().name, kLeaves, *root}, key_);
  const absl::StatusOr<std::string> compact = proof.EncodeCompact();
  ASSERT_TRUE(compact.ok()) << compact.status();
  EXPECT_LT(compact->size(), 1'700u);
  EXPECT_EQ(compact->find_first_not_of(kQrAlphabet), std::string::npos);
  EXPECT_TRUE(TlogProof::Decode(*compact)->Verify(key_.verifier()).ok());
}

}  // namespace
}  // namespace redvest::merkle
