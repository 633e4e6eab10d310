#include "ledger/audit/saved_state_check.h"

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "ledger/audit/fault.h"
#include "ledger/base/check.h"

namespace redvest {

absl::StatusOr<std::unique_ptr<SavedStateCheck>> SavedStateCheck::Open(const Store& store) {
  auto check = absl::WrapUnique(new SavedStateCheck);
  const std::unique_ptr<StoreCursor> rows = store.NewCursor(TableId::kState);
  for (rows->Seek({}); rows->Valid(); rows->Next()) {
    check->saved_.Add(check->key_, check->key_.Row(rows->key(), rows->value()));
    if (rows->key() != kFrontierKey) continue;
    // The tree was saved with the state, so its size says what sequence the state is of.
    const std::optional<merkle::Frontier> tree = merkle::Frontier::Decode(rows->value());
    if (tree.has_value()) check->sequence_ = Sequence(tree->size());
  }
  REDVEST_RETURN_IF_ERROR(rows->status());
  if (check->saved_.count() > 0 && !check->sequence_) {
    return absl::DataLossError(
        "the saved state has no tree that can be read, so it was changed; start redvestd with --rebuild");
  }
  return check;
}

void SavedStateCheck::CommitFolded(const PreparedCommit&, const merkle::Frontier&,
                                   const merkle::Frontier& after, State* state) {
  if (!sequence_ || after.size() != sequence_.value()) return;
  // Nothing was taken from the state before, so this is every row.
  Fingerprint folded;
  state->TakeChanges(
      [&](std::string_view key, std::string_view value) { folded.Add(key_, key_.Row(key, value)); });
  folded.Add(key_, key_.Row(kFrontierKey, after.Encode()));
  is_same_ = folded == saved_;
}

absl::Status SavedStateCheck::Finish(Sequence last) const {
  if (!sequence_ || is_same_ == true) return absl::OkStatus();
  if (sequence_ > last) {
    return Fault(last.Next(), absl::StrCat("it is missing: the saved state is of event ", sequence_.value()));
  }
  return Fault(sequence_,
               "the state that was saved after it is not what the log says; start redvestd with --rebuild");
}

}  // namespace redvest
