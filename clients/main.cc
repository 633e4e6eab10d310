// redvest: the command for station, till, counter, office and auditor.
#include <google/protobuf/stubs/logging.h>

#include <cstdlib>
#include <iostream>
#include <string_view>

#include "clients/cli.h"
#include "clients/commands.h"
#include "clients/context.h"
#include "clients/help_style.h"

namespace redvest::client {
namespace {

bool HasFlag(int argc, char** argv, std::string_view flag) {
  for (int i = 1; i < argc; ++i) {
    if (flag == argv[i]) return true;
  }
  return false;
}

void AddGlobalFlags(CLI::App& app, Context& context) {
  app.add_option("--server", context.flags.server, context.Say({"The server's address", "服务器地址"}))
      ->envname("REDVEST_SERVER")
      ->type_name("ADDR")
      ->capture_default_str();
  AddId(app, context, "--terminal", IdKind::kTerminal, context.flags.terminal_id,
        {"The terminal that issues commands", "办理业务的终端"})
      ->envname("REDVEST_TERMINAL");
  AddNumber(app, context, "--serial", 1, INT64_MAX,
            [&context](int64_t serial) { context.flags.serial = static_cast<uint64_t>(serial); },
            {"Serial of the command, to send one again; otherwise the terminal's next",
             "流水号，仅重发时填写；默认取终端的下一个"});
  AddMoment(app, context, "--at", context.flags.at,
            {"When it happened, in the ledger's time zone (now)", "发生时间，按账本时区（默认现在）"});
  AddPath(app, context, "--queue", [&context](const std::string& path) { context.flags.queue = path; },
          {"Pass commands through this offline queue", "经由此离线队列办理"});
  AddNumber(app, context, "--timeout", 1, 86'400,
            [&context](int64_t seconds) { context.flags.timeout_seconds = seconds; },
            {"Seconds to try for an answer (10)", "等待答复的秒数（默认 10）"});
  app.add_flag("--json", context.flags.json,
               context.Say({"Answer in JSON; money in fen. Errors too, on stderr",
                            "以 JSON 输出，金额以分计；错误同样以 JSON 写到 stderr"}));
  // LangOf has read it before; here it is only checked.
  AddText(app, context, "--lang",
          [&context](const std::string& lang) {
            if (lang == "zh" || lang == "en") return;
            throw CLI::ValidationError(
                "--lang",
                Fill(context.Say({"\"{lang}\" is not zh or en", "“{lang}”不是 zh 或 en"}), {{"lang", lang}}));
          },
          {"Language; otherwise that of the environment", "语言，默认随环境"})
      ->type_name("zh|en");
  app.set_version_flag("--version", "redvest " REDVEST_VERSION,
                       context.Say({"Version of this program", "程序版本"}));
}

void AddCommands(CLI::App& app, Context& context) {
  AddTerminalCommand(app, context);
  AddMemberCommand(app, context);
  AddEntryCommand(app, context);
  AddPolicyCommand(app, context);
  AddVolunteerCommand(app, context);
  AddCanteenCommand(app, context);
  AddBankCommand(app, context);
  AddCorrectionCommands(app, context);
  AddApprovalCommand(app, context);
  AddBooksCommands(app, context);
  AddEventsCommand(app, context);
  AddReportCommand(app, context);
  AddReceiptCommand(app, context);
  AddAuditCommands(app, context);
  AddQueueCommand(app, context);
  AddImportCommand(app, context);
  AddDemoCommand(app, context);
}

int FailUsage(const CLI::App& app, Context& context, const CLI::ParseError& error) {
  // How far the command line was understood.
  const CLI::App* named = &app;
  std::string words = "redvest";
  while (!named->get_subcommands().empty()) {
    named = named->get_subcommands().front();
    words += " " + named->get_name();
  }
  const int code = context.FailInput(ParseErrorText(context.lang(), error, *named, app.remaining(true)));
  if (!context.json()) context.err() << context.Say({"More: ", "详见："}) << words << " --help\n";
  return code;
}

int Run(int argc, char** argv) {
  Context context(LangOf(argc, argv), HasFlag(argc, argv, "--json"), std::cout, std::cerr);
  CLI::App app(
      context.Say({"redvest - the ledger of a neighbourhood: volunteers, elder canteen, bank station",
                   "redvest——社区账本：志愿服务、乐龄食堂、金融服务站"}));
  app.name("redvest");
  app.require_subcommand(1);
  SetHelpStyle(app, context.lang());
  app.set_help_flag("-h,--help", context.Say({"Explain, and exit", "显示说明"}));
  AddGlobalFlags(app, context);
  AddCommands(app, context);
  app.footer(context.Say(
      {"Ids are typed as they are printed, with check characters (M57-20); amounts are yuan (7.50).\n"
       "Exit codes: 0 done, 1 declined by the ledger, 2 usage or bad input, 3 server not reached or not "
       "usable.",
       "编号照印出的样子输入，含校验位（M57-20）；金额以元计（7.50）。\n"
       "退出码：0 完成；1 账本拒绝；2 用法或输入有误；3 连接不上或无法使用服务器。"}));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) return app.exit(error);
    return FailUsage(app, context, error);
  }
  const int code = context.action();
  if (!context.out().flush()) {
    return context.FailInput(context.Say({"the answer could not be written", "结果无法写出"}));
  }
  return code;
}

}  // namespace
}  // namespace redvest::client

int main(int argc, char** argv) {
  // The libraries' own log lines would stand between ours.
  setenv("GRPC_VERBOSITY", "NONE", 0);
  google::protobuf::SetLogHandler(nullptr);
  std::ios::sync_with_stdio(false);
  return redvest::client::Run(argc, argv);
}
