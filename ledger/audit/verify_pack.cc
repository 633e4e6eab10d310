// VerifyPack: see verify.h.
#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ledger/audit/pack.h"
#include "ledger/audit/verify.h"
#include "ledger/base/check.h"

namespace redvest {
namespace {

// The first account that the two have differently.
absl::Status CompareTrialBalance(const Pack& pack, const State& state) {
  REDVEST_ASSIGN_OR_RETURN(const std::vector<AccountBalance> said, pack.ReadTrialBalance());
  std::vector<AccountBalance> folded;
  state.balances().ForEach([&folded](const Account& account, int64_t balance) {
    if (balance != 0) folded.push_back({account, balance});
  });
  std::sort(folded.begin(), folded.end(),
            [](const AccountBalance& a, const AccountBalance& b) { return a.account < b.account; });
  const auto [in_pack, in_fold] = std::mismatch(said.begin(), said.end(), folded.begin(), folded.end());
  if (in_pack == said.end() && in_fold == folded.end()) return absl::OkStatus();
  const bool is_extra =
      in_fold == folded.end() || (in_pack != said.end() && in_pack->account < in_fold->account);
  const bool is_missing = in_pack == said.end() || in_pack->account != in_fold->account;
  if (is_extra) {
    return absl::DataLossError(absl::StrCat("trial-balance.csv: it has ", in_pack->balance, " on ",
                                            FormatAccount(in_pack->account),
                                            ", where the entries leave nothing"));
  }
  return absl::DataLossError(absl::StrCat("trial-balance.csv: the entries leave ", in_fold->balance, " on ",
                                          FormatAccount(in_fold->account), ", but it has ",
                                          is_missing ? "nothing" : absl::StrCat(in_pack->balance)));
}

// Tiles that were made anew fit entries that were changed, and only the signed root does not. Then the events
// say more.
absl::Status Together(const absl::Status& tree, const absl::Status& log) {
  if (tree.ok() || log.ok()) return tree.ok() ? log : tree;
  if (absl::StartsWith(tree.message(), "event ") || tree == log) return tree;
  return absl::DataLossError(absl::StrCat(log.message(), "; ", tree.message()));
}

}  // namespace

absl::StatusOr<VerifyReport> VerifyPack(const Pack& pack, const VerifyOptions& options,
                                        VerifyProgress progress) {
  if (options.key.has_value() && *options.key != pack.log_key()) {
    return absl::DataLossError(absl::StrCat("this is the pack of another ledger: its key is ",
                                            pack.log_key().Encode(), ", and the one given is ",
                                            options.key->Encode()));
  }
  VerifyOptions own = options;
  own.key = pack.log_key();
  own.checkpoints.push_back({"the file checkpoint of the pack", pack.checkpoint_note()});
  REDVEST_RETURN_IF_ERROR(pack.CheckFiles());
  REDVEST_RETURN_IF_ERROR(pack.CheckSignature(pack.log_key()));
  const Sequence last = pack.last();
  const absl::Status tree = pack.CheckTree([&](Sequence done) { progress("tiles", done, last); });
  absl::StatusOr<VerifiedLog> log =
      VerifyLog([&pack](Sequence from) { return pack.Read(from); }, last, own, progress);
  REDVEST_RETURN_IF_ERROR(Together(tree, log.status()));
  // The files that no checkpoint covers may be those of the next one while an export is under way.
  if (!pack.unfinished()) REDVEST_RETURN_IF_ERROR(CompareTrialBalance(pack, *log->state));
  log->report.unfinished = pack.unfinished();
  return log->report;
}

}  // namespace redvest
