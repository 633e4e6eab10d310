#include "clients/cli.h"
#include "clients/commands.h"
#include "clients/issue.h"
#include "clients/json.h"
#include "clients/table.h"

namespace redvest::client {
namespace {

CallResult<v1::ListEntriesResponse> Entries(Context& context, v1::EntryKind kind) {
  v1::ListEntriesRequest request;
  request.set_kind(kind);
  return context.connection().Call(&v1::DirectoryService::Stub::ListEntries, request);
}

int List(Context& context, v1::EntryKind only) {
  Table table({{context.Say({"kind", "类别"})},
               {context.Say({"id", "编号"})},
               {context.Say({"label", "名称"})},
               {context.Say({"standing", "状态"})}});
  Json json = Json{{"sequence", 0}, {"entries", Json::array()}};
  for (const Word& kind : WordsOf(v1::EntryKind_descriptor())) {
    if (only != v1::ENTRY_KIND_UNSPECIFIED && only != kind.number) continue;
    auto list = Entries(context, static_cast<v1::EntryKind>(kind.number));
    if (!list.ok()) return context.Fail(list.error());
    json["sequence"] = list->sequence();
    for (const v1::Entry& entry : list->entries()) {
      json["entries"].push_back(ToJson(entry, absl::UTCTimeZone()));
      table.Add(
          {TextOf(context.lang(), entry.kind()), FormatId(IdKindOf(entry.kind()), entry.entry_id()),
           entry.label(),
           context.Say(entry.retired() ? Bilingual{"retired", "已停用"} : Bilingual{"in use", "在用"})});
    }
  }
  if (context.json()) {
    context.out() << Dump(json, true) << '\n';
  } else {
    table.Print(context.out());
  }
  return kDone;
}

// What `entry update` was given; what was not given stays as it is.
struct Update {
  std::string id;
  std::optional<std::string> label;
  std::optional<bool> retired;
};

std::optional<v1::EntryKind> EntryKindOf(IdKind kind) {
  for (const Word& word : WordsOf(v1::EntryKind_descriptor())) {
    if (IdKindOf(static_cast<v1::EntryKind>(word.number)) == kind)
      return static_cast<v1::EntryKind>(word.number);
  }
  return std::nullopt;
}

int RunUpdate(Context& context, const Update& update) {
  const std::optional<TaggedId> id = ParseId(update.id);
  const std::optional<v1::EntryKind> kind = id ? EntryKindOf(id->kind) : std::nullopt;
  if (!kind.has_value()) {
    return context.FailInput(Fill(
        context.Say(
            {"\"{id}\" is not the id of a team (V), good (G), biller (B), funder (F) or kind of service (K): "
             "type "
             "it as it is printed, such as G3-94",
             "“{id}”不是队伍(V)、商品(G)、收费单位(B)、补贴单位(F)或服务类别(K)的编号：请照印出的样子输入"}),
        {{"id", update.id}}));
  }
  auto list = Entries(context, *kind);
  if (!list.ok()) return context.Fail(list.error());
  v1::UpdateEntryRequest request;
  v1::UpdateEntry* body = request.mutable_update_entry();
  body->set_kind(*kind);
  body->set_entry_id(id->id);
  for (const v1::Entry& entry : list->entries()) {
    if (entry.entry_id() != id->id) continue;
    body->set_label(entry.label());
    body->set_retired(entry.retired());
  }
  if (update.label.has_value()) body->set_label(*update.label);
  // Without a label no entry was found: the ledger says so, in its own words, with any label.
  if (body->label().empty()) body->set_label(update.id);
  if (update.retired.has_value()) body->set_retired(*update.retired);
  return Issue(context, &v1::DirectoryService::Stub::UpdateEntry, request);
}

}  // namespace

void AddEntryCommand(CLI::App& app, Context& context) {
  CLI::App& family = *AddFamily(app, context, "entry",
                                {"Teams, goods, billers, funders, kinds of service: register, update, list",
                                 "名录（队伍、商品、收费单位、补贴单位、服务类别）：登记、变更、查询"});

  auto request = std::make_shared<v1::RegisterEntryRequest>();
  CLI::App& add = *AddLeaf(
      family, context, "register",
      {{"Register a team, good, biller, funder or kind of service.",
        "登记队伍、商品、收费单位、补贴单位或服务类别"},
       "--terminal T1-98 entry register --kind good --label \"Rice, 5 kg\""},
      [&context, request] { return Issue(context, &v1::DirectoryService::Stub::RegisterEntry, *request); });
  v1::RegisterEntry* body = request->mutable_register_entry();
  AddChoice(add, context, "--kind", v1::EntryKind_descriptor(),
            [body](int kind) { body->set_kind(static_cast<v1::EntryKind>(kind)); }, {"What it is", "类别"})
      ->required();
  AddText(add, context, "--label", [body](const std::string& text) { body->set_label(text); },
          {"What people call it", "名称"})
      ->required();

  auto update = std::make_shared<Update>();
  CLI::App& change =
      *AddLeaf(family, context, "update",
               {{"Rename or retire an entry, or take it into use again.", "更名、停用或恢复使用"},
                "--terminal T1-98 entry update G3-94 --label \"Rice, 10 kg\""},
               [&context, update] { return RunUpdate(context, *update); });
  AddText(change, context, "id", [update](const std::string& text) { update->id = text; },
          {"Which one, by its id", "编号"})
      ->required();
  AddText(change, context, "--label", [update](const std::string& text) { update->label = text; },
          {"The new label", "新名称"});
  AddFlag(change, context, "--retired,!--in-use", [update](bool retired) { update->retired = retired; },
          {"No longer used (--in-use: used again)", "停用（--in-use 为恢复使用）"});

  auto kind = std::make_shared<v1::EntryKind>(v1::ENTRY_KIND_UNSPECIFIED);
  CLI::App& list = *AddLeaf(family, context, "list",
                            {{"All entries, or those of a kind", "列出名录"}, "entry list --kind good"},
                            [&context, kind] { return List(context, *kind); });
  AddChoice(list, context, "--kind", v1::EntryKind_descriptor(),
            [kind](int number) { *kind = static_cast<v1::EntryKind>(number); },
            {"Only this kind", "只列此类"});
}

}  // namespace redvest::client
