#include <map>

#include "absl/strings/escaping.h"
#include "clients/cli.h"
#include "clients/commands.h"
#include "clients/json.h"
#include "clients/narrator.h"
#include "clients/table.h"
#include "ledger/accounting/account.h"
#include "ledger/base/text.h"

namespace redvest::client {
namespace {

// An amount on its natural side: above zero where the account normally stands.
int64_t Natural(AccountKind kind, int64_t debit_positive) {
  return TextOf(kind).credit_normal ? -debit_positive : debit_positive;
}

std::string AmountAndUnit(Context& context, AccountKind kind, int64_t debit_positive) {
  const Unit unit = RuleOf(kind).unit;
  return FormatAmount(unit, Natural(kind, debit_positive)) + " " + context.Say(UnitText(unit));
}

// Which side of the books an amount stands on.
std::string SideText(const Context& context, int64_t debit_positive) {
  if (debit_positive == 0) return "";
  return context.Say(debit_positive > 0 ? Bilingual{"debit", "借"} : Bilingual{"credit", "贷"});
}

int ShowLedger(Context& context) {
  const auto ledger = context.Ledger();
  if (!ledger.ok()) return context.Fail(ledger.error());
  if (context.json()) {
    context.out() << Dump(ToJson(*ledger, context.Zone()), true) << '\n';
    return kDone;
  }
  const std::optional<Day> today = ToDay(ledger->today());
  Table table({{""}, {""}});
  table.Add({context.Say({"ledger", "账本"}), ledger->name()});
  table.Add({context.Say({"time zone", "时区"}), ledger->time_zone()});
  table.Add({context.Say({"today", "今日"}), today.has_value() ? FormatDay(*today) : "?"});
  table.Add({context.Say({"events", "事件数"}), FormatCount(static_cast<int64_t>(ledger->sequence()))});
  table.Add({context.Say({"Merkle root", "默克尔根"}), absl::BytesToHexString(ledger->root_hash())});
  table.Print(context.out());
  return kDone;
}

int ShowBalance(Context& context, const std::string& name) {
  v1::GetBalanceRequest request;
  request.set_account(name);
  auto response = context.connection().Call(&v1::LedgerService::Stub::GetBalance, request);
  if (!response.ok()) return context.Fail(response.error());
  if (context.json()) {
    Json json = Json{{"sequence", response->sequence()}};
    json.update(ToJson(response->balance(), absl::UTCTimeZone()));
    context.out() << Dump(json, true) << '\n';
    return kDone;
  }
  const std::optional<Account> account = ParseAccount(response->balance().account());
  if (!account.has_value()) {
    context.out() << response->balance().account() << "  " << response->balance().balance() << ' '
                  << response->balance().unit() << '\n';
    return kDone;
  }
  const int64_t balance = response->balance().balance();
  const std::string side = SideText(context, balance);
  context.out() << AccountName(context.lang(), *account) << context.Say({": ", "："})
                << AmountAndUnit(context, account->kind, balance)
                << (side.empty() ? "" : context.Say({" (", "（"}) + side + context.Say({")", "）"})) << '\n'
                << Fill(context.Say({"{account}, true at event {sequence}\n",
                                     "{account}，截至第 {sequence} 号事件\n"}),
                        {{"account", response->balance().account()},
                         {"sequence", std::to_string(response->sequence())}});
  return kDone;
}

struct StatementRequest {
  std::string account;
  int64_t limit = 0;  // 0 = all
};

// Prints pages as they come: an account can have more lines than memory should hold.
class StatementPrinter {
 public:
  StatementPrinter(Context& context, absl::TimeZone zone) : context_(context), zone_(zone) {}

  void Begin(const v1::GetStatementResponse& page) {
    account_ = ParseAccount(page.balance().account());
    if (context_.json()) {
      Json head = Json{{"sequence", page.sequence()}};
      head.update(ToJson(page.balance(), zone_));
      std::string text = Dump(head, true);
      text.resize(text.rfind('}') - 1);
      context_.out() << text << ",\n  \"lines\": [";
      return;
    }
    if (account_.has_value()) {
      context_.out() << AccountName(context_.lang(), *account_) << context_.Say({", in ", "，单位："})
                     << context_.Say(UnitText(RuleOf(account_->kind).unit)) << '\n';
    }
    Row(context_.Say({"event", "事件号"}), context_.Say({"when", "发生时间"}), context_.Say({"what", "事项"}),
        context_.Say({"amount", "金额"}), context_.Say({"balance", "余额"}));
    Row("----------", "-------------------", "------------------------", "--------------",
        "----------------");
  }

  void Line(const v1::StatementLine& line) {
    ++lines_;
    if (context_.json()) {
      context_.out() << (lines_ > 1 ? ",\n    " : "\n    ") << Dump(ToJson(line, zone_), false);
      return;
    }
    Row(FormatCount(static_cast<int64_t>(line.sequence())), FormatMoment(line.occurred_at_unix_ms(), zone_),
        EventText(context_.lang(), line.event()), Amount(line.amount()), Amount(line.balance()));
  }

  void End(const v1::GetStatementResponse& last, bool more) {
    if (context_.json()) {
      context_.out() << (lines_ > 0 ? "\n  " : "") << "],\n  \"more\": " << (more ? "true" : "false")
                     << "\n}\n";
      return;
    }
    context_.out() << Fill(
        context_.Say(
            {"balance {balance}, true at event {sequence}\n", "余额 {balance}，截至第 {sequence} 号事件\n"}),
        {{"balance", Amount(last.balance().balance())}, {"sequence", std::to_string(last.sequence())}});
    if (more)
      context_.out() << context_.Say(
          {"There are more lines: raise --limit.\n", "还有更多行：请加大 --limit。\n"});
  }

  int64_t lines() const { return lines_; }

 private:
  std::string Amount(int64_t debit_positive) const {
    if (!account_.has_value()) return FormatCount(debit_positive);
    return FormatAmount(RuleOf(account_->kind).unit, Natural(account_->kind, debit_positive));
  }

  void Row(std::string sequence, std::string when, std::string what, const std::string& amount,
           const std::string& balance) {
    const auto right = [](size_t width, const std::string& text) {
      const size_t used = DisplayWidth(text);
      return (used < width ? std::string(width - used, ' ') : "") + text;
    };
    context_.out() << right(10, sequence) << "  " << PadTo(19, std::move(when)) << "  "
                   << PadTo(24, std::move(what)) << "  " << right(14, amount) << "  " << right(16, balance)
                   << '\n';
  }

  Context& context_;
  const absl::TimeZone zone_;
  std::optional<Account> account_;
  int64_t lines_ = 0;
};

int ShowStatement(Context& context, const StatementRequest& wanted) {
  StatementPrinter printer(context, context.Zone());
  v1::GetStatementRequest request;
  request.set_account(wanted.account);
  request.set_page_size(1000);
  while (true) {
    auto page = context.connection().Call(&v1::LedgerService::Stub::GetStatement, request);
    if (!page.ok()) return context.Fail(page.error());
    if (request.page_token().empty()) printer.Begin(*page);
    for (const v1::StatementLine& line : page->lines()) {
      if (wanted.limit != 0 && printer.lines() == wanted.limit) {
        printer.End(*page, true);
        return kDone;
      }
      printer.Line(line);
    }
    if (page->next_page_token().empty()) {
      printer.End(*page, false);
      return kDone;
    }
    request.set_page_token(page->next_page_token());
  }
}

// All accounts of one kind together.
struct KindTotal {
  int64_t accounts = 0;
  __int128 debits = 0;
  __int128 credits = 0;
};

std::string Total(Unit unit, __int128 amount) {
  return amount > INT64_MAX ? "> " + FormatAmount(unit, INT64_MAX)
                            : FormatAmount(unit, static_cast<int64_t>(amount));
}

void PrintSums(Context& context, const std::map<AccountKind, KindTotal>& totals) {
  Table table({{context.Say({"account", "账户"})},
               {""},
               {context.Say({"accounts", "户数"}), Table::Align::kRight},
               {context.Say({"debit", "借方"}), Table::Align::kRight},
               {context.Say({"credit", "贷方"}), Table::Align::kRight},
               {context.Say({"unit", "单位"})}});
  std::map<Unit, KindTotal> by_unit;
  for (const auto& [kind, total] : totals) {
    const AccountRule& rule = RuleOf(kind);
    table.Add({std::string(rule.name), std::string(TextOf(kind).text.In(context.lang())),
               FormatCount(total.accounts), total.debits == 0 ? "" : Total(rule.unit, total.debits),
               total.credits == 0 ? "" : Total(rule.unit, total.credits), context.Say(UnitText(rule.unit))});
    by_unit[rule.unit].debits += total.debits;
    by_unit[rule.unit].credits += total.credits;
  }
  for (const auto& [unit, total] : by_unit) {
    table.Add({context.Say({"total", "合计"}),
               total.debits == total.credits ? context.Say({"balanced", "借贷相等"})
                                             : context.Say({"DOES NOT BALANCE", "借贷不平！"}),
               "", Total(unit, total.debits), Total(unit, total.credits), context.Say(UnitText(unit))});
  }
  table.Print(context.out());
}

int ShowTrialBalance(Context& context, bool every_account) {
  const bool json = context.json();
  Table table({{context.Say({"account", "账户"})},
               {""},
               {context.Say({"debit", "借方"}), Table::Align::kRight},
               {context.Say({"credit", "贷方"}), Table::Align::kRight},
               {context.Say({"unit", "单位"})}});
  std::map<AccountKind, KindTotal> totals;
  uint64_t sequence = 0;
  bool first = true;
  const auto add = [&](const v1::AccountBalance& row) {
    if (json) {
      context.out() << (first ? "[\n  " : ",\n  ") << Dump(ToJson(row, absl::UTCTimeZone()), false);
      first = false;
      return;
    }
    const std::optional<Account> account = ParseAccount(row.account());
    if (!account.has_value()) return;
    const int64_t balance = row.balance();
    KindTotal& total = totals[account->kind];
    ++total.accounts;
    (balance > 0 ? total.debits : total.credits) += balance > 0 ? balance : -static_cast<__int128>(balance);
    if (!every_account) return;
    const Unit unit = RuleOf(account->kind).unit;
    table.Add({row.account(), AccountName(context.lang(), *account),
               balance > 0 ? FormatAmount(unit, balance) : "",
               balance < 0 ? FormatAmount(unit, -balance) : "", context.Say(UnitText(unit))});
  };
  const auto error =
      context.connection().Stream(&v1::LedgerService::Stub::GetTrialBalance, v1::GetTrialBalanceRequest(),
                                  [&](const v1::GetTrialBalanceResponse& part) {
                                    sequence = part.sequence();
                                    for (const auto& row : part.balances()) add(row);
                                    return true;
                                  });
  if (error.has_value()) return context.Fail(*error);
  if (json) {
    context.out() << (first ? "[]\n" : "\n]\n");
    return kDone;
  }
  if (every_account) {
    table.Print(context.out());
    context.out() << '\n';
  }
  PrintSums(context, totals);
  context.out() << Fill(context.Say({"true at event {sequence}\n", "截至第 {sequence} 号事件\n"}),
                        {{"sequence", std::to_string(sequence)}});
  return kDone;
}

}  // namespace

void AddBooksCommands(CLI::App& app, Context& context) {
  constexpr Bilingual kAccount = {"Name of the account, such as liabilities:meal-card:57 or memo:demand:2378",
                                  "账户名，例如 liabilities:meal-card:57 或 memo:demand:2378"};
  AddLeaf(app, context, "ledger",
          {{"The ledger itself: name, size, Merkle root", "账本概况：名称、事件数、默克尔根"}, "ledger"},
          [&context] { return ShowLedger(context); });

  auto balance = std::make_shared<std::string>();
  CLI::App& balance_leaf =
      *AddLeaf(app, context, "balance",
               {{"Balance of one account", "查询一个账户的余额"}, "balance liabilities:meal-card:57"},
               [&context, balance] { return ShowBalance(context, *balance); });
  AddText(
      balance_leaf, context, "account", [balance](const std::string& text) { *balance = text; }, kAccount)
      ->required();

  auto statement = std::make_shared<StatementRequest>();
  CLI::App& statement_leaf = *AddLeaf(app, context, "statement",
                                      {{"Every posting of an account with the running balance, oldest first",
                                        "账户明细及逐笔余额，先发生的在前"},
                                       "statement memo:demand:2378 --limit 20"},
                                      [&context, statement] { return ShowStatement(context, *statement); });
  AddText(
      statement_leaf, context, "account", [statement](const std::string& text) { statement->account = text; },
      kAccount)
      ->required();
  AddNumber(statement_leaf, context, "--limit", statement->limit, 1, INT64_MAX,
            {"At most this many lines; without it all", "最多显示多少行；不写即全部"});

  auto every = std::make_shared<bool>(false);
  CLI::App& trial =
      *AddLeaf(app, context, "trial-balance",
               {{"Every account's balance; debits and credits agree in each unit. --json lists the accounts "
                 "one by one, debit above zero.",
                 "试算平衡表：各单位借贷相等；--json 逐户列出，借方为正"},
                "trial-balance --accounts"},
               [&context, every] { return ShowTrialBalance(context, *every); });
  AddFlag(trial, context, "--accounts", [every](bool on) { *every = on; },
          {"List every account, not only sums by kind", "逐户列出，而不只是分类合计"});
}

}  // namespace redvest::client
