// A till's queue of commands while the server cannot be reached: a file that holds every command, with its
// serial, from the moment it is taken until the ledger has answered it.
#ifndef REDVEST_CLIENTS_OFFLINE_QUEUE_H_
#define REDVEST_CLIENTS_OFFLINE_QUEUE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "clients/client.h"
#include "ledger/base/ids.h"
#include "redvest/v1/command.pb.h"
#include "redvest/v1/ledger_service.pb.h"

namespace redvest::client {

// The file: a magic line, then records of length (4 bytes, little endian), check (the first 8 bytes of the
// record's RFC 6962 leaf hash) and payload. The first record is the GetLedgerResponse of the ledger it
// belongs to, of which name and time zone are kept; the second a CommandHeader with the terminal and the
// serial of the first command; every further one a Command. Open for one process at a time. Not thread-safe.
class OfflineQueue {
 public:
  // Makes an empty queue whose first command gets `next`. ALREADY_EXISTS where a file is there.
  static absl::Status Create(const std::string& path, const v1::GetLedgerResponse& ledger,
                             TerminalId terminal, Serial next);
  // NOT_FOUND: no such file. UNAVAILABLE: another process has it open. INVALID_ARGUMENT: not a queue.
  // DATA_LOSS: damaged before its last record. A last record that was not written whole was never promised to
  // anybody: it is cut off, and torn_bytes() tells.
  static absl::StatusOr<std::unique_ptr<OfflineQueue>> Open(const std::string& path);
  ~OfflineQueue();
  OfflineQueue(const OfflineQueue&) = delete;
  OfflineQueue& operator=(const OfflineQueue&) = delete;

  TerminalId terminal() const { return terminal_; }
  const std::string& ledger_name() const { return ledger_.name(); }
  const std::string& time_zone() const { return ledger_.time_zone(); }
  // Commands without an outcome, with terminal and serial, oldest first.
  const std::vector<v1::Command>& waiting() const { return waiting_; }
  Serial next_serial() const { return Serial(first_.value() + waiting_.size()); }
  // Bytes of a torn last record that Open cut off.
  uint64_t torn_bytes() const { return torn_bytes_; }

  // Gives `command` the next serial and this terminal, and makes it durable.
  absl::Status Append(v1::Command command);
  // Drops the first `count` commands: they have their outcomes. Durable.
  absl::Status Forget(size_t count);
  // Takes back the newest command: it is malformed, so the ledger did not use up its serial. REQUIRES: one is
  // waiting.
  absl::Status DropNewest();
  // Puts `command` in the place, and under the serial, of one that the ledger cannot take. REQUIRES: index is
  // waiting.
  absl::Status Replace(size_t index, v1::Command command);
  // The next command gets `next`: the terminal issued others without the queue. REQUIRES: nothing is waiting.
  absl::Status SkipTo(Serial next);

 private:
  explicit OfflineQueue(std::string path) : path_(std::move(path)) {}

  absl::Status Load();
  // Writes the whole queue to a new file and puts it in the place of the old one.
  absl::Status Rewrite();

  const std::string path_;
  int file_ = -1;
  v1::GetLedgerResponse ledger_;
  TerminalId terminal_;
  // Serial of the first waiting command, or of the next one.
  Serial first_;
  std::vector<v1::Command> waiting_;
  uint64_t torn_bytes_ = 0;
};

// What became of a queue that was sent.
struct SendOutcome {
  uint64_t recorded = 0;
  uint64_t already_recorded = 0;
  std::vector<v1::DeclinedItem> declined;
  // Why sending ended before the queue was empty; what was not answered is still in the queue.
  std::optional<CallError> error;
  // The serial that the ledger would not take, where that is why.
  uint64_t stopped_at_serial = 0;
};

// Sends the first `count` waiting commands in batches and drops what has an outcome. The status is that of
// the file.
absl::StatusOr<SendOutcome> SendWaiting(OfflineQueue& queue, Connection& connection,
                                        const RetryOptions& options, size_t count);

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_OFFLINE_QUEUE_H_
