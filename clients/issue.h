// Issuing one command from the command line: at once, or by way of an offline queue.
#ifndef REDVEST_CLIENTS_ISSUE_H_
#define REDVEST_CLIENTS_ISSUE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "clients/context.h"
#include "clients/offline_queue.h"

namespace redvest::client {

// The steps around the call that do not depend on its type. With --queue the command is first made durable in
// the queue, commands before it are sent, and it leaves the queue with its outcome.
class Issuer {
 public:
  explicit Issuer(Context& context) : context_(context) {}

  // Finds terminal, time and serial for `request`, a request with a header and one command. Nothing: the
  // command cannot be sent now, and this is the exit code: bad input, no server, or kept in the queue.
  std::optional<int> Prepare(const google::protobuf::Message& request);
  TerminalSession& session() { return *session_; }
  int64_t occurred_at_unix_ms() const { return occurred_at_unix_ms_; }

  // Prints the outcome, a response with `recorded` and one event.
  int Report(const google::protobuf::Message& response);
  int Fail(const CallError& error);

 private:
  std::optional<int> PrepareDirectly();
  std::optional<int> PrepareQueue();
  std::optional<int> PassThroughQueue(const google::protobuf::Message& request);
  int FailQueue(const absl::Status& status);
  int ReportQueued();

  Context& context_;
  std::optional<TerminalSession> session_;
  uint64_t serial_ = 0;
  int64_t occurred_at_unix_ms_ = 0;
  std::unique_ptr<OfflineQueue> queue_;
};

// Why a queue cannot be opened or written, in the language of this run.
std::string QueueFaultText(Lang lang, const std::string& path, const absl::Status& status);

// Says, where that is so, which waiting command the ledger would not take, and what can be done.
void NoteStopped(Context& context, const std::string& path, const SendOutcome& outcome);

// Issues `request`, whose header is filled in here, and returns the exit code.
template <typename Stub, typename Request, typename Response>
int Issue(Context& context, UnaryMethod<Stub, Request, Response> method, Request request) {
  Issuer issuer(context);
  if (const std::optional<int> ended = issuer.Prepare(request)) return *ended;
  auto response = issuer.session().Call(method, std::move(request), issuer.occurred_at_unix_ms());
  return response.ok() ? issuer.Report(*response) : issuer.Fail(response.error());
}

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_ISSUE_H_
