// The log of a server as a source of commits, for those who check it or take it away.
#ifndef REDVEST_CLIENTS_REMOTE_LOG_H_
#define REDVEST_CLIENTS_REMOTE_LOG_H_

#include <memory>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "clients/client.h"
#include "ledger/base/ids.h"
#include "ledger/log/event_log.h"

namespace redvest::client {

// Not thread-safe, but for its cursors, each of which is for one thread.
class RemoteLog {
 public:
  // `retries` holds for each loss of the connection: after it commits are asked for again from where they
  // stopped. `connection` must outlive it.
  RemoteLog(Connection& connection, RetryOptions retries) : connection_(connection), retries_(retries) {}

  // Commits from the one that holds `from` up to and with event `to`, by which the last one is cut short
  // where it goes on. Ends earlier where the server's log does. The cursor checks order, gaplessness and form
  // of what the server sends: DATA_LOSS where it breaks them. Where a call fails it is UNAVAILABLE, whatever
  // the server says, and error() knows the facts: who reads ahead must look at what was given before that
  // first. The cursor must not outlive the log.
  std::unique_ptr<CommitCursor> Read(Sequence from, Sequence to);

  // The last call that failed for good.
  std::optional<CallError> error() const {
    absl::MutexLock lock(&mu_);
    return error_;
  }

 private:
  friend class RemoteCursor;
  void Failed(CallError error) {
    absl::MutexLock lock(&mu_);
    error_ = std::move(error);
  }

  Connection& connection_;
  const RetryOptions retries_;
  mutable absl::Mutex mu_;  // cursors of several threads may fail at once
  std::optional<CallError> error_ ABSL_GUARDED_BY(mu_);
};

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_REMOTE_LOG_H_
