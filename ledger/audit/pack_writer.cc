// Writing a pack: the old one is checked and continued, the new checkpoint comes last.
#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/audit/files.h"
#include "ledger/audit/pack.h"
#include "ledger/audit/pack_schema.h"
#include "ledger/audit/tiles.h"
#include "ledger/base/check.h"
#include "ledger/base/text.h"

namespace redvest {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUnfinishedText =
    "An export into this pack is under way, or was cut off: run it again to finish it.\n";

// Writes the tiles that a pack of `old_size` entries does not have.
class TileWriter final : public TileSink {
 public:
  TileWriter(fs::path folder, uint64_t old_size) : folder_(std::move(folder)), old_size_(old_size) {}
  absl::Status Take(const TileName& name, std::string_view bytes) override {
    if (TileAt(name.level, name.index, old_size_) == name) return absl::OkStatus();
    return ReplaceFile(folder_ / name.Path(), bytes);
  }

 private:
  const fs::path folder_;
  const uint64_t old_size_;
};

class PackWriter {
 public:
  PackWriter(const fs::path& folder, const PackContents& contents, PackProgress progress)
      : folder_(folder), contents_(contents), progress_(progress) {}

  absl::StatusOr<PackReport> Run(CommitSource source);

 private:
  // Verifies the new checkpoint, and finds the old pack if there is one.
  absl::Status Prepare();
  // Verifies the witnesses' keys and signatures.
  absl::Status TakeWitnesses();
  absl::Status OpenOld();
  // Goes once over the entries that the old pack has, checking it.
  absl::Status ReplayOld();
  // Takes the events that it does not have.
  absl::Status TakeNew(CommitSource source);
  absl::Status CheckNewRoot();
  absl::Status WriteOtherFiles();
  absl::Status ReplaceIfOther(const std::string& file, std::string_view bytes);
  // Removes what does not belong to a pack of `size` entries.
  void RemoveLeftovers(uint64_t size);
  // Removes what an older version of this program had below schema/, and this one has not.
  void RemoveOldSchema();
  uint64_t old_size() const { return old_ == nullptr ? 0 : old_->last().value(); }

  const fs::path folder_;
  const PackContents& contents_;
  const PackProgress progress_;
  merkle::VerifierKey key_;
  merkle::Checkpoint checkpoint_;
  std::string checkpoint_note_;  // as it is written
  std::unique_ptr<Pack> old_;    // null where there is none
  TileTree tree_;
  EventFold fold_;
};

absl::StatusOr<PackReport> PackWriter::Run(CommitSource source) {
  std::error_code made;
  fs::create_directories(folder_, made);
  REDVEST_ASSIGN_OR_RETURN(const FolderLock lock, FolderLock::Take(folder_));
  REDVEST_RETURN_IF_ERROR(Prepare());
  REDVEST_RETURN_IF_ERROR(ReplayOld());
  REDVEST_RETURN_IF_ERROR(ReplaceFile(folder_ / "unfinished", kUnfinishedText));
  absl::Status taken = TakeNew(source);
  if (taken.ok()) taken = CheckNewRoot();
  if (!taken.ok()) {
    // The old pack, if there is one, stays what it was.
    RemoveLeftovers(old_size());
    if (old_ != nullptr && !old_->unfinished()) fs::remove(folder_ / "unfinished");
    return taken;
  }
  REDVEST_RETURN_IF_ERROR(WriteOtherFiles());
  REDVEST_RETURN_IF_ERROR(SyncFileSystem(folder_));
  REDVEST_RETURN_IF_ERROR(ReplaceFile(folder_ / "checkpoint", checkpoint_note_));
  REDVEST_RETURN_IF_ERROR(SyncFileSystem(folder_));
  RemoveOldSchema();
  RemoveLeftovers(checkpoint_.size);
  fs::remove(folder_ / "unfinished");
  REDVEST_RETURN_IF_ERROR(SyncFileSystem(folder_));
  return PackReport{.last = fold_.last(),
                    .added = checkpoint_.size - old_size(),
                    .accounts = fold_.SortedBalances(false).size()};
}

absl::Status PackWriter::Prepare() {
  REDVEST_ASSIGN_OR_RETURN(key_, merkle::VerifierKey::Decode(contents_.log_key));
  REDVEST_ASSIGN_OR_RETURN(checkpoint_, merkle::OpenCheckpoint(contents_.checkpoint_note, key_));
  if (checkpoint_.size == 0)
    return absl::InvalidArgumentError("the log is empty: there is nothing to export");
  REDVEST_RETURN_IF_ERROR(TakeWitnesses());
  return OpenOld();
}

absl::Status PackWriter::TakeWitnesses() {
  std::vector<merkle::VerifierKey> witnesses;
  for (const std::string& text : contents_.witness_keys) {
    auto witness = merkle::VerifierKey::Decode(text);
    if (!witness.ok() || witness->type != merkle::KeyType::kWitness) {
      return absl::DataLossError(
          absl::StrCat("\"", text, "\" was shown as the key of a witness, but is none"));
    }
    witnesses.push_back(*std::move(witness));
  }
  REDVEST_ASSIGN_OR_RETURN(const merkle::SignedNote note,
                           merkle::SignedNote::Decode(contents_.checkpoint_note));
  const auto known = WithoutStrangers(note, key_, witnesses);
  if (!known.ok()) return absl::DataLossError(absl::StrCat("the checkpoint: ", known.status().message()));
  checkpoint_note_ = known->Encode();
  return absl::OkStatus();
}

absl::Status PackWriter::OpenOld() {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(folder_ / "checkpoint", error))) {
    if (!fs::exists(folder_, error) || fs::is_empty(folder_, error) ||
        fs::exists(folder_ / "unfinished", error)) {
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError(
        absl::StrCat(folder_.string(), " is there, but it is no exit pack: name a new or an empty folder"));
  }
  REDVEST_ASSIGN_OR_RETURN(old_, Pack::Open(folder_));
  if (old_->log_key() != key_) {
    return absl::FailedPreconditionError(absl::StrCat("the pack is one of ", old_->log_key().Encode(),
                                                      ", not of ", key_.Encode(),
                                                      ": export into another folder"));
  }
  REDVEST_RETURN_IF_ERROR(old_->CheckSignature(key_));
  if (old_size() > checkpoint_.size) {
    return absl::FailedPreconditionError(absl::StrCat("the pack has ", old_size(),
                                                      " events, the server shows only ", checkpoint_.size,
                                                      ": it has lost events, or hides them"));
  }
  return old_->CheckFiles();
}

absl::Status PackWriter::ReplayOld() {
  if (old_ == nullptr) return absl::OkStatus();
  TileCheck check(folder_);
  const std::unique_ptr<CommitCursor> bundles = old_->Read(Sequence(1));
  while (true) {
    REDVEST_ASSIGN_OR_RETURN(const std::optional<CommitView> bundle, bundles->Next());
    if (!bundle.has_value()) break;
    for (std::string_view entry : bundle->events) {
      REDVEST_RETURN_IF_ERROR(tree_.Add(entry, check));
      REDVEST_RETURN_IF_ERROR(fold_.Add(entry).status());
    }
    progress_(fold_.last());
  }
  REDVEST_RETURN_IF_ERROR(tree_.TakeEdge(check));
  return old_->CheckRoot(tree_.Root());
}

absl::Status PackWriter::TakeNew(CommitSource source) {
  TileWriter writer(folder_, old_size());
  const std::unique_ptr<CommitCursor> commits =
      tree_.size() < checkpoint_.size ? source(fold_.last().Next()) : nullptr;
  while (tree_.size() < checkpoint_.size) {
    REDVEST_ASSIGN_OR_RETURN(const std::optional<CommitView> commit, commits->Next());
    if (!commit.has_value()) {
      return absl::DataLossError(absl::StrCat("the log ends at event ", tree_.size(), ", before the ",
                                              checkpoint_.size, " events of its checkpoint"));
    }
    REDVEST_CHECK(commit->first <= fold_.last().Next());
    for (size_t i = fold_.last().Next().value() - commit->first.value();
         i < commit->events.size() && tree_.size() < checkpoint_.size; ++i) {
      const std::string_view entry = commit->events[i];
      if (entry.size() > kEventBytesMax) {
        return absl::FailedPreconditionError(absl::StrCat("event ", tree_.size() + 1, " has ", entry.size(),
                                                          " bytes, more than an entry bundle can hold"));
      }
      REDVEST_RETURN_IF_ERROR(fold_.Add(entry).status());
      REDVEST_RETURN_IF_ERROR(tree_.Add(entry, writer));
    }
    progress_(fold_.last());
  }
  return tree_.TakeEdge(writer);
}

absl::Status PackWriter::CheckNewRoot() {
  if (tree_.Root() == checkpoint_.root) return absl::OkStatus();
  if (old_ == nullptr) {
    return absl::DataLossError(
        absl::StrCat("the root of events 1 to ", checkpoint_.size, " is not the one in their checkpoint"));
  }
  return absl::FailedPreconditionError(
      absl::StrCat("the server shows another history than the one in this pack: its checkpoint of ",
                   checkpoint_.size, " events does not follow from the pack's first ", old_size(),
                   ", which the same key signed. Keep both checkpoints: together they prove it"));
}

absl::Status PackWriter::ReplaceIfOther(const std::string& file, std::string_view bytes) {
  const auto stored = ReadFile(folder_ / file, bytes.size());
  if (stored.ok() && *stored == bytes) return absl::OkStatus();
  return ReplaceFile(folder_ / file, bytes);
}

absl::Status PackWriter::WriteOtherFiles() {
  std::map<std::string, std::string> files = SchemaFiles();
  std::string& keys = files["keys"];
  keys = absl::StrCat(key_.Encode(), "\n");
  for (const std::string& witness : contents_.witness_keys) absl::StrAppend(&keys, witness, "\n");
  files["README.md"] = PackReadme();
  files["verify.py"] = PackVerifier();
  files["trial-balance.csv"] = TrialBalanceCsv(fold_.SortedBalances(false));
  std::string sums;
  for (const auto& [file, bytes] : files) {
    absl::StrAppend(&sums, Sha256Hex(bytes), "  ", file, "\n");
    REDVEST_RETURN_IF_ERROR(ReplaceIfOther(file, bytes));
  }
  return ReplaceIfOther("SHA256SUMS", sums);
}

void PackWriter::RemoveLeftovers(uint64_t size) {
  std::vector<fs::path> leftovers, folders;
  std::error_code error;
  for (auto it = fs::recursive_directory_iterator(folder_, error); !error && it != fs::end(it);
       it.increment(error)) {
    if (fs::is_directory(it->symlink_status())) {
      folders.push_back(it->path());
      continue;
    }
    const std::string file = it->path().lexically_relative(folder_).generic_string();
    const std::optional<TileName> tile = TileName::Parse(file);
    const bool stale =
        tile.has_value() ? TileAt(tile->level, tile->index, size) != tile : file.ends_with(kUnfinishedSuffix);
    if (stale) leftovers.push_back(it->path());
  }
  for (const fs::path& path : leftovers) fs::remove(path, error);
  // The deepest come first; those that are not empty stay.
  std::sort(folders.rbegin(), folders.rend());
  for (const fs::path& path : folders) fs::remove(path, error);
}

void PackWriter::RemoveOldSchema() {
  const std::map<std::string, std::string> schema = SchemaFiles();
  std::vector<fs::path> old;
  std::error_code error;
  for (auto it = fs::recursive_directory_iterator(folder_ / "schema", error); !error && it != fs::end(it);
       it.increment(error)) {
    const std::string file = it->path().lexically_relative(folder_).generic_string();
    if (!fs::is_directory(it->symlink_status()) && !schema.contains(file)) old.push_back(it->path());
  }
  for (const fs::path& path : old) fs::remove(path, error);
}

}  // namespace

absl::StatusOr<PackReport> WritePack(const fs::path& folder, const PackContents& contents,
                                     CommitSource source, PackProgress progress) {
  // On the heap: it holds a tree's edge.
  return std::make_unique<PackWriter>(folder, contents, progress)->Run(source);
}

}  // namespace redvest
