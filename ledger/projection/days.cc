// Table kDays: sums by business date. The rows are in ledger/docs/log_format.md.
#include "ledger/projection/days.h"

#include <algorithm>
#include <array>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "absl/strings/str_cat.h"
#include "ledger/base/bytes.h"
#include "ledger/base/check.h"
#include "ledger/projection/business_dates.h"
#include "ledger/projection/projection.h"

namespace redvest {
namespace {

using event::v1::Event;

constexpr char kDayPrefix = 'D';
constexpr char kClosedPrefix = 'C';

// Figures of DayMeasure::kDrawers.
constexpr size_t kIn = 0, kOut = 1, kOverShort = 2, kCounts = 3, kCounted = 4;

absl::Status Damaged() {
  return absl::DataLossError("a row of the days cannot be read: drop the days projection and rebuild it");
}

std::string DayKey(int32_t day) {
  std::string key(1, kDayPrefix);
  AppendDay(&key, day);
  return key;
}

std::string ClosedKey(TerminalId terminal) {
  std::string key(1, kClosedPrefix);
  AppendBigEndian(&key, terminal.value());
  return key;
}

std::string EncodeFigures(const DayFigures& figures) {
  std::string bytes;
  for (int64_t figure : figures) AppendZigzag(&bytes, figure);
  return bytes;
}

bool DecodeFigures(std::string_view bytes, DayFigures* figures) {
  ByteReader reader(bytes);
  for (int64_t& figure : *figures) {
    if (!reader.Zigzag(&figure)) return false;
  }
  return reader.empty();
}

struct RowKey {
  int32_t day = 0;
  DayMeasure measure{};
  uint64_t a = 0;
  uint64_t b = 0;

  friend bool operator==(const RowKey&, const RowKey&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const RowKey& key) {
    return H::combine(std::move(h), key.day, key.measure, key.a, key.b);
  }
  std::string Encode() const {
    std::string bytes = DayKey(day);
    AppendBigEndian(&bytes, static_cast<uint64_t>(measure), 1);
    AppendBigEndian(&bytes, a);
    AppendBigEndian(&bytes, b);
    return bytes;
  }
};

// What `added`, gathered later, makes of `figures`. False where a sum leaves its range.
bool Combine(DayMeasure measure, const DayFigures& added, DayFigures* figures) {
  const bool is_drawer = measure == DayMeasure::kDrawers;
  for (size_t i = 0; i < figures->size(); ++i) {
    if (is_drawer && i == kCounted) continue;
    if (__builtin_add_overflow((*figures)[i], added[i], &(*figures)[i])) return false;
  }
  // What was found at the last count is not added up, it replaces what was found before.
  if (is_drawer && added[kCounts] > 0) (*figures)[kCounted] = added[kCounted];
  return true;
}

// The money an event moved, fen.
int64_t AmountOf(const Event& event) {
  switch (event.body_case()) {
    case Event::kMealSold:
      return event.meal_sold().price_fen() + event.meal_sold().subsidy_fen();
    case Event::kMealCardToppedUp:
      return event.meal_card_topped_up().command().amount_fen();
    case Event::kMealCardRefunded:
      return event.meal_card_refunded().command().amount_fen();
    case Event::kDrawerCounted:
      return event.drawer_counted().difference_fen();
    case Event::kCashDeposited:
      return event.cash_deposited().command().amount_fen();
    case Event::kCashWithdrawn:
      return event.cash_withdrawn().command().amount_fen();
    case Event::kTimeDepositOpened:
      return event.time_deposit_opened().command().amount_fen();
    case Event::kTimeDepositWithdrawn:
      return event.time_deposit_withdrawn().principal_fen();
    case Event::kBillPaid:
      return event.bill_paid().command().amount_fen();
    case Event::kTransferReceived:
      return event.transfer_received().command().amount_fen();
    case Event::kTransferSent:
      return event.transfer_sent().command().amount_fen();
    case Event::kInterestCredited:
      return event.interest_credited().command().amount_fen();
    case Event::kFeeCharged:
      return event.fee_charged().command().amount_fen();
    case Event::kFloatMoved:
      return event.float_moved().command().amount_fen();
    case Event::kBankHistoryRecorded:
      return event.bank_history_recorded().command().amount_fen();
    case Event::kEventReversed:
    case Event::kRequestApproved: {
      const event::v1::EventReversed* reversed = ReversalIn(event);
      return reversed == nullptr ? 0 : AmountOf(reversed->original());
    }
    default:
      return 0;
  }
}

class DaysProjection final : public Projection {
 public:
  std::string_view name() const override { return "days"; }
  TableId table() const override { return TableId::kDays; }

  absl::Status Load(const Store& store) override { return dates_.Load(store); }

  absl::Status Add(const ProjectedEvent& projected) override {
    const Event& event = projected.event;
    REDVEST_ASSIGN_OR_RETURN(const Day day, dates_.Next(event));
    day_ = DayNumber(day);
    Sum(DayMeasure::kEvents, static_cast<uint64_t>(event.body_case()), 0, {1, AmountOf(event)});
    if (event.late()) Sum(DayMeasure::kLate, 0, 0, {1});
    AddDrawers(event, projected.postings);
    AddBody(event, 1);
    if (overflow_) return absl::DataLossError("a sum of its day leaves its range");
    return absl::OkStatus();
  }

  absl::Status Gather(const Store& store, WriteBatch* batch) override {
    dates_.Gather(batch);
    for (const auto& [key, added] : sums_) {
      const std::string row = key.Encode();
      REDVEST_ASSIGN_OR_RETURN(const std::optional<std::string> stored, store.Get(TableId::kDays, row));
      DayFigures figures{};
      if (stored.has_value() && !DecodeFigures(*stored, &figures)) return Damaged();
      if (!Combine(key.measure, added, &figures))
        return absl::DataLossError("a sum of a day leaves its range");
      batch->puts.emplace_back(row, EncodeFigures(figures));
    }
    sums_.clear();
    recent_.fill({});
    return GatherClosed(store, batch);
  }

 private:
  void Sum(DayMeasure measure, uint64_t a, uint64_t b, const DayFigures& figures) {
    if (!Combine(measure, figures, FiguresOf({day_, measure, a, b}))) overflow_ = true;
  }

  // Most events add to the rows that the ones right before them added to.
  DayFigures* FiguresOf(const RowKey& key) {
    Recent& recent = recent_[(static_cast<size_t>(key.measure) * 8 + key.a * 2 + key.b) % recent_.size()];
    if (recent.figures == nullptr || !(recent.key == key)) recent = {key, &sums_[key]};
    return recent.figures;
  }

  // What moved in drawers; the difference found at a count is not cash in or out.
  void AddDrawers(const Event& event, std::span<const Posting> postings) {
    const event::v1::EventReversed* reversed = ReversalIn(event);
    const bool is_count =
        event.has_drawer_counted() || (reversed != nullptr && reversed->original().has_drawer_counted());
    for (const Posting& posting : postings) {
      if (posting.account.kind != AccountKind::kDrawer) continue;
      DayFigures figures{};
      if (is_count) {
        figures[kOverShort] = posting.amount;
      } else if (posting.amount > 0) {
        figures[kIn] = posting.amount;
      } else {
        figures[kOut] = -posting.amount;
      }
      Sum(DayMeasure::kDrawers, posting.account.id, 0, figures);
    }
    if (!event.has_drawer_counted()) return;
    const v1::CountDrawer& command = event.drawer_counted().command();
    Sum(DayMeasure::kDrawers, event.terminal_id(), 0, {0, 0, 0, 1, command.counted_fen()});
    if (command.closes_day()) {
      const auto [closed, is_new] = closed_.try_emplace(TerminalId(event.terminal_id()), day_);
      if (!is_new) closed->second = std::max(closed->second, day_);
    }
  }

  // Adds the figures of the event's family, or with sign -1 takes them off.
  void AddBody(const Event& event, int sign) {
    switch (event.body_case()) {
      case Event::kMealSold: {
        const event::v1::MealSold& sold = event.meal_sold();
        Sum(DayMeasure::kMeals, static_cast<uint64_t>(sold.age_band()),
            static_cast<uint64_t>(sold.command().payment()),
            {sign * int64_t{sold.command().portions()}, sign * sold.price_fen(), sign * sold.subsidy_fen(),
             sign * sold.points()});
        if (sold.subsidy_fen() != 0)
          Sum(DayMeasure::kSubsidies, sold.funder_id(), 0, {sign * sold.subsidy_fen()});
        return;
      }
      case Event::kServiceRecorded: {
        const event::v1::ServiceRecorded& recorded = event.service_recorded();
        Sum(DayMeasure::kServices, recorded.command().service_kind_id(), 0,
            {sign, sign * int64_t{recorded.minutes()}, sign * recorded.points()});
        return;
      }
      case Event::kPointsRedeemed: {
        const event::v1::PointsRedeemed& redeemed = event.points_redeemed();
        Sum(DayMeasure::kGoods, redeemed.command().good_id(), 0,
            {sign * redeemed.command().pieces(), sign * redeemed.points()});
        return;
      }
      case Event::kEventReversed:
      case Event::kRequestApproved:
        if (const event::v1::EventReversed* reversed = ReversalIn(event))
          AddBody(reversed->original(), -sign);
        return;
      default:
        return;
    }
  }

  absl::Status GatherClosed(const Store& store, WriteBatch* batch) {
    for (const auto& [terminal, day] : closed_) {
      const std::string key = ClosedKey(terminal);
      REDVEST_ASSIGN_OR_RETURN(const std::optional<std::string> stored, store.Get(TableId::kDays, key));
      int32_t through = day;
      if (stored.has_value()) {
        ByteReader reader(*stored);
        if (!ReadDay(&reader, &through) || !reader.empty()) return Damaged();
      }
      std::string value;
      AppendDay(&value, std::max(through, day));
      batch->puts.emplace_back(key, std::move(value));
    }
    closed_.clear();
    return absl::OkStatus();
  }

  BusinessDates dates_{TableId::kDays};

  // Gathered.
  absl::node_hash_map<RowKey, DayFigures> sums_;
  absl::flat_hash_map<TerminalId, int32_t> closed_;

  struct Recent {
    RowKey key{};
    DayFigures* figures = nullptr;  // a value of sums_
  };
  std::array<Recent, 64> recent_;

  // Of the event that is added.
  int32_t day_ = 0;
  bool overflow_ = false;
};

}  // namespace

std::unique_ptr<Projection> NewDaysProjection() { return std::make_unique<DaysProjection>(); }

// --- Reading

absl::Status ForEachDayRow(const StoreSnapshot& snapshot, Day day,
                           absl::FunctionRef<void(const DayRow&)> visit) {
  const std::unique_ptr<StoreCursor> rows = snapshot.NewCursor(TableId::kDays);
  const std::string prefix = DayKey(DayNumber(day));
  for (rows->Seek(prefix); rows->Valid() && rows->key().starts_with(prefix); rows->Next()) {
    uint64_t measure;
    DayRow row;
    ByteReader key(rows->key().substr(prefix.size()));
    if (!key.BigEndian(&measure, 1) || !key.BigEndian(&row.a) || !key.BigEndian(&row.b) || !key.empty() ||
        !DecodeFigures(rows->value(), &row.figures)) {
      return Damaged();
    }
    row.measure = static_cast<DayMeasure>(measure);
    visit(row);
  }
  return rows->status();
}

absl::StatusOr<std::optional<Day>> ClosedThrough(const StoreSnapshot& snapshot, TerminalId terminal) {
  REDVEST_ASSIGN_OR_RETURN(const std::optional<std::string> stored,
                           snapshot.Get(TableId::kDays, ClosedKey(terminal)));
  if (!stored.has_value()) return std::nullopt;
  int32_t day;
  ByteReader reader(*stored);
  if (!ReadDay(&reader, &day) || !reader.empty()) return Damaged();
  return DayFromNumber(day);
}

}  // namespace redvest
