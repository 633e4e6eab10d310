// Requests that cannot be read as their message: bytes that are no protobuf, or text that is not UTF-8.
#ifndef REDVEST_SERVICES_MALFORMED_REQUESTS_H_
#define REDVEST_SERVICES_MALFORMED_REQUESTS_H_

#include <grpcpp/support/server_interceptor.h>

#include <memory>

namespace redvest {

// gRPC refuses such a request before any handler sees it, by a bare UNIMPLEMENTED that says nothing. This
// makes it INVALID_ARGUMENT / MESSAGE_MALFORMED, for the methods of redvest.v1, all of which are implemented.
std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> ExplainMalformedRequests();

}  // namespace redvest

#endif  // REDVEST_SERVICES_MALFORMED_REQUESTS_H_
