#include "clients/cli.h"
#include "clients/commands.h"
#include "clients/findings_report.h"
#include "clients/log_source.h"

namespace redvest::client {
namespace {

struct Wanted {
  FindingsOptions options;
  bool csv = false;
  std::string from_pack;
  KeyChoice key;
};

int ShowFindings(Context& context, const Wanted& wanted) {
  LogSource log(context, wanted.from_pack, wanted.key);
  if (!log.Open()) return log.code();
  absl::StatusOr<Findings> findings = absl::UnknownError("");
  {
    Progress progress(context, context.Say({"Reading", "读取"}), static_cast<int64_t>(log.last().value()));
    const std::unique_ptr<CommitCursor> commits = log.Read();
    findings = FindAll(*commits, log.last(), wanted.options,
                       [&progress](Sequence done) { progress.Show(static_cast<int64_t>(done.value())); });
  }
  if (!findings.ok()) return log.Fail(findings.status());
  if (wanted.csv) {
    WriteFindingsCsv(*findings, context.out());
  } else if (context.json()) {
    WriteFindingsJson(*findings, context.out());
  } else {
    PrintFindings(context.lang(), *findings, context.out());
  }
  return kDone;
}

// Takes the names of kinds.
void AddKinds(CLI::App& leaf, Context& context, std::set<FindingKind>& kinds) {
  std::string names;
  for (int kind = 0; kind < kFindingKinds; ++kind)
    names += (kind > 0 ? ", " : "") + std::string(FindingKindName(static_cast<FindingKind>(kind)));
  AddText(leaf, context, "--kind",
          [&context, &kinds, names](const std::string& text) {
            for (int kind = 0; kind < kFindingKinds; ++kind) {
              if (text != FindingKindName(static_cast<FindingKind>(kind))) continue;
              kinds.insert(static_cast<FindingKind>(kind));
              return;
            }
            throw CLI::ValidationError(
                "--kind", Fill(context.Say({"there is no kind of finding \"{text}\"; there are {names}",
                                            "没有“{text}”这种发现；可选 {names}"}),
                               {{"text", text}, {"names", names}}));
          },
          {"Only findings of this kind; may be given again for more", "只看此种发现，可重复给出"})
      ->type_name("late")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

}  // namespace

void AddAuditFindingsCommand(CLI::App& family, Context& context) {
  auto wanted = std::make_shared<Wanted>();
  CLI::App& leaf =
      *AddLeaf(family, context, "findings",
               {{"What deserves a second look, worked out here from the events themselves: late (offline) "
                 "events, declines, "
                 "reversals, approvals, drawers over and short, the same volunteer in two places, too many "
                 "hours a day, unusual "
                 "amounts, changes after day close, cards at the cap, voided serials. An amount is unusual "
                 "from --factor times "
                 "the median of its kind of event on, where there are at least 20 of that kind.",
                 "由本机根据事件本身找出值得复查之处：离线补录、被拒业务、冲正、复核、长短款、"
                 "同一志愿者同时在两处、单日时长过长、异常金额、日结后变动、饭卡近上限、作废流水号。"
                 "金额达到同类事件中位数的 --factor 倍即为异常（该类至少 20 件）"},
                "audit findings --from 2026-11-01 --to 2026-11-30 --kind reversed"},
               [&context, wanted] { return ShowFindings(context, *wanted); });
  AddDay(leaf, context, "--from", wanted->options.from, {"From this business date", "起始业务日期"});
  AddDay(leaf, context, "--to", wanted->options.to,
         {"Up to and with this business date", "截止业务日期（含）"});
  AddKinds(leaf, context, wanted->options.kinds);
  AddNumber(leaf, context, "--hours-max", 1, 24,
            [wanted](int64_t hours) { wanted->options.day_minutes_max = hours * 60; },
            {"More hours of service than this on a day are no human's (16)",
             "单日服务超过此小时数即列出（默认 16）"});
  AddNumber(leaf, context, "--factor", wanted->options.amount_factor, 2, 1'000'000,
            {"How many times the usual amount is unusual (10)", "金额达到通常的多少倍算异常（默认 10）"});
  AddFlag(leaf, context, "--csv", [wanted](bool on) { wanted->csv = on; },
          {"Every event of every finding as a row of CSV", "以 CSV 输出，每件事件一行"});
  AddKeyOptions(leaf, context, wanted->key);
  AddPackSource(leaf, context, wanted->from_pack);
}

}  // namespace redvest::client
