// A typed client for tests: plain calls, errors with their detail.
#ifndef REDVEST_TESTS_INTEGRATION_CLIENT_H_
#define REDVEST_TESTS_INTEGRATION_CLIENT_H_

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "redvest/v1/audit_service.grpc.pb.h"
#include "redvest/v1/bank_station_service.grpc.pb.h"
#include "redvest/v1/canteen_service.grpc.pb.h"
#include "redvest/v1/directory_service.grpc.pb.h"
#include "redvest/v1/error.pb.h"
#include "redvest/v1/ingest_service.grpc.pb.h"
#include "redvest/v1/ledger_service.grpc.pb.h"
#include "redvest/v1/policy_service.grpc.pb.h"
#include "redvest/v1/volunteer_service.grpc.pb.h"

namespace redvest::testing {

// Milliseconds since 1970.
int64_t NowMs();

// The ErrorDetail in a status; an empty one where there is none.
v1::ErrorDetail DetailIn(const grpc::Status& status);

// The facts of an error: numbers and texts by name, as "name=value" in the order they came.
std::vector<std::string> Facts(const v1::ErrorDetail& error);

template <typename Response>
struct Answer {
  grpc::Status status;
  v1::ErrorDetail error;
  Response response;

  bool ok() const { return status.ok(); }
  const Response* operator->() const { return &response; }
};

// Calls one method of one stub: Call(*client.canteen, &Canteen::SellMeal, request).
template <typename Stub, typename Request, typename Response>
Answer<Response> Call(Stub& stub,
                      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                      const Request& request,
                      std::optional<std::chrono::milliseconds> timeout = std::chrono::seconds(60)) {
  grpc::ClientContext context;
  if (timeout.has_value()) context.set_deadline(std::chrono::system_clock::now() + *timeout);
  Answer<Response> answer;
  answer.status = (stub.*method)(&context, request, &answer.response);
  answer.error = DetailIn(answer.status);
  return answer;
}

using Audit = v1::AuditService::StubInterface;
using Bank = v1::BankStationService::StubInterface;
using Canteen = v1::CanteenService::StubInterface;
using Directory = v1::DirectoryService::StubInterface;
using Ingest = v1::IngestService::StubInterface;
using Books = v1::LedgerService::StubInterface;
using Rules = v1::PolicyService::StubInterface;
using Volunteers = v1::VolunteerService::StubInterface;

// One connection with a stub for every service.
struct Client {
  explicit Client(std::shared_ptr<grpc::Channel> channel);

  // The newest durable sequence; 0 where the server does not answer.
  uint64_t Sequence() const;
  // What stands on an account, debit above zero.
  int64_t Balance(const std::string& account) const;
  // Events from `from` to the end of the log.
  std::vector<v1::SequencedEvent> Events(uint64_t from = 1) const;

  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<Audit> audit;
  std::unique_ptr<Bank> bank;
  std::unique_ptr<Canteen> canteen;
  std::unique_ptr<Directory> directory;
  std::unique_ptr<Ingest> ingest;
  std::unique_ptr<Books> books;
  std::unique_ptr<Rules> rules;
  std::unique_ptr<Volunteers> volunteers;
};

// A terminal as its user sees it: it counts its own serials.
struct Desk {
  uint64_t terminal_id = 0;
  uint64_t next_serial = 1;

  // A header with this serial, now.
  v1::CommandHeader Header(uint64_t serial) const;
  // A request with the next serial, which is used up by it.
  template <typename Request>
  Request Next() {
    Request request;
    *request.mutable_header() = Header(next_serial++);
    return request;
  }
};

// Calls a method by name with bytes that need not be its message. Returns the status, and the answer's bytes.
struct RawAnswer {
  grpc::Status status;
  std::string bytes;
};
RawAnswer CallRaw(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                  const std::string& bytes);
// The same for the first answer of a stream to which one message is sent.
RawAnswer StreamRaw(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                    const std::string& bytes);

}  // namespace redvest::testing

#endif  // REDVEST_TESTS_INTEGRATION_CLIENT_H_
