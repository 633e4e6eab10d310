// The auditor's fold: reads a log once and checks every event. Others may look on, to compare with what they
// keep.
#ifndef REDVEST_LEDGER_AUDIT_LOG_CHECK_H_
#define REDVEST_LEDGER_AUDIT_LOG_CHECK_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "ledger/audit/checkpoint_check.h"
#include "ledger/audit/commit_pipeline.h"
#include "ledger/audit/decision_check.h"
#include "ledger/audit/verify.h"
#include "ledger/merkle/frontier.h"
#include "ledger/state/state.h"

namespace redvest {

// Looks on while a log is folded. What it finds it keeps to itself until it is asked: the log's own faults
// come first.
class FoldObserver {
 public:
  virtual ~FoldObserver() = default;
  // Work that needs only the commit; on any thread, for several commits at once.
  virtual void Prepare(PreparedCommit*) const {}
  // The perfect subtree over the leaves [index << level, (index + 1) << level) is complete.
  virtual void SubtreeCompleted(int /*level*/, uint64_t /*index*/, const merkle::Hash& /*root*/) {}
  // The events of `commit` were folded, and their root agrees. The tree was `before` and is `after`.
  virtual void CommitFolded(const PreparedCommit& commit, const merkle::Frontier& before,
                            const merkle::Frontier& after, State* state) = 0;
};

// On the heap: it holds a whole state. Not thread-safe.
class LogCheck {
 public:
  // All must outlive it. See VerifyOptions for `recent_bytes_max`.
  LogCheck(CommitSource source, CheckpointCheck* checkpoints, std::vector<FoldObserver*> observers,
           size_t recent_bytes_max);

  // See VerifyLog. Called once.
  absl::Status Run(Sequence last, VerifyProgress progress);

  const VerifyReport& report() const { return report_; }
  // After Run failed: the events of which one was changed, where a root says so and not an event itself.
  std::optional<std::pair<Sequence, Sequence>> suspects() const { return suspects_; }
  const State& state() const { return *state_; }
  std::unique_ptr<State> TakeState() { return std::move(state_); }

 private:
  absl::Status CheckCommit(const PreparedCommit& commit);
  absl::Status CheckEvent(Sequence sequence, const PreparedEvent& prepared);
  absl::Status CheckTerminal(Sequence sequence, const event::v1::Event& event);
  absl::Status DoesNotFit(Sequence sequence, const event::v1::Event& event, const absl::Status& why) const;
  absl::Status CheckRoot(const PreparedCommit& commit);
  absl::Status CheckEnd(Sequence last);

  const CommitSource source_;
  CheckpointCheck* const checkpoints_;
  const std::vector<FoldObserver*> observers_;
  DecisionCheck decisions_;
  merkle::Hasher hasher_;
  merkle::Frontier before_;  // the commit that is being checked
  merkle::Frontier tree_;
  std::unique_ptr<State> state_;
  absl::flat_hash_set<uint64_t> retired_;  // terminals
  std::optional<std::pair<Sequence, Sequence>> suspects_;
  VerifyReport report_;
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_AUDIT_LOG_CHECK_H_
