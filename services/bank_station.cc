// The bank station's counter.
#include "redvest/v1/bank_station_service.grpc.pb.h"
#include "services/calls.h"
#include "services/services.h"

namespace redvest {
namespace {

void AddTimeDeposits(const State& state, const BankAccount& account, v1::GetBankAccountResponse* response) {
  for (const CertificateId id : account.certificates) {
    const Certificate& certificate = *state.FindCertificate(id);
    const int64_t principal_fen = -state.Balance({AccountKind::kTimeDeposit, id.value()});
    if (principal_fen == 0) continue;
    v1::TimeDeposit* deposit = response->add_time_deposits();
    deposit->set_certificate_id(id.value());
    deposit->set_principal_fen(principal_fen);
    deposit->set_rate_ppm(certificate.rate_ppm);
    deposit->set_term_months(certificate.term_months);
    *deposit->mutable_opened_on() = ToDate(certificate.opened_on);
    *deposit->mutable_matures_on() = ToDate(certificate.matures_on);
  }
}

class BankStationEdge final : public v1::BankStationService::CallbackService {
 public:
  explicit BankStationEdge(const Edge& edge) : edge_(edge) {}

  UnaryReactor* OpenBankAccount(CallContext* context, const v1::OpenBankAccountRequest* request,
                                v1::OpenBankAccountResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }
  UnaryReactor* DepositCash(CallContext* context, const v1::DepositCashRequest* request,
                            v1::DepositCashResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }
  UnaryReactor* WithdrawCash(CallContext* context, const v1::WithdrawCashRequest* request,
                             v1::WithdrawCashResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }
  UnaryReactor* OpenTimeDeposit(CallContext* context, const v1::OpenTimeDepositRequest* request,
                                v1::OpenTimeDepositResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }
  UnaryReactor* WithdrawTimeDeposit(CallContext* context, const v1::WithdrawTimeDepositRequest* request,
                                    v1::WithdrawTimeDepositResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }
  UnaryReactor* PayBill(CallContext* context, const v1::PayBillRequest* request,
                        v1::PayBillResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }
  UnaryReactor* ReceiveTransfer(CallContext* context, const v1::ReceiveTransferRequest* request,
                                v1::ReceiveTransferResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }
  UnaryReactor* SendTransfer(CallContext* context, const v1::SendTransferRequest* request,
                             v1::SendTransferResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }
  UnaryReactor* CreditInterest(CallContext* context, const v1::CreditInterestRequest* request,
                               v1::CreditInterestResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }
  UnaryReactor* ChargeFee(CallContext* context, const v1::ChargeFeeRequest* request,
                          v1::ChargeFeeResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }
  UnaryReactor* MoveFloat(CallContext* context, const v1::MoveFloatRequest* request,
                          v1::MoveFloatResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }

  UnaryReactor* GetBankAccount(CallContext* context, const v1::GetBankAccountRequest* request,
                               v1::GetBankAccountResponse* response) override {
    return ReadState(edge_, context, request->options(), response, [=](const State& state) {
      const BankAccountId id(request->account_id());
      const BankAccount* account = state.FindBankAccount(id);
      if (account == nullptr) return NotFound("bank account", id.value());
      response->set_account_id(id.value());
      response->set_member_id(account->owner.value());
      response->set_balance_fen(-state.Balance({AccountKind::kDemand, id.value()}));
      AddTimeDeposits(state, *account, response);
      return absl::OkStatus();
    });
  }

 private:
  const Edge edge_;
};

}  // namespace

std::unique_ptr<grpc::Service> NewBankStationService(const Edge& edge) {
  return std::make_unique<BankStationEdge>(edge);
}

}  // namespace redvest
