// What a proof in a file proves, without a server: the C2SP tlog-proof, its compact form as QR codes carry
// it, and certificates (PDF) that end in one.
#ifndef REDVEST_CLIENTS_PROOF_CHECK_H_
#define REDVEST_CLIENTS_PROOF_CHECK_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/note.h"
#include "redvest/event/v1/event.pb.h"

namespace redvest::client {

// Proved: the event is in the log whose checkpoint the key signed.
struct ProvedEvent {
  uint64_t sequence = 0;
  event::v1::Event event;
  merkle::Checkpoint checkpoint;
  // The file is the very document that the event, a service_certificate_issued, speaks of.
  bool is_certificate = false;
};

// Why a file proves nothing.
enum class ProofFault {
  kForm,        // it is no proof, or not a whole one
  kNotProved,   // another key, a wrong signature, or hashes that lead elsewhere
  kEvent,       // what was proved is not an event
  kOtherEvent,  // a PDF's proof is that of something else than a certificate
  kDocument,    // the PDF is not the document that was recorded
};
struct ProofRefusal {
  ProofFault fault;
  std::string detail;  // English, for those who look closer; may be empty
};

// `bytes` is the whole file. `key` is the log's, from a source that the file did not come from.
std::variant<ProvedEvent, ProofRefusal> CheckProof(std::string_view bytes, const merkle::VerifierKey& key);

// SHA-256, by which an event names a document.
std::string DocumentDigest(std::string_view document);

// The same proof with the log's own signature alone: the only one that every verifier can check, so that no
// byte of a certificate goes unchecked. REQUIRES: `key` signed the note.
std::string WithSignatureOf(const merkle::VerifierKey& key, std::string_view note);

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_PROOF_CHECK_H_
