// The gRPC server: all services, health and reflection, its limits, and the order in which it stops.
#ifndef REDVEST_SERVICES_SERVER_H_
#define REDVEST_SERVICES_SERVER_H_

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/ledger.h"
#include "services/intake.h"
#include "services/listen_address.h"
#include "services/open_streams.h"
#include "services/workers.h"

namespace redvest {

// Requests larger than this are refused with RESOURCE_EXHAUSTED by gRPC itself.
inline constexpr int kRequestBytesMax = 4 * 1024 * 1024;

// The bounds that every connection and call is held to. Apart, so that a benchmark can compare with a server
// that has the same and does nothing.
void SetServerLimits(grpc::ServerBuilder* builder);

class Server {
 public:
  // Starts to answer on `address`. `ledger` must outlive the server. UNAVAILABLE: the address cannot be used;
  // the message says why.
  static absl::StatusOr<std::unique_ptr<Server>> Start(Ledger* ledger, const ListenAddress& address);
  // Stops.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Where it listens, with the port that was found.
  const ListenAddress& address() const { return address_; }

  // What the health service answers from now on.
  void SetServing(bool serving);

  // Takes no more commands, lets the ledger finish those it has (Ledger::Drain), and ends all calls.
  // Idempotent.
  void Stop();

 private:
  explicit Server(Ledger* ledger);

  // In the order of construction: what is below uses what is above.
  Ledger* const ledger_;
  Workers workers_;
  Intake intake_;
  OpenStreams streams_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
  std::unique_ptr<grpc::Server> server_;
  ListenAddress address_;
};

}  // namespace redvest

#endif  // REDVEST_SERVICES_SERVER_H_
