// Checks a whole ledger from its first event: what an auditor with this program does who trusts nothing but
// the bytes and, where there is one, the ledger's public key.
//
// Everything streams: memory grows with accounts, members, days, reversals and requests, by a few bytes with
// commits and changes of the business date, and not with events. The first fault ends a check. It is
// DATA_LOSS (FAILED_PRECONDITION for what a newer program wrote) and names its events: "event 205: ...".
#ifndef REDVEST_LEDGER_AUDIT_VERIFY_H_
#define REDVEST_LEDGER_AUDIT_VERIFY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/audit/commit_pipeline.h"
#include "ledger/base/ids.h"
#include "ledger/log/event_log.h"
#include "ledger/merkle/hash.h"
#include "ledger/merkle/note.h"
#include "ledger/state/state.h"
#include "ledger/storage/store.h"

namespace redvest {

class Pack;

// A projection that ends before the log does: what is missing is made from the log at the next start.
struct BehindProjection {
  std::string name;
  Sequence position;  // none where it is empty
};

struct VerifyReport {
  std::string name;      // of the community
  Sequence last;         // newest event; also the size of the tree
  merkle::Hash root{};   // over all events
  uint64_t commits = 0;  // or bundles of a pack
  uint64_t declined = 0;
  uint64_t reversed = 0;  // by themselves or as approved requests
  uint64_t postings = 0;
  uint64_t accounts = 0;                   // ever posted to
  uint64_t terminals = 0;                  // enrolled
  uint64_t checkpoints = 0;                // signed ones that were checked, and that the log agrees with
  Sequence signed_up_to;                   // size of the largest of them; none where there is none
  std::optional<merkle::VerifierKey> key;  // that they were verified with; none where none is known
  std::vector<BehindProjection> behind;    // of a folder
  // A folder's saved state is of an older version: it was not compared, and this version never uses it.
  bool state_not_compared = false;
  bool unfinished = false;  // a pack in whose files that no checkpoint covers were not checked: see Pack
};

// What the log must agree with.
struct VerifyOptions {
  // The ledger's key as it is known from elsewhere.
  std::optional<merkle::VerifierKey> key;
  // Checkpoints that somebody was given, signed notes.
  struct GivenCheckpoint {
    std::string name;  // for messages: the file's
    std::string note;
  };
  std::vector<GivenCheckpoint> checkpoints;
  // Events that later ones name, by reversing or approving them, are compared with the newest commits, of
  // which about so many bytes are kept at hand: some weeks of a neighbourhood. Older ones are read again.
  size_t recent_bytes_max = 8 * 1024 * 1024;
};

// Told now and then how far it is: the events of the log, then those that the projections cover.
using VerifyProgress = absl::FunctionRef<void(std::string_view step, Sequence done, Sequence last)>;

// The log as it was read, and the state after it.
struct VerifiedLog {
  VerifyReport report;
  std::unique_ptr<State> state;
};

// Reads a log, from wherever, up to its end, which is at `last` where that is given, and checks that
// - sequences are gapless, and every commit's root, where it has one, is the Merkle root over all events up
// to
//   it;
// - every event folds into the state: serials gapless by terminal, postings that sum to zero in each unit, no
//   balance on a side that is forbidden, times that never decrease, no terminal that acts after it was
//   retired;
// - every decline is reasonable: the same command, decided again on the state before it, is declined for the
//   same reason;
// - every reversal holds the event it names as that stands in the log, and it and every approval was allowed,
//   with two pairs of eyes where the policy asks for them;
// - all balances together sum to zero in each unit;
// - the log is the one that the given checkpoints were signed for. These need options.key.
absl::StatusOr<VerifiedLog> VerifyLog(CommitSource source, Sequence last, const VerifyOptions& options,
                                      VerifyProgress progress);

// The log of a store as VerifyLog does, and checks that
// - every commit record's checksum and form are right;
// - the saved state is the fold at its sequence, and every projection is what a replay up to its position
//   makes;
// - every checkpoint that is kept was signed by `published`, the ledger's key, and the log is the one it was
//   signed for; with a key there is at least one, unless nothing came after the founding.
// `published` is none for a ledger that never signed. Nothing is written but scratch files, and these only to
// name a difference. `store` must be the one of `log`, or one that never had projections.
absl::StatusOr<VerifyReport> VerifyBooks(const Store& store, const EventLog& log,
                                         const std::optional<merkle::VerifierKey>& published,
                                         const VerifyOptions& options, VerifyProgress progress);

// The entries of a pack as VerifyLog does, and checks that its checkpoint is signed by its key, that tiles
// and checkpoint fit the entries, that it has all its files and no others, and that its trial balance is what
// the entries come to.
absl::StatusOr<VerifyReport> VerifyPack(const Pack& pack, const VerifyOptions& options,
                                        VerifyProgress progress);

}  // namespace redvest

#endif  // REDVEST_LEDGER_AUDIT_VERIFY_H_
