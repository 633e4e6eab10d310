// Errors as they travel: a gRPC status with code, English sentence, and the reason with its facts.
#ifndef REDVEST_SERVICES_RPC_STATUS_H_
#define REDVEST_SERVICES_RPC_STATUS_H_

#include <grpcpp/support/status.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "redvest/v1/error.pb.h"

namespace redvest {

// Least time after which a caller who met a full queue should try again.
inline constexpr int64_t kQueueRetryDelayMs = 50;

// `status` for the wire. Its ErrorDetail, where it has one, becomes the one detail of a google.rpc.Status in
// grpc-status-details-bin.
grpc::Status ToRpcStatus(const absl::Status& status);

// The detail of `status` as the caller gets it, with the delay after which trying again may help.
v1::ErrorDetail DetailForCaller(const absl::Status& status);

// FIELD_INVALID of a field, with the rule that it breaks.
absl::Status InvalidField(std::string_view field, std::string_view rule);

// NOT_FOUND of what a read names, such as ("member", 12).
absl::Status NotFound(std::string_view what, uint64_t id);

// The caller's own text for use as a fact; cut away where it is too long to be sent back in a header.
std::string Echo(std::string_view text);

}  // namespace redvest

#endif  // REDVEST_SERVICES_RPC_STATUS_H_
