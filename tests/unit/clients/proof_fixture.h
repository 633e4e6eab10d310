// Proofs of events in large logs, for tests that need no log.
#ifndef REDVEST_TESTS_UNIT_CLIENTS_PROOF_FIXTURE_H_
#define REDVEST_TESTS_UNIT_CLIENTS_PROOF_FIXTURE_H_

#include <string>

#include "ledger/base/check.h"
#include "ledger/merkle/tlog_proof.h"
#include "redvest/event/v1/event.pb.h"

namespace redvest::client {

// The ledger's key in these tests.
inline const merkle::SigningKey& TestKey() {
  static const merkle::SigningKey key =
      merkle::SigningKey::Generate("Changshan-Huayuan", merkle::KeyType::kLog);
  return key;
}

// A proof of `entry` at `index` of a tree of 2^24 leaves, so of 24 hashes, signed by `key`.
inline merkle::TlogProof ProofAmongMillions(const std::string& entry, uint64_t index = 12'345'677,
                                            const merkle::SigningKey& key = TestKey()) {
  constexpr uint64_t kSize = uint64_t{1} << 24;
  merkle::TlogProof proof;
  proof.entry = entry;
  proof.index = index;
  for (int level = 0; level < 24; ++level)
    proof.proof.push_back(merkle::Hasher::Plain(std::to_string(level)));
  const auto root = merkle::RootFromInclusion(index, kSize, merkle::Hasher::Leaf(entry), proof.proof);
  REDVEST_CHECK(root.ok());
  proof.checkpoint = merkle::SignCheckpoint({key.verifier().name, kSize, *root}, key);
  return proof;
}

// A sale as a till records it.
inline event::v1::Event MealSoldEvent() {
  event::v1::Event event;
  event.set_terminal_id(3);
  event.set_serial(17);
  event.set_occurred_at_unix_ms(1'795'285'516'321);
  event.set_recorded_at_unix_ms(1'795'285'516'400);
  event.set_policy_version(2);
  event::v1::MealSold& sold = *event.mutable_meal_sold();
  sold.mutable_command()->set_member_id(57);
  sold.mutable_command()->set_portions(1);
  sold.mutable_command()->set_payment(v1::PAYMENT_MEAL_CARD);
  sold.set_age_band(v1::AGE_BAND_70_TO_79);
  sold.set_price_fen(700);
  sold.set_subsidy_fen(300);
  sold.set_funder_id(1);
  return event;
}

// The issue of a certificate whose document is `document_sha256`.
inline event::v1::Event CertificateEvent(const std::string& document_sha256) {
  event::v1::Event event;
  event.set_terminal_id(2);
  event.set_serial(41);
  event.set_occurred_at_unix_ms(1'795'285'516'321);
  event.set_recorded_at_unix_ms(1'795'285'516'400);
  event::v1::ServiceCertificateIssued& issued = *event.mutable_service_certificate_issued();
  issued.mutable_command()->set_volunteer_id(57);
  issued.mutable_command()->set_document_sha256(document_sha256);
  v1::ServedKind& served = *issued.mutable_command()->add_served();
  served.set_service_kind_id(1);
  served.set_services(3);
  served.set_minutes(270);
  issued.set_minutes(270);
  return event;
}

// The smallest document that has all that an update needs.
inline std::string TinyPdf() {
  std::string pdf = "%PDF-1.4\n1 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n";
  const size_t catalog = pdf.size();
  pdf += "2 0 obj\n<< /Type /Catalog\n   /Pages 1 0 R\n>>\nendobj\n";
  const size_t references = pdf.size();
  const std::string offset = std::to_string(catalog);
  pdf += "xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n" + std::string(10 - offset.size(), '0') +
         offset + " 00000 n \ntrailer\n<< /Size 3\n   /Root 2 0 R\n>>\nstartxref\n" +
         std::to_string(references) + "\n%%EOF\n";
  return pdf;
}

}  // namespace redvest::client

#endif  // REDVEST_TESTS_UNIT_CLIENTS_PROOF_FIXTURE_H_
