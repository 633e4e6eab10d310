// CalendarCheck: see table_check.h. The rows are in ledger/docs/log_format.md.
#include <span>

#include "absl/strings/str_cat.h"
#include "ledger/audit/table_check.h"
#include "ledger/base/bytes.h"
#include "ledger/base/check.h"
#include "ledger/projection/business_dates.h"

namespace redvest {

// --- Runs of business dates

void DayRuns::Add(int32_t day) {
  const uint64_t sequence = ++size_;
  if (days_.empty() || days_.back() != day) {
    firsts_.push_back(sequence);
    days_.push_back(day);
  }
  while (pages_.size() <= sequence >> kPageBits) pages_.push_back(static_cast<uint32_t>(firsts_.size() - 1));
}

int32_t DayRuns::DayOf(Sequence sequence) const {
  const size_t page = sequence.value() >> kPageBits;
  const auto begin = firsts_.begin() + pages_[page];
  const auto end = page + 1 < pages_.size() ? firsts_.begin() + pages_[page + 1] + 1 : firsts_.end();
  // The last run that starts at `sequence` or before.
  const auto after = std::upper_bound(begin, end, sequence.value());
  return days_[static_cast<size_t>(after - firsts_.begin()) - 1];
}

// --- What follows from the log

void CalendarCheck::CommitFolded(const PreparedCommit& commit, const merkle::Frontier&,
                                 const merkle::Frontier&, State* state) {
  const size_t covered = Covered(commit);
  if (covered == 0) return;
  if (!days_.has_value()) {
    days_.emplace(state->time_zone());
    AddRow(kZoneKey, state->time_zone_name());
  }
  for (size_t i = 0; i < covered; ++i) AddEvent(Sequence(commit.first.value() + i), *commit.events[i].event);
}

void CalendarCheck::AddEvent(Sequence sequence, const event::v1::Event& event) {
  const int32_t day = DayNumber(days_->DayOf(event.occurred_at_unix_ms()));
  if (!runs_.empty() && day != runs_.last_day()) EndRun();
  runs_.Add(day);
  if (sequence.value() % calendar::kMomentEvery == 0) {
    AddRow(calendar::MomentKey(event.recorded_at_unix_ms(), sequence), {});
  }
  if (event.has_drawer_counted() && event.drawer_counted().command().closes_day()) {
    const auto [through, is_first] = closed_.try_emplace(event.terminal_id(), day);
    if (!is_first && day <= through->second) return;
    through->second = day;
    std::string value;
    AppendDay(&value, day);
    AddRow(calendar::ClosedKey(TerminalId(event.terminal_id()), sequence), value);
  }
}

// The last run is whole.
void CalendarCheck::EndRun() {
  std::string count;
  AppendVarint(&count, runs_.size() - runs_.last_first().value() + 1);
  AddRow(calendar::RunKey(runs_.last_day(), runs_.last_first()), count);
}

// --- Balances by business date

void CalendarCheck::ExpectEntries() {
  blocks_ = store_.NewCursor(TableId::kCalendar);
  blocks_->Seek(std::string_view(&calendar::kBalancePrefix, 1));
}

void CalendarCheck::Entry(Sequence sequence, int64_t amount) {
  if (sequence > position()) return;
  const int32_t day = runs_.DayOf(sequence);
  auto at = account_days_.end();
  // Mostly the newest day, or the next.
  if (!account_days_.empty() && day <= account_days_.back().day) {
    at = std::lower_bound(account_days_.begin(), account_days_.end(), day,
                          [](const calendar::DayEntry& entry, int32_t wanted) { return entry.day < wanted; });
  }
  if (at == account_days_.end() || at->day != day) at = account_days_.insert(at, {.day = day});
  at->last = sequence.value();
  if (__builtin_add_overflow(at->amount, amount, &at->amount) && balances_.ok()) {
    balances_ = Differs("a sum of a day leaves its range");
  }
}

void CalendarCheck::EndOf(const Account& account) {
  if (balances_.ok()) balances_ = CompareBlocks(account);
  account_days_.clear();
}

absl::Status CalendarCheck::CompareBlocks(const Account& account) {
  DatedBalance balance;
  for (std::span<const calendar::DayEntry> rest(account_days_); !rest.empty(); blocks_->Next()) {
    const int32_t day = rest.front().day;
    const std::string key = calendar::BlockKey(account, calendar::BlockOf(day));
    REDVEST_ASSIGN_OR_RETURN(const std::string block, calendar::EncodeBlock(&rest, &balance));
    if (!blocks_->Valid()) REDVEST_RETURN_IF_ERROR(blocks_->status());
    if (blocks_->Valid() && blocks_->key() == key && blocks_->value() == block) continue;
    return Differs(absl::StrCat("the balances of ", FormatAccount(account), " by business date, from ",
                                FormatDay(DayFromNumber(day)), " on, are others"));
  }
  return absl::OkStatus();
}

// --- The table

absl::StatusOr<bool> CalendarCheck::Agrees() {
  if (!runs_.empty()) EndRun();
  REDVEST_RETURN_IF_ERROR(balances_);
  if (blocks_ == nullptr) return false;
  REDVEST_RETURN_IF_ERROR(blocks_->status());
  if (blocks_->Valid() && blocks_->key().starts_with(calendar::kBalancePrefix))
    return Foreign(TableId::kCalendar, blocks_->key());
  Fingerprint rows;
  const std::unique_ptr<StoreCursor> cursor = store_.NewCursor(TableId::kCalendar);
  for (cursor->Seek({}); cursor->Valid(); cursor->Next()) {
    if (cursor->key().starts_with(calendar::kBalancePrefix)) {
      // They were compared; blocks_ stands at the row after the last of them.
      if (!blocks_->Valid()) break;
      cursor->Seek(blocks_->key());
    }
    if (cursor->key() == kPositionKey) continue;
    rows.Add(key_, key_.Row(cursor->key(), cursor->value()));
  }
  REDVEST_RETURN_IF_ERROR(cursor->status());
  return rows == facts_;
}

}  // namespace redvest
