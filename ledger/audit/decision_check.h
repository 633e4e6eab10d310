// What the writer decided, decided again: declines, reversals, approvals, adoptions of policy. Their outcomes
// are the ones that people have an interest to bend, and that the fold alone would take as they are.
#ifndef REDVEST_LEDGER_AUDIT_DECISION_CHECK_H_
#define REDVEST_LEDGER_AUDIT_DECISION_CHECK_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/audit/commit_pipeline.h"
#include "ledger/command/decide.h"
#include "ledger/state/state.h"
#include "redvest/event/v1/event.pb.h"

namespace redvest {

// Not thread-safe.
class DecisionCheck {
 public:
  // `source` must outlive it. See VerifyOptions for `recent_bytes_max`.
  DecisionCheck(CommitSource source, size_t recent_bytes_max)
      : source_(source), recent_bytes_max_(recent_bytes_max) {}

  // The events of `commit` are checked next.
  void Begin(const PreparedCommit& commit);

  // Checks `event`, which follows on `state`. Its terminal is enrolled and not retired. `state` is changed
  // only where this is not OK.
  absl::Status Check(Sequence sequence, const event::v1::Event& event, State* state);

  // Compares the copies that reversals hold with the log, as far as that was put off.
  absl::Status Finish() { return CompareOriginals(); }

 private:
  // One hash over all leaves of a commit.
  struct Seal {
    Sequence first;
    merkle::Hash hash;
  };

  // A commit whose events are still at hand.
  struct RecentCommit {
    Sequence first;
    std::string bytes;           // of all events, one after the other
    std::vector<uint32_t> ends;  // of each in bytes
  };

  // The copy of an event in its reversal.
  struct Original {
    Sequence sequence;
    Sequence reversal;
    std::string copy;
  };

  absl::Status CheckDecline(Sequence sequence, const event::v1::Event& event, State* state);
  absl::Status CheckReversal(Sequence sequence, const event::v1::Event& event, const State& state);
  absl::Status CheckApproval(Sequence sequence, const event::v1::Event& event, const State& state);
  absl::Status CheckAdoption(Sequence sequence, const event::v1::Event& event, const State& state);

  // Decides the command of `event` with this body, at the time it was recorded. The outcome is in decided_.
  absl::Status DecideAgain(const event::v1::Event& event, const v1::Command& body, const State& state,
                           const event::v1::Event* original, const event::v1::Event* request);
  // The event, as the recent commits or the log have it; null where none before `before` has this number.
  absl::StatusOr<const event::v1::Event*> Fetch(uint64_t sequence, Sequence before, event::v1::Event* event);

  // Whether a commit that was read again is the one that was hashed: a server might tell it differently.
  absl::Status CheckSame(const CommitView& commit) const;

  void Keep(const PreparedCommit& commit);
  // The bytes of an event of the recent commits; nothing where it is older than they, or still to come.
  std::optional<std::string_view> FindRecent(Sequence sequence) const;

  // Compares the original with the log: at once where it is recent, as most are, or later, many in one pass.
  absl::Status CheckOriginal(Sequence reversal, const event::v1::EventReversed& reversed);
  absl::Status CompareOriginals();
  absl::Status Compare(const Original& original, std::string_view bytes);

  const CommitSource source_;
  const size_t recent_bytes_max_;
  v1::Command command_;
  event::v1::Event decided_;
  event::v1::Event original_;
  event::v1::Event request_;
  std::vector<Seal> seals_;          // of all commits so far
  std::deque<RecentCommit> recent_;  // the newest ones, bounded by their bytes
  size_t recent_bytes_ = 0;
  RecentCommit spare_;               // an old one, for its memory
  std::vector<Original> originals_;  // bounded; compared when it is full
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_AUDIT_DECISION_CHECK_H_
