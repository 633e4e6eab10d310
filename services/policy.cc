// The rules in force.
#include "redvest/v1/policy_service.grpc.pb.h"
#include "services/calls.h"
#include "services/services.h"

namespace redvest {
namespace {

class PolicyEdge final : public v1::PolicyService::CallbackService {
 public:
  explicit PolicyEdge(const Edge& edge) : edge_(edge) {}

  UnaryReactor* AdoptPolicy(CallContext* context, const v1::AdoptPolicyRequest* request,
                            v1::AdoptPolicyResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }

  UnaryReactor* GetPolicy(CallContext* context, const v1::GetPolicyRequest* request,
                          v1::GetPolicyResponse* response) override {
    const std::optional<Day> on = ToDay(request->on());
    if (request->has_on() && !on)
      return Refuse(context, InvalidField("on", "a date that exists, 1900 to 9999"));
    return ReadState(edge_, context, request->options(), response, [=, this](const State& state) {
      const Day day = on.value_or(state.DayOf(edge_.ledger->NowUnixMs()));
      const uint32_t version = request->version() != 0 ? request->version() : state.PolicyVersionOn(day);
      const v1::Policy* policy = state.FindPolicy(version);
      if (policy == nullptr) return NotFound("policy version", version);
      response->mutable_policy()->set_version(version);
      *response->mutable_policy()->mutable_policy() = *policy;
      return absl::OkStatus();
    });
  }

  UnaryReactor* ListPolicies(CallContext* context, const v1::ListPoliciesRequest* request,
                             v1::ListPoliciesResponse* response) override {
    return ReadState(edge_, context, request->options(), response, [=](const State& state) {
      for (const auto& [version, policy] : state.policies()) {
        v1::AdoptedPolicy* adopted = response->add_policies();
        adopted->set_version(version);
        *adopted->mutable_policy() = policy;
      }
      return absl::OkStatus();
    });
  }

 private:
  const Edge edge_;
};

}  // namespace

std::unique_ptr<grpc::Service> NewPolicyService(const Edge& edge) {
  return std::make_unique<PolicyEdge>(edge);
}

}  // namespace redvest
