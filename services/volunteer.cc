// The volunteer station.
#include "redvest/v1/volunteer_service.grpc.pb.h"
#include "services/calls.h"
#include "services/services.h"

namespace redvest {
namespace {

class VolunteerEdge final : public v1::VolunteerService::CallbackService {
 public:
  explicit VolunteerEdge(const Edge& edge) : edge_(edge) {}

  UnaryReactor* RecordService(CallContext* context, const v1::RecordServiceRequest* request,
                              v1::RecordServiceResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }
  UnaryReactor* RedeemPoints(CallContext* context, const v1::RedeemPointsRequest* request,
                             v1::RedeemPointsResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }
  UnaryReactor* ReceiveStock(CallContext* context, const v1::ReceiveStockRequest* request,
                             v1::ReceiveStockResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }

  UnaryReactor* IssueServiceCertificate(CallContext* context,
                                        const v1::IssueServiceCertificateRequest* request,
                                        v1::IssueServiceCertificateResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }

  UnaryReactor* GetVolunteer(CallContext* context, const v1::GetVolunteerRequest* request,
                             v1::GetVolunteerResponse* response) override {
    return ReadState(edge_, context, request->options(), response, [=](const State& state) {
      const MemberId member(request->member_id());
      if (state.FindMember(member) == nullptr) return NotFound("member", member.value());
      response->set_member_id(member.value());
      // Both stand on the credit side.
      response->set_points(-state.Balance({AccountKind::kPoints, member.value()}));
      response->set_minutes(-state.Balance({AccountKind::kHours, member.value()}));
      for (const auto& [kind, served] : state.ServedBy(member)) {
        v1::ServedKind* row = response->add_served();
        row->set_service_kind_id(kind.value());
        row->set_services(served.services);
        row->set_minutes(served.minutes);
      }
      return absl::OkStatus();
    });
  }

 private:
  const Edge edge_;
};

}  // namespace

std::unique_ptr<grpc::Service> NewVolunteerService(const Edge& edge) {
  return std::make_unique<VolunteerEdge>(edge);
}

}  // namespace redvest
