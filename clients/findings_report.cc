#include "clients/findings_report.h"

#include <algorithm>
#include <string>
#include <vector>

#include "clients/csv_file.h"
#include "clients/json.h"
#include "clients/table.h"
#include "clients/words.h"
#include "ledger/base/ids.h"

namespace redvest::client {
namespace {

using Align = Table::Align;

// How many sequences and ids of a finding a table shows, and how many findings of a kind.
constexpr size_t kShownMax = 5;
constexpr size_t kRowsMax = 40;

struct WhatText {
  std::string_view what;
  Bilingual text;
};
constexpr WhatText kWhatTexts[] = {
    {"over", {"over", "长款"}},
    {"short", {"short", "短款"}},
    {"attempt", {"declined attempt", "被拒绝的尝试"}},
    {"overlap", {"services overlap", "服务时段重叠"}},
    {"waiting", {"waiting", "待复核"}},
    {"approved", {"approved", "已批准"}},
    {"refused", {"refused", "已驳回"}},
    {"late", {"recorded late", "补录"}},
    {"reversal", {"reversal", "冲正"}},
};

// What exactly, in people's words; the reason of a decline stays as it is, so that it can be looked up.
std::string WhatTextOf(Lang lang, const Finding& finding) {
  for (const WhatText& row : kWhatTexts) {
    if (row.what == finding.what) return std::string(row.text.In(lang));
  }
  return EventText(lang, finding.what);
}

// A hostile log may hold numbers that are no ids.
std::string Written(IdKind kind, uint64_t id) {
  return id >= 1 && id <= kIdMax ? FormatId(kind, id) : std::to_string(id);
}

std::vector<std::string> WrittenIds(IdKind kind, const std::vector<uint64_t>& ids) {
  std::vector<std::string> written;
  for (uint64_t id : ids) written.push_back(Written(kind, id));
  return written;
}

std::string FirstOf(const std::vector<std::string>& all, std::string_view separator) {
  std::string text;
  for (size_t i = 0; i < all.size() && i < kShownMax; ++i)
    text += (i > 0 ? std::string(separator) : "") + all[i];
  return all.size() > kShownMax ? text + std::string(separator) + "…" : text;
}

std::string FirstSequences(const Finding& finding) {
  std::vector<std::string> sequences;
  for (const Finding::Item& item : finding.items) {
    sequences.push_back(std::to_string(item.sequence.value()));
    if (sequences.size() > kShownMax) break;
  }
  return FirstOf(sequences, " ");
}

// The amount that stands for a finding: what its events add up to, or the largest of them.
std::string AmountText(Lang lang, const Finding& finding) {
  if (!finding.unit.has_value()) return "";
  const bool adds_up = finding.kind == FindingKind::kLate || finding.kind == FindingKind::kOverShort ||
                       finding.kind == FindingKind::kLongDay || finding.kind == FindingKind::kAfterClose;
  __extension__ __int128 sum = 0;
  int64_t largest = finding.items.front().amount;
  for (const Finding::Item& item : finding.items) {
    sum += item.amount;
    largest = std::max(largest, item.amount);
  }
  const int64_t amount =
      !adds_up ? largest : static_cast<int64_t>(std::clamp<__int128>(sum, INT64_MIN, INT64_MAX));
  const auto text = [&](int64_t value) {
    if (finding.unit == Unit::kMinutes) return FormatMinutes(lang, value);
    return FormatAmount(*finding.unit, value) + " " + std::string(UnitText(*finding.unit).In(lang));
  };
  if (finding.reference == 0) return text(amount);
  const Bilingual pattern = finding.kind == FindingKind::kUnusualAmount
                                ? Bilingual{"{amount} (usual: {reference})", "{amount}（通常 {reference}）"}
                            : finding.kind == FindingKind::kCardAtCap
                                ? Bilingual{"{amount} (cap: {reference})", "{amount}（上限 {reference}）"}
                                : Bilingual{"{amount} (limit: {reference})", "{amount}（限额 {reference}）"};
  return Fill(pattern.In(lang), {{"amount", text(amount)}, {"reference", text(finding.reference)}});
}

Table NewTable(Lang lang) {
  const auto say = [lang](const Bilingual& text) { return std::string(text.In(lang)); };
  return Table({{say({"what", "情形"})},
                {say({"date", "业务日期"})},
                {say({"events", "件数"}), Align::kRight},
                {say({"amount", "金额"}), Align::kRight},
                {say({"terminals", "终端"})},
                {say({"members", "居民"})},
                {say({"events' numbers", "事件号"})}});
}

}  // namespace

Bilingual FindingKindText(FindingKind kind) {
  switch (kind) {
    case FindingKind::kLate:
      return {"Recorded late (offline)", "离线补录"};
    case FindingKind::kDeclined:
      return {"Declined, by reason", "被拒绝的业务（按原因）"};
    case FindingKind::kReversed:
      return {"Reversals, and who made them", "冲正及经办"};
    case FindingKind::kApproval:
      return {"Requests for a second person", "双人复核"};
    case FindingKind::kOverShort:
      return {"Drawers over and short", "钱箱长短款"};
    case FindingKind::kTwoPlaces:
      return {"The same volunteer in two places", "同一志愿者同时出现在两处"};
    case FindingKind::kLongDay:
      return {"Days over the limit of human hours", "单日服务时长超出人力所及"};
    case FindingKind::kUnusualAmount:
      return {"Unusual amounts", "异常金额"};
    case FindingKind::kAfterClose:
      return {"Changed after the day was closed", "日结之后的变动"};
    case FindingKind::kCardAtCap:
      return {"Meal cards at the cap", "接近上限的饭卡"};
    case FindingKind::kVoided:
      return {"Serials used up without effect", "作废的流水号"};
  }
  return {};
}

void PrintFindings(Lang lang, const Findings& findings, std::ostream& out) {
  for (int number = 0; number < kFindingKinds; ++number) {
    const auto kind = static_cast<FindingKind>(number);
    Table table = NewTable(lang);
    size_t rows = 0;
    for (const Finding& finding : findings.findings) {
      if (finding.kind != kind || ++rows > kRowsMax) continue;
      table.Add({WhatTextOf(lang, finding), finding.day.has_value() ? FormatDay(*finding.day) : "",
                 FormatCount(static_cast<int64_t>(finding.items.size())), AmountText(lang, finding),
                 FirstOf(WrittenIds(IdKind::kTerminal, finding.terminals), " "),
                 FirstOf(WrittenIds(IdKind::kMember, finding.members), " "), FirstSequences(finding)});
    }
    if (table.empty()) continue;
    out << FindingKindText(kind).In(lang) << '\n';
    table.Print(out, 2);
    if (rows > kRowsMax) {
      out << Fill(Bilingual{"  … and {more} more: --csv or --json list all.\n",
                            "  ……另有 {more} 项：--csv 或 --json 可列出全部。\n"}
                      .In(lang),
                  {{"more", FormatCount(static_cast<int64_t>(rows - kRowsMax))}});
    }
    out << '\n';
  }
  if (findings.findings.empty()) out << Bilingual{"Nothing was found.\n", "没有发现。\n"}.In(lang);
  out << Fill(
      Bilingual{"Events 1 to {last} of {ledger} were read.\n", "已读取{ledger}第 1 至 {last} 件事件。\n"}.In(
          lang),
      {{"last", FormatCount(static_cast<int64_t>(findings.last.value()))}, {"ledger", findings.ledger_name}});
}

void WriteFindingsJson(const Findings& findings, std::ostream& out) {
  // One finding a line: there may be a great many events in one.
  std::string head = Dump(Json{{"ledger", findings.ledger_name},
                               {"time_zone", findings.time_zone},
                               {"sequence", findings.last.value()}},
                          true);
  head.resize(head.rfind('}') - 1);
  out << head << ",\n  \"findings\": [";
  const char* separator = "\n    ";
  for (const Finding& finding : findings.findings) {
    Json json = Json{{"kind", std::string(FindingKindName(finding.kind))}, {"what", finding.what}};
    json["date"] = finding.day.has_value() ? Json(FormatDay(*finding.day)) : Json(nullptr);
    json["unit"] = finding.unit.has_value() ? Json(std::string(UnitName(*finding.unit))) : Json(nullptr);
    json["reference"] = finding.reference != 0 ? Json(finding.reference) : Json(nullptr);
    json["terminals"] = WrittenIds(IdKind::kTerminal, finding.terminals);
    json["members"] = WrittenIds(IdKind::kMember, finding.members);
    json["sequences"] = Json::array();
    json["amounts"] = Json::array();
    for (const Finding::Item& item : finding.items) {
      json["sequences"].push_back(item.sequence.value());
      if (finding.unit.has_value()) json["amounts"].push_back(item.amount);
    }
    out << separator << Dump(json, false);
    separator = ",\n    ";
  }
  out << (findings.findings.empty() ? "" : "\n  ") << "]\n}\n";
}

void WriteFindingsCsv(const Findings& findings, std::ostream& out) {
  const auto all_of = [](const std::vector<std::string>& ids) {
    std::string text;
    for (const std::string& id : ids) text += (text.empty() ? "" : " ") + id;
    return text;
  };
  out << CsvLine({"kind", "what", "date", "sequence", "amount", "unit", "reference", "terminals", "members"});
  for (const Finding& finding : findings.findings) {
    const std::string terminals = all_of(WrittenIds(IdKind::kTerminal, finding.terminals));
    const std::string members = all_of(WrittenIds(IdKind::kMember, finding.members));
    for (const Finding::Item& item : finding.items) {
      out << CsvLine({std::string(FindingKindName(finding.kind)), finding.what,
                      finding.day.has_value() ? FormatDay(*finding.day) : "",
                      std::to_string(item.sequence.value()),
                      finding.unit.has_value() ? std::to_string(item.amount) : "",
                      finding.unit.has_value() ? std::string(UnitName(*finding.unit)) : "",
                      finding.reference != 0 ? std::to_string(finding.reference) : "", terminals, members});
    }
  }
}

}  // namespace redvest::client
