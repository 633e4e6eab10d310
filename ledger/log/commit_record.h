// The bytes of a commit. The grammar is written once, in ledger/docs/log_format.md.
#ifndef REDVEST_LEDGER_LOG_COMMIT_RECORD_H_
#define REDVEST_LEDGER_LOG_COMMIT_RECORD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/base/ids.h"
#include "ledger/merkle/hash.h"

namespace redvest {

// A commit holds at most about this many bytes of events.
inline constexpr size_t kCommitBytesMax = 128 * 1024;
// No larger event is written: so an entry bundle of C2SP tlog-tiles, whose lengths have 16 bits, holds it.
inline constexpr size_t kEventBytesMax = 65'535;

// Builds the record of one group event by event. Not thread-safe.
class CommitBuilder {
 public:
  explicit CommitBuilder(Sequence first) : first_(first) {}
  // Drops what was added, and begins another.
  void Restart(Sequence first);
  void Add(std::string_view event_bytes);
  // Adds an event of that many bytes, which the caller writes to the place returned before he does anything
  // else with the builder.
  char* Add(size_t event_bytes);
  Sequence first() const { return first_; }
  uint32_t event_count() const { return event_count_; }
  size_t bytes() const { return events_.size(); }  // of events, with their lengths
  // The record, with the root over all events up to and with this group. REQUIRES: event_count() > 0.
  std::string Seal(const merkle::Hash& root) const;

 private:
  Sequence first_;
  uint32_t event_count_ = 0;
  std::string events_;
};

// A commit as read.
struct CommitView {
  Sequence first;
  // Over all events up to and with this commit; nothing where the source keeps no roots.
  std::optional<merkle::Hash> root;
  std::vector<std::string_view> events;  // as stored and hashed; into the record

  Sequence last() const { return Sequence(first.value() + events.size() - 1); }
};

// Reads a record. Every byte is checked: DATA_LOSS says what is wrong (checksum, version, count, lengths,
// trailing bytes); FAILED_PRECONDITION where the format version is newer than this program. The views point
// into `record`.
absl::StatusOr<CommitView> DecodeCommit(std::string_view record);

}  // namespace redvest

#endif  // REDVEST_LEDGER_LOG_COMMIT_RECORD_H_
