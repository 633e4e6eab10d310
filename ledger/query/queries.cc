#include "ledger/query/queries.h"

#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "ledger/accounting/account.h"
#include "ledger/accounting/posting.h"
#include "ledger/base/calendar.h"
#include "ledger/base/check.h"
#include "ledger/base/error.h"
#include "ledger/base/text.h"
#include "ledger/projection/accounts.h"
#include "ledger/projection/days.h"
#include "ledger/projection/projection.h"
#include "ledger/query/page_token.h"

namespace redvest {
namespace {

using event::v1::Event;

constexpr int32_t kPageSizeDefault = 100;
constexpr int32_t kPageSizeMax = 1'000;
constexpr int kTrialBalancePartMax = 1'000;

// Finds events of the log by rising sequences; neighbours cost one read of their commit.
class EventLookup {
 public:
  explicit EventLookup(const EventLog* log) : log_(log) {}

  // The event, valid until the next call. REQUIRES: the log holds it.
  absl::StatusOr<const Event*> Find(Sequence sequence) {
    if (!commit_.has_value() || sequence < commit_->first || sequence > commit_->last()) {
      cursor_ = log_->Read(sequence);
      REDVEST_ASSIGN_OR_RETURN(commit_, cursor_->Next());
      if (!commit_.has_value())
        return absl::DataLossError(absl::StrCat("the log holds no event ", sequence.value()));
    }
    const std::string_view bytes = commit_->events[sequence.value() - commit_->first.value()];
    if (!event_.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return absl::DataLossError(absl::StrCat("event ", sequence.value(), " cannot be read"));
    }
    return &event_;
  }

 private:
  const EventLog* const log_;
  std::unique_ptr<CommitCursor> cursor_;
  std::optional<CommitView> commit_;  // of cursor_
  Event event_;
};

void FillBalance(const Account& account, int64_t balance, v1::AccountBalance* out) {
  out->set_account(FormatAccount(account));
  out->set_unit(std::string(UnitName(RuleOf(account.kind).unit)));
  out->set_balance(balance);
}

// Which page is asked for. A first page is true at `position`.
absl::StatusOr<PageToken> PageOf(const v1::GetStatementRequest& request, const Account& account,
                                 Sequence position) {
  if (request.page_token().empty()) return PageToken{position, Sequence(1)};
  const std::optional<PageToken> token = DecodePageToken(request.page_token(), account);
  // A sequence that was not reached yet cannot come from here.
  if (!token.has_value() || token->at > position || token->next > token->at) {
    return MakeError(v1::ERROR_REASON_PAGE_TOKEN_INVALID);
  }
  return *token;
}

absl::StatusOr<int32_t> PageSizeOf(const v1::GetStatementRequest& request) {
  if (request.page_size() == 0) return kPageSizeDefault;
  if (request.page_size() < 0 || request.page_size() > kPageSizeMax) {
    return MakeError(v1::ERROR_REASON_FIELD_INVALID, {{"field", std::string("page_size")},
                                                      {"rule", std::string("1 to 1,000, or 0 for 100")},
                                                      {"value", request.page_size()},
                                                      {"limit", kPageSizeMax}});
  }
  return request.page_size();
}

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

}  // namespace

absl::Status Queries::GetStatement(const v1::GetStatementRequest& request,
                                   v1::GetStatementResponse* response) const {
  const std::optional<Account> account = ParseAccount(request.account());
  if (!account.has_value()) {
    return MakeError(v1::ERROR_REASON_ACCOUNT_NAME_INVALID, {{"account", request.account()}});
  }
  REDVEST_ASSIGN_OR_RETURN(const int32_t page_size, PageSizeOf(request));
  const std::unique_ptr<StoreSnapshot> snapshot = store_->Snapshot();
  REDVEST_ASSIGN_OR_RETURN(const Sequence position, ReadPosition(*snapshot, TableId::kAccounts));
  REDVEST_ASSIGN_OR_RETURN(const PageToken page, PageOf(request, *account, position));
  REDVEST_ASSIGN_OR_RETURN(const int64_t balance, BalanceAt(*snapshot, *account, page.at));
  response->set_sequence(page.at.value());
  FillBalance(*account, balance, response->mutable_balance());

  REDVEST_ASSIGN_OR_RETURN(AccountEntries entries, AccountEntries::Open(*snapshot, *account, page.next));
  EventLookup events(log_);
  while (true) {
    REDVEST_ASSIGN_OR_RETURN(const std::optional<AccountEntry> entry, entries.Next());
    if (!entry.has_value() || entry->sequence > page.at) return absl::OkStatus();
    if (response->lines_size() == page_size) {
      response->set_next_page_token(EncodePageToken({page.at, entry->sequence}, *account));
      return absl::OkStatus();
    }
    REDVEST_ASSIGN_OR_RETURN(const Event* const event, events.Find(entry->sequence));
    v1::StatementLine* line = response->add_lines();
    line->set_sequence(entry->sequence.value());
    line->set_event(std::string(EventKindName(*event)));
    line->set_occurred_at_unix_ms(event->occurred_at_unix_ms());
    line->set_recorded_at_unix_ms(event->recorded_at_unix_ms());
    line->set_amount(entry->amount);
    line->set_balance(entry->balance);
  }
}

absl::Status Queries::GetTrialBalance(
    absl::FunctionRef<bool(const v1::GetTrialBalanceResponse&)> part) const {
  const std::unique_ptr<StoreSnapshot> snapshot = store_->Snapshot();
  REDVEST_ASSIGN_OR_RETURN(const Sequence position, ReadPosition(*snapshot, TableId::kAccounts));
  v1::GetTrialBalanceResponse response;
  response.set_sequence(position.value());
  bool wanted = true;
  bool sent = false;
  REDVEST_RETURN_IF_ERROR(ForEachBalance(*snapshot, [&](const Account& account, int64_t balance) {
    FillBalance(account, balance, response.add_balances());
    if (response.balances_size() == kTrialBalancePartMax) {
      wanted = part(response);
      sent = true;
      response.clear_balances();
    }
    return wanted;
  }));
  if (wanted && (response.balances_size() > 0 || !sent)) part(response);
  return absl::OkStatus();
}

absl::Status Queries::GetDayReport(const v1::GetDayReportRequest& request,
                                   v1::GetDayReportResponse* response) const {
  const std::optional<Day> day = ToDay(request.date());
  if (!day.has_value()) {
    return MakeError(
        v1::ERROR_REASON_FIELD_INVALID,
        {{"field", std::string("date")}, {"rule", std::string("a date that exists, years 1900 to 9999")}});
  }
  const std::unique_ptr<StoreSnapshot> snapshot = store_->Snapshot();
  REDVEST_ASSIGN_OR_RETURN(const Sequence position, ReadPosition(*snapshot, TableId::kDays));
  response->set_sequence(position.value());
  *response->mutable_date() = request.date();
  REDVEST_RETURN_IF_ERROR(
      ForEachDayRow(*snapshot, *day, [response](const DayRow& row) { FillRow(row, response); }));
  for (v1::DrawerTotal& drawer : *response->mutable_drawers()) {
    REDVEST_ASSIGN_OR_RETURN(const std::optional<Day> closed_through,
                             ClosedThrough(*snapshot, TerminalId(drawer.terminal_id())));
    drawer.set_closed(closed_through.has_value() && *day <= *closed_through);
  }
  return absl::OkStatus();
}

}  // namespace redvest
