// The saved state against the fold: what a start goes on from must be what the log says.
#ifndef REDVEST_LEDGER_AUDIT_SAVED_STATE_CHECK_H_
#define REDVEST_LEDGER_AUDIT_SAVED_STATE_CHECK_H_

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
  // Reads the saved rows. DATA_LOSS where they cannot be those of a state.
  static absl::StatusOr<std::unique_ptr<SavedStateCheck>> Open(const Store& store);

  void CommitFolded(const PreparedCommit& commit, const merkle::Frontier& before,
                    const merkle::Frontier& after, State* state) override;

  // After the whole log, which ends at `last`. DATA_LOSS where the saved state is not the fold.
  absl::Status Finish(Sequence last) const;

 private:
  SavedStateCheck() : key_(FingerprintKey::Draw()) {}

  const FingerprintKey key_;
  Sequence sequence_;            // of the saved state; none where none is saved
  Fingerprint saved_;            // of its rows
  std::optional<bool> is_same_;  // nothing before it was compared
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_AUDIT_SAVED_STATE_CHECK_H_
