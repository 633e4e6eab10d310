#include <algorithm>
#include <map>

#include "clients/as_of.h"
#include "clients/cli.h"
#include "clients/commands.h"
#include "clients/json.h"
#include "clients/narrator.h"
#include "clients/table.h"

namespace redvest::client {
namespace {

using Align = Table::Align;

// Adds up the rows of a report as people read it.
class DayReport {
 public:
  DayReport(Context& context, const v1::GetDayReportResponse& report, const AsOfOption& as_of)
      : context_(context), report_(report), as_of_(as_of), narrator_(context) {}

  void Print(const std::string& ledger_name) {
    Heading(ledger_name);
    Meals();
    Subsidies();
    Drawers();
    Services();
    Goods();
    Events();
    context_.out() << TrueAtText(context_, as_of_, report_.sequence(), 0) << '\n';
  }

 private:
  std::string Say(const Bilingual& text) const { return context_.Say(text); }

  void Heading(const std::string& ledger_name) {
    static constexpr Bilingual kWeekdays[] = {
        {"Monday", "星期一"}, {"Tuesday", "星期二"},  {"Wednesday", "星期三"}, {"Thursday", "星期四"},
        {"Friday", "星期五"}, {"Saturday", "星期六"}, {"Sunday", "星期日"}};
    const std::optional<Day> day = ToDay(report_.date());
    std::string title = ledger_name + Say({" · Day report · ", " · 日报 · "});
    if (day.has_value()) {
      title += FormatDay(*day) + " " + Say(kWeekdays[static_cast<int>(absl::GetWeekday(*day))]);
    }
    context_.out() << title << '\n' << std::string(DisplayWidth(title), '=') << '\n';
    if (report_.events().empty())
      context_.out() << Say({"Nothing happened on this day.\n", "当日没有任何业务。\n"});
    if (report_.late_count() > 0) {
      context_.out() << Fill(
          Say({"{count} of the day's events were recorded late.\n", "其中 {count} 件为补录。\n"}),
          {{"count", FormatCount(report_.late_count())}});
    }
    context_.out() << '\n';
  }

  void Section(const Bilingual& title) { context_.out() << Say(title) << '\n'; }

  void Finish(const Table& table) {
    table.Print(context_.out(), 2);
    context_.out() << '\n';
  }

  void Meals() {
    if (report_.meals().empty()) return;
    Section({"Canteen", "食堂"});
    Table table({{Say({"age", "年龄段"})},
                 {Say({"paid by", "支付方式"})},
                 {Say({"portions", "份数"}), Align::kRight},
                 {Say({"paid, yuan", "实付（元）"}), Align::kRight},
                 {Say({"subsidy, yuan", "补贴（元）"}), Align::kRight},
                 {Say({"points", "积分"}), Align::kRight}});
    v1::MealTotal sum;
    for (const v1::MealTotal& row : report_.meals()) {
      // All that was sold was taken back.
      if (row.portions() == 0 && row.price_fen() == 0 && row.subsidy_fen() == 0) continue;
      const std::string band = row.age_band() == v1::AGE_BAND_UNSPECIFIED
                                   ? Say({"guests", "散客"})
                                   : TextOf(context_.lang(), row.age_band());
      table.Add({band, TextOf(context_.lang(), row.payment()), FormatCount(row.portions()),
                 FormatYuan(row.price_fen()), FormatYuan(row.subsidy_fen()),
                 row.points() == 0 ? "" : FormatCount(row.points())});
      sum.set_portions(sum.portions() + row.portions());
      sum.set_price_fen(sum.price_fen() + row.price_fen());
      sum.set_subsidy_fen(sum.subsidy_fen() + row.subsidy_fen());
      sum.set_points(sum.points() + row.points());
    }
    table.Add({Say({"total", "合计"}), "", FormatCount(sum.portions()), FormatYuan(sum.price_fen()),
               FormatYuan(sum.subsidy_fen()), sum.points() == 0 ? "" : FormatCount(sum.points())});
    Finish(table);
  }

  void Subsidies() {
    if (report_.subsidies().empty()) return;
    Section({"Subsidy to claim", "应申领补贴"});
    Table table({{Say({"funder", "补贴单位"})}, {Say({"yuan", "金额（元）"}), Align::kRight}});
    for (const v1::SubsidyTotal& row : report_.subsidies()) {
      table.Add({narrator_.Entry(v1::ENTRY_KIND_FUNDER, row.funder_id()), FormatYuan(row.subsidy_fen())});
    }
    Finish(table);
  }

  std::string OverShort(int64_t fen) const {
    if (fen == 0) return Say({"agrees", "相符"});
    return (fen > 0 ? Say({"over ", "长款 "}) : Say({"short ", "短款 "})) + FormatYuan(fen > 0 ? fen : -fen);
  }

  void Drawers() {
    if (report_.drawers().empty()) return;
    Section({"Drawers", "钱箱"});
    Table table({{Say({"terminal", "终端"})},
                 {Say({"in, yuan", "收入（元）"}), Align::kRight},
                 {Say({"out, yuan", "支出（元）"}), Align::kRight},
                 {Say({"counted, yuan", "实点（元）"}), Align::kRight},
                 {Say({"against the book", "账实"})},
                 {Say({"day", "日结"})}});
    for (const v1::DrawerTotal& row : report_.drawers()) {
      const bool counted = row.counts() > 0;
      table.Add({narrator_.Terminal(row.terminal_id()), FormatYuan(row.in_fen()), FormatYuan(row.out_fen()),
                 counted ? FormatYuan(row.counted_fen()) : "",
                 counted ? OverShort(row.over_short_fen()) : Say({"not counted", "未清点"}),
                 row.closed() ? Say({"closed", "已日结"}) : Say({"open", "未日结"})});
    }
    Finish(table);
  }

  void Services() {
    if (report_.services().empty()) return;
    Section({"Red vests at work", "红马甲志愿服务"});
    Table table({{Say({"kind of service", "服务类别"})},
                 {Say({"services", "次数"}), Align::kRight},
                 {Say({"time", "时长"}), Align::kRight},
                 {Say({"points awarded", "发放积分"}), Align::kRight}});
    v1::ServiceTotal sum;
    for (const v1::ServiceTotal& row : report_.services()) {
      table.Add({narrator_.Entry(v1::ENTRY_KIND_SERVICE_KIND, row.service_kind_id()),
                 FormatCount(row.services()), FormatMinutes(context_.lang(), row.minutes()),
                 FormatCount(row.points())});
      sum.set_services(sum.services() + row.services());
      sum.set_minutes(sum.minutes() + row.minutes());
      sum.set_points(sum.points() + row.points());
    }
    table.Add({Say({"total", "合计"}), FormatCount(sum.services()),
               FormatMinutes(context_.lang(), sum.minutes()), FormatCount(sum.points())});
    Finish(table);
  }

  void Goods() {
    if (report_.goods().empty()) return;
    Section({"Goods for points", "积分兑换"});
    Table table({{Say({"good", "商品"})},
                 {Say({"pieces", "件数"}), Align::kRight},
                 {Say({"points", "积分"}), Align::kRight}});
    for (const v1::GoodTotal& row : report_.goods()) {
      table.Add({narrator_.Entry(v1::ENTRY_KIND_GOOD, row.good_id()), FormatCount(row.pieces()),
                 FormatCount(row.points())});
    }
    Finish(table);
  }

  void Events() {
    if (report_.events().empty()) return;
    Section({"Everything that was recorded", "当日全部记录"});
    Table table({{Say({"event", "事项"})},
                 {Say({"count", "件数"}), Align::kRight},
                 {Say({"yuan", "金额（元）"}), Align::kRight}});
    for (const v1::EventTotal& row : report_.events()) {
      table.Add({EventText(context_.lang(), row.event()), FormatCount(row.count()),
                 row.amount_fen() == 0 ? "" : FormatYuan(row.amount_fen())});
    }
    Finish(table);
  }

  Context& context_;
  const v1::GetDayReportResponse& report_;
  const AsOfOption& as_of_;
  Narrator narrator_;
};

struct DayRequest {
  std::optional<Day> day;
  AsOfOption as_of;
};

int Show(Context& context, const DayRequest& wanted) {
  const auto ledger = context.Ledger();
  if (!ledger.ok()) return context.Fail(ledger.error());
  v1::GetDayReportRequest request;
  *request.mutable_date() = wanted.day.has_value() ? ToDate(*wanted.day) : ledger->today();
  if (const auto error = SetAsOf(context, wanted.as_of, request)) return context.Fail(*error);
  auto report = context.connection().Call(&v1::LedgerService::Stub::GetDayReport, request);
  if (!report.ok()) return context.Fail(report.error());
  if (context.json()) {
    Json json = ToJson(*report, context.Zone());
    AddAsOfJson(context, request.as_of(), 0, json);
    context.out() << Dump(json, true) << '\n';
  } else {
    DayReport(context, *report, wanted.as_of).Print(ledger->name());
  }
  return kDone;
}

}  // namespace

int ShowDayReport(Context& context, std::optional<Day> day) { return Show(context, {day, std::nullopt}); }

void AddReportCommand(CLI::App& app, Context& context) {
  CLI::App& family = *AddFamily(app, context, "report", {"Reports", "报表"});
  auto wanted = std::make_shared<DayRequest>();
  CLI::App& leaf = *AddLeaf(family, context, "day",
                            {{"What happened on a business date: meals, subsidy, drawers, service, goods",
                              "某一业务日的日报：餐食、补贴、钱箱、志愿服务、兑换"},
                             "report day 2026-11-21"},
                            [&context, wanted] { return Show(context, *wanted); });
  AddDay(leaf, context, "date", wanted->day, {"The business date (today)", "业务日期（默认今日）"});
  AddAsOfRecorded(leaf, context, wanted->as_of);
}

}  // namespace redvest::client
