#include "tests/benchmark/echo_server.h"

#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <iostream>

#include "redvest/v1/canteen_service.grpc.pb.h"
#include "services/server.h"

namespace redvest::bench {
namespace {

// Bytes in and out: no message is read or written.
class Echo final : public v1::CanteenService::WithRawCallbackMethod_SellMeal<v1::CanteenService::Service> {
 public:
  grpc::ServerUnaryReactor* SellMeal(grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* /*request*/,
                                     grpc::ByteBuffer* response) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    const grpc::Slice nothing;
    *response = grpc::ByteBuffer(&nothing, 1);
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

}  // namespace

int ServeEcho() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  Echo echo;
  grpc::ServerBuilder builder;
  SetServerLimits(&builder);
  builder.RegisterService(&echo);
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::cout << "echo ready on 127.0.0.1:" << port << std::endl;
  int number = 0;
  sigwait(&signals, &number);
  server->Shutdown(std::chrono::system_clock::now());
  return 0;
}

std::unique_ptr<ServerProcess> StartEchoServer(const std::string& err_path) {
  return std::make_unique<ServerProcess>(std::vector<std::string>{Self(), kEchoFlag}, err_path);
}

}  // namespace redvest::bench
