// The ledger: the one header that services include. Thread-safe.
#ifndef REDVEST_LEDGER_LEDGER_H_
#define REDVEST_LEDGER_LEDGER_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/accounting/account.h"
#include "ledger/accounting/posting.h"
#include "ledger/audit/notary.h"
#include "ledger/base/calendar.h"
#include "ledger/base/clock.h"
#include "ledger/base/error.h"
#include "ledger/base/ids.h"
#include "ledger/base/text.h"
#include "ledger/log/event_log.h"
#include "ledger/query/event_reader.h"
#include "ledger/sequencer/submission.h"
#include "ledger/state/state.h"
#include "redvest/v1/audit_service.pb.h"
#include "redvest/v1/ledger_service.pb.h"

namespace redvest {

struct VerifyOptions;
struct VerifyReport;

// How a new ledger is founded.
struct Founding {
  std::string name;                         // of the community, 1 to 128 bytes
  std::string time_zone = "Asia/Shanghai";  // IANA
};

struct LedgerOptions {
  std::string directory;
  // For an empty or missing folder, and one whose founding was not finished; without it these are NOT_FOUND.
  // Must fit what is there otherwise: another name or time zone than the ledger's is INVALID_ARGUMENT.
  std::optional<Founding> founding = std::nullopt;
  const Clock* clock = nullptr;  // null = the machine's; must outlive the ledger
  // The secret key that signs checkpoints; made where neither it nor its public half exists. Empty = beside
  // the folder,
  // "<directory>.key".
  std::string key_file = {};
  // Witnesses whose signatures on checkpoints are kept, C2SP vkeys of type 0x04.
  std::vector<std::string> witness_keys = {};
  // Drop all that follows from the log, saved state and projections, and write it anew.
  bool rebuild = false;
  // Commands not yet answered, and a quarter as many again that come one by one or a few at a time; more are
  // refused with QUEUE_FULL.
  size_t queue_commands_max = 100'000;
};

// When a read may answer: at `min_sequence` or later, until `deadline`.
struct ReadFence {
  Sequence min_sequence;
  absl::Time deadline = absl::InfiniteFuture();
};

struct LedgerHead {
  Sequence sequence;  // newest durable event; also the size of the tree
  std::string root;   // 32 bytes
};

class Ledger {
 public:
  // Opens the ledger in a folder, founding it where it is empty, and brings state and projections up to the
  // log. FAILED_PRECONDITION: another process has it open, or it is of a newer version. INVALID_ARGUMENT: the
  // folder holds something else. DATA_LOSS: the log is damaged; the message names the sequence. Each says
  // what to do.
  static absl::StatusOr<std::unique_ptr<Ledger>> Open(const LedgerOptions& options);
  // Drains.
  virtual ~Ledger() = default;

  // Checks everything in a folder that no process has open: see VerifyBooks in ledger/audit/verify.h, with
  // the key that the folder publishes. DATA_LOSS is the first fault; NOT_FOUND, INVALID_ARGUMENT and
  // FAILED_PRECONDITION say why it cannot be read, as for Open.
  static absl::StatusOr<VerifyReport> VerifyDirectory(
      const std::string& directory, const VerifyOptions& options,
      absl::FunctionRef<void(std::string_view step, Sequence done, Sequence last)> progress);

  // Open founded it.
  virtual bool founded_now() const = 0;

  // --- Writing

  // Checks the form of the commands and queues them. `done` gets the outcome; see Submission.
  virtual void Submit(Submission submission) = 0;

  // --- Reading what commands are decided on: always the newest

  // Runs `read` against the state once it has reached the fence (it must not block, and copies what it
  // keeps), then `done` with the sequence it was true at once that is durable, or with DEADLINE_EXCEEDED or
  // UNAVAILABLE. Both may run on the caller's thread.
  virtual void ReadState(ReadFence fence, absl::AnyInvocable<void(const State&)> read,
                         absl::AnyInvocable<void(absl::StatusOr<Sequence>)> done) = 0;

  // --- Reading the projections: durable, soon up to date

  // Runs `done` once the projections have reached the fence, or with DEADLINE_EXCEEDED or UNAVAILABLE. May
  // run on the caller's thread.
  virtual void WhenProjected(ReadFence fence, absl::AnyInvocable<void(absl::Status)> done) = 0;
  // These answer in the public messages, at one sequence each; ReadOptions in the requests are not looked at.
  // Their errors are in ledger/query/queries.h.
  virtual absl::Status GetBalance(const v1::GetBalanceRequest& request,
                                  v1::GetBalanceResponse* response) const = 0;
  virtual absl::Status GetStatement(const v1::GetStatementRequest& request,
                                    v1::GetStatementResponse* response) const = 0;
  // Calls `part` with at most 1,000 balances at a time until it returns false.
  virtual absl::Status GetTrialBalance(
      const v1::GetTrialBalanceRequest& request,
      absl::FunctionRef<bool(const v1::GetTrialBalanceResponse&)> part) const = 0;
  virtual absl::Status GetDayReport(const v1::GetDayReportRequest& request,
                                    v1::GetDayReportResponse* response) const = 0;

  // --- Reading the history

  virtual LedgerHead Head() const = 0;
  // Reads durable events in order from `from` (at least 1). Not thread-safe itself; must not outlive the
  // ledger.
  virtual std::unique_ptr<EventReader> ReadEvents(Sequence from) const = 0;
  // Reads durable commits from the one that holds `from` up to the end as it is now. Not thread-safe itself;
  // must not outlive the ledger.
  virtual std::unique_ptr<CommitCursor> ReadCommits(Sequence from) const = 0;
  // Runs `done` once event fence.min_sequence is durable, or with DEADLINE_EXCEEDED or UNAVAILABLE. May run
  // on the caller's thread.
  virtual void WhenDurable(ReadFence fence, absl::AnyInvocable<void(absl::Status)> done) = 0;

  // --- Proving the history

  // Signs checkpoints and keeps them.
  virtual Notary& notary() = 0;
  // Errors: FIELD_INVALID (a size of 0, or sizes in the wrong order), NOT_REACHED.
  virtual absl::Status GetInclusionProof(const v1::GetInclusionProofRequest& request,
                                         v1::GetInclusionProofResponse* response) const = 0;
  virtual absl::Status GetConsistencyProof(const v1::GetConsistencyProofRequest& request,
                                           v1::GetConsistencyProofResponse* response) const = 0;

  // The ledger's clock, milliseconds since 1970 UTC.
  virtual int64_t NowUnixMs() const = 0;

  // --- Stopping

  // Refuses new submissions with UNAVAILABLE, finishes those that are queued, saves the state. Idempotent.
  virtual void Drain() = 0;
  // Not OK once a write failed or an invariant was found broken: the ledger has stopped writing and says why.
  virtual absl::Status Health() const = 0;
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_LEDGER_H_
