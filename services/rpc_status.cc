#include "services/rpc_status.h"

#include <utility>

#include "ledger/ledger.h"

namespace redvest {
namespace {

constexpr size_t kEchoBytesMax = 128;

}  // namespace

grpc::Status ToRpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  // Both count the canonical codes of google.rpc.Code.
  const auto code = static_cast<grpc::StatusCode>(status.code());
  const std::string message(status.message());
  if (!DetailOf(status)) return grpc::Status(code, message);
  v1::StatusDetails details;
  details.set_code(code);
  details.set_message(message);
  google::protobuf::Any* any = details.add_details();
  any->set_type_url("type.googleapis.com/redvest.v1.ErrorDetail");
  any->set_value(DetailForCaller(status).SerializeAsString());
  return grpc::Status(code, message, details.SerializeAsString());
}

v1::ErrorDetail DetailForCaller(const absl::Status& status) {
  v1::ErrorDetail detail = DetailOf(status).value_or(v1::ErrorDetail());
  if (detail.reason() == v1::ERROR_REASON_QUEUE_FULL && detail.retry_delay_ms() == 0) {
    detail.set_retry_delay_ms(kQueueRetryDelayMs);
  }
  return detail;
}

absl::Status InvalidField(std::string_view field, std::string_view rule) {
  return MakeError(v1::ERROR_REASON_FIELD_INVALID,
                   {{"field", std::string(field)}, {"rule", std::string(rule)}});
}

absl::Status NotFound(std::string_view what, uint64_t id) {
  return MakeError(v1::ERROR_REASON_NOT_FOUND, {{"what", std::string(what)}, {"id", id}});
}

std::string Echo(std::string_view text) {
  return text.size() <= kEchoBytesMax && IsPlainText(text) ? std::string(text) : std::string();
}

}  // namespace redvest
