#include "clients/verdict.h"

#include <cstdint>

namespace redvest::client {
namespace {

std::string Count(uint64_t number) { return FormatCount(static_cast<int64_t>(number)); }

std::string SignedText(Lang lang, const VerifyReport& report) {
  if (!report.signed_up_to) {
    return std::string(Bilingual{
        "No signed checkpoint was checked: this shows that the books fit together, not that they were "
        "never rewritten as a whole.",
        "没有已签名的检查点可供核对：这只说明账目前后一致，不能说明账本未被整体改写。"}
                           .In(lang));
  }
  std::string text = Fill(Bilingual{"Signed up to event {upto}; checkpoints of {key}: {checkpoints}.",
                                    "经 {key} 签名的检查点 {checkpoints} 个，覆盖到第 {upto} 件。"}
                              .In(lang),
                          {{"checkpoints", Count(report.checkpoints)},
                           {"key", report.key->Encode()},
                           {"upto", Count(report.signed_up_to.value())}});
  if (report.signed_up_to < report.last) {
    text += Fill(
        Bilingual{" The {rest} events after it are under none yet.", "其后 {rest} 件尚未在任何检查点之下。"}
            .In(lang),
        {{"rest", Count(report.last.value() - report.signed_up_to.value())}});
  }
  return text;
}

// A line for each table that was not compared with the whole log: nothing in it was found wrong.
std::string BehindText(Lang lang, const VerifyReport& report) {
  std::string text;
  for (const BehindProjection& projection : report.behind) {
    const Bilingual behind{"  The projection {name} is behind, at event {position}; ",
                           "  投影 {name} 落后，只到第 {position} 件；"};
    const Bilingual empty{"  The projection {name} is empty; ", "  投影 {name} 为空；"};
    text += Fill(std::string((projection.position ? behind : empty).In(lang)),
                 {{"name", projection.name}, {"position", Count(projection.position.value())}});
    text += Bilingual{"the rest will be rebuilt from the log at the next start.\n",
                      "其余部分将在下次启动时由日志重建。\n"}
                .In(lang);
  }
  if (report.state_not_compared) {
    text +=
        Bilingual{
            "  The saved state is of an older version and was not compared: start no daemon of that version "
            "on this folder; one of this version rebuilds it.\n",
            "  已保存的状态属于较旧版本，未核对：请勿用旧版本程序打开此文件夹；本版本启动时会重建。\n"}
            .In(lang);
  }
  return text;
}

}  // namespace

std::string VerdictText(Lang lang, const VerifyReport& report) {
  const Bilingual sound{"The books of {name} are sound.\n", "账目完好：{name}。\n"};
  // What no checkpoint covers was not checked, so no more than the events is said to be sound.
  const Bilingual unfinished{
      "UNFINISHED: an export into this pack of {name} was cut off. Its events are sound, but "
      "trial-balance.csv and "
      "all else that no checkpoint covers was not checked: export again to finish it first.\n",
      "尚未完成：{name} 的导出包上次导出被中断。事件完好，但 trial-balance.csv 等不在检查点之下的文件未核对，"
      "请先再导出一次。\n"};
  return Fill(std::string((report.unfinished ? unfinished : sound).In(lang)) +
                  std::string(Bilingual{
                      "  {events} events in {commits} commits, {postings} postings on {accounts} accounts; "
                      "{declined} declined, {reversed} reversed; {terminals} terminals.\n"
                      "  Root {root}\n  {signed}\n{behind}",
                      "  共 {events} 件（{commits} 批），在 {accounts} 个账户上过账 {postings} 笔；"
                      "拒绝 {declined} 件，冲正 {reversed} 件；终端 {terminals} 台。\n"
                      "  根哈希 {root}\n  {signed}\n{behind}"}
                                  .In(lang)),
              {{"name", report.name},
               {"events", Count(report.last.value())},
               {"commits", Count(report.commits)},
               {"postings", Count(report.postings)},
               {"accounts", Count(report.accounts)},
               {"declined", Count(report.declined)},
               {"reversed", Count(report.reversed)},
               {"terminals", Count(report.terminals)},
               {"root", merkle::ToHex(report.root)},
               {"signed", SignedText(lang, report)},
               {"behind", BehindText(lang, report)}});
}

nlohmann::ordered_json VerdictJson(const VerifyReport& report) {
  nlohmann::ordered_json json = {
      {"sound", !report.unfinished},       {"name", report.name},
      {"events", report.last.value()},     {"root", merkle::ToHex(report.root)},
      {"commits", report.commits},         {"postings", report.postings},
      {"accounts", report.accounts},       {"terminals", report.terminals},
      {"declined", report.declined},       {"reversed", report.reversed},
      {"checkpoints", report.checkpoints}, {"signed_up_to", report.signed_up_to.value()},
      {"unfinished", report.unfinished}};
  json["behind"] = nlohmann::ordered_json::array();
  for (const BehindProjection& projection : report.behind) {
    json["behind"].push_back({{"projection", projection.name}, {"position", projection.position.value()}});
  }
  json["state_not_compared"] = report.state_not_compared;
  json["key"] = report.key.has_value() ? nlohmann::ordered_json(report.key->Encode()) : nullptr;
  return json;
}

}  // namespace redvest::client
