#include "clients/proof_check.h"

#include "clients/pdf_update.h"
#include "ledger/base/check.h"
#include "ledger/merkle/hash.h"
#include "ledger/merkle/tlog_proof.h"

namespace redvest::client {
namespace {

using Checked = std::variant<ProvedEvent, ProofRefusal>;

ProofRefusal Refuse(ProofFault fault, const absl::Status& status) {
  return {fault, std::string(status.message())};
}

Checked CheckText(std::string_view text, const merkle::VerifierKey& key) {
  const auto proof = merkle::TlogProof::Decode(text);
  if (!proof.ok()) return Refuse(ProofFault::kForm, proof.status());
  auto checkpoint = proof->Verify(key);
  if (!checkpoint.ok()) return Refuse(ProofFault::kNotProved, checkpoint.status());
  ProvedEvent proved{proof->index + 1, {}, *std::move(checkpoint), false};
  if (!proved.event.ParseFromString(proof->entry)) return ProofRefusal{ProofFault::kEvent, ""};
  return proved;
}

// Whether the text is the one way to write a proof with no signature but the log's.
bool IsBare(std::string_view text, const merkle::VerifierKey& key) {
  auto proof = merkle::TlogProof::Decode(text);
  if (!proof.ok()) return false;
  proof->checkpoint = WithSignatureOf(key, proof->checkpoint);
  return proof->Encode() == text;
}

Checked CheckPdf(std::string_view file, const merkle::VerifierKey& key) {
  const auto parts = SplitProof(file);
  if (!parts.ok()) return Refuse(ProofFault::kForm, parts.status());
  Checked checked = CheckText(parts->proof, key);
  auto* proved = std::get_if<ProvedEvent>(&checked);
  if (proved == nullptr) return checked;
  if (!IsBare(parts->proof, key)) {
    return ProofRefusal{ProofFault::kForm, "the proof is not written as the ledger writes it"};
  }
  if (!proved->event.has_service_certificate_issued()) return ProofRefusal{ProofFault::kOtherEvent, ""};
  if (proved->event.service_certificate_issued().command().document_sha256() !=
      DocumentDigest(parts->document)) {
    return ProofRefusal{ProofFault::kDocument, ""};
  }
  proved->is_certificate = true;
  return checked;
}

}  // namespace

Checked CheckProof(std::string_view bytes, const merkle::VerifierKey& key) {
  if (bytes.starts_with("%PDF-")) return CheckPdf(bytes, key);
  // What a scanner or a mail program puts around the compact form, which is one line.
  if (bytes.starts_with("REDVEST1:")) bytes = bytes.substr(0, bytes.find_last_not_of(" \r\n") + 1);
  return CheckText(bytes, key);
}

std::string DocumentDigest(std::string_view document) {
  const merkle::Hash digest = merkle::Hasher::Plain(document);
  return {digest.begin(), digest.end()};
}

std::string WithSignatureOf(const merkle::VerifierKey& key, std::string_view note) {
  auto signed_note = merkle::SignedNote::Decode(note);
  REDVEST_CHECK(signed_note.ok());
  const merkle::NoteSignature* signature = signed_note->Find(key);
  REDVEST_CHECK(signature != nullptr);
  signed_note->signatures = {*signature};
  return signed_note->Encode();
}

}  // namespace redvest::client
