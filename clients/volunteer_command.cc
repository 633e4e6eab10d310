#include "clients/cli.h"
#include "clients/commands.h"
#include "clients/issue.h"
#include "clients/json.h"
#include "clients/narrator.h"
#include "clients/table.h"

namespace redvest::client {
namespace {

// `volunteer record`: start and end wait for the ledger's time zone.
struct Service {
  v1::RecordServiceRequest request;
  std::optional<MomentArgument> start;
  std::optional<MomentArgument> end;
};

int Record(Context& context, Service service) {
  v1::RecordService& body = *service.request.mutable_record_service();
  const bool span = service.start.has_value() && service.end.has_value();
  if (body.minutes() == 0 && !span) {
    return context.FailInput(context.Say({"say how long it lasted: --minutes, or --start and --end",
                                          "请说明服务时长：--minutes，或同时给出 --start 和 --end"}));
  }
  if (body.minutes() != 0 && service.end.has_value()) {
    return context.FailInput(
        context.Say({"give either --minutes or --end, not both", "--minutes 与 --end 只能给一个"}));
  }
  if (service.start.has_value() || service.end.has_value()) {
    const auto ledger = context.Ledger();
    if (!ledger.ok()) return context.Fail(ledger.error());
    const absl::TimeZone zone = context.Zone();
    if (service.start.has_value()) body.set_start_unix_ms(service.start->UnixMs(zone));
    if (service.end.has_value()) body.set_end_unix_ms(service.end->UnixMs(zone));
  }
  if (span && body.end_unix_ms() <= body.start_unix_ms()) {
    return context.FailInput(context.Say({"--end must be after --start", "--end 须晚于 --start"}));
  }
  return Issue(context, &v1::VolunteerService::Stub::RecordService, service.request);
}

int Show(Context& context, uint64_t member_id) {
  v1::GetVolunteerRequest request;
  request.set_member_id(member_id);
  auto response = context.connection().Call(&v1::VolunteerService::Stub::GetVolunteer, request);
  if (!response.ok()) return context.Fail(response.error());
  if (context.json()) {
    context.out() << Dump(ToJson(*response, context.Zone()), true) << '\n';
    return kDone;
  }
  Table table({{""}, {""}});
  table.Add({context.Say({"volunteer", "志愿者"}), FormatId(IdKind::kMember, response->member_id())});
  table.Add({context.Say({"points to spend", "可用积分"}), FormatCount(response->points())});
  table.Add({context.Say({"time served", "服务时长"}), FormatMinutes(context.lang(), response->minutes())});
  table.Print(context.out());
  if (response->served().empty()) return kDone;
  Narrator narrator(context);
  Table kinds({{context.Say({"kind of service", "服务类别"})},
               {context.Say({"services", "次数"}), Table::Align::kRight},
               {context.Say({"time", "时长"}), Table::Align::kRight}});
  for (const v1::ServedKind& served : response->served()) {
    kinds.Add({narrator.Entry(v1::ENTRY_KIND_SERVICE_KIND, served.service_kind_id()),
               FormatCount(served.services()), FormatMinutes(context.lang(), served.minutes())});
  }
  context.out() << '\n';
  kinds.Print(context.out());
  return kDone;
}

void AddRecord(CLI::App& family, Context& context) {
  auto service = std::make_shared<Service>();
  CLI::App& leaf =
      *AddLeaf(family, context, "record",
               {{"Record voluntary service; points follow from the policy of that day.",
                 "记录志愿服务，积分按当日制度计算"},
                "--terminal T2-95 volunteer record --volunteer M57-20 --kind K1-77 --minutes 90"},
               [&context, service] { return Record(context, *service); });
  v1::RecordService* body = service->request.mutable_record_service();
  AddId(leaf, context, "--volunteer", IdKind::kMember, [body](uint64_t id) { body->set_volunteer_id(id); },
        {"Who served", "志愿者"})
      ->required();
  AddId(leaf, context, "--kind", IdKind::kServiceKind, [body](uint64_t id) { body->set_service_kind_id(id); },
        {"Kind of service", "服务类别"})
      ->required();
  AddNumber(
      leaf, context, "--minutes", 1, 1440,
      [body](int64_t minutes) { body->set_minutes(static_cast<int32_t>(minutes)); },
      {"How long; ends at --at where no --start is given", "时长（分钟）；未给 --start 时按 --at 结束"});
  AddMoment(leaf, context, "--start", service->start, {"When it began", "开始时间"});
  AddMoment(leaf, context, "--end", service->end, {"When it ended", "结束时间"});
  AddId(leaf, context, "--for", IdKind::kMember, [body](uint64_t id) { body->set_beneficiary_id(id); },
        {"Who was served", "服务对象"});
  AddId(leaf, context, "--team", IdKind::kTeam, [body](uint64_t id) { body->set_team_id(id); },
        {"Team it was done with", "所在队伍"});
}

}  // namespace

void AddVolunteerCommand(CLI::App& app, Context& context) {
  CLI::App& family = *AddFamily(
      app, context, "volunteer",
      {"Volunteer station: record service, redeem points, stock", "志愿服务站：服务记录、积分兑换、入库"});
  AddRecord(family, context);
  AddCertificateCommand(family, context);

  auto redeem = std::make_shared<v1::RedeemPointsRequest>();
  CLI::App& redeem_leaf = *AddLeaf(
      family, context, "redeem",
      {{"Exchange points for goods; points and stock move at once.", "用积分兑换商品，积分与库存同时变动"},
       "--terminal T2-95 volunteer redeem --volunteer M57-20 --good G1-03 --pieces 2"},
      [&context, redeem] { return Issue(context, &v1::VolunteerService::Stub::RedeemPoints, *redeem); });
  v1::RedeemPoints* points = redeem->mutable_redeem_points();
  points->set_pieces(1);
  AddId(redeem_leaf, context, "--volunteer", IdKind::kMember,
        [points](uint64_t id) { points->set_volunteer_id(id); }, {"Whose points", "谁的积分"})
      ->required();
  AddId(redeem_leaf, context, "--good", IdKind::kGood, [points](uint64_t id) { points->set_good_id(id); },
        {"Which good", "商品"})
      ->required();
  AddNumber(redeem_leaf, context, "--pieces", 1, kAmountMax,
            [points](int64_t pieces) { points->set_pieces(pieces); }, {"How many (1)", "件数（默认 1）"});

  auto stock = std::make_shared<v1::ReceiveStockRequest>();
  CLI::App& stock_leaf = *AddLeaf(
      family, context, "stock",
      {{"Put goods into stock.", "商品入库"}, "--terminal T2-95 volunteer stock --good G1-03 --pieces 50"},
      [&context, stock] { return Issue(context, &v1::VolunteerService::Stub::ReceiveStock, *stock); });
  v1::ReceiveStock* received = stock->mutable_receive_stock();
  AddId(stock_leaf, context, "--good", IdKind::kGood, [received](uint64_t id) { received->set_good_id(id); },
        {"Which good", "商品"})
      ->required();
  AddNumber(stock_leaf, context, "--pieces", 1, kAmountMax,
            [received](int64_t pieces) { received->set_pieces(pieces); }, {"How many", "件数"})
      ->required();

  auto which = std::make_shared<uint64_t>(0);
  CLI::App& show =
      *AddLeaf(family, context, "show",
               {{"Points and hours of a volunteer", "查看志愿者的积分和时长"}, "volunteer show M57-20"},
               [&context, which] { return Show(context, *which); });
  AddId(show, context, "volunteer", IdKind::kMember, *which, {"Which member", "哪位志愿者"})->required();
}

}  // namespace redvest::client
