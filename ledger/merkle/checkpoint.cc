#include "ledger/merkle/checkpoint.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "absl/strings/str_cat.h"
#include "ledger/merkle/codec.h"
#include "ledger/merkle/require.h"

namespace redvest::merkle {
namespace {

constexpr size_t kTimeBytes = 8;
constexpr uint64_t kTimeMax = std::numeric_limits<int64_t>::max();

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

// What a witness signs (C2SP tlog-cosignature).
std::string CosignedMessage(std::string_view checkpoint_text, uint64_t unix_seconds) {
  return absl::StrCat("cosignature/v1\ntime ", unix_seconds, "\n", View(checkpoint_text));
}

absl::Status DoesNotVerify(const VerifierKey& key) {
  return absl::InvalidArgumentError(
      absl::StrCat("the signature of ", key.name, " does not verify: the checkpoint was changed or forged"));
}

absl::Status NotSigned(const VerifierKey& key) {
  return absl::InvalidArgumentError(absl::StrCat("no signature is by the key ", key.Encode()));
}

// Takes the next line, without its newline; nothing where there is none.
std::optional<std::string_view> TakeLine(std::string_view& text) {
  const size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

}  // namespace

std::string Checkpoint::Text() const {
  const std::string_view bytes(reinterpret_cast<const char*>(root.data()), root.size());
  return absl::StrCat(origin, "\n", size, "\n", Base64Encode(bytes), "\n");
}

absl::StatusOr<Checkpoint> Checkpoint::FromText(std::string_view text) {
  const std::optional<std::string_view> origin = TakeLine(text);
  const std::optional<std::string_view> size = TakeLine(text);
  const std::optional<std::string_view> root = TakeLine(text);
  if (!root.has_value()) return absl::InvalidArgumentError("the checkpoint has fewer than three lines");
  if (!text.empty()) return absl::InvalidArgumentError("the checkpoint has more than three lines");
  if (origin->empty()) return absl::InvalidArgumentError("the checkpoint has no origin");
  const std::optional<uint64_t> leaves = DecimalDecode(*size);
  if (!leaves.has_value()) return absl::InvalidArgumentError("the size of the checkpoint is not a number");
  const std::optional<std::string> hash = Base64Decode(*root);
  if (!hash.has_value() || hash->size() != sizeof(Hash)) {
    return absl::InvalidArgumentError("the root of the checkpoint is not 32 bytes in base64");
  }
  Checkpoint checkpoint;
  checkpoint.origin = *origin;
  checkpoint.size = *leaves;
  std::copy(hash->begin(), hash->end(), checkpoint.root.begin());
  return checkpoint;
}

std::string SignCheckpoint(const Checkpoint& checkpoint, const SigningKey& key) {
  const VerifierKey& verifier = key.verifier();
  Require(verifier.type == KeyType::kLog && verifier.name == checkpoint.origin);
  SignedNote note;
  note.text = checkpoint.Text();
  note.signatures.push_back({verifier.name, verifier.Id(), key.Sign(note.text)});
  return note.Encode();
}

absl::StatusOr<Checkpoint> OpenCheckpoint(const SignedNote& note, const VerifierKey& key) {
  if (key.type != KeyType::kLog) return absl::InvalidArgumentError("the key is a witness's, not a log's");
  absl::StatusOr<Checkpoint> checkpoint = Checkpoint::FromText(note.text);
  if (!checkpoint.ok()) return checkpoint;
  if (checkpoint->origin != key.name) {
    return absl::InvalidArgumentError(
        absl::StrCat("the checkpoint is of ", checkpoint->origin, ", and the key of ", key.name));
  }
  if (note.Find(key) == nullptr) return NotSigned(key);
  for (const NoteSignature& line : note.signatures) {
    if (line.key_name != key.name || line.key_id != key.Id()) continue;
    if (!VerifySignature(key, note.text, line.bytes)) return DoesNotVerify(key);
  }
  return checkpoint;
}

absl::StatusOr<Checkpoint> OpenCheckpoint(std::string_view note, const VerifierKey& key) {
  const absl::StatusOr<SignedNote> decoded = SignedNote::Decode(note);
  if (!decoded.ok()) return decoded.status();
  return OpenCheckpoint(*decoded, key);
}

NoteSignature Cosign(std::string_view checkpoint_text, const SigningKey& witness, uint64_t unix_seconds) {
  const VerifierKey& verifier = witness.verifier();
  Require(verifier.type == KeyType::kWitness && unix_seconds <= kTimeMax);
  NoteSignature signature{verifier.name, verifier.Id(), {}};
  for (int shift = 56; shift >= 0; shift -= 8)
    signature.bytes.push_back(static_cast<char>(unix_seconds >> shift));
  signature.bytes += witness.Sign(CosignedMessage(checkpoint_text, unix_seconds));
  return signature;
}

absl::StatusOr<uint64_t> VerifyCosignature(const SignedNote& note, const VerifierKey& witness) {
  if (witness.type != KeyType::kWitness)
    return absl::InvalidArgumentError("the key is a log's, not a witness's");
  const NoteSignature* const line = note.Find(witness);
  if (line == nullptr) return NotSigned(witness);
  if (line->bytes.size() < kTimeBytes) return DoesNotVerify(witness);
  uint64_t unix_seconds = 0;
  for (size_t i = 0; i < kTimeBytes; ++i)
    unix_seconds = unix_seconds << 8 | static_cast<uint8_t>(line->bytes[i]);
  const std::string_view signature = std::string_view(line->bytes).substr(kTimeBytes);
  if (unix_seconds > kTimeMax ||
      !VerifySignature(witness, CosignedMessage(note.text, unix_seconds), signature)) {
    return DoesNotVerify(witness);
  }
  return unix_seconds;
}

}  // namespace redvest::merkle
