#include "ledger/merkle/note.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "ledger/merkle/codec.h"
#include "tests/unit/merkle/textbook.h"

namespace redvest::merkle {
namespace {

using testing::HasSubstr;

// The example of C2SP signed-note.
constexpr std::string_view kExampleKey =
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
constexpr std::string_view kExampleNote =
    "This is an example message.\n"
    "\n"
    "\xE2\x80\x94 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

// The other one, with a text of several paragraphs and a key that is not given.
constexpr std::string_view kPoem =
    "Ognuno sta solo sul cuor della terra\n"
    "trafitto da un raggio di sole:\n"
    "\n"
    "ed \xC3\xA8 subito sera.\n"
    "\n"
    "\xE2\x80\x94 quasimodo.example/salvatore "
    "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";

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

TEST(SignedNote, TheExampleOfTheSpecificationVerifies) {
  const absl::StatusOr<VerifierKey> key = VerifierKey::Decode(kExampleKey);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->name, "example.com/foo");
  EXPECT_EQ(key->type, KeyType::kLog);
  EXPECT_EQ(key->Id(), 0x530d903au);
  EXPECT_EQ(key->Encode(), kExampleKey);

  const absl::StatusOr<SignedNote> note = SignedNote::Decode(kExampleNote);
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_EQ(note->text, "This is an example message.\n");
  EXPECT_EQ(note->Encode(), kExampleNote);
  const NoteSignature* const signature = note->Find(*key);
  ASSERT_NE(signature, nullptr);
  EXPECT_TRUE(VerifySignature(*key, note->text, signature->bytes));
  EXPECT_FALSE(VerifySignature(*key, note->text + "\n", signature->bytes));
}

TEST(SignedNote, ItsTextMayHaveBlankLines) {
  const absl::StatusOr<SignedNote> note = SignedNote::Decode(kPoem);
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_THAT(note->text, HasSubstr("sole:\n\ned "));
  EXPECT_TRUE(note->text.ends_with("subito sera.\n"));
  ASSERT_EQ(note->signatures.size(), 1u);
  EXPECT_EQ(note->signatures[0].key_name, "quasimodo.example/salvatore");
  EXPECT_EQ(note->signatures[0].key_id, 0x367ba04bu);
  EXPECT_EQ(note->Encode(), kPoem);
}

TEST(SignedNote, RefusesWhatIsNoNote) {
  const std::string note(kExampleNote);
  EXPECT_THAT(Refusal(SignedNote::Decode("")), HasSubstr("no blank line"));
  EXPECT_THAT(Refusal(SignedNote::Decode("text\n")), HasSubstr("no blank line"));
  EXPECT_THAT(Refusal(SignedNote::Decode("text\n\n")), HasSubstr("no signature"));
  EXPECT_THAT(Refusal(SignedNote::Decode(note.substr(0, note.size() - 1))),
              HasSubstr("does not end with a newline"));
  EXPECT_THAT(Refusal(SignedNote::Decode(note + "\n")), HasSubstr("no signature"));
  EXPECT_THAT(Refusal(SignedNote::Decode(note + "more\n")), HasSubstr("em dash"));
  EXPECT_THAT(Refusal(SignedNote::Decode(With(note, "\xE2\x80\x94", "-"))), HasSubstr("em dash"));
  EXPECT_THAT(Refusal(SignedNote::Decode(With(note, "foo Uw", "fooUw"))), HasSubstr("no key name and space"));
  EXPECT_THAT(Refusal(SignedNote::Decode(With(note, "example.com/foo", ""))),
              HasSubstr("no key name and space"));
  EXPECT_THAT(Refusal(SignedNote::Decode(With(note, "com/foo", "com+foo"))),
              HasSubstr("no key name and space"));
  EXPECT_THAT(Refusal(SignedNote::Decode(With(note, "com/foo", "com\xE3\x80\x80"))),
              HasSubstr("no key name"));
  EXPECT_THAT(Refusal(SignedNote::Decode(With(note, "aQM=", "aQM"))), HasSubstr("not base64"));
  EXPECT_THAT(Refusal(SignedNote::Decode(With(note, "aQM=", "aQN="))), HasSubstr("not base64"));
  EXPECT_THAT(Refusal(SignedNote::Decode("text\n\n\xE2\x80\x94 name AAAAAA==\n")), HasSubstr("too short"));
  EXPECT_THAT(Refusal(SignedNote::Decode(With(note, "This", "Th\x01s"))), HasSubstr("control characters"));
  EXPECT_THAT(Refusal(SignedNote::Decode(With(note, "This", "Th\xFFs"))), HasSubstr("not UTF-8"));
}

TEST(SignedNote, IsBounded) {
  std::string note = "text\n\n";
  for (size_t i = 0; i < kNoteSignaturesMax; ++i) note += "\xE2\x80\x94 name AAAAAAA=\n";
  EXPECT_EQ(Refusal(SignedNote::Decode(note)), "");
  note += "\xE2\x80\x94 name AAAAAAA=\n";
  EXPECT_THAT(Refusal(SignedNote::Decode(note)), HasSubstr("more than 32 signatures"));
  EXPECT_THAT(Refusal(SignedNote::Decode(std::string(kNoteBytesMax + 1, 'x'))), HasSubstr("longer than"));
}

TEST(VerifierKey, RefusesWhatIsNoKey) {
  EXPECT_THAT(Refusal(VerifierKey::Decode("")), HasSubstr("fewer parts"));
  EXPECT_THAT(Refusal(VerifierKey::Decode("name+530d903a")), HasSubstr("fewer parts"));
  EXPECT_THAT(Refusal(VerifierKey::Decode(With(kExampleKey, "example.com/foo", ""))),
              HasSubstr("name of the key"));
  EXPECT_THAT(Refusal(VerifierKey::Decode(With(kExampleKey, "com/foo", "com foo"))),
              HasSubstr("name of the key"));
  EXPECT_THAT(Refusal(VerifierKey::Decode(With(kExampleKey, "530d903a", "530D903A"))),
              HasSubstr("id of the key"));
  EXPECT_THAT(Refusal(VerifierKey::Decode(With(kExampleKey, "530d903a", ""))), HasSubstr("id of the key"));
  EXPECT_THAT(Refusal(VerifierKey::Decode(With(kExampleKey, "530d903a", "530d903b"))),
              HasSubstr("does not fit"));
  EXPECT_THAT(Refusal(VerifierKey::Decode(With(kExampleKey, "com/foo", "com/fop"))),
              HasSubstr("does not fit"));
  EXPECT_THAT(Refusal(VerifierKey::Decode(std::string(kExampleKey) + "\n")), HasSubstr("not base64"));
  EXPECT_THAT(Refusal(VerifierKey::Decode(With(kExampleKey, "U2k", "U2kA"))), HasSubstr("not base64"));
  EXPECT_THAT(Refusal(VerifierKey::Decode(With(kExampleKey, "AekyeRrm", "AekyeRrmAAAA"))),
              HasSubstr("33 bytes"));
  EXPECT_THAT(Refusal(VerifierKey::Decode(With(kExampleKey, "+Aek", "+Auk"))),
              HasSubstr("type that is not known"));
  EXPECT_THAT(Refusal(VerifierKey::Decode(std::string(kNoteBytesMax + 1, 'x'))), HasSubstr("too long"));
}

TEST(VerifierKey, TheSameKeyOfAnotherTypeHasAnotherId) {
  VerifierKey key = *VerifierKey::Decode(kExampleKey);
  const uint32_t id = key.Id();
  key.type = KeyType::kWitness;
  EXPECT_NE(key.Id(), id);
  EXPECT_EQ(VerifierKey::Decode(key.Encode())->type, KeyType::kWitness);
}

TEST(KeyName, HasNoSpacesAndNoPlus) {
  EXPECT_TRUE(IsKeyName("redvest.example/\xE9\x95\xBF\xE5\xB1\xB1"));
  for (std::string_view name : {"", "a b", "a+b", "a\tb",
                                "a\xC2\xA0"
                                "b",
                                "a\xE3\x80\x80"
                                "b",
                                "a\xE2\x80\x89", "a\x7F", "\xFF"}) {
    EXPECT_FALSE(IsKeyName(name)) << name;
  }
  EXPECT_EQ(KeyNameFrom("Changshan Garden+1"), "Changshan-Garden-1");
  EXPECT_EQ(KeyNameFrom("\xE9\x95\xBF\xE3\x80\x80\xE5\xB1\xB1\xFF"), "\xE9\x95\xBF-\xE5\xB1\xB1-");
  EXPECT_EQ(KeyNameFrom("plain"), "plain");
}

// RFC 8032 section 7.1: seed, public key, message, signature.
constexpr const char* kEd25519Vectors[][4] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
};

// A key as SigningKey reads it, of a public key and seed.
std::string PrivateText(std::string_view name, std::string_view seed, std::string_view public_key) {
  VerifierKey verifier;
  verifier.name = name;
  std::copy(public_key.begin(), public_key.end(), verifier.public_key.begin());
  const std::string text = verifier.Encode();
  return "PRIVATE+KEY+" + text.substr(0, text.find('+', text.find('+') + 1) + 1) +
         Base64Encode("\x01" + std::string(seed));
}

TEST(SigningKey, SignsAsInRfc8032) {
  for (const auto& [seed, public_key, message, signature] : kEd25519Vectors) {
    const absl::StatusOr<SigningKey> key =
        SigningKey::Decode(PrivateText("test", FromHex(seed), FromHex(public_key)));
    ASSERT_TRUE(key.ok()) << key.status();
    EXPECT_EQ(key->Sign(FromHex(message)), FromHex(signature));
    EXPECT_TRUE(VerifySignature(key->verifier(), FromHex(message), FromHex(signature)));
    EXPECT_FALSE(VerifySignature(key->verifier(), FromHex(message) + "x", FromHex(signature)));
  }
}

TEST(SigningKey, EveryFlippedBitOfASignatureIsRefused) {
  const SigningKey key = SigningKey::Generate("log", KeyType::kLog);
  const std::string signature = key.Sign("message");
  for (size_t bit = 0; bit < 8 * signature.size(); ++bit) {
    std::string flipped = signature;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    ASSERT_FALSE(VerifySignature(key.verifier(), "message", flipped)) << bit;
  }
  EXPECT_FALSE(VerifySignature(key.verifier(), "message", ""));
  EXPECT_FALSE(VerifySignature(key.verifier(), "message", signature + "x"));
}

TEST(SigningKey, ComesBackFromItsText) {
  const SigningKey key = SigningKey::Generate("log", KeyType::kWitness);
  const absl::StatusOr<SigningKey> copy = SigningKey::Decode(key.Encode());
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ(copy->verifier(), key.verifier());
  EXPECT_EQ(copy->Sign("message"), key.Sign("message"));
  EXPECT_NE(SigningKey::Generate("log", KeyType::kWitness).verifier(), key.verifier());
}

TEST(SigningKey, RefusesWhatIsNoKeyAndRepeatsNothingOfIt) {
  const std::string text = SigningKey::Generate("log", KeyType::kLog).Encode();
  EXPECT_THAT(Refusal(SigningKey::Decode(kExampleKey)), HasSubstr("PRIVATE+KEY+"));
  EXPECT_THAT(Refusal(SigningKey::Decode(With(text, "KEY+log", "KEY+lob"))), HasSubstr("does not fit"));
  const std::string secret = text.substr(text.rfind('+') + 1, 20);
  for (const std::string& bad :
       {text + "=", text + "\n", text.substr(0, text.size() - 4), With(text, "+log+", "++")}) {
    const std::string refusal = Refusal(SigningKey::Decode(bad));
    EXPECT_NE(refusal, "");
    EXPECT_EQ(refusal.find(secret), std::string::npos);
  }
}

}  // namespace
}  // namespace redvest::merkle
