#include "clients/cli.h"
#include "clients/commands.h"
#include "clients/evidence.h"
#include "clients/issue.h"
#include "clients/json.h"
#include "clients/narrator.h"
#include "clients/table.h"
#include "clients/words.h"
#include "ledger/accounting/posting.h"

namespace redvest::client {
namespace {

// The figures of `asked` that are not those of the policy in force today: "meal_standard_price_fen: 1000 →
// 1200".
CallResult<std::string> Changes(Context& context, const v1::Policy& asked) {
  const auto now = context.connection().Call(&v1::PolicyService::Stub::GetPolicy, v1::GetPolicyRequest());
  if (!now.ok()) return now.error();
  const Json before = ToJson(now->policy().policy(), absl::UTCTimeZone());
  const Json after = ToJson(asked, absl::UTCTimeZone());
  Json fields = before;
  fields.update(after);
  std::string text;
  for (const auto& [name, ignored] : fields.items()) {
    const Json from = before.value(name, Json());
    const Json to = after.value(name, Json());
    if (from != to)
      text += (text.empty() ? "" : "; ") + name + ": " + Dump(from, false) + " → " + Dump(to, false);
  }
  return text;
}

// What is asked; of a reversal also what the event was, of a policy what it changes, for whoever decides must
// know.
CallResult<std::string> Told(Context& context, Narrator& narrator, const event::v1::Event& request) {
  std::string text = narrator.Tell(request);
  const v1::Command& command = request.approval_requested().command();
  if (context.json()) return text;
  if (command.has_adopt_policy()) {
    const auto changes = Changes(context, command.adopt_policy().policy());
    if (!changes.ok()) return changes.error();
    return text + context.Say({" · it changes: ", " · 变更："}) + *changes;
  }
  const auto original = ReadEvent(context.connection(), command.reverse_event().sequence());
  if (!original.ok()) return original.error();
  return text + context.Say({" · it was: ", " · 原事件："}) +
         EventText(context.lang(), EventKindName(*original)) + context.Say({": ", "："}) +
         narrator.Tell(*original);
}

int List(Context& context) {
  auto list = context.connection().Call(&v1::LedgerService::Stub::ListApprovalRequests,
                                        v1::ListApprovalRequestsRequest());
  if (!list.ok()) return context.Fail(list.error());
  const absl::TimeZone zone = context.Zone();
  Narrator narrator(context);
  Json waiting = Json::array();
  Table table({{context.Say({"request", "申请号"}), Table::Align::kRight},
               {context.Say({"when", "申请时间"})},
               {context.Say({"by", "申请终端"})},
               {context.Say({"what", "事项"})}});
  for (const v1::PendingRequest& pending : list->requests()) {
    auto event = ReadEvent(context.connection(), pending.sequence());
    if (!event.ok()) return context.Fail(event.error());
    Json item = ToJson(pending, zone);
    item["event"] = ToJson(*event, zone);
    waiting.push_back(std::move(item));
    auto what = Told(context, narrator, *event);
    if (!what.ok()) return context.Fail(what.error());
    table.Add({std::to_string(pending.sequence()), FormatMoment(event->recorded_at_unix_ms(), zone),
               narrator.Terminal(pending.terminal_id()), *std::move(what)});
  }
  if (context.json()) {
    context.out() << Dump(Json{{"sequence", list->sequence()}, {"requests", std::move(waiting)}}, true)
                  << '\n';
    return kDone;
  }
  if (table.empty())
    context.out() << context.Say({"Nothing waits for a second person.\n", "没有待复核的申请。\n"});
  table.Print(context.out());
  return kDone;
}

// Which request `grant` and `refuse` mean.
CLI::Option* AddRequest(CLI::App& app, Context& context, std::function<void(uint64_t)> set) {
  return AddNumber(app, context, "request", 1, INT64_MAX,
                   [set = std::move(set)](int64_t sequence) { set(static_cast<uint64_t>(sequence)); },
                   {"Sequence of the request, as in \"approval list\"", "申请号，见 approval list"})
      ->required();
}

}  // namespace

void AddApprovalCommand(CLI::App& app, Context& context) {
  CLI::App& family = *AddFamily(
      app, context, "approval",
      {"Reversals and policies that wait for a second person", "复核：须由另一人同意的冲正和制度"});
  AddLeaf(family, context, "list",
          {{"What waits, oldest first", "列出待复核的申请，先申请的在前"}, "approval list"},
          [&context] { return List(context); });

  auto grant = std::make_shared<v1::ApproveRequestRequest>();
  CLI::App& grant_leaf = *AddLeaf(
      family, context, "grant",
      {{"Let a request take effect. Takes an office terminal that another member is in charge of than "
        "of the one that asks.",
        "同意申请，使其生效；须在办公室终端办理，且负责人与申请终端的不是同一人"},
       "--terminal T5-86 approval grant 1234"},
      [&context, grant] { return Issue(context, &v1::LedgerService::Stub::ApproveRequest, *grant); });
  AddRequest(grant_leaf, context,
             [grant](uint64_t sequence) { grant->mutable_approve_request()->set_sequence(sequence); });

  auto refuse = std::make_shared<v1::RefuseRequestRequest>();
  CLI::App& refuse_leaf = *AddLeaf(
      family, context, "refuse",
      {{"Close a request without effect; the terminal that asked may take it back so.",
        "不同意申请，予以关闭；申请终端也可以此撤回"},
       "--terminal T5-86 approval refuse 1234 --reason \"the sale was right\""},
      [&context, refuse] { return Issue(context, &v1::LedgerService::Stub::RefuseRequest, *refuse); });
  v1::RefuseRequest* body = refuse->mutable_refuse_request();
  AddRequest(refuse_leaf, context, [body](uint64_t sequence) { body->set_sequence(sequence); });
  AddText(refuse_leaf, context, "--reason", [body](const std::string& text) { body->set_reason(text); },
          {"Why; it stays in the ledger", "原因（将留在账中）"})
      ->required();
}

}  // namespace redvest::client
