// The elder canteen's tills.
#include "redvest/v1/canteen_service.grpc.pb.h"
#include "services/calls.h"
#include "services/services.h"

namespace redvest {
namespace {

class CanteenEdge final : public v1::CanteenService::CallbackService {
 public:
  explicit CanteenEdge(const Edge& edge) : edge_(edge) {}

  UnaryReactor* SellMeal(CallContext* context, const v1::SellMealRequest* request,
                         v1::SellMealResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }
  UnaryReactor* TopUpMealCard(CallContext* context, const v1::TopUpMealCardRequest* request,
                              v1::TopUpMealCardResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }
  UnaryReactor* RefundMealCard(CallContext* context, const v1::RefundMealCardRequest* request,
                               v1::RefundMealCardResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }
  UnaryReactor* CountDrawer(CallContext* context, const v1::CountDrawerRequest* request,
                            v1::CountDrawerResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }

 private:
  const Edge edge_;
};

}  // namespace

std::unique_ptr<grpc::Service> NewCanteenService(const Edge& edge) {
  return std::make_unique<CanteenEdge>(edge);
}

}  // namespace redvest
