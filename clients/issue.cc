#include "clients/issue.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clients/json.h"
#include "clients/narrator.h"
#include "clients/words.h"
#include "ledger/accounting/posting.h"
#include "ledger/base/text.h"
#include "redvest/event/v1/event.pb.h"

namespace redvest::client {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// The field of a request or response beside its header or `recorded`: the command, or the event. A response
// that can be one of two events has one of them set.
const FieldDescriptor& BodyField(const Message& message) {
  for (int number = 3; const auto* other = message.GetDescriptor()->FindFieldByNumber(number); ++number) {
    if (message.GetReflection()->HasField(message, other)) return *other;
  }
  return *message.GetDescriptor()->FindFieldByNumber(2);
}

const Message& BodyOf(const Message& message) {
  return message.GetReflection()->GetMessage(message, &BodyField(message));
}

// Puts the body of a request or response into the `whole` that has a field of the same name for it.
template <typename Whole>
Whole WithBody(const Message& message) {
  Whole whole;
  const FieldDescriptor* field = Whole::descriptor()->FindFieldByName(BodyField(message).name());
  whole.GetReflection()->MutableMessage(&whole, field)->CopyFrom(BodyOf(message));
  return whole;
}

const v1::Recorded& RecordedOf(const Message& response) {
  const FieldDescriptor* field = response.GetDescriptor()->FindFieldByName("recorded");
  return static_cast<const v1::Recorded&>(response.GetReflection()->GetMessage(response, field));
}

}  // namespace

std::string QueueFaultText(Lang lang, const std::string& path, const absl::Status& status) {
  const std::string detail(status.message());
  const auto fill = [&](const Bilingual& pattern) {
    return Fill(pattern.In(lang), {{"path", path}, {"detail", detail}});
  };
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      return fill(
          {"there is no queue {path}; make it with \"redvest queue create {path}\" while the server is "
           "reached",
           "没有队列文件 {path}；请在能连上服务器时用 redvest queue create {path} 建立"});
    case absl::StatusCode::kAlreadyExists:
      return fill({"{path} is there already; choose another name", "{path} 已存在，请换一个文件名"});
    case absl::StatusCode::kUnavailable:
      return fill({"{path} is in use by another redvest; try again when it is done",
                   "{path} 正被另一个 redvest 使用，请稍候再试"});
    case absl::StatusCode::kInvalidArgument:
      return fill({"{path} is not an offline queue", "{path} 不是离线队列文件"});
    case absl::StatusCode::kDataLoss:
      return fill(
          {"{path} cannot be trusted: {detail}; keep the file and enter its commands from the till's slips",
           "{path} 已损坏（{detail}）；请保留此文件，并按小票补录"});
    default:
      return fill({"the queue cannot be used: {detail}", "队列无法使用：{detail}"});
  }
}

void NoteStopped(Context& context, const std::string& path, const SendOutcome& outcome) {
  if (outcome.stopped_at_serial == 0 || context.json()) return;
  context.err() << Fill(context.Say({"The queue stops at serial {serial}: the ledger does not take it. If it "
                                     "cannot be put right, give it up "
                                     "with \"redvest queue void {path} {serial} --reason …\".\n",
                                     "队列停在流水号 {serial}：账本没有接收。若无法补救，可用 redvest queue "
                                     "void {path} {serial} --reason … "
                                     "作废。\n"}),
                        {{"serial", std::to_string(outcome.stopped_at_serial)}, {"path", path}});
}

std::optional<int> Issuer::Prepare(const Message& request) {
  if (!context_.flags.queue.empty()) {
    if (const auto ended = PrepareQueue()) return ended;
    return PassThroughQueue(request);
  }
  return PrepareDirectly();
}

std::optional<int> Issuer::PrepareDirectly() {
  if (context_.flags.terminal_id == 0) {
    return context_.FailInput(context_.Say(
        {"say which terminal issues this: --terminal T2-95, or REDVEST_TERMINAL in the environment",
         "请说明由哪个终端办理：--terminal T2-95，或设置环境变量 REDVEST_TERMINAL"}));
  }
  const TerminalId terminal(context_.flags.terminal_id);
  const auto occurred_at = context_.OccurredAtUnixMs();
  if (!occurred_at.ok()) return context_.Fail(occurred_at.error());
  occurred_at_unix_ms_ = *occurred_at;
  if (context_.flags.serial != 0) {
    session_.emplace(context_.connection(), terminal, Serial(context_.flags.serial),
                     context_.retry_options());
  } else {
    auto session = TerminalSession::Open(context_.connection(), terminal, context_.retry_options());
    if (!session.ok()) return context_.Fail(session.error());
    session_ = *std::move(session);
  }
  serial_ = session_->next_serial().value();
  return std::nullopt;
}

std::optional<int> Issuer::PrepareQueue() {
  auto opened = OfflineQueue::Open(context_.flags.queue);
  if (!opened.ok()) return FailQueue(opened.status());
  queue_ = *std::move(opened);
  if (queue_->torn_bytes() > 0) {
    context_.err() << context_.Say(
        {"Note: a command that was not written whole was cut off the queue; it had not been "
         "accepted.\n",
         "注意：队列末尾有一笔没有写完的业务，已截去；它当时并未受理。\n"});
  }
  const uint64_t terminal = context_.flags.terminal_id;
  if ((terminal != 0 && terminal != queue_->terminal().value()) || context_.flags.serial != 0) {
    return context_.FailInput(
        Fill(context_.Say({"the queue belongs to terminal {terminal} and numbers its commands itself: leave "
                           "--serial out and "
                           "use that terminal",
                           "该队列属于终端 {terminal}，流水号由队列编排：请不要指定 --serial，并使用该终端"}),
             {{"terminal", FormatId(IdKind::kTerminal, queue_->terminal().value())}}));
  }
  absl::TimeZone zone = absl::UTCTimeZone();
  absl::LoadTimeZone(queue_->time_zone(), &zone);
  occurred_at_unix_ms_ =
      context_.flags.at ? context_.flags.at->UnixMs(zone) : absl::ToUnixMillis(absl::Now());
  return std::nullopt;
}

std::optional<int> Issuer::PassThroughQueue(const Message& request) {
  // Whether the server is there, and where it stands, is asked before the command joins the queue.
  auto session = TerminalSession::Open(context_.connection(), queue_->terminal(), context_.retry_options());
  if (!session.ok() && !session.error().retryable()) return context_.Fail(session.error());
  if (session.ok() && queue_->waiting().empty() && session->next_serial() > queue_->next_serial()) {
    if (const absl::Status status = queue_->SkipTo(session->next_serial()); !status.ok())
      return FailQueue(status);
  }
  v1::Command command = WithBody<v1::Command>(request);
  command.set_occurred_at_unix_ms(occurred_at_unix_ms_);
  if (const absl::Status status = queue_->Append(std::move(command)); !status.ok()) return FailQueue(status);
  serial_ = queue_->waiting().back().serial();
  if (!session.ok()) return ReportQueued();

  const size_t before = queue_->waiting().size() - 1;
  auto sent = SendWaiting(*queue_, context_.connection(), context_.retry_options(), before);
  if (!sent.ok()) return FailQueue(sent.status());
  if (sent->error.has_value()) {
    if (sent->error->retryable()) return ReportQueued();
    NoteStopped(context_, context_.flags.queue, *sent);
    ReportQueued();
    return context_.Fail(*sent->error);
  }
  session_.emplace(context_.connection(), queue_->terminal(), Serial(serial_), context_.retry_options());
  return std::nullopt;
}

int Issuer::FailQueue(const absl::Status& status) {
  return context_.FailInput(QueueFaultText(context_.lang(), context_.flags.queue, status));
}

int Issuer::ReportQueued() {
  const size_t waiting = queue_->waiting().size();
  if (context_.json()) {
    context_.out() << Dump(Json{{"queued", true}, {"serial", serial_}, {"waiting", waiting}}, true) << '\n';
    return kDone;
  }
  context_.out() << Fill(
      context_.Say({"Kept in the queue as serial {serial}; {waiting} waiting. Send them with \"redvest "
                    "queue send {path}\".\n",
                    "已存入队列，流水号 {serial}；共 {waiting} 笔待发。恢复连接后用 redvest queue send "
                    "{path} 补发。\n"}),
      {{"serial", std::to_string(serial_)},
       {"waiting", std::to_string(waiting)},
       {"path", context_.flags.queue}});
  return kDone;
}

int Issuer::Report(const Message& response) {
  if (queue_ != nullptr) {
    if (const absl::Status status = queue_->Forget(1); !status.ok()) return FailQueue(status);
  }
  const v1::Recorded& recorded = RecordedOf(response);
  const std::string kind = BodyField(response).name();
  if (context_.json()) {
    const absl::TimeZone zone = context_.Zone();
    Json json = ToJson(recorded, zone);
    json["serial"] = serial_;
    json["event"] = kind;
    // Only reversals and approvals have a sequence of their own: that of the event they name.
    const std::string_view prefix = kind == "event_reversed" ? "reversed_" : "request_";
    const Json body = ToJson(BodyOf(response), zone);
    for (auto field = body.begin(); field != body.end(); ++field) {
      json[json.contains(field.key()) ? absl::StrCat(ToAbsl(prefix), field.key()) : field.key()] =
          field.value();
    }
    context_.out() << Dump(json, true) << '\n';
    return kDone;
  }
  event::v1::Event event = WithBody<event::v1::Event>(response);
  Narrator narrator(context_);
  const std::string told = narrator.Tell(event);
  context_.out() << EventText(context_.lang(), kind) << (told.empty() ? "" : context_.Say({": ", "："}))
                 << told << '\n'
                 << Fill(context_.Say({"event {sequence}, serial {serial} of {terminal}{again}\n",
                                       "第 {sequence} 号事件，终端 {terminal} 流水号 {serial}{again}\n"}),
                         {{"sequence", std::to_string(recorded.sequence())},
                          {"serial", std::to_string(serial_)},
                          {"terminal", narrator.Terminal(session_->terminal().value())},
                          {"again", recorded.already_recorded()
                                        ? context_.Say({"; it was recorded before, nothing was added",
                                                        "；此前已记账，本次没有重复记账"})
                                        : ""}});
  if (event.has_approval_requested()) {
    context_.out() << Fill(
        context_.Say({"Nothing has changed yet: it waits for a second person. \"redvest approval grant "
                      "{sequence}\" from an office terminal that another member is in charge of lets it take "
                      "effect.\n",
                      "尚未生效，须由另一人复核：请在由另一位负责人管理的办公室终端上执行 redvest approval "
                      "grant {sequence}。\n"}),
        {{"sequence", std::to_string(recorded.sequence())}});
  }
  return kDone;
}

int Issuer::Fail(const CallError& error) {
  if (queue_ != nullptr) {
    if (error.retryable()) return ReportQueued();
    const bool malformed = ExitCodeOf(error) == kBadInput;
    const absl::Status status = error.declined() ? queue_->Forget(1)
                                : malformed      ? queue_->DropNewest()
                                                 : absl::OkStatus();
    if (!status.ok()) return FailQueue(status);
  }
  const int code = context_.Fail(error);
  if (!error.retryable()) return code;
  // Whoever asks again must ask for the same thing at the same time: say how.
  context_.err() << Fill(
      context_.Say(
          {"Whether it was recorded is not known. Repeat the same command with --serial "
           "{serial} --at {at}: it is recorded once at most.\n",
           "是否已记账尚不清楚。请原样重发并加上 --serial {serial} --at {at}：最多只会记一次账。\n"}),
      {{"serial", std::to_string(serial_)}, {"at", FormatExactMoment(occurred_at_unix_ms_)}});
  return code;
}

}  // namespace redvest::client
