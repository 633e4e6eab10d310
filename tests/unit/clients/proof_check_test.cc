#include "clients/proof_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clients/pdf_update.h"
#include "tests/unit/clients/proof_fixture.h"

namespace redvest::client {
namespace {

using ::testing::HasSubstr;

const ProvedEvent* Proved(const std::variant<ProvedEvent, ProofRefusal>& checked) {
  if (const auto* refusal = std::get_if<ProofRefusal>(&checked)) ADD_FAILURE() << refusal->detail;
  return std::get_if<ProvedEvent>(&checked);
}

std::optional<ProofFault> FaultOf(std::string_view bytes,
                                  const merkle::VerifierKey& key = TestKey().verifier()) {
  const auto checked = CheckProof(bytes, key);
  const auto* refusal = std::get_if<ProofRefusal>(&checked);
  if (refusal == nullptr) return std::nullopt;
  return refusal->fault;
}

std::string CertificateOf(const std::string& document, const event::v1::Event& event) {
  const auto file = AppendProof(document, ProofAmongMillions(event.SerializeAsString()).Encode());
  EXPECT_TRUE(file.ok()) << file.status();
  return *file;
}
std::string CertificateOf(const std::string& document) {
  return CertificateOf(document, CertificateEvent(DocumentDigest(document)));
}

TEST(ProofCheckTest, BothFormsProveTheEventAndItsPlace) {
  const event::v1::Event event = MealSoldEvent();
  const merkle::TlogProof proof = ProofAmongMillions(event.SerializeAsString());
  const std::string compact = *proof.EncodeCompact();
  for (const std::string& text : {proof.Encode(), compact, compact + "\r\n"}) {
    const auto checked = CheckProof(text, TestKey().verifier());
    const ProvedEvent* proved = Proved(checked);
    ASSERT_NE(proved, nullptr);
    EXPECT_EQ(proved->sequence, 12'345'678u);
    EXPECT_EQ(proved->event.SerializeAsString(), event.SerializeAsString());
    EXPECT_EQ(proved->checkpoint.size, uint64_t{1} << 24);
    EXPECT_EQ(proved->checkpoint.origin, "Changshan-Huayuan");
    EXPECT_FALSE(proved->is_certificate);
  }
}

TEST(ProofCheckTest, AnotherKeyProvesNothing) {
  const std::string text = ProofAmongMillions(MealSoldEvent().SerializeAsString()).Encode();
  const auto other = merkle::SigningKey::Generate("Changshan-Huayuan", merkle::KeyType::kLog);
  EXPECT_EQ(FaultOf(text, other.verifier()), ProofFault::kNotProved);
  const auto elsewhere = merkle::SigningKey::Generate("Elsewhere", merkle::KeyType::kLog);
  EXPECT_EQ(FaultOf(text, elsewhere.verifier()), ProofFault::kNotProved);
}

TEST(ProofCheckTest, WhatIsNoProofOrNoEventIsSaidToBeSo) {
  for (const char* text :
       {"", "hello", "REDVEST1:", "REDVEST1:ABC", "c2sp.org/tlog-proof@v1\n", "%PDF-1.4\n"}) {
    EXPECT_EQ(FaultOf(text), ProofFault::kForm) << text;
  }
  EXPECT_EQ(FaultOf(ProofAmongMillions("\xff\xff no event").Encode()), ProofFault::kEvent);
}

TEST(ProofCheckTest, NoByteOfAProofInTextFormCanBeEdited) {
  const std::string text = ProofAmongMillions(MealSoldEvent().SerializeAsString()).Encode();
  for (size_t at = 0; at < text.size(); ++at) {
    std::string edited = text;
    edited[at] = static_cast<char>(edited[at] ^ 1);
    EXPECT_TRUE(FaultOf(edited).has_value()) << "byte " << at << " of " << text;
  }
}

TEST(ProofCheckTest, ACertificateIsProvedToBeTheDocumentThatWasRecorded) {
  const auto checked = CheckProof(CertificateOf(TinyPdf()), TestKey().verifier());
  const ProvedEvent* proved = Proved(checked);
  ASSERT_NE(proved, nullptr);
  EXPECT_TRUE(proved->is_certificate);
  EXPECT_EQ(proved->event.service_certificate_issued().minutes(), 270);
}

TEST(ProofCheckTest, NoByteOfACertificateCanBeEdited) {
  const std::string file = CertificateOf(TinyPdf());
  for (size_t at = 0; at < file.size(); ++at) {
    for (const int bit : {1, 32}) {
      std::string edited = file;
      edited[at] = static_cast<char>(edited[at] ^ bit);
      EXPECT_TRUE(FaultOf(edited).has_value()) << "byte " << at;
    }
  }
  EXPECT_TRUE(FaultOf(file + "\n").has_value());
  EXPECT_TRUE(FaultOf(file.substr(0, file.size() - 1)).has_value());
}

TEST(ProofCheckTest, AProofUnderAnotherDocumentIsRefused) {
  const std::string other = TinyPdf().replace(5, 3, "1.7");
  EXPECT_EQ(FaultOf(CertificateOf(other, CertificateEvent(DocumentDigest(TinyPdf())))),
            ProofFault::kDocument);
  EXPECT_EQ(FaultOf(CertificateOf(TinyPdf(), MealSoldEvent())), ProofFault::kOtherEvent);
  EXPECT_EQ(FaultOf(TinyPdf()), ProofFault::kForm);
}

TEST(ProofCheckTest, ACertificateCarriesNoSignatureThatNobodyChecks) {
  const auto witness = merkle::SigningKey::Generate("witness", merkle::KeyType::kWitness);
  merkle::TlogProof proof =
      ProofAmongMillions(CertificateEvent(DocumentDigest(TinyPdf())).SerializeAsString());
  auto note = *merkle::SignedNote::Decode(proof.checkpoint);
  note.signatures.push_back(merkle::Cosign(note.text, witness, 1'795'285'516));
  proof.checkpoint = note.Encode();
  // As a proof of its own it is good: signatures of others are passed over.
  EXPECT_EQ(FaultOf(proof.Encode()), std::nullopt);
  EXPECT_EQ(FaultOf(*AppendProof(TinyPdf(), proof.Encode())), ProofFault::kForm);
  proof.checkpoint = WithSignatureOf(TestKey().verifier(), proof.checkpoint);
  EXPECT_EQ(FaultOf(*AppendProof(TinyPdf(), proof.Encode())), std::nullopt);
}

}  // namespace
}  // namespace redvest::client
