#include "ledger/audit/saved_state_check.h"

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "ledger/audit/fault.h"
#include "ledger/base/check.h"

namespace redvest {

absl::StatusOr<std::unique_ptr<SavedStateCheck>> SavedStateCheck::Open(const Store& store) {
  auto check = absl::WrapUnique(new SavedStateCheck);
  REDVEST_ASSIGN_OR_RETURN(const std::optional<std::string> head,
                           store.Get(TableId::kState, State::kHeadKey));
  check->is_older_ = head.has_value() && State::IsOfOlderVersion(*head);
  REDVEST_ASSIGN_OR_RETURN(const std::optional<std::string> tree, store.Get(TableId::kState, kFrontierKey));
  if (tree.has_value()) {
    // The tree was saved with the state, so its size says what sequence the state is of.
    const std::optional<merkle::Frontier> saved = merkle::Frontier::Decode(*tree);
    if (saved.has_value()) check->sequence_ = Sequence(saved->size());
  }
  const std::unique_ptr<StoreCursor> rows = store.NewCursor(TableId::kState);
  rows->Seek({});
  if (rows->Valid() && !check->sequence_) {
    return absl::DataLossError(
        "the saved state has no tree that can be read, so it was changed; start redvestd with --rebuild");
  }
  REDVEST_RETURN_IF_ERROR(rows->status());
  // What an older version saved the next start makes anew, whatever it says.
  if (!check->sequence_ || check->is_older_) return check;
  check->saved_ =
      std::async(std::launch::async, [&store, key = check->key_] { return ReadRows(store, key); });
  return check;
}

absl::StatusOr<Fingerprint> SavedStateCheck::ReadRows(const Store& store, const FingerprintKey& key) {
  Fingerprint saved;
  const std::unique_ptr<StoreCursor> rows = store.NewCursor(TableId::kState);
  for (rows->Seek({}); rows->Valid(); rows->Next()) saved.Add(key, key.Row(rows->key(), rows->value()));
  REDVEST_RETURN_IF_ERROR(rows->status());
  return saved;
}

void SavedStateCheck::CommitFolded(const PreparedCommit&, const merkle::Frontier&,
                                   const merkle::Frontier& after, State* state) {
  if (!sequence_ || is_older_ || after.size() != sequence_.value()) return;
  // Nothing was taken from the state before, so this is every row.
  folded_.emplace();
  state->TakeChanges(
      [&](std::string_view key, std::string_view value) { folded_->Add(key_, key_.Row(key, value)); });
  folded_->Add(key_, key_.Row(kFrontierKey, after.Encode()));
}

absl::Status SavedStateCheck::Finish(Sequence last) {
  if (!sequence_) return absl::OkStatus();
  if (sequence_ > last) {
    return Fault(last.Next(), absl::StrCat("it is missing: the saved state is of event ", sequence_.value()));
  }
  if (is_older_) return absl::OkStatus();
  REDVEST_ASSIGN_OR_RETURN(const Fingerprint saved, saved_.get());
  if (folded_ == saved) return absl::OkStatus();
  return Fault(sequence_,
               "the state that was saved after it is not what the log says; start redvestd with --rebuild");
}

}  // namespace redvest
