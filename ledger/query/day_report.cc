#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/accounting/posting.h"
#include "ledger/base/calendar.h"
#include "ledger/base/check.h"
#include "ledger/projection/business_dates.h"
#include "ledger/projection/calendar.h"
#include "ledger/projection/days.h"
#include "ledger/projection/projection.h"
#include "ledger/query/books.h"
#include "ledger/query/event_lookup.h"
#include "ledger/query/queries.h"
#include "ledger/query/refusals.h"

namespace redvest {
namespace {

using event::v1::Event;

void FillRow(const DayRow& row, v1::GetDayReportResponse* response) {
  const DayFigures& figures = row.figures;
  switch (row.measure) {
    case DayMeasure::kMeals: {
      v1::MealTotal* total = response->add_meals();
      total->set_age_band(static_cast<v1::AgeBand>(row.a));
      total->set_payment(static_cast<v1::Payment>(row.b));
      total->set_portions(figures[0]);
      total->set_price_fen(figures[1]);
      total->set_subsidy_fen(figures[2]);
      total->set_points(figures[3]);
      return;
    }
    case DayMeasure::kSubsidies: {
      v1::SubsidyTotal* total = response->add_subsidies();
      total->set_funder_id(row.a);
      total->set_subsidy_fen(figures[0]);
      return;
    }
    case DayMeasure::kDrawers: {
      v1::DrawerTotal* total = response->add_drawers();
      total->set_terminal_id(row.a);
      total->set_in_fen(figures[0]);
      total->set_out_fen(figures[1]);
      total->set_over_short_fen(figures[2]);
      total->set_counts(figures[3]);
      total->set_counted_fen(figures[4]);
      return;
    }
    case DayMeasure::kServices: {
      v1::ServiceTotal* total = response->add_services();
      total->set_service_kind_id(row.a);
      total->set_services(figures[0]);
      total->set_minutes(figures[1]);
      total->set_points(figures[2]);
      return;
    }
    case DayMeasure::kGoods: {
      v1::GoodTotal* total = response->add_goods();
      total->set_good_id(row.a);
      total->set_pieces(figures[0]);
      total->set_points(figures[1]);
      return;
    }
    case DayMeasure::kEvents: {
      const auto* kind = Event::descriptor()->FindFieldByNumber(static_cast<int>(row.a));
      v1::EventTotal* total = response->add_events();
      if (kind != nullptr) total->set_event(kind->name());
      total->set_count(figures[0]);
      total->set_amount_fen(figures[1]);
      return;
    }
    case DayMeasure::kLate:
      response->set_late_count(figures[0]);
      return;
  }
}

// The runs of `day`, and none of its events after `at`.
struct RunsOfDay {
  std::vector<SequenceRun> runs;
  bool whole = true;  // it has no events after `at`
};
absl::StatusOr<RunsOfDay> RunsUpTo(const StoreSnapshot& snapshot, Day day, Sequence at) {
  RunsOfDay found;
  REDVEST_RETURN_IF_ERROR(ForEachRun(snapshot, day, [&found, at](SequenceRun run) {
    if (run.end() > at.Next()) {
      found.whole = false;
      if (run.first > at) return;
      run.count = at.Next().value() - run.first.value();
    }
    found.runs.push_back(run);
  }));
  return found;
}

// The days projection of these events alone, in a store of its own.
absl::StatusOr<std::unique_ptr<Store>> ProjectDay(const EventLog& log, const StoreSnapshot& snapshot,
                                                  const std::vector<SequenceRun>& runs) {
  std::unique_ptr<Store> store = NewMemoryStore();
  REDVEST_ASSIGN_OR_RETURN(std::optional<std::string> zone, snapshot.Get(TableId::kDays, kZoneKey));
  WriteBatch batch{.table = TableId::kDays, .puts = {}, .deletes = {}};
  if (zone.has_value()) batch.puts.emplace_back(kZoneKey, *std::move(zone));
  REDVEST_RETURN_IF_ERROR(store->Write(batch, Durability::kRebuildable));
  batch.puts.clear();

  const std::unique_ptr<Projection> days = NewDaysProjection();
  REDVEST_RETURN_IF_ERROR(days->Load(*store));
  EventLookup events(&log);
  for (const SequenceRun& run : runs) {
    for (Sequence sequence = run.first; sequence < run.end(); sequence = sequence.Next()) {
      REDVEST_ASSIGN_OR_RETURN(const EventLookup::Found found, events.Find(sequence));
      const Postings postings = PostingsOf(*found.event);
      REDVEST_RETURN_IF_ERROR(days->Add({sequence, *found.event, postings, found.bytes}));
    }
  }
  REDVEST_RETURN_IF_ERROR(days->Gather(*store, &batch));
  REDVEST_RETURN_IF_ERROR(store->Write(batch, Durability::kRebuildable));
  return store;
}

// The rows of `day` after event `at`. Once a day is over they do not change any more: then those that are
// kept are the ones, else its events are added up again.
absl::Status ForEachDayRowAt(const EventLog& log, const StoreSnapshot& snapshot, Day day, Sequence at,
                             absl::FunctionRef<void(const DayRow&)> visit) {
  REDVEST_ASSIGN_OR_RETURN(const Sequence covered, CoveredBy(snapshot));
  REDVEST_ASSIGN_OR_RETURN(const Sequence days_position, ReadPosition(snapshot, TableId::kDays));
  REDVEST_ASSIGN_OR_RETURN(const RunsOfDay day_runs, RunsUpTo(snapshot, day, at));
  if (day_runs.whole && days_position == covered) return ForEachDayRow(snapshot, day, visit);
  REDVEST_ASSIGN_OR_RETURN(const std::unique_ptr<Store> store, ProjectDay(log, snapshot, day_runs.runs));
  return ForEachDayRow(*store->Snapshot(), day, visit);
}

}  // namespace

absl::Status Queries::GetDayReport(const v1::GetDayReportRequest& request,
                                   v1::GetDayReportResponse* response) const {
  const std::optional<Day> day = ToDay(request.date());
  if (!day.has_value()) return InvalidField("date", "a date that exists, years 1900 to 9999");
  if (request.as_of().has_business_date()) {
    return InvalidField("as_of.business_date",
                        "not set: the date says which; ask for a sequence or a moment");
  }
  const std::unique_ptr<StoreSnapshot> snapshot = store_->Snapshot();
  REDVEST_ASSIGN_OR_RETURN(const Sequence covered, CoveredBy(*snapshot));
  REDVEST_ASSIGN_OR_RETURN(const Books books, FindBooks(*snapshot, *log_, AsOfIn(request), covered));
  response->set_sequence(books.at.value());
  *response->mutable_date() = request.date();
  REDVEST_RETURN_IF_ERROR(ForEachDayRowAt(*log_, *snapshot, *day, books.at,
                                          [response](const DayRow& row) { FillRow(row, response); }));
  for (v1::DrawerTotal& drawer : *response->mutable_drawers()) {
    REDVEST_ASSIGN_OR_RETURN(const std::optional<Day> closed_through,
                             ClosedThroughAt(*snapshot, TerminalId(drawer.terminal_id()), books.at));
    drawer.set_closed(closed_through.has_value() && *day <= *closed_through);
  }
  return absl::OkStatus();
}

}  // namespace redvest
