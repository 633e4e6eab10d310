#include "ledger/query/queries.h"

#include <memory>
#include <optional>

#include "ledger/accounting/account.h"
#include "ledger/base/check.h"
#include "ledger/base/error.h"
#include "ledger/projection/accounts.h"
#include "ledger/query/books.h"

namespace redvest {
namespace {

constexpr int kTrialBalancePartMax = 1'000;

}  // namespace

absl::Status Queries::GetBalance(const v1::GetBalanceRequest& request,
                                 v1::GetBalanceResponse* response) const {
  const std::optional<Account> account = ParseAccount(request.account());
  if (!account.has_value()) {
    return MakeError(v1::ERROR_REASON_ACCOUNT_NAME_INVALID, {{"account", request.account()}});
  }
  const std::unique_ptr<StoreSnapshot> snapshot = store_->Snapshot();
  REDVEST_ASSIGN_OR_RETURN(const Sequence covered, CoveredBy(*snapshot));
  REDVEST_ASSIGN_OR_RETURN(const Books books, FindBooks(*snapshot, *log_, AsOfIn(request), covered));
  REDVEST_ASSIGN_OR_RETURN(const Holding holding, HoldingIn(*snapshot, books, *account));
  response->set_sequence(books.at.value());
  response->set_recorded_sequence(books.recorded.value());
  FillBalance(*account, holding, response->mutable_balance());
  return absl::OkStatus();
}

absl::Status Queries::GetTrialBalance(
    const v1::GetTrialBalanceRequest& request,
    absl::FunctionRef<bool(const v1::GetTrialBalanceResponse&)> part) const {
  const std::unique_ptr<StoreSnapshot> snapshot = store_->Snapshot();
  REDVEST_ASSIGN_OR_RETURN(const Sequence covered, CoveredBy(*snapshot));
  REDVEST_ASSIGN_OR_RETURN(const Books books, FindBooks(*snapshot, *log_, AsOfIn(request), covered));
  v1::GetTrialBalanceResponse response;
  response.set_sequence(books.at.value());
  response.set_recorded_sequence(books.recorded.value());
  bool wanted = true;
  bool sent = false;
  absl::Status status;
  REDVEST_RETURN_IF_ERROR(ForEachBalance(*snapshot, [&](const Account& account, int64_t) {
    const absl::StatusOr<Holding> holding = HoldingIn(*snapshot, books, account);
    status = holding.status();
    if (!status.ok()) return false;
    if (!holding->posted_to) return true;
    FillBalance(account, *holding, response.add_balances());
    if (response.balances_size() == kTrialBalancePartMax) {
      wanted = part(response);
      sent = true;
      response.clear_balances();
    }
    return wanted;
  }));
  REDVEST_RETURN_IF_ERROR(status);
  if (wanted && (response.balances_size() > 0 || !sent)) part(response);
  return absl::OkStatus();
}

}  // namespace redvest
