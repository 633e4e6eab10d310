#include "clients/log_source.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"
#include "ledger/base/text.h"
#include "ledger/merkle/frontier.h"

namespace redvest::client {
namespace {

// The commits of a server, up to a signed checkpoint. REQUIRES: they start with the first event.
class SignedCursor final : public CommitCursor {
 public:
  SignedCursor(std::unique_ptr<CommitCursor> commits, const merkle::Checkpoint& checkpoint)
      : commits_(std::move(commits)), checkpoint_(checkpoint) {}

  absl::StatusOr<std::optional<CommitView>> Next() override {
    REDVEST_ASSIGN_OR_RETURN(std::optional<CommitView> commit, commits_->Next());
    if (!commit.has_value()) {
      if (tree_.size() == checkpoint_.size) return commit;
      return absl::DataLossError(absl::StrCat("the log ends at event ", tree_.size(), ", before the ",
                                              checkpoint_.size, " events of its checkpoint"));
    }
    for (const std::string_view event : commit->events) tree_.Add(merkle::Hasher::Leaf(event), hasher_);
    if (tree_.size() == checkpoint_.size && tree_.Root(hasher_) != checkpoint_.root) {
      return absl::DataLossError(absl::StrCat("the root of events 1 to ", checkpoint_.size,
                                              " is not the one in their signed checkpoint"));
    }
    return commit;
  }

 private:
  const std::unique_ptr<CommitCursor> commits_;
  const merkle::Checkpoint checkpoint_;
  merkle::Hasher hasher_;
  merkle::Frontier tree_;
};

}  // namespace

CLI::Option* AddPackSource(CLI::App& leaf, Context& context, std::string& pack) {
  return AddPath(
      leaf, context, "--from-pack", [&pack](const std::string& path) { pack = path; },
      {"Read an exit pack in this folder instead of a server", "读取此文件夹中的导出包，而不连接服务器"});
}

bool LogSource::Open() {
  if (!auditor_.TakeKey(wanted_key_)) return false;
  return folder_.empty() ? OpenServer() : OpenPack();
}

bool LogSource::OpenServer() {
  checkpoint_ = auditor_.Fetch(0);
  if (!checkpoint_.has_value()) return false;
  auditor_.TellWhoseKey(checkpoint_->key, {"the server", "服务器"});
  last_ = Sequence(checkpoint_->checkpoint.size);
  remote_ = std::make_unique<RemoteLog>(context_.connection(), context_.retry_options());
  return true;
}

bool LogSource::OpenPack() {
  auto pack = Pack::Open(folder_);
  if (!pack.ok()) {
    Fail(pack.status());
    return false;
  }
  pack_ = *std::move(pack);
  last_ = pack_->last();
  auditor_.TellWhoseKey(pack_->log_key(), {"the pack", "导出包"});
  Progress progress(context_, context_.Say({"Checking hashes", "核对哈希"}),
                    static_cast<int64_t>(last_.value()));
  absl::Status checked = pack_->CheckSignature(auditor_.key().value_or(pack_->log_key()));
  if (checked.ok()) {
    checked =
        pack_->CheckTree([&progress](Sequence done) { progress.Show(static_cast<int64_t>(done.value())); });
  }
  if (checked.ok()) return true;
  Fail(checked);
  return false;
}

std::unique_ptr<CommitCursor> LogSource::Read() {
  if (pack_ != nullptr) return pack_->Read(Sequence(1));
  return std::make_unique<SignedCursor>(remote_->Read(Sequence(1), last_), checkpoint_->checkpoint);
}

int LogSource::Fail(const absl::Status& status) {
  if (absl::IsDataLoss(status)) {
    std::vector<std::string> evidence;
    if (checkpoint_.has_value()) evidence.push_back(checkpoint_->note);
    return auditor_.Caught(std::string(status.message()), evidence);
  }
  if (remote_ != nullptr && remote_->error().has_value()) return auditor_.Fail(*remote_->error());
  return auditor_.CannotRead(folder_.empty() ? context_.flags.server : folder_, status);
}

}  // namespace redvest::client
