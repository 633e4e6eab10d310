#include "ledger/audit/checkpoint_check.h"

#include <algorithm>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "ledger/audit/fault.h"
#include "ledger/base/bytes.h"
#include "ledger/base/check.h"

namespace redvest {
namespace {

absl::StatusOr<merkle::Checkpoint> Open(const std::string& name, std::string_view note,
                                        const merkle::VerifierKey& key) {
  absl::StatusOr<merkle::Checkpoint> opened = merkle::OpenCheckpoint(note, key);
  if (!opened.ok()) return absl::DataLossError(absl::StrCat(name, ": ", opened.status().message()));
  if (opened->size == 0) {
    return absl::DataLossError(absl::StrCat(name, ": it is of an empty log, which proves nothing"));
  }
  return opened;
}

}  // namespace

absl::StatusOr<std::string> NoteInFile(std::string_view text) {
  const size_t line = text.find('\n');
  if (merkle::VerifierKey::Decode(text.substr(0, line)).ok()) {
    text.remove_prefix(line == std::string_view::npos ? text.size() : line + 1);
  }
  REDVEST_ASSIGN_OR_RETURN(const merkle::SignedNote note, merkle::SignedNote::Decode(text));
  REDVEST_RETURN_IF_ERROR(merkle::Checkpoint::FromText(note.text).status());
  return std::string(text);
}

merkle::Frontier FrontierAt(const merkle::Frontier& before, const PreparedCommit& commit, uint64_t size) {
  merkle::Frontier tree = before;
  merkle::Hasher hasher;
  for (const PreparedEvent& event : commit.events) {
    if (tree.size() >= size) break;
    tree.Add(hasher.Leaf(event.bytes), hasher);
  }
  return tree;
}

absl::StatusOr<std::unique_ptr<CheckpointCheck>> CheckpointCheck::Start(
    const std::optional<merkle::VerifierKey>& key, const std::vector<VerifyOptions::GivenCheckpoint>& given,
    const Store* kept) {
  auto check = absl::WrapUnique(new CheckpointCheck);
  check->key_ = key;
  if (!key.has_value() && !given.empty()) {
    return absl::InvalidArgumentError(
        "a checkpoint can only be checked with the ledger's key, and none is known here; give it too");
  }
  for (const auto& [name, note] : given) {
    REDVEST_ASSIGN_OR_RETURN(merkle::Checkpoint opened, Open(name, note, *key));
    check->given_.push_back({absl::StrCat("the checkpoint in ", name), std::move(opened)});
  }
  std::stable_sort(check->given_.begin(), check->given_.end(),
                   [](const Signed& a, const Signed& b) { return a.checkpoint.size < b.checkpoint.size; });
  if (kept != nullptr) {
    check->kept_ = kept->NewCursor(TableId::kCheckpoints);
    check->kept_->Seek({});
    REDVEST_RETURN_IF_ERROR(check->ReadKept());
  }
  return check;
}

absl::Status CheckpointCheck::ReadKept() {
  next_kept_.reset();
  if (!kept_->Valid()) return kept_->status();
  ByteReader key(kept_->key());
  uint64_t size = 0;
  if (!key.BigEndian(&size) || !key.empty()) {
    return absl::DataLossError("a checkpoint is kept under a key that is no size of a log");
  }
  const std::string name = absl::StrCat("the checkpoint of ", size, " events that is kept");
  if (!key_.has_value()) {
    return absl::DataLossError(absl::StrCat(name,
                                            " cannot be verified: the ledger's public key is missing; put "
                                            "checkpoint-key.pub back, or give the key"));
  }
  REDVEST_ASSIGN_OR_RETURN(merkle::Checkpoint opened, Open(name, kept_->value(), *key_));
  if (opened.size != size) {
    return absl::DataLossError(absl::StrCat(name, " is of ", opened.size, " events, so it was moved"));
  }
  next_kept_ = {name, std::move(opened)};
  kept_->Next();
  return absl::OkStatus();
}

const CheckpointCheck::Signed* CheckpointCheck::Next() const {
  const Signed* const given = next_given_ < given_.size() ? &given_[next_given_] : nullptr;
  if (!next_kept_.has_value()) return given;
  return given == nullptr || next_kept_->checkpoint.size < given->checkpoint.size ? &*next_kept_ : given;
}

// Goes on after Next().
absl::Status CheckpointCheck::Drop() {
  if (next_kept_.has_value() && Next() == &*next_kept_) return ReadKept();
  ++next_given_;
  return absl::OkStatus();
}

absl::Status CheckpointCheck::Grew(const merkle::Frontier& before, const PreparedCommit& commit,
                                   const merkle::Frontier& after) {
  merkle::Hasher hasher;
  for (const Signed* next = Next(); next != nullptr && next->checkpoint.size <= after.size(); next = Next()) {
    const uint64_t size = next->checkpoint.size;
    const merkle::Hash root =
        size == after.size() ? after.Root(hasher) : FrontierAt(before, commit, size).Root(hasher);
    REDVEST_RETURN_IF_ERROR(Check(*next, root));
    REDVEST_RETURN_IF_ERROR(Drop());
  }
  return absl::OkStatus();
}

absl::Status CheckpointCheck::Check(const Signed& next, const merkle::Hash& root) {
  const uint64_t size = next.checkpoint.size;
  if (root != next.checkpoint.root) {
    return FaultAmong(std::min(signed_up_to_.Next(), Sequence(size)), Sequence(size),
                      absl::StrCat("the log was changed, or a second history is shown: ", next.name,
                                   " says that the first ", size, " events have the root ",
                                   merkle::ToHex(next.checkpoint.root), ", but in this log they have ",
                                   merkle::ToHex(root)));
  }
  signed_up_to_ = Sequence(size);
  ++checked_;
  return absl::OkStatus();
}

absl::Status CheckpointCheck::End(Sequence last) const {
  const Signed* const next = Next();
  if (next == nullptr) return absl::OkStatus();
  return FaultAmong(last.Next(), Sequence(next->checkpoint.size),
                    absl::StrCat("the log has lost its end: it ends at event ", last.value(), ", but ",
                                 next->name, " was signed for ", next->checkpoint.size));
}

}  // namespace redvest
