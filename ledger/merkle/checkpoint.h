// Checkpoints: the root of a log at a size, signed (C2SP tlog-checkpoint), and countersigned by witnesses
// (C2SP tlog-cosignature).
#ifndef REDVEST_LEDGER_MERKLE_CHECKPOINT_H_
#define REDVEST_LEDGER_MERKLE_CHECKPOINT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/merkle/hash.h"
#include "ledger/merkle/note.h"

namespace redvest::merkle {

struct Checkpoint {
  std::string origin;  // not empty, one line
  uint64_t size = 0;   // leaves
  Hash root{};

  // "<origin>\n<size>\n<base64 of root>\n": the text of its note.
  std::string Text() const;
  // Reads what Text writes; extension lines are refused. INVALID_ARGUMENT says what is wrong.
  static absl::StatusOr<Checkpoint> FromText(std::string_view text);
};

// The note, signed by the log.
std::string SignCheckpoint(const Checkpoint& checkpoint, const SigningKey& key);

// The checkpoint of `note`, if `key` signed it and its origin is the key's name. INVALID_ARGUMENT with the
// reason otherwise: form, another origin, no signature of the key, or one that does not verify.
absl::StatusOr<Checkpoint> OpenCheckpoint(const SignedNote& note, const VerifierKey& key);
absl::StatusOr<Checkpoint> OpenCheckpoint(std::string_view note, const VerifierKey& key);

// The signature line of a witness on a checkpoint's text at `unix_seconds`. REQUIRES: the key is of kWitness.
NoteSignature Cosign(std::string_view checkpoint_text, const SigningKey& witness, uint64_t unix_seconds);
// The time of the witness's signature on the note, seconds since 1970. INVALID_ARGUMENT where there is none
// or it does not verify.
absl::StatusOr<uint64_t> VerifyCosignature(const SignedNote& note, const VerifierKey& witness);

}  // namespace redvest::merkle

#endif  // REDVEST_LEDGER_MERKLE_CHECKPOINT_H_
