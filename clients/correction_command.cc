#include "clients/cli.h"
#include "clients/commands.h"
#include "clients/issue.h"

namespace redvest::client {

void AddCorrectionCommands(CLI::App& app, Context& context) {
  auto reverse = std::make_shared<v1::ReverseEventRequest>();
  CLI::App& reverse_leaf = *AddLeaf(
      app, context, "reverse",
      {{"Undo an event by a new one that posts the opposite, once only.",
        "冲正：用一笔相反的记录撤销某事件，只能一次"},
       "--terminal T3-92 reverse 1234 --reason \"wrong member\""},
      [&context, reverse] { return Issue(context, &v1::LedgerService::Stub::ReverseEvent, *reverse); });
  v1::ReverseEvent* body = reverse->mutable_reverse_event();
  AddNumber(reverse_leaf, context, "sequence", 1, INT64_MAX,
            [body](int64_t sequence) { body->set_sequence(static_cast<uint64_t>(sequence)); },
            {"Sequence of the event to undo", "要冲正的事件号"})
      ->required();
  AddText(reverse_leaf, context, "--reason", [body](const std::string& text) { body->set_reason(text); },
          {"Why; it stays in the ledger", "原因（将留在账中）"})
      ->required();

  auto spoil = std::make_shared<v1::VoidSerialRequest>();
  CLI::App& spoil_leaf =
      *AddLeaf(app, context, "void",
               {{"Use up the terminal's next serial without effect: a spoilt slip.",
                 "作废终端的下一个流水号，例如写坏的小票"},
                "--terminal T3-92 void --reason \"spoilt slip\""},
               [&context, spoil] { return Issue(context, &v1::LedgerService::Stub::VoidSerial, *spoil); });
  AddText(spoil_leaf, context, "--reason",
          [spoil](const std::string& text) { spoil->mutable_void_serial()->set_reason(text); },
          {"Why; it stays in the ledger", "原因（将留在账中）"})
      ->required();
}

}  // namespace redvest::client
