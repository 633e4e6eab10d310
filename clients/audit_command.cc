#include "clients/auditor.h"
#include "clients/cli.h"
#include "clients/commands.h"
#include "clients/json.h"
#include "clients/table.h"

namespace redvest::client {
namespace {

struct CheckpointWanted {
  KeyChoice key;
  std::string remember;
  uint64_t size = 0;
};

Json CheckpointJson(const SeenCheckpoint& seen, bool key_known) {
  return Json{{"origin", seen.checkpoint.origin},
              {"tree_size", seen.checkpoint.size},
              {"root_hash", merkle::ToHex(seen.checkpoint.root)},
              {"key", seen.key.Encode()},
              {"key_known", key_known},
              {"checkpoint", seen.note}};
}

// What was checked beside the signature goes to stderr, so that stdout holds the note alone.
void TellWhatWasChecked(Context& context, Auditor& auditor, const SeenCheckpoint& now,
                        const std::optional<SeenCheckpoint>& seen) {
  auditor.TellWhoseKey(now.key, {"the server", "服务器"});
  if (seen.has_value()) {
    context.err() << Fill(
        context.Say({"It goes on from the checkpoint of {size} events that was seen before.\n",
                     "它延续了以前见过的 {size} 件事件的检查点。\n"}),
        {{"size", std::to_string(seen->checkpoint.size)}});
  }
}

int ShowCheckpoint(Context& context, const CheckpointWanted& wanted) {
  Auditor auditor(context);
  std::optional<SeenCheckpoint> seen;
  if (!auditor.TakeKey(wanted.key)) return auditor.code();
  if (!wanted.remember.empty() && !auditor.TakeSeen(wanted.remember, seen)) return auditor.code();
  const std::optional<SeenCheckpoint> now = auditor.Fetch(wanted.size);
  if (!now.has_value()) return auditor.code();
  if (!wanted.remember.empty()) {
    if (seen.has_value() && !auditor.Follows(*seen, *now)) return auditor.code();
    if (!auditor.Remember(wanted.remember, *now)) return auditor.code();
  }
  if (context.json()) {
    context.out() << Dump(CheckpointJson(*now, auditor.key().has_value()), true) << '\n';
    return kDone;
  }
  context.out() << now->note;
  TellWhatWasChecked(context, auditor, *now, seen);
  return kDone;
}

int ShowKeys(Context& context) {
  auto keys =
      context.connection().Call(&v1::AuditService::Stub::GetVerifierKeys, v1::GetVerifierKeysRequest());
  if (!keys.ok()) return context.Fail(keys.error());
  if (context.json()) {
    Json json = Json{{"origin", keys->origin()}, {"verifier_key", keys->verifier_key()}};
    json["witness_keys"] = Json::array();
    for (const std::string& key : keys->witness_keys()) json["witness_keys"].push_back(key);
    context.out() << Dump(json, true) << '\n';
    return kDone;
  }
  // The same form as the file `keys` of an exit pack.
  context.out() << keys->verifier_key() << '\n';
  for (const std::string& key : keys->witness_keys()) context.out() << key << '\n';
  return kDone;
}

void AddCheckpointCommand(CLI::App& family, Context& context) {
  auto wanted = std::make_shared<CheckpointWanted>();
  CLI::App& leaf =
      *AddLeaf(family, context, "checkpoint",
               {{"The ledger's signed statement of how many events there are and of the root over them. "
                 "With --remember it must go on from the one that was seen last: a server that shows two "
                 "histories is caught (exit code 1).",
                 "账本签名的检查点：事件总数及其默克尔根。用 --remember "
                 "时须能证明延续上次所见的检查点，两套历史会被发现（退出码 1）"},
                "audit checkpoint --remember ledger.seen"},
               [&context, wanted] { return ShowCheckpoint(context, *wanted); });
  AddKeyOptions(leaf, context, wanted->key);
  CLI::Option* remember =
      AddPath(leaf, context, "--remember", [wanted](const std::string& path) { wanted->remember = path; },
              {"File that keeps the key and the checkpoint seen last", "保存公钥与上次所见检查点的文件"});
  AddNumber(leaf, context, "--size", 1, INT64_MAX,
            [wanted](int64_t size) { wanted->size = static_cast<uint64_t>(size); },
            {"The one of this many events, if it is kept (the newest)", "指定事件数的检查点（默认最新）"})
      ->excludes(remember);
}

}  // namespace

void AddAuditCommands(CLI::App& app, Context& context) {
  CLI::App& family =
      *AddFamily(app, context, "audit",
                 {"Check the ledger from outside, and take it away", "从外部审计账本，导出全部账目"});
  AddCheckpointCommand(family, context);
  AddLeaf(family, context, "keys",
          {{"Public keys by which checkpoints are verified: the ledger's, then those of witnesses",
            "核对检查点所用的公钥：先是账本的，后是见证人的"},
           "audit keys"},
          [&context] { return ShowKeys(context); });
  AddAuditVerifyCommand(family, context);
  AddVerifyProofCommand(family, context);
  AddAuditExportCommand(family, context);
  AddAuditFindingsCommand(family, context);
  AddAuditWitnessCommands(family, context);
}

}  // namespace redvest::client
