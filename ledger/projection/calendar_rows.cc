#include "ledger/projection/calendar_rows.h"

#include <algorithm>

#include "ledger/base/bytes.h"
#include "ledger/base/check.h"
#include "ledger/projection/business_dates.h"

namespace redvest::calendar {
namespace {

constexpr int kBlockDaysLog2 = 6;

constexpr char kRunPrefix = 'D';
constexpr char kClosedPrefix = 'C';

std::string ClosedPrefix(TerminalId terminal) {
  std::string key(1, kClosedPrefix);
  AppendBigEndian(&key, terminal.value());
  return key;
}

}  // namespace

absl::Status Damaged() {
  return absl::DataLossError(
      "a row of the calendar cannot be read: drop the calendar projection and rebuild it");
}

// --- Moments

std::string MomentKey(int64_t recorded_at_ms, Sequence sequence) {
  std::string key(1, kMomentPrefix);
  AppendBigEndian(&key, static_cast<uint64_t>(recorded_at_ms) ^ uint64_t{1} << 63);
  AppendBigEndian(&key, sequence.value());
  return key;
}

absl::StatusOr<Sequence> MomentOf(std::string_view key) {
  std::string_view ignored;
  uint64_t sequence;
  ByteReader reader(key);
  if (!reader.Bytes(1 + sizeof(int64_t), &ignored) || !reader.BigEndian(&sequence) || !reader.empty())
    return Damaged();
  return Sequence(sequence);
}

// --- Balances

int32_t BlockOf(int32_t day) { return day >> kBlockDaysLog2; }

std::string AccountPrefix(const Account& account) {
  std::string key(1, kBalancePrefix);
  key.push_back(static_cast<char>(account.kind));
  AppendBigEndian(&key, account.id);
  return key;
}

std::string BlockKey(const Account& account, int32_t number) {
  std::string key = AccountPrefix(account);
  AppendDay(&key, number);
  return key;
}

bool Extend(const DayEntry& entry, DatedBalance* balance) {
  balance->last = std::max(balance->last, Sequence(entry.last));
  return !__builtin_add_overflow(balance->balance, entry.amount, &balance->balance);
}

absl::StatusOr<Block> DecodeBlock(int32_t number, std::string_view bytes) {
  Block block;
  ByteReader reader(bytes);
  uint64_t last, offset, step;
  if (!reader.Zigzag(&block.opening.balance) || !reader.Varint(&last)) return Damaged();
  block.opening.last = Sequence(last);
  for (DayEntry entry{.last = last}; !reader.empty(); block.entries.push_back(entry)) {
    if (!reader.Varint(&offset) || !reader.Zigzag(&entry.amount) || !reader.Varint(&step)) return Damaged();
    const int32_t day = (number << kBlockDaysLog2) + static_cast<int32_t>(offset);
    if (offset >> kBlockDaysLog2 != 0 || (!block.entries.empty() && day <= entry.day)) return Damaged();
    entry.day = day;
    entry.last += step;
  }
  if (block.entries.empty()) return Damaged();
  return block;
}

absl::StatusOr<std::string> EncodeBlock(std::span<const DayEntry>* entries, DatedBalance* balance) {
  std::string bytes;
  AppendZigzag(&bytes, balance->balance);
  AppendVarint(&bytes, balance->last.value());
  const int32_t number = BlockOf(entries->front().day);
  for (; !entries->empty() && BlockOf(entries->front().day) == number; *entries = entries->subspan(1)) {
    const DayEntry& entry = entries->front();
    const uint64_t last_before = balance->last.value();
    if (!Extend(entry, balance)) return absl::DataLossError("the balance of a day leaves its range");
    AppendVarint(&bytes, static_cast<uint64_t>(entry.day - (number << kBlockDaysLog2)));
    AppendZigzag(&bytes, entry.amount);
    AppendVarint(&bytes, balance->last.value() - last_before);
  }
  return bytes;
}

absl::StatusOr<int32_t> NumberOf(const StoreCursor& rows, std::string_view prefix) {
  int32_t number;
  ByteReader key(rows.key().substr(prefix.size()));
  if (!ReadDay(&key, &number) || !key.empty()) return Damaged();
  return number;
}

// --- Runs

std::string RunPrefix(int32_t day) {
  std::string key(1, kRunPrefix);
  AppendDay(&key, day);
  return key;
}

std::string RunKey(int32_t day, Sequence first) {
  std::string key = RunPrefix(day);
  AppendBigEndian(&key, first.value());
  return key;
}

absl::StatusOr<SequenceRun> RunOf(const StoreCursor& rows, std::string_view prefix) {
  uint64_t first, count;
  ByteReader key(rows.key().substr(prefix.size()));
  ByteReader value(rows.value());
  if (!key.BigEndian(&first) || !key.empty() || !value.Varint(&count) || !value.empty()) return Damaged();
  return SequenceRun{Sequence(first), count};
}

// --- Closed days

std::string ClosedKey(TerminalId terminal, Sequence sequence) {
  std::string key = ClosedPrefix(terminal);
  AppendBigEndian(&key, sequence.value());
  return key;
}

absl::StatusOr<std::optional<int32_t>> ReadClosed(StoreCursor& rows, TerminalId terminal, Sequence at) {
  rows.SeekForPrev(ClosedKey(terminal, at));
  if (!rows.Valid() || !rows.key().starts_with(ClosedPrefix(terminal))) {
    REDVEST_RETURN_IF_ERROR(rows.status());
    return std::nullopt;
  }
  int32_t day;
  ByteReader value(rows.value());
  if (!ReadDay(&value, &day) || !value.empty()) return Damaged();
  return day;
}

}  // namespace redvest::calendar
