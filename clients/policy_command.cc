#include <google/protobuf/util/json_util.h>

#include <fstream>
#include <sstream>

#include "clients/cli.h"
#include "clients/commands.h"
#include "clients/issue.h"
#include "clients/json.h"
#include "clients/narrator.h"
#include "clients/table.h"

namespace redvest::client {
namespace {

using Align = Table::Align;

std::string DayText(const v1::Date& date) {
  const std::optional<Day> day = ToDay(date);
  return day.has_value() ? FormatDay(*day) : "?";
}

// A policy as people read it.
class PolicyPrinter {
 public:
  explicit PolicyPrinter(Context& context) : context_(context), narrator_(context) {}

  void Print(const v1::AdoptedPolicy& adopted) {
    const v1::Policy& policy = adopted.policy();
    context_.out() << Fill(
        Say({"Policy version {version}, effective from {day}\n\n", "制度第 {version} 版，{day} 起生效\n\n"}),
        {{"version", std::to_string(adopted.version())}, {"day", DayText(policy.effective_from())}});
    Service(policy);
    Meals(policy);
    Bank(policy);
    SecondPerson(policy);
  }

 private:
  std::string Say(const Bilingual& text) const { return context_.Say(text); }

  void Service(const v1::Policy& policy) {
    Table rates(
        {{Say({"kind of service", "服务类别"})}, {Say({"points an hour", "每小时积分"}), Align::kRight}});
    for (const v1::ServiceRate& rate : policy.service_rates()) {
      rates.Add({narrator_.Entry(v1::ENTRY_KIND_SERVICE_KIND, rate.service_kind_id()),
                 FormatCount(rate.points_per_hour())});
    }
    rates.Print(context_.out());
    context_.out() << Fill(
        Say({"counted at most {activity} an activity and {day} a day\n\n",
             "每次活动最多计 {activity}，每日最多计 {day}\n\n"}),
        {{"activity", FormatMinutes(context_.lang(), policy.counted_minutes_per_activity_max())},
         {"day", FormatMinutes(context_.lang(), policy.counted_minutes_per_day_max())}});
    Table goods({{Say({"good", "商品"})}, {Say({"points a piece", "每件积分"}), Align::kRight}});
    for (const v1::GoodPrice& price : policy.good_prices()) {
      goods.Add({narrator_.Entry(v1::ENTRY_KIND_GOOD, price.good_id()), FormatCount(price.price_points())});
    }
    if (!goods.empty()) {
      goods.Print(context_.out());
      context_.out() << '\n';
    }
  }

  void Meals(const v1::Policy& policy) {
    Table meals({{Say({"meals, by age", "餐价（按年龄）"})},
                 {Say({"member pays, yuan", "个人付（元）"}), Align::kRight},
                 {Say({"subsidy, yuan", "补贴（元）"}), Align::kRight},
                 {Say({"or points", "或积分"}), Align::kRight}});
    meals.Add({Say({"standard", "标准价"}), FormatYuan(policy.meal_standard_price_fen()), "", ""});
    for (const v1::MealPrice& price : policy.meal_prices()) {
      meals.Add({TextOf(context_.lang(), price.age_band()), FormatYuan(price.price_fen()),
                 FormatYuan(price.subsidy_fen()),
                 price.price_points() == 0 ? "" : FormatCount(price.price_points())});
    }
    meals.Print(context_.out());
    Table rest({{""}, {""}});
    if (policy.meal_funder_id() != 0) {
      rest.Add({Say({"subsidy is paid by", "补贴单位"}),
                narrator_.Entry(v1::ENTRY_KIND_FUNDER, policy.meal_funder_id())});
    }
    rest.Add({Say({"portions a member and day", "每人每日份数"}), FormatCount(policy.meals_per_day_max())});
    rest.Add({Say({"meal card holds at most", "饭卡余额上限"}), Yuan(policy.meal_card_balance_max_fen())});
    rest.Add({Say({"offline sales may overdraw it by", "离线售餐可透支"}),
              Yuan(policy.meal_card_offline_limit_fen())});
    rest.Add({Say({"events are late after", "超过此时长为补录"}),
              FormatCount(policy.late_after_seconds()) + Say({" seconds", " 秒"})});
    rest.Print(context_.out());
    context_.out() << '\n';
  }

  void Bank(const v1::Policy& policy) {
    Table rest({{""}, {""}});
    rest.Add({Say({"cash a card and day, at most", "每卡每日取现上限"}),
              Yuan(policy.withdrawal_per_day_max_fen())});
    rest.Add({Say({"in multiples of", "取现须为其整数倍"}), Yuan(policy.withdrawal_multiple_fen())});
    rest.Add({Say({"demand rate", "活期年利率"}), FormatRate(policy.demand_rate_ppm())});
    rest.Add({Say({"days a year for interest", "计息年天数"}), FormatCount(policy.interest_days_per_year())});
    rest.Print(context_.out());
    Table rates({{Say({"time deposit, months", "定期（月）"}), Align::kRight},
                 {Say({"rate", "年利率"}), Align::kRight}});
    for (const v1::TimeRate& rate : policy.time_rates()) {
      rates.Add({std::to_string(rate.term_months()), FormatRate(rate.rate_ppm())});
    }
    if (!rates.empty()) rates.Print(context_.out());
  }

  // What waits until another member approves it.
  void SecondPerson(const v1::Policy& policy) {
    const std::string none = Say({"none does", "不需要"});
    Table rest({{Say({"waits for a second person", "须由另一人复核"})}, {""}});
    rest.Add({Say({"a reversal, from money", "冲正金额达到"}),
              policy.reversal_approval_from_fen() == 0 ? none : Yuan(policy.reversal_approval_from_fen())});
    rest.Add({Say({"a reversal, from points", "冲正积分达到"}),
              policy.reversal_approval_from_points() == 0
                  ? none
                  : FormatCount(policy.reversal_approval_from_points()) + Say({" points", " 积分"})});
    rest.Add({Say({"a policy that changes a figure by", "制度数字变动达到"}),
              policy.policy_approval_from_ppm() == 0 ? none : FormatRate(policy.policy_approval_from_ppm())});
    context_.out() << '\n';
    rest.Print(context_.out());
  }

  std::string Yuan(int64_t fen) const { return FormatYuan(fen) + Say({" yuan", " 元"}); }

  Context& context_;
  Narrator narrator_;
};

// Which policy `policy show` shows.
struct Wanted {
  int64_t version = 0;
  std::optional<Day> on;
};

int Show(Context& context, const Wanted& wanted) {
  v1::GetPolicyRequest request;
  request.set_version(static_cast<uint32_t>(wanted.version));
  if (wanted.on.has_value()) *request.mutable_on() = ToDate(*wanted.on);
  auto response = context.connection().Call(&v1::PolicyService::Stub::GetPolicy, request);
  if (!response.ok()) return context.Fail(response.error());
  if (context.json()) {
    context.out() << Dump(ToProtoJson(*response)["policy"], true) << '\n';
    return kDone;
  }
  PolicyPrinter(context).Print(response->policy());
  return kDone;
}

int List(Context& context) {
  auto response =
      context.connection().Call(&v1::PolicyService::Stub::ListPolicies, v1::ListPoliciesRequest());
  if (!response.ok()) return context.Fail(response.error());
  if (context.json()) {
    context.out() << Dump(ToJson(*response, context.Zone()), true) << '\n';
    return kDone;
  }
  Table table(
      {{context.Say({"version", "版本"}), Align::kRight}, {context.Say({"effective from", "生效日期"})}});
  for (const v1::AdoptedPolicy& adopted : response->policies()) {
    table.Add({std::to_string(adopted.version()), DayText(adopted.policy().effective_from())});
  }
  table.Print(context.out());
  return kDone;
}

// The policy in a file as `policy show --json` prints it: {"version", "policy"}, of which the version is
// ignored, or the policy alone. Nothing: what is wrong has been said.
std::optional<v1::Policy> ReadPolicy(Context& context, const std::string& path) {
  const auto refuse = [&](const Bilingual& pattern, const std::string& detail) -> std::optional<v1::Policy> {
    context.FailInput(Fill(context.Say(pattern), {{"path", path}, {"detail", detail}}));
    return std::nullopt;
  };
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file.is_open() || text.bad()) return refuse({"{path} cannot be read", "无法读取 {path}"}, "");
  const Json json = Json::parse(text.str(), nullptr, false);
  if (!json.is_object()) {
    return refuse({"{path} is not a JSON object; \"redvest policy show --json\" prints one that is a policy",
                   "{path} 不是 JSON 对象；可用 redvest policy show --json 打印样本"},
                  "");
  }
  const std::string body = Dump(json.contains("policy") ? json["policy"] : json, false);
  v1::Policy policy;
  const auto parsed = google::protobuf::util::JsonStringToMessage(body, &policy);
  if (parsed.ok()) return policy;
  // protobuf's words name the field.
  return refuse({"{path} is not a policy ({detail}); \"redvest policy show --json\" prints one that is",
                 "{path} 不是制度文件（{detail}）；可用 redvest policy show --json 打印样本"},
                std::string(parsed.message()));
}

int Adopt(Context& context, const std::string& path, const std::optional<Day>& from) {
  std::optional<v1::Policy> policy = ReadPolicy(context, path);
  if (!policy.has_value()) return kBadInput;
  if (from.has_value()) *policy->mutable_effective_from() = ToDate(*from);
  v1::AdoptPolicyRequest request;
  *request.mutable_adopt_policy()->mutable_policy() = *std::move(policy);
  return Issue(context, &v1::PolicyService::Stub::AdoptPolicy, request);
}

}  // namespace

void AddPolicyCommand(CLI::App& app, Context& context) {
  CLI::App& family =
      *AddFamily(app, context, "policy", {"The rules in force: show, list, adopt", "制度：查看、列表、发布"});
  auto wanted = std::make_shared<Wanted>();
  CLI::App& show =
      *AddLeaf(family, context, "show",
               {{"The policy of today, of a date or of a version; --json prints a file that adopt takes.",
                 "查看今日、某日或某版本的制度；--json 的输出可供 adopt 使用"},
                "policy show --json > policy.json"},
               [&context, wanted] { return Show(context, *wanted); });
  CLI::Option* version =
      AddNumber(show, context, "--version", wanted->version, 1, UINT32_MAX, {"This version", "版本号"});
  AddDay(show, context, "--on", wanted->on, {"In force on this date", "在此日期生效的"})->excludes(version);
  AddLeaf(family, context, "list", {{"All versions", "列出所有版本"}, "policy list"},
          [&context] { return List(context); });

  auto path = std::make_shared<std::string>();
  auto from = std::make_shared<std::optional<Day>>();
  CLI::App& adopt = *AddLeaf(
      family, context, "adopt",
      {{"Adopt a policy from a JSON file; it is checked whole.", "发布制度（JSON 文件），全部数字都会核对"},
       "--terminal T1-98 policy adopt policy.json --from 2026-12-01"},
      [&context, path, from] { return Adopt(context, *path, *from); });
  AddPath(adopt, context, "file", [path](const std::string& text) { *path = text; }, {"The file", "文件"})
      ->required();
  AddDay(adopt, context, "--from", *from,
         {"Effective from, instead of the file's date", "生效日期，代替文件中的日期"});
}

}  // namespace redvest::client
