// The books.
#include <algorithm>
#include <deque>
#include <map>

#include "redvest/v1/ledger_service.grpc.pb.h"
#include "services/calls.h"
#include "services/services.h"

namespace redvest {
namespace {

absl::Status NoSuchAccount(std::string_view name) {
  return MakeError(v1::ERROR_REASON_ACCOUNT_NAME_INVALID, {{"account", Echo(name)}});
}

// When a read of `request` may answer: where it asks for the past, not before the projections have come to
// what it asks for, so that the answer does not depend on how far they are. A moment or a date may mean the
// newest event.
template <typename Request>
v1::ReadOptions OptionsOf(const Request& request, const Ledger& ledger) {
  v1::ReadOptions options = request.options();
  const uint64_t head = ledger.Head().sequence.value();
  const uint64_t wanted = request.as_of().has_sequence() ? request.as_of().sequence() : head;
  if (request.has_as_of() && wanted <= head) {
    options.set_min_sequence(std::max(options.min_sequence(), wanted));
  }
  return options;
}

// Sends the trial balance part by part, as fast as the client takes it. All parts are gathered first, because
// they must be true at one sequence however slow the client is.
class TrialBalanceStream final : public grpc::ServerWriteReactor<v1::GetTrialBalanceResponse> {
 public:
  static TrialBalanceStream* Start(const Edge& edge, const CallContext& context,
                                   const v1::GetTrialBalanceRequest& request) {
    auto* stream = new TrialBalanceStream;
    edge.ledger->WhenProjected(
        FenceOf(context, OptionsOf(request, *edge.ledger)), [stream, edge, request](absl::Status status) {
          if (!status.ok()) return stream->Finish(ToRpcStatus(status));
          edge.workers->Run([stream, edge, request] { stream->Gather(*edge.ledger, request); });
        });
    return stream;
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status(grpc::StatusCode::CANCELLED, "the client went away"));
    parts_.pop_front();
    WriteNext();
  }

  void OnDone() override { delete this; }

 private:
  void Gather(const Ledger& ledger, const v1::GetTrialBalanceRequest& request) {
    const absl::Status status =
        ledger.GetTrialBalance(request, [this](const v1::GetTrialBalanceResponse& part) {
          parts_.push_back(part);
          return true;
        });
    if (!status.ok()) return Finish(ToRpcStatus(status));
    WriteNext();
  }

  void WriteNext() {
    if (parts_.empty()) return Finish(grpc::Status::OK);
    StartWrite(&parts_.front());
  }

  // Touched by one thread at a time: the worker, then the reactions.
  std::deque<v1::GetTrialBalanceResponse> parts_;
};

class LedgerEdge final : public v1::LedgerService::CallbackService {
 public:
  explicit LedgerEdge(const Edge& edge) : edge_(edge) {}

  UnaryReactor* ReverseEvent(CallContext* context, const v1::ReverseEventRequest* request,
                             v1::ReverseEventResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }
  UnaryReactor* VoidSerial(CallContext* context, const v1::VoidSerialRequest* request,
                           v1::VoidSerialResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }

  UnaryReactor* ApproveRequest(CallContext* context, const v1::ApproveRequestRequest* request,
                               v1::ApproveRequestResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }
  UnaryReactor* RefuseRequest(CallContext* context, const v1::RefuseRequestRequest* request,
                              v1::RefuseRequestResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }

  UnaryReactor* ListApprovalRequests(CallContext* context, const v1::ListApprovalRequestsRequest* request,
                                     v1::ListApprovalRequestsResponse* response) override {
    return ReadState(edge_, context, request->options(), response, [=](const State& state) {
      std::map<Sequence, TerminalId> open;
      state.requests().ForEach([&open](Sequence sequence, const ApprovalRequest& asked) {
        if (asked.open) open.emplace(sequence, asked.terminal);
      });
      for (const auto& [sequence, terminal] : open) {
        v1::PendingRequest* pending = response->add_requests();
        pending->set_sequence(sequence.value());
        pending->set_terminal_id(terminal.value());
      }
      return absl::OkStatus();
    });
  }

  UnaryReactor* GetLedger(CallContext* context, const v1::GetLedgerRequest* /*request*/,
                          v1::GetLedgerResponse* response) override {
    UnaryReactor* reactor = context->DefaultReactor();
    edge_.ledger->ReadState(
        FenceOf(*context, v1::ReadOptions()),
        [=, this](const State& state) {
          response->set_name(state.name());
          response->set_time_zone(state.time_zone_name());
          *response->mutable_today() = ToDate(state.DayOf(edge_.ledger->NowUnixMs()));
        },
        [=, this](const absl::StatusOr<Sequence>& sequence) {
          // Sequence and root must be of the same moment, so both are the head's.
          const LedgerHead head = edge_.ledger->Head();
          response->set_sequence(head.sequence.value());
          response->set_root_hash(head.root);
          reactor->Finish(ToRpcStatus(sequence.status()));
        });
    return reactor;
  }

  UnaryReactor* GetBalance(CallContext* context, const v1::GetBalanceRequest* request,
                           v1::GetBalanceResponse* response) override {
    const std::optional<Account> account = ParseAccount(request->account());
    if (!account) return Refuse(context, NoSuchAccount(request->account()));
    if (request->has_as_of()) {
      return ReadProjections(edge_, context, OptionsOf(*request, *edge_.ledger),
                             [=, this] { return edge_.ledger->GetBalance(*request, response); });
    }
    return ReadState(edge_, context, request->options(), response, [=](const State& state) {
      v1::AccountBalance* balance = response->mutable_balance();
      balance->set_account(request->account());
      balance->set_unit(std::string(UnitName(RuleOf(account->kind).unit)));
      balance->set_balance(state.Balance(*account));
      return absl::OkStatus();
    });
  }

  UnaryReactor* GetStatement(CallContext* context, const v1::GetStatementRequest* request,
                             v1::GetStatementResponse* response) override {
    if (!ParseAccount(request->account())) return Refuse(context, NoSuchAccount(request->account()));
    return ReadProjections(edge_, context, OptionsOf(*request, *edge_.ledger),
                           [=, this] { return edge_.ledger->GetStatement(*request, response); });
  }

  grpc::ServerWriteReactor<v1::GetTrialBalanceResponse>* GetTrialBalance(
      CallContext* context, const v1::GetTrialBalanceRequest* request) override {
    return TrialBalanceStream::Start(edge_, *context, *request);
  }

  UnaryReactor* GetDayReport(CallContext* context, const v1::GetDayReportRequest* request,
                             v1::GetDayReportResponse* response) override {
    if (!ToDay(request->date())) {
      return Refuse(context, InvalidField("date", "a date that exists, 1900 to 9999"));
    }
    return ReadProjections(edge_, context, OptionsOf(*request, *edge_.ledger),
                           [=, this] { return edge_.ledger->GetDayReport(*request, response); });
  }

 private:
  const Edge edge_;
};

}  // namespace

std::unique_ptr<grpc::Service> NewLedgerService(const Edge& edge) {
  return std::make_unique<LedgerEdge>(edge);
}

}  // namespace redvest
