// redvest import: finds or enrols the import's terminal, sends the file, tells what came of every row.
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "clients/cli.h"
#include "clients/commands.h"
#include "clients/error_text.h"
#include "clients/import_reasons.h"
#include "clients/import_run.h"
#include "clients/json.h"
#include "clients/table.h"
#include "ledger/base/text.h"

namespace redvest::client {
namespace {

// Rows that are listed for people unless they ask for all.
constexpr size_t kListedRows = 20;
constexpr size_t kLabelBytesMax = 128;

struct ImportArguments {
  std::string path;
  std::string kind;
  uint64_t office_id = 0;
  bool all = false;
  std::string report;
};

std::string LabelFor(const ImportArguments& arguments) {
  const size_t slash = arguments.path.find_last_of('/');
  const std::string name = slash == std::string::npos ? arguments.path : arguments.path.substr(slash + 1);
  return absl::StrCat("import ", arguments.kind, " ", name);
}

class ImportCommand {
 public:
  ImportCommand(Context& context, const ImportArguments& arguments)
      : context_(context), arguments_(arguments), kind_(*ParseImportKind(arguments.kind)) {}

  int Run();

 private:
  std::optional<int> FindTerminal();
  // The terminal of --terminal, or the one that this file was imported under before; null where there is
  // none.
  const v1::Terminal* Choose(const v1::ListTerminalsResponse& list, const std::string& label) const;
  std::optional<int> Enrol(const v1::ListTerminalsResponse& list, const std::string& label);
  int Report(const Importer& importer);

  Json ToJson(const Importer& importer) const;
  Json ToJson(const RowNote& note) const;
  Json ToJson(const HistoryCheck::Difference& difference, uint64_t line) const;
  void WriteReport(const Importer& importer);
  void Print(const Importer& importer);
  void PrintNotes(const Importer& importer, RowNote::Kind kind, uint64_t count, Bilingual heading);
  void PrintDifferences(const Importer& importer);
  void PrintMore(uint64_t count, uint64_t listed);
  void PrintSummary(const Importer& importer);

  std::string Why(const RowNote& note) const;
  double RowsPerSecond(const Importer& importer) const {
    return static_cast<double>(importer.counts().rows) /
           std::max(1e-9, absl::ToDoubleSeconds(importer.duration()));
  }
  uint64_t Listed(uint64_t count) const {
    return arguments_.all ? count : std::min<uint64_t>(count, kListedRows);
  }
  std::string Say(const Bilingual& text) const { return context_.Say(text); }
  int FailInput(Bilingual pattern, std::initializer_list<std::pair<std::string_view, std::string>> values) {
    return context_.FailInput(Fill(pattern.In(context_.lang()), values));
  }

  Context& context_;
  const ImportArguments& arguments_;
  const ImportKind kind_;
  v1::Terminal terminal_;
  absl::TimeZone zone_;
  HistoryCheck check_;
  std::ofstream report_;
};

int ImportCommand::Run() {
  auto csv = CsvFile::Open(context_.lang(), arguments_.path, ColumnsOf(kind_));
  if (!csv.ok()) return context_.FailInput(ToStd(csv.status().message()));
  if (!arguments_.report.empty()) {
    report_.open(arguments_.report);
    if (!report_)
      return FailInput({"{path} cannot be written", "无法写入 {path}"}, {{"path", arguments_.report}});
  }
  auto ledger = context_.Ledger();
  if (!ledger.ok()) return context_.Fail(ledger.error());
  if (!absl::LoadTimeZone(ledger->time_zone(), &zone_)) {
    return FailInput({"this machine does not know the time zone {zone}: install the tzdata package",
                      "本机没有时区 {zone} 的资料：请安装 tzdata"},
                     {{"zone", ledger->time_zone()}});
  }
  if (const auto code = FindTerminal()) return *code;

  RowReader reader(kind_, zone_);
  Progress progress(context_, Say({"Importing rows", "正在导入"}), 0);
  Importer importer(context_.connection(), TerminalId(terminal_.terminal_id()),
                    Serial(terminal_.last_serial()), **csv, reader,
                    [&](int64_t rows) { progress.Show(rows); });
  if (const auto error = importer.Run()) {
    const int code = context_.Fail(*error);
    context_.err() << Fill(Say({"{rows} rows have their outcome; import the file again to go on from there.",
                                "已有 {rows} 行有了结果；再次导入同一文件即可从那里继续。"}),
                           {{"rows", FormatCount(static_cast<int64_t>(importer.counts().rows))}})
                   << '\n';
    return code;
  }
  if (!(*csv)->status().ok()) return context_.FailInput(ToStd((*csv)->status().message()));
  if (kind_ == ImportKind::kBankHistory) {
    // Where nothing was known of the file, its first row is the first event that it added.
    const Sequence from = terminal_.last_serial() == 0 ? importer.first_added() : Sequence(1);
    auto check = CheckHistory(context_.connection(), TerminalId(terminal_.terminal_id()), from);
    if (!check.ok()) return context_.Fail(check.error());
    check_ = *std::move(check);
  }
  return Report(importer);
}

std::optional<int> ImportCommand::FindTerminal() {
  const std::string label = LabelFor(arguments_);
  auto list =
      context_.connection().Call(&v1::DirectoryService::Stub::ListTerminals, v1::ListTerminalsRequest());
  if (!list.ok()) return context_.Fail(list.error());
  const v1::Terminal* terminal = Choose(*list, label);
  if (terminal == nullptr) {
    if (context_.flags.terminal_id == 0) return Enrol(*list, label);
    return FailInput({"no terminal {id} is enrolled: see redvest terminal list",
                      "没有登记终端 {id}：请用 redvest terminal list 查看"},
                     {{"id", FormatId(IdKind::kTerminal, context_.flags.terminal_id)}});
  }
  const std::string id = FormatId(IdKind::kTerminal, terminal->terminal_id());
  if (terminal->role() != v1::ROLE_IMPORT) {
    return FailInput({"{id} is not an import terminal: leave --terminal out, or name one of that role",
                      "{id} 不是导入终端：请去掉 --terminal，或改用导入终端"},
                     {{"id", id}});
  }
  if (terminal->retired()) {
    return FailInput({"{id}, under which this file was imported, is retired: nothing more can come in by it",
                      "此文件所用的导入终端 {id} 已停用，不能再导入"},
                     {{"id", id}});
  }
  terminal_ = *terminal;
  return std::nullopt;
}

const v1::Terminal* ImportCommand::Choose(const v1::ListTerminalsResponse& list,
                                          const std::string& label) const {
  for (const v1::Terminal& terminal : list.terminals()) {
    const bool wanted = context_.flags.terminal_id != 0 ? terminal.terminal_id() == context_.flags.terminal_id
                                                        : terminal.label() == label;
    if (wanted) return &terminal;
  }
  return nullptr;
}

std::optional<int> ImportCommand::Enrol(const v1::ListTerminalsResponse& list, const std::string& label) {
  if (label.size() > kLabelBytesMax || !IsPlainText(label)) {
    return FailInput(
        {"the name of the file does not make a terminal's label: rename it, or enrol an import terminal "
         "and name it with --terminal",
         "文件名不能用作终端名称：请改名，或先登记一个导入终端并用 --terminal 指明"},
        {});
  }
  uint64_t office = arguments_.office_id;
  for (const v1::Terminal& terminal : list.terminals()) {
    if (office == 0 && terminal.role() == v1::ROLE_OFFICE && !terminal.retired())
      office = terminal.terminal_id();
  }
  auto session = TerminalSession::Open(context_.connection(), TerminalId(office), context_.retry_options());
  if (!session.ok()) return context_.Fail(session.error());
  v1::EnrolTerminalRequest request;
  request.mutable_enrol_terminal()->set_role(v1::ROLE_IMPORT);
  request.mutable_enrol_terminal()->set_label(label);
  auto enrolled =
      session->Call(&v1::DirectoryService::Stub::EnrolTerminal, request, absl::ToUnixMillis(absl::Now()));
  if (!enrolled.ok()) return context_.Fail(enrolled.error());
  terminal_.set_terminal_id(enrolled->terminal_enrolled().terminal_id());
  terminal_.set_role(v1::ROLE_IMPORT);
  terminal_.set_label(label);
  return std::nullopt;
}

int ImportCommand::Report(const Importer& importer) {
  if (report_.is_open()) WriteReport(importer);
  if (context_.json()) {
    context_.out() << Dump(ToJson(importer), true) << '\n';
  } else {
    Print(importer);
  }
  if (report_.is_open() && !report_.flush()) {
    return FailInput({"{path} could not be written whole", "{path} 没有写完整"},
                     {{"path", arguments_.report}});
  }
  const ImportCounts& counts = importer.counts();
  return counts.declined + counts.unreadable + counts.changed == 0 ? kDone : kDeclined;
}

std::string ImportCommand::Why(const RowNote& note) const {
  return note.kind == RowNote::Kind::kUnreadable && note.problem.fault != RowFault::kRefused
             ? DescribeRow(context_.lang(), note.problem)
             : ErrorText(context_.lang(), note.error, context_.flags.server, zone_);
}

// --- For programs

Json ImportCommand::ToJson(const RowNote& note) const {
  Json json = {{"row", note.row}, {"line", note.line}};
  if (note.kind != RowNote::Kind::kUnreadable) json["reason"] = ReasonName(note.error.detail.reason());
  json["message"] = Why(note);
  return json;
}

Json ImportCommand::ToJson(const HistoryCheck::Difference& difference, uint64_t line) const {
  return {{"row", difference.row},
          {"line", line},
          {"source_id", difference.source_id},
          {"account_id", difference.account_id},
          {"source_balance_minor", difference.source_balance_fen},
          {"book_balance_minor", difference.book_balance_fen}};
}

Json ImportCommand::ToJson(const Importer& importer) const {
  const ImportCounts& counts = importer.counts();
  Json json = {{"kind", arguments_.kind},
               {"terminal_id", terminal_.terminal_id()},
               {"terminal", FormatId(IdKind::kTerminal, terminal_.terminal_id())},
               {"rows", counts.rows},
               {"recorded", counts.recorded},
               {"already_recorded", counts.already_recorded},
               {"declined", counts.declined},
               {"declined_by_reason", ReasonsJson(counts.declined_by_reason)},
               {"unreadable", counts.unreadable},
               {"changed", counts.changed}};
  if (kind_ == ImportKind::kBankHistory) {
    json["accounts"] = check_.accounts;
    json["accounts_opened"] = check_.accounts_opened;
    json["accounts_below_zero"] = check_.accounts_below_zero;
    json["differing"] = check_.differing.size();
    json["differing_by_rounding"] = check_.differing_by_rounding;
  }
  json["seconds"] = absl::ToDoubleSeconds(importer.duration());
  json["rows_per_second"] = static_cast<int64_t>(RowsPerSecond(importer));
  for (const char* list : {"declined_rows", "unreadable_rows", "changed_rows"}) json[list] = Json::array();
  for (const RowNote& note : importer.notes()) {
    const char* list = note.kind == RowNote::Kind::kDeclined     ? "declined_rows"
                       : note.kind == RowNote::Kind::kUnreadable ? "unreadable_rows"
                                                                 : "changed_rows";
    json[list].push_back(ToJson(note));
  }
  if (kind_ != ImportKind::kBankHistory) return json;
  Json& differing = json["differing_rows"] = Json::array();
  for (const auto& difference : check_.differing) {
    differing.push_back(ToJson(difference, importer.LineOf(difference.row)));
  }
  return json;
}

void ImportCommand::WriteReport(const Importer& importer) {
  report_ << "row,line,what,account_id,source_id,source_balance_minor,book_balance_minor,message\n";
  for (const RowNote& note : importer.notes()) {
    const char* what = note.kind == RowNote::Kind::kDeclined     ? "declined"
                       : note.kind == RowNote::Kind::kUnreadable ? "unreadable"
                                                                 : "changed";
    report_ << CsvLine({absl::StrCat(note.row), absl::StrCat(note.line), what, "", "", "", "", Why(note)});
  }
  for (const auto& difference : check_.differing) {
    report_ << CsvLine({absl::StrCat(difference.row), absl::StrCat(importer.LineOf(difference.row)),
                        "differing", absl::StrCat(difference.account_id), difference.source_id,
                        absl::StrCat(difference.source_balance_fen),
                        absl::StrCat(difference.book_balance_fen), ""});
  }
}

// --- For people

void ImportCommand::Print(const Importer& importer) {
  const ImportCounts& counts = importer.counts();
  PrintNotes(importer, RowNote::Kind::kUnreadable, counts.unreadable,
             {"Rows that cannot be read ({count}); their serials are used up as void:",
              "无法读取的行（{count}），其流水号已作废："});
  PrintNotes(importer, RowNote::Kind::kDeclined, counts.declined,
             {"Rows that the ledger declined ({count}):", "账本拒绝的行（{count}）："});
  PrintNotes(importer, RowNote::Kind::kChanged, counts.changed,
             {"Rows that were recorded earlier with another content, which stays ({count}):",
              "早先已按其他内容入账的行（{count}），以先前入账为准："});
  if (!check_.differing.empty()) PrintDifferences(importer);
  PrintSummary(importer);
}

void ImportCommand::PrintNotes(const Importer& importer, RowNote::Kind kind, uint64_t count,
                               Bilingual heading) {
  if (count == 0) return;
  context_.out() << Fill(Say(heading), {{"count", FormatCount(static_cast<int64_t>(count))}}) << '\n';
  Table table({{Say({"line", "行号"}), Table::Align::kRight},
               {Say({"serial", "流水号"}), Table::Align::kRight},
               {Say({"why", "原因"})}});
  uint64_t left = Listed(count);
  for (const RowNote& note : importer.notes()) {
    if (note.kind != kind || left == 0) continue;
    --left;
    table.Add({absl::StrCat(note.line), absl::StrCat(note.row), Why(note)});
  }
  table.Print(context_.out(), 2);
  PrintMore(count, Listed(count));
}

void ImportCommand::PrintDifferences(const Importer& importer) {
  const uint64_t count = check_.differing.size();
  context_.out() << Fill(Say({"Rows after which the book's balance is not the source's ({count}), in yuan:",
                              "入账后余额与来源不同的行（{count}），单位元："}),
                         {{"count", FormatCount(static_cast<int64_t>(count))}})
                 << '\n';
  Table table({{Say({"line", "行号"}), Table::Align::kRight},
               {Say({"source id", "来源编号"}), Table::Align::kRight},
               {Say({"account", "账户"}), Table::Align::kRight},
               {Say({"source", "来源余额"}), Table::Align::kRight},
               {Say({"book", "账本余额"}), Table::Align::kRight},
               {Say({"difference", "差额"}), Table::Align::kRight}});
  for (size_t i = 0; i < Listed(count); ++i) {
    const HistoryCheck::Difference& row = check_.differing[i];
    int64_t difference = 0;
    const bool fits = !__builtin_sub_overflow(row.source_balance_fen, row.book_balance_fen, &difference);
    table.Add({absl::StrCat(importer.LineOf(row.row)), row.source_id, absl::StrCat(row.account_id),
               FormatYuan(row.source_balance_fen), FormatYuan(row.book_balance_fen),
               fits ? FormatYuan(difference) : ""});
  }
  table.Print(context_.out(), 2);
  PrintMore(count, Listed(count));
}

void ImportCommand::PrintMore(uint64_t count, uint64_t listed) {
  if (count > listed) {
    context_.out() << "  "
                   << Fill(Say({"… and {count} more: --all lists them, --report FILE writes them as CSV",
                                "……另有 {count} 行：--all 全部列出，--report 文件名 写成 CSV"}),
                           {{"count", FormatCount(static_cast<int64_t>(count - listed))}})
                   << '\n';
  }
  context_.out() << '\n';
}

void ImportCommand::PrintSummary(const Importer& importer) {
  const ImportCounts& counts = importer.counts();
  Table table({{""}, {"", Table::Align::kRight}});
  const auto add = [&](Bilingual what, uint64_t count) {
    table.Add({Say(what), FormatCount(static_cast<int64_t>(count))});
  };
  add({"rows", "总行数"}, counts.rows);
  add({"recorded", "本次入账"}, counts.recorded);
  add({"already recorded", "早先已入账"}, counts.already_recorded);
  add({"declined", "拒绝"}, counts.declined);
  for (const auto& [reason, count] : counts.declined_by_reason) {
    table.Add({"  " + Say(ShortReason(reason)), FormatCount(static_cast<int64_t>(count))});
  }
  add({"unreadable", "无法读取"}, counts.unreadable);
  add({"changed", "内容已变"}, counts.changed);
  if (kind_ == ImportKind::kBankHistory) {
    add({"accounts", "涉及账户"}, check_.accounts);
    add({"accounts opened", "新开账户"}, check_.accounts_opened);
    add({"accounts below zero", "余额为负的账户"}, check_.accounts_below_zero);
    add({"balances that differ", "余额不符的行"}, check_.differing.size());
    add({"  by rounding only", "  仅因四舍五入"}, check_.differing_by_rounding);
  }
  table.Add(
      {Say({"seconds", "用时（秒）"}), absl::StrFormat("%.3f", absl::ToDoubleSeconds(importer.duration()))});
  add({"rows a second", "每秒行数"}, static_cast<uint64_t>(RowsPerSecond(importer)));
  context_.out() << Fill(Say({"Imported {path} as terminal {terminal}", "已导入 {path}，终端 {terminal}"}),
                         {{"path", arguments_.path},
                          {"terminal", FormatId(IdKind::kTerminal, terminal_.terminal_id())}})
                 << '\n';
  table.Print(context_.out(), 2);
}

std::string ColumnsHelp(const Context& context) {
  std::string help = context.Say({"Columns, exactly these and in this order:", "列名和顺序必须为："});
  for (ImportKind kind : {ImportKind::kBankHistory, ImportKind::kServiceHours, ImportKind::kMeals}) {
    absl::StrAppend(&help, "\n  ", ToAbsl(ImportKindName(kind)), "\n    ");
    std::string_view comma = "";
    for (std::string_view column : ColumnsOf(kind)) {
      absl::StrAppend(&help, ToAbsl(comma), ToAbsl(column));
      comma = ",";
    }
  }
  return help +
         context.Say(
             {"\nDates are YYYY-MM-DD, times YYYY-MM-DD HH:MM; members, teams and kinds of service are "
              "written "
              "with check\ncharacters (M12-58); beneficiary, team and a guest's member stay empty. Kinds of "
              "bank history: cash_deposit,\ncash_withdrawal, card_withdrawal, transfer_received, "
              "transfer_sent, interest_credited, fee_charged. Payment: cash,\nmeal-card, points. Each row "
              "has "
              "its own serial, so importing a file twice changes nothing.",
              "\n日期写作 YYYY-MM-DD，时间写作 YYYY-MM-DD "
              "HH:MM；居民、队伍、服务类别用带校验码的编号（M12-58）；服务对象、"
              "队伍和散客可留空。\n银行流水种类：cash_deposit、cash_withdrawal、card_withdrawal、transfer_"
              "received、"
              "transfer_sent、\ninterest_credited、fee_charged。付款方式：cash、meal-card、points。"
              "每行有自己的流水号，重复导入不会重复入账。"});
}

}  // namespace

void AddImportCommand(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<ImportArguments>();
  CLI::App& leaf = *AddLeaf(app, context, "import",
                            {{"Bring rows of a CSV file into the ledger", "把 CSV 文件逐行导入账本"},
                             "import history.csv --kind bank-history --report rows.csv"},
                            [&context, arguments] { return ImportCommand(context, *arguments).Run(); });
  leaf.footer(ColumnsHelp(context) + "\n\n" + leaf.get_footer());
  leaf.add_option("file", arguments->path, context.Say({"The CSV file", "CSV 文件"}))->required();
  leaf.add_option("--kind", arguments->kind, context.Say({"What its rows are", "文件内容的种类"}))
      ->required()
      ->check(CLI::IsMember({"bank-history", "service-hours", "meals"}));
  AddId(leaf, context, "--office", IdKind::kTerminal, arguments->office_id,
        {"Office terminal that enrols the import's terminal (else the first one). --terminal: an import "
         "terminal of "
         "your own",
         "用哪个办公室终端登记导入终端（默认第一个）；--terminal：指定已有的导入终端"});
  leaf.add_flag("--all", arguments->all,
                context.Say({"List every row that needs a look, not the first 20",
                             "列出全部需要留意的行，而不只是前 20 行"}));
  leaf.add_option("--report", arguments->report,
                  context.Say({"Write every row that needs a look to this CSV file",
                               "把全部需要留意的行写入此 CSV 文件"}));
}

}  // namespace redvest::client
