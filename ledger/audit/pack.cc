#include "ledger/audit/pack.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "ledger/audit/files.h"
#include "ledger/audit/tiles.h"
#include "ledger/base/check.h"
#include "ledger/base/text.h"

namespace redvest {
namespace {

namespace fs = std::filesystem;

constexpr size_t kSmallFileBytesMax = 1 << 20;
// 20 million accounts.
constexpr size_t kTrialBalanceBytesMax = size_t{1} << 30;
// What every pack has beside checkpoint, tiles and schema.
constexpr std::string_view kFixedFiles[] = {"README.md", "keys", "schema/redvest.binpb", "trial-balance.csv",
                                            "verify.py"};

absl::Status Damaged(const fs::path& file, absl::string_view what) {
  return absl::DataLossError(absl::StrCat(file.string(), ": ", what));
}

// The lines of a text that ends in a newline.
absl::StatusOr<std::vector<std::string_view>> LinesOf(const fs::path& file, std::string_view text) {
  if (!text.ends_with('\n')) return Damaged(file, "it does not end in a newline, so it was cut short");
  std::vector<std::string_view> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// The entries of one bundle; `bytes` keeps what they point into.
absl::StatusOr<std::vector<std::string_view>> ReadBundle(const fs::path& folder, const TileName& name,
                                                         std::string& bytes) {
  const fs::path path = folder / name.Path();
  REDVEST_ASSIGN_OR_RETURN(bytes, ReadFile(path, kBundleBytesMax));
  auto entries = SplitBundle(bytes, name.width);
  if (!entries.ok()) return Damaged(path, entries.status().message());
  return entries;
}

// A missing file of a pack is damage like any other.
absl::Status AsDamage(const absl::Status& status) {
  return absl::IsNotFound(status) ? absl::DataLossError(status.message()) : status;
}

class PackCursor final : public CommitCursor {
 public:
  PackCursor(fs::path folder, Sequence from, uint64_t size)
      : folder_(std::move(folder)),
        size_(from.value() > size ? 0 : size),
        bundle_((from ? from.value() - 1 : 0) / kTileWidth) {}

  absl::StatusOr<std::optional<CommitView>> Next() override {
    const std::optional<TileName> name = TileAt(kEntryBundles, bundle_, size_);
    if (!name.has_value()) return std::nullopt;
    auto entries = ReadBundle(folder_, *name, bytes_);
    if (!entries.ok()) {
      return absl::DataLossError(
          absl::StrCat("entries from event ", bundle_ * kTileWidth + 1, " on: ", entries.status().message()));
    }
    ++bundle_;
    CommitView view;
    view.first = Sequence(name->index * kTileWidth + 1);
    view.events = *std::move(entries);
    return view;
  }

 private:
  const fs::path folder_;
  const uint64_t size_;  // 0 where there is nothing to read
  uint64_t bundle_;
  std::string bytes_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Pack>> Pack::Open(fs::path folder) {
  auto pack = absl::WrapUnique(new Pack);
  pack->folder_ = std::move(folder);
  const fs::path checkpoint = pack->folder_ / "checkpoint";
  REDVEST_ASSIGN_OR_RETURN(pack->checkpoint_note_, ReadFile(checkpoint, merkle::kNoteBytesMax));
  const auto note = merkle::SignedNote::Decode(pack->checkpoint_note_);
  if (!note.ok()) return Damaged(checkpoint, note.status().message());
  auto parsed = merkle::Checkpoint::FromText(note->text);
  if (!parsed.ok()) return Damaged(checkpoint, parsed.status().message());
  if (parsed->size == 0) return Damaged(checkpoint, "it is of an empty log, which proves nothing");
  pack->checkpoint_ = *std::move(parsed);

  const fs::path keys = pack->folder_ / "keys";
  auto text = ReadFile(keys, kSmallFileBytesMax);
  if (!text.ok()) return AsDamage(text.status());
  REDVEST_ASSIGN_OR_RETURN(const auto lines, LinesOf(keys, *text));
  for (std::string_view line : lines) {
    auto key = merkle::VerifierKey::Decode(line);
    if (!key.ok()) return Damaged(keys, key.status().message());
    const bool first = line.data() == text->data();
    if (first != (key->type == merkle::KeyType::kLog)) {
      return Damaged(keys, "the first line must be the ledger's key, and all others those of witnesses");
    }
    if (first)
      pack->log_key_ = *std::move(key);
    else
      pack->witness_keys_.push_back(*std::move(key));
  }
  if (lines.empty()) return Damaged(keys, "it holds no key");
  pack->unfinished_ = fs::exists(fs::symlink_status(pack->folder_ / "unfinished"));
  return pack;
}

std::unique_ptr<CommitCursor> Pack::Read(Sequence from) const {
  return std::make_unique<PackCursor>(folder_, from, checkpoint_.size);
}

absl::Status Pack::CheckSignature(const merkle::VerifierKey& key) const {
  const fs::path path = folder_ / "checkpoint";
  const auto note = merkle::SignedNote::Decode(checkpoint_note_);
  if (!note.ok()) return Damaged(path, note.status().message());
  const absl::Status opened = merkle::OpenCheckpoint(*note, key).status();
  if (!opened.ok()) return Damaged(path, opened.message());
  const auto known = WithoutStrangers(*note, key, witness_keys_);
  if (!known.ok()) return Damaged(path, known.status().message());
  // The file keys may be the next one's while an export is under way.
  if (unfinished_ || known->signatures.size() == note->signatures.size()) return absl::OkStatus();
  return Damaged(path, "it has a signature of a key that is not in the file keys");
}

absl::StatusOr<merkle::SignedNote> WithoutStrangers(const merkle::SignedNote& note,
                                                    const merkle::VerifierKey& log_key,
                                                    const std::vector<merkle::VerifierKey>& witnesses) {
  merkle::SignedNote known{note.text, {}};
  for (const merkle::NoteSignature& line : note.signatures) {
    const merkle::SignedNote alone{note.text, {line}};
    if (alone.Find(log_key) != nullptr) {
      REDVEST_RETURN_IF_ERROR(merkle::OpenCheckpoint(alone, log_key).status());
      known.signatures.push_back(line);
    }
    for (const merkle::VerifierKey& witness : witnesses) {
      if (alone.Find(witness) == nullptr) continue;
      REDVEST_RETURN_IF_ERROR(merkle::VerifyCosignature(alone, witness).status());
      known.signatures.push_back(line);
      break;
    }
  }
  return known;
}

// --- The tree

absl::Status TileCheck::Take(const TileName& name, std::string_view bytes) {
  if (name.level == kEntryBundles) return absl::OkStatus();  // it is what the tree was made of
  const fs::path path = folder_ / name.Path();
  const auto stored = ReadFile(path, kTileWidth * sizeof(merkle::Hash));
  if (!stored.ok()) return AsDamage(stored.status());
  if (stored->size() != bytes.size()) {
    return Damaged(path, absl::StrCat("it has ", stored->size(), " bytes instead of ", bytes.size()));
  }
  if (*stored == bytes) return absl::OkStatus();
  size_t wrong = 0;
  while (stored->substr(wrong * sizeof(merkle::Hash), sizeof(merkle::Hash)) ==
         bytes.substr(wrong * sizeof(merkle::Hash), sizeof(merkle::Hash))) {
    ++wrong;
  }
  const uint64_t place = name.index * kTileWidth + wrong;
  if (name.level > 0) {
    return Damaged(
        path, absl::StrCat("hash ", wrong, " is not the root of ", TileName{name.level - 1, place}.Path()));
  }
  const TileName bundle{kEntryBundles, name.index, name.width};
  return absl::DataLossError(absl::StrCat("event ", place + 1, ": its hash in ", path.string(),
                                          " is not that of its entry in ", bundle.Path(),
                                          ", so one of the two files was changed"));
}

absl::Status Pack::CheckTree(PackProgress progress) const {
  TileTree tree;
  TileCheck check(folder_);
  const std::unique_ptr<CommitCursor> bundles = Read(Sequence(1));
  while (true) {
    REDVEST_ASSIGN_OR_RETURN(const std::optional<CommitView> bundle, bundles->Next());
    if (!bundle.has_value()) break;
    for (std::string_view entry : bundle->events) REDVEST_RETURN_IF_ERROR(tree.Add(entry, check));
    progress(Sequence(tree.size()));
  }
  REDVEST_RETURN_IF_ERROR(tree.TakeEdge(check));
  return CheckRoot(tree.Root());
}

absl::Status Pack::CheckRoot(const merkle::Hash& root) const {
  if (root == checkpoint_.root) return absl::OkStatus();
  return Damaged(folder_ / "checkpoint",
                 absl::StrCat("the root of the entries 1 to ", checkpoint_.size, " is ", merkle::ToHex(root),
                              ", but the checkpoint says ", merkle::ToHex(checkpoint_.root),
                              ": entries and tiles were changed together, or the checkpoint was"));
}

// --- The files

namespace {

// Path in the pack to SHA-256 in hexadecimal, as SHA256SUMS says.
using Sums = std::map<std::string, std::string, std::less<>>;

absl::StatusOr<Sums> ReadSums(const fs::path& path) {
  const auto text = ReadFile(path, kSmallFileBytesMax);
  if (!text.ok()) return AsDamage(text.status());
  REDVEST_ASSIGN_OR_RETURN(const auto lines, LinesOf(path, *text));
  Sums sums;
  for (std::string_view line : lines) {
    constexpr size_t kHexDigits = 64;
    if (line.size() <= kHexDigits + 2 || line.substr(kHexDigits, 2) != "  ") {
      return Damaged(path, absl::StrCat("\"", ToAbsl(line), "\" is not a checksum, two spaces and a file"));
    }
    const std::string file(line.substr(kHexDigits + 2));
    // Nothing outside of the pack is looked at.
    if (fs::path(file).is_absolute() || fs::path(file).lexically_normal() != file || file.starts_with("..")) {
      return Damaged(path, absl::StrCat("\"", file, "\" is not a file of a pack"));
    }
    const bool of_a_pack =
        std::find(std::begin(kFixedFiles), std::end(kFixedFiles), file) != std::end(kFixedFiles) ||
        (file.starts_with("schema/") && file.ends_with(".proto"));
    if (!of_a_pack) return Damaged(path, absl::StrCat(file, " is not a file of a pack"));
    sums[file] = std::string(line.substr(0, kHexDigits));
  }
  for (std::string_view file : kFixedFiles) {
    if (!sums.contains(file)) return Damaged(path, absl::StrCat("it does not list ", ToAbsl(file)));
  }
  return sums;
}

}  // namespace

absl::Status Pack::CheckFiles() const {
  REDVEST_RETURN_IF_ERROR(ForEachTile(checkpoint_.size, [this](const TileName& name) {
    const fs::path path = folder_ / name.Path();
    if (fs::is_regular_file(fs::symlink_status(path))) return absl::OkStatus();
    return Damaged(path, "it is missing");
  }));
  if (unfinished_) return absl::OkStatus();

  const fs::path sums_path = folder_ / "SHA256SUMS";
  REDVEST_ASSIGN_OR_RETURN(const Sums sums, ReadSums(sums_path));
  for (const auto& [file, sum] : sums) {
    const auto bytes = ReadFile(folder_ / file, kTrialBalanceBytesMax);
    if (!bytes.ok()) return AsDamage(bytes.status());
    if (Sha256Hex(*bytes) != sum) {
      return Damaged(folder_ / file, absl::StrCat("its checksum is not the one in ", sums_path.string()));
    }
  }
  std::error_code error;
  for (auto it = fs::recursive_directory_iterator(folder_, error); !error && it != fs::end(it);
       it.increment(error)) {
    const fs::file_status status = it->symlink_status();
    if (fs::is_directory(status)) continue;
    const std::string file = it->path().lexically_relative(folder_).generic_string();
    const std::optional<TileName> tile = TileName::Parse(file);
    const bool belongs = tile.has_value()
                             ? TileAt(tile->level, tile->index, checkpoint_.size) == tile
                             : sums.contains(file) || file == "checkpoint" || file == "SHA256SUMS";
    if (!belongs || !fs::is_regular_file(status))
      return Damaged(it->path(), "it does not belong to the pack");
  }
  if (error) return Damaged(folder_, error.message());
  return absl::OkStatus();
}

// --- The trial balance

absl::StatusOr<std::vector<AccountBalance>> Pack::ReadTrialBalance() const {
  const fs::path path = folder_ / "trial-balance.csv";
  const auto text = ReadFile(path, kTrialBalanceBytesMax);
  if (!text.ok()) return AsDamage(text.status());
  REDVEST_ASSIGN_OR_RETURN(const auto lines, LinesOf(path, *text));
  if (lines.empty() || lines.front() != kTrialBalanceHeader) return Damaged(path, "it has another header");
  std::vector<AccountBalance> rows;
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::vector<absl::string_view> cells = absl::StrSplit(ToAbsl(lines[i]), ',');
    const std::optional<Account> account = ParseAccount(ToStd(cells[0]));
    AccountBalance row;
    const bool right = cells.size() == 3 && account.has_value() &&
                       ToStd(cells[1]) == UnitName(RuleOf(account->kind).unit) &&
                       absl::SimpleAtoi(cells[2], &row.balance);
    if (right) row.account = *account;
    if (!right || (!rows.empty() && row.account <= rows.back().account)) {
      return Damaged(path,
                     absl::StrCat("line ", i + 1, " is not the next account with its unit and balance"));
    }
    rows.push_back(row);
  }
  return rows;
}

std::string TrialBalanceCsv(const std::vector<AccountBalance>& rows) {
  std::string text = absl::StrCat(ToAbsl(kTrialBalanceHeader), "\n");
  for (const AccountBalance& row : rows) {
    absl::StrAppend(&text, FormatAccount(row.account), ",", ToAbsl(UnitName(RuleOf(row.account.kind).unit)),
                    ",", row.balance, "\n");
  }
  return text;
}

}  // namespace redvest
