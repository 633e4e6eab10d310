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

void DayRuns::Finder::FindRun(uint64_t sequence) {
  const std::vector<uint64_t>& firsts = runs_.firsts_;
  const std::vector<uint32_t>& pages = runs_.pages_;
  const size_t page = sequence >> kPageBits;
  const auto begin = firsts.begin() + pages[page];
  const auto end = page + 1 < pages.size() ? firsts.begin() + pages[page + 1] + 1 : firsts.end();
  // The last run that starts at `sequence` or before.
  const auto after = std::upper_bound(begin, end, sequence);
  first_ = *(after - 1);
  end_ = after == firsts.end() ? runs_.size_ + 1 : *after;
  day_ = runs_.days_[static_cast<size_t>(after - firsts.begin()) - 1];
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

std::vector<EntryVisitor*> CalendarCheck::ExpectEntries(const std::vector<AccountRange>& ranges) {
  std::vector<EntryVisitor*> visitors;
  for (const AccountRange& range : ranges) {
    ranges_.push_back(std::make_unique<RangeCheck>(*this, range));
    visitors.push_back(ranges_.back().get());
  }
  return visitors;
}

void CalendarCheck::RangeCheck::Entry(Sequence sequence, int64_t amount) {
  if (sequence > check_.position()) return;
  const int32_t day = runs_.DayOf(sequence);
  auto at = days_.end();
  // Mostly the newest day, or the next.
  if (!days_.empty() && day <= days_.back().day) {
    at = std::lower_bound(days_.begin(), days_.end(), day,
                          [](const calendar::DayEntry& entry, int32_t wanted) { return entry.day < wanted; });
  }
  if (at == days_.end() || at->day != day) at = days_.insert(at, {.day = day});
  at->last = sequence.value();
  if (__builtin_add_overflow(at->amount, amount, &at->amount) && status_.ok()) {
    status_ = check_.Differs("a sum of a day leaves its range");
  }
}

void CalendarCheck::RangeCheck::EndOf(const Account& account) {
  if (status_.ok()) status_ = CompareBlocks(account);
  days_.clear();
}

void CalendarCheck::RangeCheck::End() {
  if (status_.ok()) status_ = CheckNoneIsLeft();
  blocks_.reset();
}

StoreCursor& CalendarCheck::RangeCheck::Blocks() {
  if (blocks_ == nullptr) {
    blocks_ = check_.store_.NewCursor(TableId::kCalendar);
    blocks_->Seek(calendar::kBalancePrefix + range_.begin);
  }
  return *blocks_;
}

absl::Status CalendarCheck::RangeCheck::CompareBlocks(const Account& account) {
  DatedBalance balance;
  StoreCursor& blocks = Blocks();
  for (std::span<const calendar::DayEntry> rest(days_); !rest.empty(); blocks.Next()) {
    const int32_t day = rest.front().day;
    const std::string key = calendar::BlockKey(account, calendar::BlockOf(day));
    REDVEST_ASSIGN_OR_RETURN(const std::string block, calendar::EncodeBlock(&rest, &balance));
    if (!blocks.Valid()) REDVEST_RETURN_IF_ERROR(blocks.status());
    if (blocks.Valid() && blocks.key() == key && blocks.value() == block) continue;
    return check_.Differs(absl::StrCat("the balances of ", FormatAccount(account), " by business date, from ",
                                       FormatDay(DayFromNumber(day)), " on, are others"));
  }
  return absl::OkStatus();
}

absl::Status CalendarCheck::RangeCheck::CheckNoneIsLeft() {
  const StoreCursor& blocks = Blocks();
  if (blocks.Valid() && range_.Holds(std::string_view(&calendar::kBalancePrefix, 1), blocks.key())) {
    return check_.Foreign(TableId::kCalendar, blocks.key());
  }
  return blocks.status();
}

// --- The table

void CalendarCheck::ReadRows() {
  const std::unique_ptr<StoreCursor> cursor = store_.NewCursor(TableId::kCalendar);
  for (cursor->Seek({}); cursor->Valid();) {
    if (cursor->key().starts_with(calendar::kBalancePrefix)) {
      cursor->Seek(std::string(1, calendar::kBalancePrefix + 1));
      continue;
    }
    if (cursor->key() != kPositionKey) rows_.Add(key_, key_.Row(cursor->key(), cursor->value()));
    cursor->Next();
  }
  rows_status_ = cursor->status();
}

absl::StatusOr<bool> CalendarCheck::Agrees() {
  if (!runs_.empty()) EndRun();
  for (const auto& range : ranges_) REDVEST_RETURN_IF_ERROR(range->status());
  REDVEST_RETURN_IF_ERROR(rows_status_);
  return !ranges_.empty() && rows_ == facts_;
}

}  // namespace redvest
