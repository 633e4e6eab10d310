// redvest bank reconcile: the bank's statement against the book.
#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "clients/cli.h"
#include "clients/commands.h"
#include "clients/csv_file.h"
#include "clients/import_rows.h"
#include "clients/json.h"
#include "clients/reconcile_match.h"
#include "clients/table.h"
#include "ledger/base/text.h"

namespace redvest::client {
namespace {

constexpr std::string_view kColumns[] = {"reference", "account_id", "date", "kind", "amount_minor"};
constexpr size_t kListedRows = 20;

struct ReconcileArguments {
  std::string path;
  std::optional<Day> from;
  std::optional<Day> to;
  bool all = false;
};

class ReconcileCommand {
 public:
  ReconcileCommand(Context& context, const ReconcileArguments& arguments)
      : context_(context), arguments_(arguments) {}

  int Run();

 private:
  // Reads the bank's file into bank_. A statement with a line that cannot be read proves nothing, so any is
  // an error. The exit code, where there is one.
  std::optional<int> ReadBank();
  std::optional<CallError> ReadBook(absl::TimeZone zone);
  bool InRange(Day day) const { return day >= from_ && day <= to_; }

  Json ToJson(const Reconciliation& result) const;
  void Print(const Reconciliation& result);
  void PrintOneSided(const std::vector<BankEntry>& entries, const std::vector<size_t>& which,
                     Bilingual heading, Bilingual place);
  void PrintDiffering(const Reconciliation& result);
  void PrintMore(size_t count);
  size_t Listed(size_t count) const { return arguments_.all ? count : std::min(count, kListedRows); }
  std::string Say(const Bilingual& text) const { return context_.Say(text); }

  Context& context_;
  const ReconcileArguments& arguments_;
  Day from_;
  Day to_;
  std::vector<BankEntry> bank_;
  std::vector<BankEntry> book_;
};

// Reads one row; nothing where a field is wrong, with the column's name in `fault`.
std::optional<BankEntry> ReadEntry(const CsvFile& csv, std::string_view& fault) {
  const auto& fields = csv.fields();
  const std::optional<int64_t> account = ParseWhole(fields[1]);
  const std::optional<Day> day = ParseDay(fields[2]);
  const std::optional<BankEntryKind> kind = ParseBankEntryKind(fields[3]);
  const std::optional<int64_t> amount = ParseWhole(fields[4]);
  const bool account_valid = account && *account >= 1 && static_cast<uint64_t>(*account) <= kIdMax;
  const bool amount_valid = amount && *amount >= 1 && *amount <= kAmountMax;
  if (!account_valid || !day || !kind || !amount_valid) {
    fault = kColumns[!account_valid ? 1 : !day ? 2 : !kind ? 3 : 4];
    return std::nullopt;
  }
  return BankEntry{.place = csv.line(),
                   .reference = std::string(fields[0]),
                   .account_id = static_cast<uint64_t>(*account),
                   .day = *day,
                   .kind = *kind,
                   .amount_fen = *amount};
}

std::optional<int> ReconcileCommand::ReadBank() {
  auto csv = CsvFile::Open(context_.lang(), arguments_.path, kColumns);
  if (!csv.ok()) return context_.FailInput(ToStd(csv.status().message()));
  while ((*csv)->Next()) {
    std::string_view fault;
    std::optional<BankEntry> entry;
    if ((*csv)->fault() == CsvFault::kNone) entry = ReadEntry(**csv, fault);
    if (!entry) {
      return context_.FailInput(
          Fill(Say({"{path}, line {line} cannot be read: {fault}. Nothing was compared.",
                    "{path} 第 {line} 行无法读取：{fault}。没有进行对账。"}),
               {{"path", arguments_.path},
                {"line", absl::StrCat((*csv)->line())},
                {"fault", fault.empty() ? Say({"not the five columns of its header", "不是表头的五列"})
                                        : std::string(fault)}}));
    }
    bank_.push_back(*std::move(entry));
  }
  if (!(*csv)->status().ok()) return context_.FailInput(ToStd((*csv)->status().message()));
  return std::nullopt;
}

std::optional<CallError> ReconcileCommand::ReadBook(absl::TimeZone zone) {
  v1::ReadEventsRequest request;
  for (const char* event : {"cash_deposited", "cash_withdrawn", "time_deposit_opened",
                            "time_deposit_withdrawn", "bill_paid", "transfer_received", "transfer_sent",
                            "interest_credited", "fee_charged", "bank_history_recorded", "event_reversed"}) {
    request.add_event(event);
  }
  DayFinder days(zone);
  absl::flat_hash_map<uint64_t, size_t> by_sequence;
  std::vector<bool> reversed;
  auto error = context_.connection().Stream(
      &v1::AuditService::Stub::ReadEvents, request, [&](const v1::ReadEventsResponse& response) {
        for (const v1::SequencedEvent& item : response.events()) {
          if (item.event().has_event_reversed()) {
            const auto found = by_sequence.find(item.event().event_reversed().command().sequence());
            if (found != by_sequence.end()) reversed[found->second] = true;
            continue;
          }
          const Day day = days.DayOf(item.event().occurred_at_unix_ms());
          std::optional<BankEntry> entry = BankEntryOf(item.event());
          if (!entry || !InRange(day)) continue;
          entry->place = item.sequence();
          entry->day = day;
          by_sequence[item.sequence()] = book_.size();
          book_.push_back(*std::move(entry));
          reversed.push_back(false);
        }
        return true;
      });
  size_t kept = 0;
  for (size_t i = 0; i < book_.size(); ++i) {
    if (reversed[i]) continue;
    if (kept != i) book_[kept] = std::move(book_[i]);
    ++kept;
  }
  book_.resize(kept);
  return error;
}

int ReconcileCommand::Run() {
  if (const auto code = ReadBank()) return *code;
  if (bank_.empty() && (!arguments_.from || !arguments_.to)) {
    return context_.FailInput(Say({"the file has no rows: name the days with --from and --to",
                                   "文件中没有数据行：请用 --from 和 --to 指明日期"}));
  }
  const auto by_day = [](const BankEntry& a, const BankEntry& b) { return a.day < b.day; };
  const auto [first, last] = std::minmax_element(bank_.begin(), bank_.end(), by_day);
  from_ = arguments_.from ? *arguments_.from : first->day;
  to_ = arguments_.to ? *arguments_.to : last->day;
  std::erase_if(bank_, [&](const BankEntry& entry) { return !InRange(entry.day); });

  auto ledger = context_.Ledger();
  if (!ledger.ok()) return context_.Fail(ledger.error());
  if (const auto error = ReadBook(context_.Zone())) return context_.Fail(*error);

  const Reconciliation result = Reconcile(bank_, book_);
  if (context_.json()) {
    context_.out() << Dump(ToJson(result), true) << '\n';
  } else {
    Print(result);
  }
  const bool whole = result.differing.empty() && result.missing_here.empty() && result.missing_there.empty();
  return whole ? kDone : kDeclined;
}

Json EntryJson(const BankEntry& entry, const char* place) {
  return {{place, entry.place},
          {"reference", entry.reference},
          {"account_id", entry.account_id},
          {"date", FormatDay(entry.day)},
          {"kind", BankEntryKindName(entry.kind)},
          {"amount_minor", entry.amount_fen}};
}

Json ReconcileCommand::ToJson(const Reconciliation& result) const {
  Json json = {{"from", FormatDay(from_)},         {"to", FormatDay(to_)},
               {"matched", result.matched.size()}, {"differing", Json::array()},
               {"missing_here", Json::array()},    {"missing_there", Json::array()}};
  for (const auto& [bank, book] : result.differing) {
    json["differing"].push_back(
        {{"bank", EntryJson(bank_[bank], "line")}, {"book", EntryJson(book_[book], "sequence")}});
  }
  for (size_t i : result.missing_here) json["missing_here"].push_back(EntryJson(bank_[i], "line"));
  for (size_t i : result.missing_there) json["missing_there"].push_back(EntryJson(book_[i], "sequence"));
  return json;
}

void ReconcileCommand::Print(const Reconciliation& result) {
  PrintDiffering(result);
  PrintOneSided(bank_, result.missing_here,
                {"Missing here: in the bank's file, not in the book ({count})",
                 "账本缺少：银行有、账本没有（{count}）"},
                {"line", "行号"});
  PrintOneSided(book_, result.missing_there,
                {"Missing there: in the book, not in the bank's file ({count})",
                 "银行缺少：账本有、银行没有（{count}）"},
                {"sequence", "序号"});
  context_.out() << Fill(Say({"Reconciled {from} to {to}", "对账区间 {from} 至 {to}"}),
                         {{"from", FormatDay(from_)}, {"to", FormatDay(to_)}})
                 << '\n';
  Table table({{""}, {"", Table::Align::kRight}});
  const auto add = [&](Bilingual what, size_t count) {
    table.Add({Say(what), FormatCount(static_cast<int64_t>(count))});
  };
  add({"bank's rows", "银行行数"}, bank_.size());
  add({"book's events", "账本事件"}, book_.size());
  add({"matched", "相符"}, result.matched.size());
  add({"differing", "内容不同"}, result.differing.size());
  add({"missing here", "账本缺少"}, result.missing_here.size());
  add({"missing there", "银行缺少"}, result.missing_there.size());
  table.Print(context_.out(), 2);
}

void ReconcileCommand::PrintOneSided(const std::vector<BankEntry>& entries, const std::vector<size_t>& which,
                                     Bilingual heading, Bilingual place) {
  if (which.empty()) return;
  context_.out() << Fill(Say(heading), {{"count", FormatCount(static_cast<int64_t>(which.size()))}}) << '\n';
  Table table({{Say(place), Table::Align::kRight},
               {Say({"date", "日期"})},
               {Say({"account", "账户"}), Table::Align::kRight},
               {Say({"kind", "种类"})},
               {Say({"yuan", "元"}), Table::Align::kRight},
               {Say({"reference", "凭证号"})}});
  for (size_t i = 0; i < Listed(which.size()); ++i) {
    const BankEntry& entry = entries[which[i]];
    table.Add({absl::StrCat(entry.place), FormatDay(entry.day), absl::StrCat(entry.account_id),
               Say(BankEntryKindText(entry.kind)), FormatYuan(entry.amount_fen), entry.reference});
  }
  table.Print(context_.out(), 2);
  PrintMore(which.size());
}

void ReconcileCommand::PrintDiffering(const Reconciliation& result) {
  if (result.differing.empty()) return;
  context_.out() << Fill(Say({"Same reference, different content ({count})",
                              "凭证号相同、内容不同（{count}）"}),
                         {{"count", FormatCount(static_cast<int64_t>(result.differing.size()))}})
                 << '\n';
  Table table({{Say({"reference", "凭证号"})},
               {Say({"side", "来源"})},
               {Say({"line / sequence", "行号/序号"}), Table::Align::kRight},
               {Say({"date", "日期"})},
               {Say({"account", "账户"}), Table::Align::kRight},
               {Say({"kind", "种类"})},
               {Say({"yuan", "元"}), Table::Align::kRight}});
  for (size_t i = 0; i < Listed(result.differing.size()); ++i) {
    const BankEntry& bank = bank_[result.differing[i].first];
    const BankEntry& book = book_[result.differing[i].second];
    for (const auto& [entry, side] :
         {std::pair(&bank, Bilingual{"bank", "银行"}), std::pair(&book, Bilingual{"book", "账本"})}) {
      table.Add({entry == &bank ? bank.reference : "", Say(side), absl::StrCat(entry->place),
                 FormatDay(entry->day), absl::StrCat(entry->account_id), Say(BankEntryKindText(entry->kind)),
                 FormatYuan(entry->amount_fen)});
    }
  }
  table.Print(context_.out(), 2);
  PrintMore(result.differing.size());
}

void ReconcileCommand::PrintMore(size_t count) {
  if (count > Listed(count)) {
    context_.out() << "  "
                   << Fill(Say({"… and {count} more: --all lists them", "……另有 {count} 行：--all 全部列出"}),
                           {{"count", FormatCount(static_cast<int64_t>(count - Listed(count)))}})
                   << '\n';
  }
  context_.out() << '\n';
}

}  // namespace

void AddReconcileCommand(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<ReconcileArguments>();
  CLI::App& leaf =
      *AddLeaf(app, context, "reconcile",
               {{"Compare the bank's statement (CSV) with the book", "用银行对账单（CSV）核对账本"},
                "bank reconcile statement.csv --from 2026-11-01 --to 2026-11-30"},
               [&context, arguments] { return ReconcileCommand(context, *arguments).Run(); });
  leaf.footer(
      context.Say(
          {"Columns: reference,account_id,date,kind,amount_minor. Kinds: cash_deposit, cash_withdrawal,\n"
           "card_withdrawal, transfer_received, transfer_sent, interest_credited, fee_charged, "
           "bill_payment,\n"
           "time_deposit_opened, time_deposit_paid_back. Exit code 1 where anything does not match.\n\n",
           "列：reference,account_id,date,kind,amount_minor。种类：cash_deposit、cash_withdrawal、\n"
           "card_withdrawal、transfer_received、transfer_sent、interest_credited、fee_charged、bill_"
           "payment、\n"
           "time_deposit_opened、time_deposit_paid_back。有任何不符时退出码为 1。\n\n"}) +
      leaf.get_footer());
  leaf.add_option("file", arguments->path, context.Say({"The bank's statement", "银行对账单文件"}))
      ->required();
  AddDay(leaf, context, "--from", arguments->from,
         {"First day (else the file's first)", "起始日（默认取文件中最早的一天）"});
  AddDay(leaf, context, "--to", arguments->to,
         {"Last day (else the file's last)", "截止日（默认取文件中最晚的一天）"});
  leaf.add_flag(
      "--all", arguments->all,
      context.Say({"List every row, not the first 20 of each list", "全部列出，而不只是每类前 20 行"}));
}

}  // namespace redvest::client
