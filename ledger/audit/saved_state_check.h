// The saved state against the fold: what a start goes on from must be what the log says.
#ifndef REDVEST_LEDGER_AUDIT_SAVED_STATE_CHECK_H_
#define REDVEST_LEDGER_AUDIT_SAVED_STATE_CHECK_H_

#include <future>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/audit/fingerprint.h"
#include "ledger/audit/log_check.h"
#include "ledger/storage/store.h"

namespace redvest {

class SavedStateCheck final : public FoldObserver {
 public:
  // Begins to read the saved rows, beside all else; `store` must outlive it. DATA_LOSS where they cannot be
  // those of a state.
  static absl::StatusOr<std::unique_ptr<SavedStateCheck>> Open(const Store& store);

  void CommitFolded(const PreparedCommit& commit, const merkle::Frontier& before,
                    const merkle::Frontier& after, State* state) override;

  // It is of an older version, so nothing is compared but that the log reaches as far.
  bool is_older() const { return is_older_; }

  // After the whole log, which ends at `last`. DATA_LOSS where the saved state is not the fold. Called once.
  absl::Status Finish(Sequence last);

 private:
  SavedStateCheck() : key_(FingerprintKey::Draw()) {}
  static absl::StatusOr<Fingerprint> ReadRows(const Store& store, const FingerprintKey& key);

  const FingerprintKey key_;
  bool is_older_ = false;
  Sequence sequence_;                               // of the saved state; none where none is saved
  std::future<absl::StatusOr<Fingerprint>> saved_;  // of its rows
  std::optional<Fingerprint> folded_;               // of the state at sequence_
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_AUDIT_SAVED_STATE_CHECK_H_
