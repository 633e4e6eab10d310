#include "services/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/malformed_requests.h"
#include "services/services.h"

namespace redvest {
namespace {

// Threads that read projections and history.
constexpr int kWorkers = 2;
// How long a server that has drained waits for answers that are on their way, and for clients to hang up.
constexpr std::chrono::seconds kStopGrace(1);

constexpr int kMetadataBytesMax = 16 * 1024;
constexpr int kCallsPerConnectionMax = 1'000;
constexpr int kKeepaliveMs = 60'000;         // silence after which a client is asked whether it is there
constexpr int kKeepaliveTimeoutMs = 20'000;  // and how long it has to answer
constexpr int kPingIntervalMinMs = 10'000;   // clients may ask no more often

std::vector<std::unique_ptr<grpc::Service>> AllServices(const Edge& edge) {
  std::vector<std::unique_ptr<grpc::Service>> services;
  services.push_back(NewCanteenService(edge));
  services.push_back(NewVolunteerService(edge));
  services.push_back(NewBankStationService(edge));
  services.push_back(NewDirectoryService(edge));
  services.push_back(NewPolicyService(edge));
  services.push_back(NewIngestService(edge));
  services.push_back(NewLedgerService(edge));
  services.push_back(NewAuditService(edge));
  return services;
}

}  // namespace

void SetServerLimits(grpc::ServerBuilder* builder) {
  builder->SetMaxReceiveMessageSize(kRequestBytesMax);
  builder->AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMetadataBytesMax);
  builder->AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kCallsPerConnectionMax);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kPingIntervalMinMs);
  // Two daemons must not share a port: the second one is an error.
  builder->AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

Server::Server(Ledger* ledger)
    : ledger_(ledger),
      workers_(kWorkers),
      services_(
          AllServices({.ledger = ledger, .workers = &workers_, .streams = &streams_, .intake = &intake_})) {}

Server::~Server() { Stop(); }

absl::StatusOr<std::unique_ptr<Server>> Server::Start(Ledger* ledger, const ListenAddress& address) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  std::unique_ptr<Server> server(new Server(ledger));

  grpc::ServerBuilder builder;
  SetServerLimits(&builder);
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(ExplainMalformedRequests());
  builder.experimental().SetInterceptorCreators(std::move(interceptors));
  for (const auto& service : server->services_) builder.RegisterService(service.get());
  int port = 0;
  builder.AddListeningPort(FormatListenAddress(address), grpc::InsecureServerCredentials(), &port);
  server->server_ = builder.BuildAndStart();
  if (server->server_ == nullptr || port == 0) {
    const absl::Status why = TryListen(address);
    if (!why.ok()) return why;
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", FormatListenAddress(address), "; choose another with --listen"));
  }
  server->address_ = {address.host, static_cast<uint16_t>(port)};
  server->SetServing(true);
  return server;
}

void Server::SetServing(bool serving) {
  grpc::HealthCheckServiceInterface* health = server_->GetHealthCheckService();
  if (health != nullptr) health->SetServingStatus(serving);
}

void Server::Stop() {
  if (server_ == nullptr) return;
  SetServing(false);
  streams_.StopAll();
  // From here on submissions are refused; when it returns, those that were taken are answered.
  ledger_->Drain();
  server_->Shutdown(std::chrono::system_clock::now() + kStopGrace);
  server_.reset();
}

}  // namespace redvest
