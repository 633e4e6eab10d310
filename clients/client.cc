#include "clients/client.h"

#include <algorithm>

#include "absl/time/clock.h"
#include "ledger/base/check.h"

namespace redvest::client {
namespace {

std::shared_ptr<grpc::Channel> OpenChannel(const std::string& address) {
  grpc::ChannelArguments arguments;
  // A till talks to its own server: a proxy meant for the web is never on the way.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, -1);
  // A server that was restarted is found again within our own attempts.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

template <typename... Stubs>
auto NewStubs(const std::shared_ptr<grpc::Channel>& channel, std::tuple<std::unique_ptr<Stubs>...>*) {
  return std::make_tuple(std::make_unique<Stubs>(channel)...);
}

// What a stopped batch says, in the form of any other error.
CallError StoppedError(const v1::IngestResponse& answer) {
  return {static_cast<grpc::StatusCode>(answer.stopped_code()), answer.stopped_error(),
          answer.stopped_message()};
}

}  // namespace

CallError ToCallError(const grpc::Status& status) {
  CallError error{status.error_code(), {}, status.error_message()};
  v1::StatusDetails details;
  if (details.ParseFromString(status.error_details()) && details.details_size() > 0) {
    details.details(0).UnpackTo(&error.detail);
  }
  return error;
}

bool Backoff::WaitAfter(const CallError& error) {
  if (!error.retryable()) return false;
  const absl::Duration wait = std::max(wait_, absl::Milliseconds(error.detail.retry_delay_ms()));
  if (absl::Now() + wait >= deadline_) return false;
  absl::SleepFor(wait);
  wait_ = std::min(wait_ * 2, options_.longest_wait);
  return true;
}

Connection::Connection(const std::string& address, absl::Duration timeout)
    : address_(address),
      timeout_(timeout),
      stubs_(NewStubs(OpenChannel(address), static_cast<decltype(stubs_)*>(nullptr))) {}

CallResult<TerminalSession> TerminalSession::Open(Connection& connection, TerminalId terminal,
                                                  RetryOptions options) {
  v1::GetTerminalRequest request;
  request.set_terminal_id(terminal.value());
  auto response = connection.Call(&v1::DirectoryService::Stub::GetTerminal, request);
  if (!response.ok()) return response.error();
  return TerminalSession(connection, terminal, Serial(response->terminal().last_serial() + 1), options);
}

IngestStream::IngestStream(Connection& connection, int window, RetryOptions options)
    : connection_(connection), window_(static_cast<size_t>(window)), options_(options) {
  REDVEST_CHECK(window >= 1 && window <= 16);
}

IngestStream::~IngestStream() {
  if (stream_ == nullptr) return;
  if (written_ > 0) context_->TryCancel();
  Close();
}

CallResult<std::optional<v1::IngestResponse>> IngestStream::Send(v1::IngestRequest batch) {
  std::optional<v1::IngestResponse> oldest;
  if (unanswered_.size() >= window_) {
    auto answer = Next();
    if (!answer.ok()) return answer;
    oldest = *std::move(answer);
  }
  unanswered_.push_back(std::move(batch));
  // A lost stream shows again, and is mended, when the answer is asked for.
  WriteAll();
  return oldest;
}

CallResult<std::optional<v1::IngestResponse>> IngestStream::Next() {
  if (unanswered_.empty()) return std::optional<v1::IngestResponse>();
  for (Backoff backoff(options_);;) {
    auto answer = WriteAll() ? ReadOldest() : CallResult<v1::IngestResponse>(Close());
    if (answer.ok()) {
      unanswered_.pop_front();
      --written_;
      return std::make_optional(*std::move(answer));
    }
    if (!backoff.WaitAfter(answer.error())) return answer.error();
  }
}

bool IngestStream::WriteAll() {
  if (stream_ == nullptr) {
    context_ = std::make_unique<grpc::ClientContext>();
    stream_ = connection_.stub<v1::IngestService::Stub>().Ingest(context_.get());
    written_ = 0;
  }
  for (; written_ < unanswered_.size(); ++written_) {
    if (!stream_->Write(unanswered_[written_])) return false;
  }
  return true;
}

CallError IngestStream::Close() {
  stream_->WritesDone();
  for (v1::IngestResponse ignored; stream_->Read(&ignored);) {
  }
  const grpc::Status status = stream_->Finish();
  stream_.reset();
  written_ = 0;
  if (!status.ok()) return ToCallError(status);
  return {grpc::StatusCode::UNAVAILABLE, {}, "the server ended the stream before it answered every batch"};
}

CallResult<v1::IngestResponse> IngestStream::ReadOldest() {
  v1::IngestResponse answer;
  if (!stream_->Read(&answer)) return Close();
  if (answer.stopped_at_serial() != 0) {
    CallError stopped = StoppedError(answer);
    if (stopped.retryable()) {
      Close();
      return stopped;
    }
  }
  return answer;
}

}  // namespace redvest::client
