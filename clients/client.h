// The client library: calls that say plainly what came of them, commands that are recorded exactly once, and
// a pipelined stream of batches. Nothing here trusts the server more than the protocol says.
#ifndef REDVEST_CLIENTS_CLIENT_H_
#define REDVEST_CLIENTS_CLIENT_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>

#include "absl/time/time.h"
#include "ledger/base/ids.h"
#include "redvest/v1/audit_service.grpc.pb.h"
#include "redvest/v1/bank_station_service.grpc.pb.h"
#include "redvest/v1/canteen_service.grpc.pb.h"
#include "redvest/v1/directory_service.grpc.pb.h"
#include "redvest/v1/error.pb.h"
#include "redvest/v1/ingest_service.grpc.pb.h"
#include "redvest/v1/ledger_service.grpc.pb.h"
#include "redvest/v1/policy_service.grpc.pb.h"
#include "redvest/v1/volunteer_service.grpc.pb.h"

namespace redvest::client {

// Why a call did not do what was asked.
struct CallError {
  grpc::StatusCode code = grpc::StatusCode::UNKNOWN;
  // Reason and facts; the reason is unspecified where the server attached none (it was not reached, for
  // example).
  v1::ErrorDetail detail;
  // For developers, in English. People read ErrorText of clients/error_text.h.
  std::string message;

  // The command was declined by rule and the decline is in the log: its serial is used up.
  bool declined() const { return detail.sequence() != 0; }
  // Trying again with the same serial may help, and it is the only way to learn what became of a command.
  bool retryable() const {
    return code == grpc::StatusCode::UNAVAILABLE || code == grpc::StatusCode::DEADLINE_EXCEEDED ||
           (code == grpc::StatusCode::RESOURCE_EXHAUSTED &&
            detail.reason() != v1::ERROR_REASON_BATCH_TOO_LARGE);
  }
};

// REQUIRES: !status.ok().
CallError ToCallError(const grpc::Status& status);

// A value, or why there is none.
template <typename T>
class CallResult {
 public:
  CallResult(T value) : result_(std::move(value)) {}          // NOLINT: implicit, as in StatusOr
  CallResult(CallError error) : result_(std::move(error)) {}  // NOLINT
  bool ok() const { return result_.index() == 0; }
  // REQUIRES: ok().
  T& operator*() & { return std::get<0>(result_); }
  const T& operator*() const& { return std::get<0>(result_); }
  T&& operator*() && { return std::get<0>(std::move(result_)); }
  T* operator->() { return &std::get<0>(result_); }
  const T* operator->() const { return &std::get<0>(result_); }
  // REQUIRES: !ok().
  const CallError& error() const { return std::get<1>(result_); }

 private:
  std::variant<T, CallError> result_;
};

// How long a command or a batch is tried: attempt after attempt, waiting longer each time and at least as
// long as the ledger asks for.
struct RetryOptions {
  absl::Duration total = absl::Seconds(10);
  absl::Duration first_wait = absl::Milliseconds(50);
  absl::Duration longest_wait = absl::Seconds(2);
};

// Waits between attempts. Not thread-safe.
class Backoff {
 public:
  explicit Backoff(const RetryOptions& options)
      : options_(options), deadline_(absl::Now() + options.total), wait_(options.first_wait) {}
  // Sleeps before the next attempt after `error`. False where it cannot help, or the time is over.
  bool WaitAfter(const CallError& error);
  absl::Time deadline() const { return deadline_; }

 private:
  const RetryOptions options_;
  const absl::Time deadline_;
  absl::Duration wait_;
};

template <typename Stub, typename Request, typename Response>
using UnaryMethod = grpc::Status (Stub::*)(grpc::ClientContext*, const Request&, Response*);
template <typename Stub, typename Request, typename Response>
using StreamMethod = std::unique_ptr<grpc::ClientReader<Response>> (Stub::*)(grpc::ClientContext*,
                                                                             const Request&);

// One server and its services. Connects at the first call, and again after a loss. Thread-safe.
class Connection {
 public:
  // `address` as gRPC takes it, such as "127.0.0.1:7070". `timeout` holds for each single call.
  explicit Connection(const std::string& address, absl::Duration timeout = absl::Seconds(10));

  // One call, tried once: Call(&v1::LedgerService::Stub::GetBalance, request).
  template <typename Stub, typename Request, typename Response>
  CallResult<Response> Call(UnaryMethod<Stub, Request, Response> method, const Request& request) {
    return CallBefore(absl::Now() + timeout_, method, request);
  }
  template <typename Stub, typename Request, typename Response>
  CallResult<Response> CallBefore(absl::Time deadline, UnaryMethod<Stub, Request, Response> method,
                                  const Request& request) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(deadline));
    Response response;
    const grpc::Status status = (stub<Stub>().*method)(&context, request, &response);
    if (!status.ok()) return ToCallError(status);
    return response;
  }

  // Reads a stream to its end or until `sink(const Response&)` returns false. No deadline: it may follow the
  // log for days. Returns nothing when all went well.
  template <typename Stub, typename Request, typename Response, typename Sink>
  std::optional<CallError> Stream(StreamMethod<Stub, Request, Response> method, const Request& request,
                                  Sink&& sink) {
    grpc::ClientContext context;
    auto reader = (stub<Stub>().*method)(&context, request);
    bool stopped = false;
    for (Response response; !stopped && reader->Read(&response);) stopped = !sink(std::as_const(response));
    if (stopped) context.TryCancel();
    const grpc::Status status = reader->Finish();
    if (stopped || status.ok()) return std::nullopt;
    return ToCallError(status);
  }

  template <typename Stub>
  Stub& stub() {
    return *std::get<std::unique_ptr<Stub>>(stubs_);
  }
  const std::string& address() const { return address_; }
  absl::Duration timeout() const { return timeout_; }

 private:
  const std::string address_;
  const absl::Duration timeout_;
  std::tuple<std::unique_ptr<v1::DirectoryService::Stub>, std::unique_ptr<v1::PolicyService::Stub>,
             std::unique_ptr<v1::VolunteerService::Stub>, std::unique_ptr<v1::CanteenService::Stub>,
             std::unique_ptr<v1::BankStationService::Stub>, std::unique_ptr<v1::LedgerService::Stub>,
             std::unique_ptr<v1::AuditService::Stub>, std::unique_ptr<v1::IngestService::Stub>>
      stubs_;
};

// Issues commands as one terminal and numbers them, one at a time. An attempt whose outcome is unknown is
// made again with the same serial, so that a command is recorded exactly once. Not thread-safe; the only
// issuer of its terminal while it lives.
class TerminalSession {
 public:
  // Goes on after the terminal's last serial, which it asks the ledger for.
  static CallResult<TerminalSession> Open(Connection& connection, TerminalId terminal,
                                          RetryOptions options = {});
  // Goes on with a serial that the caller knows.
  TerminalSession(Connection& connection, TerminalId terminal, Serial next, RetryOptions options = {})
      : connection_(&connection), terminal_(terminal), next_(next), options_(options) {}

  // Issues `request`, whose header is filled in here. The serial is used up by an outcome, be it a decline.
  // After a retryable() error the outcome is unknown: only the same request with the same time may follow.
  template <typename Stub, typename Request, typename Response>
  CallResult<Response> Call(UnaryMethod<Stub, Request, Response> method, Request request,
                            int64_t occurred_at_unix_ms) {
    v1::CommandHeader& header = *request.mutable_header();
    header.set_terminal_id(terminal_.value());
    header.set_serial(next_.value());
    header.set_occurred_at_unix_ms(occurred_at_unix_ms);
    for (Backoff backoff(options_);;) {
      auto result = connection_->CallBefore(backoff.deadline(), method, request);
      if (result.ok() || result.error().declined()) next_ = next_.Next();
      if (result.ok() || !backoff.WaitAfter(result.error())) return result;
    }
  }

  TerminalId terminal() const { return terminal_; }
  // The serial that the next command gets.
  Serial next_serial() const { return next_; }
  Connection& connection() { return *connection_; }

 private:
  Connection* connection_;
  TerminalId terminal_;
  Serial next_;
  RetryOptions options_;
};

// Largest number of commands that one batch may hold.
inline constexpr int kBatchCommandsMax = 10'000;

// Batches of commands, several under way at once. Answers come in the order of the batches. After a lost
// connection, a full queue or a restart of the ledger, all unanswered batches are sent again with their
// serials: nothing is recorded twice, but an answer then counts what the first attempt added as
// already_recorded. Batches of one terminal must follow each other without a gap. Not thread-safe.
//
//   IngestStream stream(connection);
//   for (…) { auto answer = stream.Send(std::move(batch)); if (!answer.ok()) …; if (*answer) Count(**answer);
//   } for (;;) { auto answer = stream.Next(); if (!answer.ok()) …; if (!*answer) break; Count(**answer); }
class IngestStream {
 public:
  // `window`: batches under way, 1 to 16.
  explicit IngestStream(Connection& connection, int window = 8, RetryOptions options = {});
  ~IngestStream();
  IngestStream(const IngestStream&) = delete;
  IngestStream& operator=(const IngestStream&) = delete;

  // Sends a batch. Where the window is full it first waits for the oldest answer and returns it.
  // An error is final: the outcomes of unanswered() are unknown.
  CallResult<std::optional<v1::IngestResponse>> Send(v1::IngestRequest batch);
  // Waits for the oldest answer; nothing when every batch is answered. An answer whose stopped_at_serial is
  // not 0 is one that sending again does not help: stopped_error says why.
  CallResult<std::optional<v1::IngestResponse>> Next();

  // Batches sent whose answers have not been returned, oldest first.
  const std::deque<v1::IngestRequest>& unanswered() const { return unanswered_; }

 private:
  using Stream = grpc::ClientReaderWriter<v1::IngestRequest, v1::IngestResponse>;

  // Opens a stream if none is open, and writes what is unanswered and not yet written. False: the stream is
  // lost.
  bool WriteAll();
  // Ends the stream and tells why it ended.
  CallError Close();
  // Reads the answer of the oldest batch. An answer that asks to be retried comes as an error, with the
  // stream closed.
  CallResult<v1::IngestResponse> ReadOldest();

  Connection& connection_;
  const size_t window_;
  const RetryOptions options_;

  std::deque<v1::IngestRequest> unanswered_;
  // How many of them are written to the open stream.
  size_t written_ = 0;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<Stream> stream_;
};

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_CLIENT_H_
