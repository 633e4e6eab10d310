// Reads commits ahead of the one who checks them, and does what can be done with each alone: parse, work out
// postings, hash. On two cores the fold and this work share both of them evenly, because the fold helps while
// it waits.
#ifndef REDVEST_LEDGER_AUDIT_COMMIT_PIPELINE_H_
#define REDVEST_LEDGER_AUDIT_COMMIT_PIPELINE_H_

#include <google/protobuf/arena.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "ledger/accounting/posting.h"
#include "ledger/audit/fingerprint.h"
#include "ledger/base/ids.h"
#include "ledger/log/event_log.h"
#include "ledger/merkle/hash.h"
#include "redvest/event/v1/event.pb.h"

namespace redvest {

// Views into the commit that holds it.
struct PreparedEvent {
  std::string_view bytes;
  const event::v1::Event* event = nullptr;  // null where the bytes cannot be read
  std::span<const Posting> postings;
};

struct PreparedCommit {
  // Roots of perfect subtrees are worked out up to this height.
  static constexpr int kSubtreeLevelMax = 8;
  struct Subtree {
    int level;
    merkle::Hash root;
  };

  Sequence first;
  std::optional<merkle::Hash> root;  // as the record says
  std::string_view bytes;            // of all events, one after the other
  std::vector<PreparedEvent> events;
  // The commit's leaves as the largest perfect subtrees that they make at their place in the log, left to
  // right.
  std::vector<Subtree> subtrees;
  // Left to what CommitPipeline::Work makes of it.
  Fingerprint postings;

  Sequence last() const { return Sequence(first.value() + events.size() - 1); }
};

// What a commit's leaves make at their place in the log, see PreparedCommit::subtrees.
std::vector<PreparedCommit::Subtree> SubtreesOf(const CommitView& commit);

// For one thread, but for the threads of its own.
class CommitPipeline {
 public:
  // More that can be done with a commit alone. Called on any thread, for several commits at once.
  using Work = std::function<void(PreparedCommit*)>;

  CommitPipeline(std::unique_ptr<CommitCursor> commits, Work work);
  ~CommitPipeline();

  // The next commit, valid until the next call; null after the last. Errors are those of the cursor, in their
  // place.
  absl::StatusOr<const PreparedCommit*> Next();

 private:
  struct Slot {
    Slot();
    std::string bytes;  // of all events, one after the other
    std::vector<char> first_block;
    std::unique_ptr<google::protobuf::Arena> arena;
    PreparedCommit commit;
    bool ready = false;  // guarded by mu_
  };

  // Reads one commit into the next slot and prepares it. False where no slot is free or no commit is left.
  bool PrepareOne();
  // Reads the next commit into `slot`. False at the end or where reading failed.
  bool ReadInto(Slot* slot, uint64_t ticket);
  void Prepare(Slot* slot);
  void Help();
  bool MayRead() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return !end_.has_value() && next_read_ - next_out_ < slots_.size() && events_ahead_ < kEventsAheadMax;
  }

  // Commits of many tiny events, as only a hostile source has them, are not read ahead beyond this.
  static constexpr uint64_t kEventsAheadMax = 200'000;

  const Work work_;

  absl::Mutex reading_;
  const std::unique_ptr<CommitCursor> commits_ ABSL_PT_GUARDED_BY(reading_);

  absl::Mutex mu_ ABSL_ACQUIRED_AFTER(reading_);
  // Commits are numbered from 0; number n is in slot n % size. Invariant: next_out_ <= next_read_ <=
  // next_out_ + size.
  std::vector<std::unique_ptr<Slot>> slots_;
  uint64_t next_read_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t next_out_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t events_ahead_ ABSL_GUARDED_BY(mu_) =
      0;  // of the commits from next_out_ to next_read_ that were read
  std::optional<uint64_t> end_ ABSL_GUARDED_BY(mu_);  // where there is no more to read
  absl::Status end_status_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;

  bool handed_out_ = false;  // the caller's thread only
  std::vector<std::thread> helpers_;
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_AUDIT_COMMIT_PIPELINE_H_
