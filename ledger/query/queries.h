// Reads of the projections, in the public messages. Each answers with the sequence it is true at.
#ifndef REDVEST_LEDGER_QUERY_QUERIES_H_
#define REDVEST_LEDGER_QUERY_QUERIES_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "ledger/log/event_log.h"
#include "ledger/storage/store.h"
#include "redvest/v1/ledger_service.pb.h"

namespace redvest {

// Thread-safe. DATA_LOSS where a row or a commit cannot be read.
//
// The past (`as_of`) is answered from what the projections keep, so that it takes no longer the older it is.
// A moment or a business date that is still to come is answered as now.
class Queries {
 public:
  // Both must outlive it.
  Queries(const Store* store, const EventLog* log) : store_(store), log_(log) {}

  // ReadOptions in the requests are not looked at. Errors of all: FIELD_INVALID and NOT_REACHED (as_of).

  // Errors: ACCOUNT_NAME_INVALID.
  absl::Status GetBalance(const v1::GetBalanceRequest& request, v1::GetBalanceResponse* response) const;
  // All pages of a statement are true at the sequence of its first page: its token carries it on.
  // Errors: ACCOUNT_NAME_INVALID, FIELD_INVALID (page_size), PAGE_TOKEN_INVALID.
  absl::Status GetStatement(const v1::GetStatementRequest& request, v1::GetStatementResponse* response) const;
  // Calls `part` with at most 1,000 balances at a time, and at least once, until it returns false.
  absl::Status GetTrialBalance(const v1::GetTrialBalanceRequest& request,
                               absl::FunctionRef<bool(const v1::GetTrialBalanceResponse&)> part) const;
  // Errors: FIELD_INVALID (date; as_of by business date).
  absl::Status GetDayReport(const v1::GetDayReportRequest& request, v1::GetDayReportResponse* response) const;

 private:
  const Store* const store_;
  const EventLog* const log_;
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_QUERY_QUERIES_H_
