#include "ledger/merkle/note.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "ledger/merkle/codec.h"
#include "ledger/merkle/hash.h"
#include "ledger/merkle/require.h"

namespace redvest::merkle {
namespace {

constexpr size_t kKeyBytes = 32;
constexpr size_t kSignatureBytes = 64;
constexpr std::string_view kPrivatePrefix = "PRIVATE+KEY+";
constexpr std::string_view kSignaturePrefix = "\xE2\x80\x94 ";  // em dash, space

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Digest = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

const uint8_t* Bytes(std::string_view text) { return reinterpret_cast<const uint8_t*>(text.data()); }

absl::Status Wrong(absl::string_view what) { return absl::InvalidArgumentError(what); }

// Unicode 15, property White_Space.
bool IsSpace(char32_t point) {
  return (point >= 0x09 && point <= 0x0D) || point == 0x20 || point == 0x85 || point == 0xA0 ||
         point == 0x1680 || (point >= 0x2000 && point <= 0x200A) || point == 0x2028 || point == 0x2029 ||
         point == 0x202F || point == 0x205F || point == 0x3000;
}

bool MayBeInKeyName(std::optional<char32_t> point) {
  return point.has_value() && *point >= 0x20 && *point != 0x7F && *point != U'+' && !IsSpace(*point);
}

std::string IdHex(uint32_t id) { return absl::StrFormat("%08x", id); }

uint32_t BigEndian32(std::string_view bytes) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | Bytes(bytes)[i];
  return value;
}

std::string BigEndian32(uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> shift));
  return bytes;
}

// "<name>+<id>+<base64 of a type and 32 bytes>", the form of both halves of a key.
struct KeyText {
  std::string name;
  uint32_t id = 0;
  KeyType type = KeyType::kLog;
  std::string bytes;
};

absl::StatusOr<KeyText> ReadKeyText(std::string_view text) {
  const size_t name_end = text.find('+');
  const size_t id_end = name_end == std::string_view::npos ? name_end : text.find('+', name_end + 1);
  if (id_end == std::string_view::npos) {
    return Wrong("a key reads <name>+<id>+<base64>, and this text has fewer parts");
  }
  KeyText key;
  key.name = text.substr(0, name_end);
  if (!IsKeyName(key.name)) return Wrong("the name of the key is empty, or has spaces or control characters");
  const std::string_view id = text.substr(name_end + 1, id_end - name_end - 1);
  for (char digit : id) {
    const bool known = (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f');
    if (!known || id.size() != 8) return Wrong("the id of the key is not 8 lower-case hexadecimal digits");
    key.id = key.id << 4 | static_cast<uint32_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
  }
  if (id.empty()) return Wrong("the id of the key is not 8 lower-case hexadecimal digits");
  const std::optional<std::string> bytes = Base64Decode(text.substr(id_end + 1));
  if (!bytes.has_value()) return Wrong("the last part of the key is not base64");
  if (bytes->size() != 1 + kKeyBytes) return Wrong("the last part of the key is not 33 bytes long");
  key.type = static_cast<KeyType>(bytes->front());
  if (key.type != KeyType::kLog && key.type != KeyType::kWitness) {
    return Wrong("the key is of a type that is not known: it is neither 1 (log, Ed25519) nor 4 (witness)");
  }
  key.bytes = bytes->substr(1);
  return key;
}

absl::Status CheckId(const KeyText& text, const VerifierKey& key) {
  if (text.id == key.Id()) return absl::OkStatus();
  return Wrong("the id of the key does not fit its name and bytes");
}

std::string KeyBytes(KeyType type, const std::array<uint8_t, kKeyBytes>& key) {
  std::string bytes(1, static_cast<char>(type));
  return bytes.append(key.begin(), key.end());
}

// A line without its newline.
absl::StatusOr<NoteSignature> ReadSignature(std::string_view line) {
  if (!line.starts_with(kSignaturePrefix))
    return Wrong("a signature line does not begin with an em dash and a space");
  line.remove_prefix(kSignaturePrefix.size());
  const size_t name_end = std::min(line.find(' '), line.size());
  NoteSignature signature;
  signature.key_name = line.substr(0, name_end);
  if (name_end == line.size() || !IsKeyName(signature.key_name)) {
    return Wrong("a signature line has no key name and space before its base64");
  }
  const std::optional<std::string> bytes = Base64Decode(line.substr(name_end + 1));
  if (!bytes.has_value()) return Wrong("a signature is not base64");
  if (bytes->size() <= 4) return Wrong("a signature is too short");
  signature.key_id = BigEndian32(*bytes);
  signature.bytes = bytes->substr(4);
  return signature;
}

// Valid UTF-8 without control characters but newlines.
bool IsNoteText(std::string_view text) {
  while (!text.empty()) {
    const std::optional<char32_t> point = TakeCodePoint(text);
    if (!point.has_value() || (*point < 0x20 && *point != U'\n')) return false;
  }
  return true;
}

}  // namespace

bool IsKeyName(std::string_view name) {
  if (name.empty()) return false;
  while (!name.empty()) {
    if (!MayBeInKeyName(TakeCodePoint(name))) return false;
  }
  return true;
}

std::string KeyNameFrom(std::string_view name) {
  std::string key_name;
  while (!name.empty()) {
    const std::string_view before = name;
    const std::optional<char32_t> point = TakeCodePoint(name);
    if (!point.has_value()) name.remove_prefix(1);
    if (MayBeInKeyName(point)) {
      key_name.append(before.substr(0, before.size() - name.size()));
    } else {
      key_name.push_back('-');
    }
  }
  return key_name;
}

uint32_t VerifierKey::Id() const {
  const Hash hash = Hasher::Plain(absl::StrCat(name, "\n", KeyBytes(type, public_key)));
  return BigEndian32(std::string_view(reinterpret_cast<const char*>(hash.data()), hash.size()));
}

std::string VerifierKey::Encode() const {
  return absl::StrCat(name, "+", IdHex(Id()), "+", Base64Encode(KeyBytes(type, public_key)));
}

absl::StatusOr<VerifierKey> VerifierKey::Decode(std::string_view text) {
  if (text.size() > kNoteBytesMax) return Wrong("the key is too long");
  const absl::StatusOr<KeyText> parts = ReadKeyText(text);
  if (!parts.ok()) return parts.status();
  VerifierKey key;
  key.name = parts->name;
  key.type = parts->type;
  std::copy(parts->bytes.begin(), parts->bytes.end(), key.public_key.begin());
  if (const absl::Status status = CheckId(*parts, key); !status.ok()) return status;
  return key;
}

SigningKey::SigningKey(std::string_view name, KeyType type, std::string_view seed) {
  Require(IsKeyName(name) && seed.size() == seed_.size());
  std::copy(seed.begin(), seed.end(), seed_.begin());
  const Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed_.data(), seed_.size()),
                &EVP_PKEY_free);
  Require(key != nullptr);
  verifier_.name = name;
  verifier_.type = type;
  size_t size = verifier_.public_key.size();
  Require(EVP_PKEY_get_raw_public_key(key.get(), verifier_.public_key.data(), &size) == 1);
}

SigningKey::~SigningKey() { OPENSSL_cleanse(seed_.data(), seed_.size()); }

SigningKey SigningKey::Generate(std::string_view name, KeyType type) {
  std::string seed(kKeyBytes, '\0');
  Require(RAND_priv_bytes(reinterpret_cast<uint8_t*>(seed.data()), static_cast<int>(seed.size())) == 1);
  SigningKey key(name, type, seed);
  OPENSSL_cleanse(seed.data(), seed.size());
  return key;
}

std::string SigningKey::Encode() const {
  return absl::StrCat(absl::string_view(kPrivatePrefix.data(), kPrivatePrefix.size()), verifier_.name, "+",
                      IdHex(verifier_.Id()), "+", Base64Encode(KeyBytes(verifier_.type, seed_)));
}

absl::StatusOr<SigningKey> SigningKey::Decode(std::string_view text) {
  if (text.size() > kNoteBytesMax || !text.starts_with(kPrivatePrefix)) {
    return Wrong("a private key begins with PRIVATE+KEY+, and this text does not");
  }
  const absl::StatusOr<KeyText> parts = ReadKeyText(text.substr(kPrivatePrefix.size()));
  if (!parts.ok()) return parts.status();
  SigningKey key(parts->name, parts->type, parts->bytes);
  if (const absl::Status status = CheckId(*parts, key.verifier_); !status.ok()) return status;
  return key;
}

std::string SigningKey::Sign(std::string_view message) const {
  const Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed_.data(), seed_.size()),
                &EVP_PKEY_free);
  const Digest context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  Require(key != nullptr && context != nullptr);
  Require(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1);
  std::string signature(kSignatureBytes, '\0');
  size_t size = signature.size();
  Require(EVP_DigestSign(context.get(), reinterpret_cast<uint8_t*>(signature.data()), &size, Bytes(message),
                         message.size()) == 1 &&
          size == signature.size());
  return signature;
}

bool VerifySignature(const VerifierKey& key, std::string_view message, std::string_view signature) {
  if (signature.size() != kSignatureBytes) return false;
  const Key point(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.public_key.data(), key.public_key.size()),
      &EVP_PKEY_free);
  const Digest context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  Require(point != nullptr && context != nullptr);
  Require(EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, point.get()) == 1);
  return EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(message),
                          message.size()) == 1;
}

std::string SignedNote::Encode() const {
  std::string note = text;
  note.push_back('\n');
  for (const NoteSignature& line : signatures) {
    absl::StrAppend(&note, absl::string_view(kSignaturePrefix.data(), kSignaturePrefix.size()), line.key_name,
                    " ", Base64Encode(BigEndian32(line.key_id) + line.bytes), "\n");
  }
  return note;
}

absl::StatusOr<SignedNote> SignedNote::Decode(std::string_view note) {
  if (note.size() > kNoteBytesMax) {
    return Wrong(absl::StrCat("the note is longer than ", kNoteBytesMax, " bytes"));
  }
  if (!IsNoteText(note)) return Wrong("the note is not UTF-8, or has control characters");
  const size_t blank = note.rfind("\n\n");
  if (blank == std::string_view::npos) return Wrong("the note has no blank line before its signatures");
  SignedNote decoded;
  decoded.text = note.substr(0, blank + 1);
  std::string_view lines = note.substr(blank + 2);
  if (lines.empty()) return Wrong("the note has no signature");
  if (lines.back() != '\n') return Wrong("the note does not end with a newline");
  for (; !lines.empty(); lines.remove_prefix(lines.find('\n') + 1)) {
    if (decoded.signatures.size() == kNoteSignaturesMax) {
      return Wrong(absl::StrCat("the note has more than ", kNoteSignaturesMax, " signatures"));
    }
    absl::StatusOr<NoteSignature> signature = ReadSignature(lines.substr(0, lines.find('\n')));
    if (!signature.ok()) return signature.status();
    decoded.signatures.push_back(*std::move(signature));
  }
  return decoded;
}

const NoteSignature* SignedNote::Find(const VerifierKey& key) const {
  const uint32_t id = key.Id();
  const auto found = std::find_if(signatures.begin(), signatures.end(), [&](const NoteSignature& line) {
    return line.key_id == id && line.key_name == key.name;
  });
  return found == signatures.end() ? nullptr : &*found;
}

}  // namespace redvest::merkle
