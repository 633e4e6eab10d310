#include "clients/cli.h"
#include "clients/commands.h"
#include "clients/issue.h"
#include "clients/json.h"
#include "clients/table.h"

namespace redvest::client {
namespace {

std::string StandingText(const Context& context, bool retired) {
  return context.Say(retired ? Bilingual{"retired", "已停用"} : Bilingual{"in use", "在用"});
}

// Who is in charge, where it is known.
std::string InChargeText(const Context& context, uint64_t member_id) {
  return member_id == 0 ? context.Say({"nobody", "未指定"}) : FormatId(IdKind::kMember, member_id);
}

int List(Context& context) {
  auto list =
      context.connection().Call(&v1::DirectoryService::Stub::ListTerminals, v1::ListTerminalsRequest());
  if (!list.ok()) return context.Fail(list.error());
  if (context.json()) {
    context.out() << Dump(ToJson(*list, context.Zone()), true) << '\n';
    return kDone;
  }
  Table table({{context.Say({"terminal", "终端"})},
               {context.Say({"role", "角色"})},
               {context.Say({"label", "名称"})},
               {context.Say({"in charge", "负责人"})},
               {context.Say({"last serial", "末流水号"}), Table::Align::kRight},
               {context.Say({"standing", "状态"})}});
  for (const v1::Terminal& terminal : list->terminals()) {
    table.Add({FormatId(IdKind::kTerminal, terminal.terminal_id()), TextOf(context.lang(), terminal.role()),
               terminal.label(), InChargeText(context, terminal.member_in_charge_id()),
               FormatCount(static_cast<int64_t>(terminal.last_serial())),
               StandingText(context, terminal.retired())});
  }
  table.Print(context.out());
  return kDone;
}

int Show(Context& context, uint64_t terminal_id) {
  v1::GetTerminalRequest request;
  request.set_terminal_id(terminal_id);
  auto response = context.connection().Call(&v1::DirectoryService::Stub::GetTerminal, request);
  if (!response.ok()) return context.Fail(response.error());
  if (context.json()) {
    context.out() << Dump(ToJson(*response, context.Zone()), true) << '\n';
    return kDone;
  }
  const v1::Terminal& terminal = response->terminal();
  Table table({{""}, {""}});
  table.Add({context.Say({"terminal", "终端"}), FormatId(IdKind::kTerminal, terminal.terminal_id())});
  table.Add({context.Say({"role", "角色"}), TextOf(context.lang(), terminal.role())});
  table.Add({context.Say({"label", "名称"}), terminal.label()});
  table.Add({context.Say({"in charge", "负责人"}), InChargeText(context, terminal.member_in_charge_id())});
  table.Add(
      {context.Say({"last serial", "末流水号"}), FormatCount(static_cast<int64_t>(terminal.last_serial()))});
  table.Add({context.Say({"standing", "状态"}), StandingText(context, terminal.retired())});
  table.Print(context.out());
  return kDone;
}

}  // namespace

void AddTerminalCommand(CLI::App& app, Context& context) {
  CLI::App& family =
      *AddFamily(app, context, "terminal",
                 {"Terminals: enrol, assign, retire, list", "终端：登记、指定负责人、停用、查询"});

  auto enrol = std::make_shared<v1::EnrolTerminalRequest>();
  CLI::App& enrol_leaf = *AddLeaf(
      family, context, "enrol",
      {{"Enrol a terminal with a role. The office does this.", "登记一个终端及其角色（由办公室办理）"},
       "--terminal T1-98 terminal enrol --role canteen-till --label \"First till\""},
      [&context, enrol] { return Issue(context, &v1::DirectoryService::Stub::EnrolTerminal, *enrol); });
  v1::EnrolTerminal* body = enrol->mutable_enrol_terminal();
  AddChoice(enrol_leaf, context, "--role", v1::Role_descriptor(),
            [body](int role) { body->set_role(static_cast<v1::Role>(role)); },
            {"What it may do", "可办理的业务"})
      ->required();
  AddText(enrol_leaf, context, "--label", [body](const std::string& text) { body->set_label(text); },
          {"What people call it; no person's name", "名称（不要写人名）"})
      ->required();

  auto retire = std::make_shared<v1::RetireTerminalRequest>();
  CLI::App& retire_leaf = *AddLeaf(
      family, context, "retire",
      {{"Retire a terminal: it issues no more commands.", "停用一个终端，此后不能再办理业务"},
       "--terminal T1-98 terminal retire T3-92"},
      [&context, retire] { return Issue(context, &v1::DirectoryService::Stub::RetireTerminal, *retire); });
  AddId(retire_leaf, context, "id", IdKind::kTerminal,
        [retire](uint64_t id) { retire->mutable_retire_terminal()->set_terminal_id(id); },
        {"Which terminal", "要停用的终端"})
      ->required();

  auto assign = std::make_shared<v1::AssignTerminalRequest>();
  CLI::App& assign_leaf = *AddLeaf(
      family, context, "assign",
      {{"Put a member in charge of a terminal: who is answerable for what it issues, and may approve "
        "what another asks.",
        "指定终端的负责人：对该终端办理的业务负责，并可复核他人的申请"},
       "--terminal T1-98 terminal assign T3-92 M57-20"},
      [&context, assign] { return Issue(context, &v1::DirectoryService::Stub::AssignTerminal, *assign); });
  v1::AssignTerminal* in_charge = assign->mutable_assign_terminal();
  AddId(assign_leaf, context, "id", IdKind::kTerminal,
        [in_charge](uint64_t id) { in_charge->set_terminal_id(id); }, {"Which terminal", "哪个终端"})
      ->required();
  AddId(assign_leaf, context, "member", IdKind::kMember,
        [in_charge](uint64_t id) { in_charge->set_member_id(id); }, {"Who is in charge of it", "负责人"})
      ->required();

  AddLeaf(family, context, "list", {{"All terminals", "列出所有终端"}, "terminal list"},
          [&context] { return List(context); });
  auto which = std::make_shared<uint64_t>(0);
  CLI::App& show =
      *AddLeaf(family, context, "show",
               {{"One terminal and its last serial", "查看一个终端及其末流水号"}, "terminal show T2-95"},
               [&context, which] { return Show(context, *which); });
  AddId(show, context, "id", IdKind::kTerminal, *which, {"Which terminal", "哪个终端"})->required();
}

}  // namespace redvest::client
