#include "ledger/query/books.h"

#include <string>

#include "absl/time/time.h"
#include "ledger/base/check.h"
#include "ledger/projection/accounts.h"
#include "ledger/projection/business_dates.h"
#include "ledger/projection/calendar.h"
#include "ledger/projection/projection.h"
#include "ledger/query/refusals.h"

namespace redvest {
namespace {

absl::StatusOr<Books> FindByDate(const StoreSnapshot& snapshot, const EventLog& log, const v1::Date& date,
                                 Sequence limit) {
  const std::optional<Day> day = ToDay(date);
  if (!day.has_value()) return InvalidField("as_of.business_date", "a date that exists, years 1900 to 9999");
  Books books{.at = limit, .through = *day, .recorded = Sequence()};
  REDVEST_ASSIGN_OR_RETURN(const std::optional<absl::TimeZone> zone, ReadZone(snapshot, TableId::kCalendar));
  if (!zone.has_value()) return books;
  const int64_t end_ms = absl::ToUnixMillis(absl::FromCivil(*day + 1, *zone)) - 1;
  REDVEST_ASSIGN_OR_RETURN(books.recorded, LastRecordedBy(snapshot, log, end_ms, limit));
  return books;
}

}  // namespace

absl::StatusOr<Sequence> CoveredBy(const StoreSnapshot& snapshot) {
  // Of each batch its rows are written last.
  return ReadPosition(snapshot, TableId::kCalendar);
}

absl::StatusOr<Books> FindBooks(const StoreSnapshot& snapshot, const EventLog& log, const v1::AsOf* as_of,
                                Sequence limit) {
  Books books{.at = limit, .through = std::nullopt, .recorded = Sequence()};
  if (as_of == nullptr) return books;
  switch (as_of->point_case()) {
    case v1::AsOf::kSequence:
      if (as_of->sequence() == 0) return InvalidField("as_of.sequence", "from 1");
      books.at = Sequence(as_of->sequence());
      if (books.at <= limit) return books;
      return NotReached(as_of->sequence());
    case v1::AsOf::kRecordedAtUnixMs: {
      REDVEST_ASSIGN_OR_RETURN(books.at, LastRecordedBy(snapshot, log, as_of->recorded_at_unix_ms(), limit));
      return books;
    }
    case v1::AsOf::kBusinessDate:
      return FindByDate(snapshot, log, as_of->business_date(), limit);
    case v1::AsOf::POINT_NOT_SET:
      break;
  }
  return InvalidField("as_of", "a sequence, a moment or a business date");
}

absl::StatusOr<Holding> HoldingIn(const StoreSnapshot& snapshot, const Books& books, const Account& account) {
  Holding holding;
  if (!books.through.has_value()) {
    REDVEST_ASSIGN_OR_RETURN(const std::optional<int64_t> balance,
                             FindBalanceAt(snapshot, account, books.at));
    holding.posted_to = balance.has_value();
    holding.balance = balance.value_or(0);
    holding.last = books.at;
    return holding;
  }
  REDVEST_ASSIGN_OR_RETURN(const std::optional<DatedBalance> dated,
                           BalanceThrough(snapshot, account, *books.through));
  REDVEST_ASSIGN_OR_RETURN(const std::optional<int64_t> recorded,
                           FindBalanceAt(snapshot, account, books.recorded));
  holding.posted_to = dated.has_value() || recorded.has_value();
  holding.recorded_balance = recorded.value_or(0);
  if (dated.has_value()) {
    holding.balance = dated->balance;
    holding.last = dated->last;
  }
  return holding;
}

void FillBalance(const Account& account, const Holding& holding, v1::AccountBalance* out) {
  out->set_account(FormatAccount(account));
  out->set_unit(std::string(UnitName(RuleOf(account.kind).unit)));
  out->set_balance(holding.balance);
  out->set_recorded_balance(holding.recorded_balance);
}

}  // namespace redvest
