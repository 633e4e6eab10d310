#include "clients/auditor.h"
#include "clients/cli.h"
#include "clients/commands.h"
#include "clients/json.h"
#include "clients/remote_log.h"
#include "clients/verdict.h"
#include "clients/whole_file.h"
#include "ledger/audit/checkpoint_check.h"
#include "ledger/audit/verify.h"
#include "ledger/base/check.h"

namespace redvest::client {
namespace {

struct Wanted {
  KeyChoice key;
  std::string remember;
  std::vector<std::string> checkpoints;  // files
};

// What the auditor's own fold came to, against what the server tells people who ask for balances.
class TrialBalanceCheck {
 public:
  TrialBalanceCheck(Context& context, const VerifiedLog& log) : context_(context), log_(log) {}

  // Nothing where the two agree; a sentence where they do not.
  CallResult<std::optional<std::string>> Run() {
    v1::GetTrialBalanceRequest request;
    request.mutable_as_of()->set_sequence(log_.report.last.value());
    const auto error = context_.connection().Stream(&v1::LedgerService::Stub::GetTrialBalance, request,
                                                    [this](const v1::GetTrialBalanceResponse& part) {
                                                      for (const auto& row : part.balances()) Compare(row);
                                                      return !fault_.has_value();
                                                    });
    if (error.has_value()) return *error;
    size_t accounts = 0;
    log_.state->balances().ForEach(
        [&accounts](const Account&, int64_t balance) { accounts += balance != 0; });
    if (!fault_.has_value() && told_ != accounts) {
      fault_ = Fill(
          context_.Say({"its trial balance has {told} accounts that are not 0, the events come to {accounts}",
                        "试算平衡表有 {told} 个余额不为零的账户，而按事件累计应有 {accounts} 个"}),
          {{"told", std::to_string(told_)}, {"accounts", std::to_string(accounts)}});
    }
    return fault_;
  }

 private:
  void Compare(const v1::AccountBalance& row) {
    const std::optional<Account> account = ParseAccount(row.account());
    // In their order, so that none stands twice in the place of another.
    const bool in_order = account.has_value() && (!previous_.has_value() || *previous_ < *account);
    previous_ = account;
    const int64_t balance = account.has_value() ? log_.state->Balance(*account) : 0;
    if (row.balance() != 0) ++told_;
    if (fault_.has_value() || (in_order && balance == row.balance())) return;
    fault_ = Fill(context_.Say({"its trial balance says {told} for {account}, the events come to {balance}",
                                "试算平衡表中 {account} 为 {told}，而按事件累计应为 {balance}"}),
                  {{"told", std::to_string(row.balance())},
                   {"account", row.account()},
                   {"balance", std::to_string(balance)}});
  }

  Context& context_;
  const VerifiedLog& log_;
  size_t told_ = 0;  // that are not 0
  std::optional<Account> previous_;
  std::optional<std::string> fault_;
};

absl::StatusOr<VerifiedLog> VerifyRemote(Context& context, RemoteLog& log, Sequence last,
                                         const VerifyOptions& options) {
  Progress progress(context, context.Say({"Verifying", "核对"}), static_cast<int64_t>(last.value()));
  return VerifyLog([&](Sequence from) { return log.Read(from, last); }, last, options,
                   [&progress](std::string_view, Sequence done, Sequence) {
                     progress.Show(static_cast<int64_t>(done.value()));
                   });
}

// A signed note of a checkpoint, also where a file of --remember holds it. Whose it is shows later.
absl::StatusOr<std::string> ReadCheckpoint(const std::string& path) {
  REDVEST_ASSIGN_OR_RETURN(const std::string text, ReadWholeFile(path, merkle::kNoteBytesMax));
  return NoteInFile(text);
}

// All that the log was held against.
std::vector<std::string> NotesOf(const VerifyOptions& options) {
  std::vector<std::string> notes;
  for (const auto& given : options.checkpoints) notes.push_back(given.note);
  return notes;
}

int Verify(Context& context, const Wanted& wanted) {
  Auditor auditor(context);
  std::optional<SeenCheckpoint> seen;
  if (!auditor.TakeKey(wanted.key)) return auditor.code();
  if (!wanted.remember.empty() && !auditor.TakeSeen(wanted.remember, seen)) return auditor.code();
  VerifyOptions options;
  for (const std::string& path : wanted.checkpoints) {
    const auto note = ReadCheckpoint(path);
    if (!note.ok()) return auditor.Cannot(path, note.status());
    options.checkpoints.push_back({path, *note});
  }
  const std::optional<SeenCheckpoint> now = auditor.Fetch(0);
  if (!now.has_value()) return auditor.code();
  options.key = now->key;
  options.checkpoints.push_back({context.flags.server, now->note});
  if (seen.has_value()) options.checkpoints.push_back({wanted.remember, seen->note});

  RemoteLog log(context.connection(), context.retry_options());
  const auto verified = VerifyRemote(context, log, Sequence(now->checkpoint.size), options);
  // What was read before a call failed is judged first: a server must not get away by hanging up.
  if (absl::IsDataLoss(verified.status()))
    return auditor.Caught(std::string(verified.status().message()), NotesOf(options));
  if (log.error().has_value()) return context.Fail(*log.error());
  if (!verified.ok()) return auditor.CannotRead(context.flags.server, verified.status());
  const auto difference = TrialBalanceCheck(context, *verified).Run();
  if (!difference.ok()) return context.Fail(difference.error());
  if (difference->has_value()) return auditor.Caught(**difference, NotesOf(options));
  if (!wanted.remember.empty() && !auditor.Remember(wanted.remember, *now)) return auditor.code();
  if (context.json()) {
    Json json = VerdictJson(verified->report);
    json["key_known"] = auditor.key().has_value();
    context.out() << Dump(json, true) << '\n';
    return kDone;
  }
  context.out() << VerdictText(context.lang(), verified->report)
                << context.Say({"  The server's trial balance is what the events come to.\n",
                                "  服务器的试算平衡表与事件累计一致。\n"});
  if (!auditor.key().has_value()) {
    context.out() << context.Say(
        {"  The key is the one that the server itself names: compare it with the published one.\n",
         "  公钥由服务器自报，请与公开发布的核对。\n"});
  }
  return kDone;
}

}  // namespace

void AddAuditVerifyCommand(CLI::App& family, Context& context) {
  auto wanted = std::make_shared<Wanted>();
  CLI::App& leaf = *AddLeaf(family, context, "verify",
                            {{"Read the server's whole log and check everything here: hashes and root "
                              "against the signed checkpoint, serials, "
                              "that every event balances, forbidden balances, declines, and the server's "
                              "trial balance. Exit code 1: a fault "
                              "was found, and it is named.",
                              "读取服务器的全部流水并在本机核对：哈希与签名的检查点、流水号、每件借贷相等、"
                              "不得为负的余额、拒绝理由、试算平衡表。退出码 1 表示发现问题并指出位置"},
                             "audit verify --key-file ledger.vkey --checkpoint last-month.checkpoint"},
                            [&context, wanted] { return Verify(context, *wanted); });
  AddKeyOptions(leaf, context, wanted->key);
  AddPath(leaf, context, "--checkpoint",
          [wanted](const std::string& path) { wanted->checkpoints.push_back(path); },
          {"A signed checkpoint that the log must agree with; may be given again",
           "流水必须与之相符的已签名检查点，可多次给出"})
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  AddPath(leaf, context, "--remember", [wanted](const std::string& path) { wanted->remember = path; },
          {"As of audit checkpoint: what it remembers is checked too, and kept anew",
           "同 audit checkpoint：同时核对所记住的检查点，并更新之"});
}

}  // namespace redvest::client
