// Signed checkpoints against the log: once the log reaches the size of one, its root must be the signed one.
// This is what catches those who can rewrite everything but do not have the key.
#ifndef REDVEST_LEDGER_AUDIT_CHECKPOINT_CHECK_H_
#define REDVEST_LEDGER_AUDIT_CHECKPOINT_CHECK_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/audit/verify.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/frontier.h"
#include "ledger/storage/store.h"

namespace redvest {

// The signed note in a file that somebody kept: the note alone, or with the vkey in a line before it, as
// clients remember it. INVALID_ARGUMENT where it does not have the form of a checkpoint; no signature is
// verified.
absl::StatusOr<std::string> NoteInFile(std::string_view text);

// Not thread-safe.
class CheckpointCheck {
 public:
  // Of the checkpoints in `given`, and of those that `kept` has, which may be null. INVALID_ARGUMENT where
  // there is a checkpoint and no key to verify it with; DATA_LOSS where one does not have its form, or was
  // not signed by the key.
  static absl::StatusOr<std::unique_ptr<CheckpointCheck>> Start(
      const std::optional<merkle::VerifierKey>& key, const std::vector<VerifyOptions::GivenCheckpoint>& given,
      const Store* kept);

  // The tree grew by `commit`, from `before` to `after`. DATA_LOSS where it is not what was signed.
  absl::Status Grew(const merkle::Frontier& before, const PreparedCommit& commit,
                    const merkle::Frontier& after);
  // The log ends here. DATA_LOSS where a larger one was signed.
  absl::Status End(Sequence last) const;

  const std::optional<merkle::VerifierKey>& key() const { return key_; }
  uint64_t checked() const { return checked_; }
  Sequence signed_up_to() const { return signed_up_to_; }

 private:
  struct Signed {
    std::string name;
    merkle::Checkpoint checkpoint;
  };

  CheckpointCheck() = default;
  // Reads the kept checkpoint under the cursor into next_kept_, and moves on.
  absl::Status ReadKept();
  // That of the smallest size that is still to be checked; null where none is left.
  const Signed* Next() const;
  absl::Status Drop();
  absl::Status Check(const Signed& next, const merkle::Hash& root);

  std::optional<merkle::VerifierKey> key_;
  std::vector<Signed> given_;  // rising, from next_given_ on still to be checked
  size_t next_given_ = 0;
  std::unique_ptr<StoreCursor> kept_;  // null where none are kept; stands behind next_kept_
  std::optional<Signed> next_kept_;

  uint64_t checked_ = 0;
  Sequence signed_up_to_;
};

// The tree over `before` and the first leaves of `commit`, up to `size`.
merkle::Frontier FrontierAt(const merkle::Frontier& before, const PreparedCommit& commit, uint64_t size);

}  // namespace redvest

#endif  // REDVEST_LEDGER_AUDIT_CHECKPOINT_CHECK_H_
