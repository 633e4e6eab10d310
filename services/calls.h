// How a unary method is answered: by a command, by a read of the state, or by a read of the projections. No
// handler waits: each hands its work to the ledger and finishes from the ledger's callback.
#ifndef REDVEST_SERVICES_CALLS_H_
#define REDVEST_SERVICES_CALLS_H_

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "ledger/ledger.h"
#include "redvest/v1/outcome.pb.h"
#include "services/intake.h"
#include "services/open_streams.h"
#include "services/rpc_status.h"
#include "services/workers.h"

namespace redvest {

using CallContext = grpc::CallbackServerContext;
using UnaryReactor = grpc::ServerUnaryReactor;

// What every service works with. All of it outlives the services.
struct Edge {
  Ledger* ledger;
  Workers* workers;
  OpenStreams* streams;
  Intake* intake;
};

// The caller's deadline; the infinite future where there is none.
absl::Time DeadlineOf(const CallContext& context);

// When a read may answer; a caller without a deadline waits 10 seconds at most.
ReadFence FenceOf(const CallContext& context, const v1::ReadOptions& options);

// Ends the call with an error.
UnaryReactor* Refuse(CallContext* context, const absl::Status& status);

// Submits the command in `request` and answers with its outcome.
// REQUIRES, and tests/integration checks of every method: field 1 of `request` is `header` and field 2 a body
// named as in v1::Command; field 1 of `response` is `recorded` and field 2 a body named as in
// event::v1::Event.
UnaryReactor* RunCommand(const Edge& edge, CallContext* context, const google::protobuf::Message& request,
                         google::protobuf::Message* response);

// Answers with what `read` finds in the newest state. `read` must not block; it fills in the response that it
// was given with the method, and may return an error.
template <typename Response>
UnaryReactor* ReadState(const Edge& edge, CallContext* context, const v1::ReadOptions& options,
                        Response* response, absl::AnyInvocable<absl::Status(const State&)> read) {
  UnaryReactor* reactor = context->DefaultReactor();
  auto found = std::make_shared<absl::Status>();
  edge.ledger->ReadState(
      FenceOf(*context, options),
      [found, read = std::move(read)](const State& state) mutable { *found = read(state); },
      [found, reactor, response](absl::StatusOr<Sequence> sequence) {
        if (!sequence.ok()) return reactor->Finish(ToRpcStatus(sequence.status()));
        if constexpr (requires { response->set_sequence(uint64_t{1}); }) {
          response->set_sequence(sequence->value());
        }
        reactor->Finish(ToRpcStatus(*found));
      });
  return reactor;
}

// Answers with what `read` finds in the projections. `read` runs on a worker, so it may wait for the disk.
UnaryReactor* ReadProjections(const Edge& edge, CallContext* context, const v1::ReadOptions& options,
                              absl::AnyInvocable<absl::Status()> read);

}  // namespace redvest

#endif  // REDVEST_SERVICES_CALLS_H_
