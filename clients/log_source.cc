#include "clients/log_source.h"

#include "ledger/base/text.h"

namespace redvest::client {

CLI::Option* AddPackSource(CLI::App& leaf, Context& context, std::string& pack) {
  return AddPath(
      leaf, context, "--from-pack", [&pack](const std::string& path) { pack = path; },
      {"Read an exit pack in this folder instead of a server", "读取此文件夹中的导出包，而不连接服务器"});
}

bool LogSource::Open() {
  if (!folder_.empty()) return OpenPack();
  const auto ledger = context_.Ledger();
  if (!ledger.ok()) {
    auditor_.Fail(ledger.error());
    return false;
  }
  last_ = Sequence(ledger->sequence());
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
  Progress progress(context_, context_.Say({"Checking hashes", "核对哈希"}),
                    static_cast<int64_t>(last_.value()));
  absl::Status checked = pack_->CheckSignature(pack_->log_key());
  if (checked.ok()) {
    checked =
        pack_->CheckTree([&progress](Sequence done) { progress.Show(static_cast<int64_t>(done.value())); });
  }
  if (checked.ok()) return true;
  Fail(checked);
  return false;
}

std::unique_ptr<CommitCursor> LogSource::Read(Sequence from) {
  return pack_ != nullptr ? pack_->Read(from) : remote_->Read(from, last_);
}

int LogSource::Fail(const absl::Status& status) {
  if (remote_ != nullptr && remote_->error().has_value()) return auditor_.Fail(*remote_->error());
  if (absl::IsDataLoss(status)) return auditor_.Caught(std::string(status.message()));
  return auditor_.Cannot(folder_.empty() ? context_.flags.server : folder_, status);
}

}  // namespace redvest::client
