#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "ledger/accounting/account.h"
#include "ledger/accounting/posting.h"
#include "ledger/base/calendar.h"
#include "ledger/base/check.h"
#include "ledger/base/error.h"
#include "ledger/projection/accounts.h"
#include "ledger/projection/business_dates.h"
#include "ledger/query/books.h"
#include "ledger/query/event_lookup.h"
#include "ledger/query/page_token.h"
#include "ledger/query/queries.h"

namespace redvest {
namespace {

using event::v1::Event;

constexpr int32_t kPageSizeDefault = 100;
constexpr int32_t kPageSizeMax = 1'000;

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

// The token that a later page is asked for by, nothing for a first page. `covered` is the newest event that
// can be read.
absl::StatusOr<std::optional<PageToken>> TokenOf(const v1::GetStatementRequest& request,
                                                 const PageTokenOwner& owner, Sequence covered) {
  if (request.page_token().empty()) return std::nullopt;
  const std::optional<PageToken> token = DecodePageToken(request.page_token(), owner);
  // A sequence that was not reached yet cannot come from here.
  if (!token.has_value() || token->at > covered || token->last > token->at || token->next > token->last) {
    return MakeError(v1::ERROR_REASON_PAGE_TOKEN_INVALID);
  }
  return token;
}

// Which events belong to some books that hold the events of a business date and before, or all.
class InBooks {
 public:
  static absl::StatusOr<InBooks> Open(const StoreSnapshot& snapshot, const Books& books) {
    if (!books.through.has_value()) return InBooks(std::nullopt, Day());
    REDVEST_ASSIGN_OR_RETURN(const std::optional<absl::TimeZone> zone,
                             ReadZone(snapshot, TableId::kCalendar));
    return InBooks(zone, *books.through);
  }
  bool operator()(const Event& event) {
    return !days_.has_value() || days_->DayOf(event.occurred_at_unix_ms()) <= through_;
  }

 private:
  InBooks(std::optional<absl::TimeZone> zone, Day through) : through_(through) {
    if (zone.has_value()) days_.emplace(*zone);
  }

  std::optional<DayFinder> days_;
  Day through_;
};

void FillLine(const AccountEntry& entry, const Event& event, int64_t balance, v1::StatementLine* line) {
  line->set_sequence(entry.sequence.value());
  line->set_event(std::string(EventKindName(event)));
  line->set_occurred_at_unix_ms(event.occurred_at_unix_ms());
  line->set_recorded_at_unix_ms(event.recorded_at_unix_ms());
  line->set_amount(entry.amount);
  line->set_balance(balance);
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
  REDVEST_ASSIGN_OR_RETURN(const Sequence covered, CoveredBy(*snapshot));
  const PageTokenOwner owner{.account = *account, .as_of = request.as_of()};
  REDVEST_ASSIGN_OR_RETURN(const std::optional<PageToken> token, TokenOf(request, owner, covered));
  // Later pages are of the books as the first page found them, also where more came late since.
  REDVEST_ASSIGN_OR_RETURN(const Books books,
                           FindBooks(*snapshot, *log_, AsOfIn(request), token ? token->at : covered));
  REDVEST_ASSIGN_OR_RETURN(Holding holding, HoldingIn(*snapshot, books, *account));
  if (token.has_value()) {
    holding.balance = token->closing;
    holding.last = token->last;
  }
  response->set_sequence(books.at.value());
  response->set_recorded_sequence(books.recorded.value());
  FillBalance(*account, holding, response->mutable_balance());

  const Sequence first = token ? token->next : Sequence(1);
  int64_t balance = token ? token->balance : 0;
  REDVEST_ASSIGN_OR_RETURN(InBooks in_books, InBooks::Open(*snapshot, books));
  REDVEST_ASSIGN_OR_RETURN(AccountEntries entries, AccountEntries::Open(*snapshot, *account, first));
  EventLookup events(log_);
  while (true) {
    REDVEST_ASSIGN_OR_RETURN(const std::optional<AccountEntry> entry, entries.Next());
    if (!entry.has_value() || entry->sequence > holding.last) return absl::OkStatus();
    if (response->lines_size() == page_size) {
      const PageToken next{books.at, entry->sequence, holding.last, balance, holding.balance};
      response->set_next_page_token(EncodePageToken(next, owner));
      return absl::OkStatus();
    }
    REDVEST_ASSIGN_OR_RETURN(const EventLookup::Found found, events.Find(entry->sequence));
    if (!in_books(*found.event)) continue;
    balance += entry->amount;
    FillLine(*entry, *found.event, balance, response->add_lines());
  }
}

}  // namespace redvest
