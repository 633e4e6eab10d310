#include <vector>

#include "clients/cli.h"
#include "clients/commands.h"
#include "clients/issue.h"
#include "clients/json.h"
#include "clients/narrator.h"
#include "clients/table.h"
#include "ledger/accounting/account.h"

namespace redvest::client {
namespace {

// What the command line changes of a profile; what it does not name stays.
using Changes = std::vector<std::function<void(v1::MemberProfile&)>>;

void AddProfileOptions(CLI::App& leaf, Context& context, const std::shared_ptr<Changes>& changes) {
  const auto flag = [&](const char* name, void (v1::MemberProfile::*set)(bool), Bilingual text) {
    AddFlag(
        leaf, context, name,
        [changes, set](bool on) { changes->push_back([set, on](v1::MemberProfile& p) { (p.*set)(on); }); },
        text);
  };
  flag("--resident,!--no-resident", &v1::MemberProfile::set_resident,
       {"Lives in the community (default for a new member)", "本社区居民（登记时默认是）"});
  flag("--volunteer,!--no-volunteer", &v1::MemberProfile::set_volunteer,
       {"May earn and spend points", "志愿者"});
  flag("--elder,!--no-elder", &v1::MemberProfile::set_elder,
       {"Entitled to the canteen's prices for elders", "享受食堂敬老价"});
  flag("--lives-alone,!--no-lives-alone", &v1::MemberProfile::set_lives_alone, {"Lives alone", "独居"});
  AddChoice(
      leaf, context, "--age-band", v1::AgeBand_descriptor(),
      [changes](int band) {
        changes->push_back([band](v1::MemberProfile& p) { p.set_age_band(static_cast<v1::AgeBand>(band)); });
      },
      {"Age band, by which meals are priced", "年龄段，餐价按此计算"});
  const auto home = [&](const char* name, void (v1::Home::*set)(uint32_t), Bilingual text) {
    AddNumber(
        leaf, context, name, 0, UINT32_MAX,
        [changes, set](int64_t number) {
          changes->push_back([set, number](v1::MemberProfile& p) {
            (p.mutable_home()->*set)(static_cast<uint32_t>(number));
          });
        },
        text);
  };
  home("--grid", &v1::Home::set_grid, {"Grid, 0 = not known", "网格号，0 为不详"});
  home("--building", &v1::Home::set_building, {"Building", "楼栋号"});
  home("--unit", &v1::Home::set_unit, {"Unit (staircase)", "单元号"});
  AddId(leaf, context, "--team", IdKind::kTeam,
        [changes](uint64_t id) { changes->push_back([id](v1::MemberProfile& p) { p.set_team_id(id); }); },
        {"Team of a volunteer", "志愿者所在队伍"});
}

CallResult<v1::GetMemberResponse> GetMember(Context& context, uint64_t member_id) {
  v1::GetMemberRequest request;
  request.set_member_id(member_id);
  return context.connection().Call(&v1::DirectoryService::Stub::GetMember, request);
}

int Register(Context& context, const Changes& changes) {
  v1::RegisterMemberRequest request;
  v1::MemberProfile& profile = *request.mutable_register_member()->mutable_profile();
  profile.set_resident(true);
  for (const auto& change : changes) change(profile);
  return Issue(context, &v1::DirectoryService::Stub::RegisterMember, request);
}

int UpdateProfile(Context& context, uint64_t member_id, const Changes& changes) {
  if (changes.empty())
    return context.FailInput(
        context.Say({"name what changes, such as --volunteer", "请指定要变更的内容，例如 --volunteer"}));
  auto before = GetMember(context, member_id);
  if (!before.ok()) return context.Fail(before.error());
  v1::UpdateMemberRequest request;
  request.mutable_update_member()->set_member_id(member_id);
  v1::MemberProfile& profile = *request.mutable_update_member()->mutable_profile();
  profile = before->member().profile();
  for (const auto& change : changes) change(profile);
  return Issue(context, &v1::DirectoryService::Stub::UpdateMember, request);
}

std::string YesNo(const Context& context, bool yes) {
  return context.Say(yes ? Bilingual{"yes", "是"} : Bilingual{"no", "否"});
}

std::string HomeText(const v1::Home& home) {
  if (home.grid() == 0 && home.building() == 0 && home.unit() == 0) return "";
  return std::to_string(home.grid()) + "-" + std::to_string(home.building()) + "-" +
         std::to_string(home.unit());
}

// What stands to the member's credit on an account.
CallResult<int64_t> CreditOn(Context& context, AccountKind kind, uint64_t member_id) {
  v1::GetBalanceRequest request;
  request.set_account(FormatAccount({kind, member_id}));
  auto response = context.connection().Call(&v1::LedgerService::Stub::GetBalance, request);
  if (!response.ok()) return response.error();
  return -response->balance().balance();
}

int Show(Context& context, uint64_t member_id) {
  auto response = GetMember(context, member_id);
  if (!response.ok()) return context.Fail(response.error());
  const auto card = CreditOn(context, AccountKind::kMealCard, member_id);
  if (!card.ok()) return context.Fail(card.error());
  const auto points = CreditOn(context, AccountKind::kPoints, member_id);
  if (!points.ok()) return context.Fail(points.error());
  if (context.json()) {
    Json json = ToJson(*response, context.Zone());
    json["meal_card_fen"] = *card;
    json["points"] = *points;
    context.out() << Dump(json, true) << '\n';
    return kDone;
  }
  const v1::MemberProfile& profile = response->member().profile();
  Narrator narrator(context);
  Table table({{""}, {""}});
  const auto row = [&](Bilingual name, std::string value) {
    table.Add({context.Say(name), std::move(value)});
  };
  row({"member", "编号"}, FormatId(IdKind::kMember, member_id));
  row({"resident", "本社区居民"}, YesNo(context, profile.resident()));
  row({"elder", "敬老价"}, YesNo(context, profile.elder()));
  row({"age band", "年龄段"}, TextOf(context.lang(), profile.age_band()));
  row({"lives alone", "独居"}, YesNo(context, profile.lives_alone()));
  row({"grid-building-unit", "网格-楼栋-单元"}, HomeText(profile.home()));
  row({"volunteer", "志愿者"}, YesNo(context, profile.volunteer()));
  if (profile.team_id() != 0) row({"team", "队伍"}, narrator.Entry(v1::ENTRY_KIND_TEAM, profile.team_id()));
  row({"points", "可用积分"}, FormatCount(*points));
  row({"meal card", "饭卡余额"}, FormatYuan(*card) + context.Say({" yuan", " 元"}));
  if (profile.inactive()) row({"standing", "状态"}, context.Say({"inactive", "已停用"}));
  table.Print(context.out());
  return kDone;
}

// Which members `member list` shows.
struct Selection {
  uint64_t after = 0;
  int64_t limit = 100;
};

int List(Context& context, const Selection& selection) {
  Json json = Json{{"sequence", 0}, {"members", Json::array()}};
  Table table({{context.Say({"member", "编号"})},
               {context.Say({"age band", "年龄段"})},
               {context.Say({"grid-building-unit", "网格-楼栋-单元"})},
               {context.Say({"team", "队伍"})},
               {context.Say({"standing", "身份"})}});
  Narrator narrator(context);
  uint64_t after = selection.after;
  for (int64_t left = selection.limit; left > 0;) {
    v1::ListMembersRequest request;
    request.set_after_member_id(after);
    request.set_page_size(static_cast<int32_t>(std::min<int64_t>(left, 1000)));
    auto page = context.connection().Call(&v1::DirectoryService::Stub::ListMembers, request);
    if (!page.ok()) return context.Fail(page.error());
    json["sequence"] = page->sequence();
    for (const v1::Member& member : page->members()) {
      const v1::MemberProfile& profile = member.profile();
      after = member.member_id();
      if (context.json()) {
        json["members"].push_back(ToJson(member, absl::UTCTimeZone()));
        continue;
      }
      std::string standing;
      const auto add = [&](bool is, Bilingual word) {
        if (is) standing += (standing.empty() ? "" : context.Say({", ", "、"})) + context.Say(word);
      };
      add(profile.resident(), {"resident", "居民"});
      add(profile.volunteer(), {"volunteer", "志愿者"});
      add(profile.elder(), {"elder", "老人"});
      add(profile.lives_alone(), {"lives alone", "独居"});
      add(profile.inactive(), {"inactive", "已停用"});
      table.Add({FormatId(IdKind::kMember, member.member_id()), TextOf(context.lang(), profile.age_band()),
                 HomeText(profile.home()),
                 profile.team_id() == 0 ? "" : narrator.Entry(v1::ENTRY_KIND_TEAM, profile.team_id()),
                 standing});
    }
    left -= page->members_size();
    if (page->members_size() < request.page_size()) break;
  }
  if (context.json()) {
    context.out() << Dump(json, true) << '\n';
  } else {
    table.Print(context.out());
  }
  return kDone;
}

}  // namespace

void AddMemberCommand(CLI::App& app, Context& context) {
  CLI::App& family = *AddFamily(app, context, "member",
                                {"Members: register, update, show, list", "居民：登记、变更、查看、列表"});

  auto register_changes = std::make_shared<Changes>();
  CLI::App& add =
      *AddLeaf(family, context, "register",
               {{"Register a member; the ledger gives the id. Names and papers are not kept here.",
                 "登记一位居民并给出编号；账本不保存姓名和证件"},
                "--terminal T1-98 member register --elder --age-band 70-79 --lives-alone --grid 3 --building "
                "5 --unit 2"},
               [&context, register_changes] { return Register(context, *register_changes); });
  AddProfileOptions(add, context, register_changes);

  auto which = std::make_shared<uint64_t>(0);
  auto update_changes = std::make_shared<Changes>();
  CLI::App& update = *AddLeaf(
      family, context, "update",
      {{"Change what is known of a member; what is not named stays.", "变更居民资料，未写明的项目不变"},
       "--terminal T1-98 member update M12-58 --volunteer --team V1-38"},
      [&context, which, update_changes] { return UpdateProfile(context, *which, *update_changes); });
  AddId(update, context, "member", IdKind::kMember, *which, {"Which member", "哪位居民"})->required();
  AddProfileOptions(update, context, update_changes);
  AddFlag(update, context, "--inactive,!--active",
          [update_changes](bool on) {
            update_changes->push_back([on](v1::MemberProfile& profile) { profile.set_inactive(on); });
          },
          {"No longer here: may not earn, may spend what is left", "已不在本社区：不能再挣积分，余额可用完"});

  auto shown = std::make_shared<uint64_t>(0);
  CLI::App& show =
      *AddLeaf(family, context, "show",
               {{"A member, with meal card and points", "查看居民资料、饭卡和积分"}, "member show M12-58"},
               [&context, shown] { return Show(context, *shown); });
  AddId(show, context, "member", IdKind::kMember, *shown, {"Which member", "哪位居民"})->required();

  auto selection = std::make_shared<Selection>();
  CLI::App& list =
      *AddLeaf(family, context, "list", {{"Members by id", "按编号列出居民"}, "member list --limit 1000"},
               [&context, selection] { return List(context, *selection); });
  AddId(list, context, "--after", IdKind::kMember, selection->after,
        {"Start after this one", "从此编号之后开始"});
  AddNumber(list, context, "--limit", selection->limit, 1, 10'000'000,
            {"At most this many (100)", "最多列出多少位（默认 100）"});
}

}  // namespace redvest::client
