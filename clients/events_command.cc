#include "clients/cli.h"
#include "clients/commands.h"
#include "clients/json.h"
#include "clients/narrator.h"
#include "clients/table.h"
#include "ledger/accounting/posting.h"
#include "redvest/event/v1/event.pb.h"

namespace redvest::client {
namespace {

// Accepts the kinds of events that there are, and says where one is meant differently.
CLI::Option* AddEventKind(CLI::App& app, Context& context, v1::ReadEventsRequest* request) {
  return app
      .add_option_function<std::vector<std::string>>(
          "--kind",
          [&context, request](const std::vector<std::string>& kinds) {
            for (const std::string& kind : kinds) {
              const auto* field = event::v1::Event::descriptor()->FindFieldByName(kind);
              if (field == nullptr || field->containing_oneof() == nullptr) {
                throw CLI::ValidationError(
                    "--kind",
                    Fill(context.Say(
                             {"there is no kind of event \"{kind}\"; kinds are written like meal_sold, see "
                              "--help",
                              "没有事件种类“{kind}”；种类写法如 meal_sold，见 --help"}),
                         {{"kind", kind}}));
              }
              request->add_event(kind);
            }
          },
          context.Say({"Only events of this kind; may be given again for more", "只看此种事件，可重复给出"}))
      ->type_name("meal_sold")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

Json EventJson(const v1::SequencedEvent& item, absl::TimeZone zone) {
  Json json = Json{{"sequence", item.sequence()}};
  const std::string kind(EventKindName(item.event()));
  json["event"] = kind;
  Json event = ToJson(item.event(), zone);
  Json body = kind.empty() ? Json::object() : event[kind];
  if (!kind.empty()) event.erase(kind);
  json.update(event);
  json["body"] = std::move(body);
  return json;
}

int ReadEvents(Context& context, const v1::ReadEventsRequest& wanted) {
  const auto ledger = context.Ledger();
  if (!ledger.ok()) return context.Fail(ledger.error());
  const absl::TimeZone zone = context.Zone();
  Narrator narrator(context);
  v1::ReadEventsRequest request = wanted;
  const auto print = [&](const v1::ReadEventsResponse& part) {
    for (const v1::SequencedEvent& item : part.events()) {
      const event::v1::Event& event = item.event();
      if (context.json()) {
        context.out() << Dump(EventJson(item, zone), false) << '\n';
        continue;
      }
      const std::string kind(EventKindName(event));
      const std::string issuer = event.terminal_id() == 0 ? context.Say({"founder", "建账"})
                                                          : FormatId(IdKind::kTerminal, event.terminal_id());
      context.out() << PadTo(8, std::to_string(item.sequence())) << ' '
                    << FormatMoment(event.occurred_at_unix_ms(), zone) << "  "
                    << PadTo(14, issuer + "#" + std::to_string(event.serial())) << ' '
                    << PadTo(24, EventText(context.lang(), kind)) << ' ' << narrator.Tell(event)
                    << (event.late() ? context.Say({" [late]", "【补录】"}) : "") << '\n';
    }
    context.out().flush();
    return context.out().good();
  };
  const auto error = context.connection().Stream(&v1::AuditService::Stub::ReadEvents, request, print);
  return error.has_value() ? context.Fail(*error) : static_cast<int>(kDone);
}

}  // namespace

void AddEventsCommand(CLI::App& app, Context& context) {
  auto request = std::make_shared<v1::ReadEventsRequest>();
  CLI::App& leaf = *AddLeaf(app, context, "events",
                            {{"The history in its order, one line an event; with --json one object a line.",
                              "按顺序查看全部事件，每行一件；--json 时每行一个对象"},
                             "events --from 1000 --kind meal_sold --kind meal_card_topped_up --follow"},
                            [&context, request] { return ReadEvents(context, *request); });
  AddNumber(leaf, context, "--from", 1, INT64_MAX,
            [request](int64_t sequence) { request->set_from_sequence(static_cast<uint64_t>(sequence)); },
            {"From this sequence (1)", "起始事件号（默认 1）"});
  AddNumber(leaf, context, "--to", 1, INT64_MAX - 1,
            [request](int64_t sequence) { request->set_to_sequence(static_cast<uint64_t>(sequence) + 1); },
            {"Up to and with this sequence", "截止事件号（含）"});
  AddFlag(leaf, context, "--follow", [request](bool on) { request->set_follow(on); },
          {"At the end, wait for more; stop with Ctrl-C", "到末尾后继续等待新事件，按 Ctrl-C 结束"});
  AddEventKind(leaf, context, request.get());
  AddId(leaf, context, "--terminal", IdKind::kTerminal,
        [request](uint64_t id) { request->set_terminal_id(id); },
        {"Only events of this terminal", "只看此终端的事件"});
}

}  // namespace redvest::client
