#include "clients/cli.h"
#include "clients/commands.h"
#include "clients/error_text.h"
#include "clients/issue.h"
#include "clients/json.h"
#include "clients/offline_queue.h"
#include "clients/table.h"

namespace redvest::client {
namespace {

int FailQueue(Context& context, const std::string& path, const absl::Status& status) {
  return context.FailInput(QueueFaultText(context.lang(), path, status));
}

void NoteTorn(Context& context, const OfflineQueue& queue) {
  if (queue.torn_bytes() == 0) return;
  context.err() << Fill(
      context.Say({"Note: {bytes} bytes of a command that was not written whole were cut off; it had not "
                   "been accepted.\n",
                   "注意：末尾有一笔没有写完的业务（{bytes} 字节），已截去；它当时并未受理。\n"}),
      {{"bytes", std::to_string(queue.torn_bytes())}});
}

std::string KindOf(const v1::Command& command) {
  const auto* body = v1::Command::descriptor()->FindOneofByName("body");
  const auto* field = command.GetReflection()->GetOneofFieldDescriptor(command, body);
  return field == nullptr ? "" : field->name();
}

int Create(Context& context, const std::string& path) {
  if (context.flags.terminal_id == 0) {
    return context.FailInput(
        context.Say({"say whose queue it is: --terminal T3-92", "请说明是哪个终端的队列：--terminal T3-92"}));
  }
  const auto ledger = context.Ledger();
  if (!ledger.ok()) return context.Fail(ledger.error());
  auto session = TerminalSession::Open(context.connection(), TerminalId(context.flags.terminal_id));
  if (!session.ok()) return context.Fail(session.error());
  const absl::Status created =
      OfflineQueue::Create(path, *ledger, session->terminal(), session->next_serial());
  if (!created.ok()) return FailQueue(context, path, created);
  if (context.json()) {
    context.out() << Dump(Json{{"queue", path}, {"next_serial", session->next_serial().value()}}, true)
                  << '\n';
    return kDone;
  }
  context.out() << Fill(
      context.Say({"{path} goes on with serial {serial} of {terminal}. Issue commands with --queue {path}.\n",
                   "{path} 已建立，从终端 {terminal} 的流水号 {serial} 起。办理业务时加 --queue {path}。\n"}),
      {{"path", path},
       {"serial", std::to_string(session->next_serial().value())},
       {"terminal", FormatId(IdKind::kTerminal, session->terminal().value())}});
  return kDone;
}

int Show(Context& context, const std::string& path) {
  auto queue = OfflineQueue::Open(path);
  if (!queue.ok()) return FailQueue(context, path, queue.status());
  NoteTorn(context, **queue);
  absl::TimeZone zone = absl::UTCTimeZone();
  absl::LoadTimeZone((*queue)->time_zone(), &zone);
  if (context.json()) {
    Json json = Json{{"terminal_id", (*queue)->terminal().value()},
                     {"terminal", FormatId(IdKind::kTerminal, (*queue)->terminal().value())},
                     {"next_serial", (*queue)->next_serial().value()},
                     {"waiting", Json::array()}};
    for (const v1::Command& command : (*queue)->waiting()) json["waiting"].push_back(ToJson(command, zone));
    context.out() << Dump(json, true) << '\n';
    return kDone;
  }
  Table table({{context.Say({"serial", "流水号"}), Table::Align::kRight},
               {context.Say({"when", "发生时间"})},
               {context.Say({"command", "业务"})}});
  for (const v1::Command& command : (*queue)->waiting()) {
    table.Add({std::to_string(command.serial()), FormatMoment(command.occurred_at_unix_ms(), zone),
               CommandText(context.lang(), KindOf(command))});
  }
  if (!table.empty()) table.Print(context.out());
  context.out() << Fill(
      context.Say({"{count} waiting, of {terminal} for {ledger}; the next serial is {next}\n",
                   "终端 {terminal} 共 {count} 笔待发往“{ledger}”；下一个流水号 {next}\n"}),
      {{"count", std::to_string((*queue)->waiting().size())},
       {"terminal", FormatId(IdKind::kTerminal, (*queue)->terminal().value())},
       {"ledger", (*queue)->ledger_name()},
       {"next", std::to_string((*queue)->next_serial().value())}});
  return kDone;
}

int ReportSent(Context& context, const OfflineQueue& queue, const SendOutcome& outcome) {
  const absl::TimeZone zone = context.Zone();
  const auto sentence = [&](const v1::ErrorDetail& detail, const std::string& message) {
    const CallError error{grpc::StatusCode::FAILED_PRECONDITION, detail, message};
    return ErrorText(context.lang(), error, context.flags.server, zone);
  };
  if (context.json()) {
    Json json = Json{{"recorded", outcome.recorded},
                     {"already_recorded", outcome.already_recorded},
                     {"waiting", queue.waiting().size()},
                     {"declined", Json::array()}};
    for (const v1::DeclinedItem& item : outcome.declined) {
      Json declined = ErrorJson({grpc::StatusCode::FAILED_PRECONDITION, item.error(), item.message()},
                                sentence(item.error(), item.message()));
      declined["serial"] = item.serial();
      json["declined"].push_back(declined);
    }
    context.out() << Dump(json, true) << '\n';
  } else {
    context.out() << Fill(context.Say({"recorded {recorded}, declined {declined}, still waiting {waiting}\n",
                                       "已记账 {recorded} 笔，未受理 {declined} 笔，待发 {waiting} 笔\n"}),
                          {{"recorded", std::to_string(outcome.recorded)},
                           {"declined", std::to_string(outcome.declined.size())},
                           {"waiting", std::to_string(queue.waiting().size())}});
    for (const v1::DeclinedItem& item : outcome.declined) {
      context.out() << Fill(
          context.Say({"  serial {serial}: {why}\n", "  流水号 {serial}：{why}\n"}),
          {{"serial", std::to_string(item.serial())}, {"why", sentence(item.error(), item.message())}});
    }
  }
  return outcome.declined.empty() ? kDone : kDeclined;
}

int Send(Context& context, const std::string& path) {
  auto queue = OfflineQueue::Open(path);
  if (!queue.ok()) return FailQueue(context, path, queue.status());
  NoteTorn(context, **queue);
  const auto ledger = context.Ledger();
  if (!ledger.ok()) return context.Fail(ledger.error());
  if (ledger->name() != (*queue)->ledger_name()) {
    return context.FailInput(Fill(
        context.Say(
            {"{path} belongs to the ledger \"{mine}\", and the server keeps \"{theirs}\": nothing was sent",
             "{path} 属于账本“{mine}”，而服务器上的是“{theirs}”：没有发送"}),
        {{"path", path}, {"mine", (*queue)->ledger_name()}, {"theirs", ledger->name()}}));
  }
  const size_t count = (*queue)->waiting().size();
  auto outcome = SendWaiting(**queue, context.connection(), context.retry_options(), count);
  if (!outcome.ok()) return FailQueue(context, path, outcome.status());
  const int code = ReportSent(context, **queue, *outcome);
  if (!outcome->error.has_value()) return code;
  NoteStopped(context, path, *outcome);
  return context.Fail(*outcome->error);
}

struct VoidRequest {
  std::string path;
  int64_t serial = 0;
  std::string reason;
};

int Void(Context& context, const VoidRequest& wanted) {
  auto queue = OfflineQueue::Open(wanted.path);
  if (!queue.ok()) return FailQueue(context, wanted.path, queue.status());
  const auto& waiting = (*queue)->waiting();
  for (size_t i = 0; i < waiting.size(); ++i) {
    if (waiting[i].serial() != static_cast<uint64_t>(wanted.serial)) continue;
    v1::Command command;
    command.set_occurred_at_unix_ms(waiting[i].occurred_at_unix_ms());
    command.mutable_void_serial()->set_reason(wanted.reason);
    const absl::Status replaced = (*queue)->Replace(i, std::move(command));
    return replaced.ok() ? Show(context, (queue->reset(), wanted.path))
                         : FailQueue(context, wanted.path, replaced);
  }
  return context.FailInput(
      Fill(context.Say({"serial {serial} is not waiting in {path}", "{path} 中没有待发的流水号 {serial}"}),
           {{"serial", std::to_string(wanted.serial)}, {"path", wanted.path}}));
}

}  // namespace

void AddQueueCommand(CLI::App& app, Context& context) {
  CLI::App& family = *AddFamily(
      app, context, "queue",
      {"A terminal's offline queue: create, show, send, void", "终端离线队列：建立、查看、补发、作废"});
  constexpr Bilingual kFile = {"The queue's file", "队列文件"};
  const auto add = [&](const char* name, const CommandHelp& help, int (*run)(Context&, const std::string&)) {
    auto path = std::make_shared<std::string>();
    CLI::App& leaf =
        *AddLeaf(family, context, name, help, [&context, path, run] { return run(context, *path); });
    AddText(
        leaf, context, "file", [path](const std::string& text) { *path = text; }, kFile)
        ->required();
  };
  add("create",
      {{"Make an empty queue for a terminal while the server is reached; then issue commands with --queue "
        "FILE.",
        "在能连上服务器时为终端建立队列；此后办理业务加 --queue FILE"},
       "--terminal T3-92 queue create till.queue"},
      Create);
  add("show",
      {{"What waits in a queue; needs no server", "查看队列中待发的业务，无需服务器"},
       "queue show till.queue"},
      Show);
  add("send",
      {{"Send what waits; each command is recorded once, however often it is sent.",
        "补发队列中的业务；每笔只记一次账"},
       "queue send till.queue"},
      Send);

  auto wanted = std::make_shared<VoidRequest>();
  CLI::App& leaf = *AddLeaf(
      family, context, "void",
      {{"Give up a waiting command that the ledger cannot take; its serial is used up without effect.",
        "作废队列中账本无法接收的一笔，其流水号照常用掉"},
       "queue void till.queue 42 --reason \"spoilt slip\""},
      [&context, wanted] { return Void(context, *wanted); });
  AddText(
      leaf, context, "file", [wanted](const std::string& text) { wanted->path = text; }, kFile)
      ->required();
  AddNumber(leaf, context, "waiting-serial", wanted->serial, 1, INT64_MAX, {"Its serial", "流水号"})
      ->required();
  AddText(leaf, context, "--reason", [wanted](const std::string& text) { wanted->reason = text; },
          {"Why; it stays in the ledger", "原因（将留在账中）"})
      ->required();
}

}  // namespace redvest::client
