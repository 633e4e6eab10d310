// Signed notes and their keys (C2SP signed-note), with Ed25519 (RFC 8032) alone.
#ifndef REDVEST_LEDGER_MERKLE_NOTE_H_
#define REDVEST_LEDGER_MERKLE_NOTE_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace redvest::merkle {

// What a key signs; the number is part of keys and key ids.
enum class KeyType : uint8_t {
  kLog = 0x01,      // the note's text
  kWitness = 0x04,  // the text with a time before it (C2SP tlog-cosignature, cosignature/v1)
};

// Whether a key may have this name: not empty, valid UTF-8 without control characters, without spaces of any
// kind (Unicode's White_Space) and without '+'.
bool IsKeyName(std::string_view name);
// `name` as a key may have it: '-' in the place of whatever IsKeyName refuses. REQUIRES: !name.empty().
std::string KeyNameFrom(std::string_view name);

// The public half of a key.
struct VerifierKey {
  std::string name;  // IsKeyName
  KeyType type = KeyType::kLog;
  std::array<uint8_t, 32> public_key{};

  // First four bytes of SHA-256(name 0A type public_key), as a big-endian number.
  uint32_t Id() const;
  // "<name>+<id, 8 hexadecimal digits>+<base64 of type and public key>".
  std::string Encode() const;
  // INVALID_ARGUMENT says what is wrong: the form, the type, the base64, an id that does not fit.
  static absl::StatusOr<VerifierKey> Decode(std::string_view text);
  friend bool operator==(const VerifierKey&, const VerifierKey&) = default;
};

// The whole of a key. Not copied about, never shown, wiped when it goes.
class SigningKey {
 public:
  SigningKey(SigningKey&&) = default;
  SigningKey& operator=(SigningKey&&) = default;
  ~SigningKey();

  // A new one from the system's random numbers. REQUIRES: `name` is a key name.
  static SigningKey Generate(std::string_view name, KeyType type);
  // "PRIVATE+KEY+<name>+<id>+<base64 of type and seed>", as Go's sumdb/note writes it.
  std::string Encode() const;
  // INVALID_ARGUMENT says what is wrong, and repeats nothing of the text.
  static absl::StatusOr<SigningKey> Decode(std::string_view text);

  const VerifierKey& verifier() const { return verifier_; }
  // 64 bytes, over `message` as it is.
  std::string Sign(std::string_view message) const;

 private:
  // REQUIRES: as Generate.
  SigningKey(std::string_view name, KeyType type, std::string_view seed);

  VerifierKey verifier_;
  std::array<uint8_t, 32> seed_{};
};

// Whether `signature` is one of `message` by `key`.
bool VerifySignature(const VerifierKey& key, std::string_view message, std::string_view signature);

// A signature line of a note.
struct NoteSignature {
  std::string key_name;
  uint32_t key_id = 0;
  std::string bytes;  // after the id
  friend bool operator==(const NoteSignature&, const NoteSignature&) = default;
};

// A note is at most this large, and has at most so many signatures.
inline constexpr size_t kNoteBytesMax = 16 * 1024;
inline constexpr size_t kNoteSignaturesMax = 32;

struct SignedNote {
  std::string text;  // ends in a newline
  std::vector<NoteSignature> signatures;

  // The text, a blank line, the signature lines.
  std::string Encode() const;
  // INVALID_ARGUMENT says what is wrong with the form. Verifies nothing.
  static absl::StatusOr<SignedNote> Decode(std::string_view note);

  // The first line with the key's name and id; null where there is none.
  const NoteSignature* Find(const VerifierKey& key) const;
};

}  // namespace redvest::merkle

#endif  // REDVEST_LEDGER_MERKLE_NOTE_H_
