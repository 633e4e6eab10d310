// A proof that fits in a file or on a slip: an entry, its inclusion proof, and the checkpoint it leads to.
#ifndef REDVEST_LEDGER_MERKLE_TLOG_PROOF_H_
#define REDVEST_LEDGER_MERKLE_TLOG_PROOF_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/proof.h"

namespace redvest::merkle {

// C2SP tlog-proof. The entry itself travels as its extra data.
struct TlogProof {
  std::string entry;  // the bytes whose leaf is proved
  uint64_t index = 0;
  Proof proof;
  std::string checkpoint;  // a signed note

  // The text form, "c2sp.org/tlog-proof@v1".
  std::string Encode() const;
  // The same in as few characters as a QR code takes well: "REDVEST1:" and base 45 (RFC 9285) of a binary
  // form, which leaves out what the verifier can work out. Only the log's own signature is kept.
  // INVALID_ARGUMENT where the checkpoint is none.
  absl::StatusOr<std::string> EncodeCompact() const;
  // Reads either form. INVALID_ARGUMENT says what is wrong; nothing is verified yet.
  static absl::StatusOr<TlogProof> Decode(std::string_view text);

  // The checkpoint, if it is signed by `key` and the entry is in its tree at `index`. INVALID_ARGUMENT with
  // the reason otherwise.
  absl::StatusOr<Checkpoint> Verify(const VerifierKey& key) const;
};

}  // namespace redvest::merkle

#endif  // REDVEST_LEDGER_MERKLE_TLOG_PROOF_H_
