// Where an audit reads the log from: a server, or an exit pack.
#ifndef REDVEST_CLIENTS_LOG_SOURCE_H_
#define REDVEST_CLIENTS_LOG_SOURCE_H_

#include <memory>
#include <string>

#include "clients/auditor.h"
#include "clients/context.h"
#include "clients/remote_log.h"
#include "ledger/audit/pack.h"
#include "ledger/base/ids.h"

namespace redvest::client {

// --from-pack.
CLI::Option* AddPackSource(CLI::App& leaf, Context& context, std::string& pack);

// Not thread-safe. The context and the key must outlive it.
class LogSource {
 public:
  // `pack` is the folder of one; empty: the server. Without a key, its own is taken, and that is said.
  LogSource(Context& context, std::string pack, const KeyChoice& key)
      : context_(context), auditor_(context), folder_(std::move(pack)), wanted_key_(key) {}

  // Finds the end of the log by its newest checkpoint, signed by the key; checks a pack's hashes. False where
  // that fails, which was told; code() is the exit code.
  bool Open();
  int code() const { return auditor_.code(); }
  // The last event that is read. REQUIRES: Open returned true, also for the others.
  Sequence last() const { return last_; }
  // All events from the first to the last. The last commit is given only where the root over all of them is
  // the checkpoint's: whoever came to the end has read what was signed.
  std::unique_ptr<CommitCursor> Read();
  // Tells why reading failed, and returns the exit code.
  int Fail(const absl::Status& status);

 private:
  bool OpenServer();
  bool OpenPack();

  Context& context_;
  Auditor auditor_;
  const std::string folder_;
  const KeyChoice& wanted_key_;
  std::unique_ptr<Pack> pack_;  // one of these two
  std::unique_ptr<RemoteLog> remote_;
  std::optional<SeenCheckpoint> checkpoint_;  // the server's
  Sequence last_;
};

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_LOG_SOURCE_H_
