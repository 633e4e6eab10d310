// Table kCalendar: the past by time. The rows are in ledger/docs/log_format.md.
#include "ledger/projection/calendar.h"

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "ledger/base/bytes.h"
#include "ledger/base/check.h"
#include "ledger/projection/business_dates.h"
#include "ledger/projection/calendar_rows.h"
#include "ledger/projection/forward_cursor.h"
#include "ledger/projection/projection.h"

namespace redvest {
namespace {

using event::v1::Event;
using namespace calendar;

class CalendarProjection final : public Projection {
 public:
  std::string_view name() const override { return "calendar"; }
  TableId table() const override { return TableId::kCalendar; }
  absl::Status Load(const Store& store) override { return dates_.Load(store); }

  absl::Status Add(const ProjectedEvent& projected) override {
    const Event& event = projected.event;
    const Sequence sequence = projected.sequence;
    REDVEST_ASSIGN_OR_RETURN(const Day date, dates_.Next(event));
    const int32_t day = DayNumber(date);
    if (sequence.value() % kMomentEvery == 0)
      moments_.push_back(MomentKey(event.recorded_at_unix_ms(), sequence));
    // Sequences are gapless, so only the run of the event right before can go on.
    if (!runs_.empty() && runs_.back().day == day) {
      ++runs_.back().run.count;
    } else {
      runs_.push_back({day, {sequence, 1}});
    }
    for (const Posting& posting : projected.postings) {
      DayEntry& sum = sums_[{posting.account, day}];
      sum.day = day;
      sum.last = sequence.value();
      if (__builtin_add_overflow(sum.amount, posting.amount, &sum.amount))
        return absl::DataLossError("a sum of its day leaves its range");
    }
    if (event.has_drawer_counted() && event.drawer_counted().command().closes_day())
      closed_.push_back({TerminalId(event.terminal_id()), sequence, day});
    return absl::OkStatus();
  }

  absl::Status Gather(const Store& store, WriteBatch* batch) override {
    dates_.Gather(batch);
    for (std::string& key : moments_) batch->puts.emplace_back(std::move(key), std::string());
    moments_.clear();
    REDVEST_RETURN_IF_ERROR(GatherBalances(ForwardCursor(store.NewCursor(table())), batch));
    const std::unique_ptr<StoreCursor> rows = store.NewCursor(table());
    REDVEST_RETURN_IF_ERROR(GatherRuns(*rows, batch));
    return GatherClosed(*rows, batch);
  }

 private:
  struct DayRun {
    int32_t day;
    SequenceRun run;
  };
  struct Closed {
    TerminalId terminal;
    Sequence sequence;
    int32_t day;
  };
  using AccountDay = std::pair<Account, int32_t>;

  absl::Status GatherRuns(StoreCursor& rows, WriteBatch* batch) {
    if (!runs_.empty()) {
      DayRun& first = runs_.front();
      const std::string prefix = RunPrefix(first.day);
      rows.SeekForPrev(RunKey(first.day, first.run.first));
      if (rows.Valid() && rows.key().starts_with(prefix)) {
        REDVEST_ASSIGN_OR_RETURN(const SequenceRun before, RunOf(rows, prefix));
        if (before.end() == first.run.first) first.run = {before.first, before.count + first.run.count};
      }
      REDVEST_RETURN_IF_ERROR(rows.status());
    }
    for (const auto& [day, run] : runs_) {
      std::string value;
      AppendVarint(&value, run.count);
      batch->puts.emplace_back(RunKey(day, run.first), std::move(value));
    }
    runs_.clear();
    return absl::OkStatus();
  }

  absl::Status GatherBalances(ForwardCursor rows, WriteBatch* batch) {
    std::vector<std::pair<AccountDay, DayEntry>> sums(sums_.begin(), sums_.end());
    sums_.clear();
    std::sort(sums.begin(), sums.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<DayEntry> added;
    for (auto begin = sums.begin(); begin != sums.end();) {
      const Account account = begin->first.first;
      added.clear();
      for (; begin != sums.end() && begin->first.first == account; ++begin) added.push_back(begin->second);
      REDVEST_RETURN_IF_ERROR(GatherAccount(rows, account, added, batch));
    }
    return absl::OkStatus();
  }

  // Adds days of an account and writes its blocks from the first that changes on.
  static absl::Status GatherAccount(ForwardCursor& rows, const Account& account,
                                    const std::vector<DayEntry>& added, WriteBatch* batch) {
    const std::string prefix = AccountPrefix(account);
    const int32_t first = BlockOf(added.front().day);
    REDVEST_RETURN_IF_ERROR(MoveToBlock(rows, account, prefix, first));
    std::optional<DatedBalance> opening;
    std::vector<DayEntry> entries;
    for (; rows->Valid() && rows->key().starts_with(prefix); rows->Next()) {
      REDVEST_ASSIGN_OR_RETURN(const int32_t number, NumberOf(*rows, prefix));
      REDVEST_ASSIGN_OR_RETURN(const Block block, DecodeBlock(number, rows->value()));
      if (!opening.has_value()) opening = block.opening;
      if (number >= first) {
        entries.insert(entries.end(), block.entries.begin(), block.entries.end());
      } else {
        for (const DayEntry& entry : block.entries) {
          if (!Extend(entry, &*opening)) return Damaged();
        }
      }
    }
    REDVEST_RETURN_IF_ERROR(rows->status());
    REDVEST_RETURN_IF_ERROR(AddDays(added, &entries));
    DatedBalance balance = opening.value_or(DatedBalance());
    for (std::span<const DayEntry> rest(entries); !rest.empty();) {
      std::string key = BlockKey(account, BlockOf(rest.front().day));
      REDVEST_ASSIGN_OR_RETURN(std::string block, EncodeBlock(&rest, &balance));
      batch->puts.emplace_back(std::move(key), std::move(block));
    }
    return absl::OkStatus();
  }

  // To the account's block of that number or else to the one before, whose end says the balance there, or
  // else to the account's first, if it has any.
  static absl::Status MoveToBlock(ForwardCursor& rows, const Account& account, std::string_view prefix,
                                  int32_t number) {
    REDVEST_RETURN_IF_ERROR(rows.MoveTo(prefix));
    if (!rows->Valid() || !rows->key().starts_with(prefix)) return absl::OkStatus();
    REDVEST_ASSIGN_OR_RETURN(const int32_t oldest, NumberOf(*rows, prefix));
    if (oldest >= number) return absl::OkStatus();
    const std::string key = BlockKey(account, number);
    REDVEST_ASSIGN_OR_RETURN(const bool is_there, rows.Find(key));
    if (!is_there) rows->SeekForPrev(key);
    return rows->status();
  }

  // Both are sorted by day and hold a day at most once, and so does what they become.
  static absl::Status AddDays(const std::vector<DayEntry>& added, std::vector<DayEntry>* entries) {
    const auto middle = static_cast<std::ptrdiff_t>(entries->size());
    entries->insert(entries->end(), added.begin(), added.end());
    std::inplace_merge(entries->begin(), entries->begin() + middle, entries->end(),
                       [](const DayEntry& a, const DayEntry& b) { return a.day < b.day; });
    size_t count = 0;
    for (const DayEntry& entry : *entries) {
      if (count > 0 && (*entries)[count - 1].day == entry.day) {
        DayEntry& same = (*entries)[count - 1];
        if (__builtin_add_overflow(same.amount, entry.amount, &same.amount))
          return absl::DataLossError("a sum of a day leaves its range");
        same.last = std::max(same.last, entry.last);
      } else {
        (*entries)[count++] = entry;
      }
    }
    entries->resize(count);
    return absl::OkStatus();
  }

  absl::Status GatherClosed(StoreCursor& rows, WriteBatch* batch) {
    absl::flat_hash_map<TerminalId, int32_t> through;
    for (const Closed& closed : closed_) {
      auto known = through.find(closed.terminal);
      if (known == through.end()) {
        REDVEST_ASSIGN_OR_RETURN(const std::optional<int32_t> stored,
                                 ReadClosed(rows, closed.terminal, closed.sequence));
        known = through.emplace(closed.terminal, stored.value_or(INT32_MIN)).first;
      }
      if (closed.day <= known->second) continue;
      known->second = closed.day;
      std::string value;
      AppendDay(&value, closed.day);
      batch->puts.emplace_back(ClosedKey(closed.terminal, closed.sequence), std::move(value));
    }
    closed_.clear();
    return absl::OkStatus();
  }

  BusinessDates dates_{TableId::kCalendar};

  // Gathered.
  std::vector<std::string> moments_;  // keys
  std::vector<DayRun> runs_;          // in order of sequence
  absl::flat_hash_map<AccountDay, DayEntry> sums_;
  std::vector<Closed> closed_;  // in order of sequence
};

}  // namespace

std::unique_ptr<Projection> NewCalendarProjection() { return std::make_unique<CalendarProjection>(); }

// --- Reading

namespace {

absl::StatusOr<bool> IsRecordedBy(const CommitView& commit, Sequence sequence, int64_t unix_ms) {
  const std::string_view bytes = commit.events[sequence.value() - commit.first.value()];
  Event event;
  if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return absl::DataLossError(absl::StrCat("event ", sequence.value(), " cannot be read"));
  return event.recorded_at_unix_ms() <= unix_ms;
}

}  // namespace

absl::StatusOr<Sequence> LastRecordedBy(const StoreSnapshot& snapshot, const EventLog& log, int64_t unix_ms,
                                        Sequence limit) {
  const std::unique_ptr<StoreCursor> rows = snapshot.NewCursor(TableId::kCalendar);
  rows->SeekForPrev(MomentKey(unix_ms, Sequence(UINT64_MAX)));
  Sequence found;
  if (rows->Valid() && rows->key().starts_with(kMomentPrefix)) {
    REDVEST_ASSIGN_OR_RETURN(found, MomentOf(rows->key()));
  }
  REDVEST_RETURN_IF_ERROR(rows->status());
  if (found >= limit) return limit;
  // The next event with a row, if there is any, is later, so there are less than kMomentEvery to look at.
  for (const std::unique_ptr<CommitCursor> commits = log.Read(found.Next()); found < limit;) {
    REDVEST_ASSIGN_OR_RETURN(const std::optional<CommitView> commit, commits->Next());
    if (!commit.has_value())
      return absl::DataLossError(absl::StrCat("the log holds no event ", found.Next().value()));
    // Invariant: `found` is recorded by then, `after` is not, or is behind what is looked at.
    Sequence after = std::min(commit->last(), limit).Next();
    while (found.Next() < after) {
      const Sequence middle(found.value() + (after.value() - found.value()) / 2);
      REDVEST_ASSIGN_OR_RETURN(const bool recorded, IsRecordedBy(*commit, middle, unix_ms));
      (recorded ? found : after) = middle;
    }
    if (after <= std::min(commit->last(), limit)) break;
  }
  return found;
}

absl::StatusOr<std::optional<DatedBalance>> BalanceThrough(const StoreSnapshot& snapshot,
                                                           const Account& account, Day day) {
  const int32_t end = DayNumber(day);
  const std::string prefix = AccountPrefix(account);
  const std::unique_ptr<StoreCursor> rows = snapshot.NewCursor(TableId::kCalendar);
  rows->SeekForPrev(BlockKey(account, BlockOf(end)));
  if (!rows->Valid() || !rows->key().starts_with(prefix)) {
    REDVEST_RETURN_IF_ERROR(rows->status());
    return std::nullopt;
  }
  REDVEST_ASSIGN_OR_RETURN(const int32_t number, NumberOf(*rows, prefix));
  REDVEST_ASSIGN_OR_RETURN(const Block block, DecodeBlock(number, rows->value()));
  DatedBalance balance = block.opening;
  for (const DayEntry& entry : block.entries) {
    if (entry.day <= end && !Extend(entry, &balance)) return Damaged();
  }
  if (!balance.last) return std::nullopt;
  return balance;
}

absl::Status ForEachRun(const StoreSnapshot& snapshot, Day day,
                        absl::FunctionRef<void(const SequenceRun&)> visit) {
  const std::string prefix = RunPrefix(DayNumber(day));
  const std::unique_ptr<StoreCursor> rows = snapshot.NewCursor(TableId::kCalendar);
  for (rows->Seek(prefix); rows->Valid() && rows->key().starts_with(prefix); rows->Next()) {
    REDVEST_ASSIGN_OR_RETURN(const SequenceRun run, RunOf(*rows, prefix));
    visit(run);
  }
  return rows->status();
}

absl::StatusOr<std::optional<Day>> ClosedThroughAt(const StoreSnapshot& snapshot, TerminalId terminal,
                                                   Sequence at) {
  const std::unique_ptr<StoreCursor> rows = snapshot.NewCursor(TableId::kCalendar);
  REDVEST_ASSIGN_OR_RETURN(const std::optional<int32_t> day, ReadClosed(*rows, terminal, at));
  if (!day.has_value()) return std::nullopt;
  return DayFromNumber(*day);
}

}  // namespace redvest
