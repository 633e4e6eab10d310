#include "services/malformed_requests.h"

#include <string_view>

#include "services/calls.h"

namespace redvest {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::Interceptor;
using grpc::experimental::InterceptorBatchMethods;
using grpc::experimental::ServerInterceptorFactoryInterface;
using grpc::experimental::ServerRpcInfo;

class Explainer final : public Interceptor {
 public:
  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      const grpc::Status status = methods->GetSendStatus();
      if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED && status.error_message().empty()) {
        methods->ModifySendStatus(ToRpcStatus(MakeError(v1::ERROR_REASON_MESSAGE_MALFORMED)));
      }
    }
    methods->Proceed();
  }
};

class Factory final : public ServerInterceptorFactoryInterface {
 public:
  Interceptor* CreateServerInterceptor(ServerRpcInfo* info) override {
    const bool ours = std::string_view(info->method()).starts_with("/redvest.v1.");
    // The stream of batches reads its bytes itself.
    return ours && info->type() != ServerRpcInfo::Type::BIDI_STREAMING ? new Explainer : nullptr;
  }
};

}  // namespace

std::unique_ptr<ServerInterceptorFactoryInterface> ExplainMalformedRequests() {
  return std::make_unique<Factory>();
}

}  // namespace redvest
