#include "ledger/merkle/tlog_proof.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "ledger/merkle/codec.h"

namespace redvest::merkle {
namespace {

constexpr std::string_view kTextForm = "c2sp.org/tlog-proof@v1\n";
constexpr std::string_view kCompactForm = "REDVEST1:";
constexpr size_t kHashesMax = 64;
constexpr size_t kSignatureBytes = 64;
// An entry of 64 KiB in base64, all hashes, a note, and some.
constexpr size_t kTextBytesMax = 128 * 1024;

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

absl::Status Wrong(absl::string_view what) { return absl::InvalidArgumentError(what); }

std::string_view BytesOf(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

// Takes `size` bytes off the front; nothing where there are fewer.
std::optional<std::string_view> Take(std::string_view& bytes, uint64_t size) {
  if (bytes.size() < size) return std::nullopt;
  const std::string_view taken = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return taken;
}

std::optional<Hash> HashOf(std::string_view bytes) {
  Hash hash;
  if (bytes.size() != hash.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

// The line that begins with `label` and a space, without them, where that is the next one.
std::optional<std::string_view> TakeLabelled(std::string_view& text, std::string_view label) {
  const size_t end = text.find('\n');
  if (end == std::string_view::npos || !text.starts_with(label) || text.substr(label.size(), 1) != " ") {
    return std::nullopt;
  }
  const std::string_view value = text.substr(label.size() + 1, end - label.size() - 1);
  text.remove_prefix(end + 1);
  return value;
}

// After the first line.
absl::StatusOr<TlogProof> DecodeText(std::string_view text) {
  TlogProof proof;
  if (const std::optional<std::string_view> extra = TakeLabelled(text, "extra"); extra.has_value()) {
    std::optional<std::string> entry = Base64Decode(*extra);
    if (!entry.has_value() || entry->empty()) return Wrong("the line extra of the proof is not base64");
    proof.entry = *std::move(entry);
  }
  const std::optional<std::string_view> index_line = TakeLabelled(text, "index");
  const std::optional<uint64_t> index = index_line.has_value() ? DecimalDecode(*index_line) : std::nullopt;
  if (!index.has_value()) return Wrong("the proof has no line with the index of its entry");
  proof.index = *index;
  while (!text.starts_with('\n')) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return Wrong("the proof has no checkpoint");
    const std::optional<std::string> bytes = Base64Decode(text.substr(0, end));
    const std::optional<Hash> hash = HashOf(bytes.value_or(""));
    if (!hash.has_value()) return Wrong("a hash of the proof is not 32 bytes in base64");
    if (proof.proof.size() == kHashesMax) return Wrong("the proof has too many hashes");
    proof.proof.push_back(*hash);
    text.remove_prefix(end + 1);
  }
  proof.checkpoint = text.substr(1);
  const absl::StatusOr<SignedNote> note = SignedNote::Decode(proof.checkpoint);
  if (!note.ok()) return note.status();
  const absl::StatusOr<Checkpoint> checkpoint = Checkpoint::FromText(note->text);
  if (!checkpoint.ok()) return checkpoint.status();
  return proof;
}

// The binary form:
//   index size origin_length origin key_id[4] signature[64] hash[32]{as many as index and size ask for} entry
// with base 128 numbers. The root is what the entry and the hashes lead to; the name of the key is the
// origin.
absl::StatusOr<TlogProof> DecodeCompact(std::string_view text) {
  const std::optional<std::string> binary = Base45Decode(text);
  if (!binary.has_value()) return Wrong("the proof is not base 45");
  std::string_view bytes = *binary;
  const absl::Status cut = Wrong("the proof is cut off or damaged");
  TlogProof proof;
  const std::optional<uint64_t> index = TakeVarint(bytes);
  const std::optional<uint64_t> size = index.has_value() ? TakeVarint(bytes) : std::nullopt;
  const std::optional<uint64_t> origin_length = size.has_value() ? TakeVarint(bytes) : std::nullopt;
  if (!origin_length.has_value()) return cut;
  const std::optional<std::string_view> origin = Take(bytes, *origin_length);
  if (!origin.has_value()) return cut;
  const std::optional<std::string_view> id = Take(bytes, 4);
  const std::optional<std::string_view> signature = Take(bytes, kSignatureBytes);
  if (!id.has_value() || !signature.has_value()) return cut;
  if (!IsKeyName(*origin)) return Wrong("the origin of the proof is no name of a key");
  if (*index >= *size)
    return Wrong(absl::StrCat("the index ", *index, " is not in a tree of ", *size, " leaves"));
  for (size_t left = InclusionProofLength(*index, *size); left > 0; --left) {
    const std::optional<std::string_view> hash = Take(bytes, sizeof(Hash));
    if (!hash.has_value()) return cut;
    proof.proof.push_back(*HashOf(*hash));
  }
  proof.index = *index;
  proof.entry = bytes;
  const absl::StatusOr<Hash> root = RootFromInclusion(*index, *size, Hasher::Leaf(proof.entry), proof.proof);
  if (!root.ok()) return root.status();
  SignedNote note;
  note.text = Checkpoint{std::string(*origin), *size, *root}.Text();
  uint32_t key_id = 0;
  for (char byte : *id) key_id = key_id << 8 | static_cast<uint8_t>(byte);
  note.signatures.push_back({std::string(*origin), key_id, std::string(*signature)});
  proof.checkpoint = note.Encode();
  return proof;
}

}  // namespace

std::string TlogProof::Encode() const {
  std::string text = std::string(kTextForm);
  if (!entry.empty()) absl::StrAppend(&text, "extra ", Base64Encode(entry), "\n");
  absl::StrAppend(&text, "index ", index, "\n");
  for (const Hash& hash : proof) absl::StrAppend(&text, Base64Encode(BytesOf(hash)), "\n");
  return absl::StrCat(text, "\n", checkpoint);
}

absl::StatusOr<std::string> TlogProof::EncodeCompact() const {
  const absl::StatusOr<SignedNote> note = SignedNote::Decode(checkpoint);
  if (!note.ok()) return note.status();
  const absl::StatusOr<Checkpoint> opened = Checkpoint::FromText(note->text);
  if (!opened.ok()) return opened.status();
  const absl::StatusOr<Hash> root = RootFromInclusion(index, opened->size, Hasher::Leaf(entry), proof);
  if (!root.ok()) return root.status();
  if (*root != opened->root) return Wrong("the proof does not lead to the root of its checkpoint");
  const auto own =
      std::find_if(note->signatures.begin(), note->signatures.end(), [&](const NoteSignature& line) {
        return line.key_name == opened->origin && line.bytes.size() == kSignatureBytes;
      });
  if (own == note->signatures.end()) return Wrong("the checkpoint has no signature of the log itself");
  std::string bytes;
  AppendVarint(index, bytes);
  AppendVarint(opened->size, bytes);
  AppendVarint(opened->origin.size(), bytes);
  bytes += opened->origin;
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(own->key_id >> shift));
  bytes += own->bytes;
  for (const Hash& hash : proof) bytes += BytesOf(hash);
  bytes += entry;
  return absl::StrCat(View(kCompactForm), Base45Encode(bytes));
}

absl::StatusOr<TlogProof> TlogProof::Decode(std::string_view text) {
  if (text.size() > kTextBytesMax)
    return Wrong(absl::StrCat("the proof is longer than ", kTextBytesMax, " bytes"));
  if (text.starts_with(kTextForm)) return DecodeText(text.substr(kTextForm.size()));
  if (text.starts_with(kCompactForm)) return DecodeCompact(text.substr(kCompactForm.size()));
  return Wrong("this is no proof: it begins neither with c2sp.org/tlog-proof@v1 nor with REDVEST1:");
}

absl::StatusOr<Checkpoint> TlogProof::Verify(const VerifierKey& key) const {
  absl::StatusOr<Checkpoint> opened = OpenCheckpoint(checkpoint, key);
  if (!opened.ok()) return opened;
  const absl::Status included =
      VerifyInclusion(index, opened->size, Hasher::Leaf(entry), proof, opened->root);
  if (!included.ok()) return included;
  return opened;
}

}  // namespace redvest::merkle
