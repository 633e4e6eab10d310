#include "services/calls.h"

#include <grpc/support/log.h>

#include <chrono>
#include <string>

#include "absl/time/clock.h"

namespace redvest {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr absl::Duration kReadWaitMax = absl::Seconds(10);
constexpr int kHeaderField = 1;
constexpr int kRecordedField = 1;
constexpr int kBodyField = 2;

const Message& FieldOf(const Message& message, const FieldDescriptor& field) {
  return message.GetReflection()->GetMessage(message, &field);
}

Message* MutableFieldOf(Message* message, const FieldDescriptor& field) {
  return message->GetReflection()->MutableMessage(message, &field);
}

// The body of `envelope` (a Command or an Event) that has the name of `body`.
const FieldDescriptor& Counterpart(const Message& envelope, const FieldDescriptor& body) {
  const FieldDescriptor* field = envelope.GetDescriptor()->FindFieldByName(body.name());
  GPR_ASSERT(field != nullptr && field->message_type() == body.message_type());
  return *field;
}

absl::StatusOr<v1::Command> CommandOf(const Message& request) {
  const auto& header = *request.GetDescriptor()->FindFieldByNumber(kHeaderField);
  const auto& body = *request.GetDescriptor()->FindFieldByNumber(kBodyField);
  for (const FieldDescriptor* field : {&header, &body}) {
    if (!request.GetReflection()->HasField(request, field)) {
      return MakeError(v1::ERROR_REASON_FIELD_INVALID,
                       {{"field", field->name()}, {"rule", "it must be set"}});
    }
  }
  const auto& from = static_cast<const v1::CommandHeader&>(FieldOf(request, header));
  v1::Command command;
  command.set_terminal_id(from.terminal_id());
  command.set_serial(from.serial());
  command.set_occurred_at_unix_ms(from.occurred_at_unix_ms());
  MutableFieldOf(&command, Counterpart(command, body))->CopyFrom(FieldOf(request, body));
  return command;
}

absl::Status Answer(const Outcome& outcome, Message* response) {
  if (outcome.event.has_command_declined()) {
    v1::ErrorDetail error = outcome.event.command_declined().error();
    error.set_sequence(outcome.sequence.value());
    return MakeError(std::move(error));
  }
  const auto& descriptor = *response->GetDescriptor();
  auto* recorded =
      static_cast<v1::Recorded*>(MutableFieldOf(response, *descriptor.FindFieldByNumber(kRecordedField)));
  recorded->set_sequence(outcome.sequence.value());
  recorded->set_recorded_at_unix_ms(outcome.event.recorded_at_unix_ms());
  recorded->set_already_recorded(outcome.already_recorded);
  // Where the command waits for a second person, the response says that instead.
  const auto& body = outcome.event.has_approval_requested()
                         ? *descriptor.FindFieldByName("approval_requested")
                         : *descriptor.FindFieldByNumber(kBodyField);
  MutableFieldOf(response, body)->CopyFrom(FieldOf(outcome.event, Counterpart(outcome.event, body)));
  return absl::OkStatus();
}

}  // namespace

absl::Time DeadlineOf(const CallContext& context) {
  const std::chrono::system_clock::time_point deadline = context.deadline();
  return deadline == std::chrono::system_clock::time_point::max() ? absl::InfiniteFuture()
                                                                  : absl::FromChrono(deadline);
}

ReadFence FenceOf(const CallContext& context, const v1::ReadOptions& options) {
  const absl::Time deadline = DeadlineOf(context);
  return {.min_sequence = Sequence(options.min_sequence()),
          .deadline = deadline == absl::InfiniteFuture() ? absl::Now() + kReadWaitMax : deadline};
}

UnaryReactor* Refuse(CallContext* context, const absl::Status& status) {
  UnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToRpcStatus(status));
  return reactor;
}

UnaryReactor* RunCommand(const Edge& edge, CallContext* context, const Message& request, Message* response) {
  absl::StatusOr<v1::Command> command = CommandOf(request);
  if (!command.ok()) return Refuse(context, command.status());
  auto owner = std::make_shared<const v1::Command>(*std::move(command));
  // The reactor and the messages of the call live until Finish, also where the client has gone away.
  UnaryReactor* reactor = context->DefaultReactor();
  edge.ledger->Submit({.commands = {owner.get(), 1},
                       .owner = owner,
                       .deadline = DeadlineOf(*context),
                       .want_outcomes = true,
                       .done = [reactor, response](SubmissionResult result) {
                         reactor->Finish(ToRpcStatus(
                             result.taken == 0 ? result.stopped : Answer(result.outcomes.front(), response)));
                       }});
  return reactor;
}

UnaryReactor* ReadProjections(const Edge& edge, CallContext* context, const v1::ReadOptions& options,
                              absl::AnyInvocable<absl::Status()> read) {
  UnaryReactor* reactor = context->DefaultReactor();
  edge.ledger->WhenProjected(
      FenceOf(*context, options),
      [reactor, workers = edge.workers, read = std::move(read)](absl::Status status) mutable {
        if (!status.ok()) return reactor->Finish(ToRpcStatus(status));
        workers->Run([reactor, read = std::move(read)]() mutable { reactor->Finish(ToRpcStatus(read())); });
      });
  return reactor;
}

}  // namespace redvest
