#include <map>

#include "absl/strings/escaping.h"
#include "clients/as_of.h"
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

// Which account, when, and of a statement how much of it.
struct AccountRequest {
  std::string account;
  AsOfOption as_of;
  int64_t limit = 0;  // 0 = all
};

void PrintBalance(Context& context, const v1::GetBalanceResponse& response, const AsOfOption& as_of) {
  const v1::AccountBalance& row = response.balance();
  const std::optional<Account> account = ParseAccount(row.account());
  if (!account.has_value()) {
    context.out() << row.account() << "  " << row.balance() << ' ' << row.unit() << '\n';
    return;
  }
  const auto amount = [&](int64_t debit_positive) {
    return AmountAndUnit(context, account->kind, debit_positive);
  };
  const std::string side = SideText(context, row.balance());
  context.out() << AccountName(context.lang(), *account) << context.Say({": ", "："}) << amount(row.balance())
                << (side.empty() ? "" : context.Say({" (", "（"}) + side + context.Say({")", "）"})) << '\n'
                << row.account() << context.Say({", ", "，"})
                << TrueAtText(context, as_of, response.sequence(), response.recorded_sequence()) << '\n';
  if (!ByBusinessDate(as_of)) return;
  const std::string later = CameLaterText(context, row.balance(), row.recorded_balance(), amount);
  if (!later.empty()) context.out() << later << '\n';
}

int ShowBalance(Context& context, const AccountRequest& wanted) {
  v1::GetBalanceRequest request;
  request.set_account(wanted.account);
  if (const auto error = SetAsOf(context, wanted.as_of, request)) return context.Fail(*error);
  auto response = context.connection().Call(&v1::LedgerService::Stub::GetBalance, request);
  if (!response.ok()) return context.Fail(response.error());
  if (context.json()) {
    Json json = Json{{"sequence", response->sequence()}};
    AddAsOfJson(context, request.as_of(), response->recorded_sequence(), json);
    json.update(BalanceJson(response->balance(), wanted.as_of));
    context.out() << Dump(json, true) << '\n';
    return kDone;
  }
  PrintBalance(context, *response, wanted.as_of);
  return kDone;
}

// Prints pages as they come: an account can have more lines than memory should hold.
class StatementPrinter {
 public:
  StatementPrinter(Context& context, absl::TimeZone zone, const AsOfOption& as_of, const v1::AsOf& asked)
      : context_(context), zone_(zone), as_of_(as_of), asked_(asked) {}

  void Begin(const v1::GetStatementResponse& page) {
    account_ = ParseAccount(page.balance().account());
    recorded_sequence_ = page.recorded_sequence();
    if (context_.json()) {
      Json head = Json{{"sequence", page.sequence()}};
      AddAsOfJson(context_, asked_, recorded_sequence_, head);
      head.update(BalanceJson(page.balance(), as_of_));
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
        context_.Say({"amount", "金额"}), context_.Say({"balance", "余额"}), "");
    Row("----------", "-------------------", "------------------------", "--------------", "----------------",
        "");
  }

  void Line(const v1::StatementLine& line) {
    ++lines_;
    if (context_.json()) {
      context_.out() << (lines_ > 1 ? ",\n    " : "\n    ") << Dump(ToJson(line, zone_), false);
      return;
    }
    const bool later = ByBusinessDate(as_of_) && line.sequence() > recorded_sequence_;
    Row(FormatCount(static_cast<int64_t>(line.sequence())), FormatMoment(line.occurred_at_unix_ms(), zone_),
        EventText(context_.lang(), line.event()), Amount(line.amount()), Amount(line.balance()),
        later ? context_.Say({"  recorded later, ", "  后来补记，"}) +
                    FormatMoment(line.recorded_at_unix_ms(), zone_)
              : "");
  }

  void End(const v1::GetStatementResponse& last, bool more) {
    if (context_.json()) {
      context_.out() << (lines_ > 0 ? "\n  " : "") << "],\n  \"more\": " << (more ? "true" : "false")
                     << "\n}\n";
      return;
    }
    context_.out() << Fill(
        context_.Say({"balance {balance}, {when}\n", "余额 {balance}，{when}\n"}),
        {{"balance", Amount(last.balance().balance())},
         {"when", TrueAtText(context_, as_of_, last.sequence(), last.recorded_sequence())}});
    if (ByBusinessDate(as_of_)) {
      const std::string later =
          CameLaterText(context_, last.balance().balance(), last.balance().recorded_balance(),
                        [this](int64_t debit_positive) { return Amount(debit_positive); });
      if (!later.empty()) context_.out() << later << '\n';
    }
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
           const std::string& balance, const std::string& remark) {
    const auto right = [](size_t width, const std::string& text) {
      const size_t used = DisplayWidth(text);
      return (used < width ? std::string(width - used, ' ') : "") + text;
    };
    context_.out() << right(10, sequence) << "  " << PadTo(19, std::move(when)) << "  "
                   << PadTo(24, std::move(what)) << "  " << right(14, amount) << "  " << right(16, balance)
                   << remark << '\n';
  }

  Context& context_;
  const absl::TimeZone zone_;
  const AsOfOption& as_of_;
  const v1::AsOf& asked_;
  std::optional<Account> account_;
  uint64_t recorded_sequence_ = 0;
  int64_t lines_ = 0;
};

int ShowStatement(Context& context, const AccountRequest& wanted) {
  v1::GetStatementRequest request;
  request.set_account(wanted.account);
  if (const auto error = SetAsOf(context, wanted.as_of, request)) return context.Fail(*error);
  StatementPrinter printer(context, context.Zone(), wanted.as_of, request.as_of());
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

// Gathers the trial balance as it comes, or passes it on as JSON.
class TrialBalance {
 public:
  TrialBalance(Context& context, const AsOfOption& as_of, bool every_account)
      : context_(context),
        as_of_(as_of),
        every_account_(every_account),
        accounts_({{Say({"account", "账户"})},
                   {""},
                   {Say({"debit", "借方"}), Table::Align::kRight},
                   {Say({"credit", "贷方"}), Table::Align::kRight},
                   {Say({"unit", "单位"})}}),
        later_({{Say({"account", "账户"})},
                {""},
                {Say({"recorded by then", "当日已记"}), Table::Align::kRight},
                {Say({"recorded later", "后来补记"}), Table::Align::kRight},
                {Say({"unit", "单位"})}}) {}

  void Add(const v1::AccountBalance& row) {
    if (context_.json()) {
      context_.out() << (first_ ? "[\n  " : ",\n  ") << Dump(BalanceJson(row, as_of_), false);
      first_ = false;
      return;
    }
    const std::optional<Account> account = ParseAccount(row.account());
    if (!account.has_value()) return;
    const int64_t balance = row.balance();
    KindTotal& total = totals_[account->kind];
    ++total.accounts;
    (balance > 0 ? total.debits : total.credits) += balance > 0 ? balance : -static_cast<__int128>(balance);
    if (ByBusinessDate(as_of_) && balance != row.recorded_balance()) AddLater(row, *account);
    if (!every_account_) return;
    const Unit unit = RuleOf(account->kind).unit;
    accounts_.Add({row.account(), AccountName(context_.lang(), *account),
                   balance > 0 ? FormatAmount(unit, balance) : "",
                   balance < 0 ? FormatAmount(unit, -balance) : "", Say(UnitText(unit))});
  }

  void Finish(uint64_t sequence, uint64_t recorded_sequence) {
    if (context_.json()) {
      context_.out() << (first_ ? "[]\n" : "\n]\n");
      return;
    }
    if (every_account_) {
      accounts_.Print(context_.out());
      context_.out() << '\n';
    }
    PrintSums(context_, totals_);
    context_.out() << TrueAtText(context_, as_of_, sequence, recorded_sequence) << '\n';
    if (differing_ == 0) return;
    context_.out() << Fill(Say({"\nOf {count} accounts a part was recorded later (offline sales):\n",
                                "\n{count} 个账户有后来补记的业务（离线业务）：\n"}),
                           {{"count", FormatCount(differing_)}});
    later_.Print(context_.out());
    if (differing_ > kLaterMax) {
      context_.out() << Say({"… and more; --json lists them all.\n", "……还有更多；--json 可列出全部。\n"});
    }
  }

 private:
  static constexpr int64_t kLaterMax = 20;

  std::string Say(const Bilingual& text) const { return context_.Say(text); }

  void AddLater(const v1::AccountBalance& row, const Account& account) {
    if (++differing_ > kLaterMax) return;
    int64_t later = 0;
    const bool overflow = __builtin_sub_overflow(row.balance(), row.recorded_balance(), &later);
    const Unit unit = RuleOf(account.kind).unit;
    later_.Add({row.account(), AccountName(context_.lang(), account),
                FormatAmount(unit, Natural(account.kind, row.recorded_balance())),
                overflow ? "" : FormatAmount(unit, Natural(account.kind, later)), Say(UnitText(unit))});
  }

  Context& context_;
  const AsOfOption& as_of_;
  const bool every_account_;
  Table accounts_;
  // The first of those whose balance is not what had been recorded by the end of the business date.
  Table later_;
  int64_t differing_ = 0;
  std::map<AccountKind, KindTotal> totals_;
  bool first_ = true;
};

struct TrialBalanceRequest {
  AsOfOption as_of;
  bool every_account = false;
};

int ShowTrialBalance(Context& context, const TrialBalanceRequest& wanted) {
  v1::GetTrialBalanceRequest request;
  if (const auto error = SetAsOf(context, wanted.as_of, request)) return context.Fail(*error);
  TrialBalance trial(context, wanted.as_of, wanted.every_account);
  uint64_t sequence = 0;
  uint64_t recorded_sequence = 0;
  const auto error = context.connection().Stream(&v1::LedgerService::Stub::GetTrialBalance, request,
                                                 [&](const v1::GetTrialBalanceResponse& part) {
                                                   sequence = part.sequence();
                                                   recorded_sequence = part.recorded_sequence();
                                                   for (const auto& row : part.balances()) trial.Add(row);
                                                   return true;
                                                 });
  if (error.has_value()) return context.Fail(*error);
  trial.Finish(sequence, recorded_sequence);
  return kDone;
}

}  // namespace

void AddBooksCommands(CLI::App& app, Context& context) {
  constexpr Bilingual kAccount = {"Name of the account, such as liabilities:meal-card:57 or memo:demand:2378",
                                  "账户名，例如 liabilities:meal-card:57 或 memo:demand:2378"};
  AddLeaf(app, context, "ledger",
          {{"The ledger itself: name, size, Merkle root", "账本概况：名称、事件数、默克尔根"}, "ledger"},
          [&context] { return ShowLedger(context); });

  auto balance = std::make_shared<AccountRequest>();
  CLI::App& balance_leaf =
      *AddLeaf(app, context, "balance",
               {{"Balance of one account, now or in the past", "查询一个账户现在或过去的余额"},
                "balance liabilities:meal-card:57 --as-of \"2026-11-21 18:00\""},
               [&context, balance] { return ShowBalance(context, *balance); });
  AddText(
      balance_leaf, context, "account", [balance](const std::string& text) { balance->account = text; },
      kAccount)
      ->required();
  AddAsOf(balance_leaf, context, balance->as_of);

  auto statement = std::make_shared<AccountRequest>();
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
  AddAsOf(statement_leaf, context, statement->as_of);

  auto trial_request = std::make_shared<TrialBalanceRequest>();
  CLI::App& trial =
      *AddLeaf(app, context, "trial-balance",
               {{"Every account's balance; debits and credits agree in each unit. --json lists the accounts "
                 "one by one, debit above zero.",
                 "试算平衡表：各单位借贷相等；--json 逐户列出，借方为正"},
                "trial-balance --accounts"},
               [&context, trial_request] { return ShowTrialBalance(context, *trial_request); });
  AddFlag(trial, context, "--accounts", [trial_request](bool on) { trial_request->every_account = on; },
          {"List every account, not only sums by kind", "逐户列出，而不只是分类合计"});
  AddAsOf(trial, context, trial_request->as_of);
}

}  // namespace redvest::client
