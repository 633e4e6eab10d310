#include "clients/demo_report.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "clients/import_reasons.h"
#include "clients/narrator.h"
#include "clients/table.h"
#include "clients/words.h"
#include "ledger/accounting/posting.h"
#include "ledger/base/text.h"

namespace redvest::client {
namespace {

using event::v1::Event;
using Align = Table::Align;

constexpr v1::AgeBand kBands[] = {v1::AGE_BAND_UNDER_60, v1::AGE_BAND_60_TO_69,    v1::AGE_BAND_70_TO_79,
                                  v1::AGE_BAND_80_TO_89, v1::AGE_BAND_90_AND_OVER, v1::AGE_BAND_UNSPECIFIED};
constexpr v1::Payment kPayments[] = {v1::PAYMENT_CASH, v1::PAYMENT_MEAL_CARD, v1::PAYMENT_POINTS};
constexpr Unit kUnits[] = {Unit::kFen, Unit::kPoints, Unit::kMinutes, Unit::kPieces};
constexpr size_t kTopTeams = 5;

// The bank's business, in the order of the report.
constexpr struct {
  Event::BodyCase body;
  Bilingual text;
} kBankRows[] = {
    {Event::kCashDeposited, {"cash deposited", "现金存入"}},
    {Event::kCashWithdrawn, {"cash withdrawn", "现金支取"}},
    {Event::kTransferReceived, {"transfers in", "转账转入"}},
    {Event::kTransferSent, {"transfers out", "转账转出"}},
    {Event::kBillPaid, {"bills paid", "代缴费用"}},
    {Event::kTimeDepositOpened, {"time deposits opened", "存入定期"}},
    {Event::kTimeDepositWithdrawn, {"time deposits paid back", "支取定期"}},
    {Event::kInterestCredited, {"interest credited", "活期结息"}},
    {Event::kFeeCharged, {"fees charged", "收费"}},
};

DemoTally::Meals& operator+=(DemoTally::Meals& total, const DemoTally::Meals& more) {
  total.portions += more.portions;
  total.price_fen += more.price_fen;
  total.subsidy_fen += more.subsidy_fen;
  total.points += more.points;
  return total;
}

DemoTally::Meals MealsOf(const DemoTally& tally, v1::AgeBand band, v1::Payment payment) {
  const auto found = tally.meals.find({band, payment});
  return found == tally.meals.end() ? DemoTally::Meals() : found->second;
}

DemoTally::Meals MealsOf(const DemoTally& tally, v1::AgeBand band) {
  DemoTally::Meals total;
  for (v1::Payment payment : kPayments) total += MealsOf(tally, band, payment);
  return total;
}

DemoTally::Service Total(const std::map<uint64_t, DemoTally::Service>& services) {
  DemoTally::Service total;
  for (const auto& [id, service] : services) {
    total.services += service.services;
    total.minutes += service.minutes;
    total.points += service.points;
  }
  return total;
}

DemoTally::Good Total(const std::map<uint64_t, DemoTally::Good>& goods) {
  DemoTally::Good total;
  for (const auto& [id, good] : goods) {
    total.pieces += good.pieces;
    total.points += good.points;
  }
  return total;
}

DemoTally::Money MoneyOf(const DemoTally& tally, Event::BodyCase body) {
  const auto found = tally.money.find(body);
  return found == tally.money.end() ? DemoTally::Money() : found->second;
}

// Teams by hours served, most first.
std::vector<std::pair<uint64_t, DemoTally::Service>> Teams(const DemoTally& tally) {
  std::vector<std::pair<uint64_t, DemoTally::Service>> teams(tally.services_by_team.begin(),
                                                             tally.services_by_team.end());
  std::stable_sort(teams.begin(), teams.end(),
                   [](const auto& a, const auto& b) { return a.second.minutes > b.second.minutes; });
  return teams;
}

int64_t PerSecond(const DemoRun& run) {
  return static_cast<int64_t>(static_cast<double>(run.commands()) /
                              std::max(1e-9, absl::ToDoubleSeconds(run.duration())));
}

class Printer {
 public:
  Printer(Context& context, const DemoRun& run)
      : context_(context), out_(context.out()), run_(run), tally_(run.tally()), narrator_(context) {}

  void Print() {
    PrintHead();
    PrintVolunteers();
    PrintCanteen();
    PrintBank();
    PrintDrawers();
    PrintDeclines();
    PrintWork();
    PrintProof();
  }

 private:
  std::string Say(const Bilingual& text) const { return context_.Say(text); }
  std::string SayFill(const Bilingual& pattern,
                      std::initializer_list<std::pair<std::string_view, std::string>> values) const {
    return Fill(pattern.In(context_.lang()), values);
  }
  void Heading(Bilingual text) { out_ << '\n' << Say(text) << '\n'; }
  void Line(const std::string& text) { out_ << "  " << text << '\n'; }

  void PrintHead() {
    const DemoOptions& options = run_.options();
    const Town& town = run_.place().town;
    const auto ledger = context_.Ledger();
    out_ << SayFill({"{name}: days {from} to {to} ({days}), seed {seed}",
                     "{name}：{days} 天，{from} 至 {to}，种子 {seed}"},
                    {{"name", ledger.ok() ? ledger->name() : ""},
                     {"days", FormatCount(options.days)},
                     {"from", FormatDay(options.start)},
                     {"to", FormatDay(options.start + options.days - 1)},
                     {"seed", absl::StrCat(options.seed)}})
         << '\n';
    Line(SayFill(
        {"{residents} residents, {elders} of them elders, {alone} living alone; {volunteers} volunteers in "
         "{teams} teams",
         "居民 {residents} 人，其中老人 {elders} 人、独居 {alone} 人；志愿者 {volunteers} 人，{teams} "
         "支红马甲队伍"},
        {{"residents", FormatCount(options.residents)},
         {"elders", FormatCount(static_cast<int64_t>(town.elders.size()))},
         {"alone", FormatCount(static_cast<int64_t>(town.alone.size()))},
         {"volunteers", FormatCount(static_cast<int64_t>(town.volunteers.size()))},
         {"teams", FormatCount(town.teams)}}));
    const DemoTally::Service paper = Total(run_.opening().services_by_kind);
    const DemoTally::Money balances = MoneyOf(run_.opening(), Event::kBankHistoryRecorded);
    Line(SayFill(
        {"carried in from paper: {services} services, {hours}; {accounts} bank accounts with {yuan} yuan",
         "从纸质记录带入：服务 {services} 次、{hours}；银行账户 {accounts} 个、存款 {yuan} 元"},
        {{"services", FormatCount(paper.services)},
         {"hours", FormatMinutes(context_.lang(), paper.minutes)},
         {"accounts", FormatCount(balances.count)},
         {"yuan", FormatYuan(balances.fen)}}));
  }

  void PrintVolunteers() {
    const DemoTally::Service served = Total(tally_.services_by_kind);
    const DemoTally::Good given = Total(tally_.goods);
    Heading({"Red vests", "红马甲"});
    Line(SayFill(
        {"{services} services, {hours}, {points} points earned; {spent} points spent on {pieces} goods",
         "服务 {services} 次，{hours}，得 {points} 积分；花 {spent} 积分兑换 {pieces} 件商品"},
        {{"services", FormatCount(served.services)},
         {"hours", FormatMinutes(context_.lang(), served.minutes)},
         {"points", FormatCount(served.points)},
         {"spent", FormatCount(given.points)},
         {"pieces", FormatCount(given.pieces)}}));
    Table table({{Say({"most hours", "时长居前的队伍"})},
                 {Say({"services", "次数"}), Align::kRight},
                 {Say({"hours", "时长"}), Align::kRight},
                 {Say({"points", "积分"}), Align::kRight}});
    const auto teams = Teams(tally_);
    for (size_t i = 0; i < std::min(teams.size(), kTopTeams); ++i) {
      const auto& [id, service] = teams[i];
      table.Add({narrator_.EntryLabel(v1::ENTRY_KIND_TEAM, id), FormatCount(service.services),
                 FormatMinutes(context_.lang(), service.minutes), FormatCount(service.points)});
    }
    table.Print(out_, 2);
    PrintByKind();
  }

  void PrintByKind() {
    out_ << '\n';
    Table table({{Say({"kind of service", "服务类别"})},
                 {Say({"services", "次数"}), Align::kRight},
                 {Say({"hours", "时长"}), Align::kRight},
                 {Say({"points", "积分"}), Align::kRight}});
    for (const auto& [id, service] : tally_.services_by_kind) {
      table.Add({narrator_.EntryLabel(v1::ENTRY_KIND_SERVICE_KIND, id), FormatCount(service.services),
                 FormatMinutes(context_.lang(), service.minutes), FormatCount(service.points)});
    }
    table.Print(out_, 2);
    if (tally_.goods.empty()) return;
    out_ << '\n';
    Table goods({{Say({"good", "兑换商品"})},
                 {Say({"pieces", "件数"}), Align::kRight},
                 {Say({"points", "积分"}), Align::kRight},
                 {Say({"in stock", "库存"}), Align::kRight}});
    for (const auto& [id, good] : tally_.goods) {
      goods.Add({narrator_.EntryLabel(v1::ENTRY_KIND_GOOD, id), FormatCount(good.pieces),
                 FormatCount(good.points), FormatCount(run_.place().books.Held({AccountKind::kStock, id}))});
    }
    goods.Print(out_, 2);
  }

  void PrintCanteen() {
    Heading({"Elder canteen (portions; money in yuan)", "乐龄食堂（份数；金额单位元）"});
    Table table({{Say({"age", "年龄段"})},
                 {TextOf(context_.lang(), v1::PAYMENT_CASH), Align::kRight},
                 {TextOf(context_.lang(), v1::PAYMENT_MEAL_CARD), Align::kRight},
                 {TextOf(context_.lang(), v1::PAYMENT_POINTS), Align::kRight},
                 {Say({"all", "合计"}), Align::kRight},
                 {Say({"paid", "已付"}), Align::kRight},
                 {Say({"subsidy", "补贴"}), Align::kRight}});
    std::array<int64_t, std::size(kPayments)> by_payment{};
    DemoTally::Meals total;
    const auto add = [&](const std::string& name, const std::array<int64_t, 3>& portions,
                         const DemoTally::Meals& all) {
      table.Add({name, FormatCount(portions[0]), FormatCount(portions[1]), FormatCount(portions[2]),
                 FormatCount(all.portions), FormatYuan(all.price_fen), FormatYuan(all.subsidy_fen)});
    };
    for (v1::AgeBand band : kBands) {
      std::array<int64_t, std::size(kPayments)> portions{};
      for (size_t i = 0; i < std::size(kPayments); ++i) {
        portions[i] = MealsOf(tally_, band, kPayments[i]).portions;
        by_payment[i] += portions[i];
      }
      const DemoTally::Meals all = MealsOf(tally_, band);
      total += all;
      add(band == v1::AGE_BAND_UNSPECIFIED ? Say({"guests", "散客"}) : TextOf(context_.lang(), band),
          portions, all);
    }
    add(Say({"all", "合计"}), by_payment, total);
    table.Print(out_, 2);
    const DemoTally::Money top_ups = MoneyOf(tally_, Event::kMealCardToppedUp);
    const DemoTally::Money refunds = MoneyOf(tally_, Event::kMealCardRefunded);
    Line(SayFill({"subsidy to claim: {subsidy} yuan; points taken for meals: {points}",
                  "应收补贴 {subsidy} 元；抵餐费积分 {points} 分"},
                 {{"subsidy", FormatYuan(total.subsidy_fen)}, {"points", FormatCount(total.points)}}));
    Line(SayFill({"meal cards: {in} yuan in by {top_ups} top-ups, {out} yuan out by refunds ({refunds})",
                  "饭卡：充值 {top_ups} 笔共 {in} 元，退款 {refunds} 笔共 {out} 元"},
                 {{"top_ups", FormatCount(top_ups.count)},
                  {"in", FormatYuan(top_ups.fen)},
                  {"refunds", FormatCount(refunds.count)},
                  {"out", FormatYuan(refunds.fen)}}));
  }

  void PrintBank() {
    Heading({"Bank station", "金融服务站"});
    Table table({{Say({"business", "业务"})},
                 {Say({"how many", "笔数"}), Align::kRight},
                 {Say({"yuan", "元"}), Align::kRight}});
    const auto add = [&](Bilingual text, const DemoTally::Money& money) {
      if (money.count > 0) table.Add({Say(text), FormatCount(money.count), FormatYuan(money.fen)});
    };
    for (const auto& row : kBankRows) add(row.text, MoneyOf(tally_, row.body));
    add({"float brought by the bank", "银行送来备用金"}, tally_.float_brought);
    add({"float taken by the bank", "银行取走备用金"}, tally_.float_taken);
    table.Print(out_, 2);
    if (tally_.interest_fen > 0) {
      Line(SayFill({"interest paid on time deposits: {yuan} yuan", "定期存款付息 {yuan} 元"},
                   {{"yuan", FormatYuan(tally_.interest_fen)}}));
    }
  }

  void PrintDrawers() {
    Heading({"Drawers (yuan)", "钱箱（元）"});
    Table table({{Say({"terminal", "终端"})},
                 {Say({"days closed", "日结天数"}), Align::kRight},
                 {Say({"counted right", "清点相符"}), Align::kRight},
                 {Say({"over", "长款"}), Align::kRight},
                 {Say({"short", "短款"}), Align::kRight},
                 {Say({"now holds", "现有"}), Align::kRight}});
    for (const auto& [terminal, drawer] : tally_.drawers) {
      table.Add({narrator_.TerminalLabel(terminal), FormatCount(drawer.days_closed),
                 absl::StrCat(drawer.exact, "/", drawer.counts), FormatYuan(drawer.over_fen),
                 FormatYuan(drawer.short_fen),
                 FormatYuan(run_.place().books.Held({AccountKind::kDrawer, terminal}))});
    }
    table.Print(out_, 2);
  }

  void PrintDeclines() {
    if (tally_.declines.empty()) return;
    Heading({"Declined, and kept in the log as declined", "拒绝受理（拒绝本身也已入账）"});
    Table table({{""}, {"", Align::kRight}});
    AddReasons(context_.lang(), tally_.declines, table);
    table.Print(out_, 2);
  }

  void PrintWork() {
    Heading({"Work", "处理"});
    Line(SayFill({"{commands} commands in {seconds} s, {rate} a second; mistakes reversed: {reversals}",
                  "{commands} 条指令，用时 {seconds} 秒，每秒 {rate} 条；冲正 {reversals} 笔"},
                 {{"commands", FormatCount(run_.commands())},
                  {"seconds", absl::StrFormat("%.1f", absl::ToDoubleSeconds(run_.duration()))},
                  {"rate", FormatCount(PerSecond(run_))},
                  {"reversals", FormatCount(tally_.reversals)}}));
    Line(SayFill({"{resent} commands sent again as after a lost connection, {twice} recorded twice",
                  "断线后重发 {resent} 条指令，重复入账 {twice} 条"},
                 {{"resent", FormatCount(run_.resent())}, {"twice", FormatCount(run_.recorded_twice())}}));
  }

  void PrintProof() {
    const DemoProof& proof = run_.proof();
    Heading({"Do the books balance?", "账平不平？"});
    Table table({{Say({"unit", "单位"})}, {Say({"sum of all accounts", "全部科目之和"}), Align::kRight}});
    for (Unit unit : kUnits) {
      table.Add({Say(UnitText(unit)), FormatAmount(unit, proof.sums[static_cast<size_t>(unit)])});
    }
    table.Print(out_, 2);
    Line(SayFill(
        {"{accounts} accounts of the server's trial balance at sequence {sequence}; {differing} differ from "
         "the demo's own books",
         "服务器试算平衡表（序号 {sequence}）共 {accounts} 个科目，与演示自己的账相比不符 {differing} 个"},
        {{"accounts", FormatCount(proof.accounts)},
         {"sequence", FormatCount(static_cast<int64_t>(proof.sequence))},
         {"differing", FormatCount(proof.differing)}}));
    Line(SayFill({"Merkle root over {events} events: {root}", "{events} 个事件的默克尔根：{root}"},
                 {{"events", FormatCount(static_cast<int64_t>(proof.ledger_sequence))},
                  {"root", absl::BytesToHexString(proof.root_hash)}}));
    Line(Say(proof.sound() ? Bilingual{"The books balance.", "账平。"}
                           : Bilingual{"THE BOOKS DO NOT BALANCE.", "账不平！"}));
  }

  Context& context_;
  std::ostream& out_;
  const DemoRun& run_;
  const DemoTally& tally_;
  Narrator narrator_;
};

Json MoneyJson(const DemoTally::Money& money) { return {{"count", money.count}, {"amount_fen", money.fen}}; }

Json ServiceJson(const DemoTally::Service& service) {
  return {{"services", service.services}, {"minutes", service.minutes}, {"points", service.points}};
}

Json BankJson(const DemoTally& tally) {
  Json json = Json::object();
  for (const auto& row : kBankRows) {
    json[Event::descriptor()->FindFieldByNumber(row.body)->name()] = MoneyJson(MoneyOf(tally, row.body));
  }
  json["float_brought"] = MoneyJson(tally.float_brought);
  json["float_taken"] = MoneyJson(tally.float_taken);
  json["time_deposit_interest_fen"] = tally.interest_fen;
  return json;
}

Json CanteenJson(const DemoTally& tally) {
  Json json = {{"meals", Json::array()},
               {"top_ups", MoneyJson(MoneyOf(tally, Event::kMealCardToppedUp))},
               {"refunds", MoneyJson(MoneyOf(tally, Event::kMealCardRefunded))}};
  for (const auto& [key, meals] : tally.meals) {
    json["meals"].push_back({{"age_band", WordOf(v1::AgeBand_descriptor(), key.first)},
                             {"payment", WordOf(v1::Payment_descriptor(), key.second)},
                             {"portions", meals.portions},
                             {"price_fen", meals.price_fen},
                             {"subsidy_fen", meals.subsidy_fen},
                             {"points", meals.points}});
  }
  return json;
}

Json VolunteersJson(const DemoTally& tally) {
  Json json = ServiceJson(Total(tally.services_by_kind));
  const DemoTally::Good given = Total(tally.goods);
  json["pieces_given"] = given.pieces;
  json["points_spent"] = given.points;
  json["teams"] = Json::array();
  for (const auto& [id, service] : Teams(tally)) {
    Json team = {{"team_id", id}, {"team", FormatId(IdKind::kTeam, id)}};
    team.update(ServiceJson(service));
    json["teams"].push_back(team);
  }
  return json;
}

Json ProofJson(const DemoProof& proof) {
  Json sums = Json::object();
  for (Unit unit : kUnits) sums[std::string(UnitName(unit))] = proof.sums[static_cast<size_t>(unit)];
  return {{"sound", proof.sound()},
          {"trial_balance_sequence", proof.sequence},
          {"accounts", proof.accounts},
          {"sums", sums},
          {"accounts_differing_from_own_books", proof.differing},
          {"sequence", proof.ledger_sequence},
          {"root_hash", absl::BytesToHexString(proof.root_hash)}};
}

}  // namespace

void PrintDemoReport(Context& context, const DemoRun& run) { Printer(context, run).Print(); }

Json DemoReportJson(const DemoRun& run) {
  const DemoOptions& options = run.options();
  const Town& town = run.place().town;
  Json drawers = Json::array();
  for (const auto& [terminal, drawer] : run.tally().drawers) {
    drawers.push_back({{"terminal", FormatId(IdKind::kTerminal, terminal)},
                       {"days_closed", drawer.days_closed},
                       {"counts", drawer.counts},
                       {"counted_right", drawer.exact},
                       {"over_fen", drawer.over_fen},
                       {"short_fen", drawer.short_fen},
                       {"holds_fen", run.place().books.Held({AccountKind::kDrawer, terminal})}});
  }
  return {{"days", options.days},
          {"from", FormatDay(options.start)},
          {"to", FormatDay(options.start + options.days - 1)},
          {"seed", options.seed},
          {"residents", options.residents},
          {"elders", town.elders.size()},
          {"volunteers", town.volunteers.size()},
          {"paper",
           {{"services", ServiceJson(Total(run.opening().services_by_kind))},
            {"bank_balances", MoneyJson(MoneyOf(run.opening(), Event::kBankHistoryRecorded))}}},
          {"service", VolunteersJson(run.tally())},
          {"canteen", CanteenJson(run.tally())},
          {"bank", BankJson(run.tally())},
          {"drawers", drawers},
          {"declined_by_reason", ReasonsJson(run.tally().declines)},
          {"reversals", run.tally().reversals},
          {"commands", run.commands()},
          {"seconds", absl::ToDoubleSeconds(run.duration())},
          {"commands_per_second", PerSecond(run)},
          {"resent", run.resent()},
          {"recorded_twice", run.recorded_twice()},
          {"proof", ProofJson(run.proof())}};
}

}  // namespace redvest::client
