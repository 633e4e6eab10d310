// redvest demo: checks that the ledger is fit for it, plays, reports.
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/cli.h"
#include "clients/commands.h"
#include "clients/demo_report.h"
#include "clients/demo_run.h"
#include "ledger/base/text.h"

namespace redvest::client {
namespace {

constexpr int64_t kDaysMax = 3'660;
constexpr int64_t kResidentsMin = 20;
constexpr int64_t kResidentsMax = 100'000;

struct DemoArguments {
  int64_t days = 3;
  int64_t residents = kTownResidents;
  int64_t seed = 1;
  std::optional<Day> start;
  uint64_t office_id = 0;
  bool last_day = false;
};

// The office terminal that enrols the demo's; the exit code where there is none or the demo was played here.
std::variant<TerminalId, int> FindOffice(Context& context, uint64_t office_id) {
  auto list =
      context.connection().Call(&v1::DirectoryService::Stub::ListTerminals, v1::ListTerminalsRequest());
  if (!list.ok()) return context.Fail(list.error());
  for (const v1::Terminal& terminal : list->terminals()) {
    if (absl::StartsWith(terminal.label(), ToAbsl(kDemoLabelPrefix))) {
      return context.FailInput(
          context.Say({"a demo was played on this ledger before; start redvestd with a fresh data folder and "
                       "play it there",
                       "此账本上已经演示过；请用新的数据文件夹启动 redvestd 后再演示"}));
    }
    if (office_id == 0 && terminal.role() == v1::ROLE_OFFICE && !terminal.retired()) {
      office_id = terminal.terminal_id();
    }
  }
  return TerminalId(office_id);
}

int Run(Context& context, const DemoArguments& arguments) {
  DemoOptions options{.days = arguments.days,
                      .residents = arguments.residents,
                      .seed = static_cast<uint64_t>(arguments.seed)};
  if (arguments.start) options.start = *arguments.start;
  const auto ledger = context.Ledger();
  if (!ledger.ok()) return context.Fail(ledger.error());
  const Day last = options.start + options.days - 1;
  if (const auto today = ToDay(ledger->today()); !today || last >= *today) {
    return context.FailInput(
        Fill(context.Say({"the demo's last day would be {last}, but it must be over: today is {today}; take "
                          "fewer --days or "
                          "an earlier --start",
                          "演示的最后一天 {last} 必须早于今天 {today}；请减少 --days 或提前 --start"}),
             {{"last", FormatDay(last)}, {"today", today ? FormatDay(*today) : "?"}}));
  }
  const auto office = FindOffice(context, arguments.office_id);
  if (const int* code = std::get_if<int>(&office)) return *code;

  Progress progress(context, context.Say({"Playing days", "正在演示（天）"}), options.days);
  DemoRun run(context.connection(), options, [&](int64_t days) { progress.Show(days); });
  auto error = run.Enrol(std::get<TerminalId>(office));
  if (!error) error = run.Open();
  if (!error) error = run.PlayDays();
  if (!error) error = run.Prove();
  if (error) return context.Fail(*error);
  if (context.json()) {
    context.out() << Dump(DemoReportJson(run), true) << '\n';
  } else {
    if (arguments.last_day) {
      if (const int code = ShowDayReport(context, last); code != kDone) return code;
      context.out() << '\n';
    }
    PrintDemoReport(context, run);
  }
  return run.proof().sound() && run.recorded_twice() == 0 ? kDone : kNoServer;
}

}  // namespace

void AddDemoCommand(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<DemoArguments>();
  CLI::App& leaf =
      *AddLeaf(app, context, "demo",
               {{"Play days of a neighbourhood of 7,000 on a fresh ledger, and prove that its books balance",
                 "在新账本上演示一个七千人社区的若干天，并证明账平"},
                "demo --days 30 --seed 7"},
               [&context, arguments] { return Run(context, *arguments); });
  AddNumber(leaf, context, "--days", arguments->days, 1, kDaysMax,
            {"How many days (3)", "演示天数（默认 3）"});
  AddNumber(leaf, context, "--residents", arguments->residents, kResidentsMin, kResidentsMax,
            {"How many residents (7000); elders and volunteers in proportion",
             "居民人数（默认 7000），老人和志愿者按比例"});
  AddNumber(leaf, context, "--seed", arguments->seed, 0, INT64_MAX,
            {"The same seed gives the same balances (1)", "同一种子得到同样的余额（默认 1）"});
  AddDay(leaf, context, "--start", arguments->start, {"First day (2025-01-01)", "第一天（默认 2025-01-01）"});
  leaf.add_flag("--last-day", arguments->last_day,
                context.Say({"Print the report of the last day before that of the demo (not with --json)",
                             "先打印最后一天的日报（--json 时不打印）"}));
  AddId(leaf, context, "--office", IdKind::kTerminal, arguments->office_id,
        {"Office terminal that enrols the demo's terminals (else the first one)",
         "用哪个办公室终端登记演示用终端（默认第一个）"});
}

}  // namespace redvest::client
