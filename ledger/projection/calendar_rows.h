// Keys and values of the calendar's rows. For ledger/projection, and for the audit of what it wrote; the
// grammar is in ledger/docs/log_format.md.
#ifndef REDVEST_LEDGER_PROJECTION_CALENDAR_ROWS_H_
#define REDVEST_LEDGER_PROJECTION_CALENDAR_ROWS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/accounting/account.h"
#include "ledger/base/ids.h"
#include "ledger/projection/calendar.h"
#include "ledger/storage/store.h"

namespace redvest::calendar {

absl::Status Damaged();

// --- Moments: when some of the events were recorded

inline constexpr char kMomentPrefix = 'M';
// A row for every so many events, and as many to look at for a moment.
inline constexpr uint64_t kMomentEvery = 256;
std::string MomentKey(int64_t recorded_at_ms, Sequence sequence);
// The sequence in such a key.
absl::StatusOr<Sequence> MomentOf(std::string_view key);

// --- Balances by business date. Days of an account stand together in blocks, each of which opens with the
// balance before it: a balance at the end of any date is one seek, and of a late event the later blocks
// change in their opening alone.

inline constexpr char kBalancePrefix = 'B';

// A day on which an account was posted to.
struct DayEntry {
  int32_t day = 0;
  int64_t amount = 0;  // of all its postings
  uint64_t last = 0;   // newest sequence of this day and, once in a block, of all days before
};

// Adds a day that comes after all those in `balance`. False where that leaves its range.
bool Extend(const DayEntry& entry, DatedBalance* balance);

struct Block {
  DatedBalance opening;  // of all days before it
  std::vector<DayEntry> entries;
};

// The number of the block that holds a day.
int32_t BlockOf(int32_t day);
std::string AccountPrefix(const Account& account);
std::string BlockKey(const Account& account, int32_t number);
// The number of the block under the cursor, which is one of the account with this prefix.
absl::StatusOr<int32_t> NumberOf(const StoreCursor& rows, std::string_view prefix);
absl::StatusOr<Block> DecodeBlock(int32_t number, std::string_view bytes);
// The block that starts with the first of `entries`; leaves in them those of later blocks. `balance` is what
// stood before the block, and then what stands after it.
absl::StatusOr<std::string> EncodeBlock(std::span<const DayEntry>* entries, DatedBalance* balance);

// --- Runs of events by business date

std::string RunPrefix(int32_t day);
std::string RunKey(int32_t day, Sequence first);
// The run under the cursor, which is one of the day with this prefix.
absl::StatusOr<SequenceRun> RunOf(const StoreCursor& rows, std::string_view prefix);

// --- Closed days of drawers

std::string ClosedKey(TerminalId terminal, Sequence sequence);
// The day number in the terminal's last row up to `at`; nothing where there is none.
absl::StatusOr<std::optional<int32_t>> ReadClosed(StoreCursor& rows, TerminalId terminal, Sequence at);

}  // namespace redvest::calendar

#endif  // REDVEST_LEDGER_PROJECTION_CALENDAR_ROWS_H_
