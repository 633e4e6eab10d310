#include "clients/auditor.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "clients/json.h"
#include "clients/whole_file.h"
#include "ledger/base/check.h"
#include "ledger/base/text.h"

namespace redvest::client {
namespace {

constexpr size_t kKeyBytesMax = 4'096;

}  // namespace

void AddKeyOptions(CLI::App& leaf, Context& context, KeyChoice& choice) {
  CLI::Option* key =
      AddText(leaf, context, "--key", [&choice](const std::string& text) { choice.text = text; },
              {"The ledger's public key, from where it was published", "账本公开发布的公钥"});
  AddPath(leaf, context, "--key-file", [&choice](const std::string& path) { choice.file = path; },
          {"The same from a file", "从文件读取公钥"})
      ->excludes(key);
}

absl::StatusOr<std::optional<SeenCheckpoint>> ReadSeen(const std::string& path) {
  const auto text = ReadWholeFile(path, merkle::kNoteBytesMax + kKeyBytesMax);
  if (absl::IsNotFound(text.status())) return std::nullopt;
  REDVEST_RETURN_IF_ERROR(text.status());
  const size_t line = text->find('\n');
  SeenCheckpoint seen;
  REDVEST_ASSIGN_OR_RETURN(seen.key, merkle::VerifierKey::Decode(std::string_view(*text).substr(0, line)));
  if (line != std::string::npos) seen.note = text->substr(line + 1);
  REDVEST_ASSIGN_OR_RETURN(seen.checkpoint, merkle::OpenCheckpoint(seen.note, seen.key));
  return seen;
}

absl::Status WriteSeen(const std::string& path, const SeenCheckpoint& seen) {
  return WriteWholeFile(path, seen.key.Encode() + "\n" + seen.note);
}

bool Auditor::TakeKey(const KeyChoice& choice) {
  std::string text = choice.text;
  if (!choice.file.empty()) {
    auto file = ReadWholeFile(choice.file, kKeyBytesMax);
    if (!file.ok()) {
      Cannot(choice.file, file.status());
      return false;
    }
    // A file of keys has the ledger's in its first line.
    text = file->substr(0, file->find('\n'));
  }
  if (text.empty() && choice.file.empty()) return true;
  auto key = merkle::VerifierKey::Decode(ToStd(absl::StripAsciiWhitespace(text)));
  if (!key.ok() || key->type != merkle::KeyType::kLog) {
    code_ = context_.FailInput(
        Fill(Say({"the key is not a public key of a ledger, which looks like name+1a2b3c4d+AbCd… ({detail})",
                  "公钥无效，其写法形如 name+1a2b3c4d+AbCd…（{detail}）"}),
             {{"detail", key.ok() ? "it is a witness's" : std::string(key.status().message())}}));
    return false;
  }
  key_ = *std::move(key);
  return true;
}

bool Auditor::TakeSeen(const std::string& path, std::optional<SeenCheckpoint>& seen) {
  auto read = ReadSeen(path);
  if (!read.ok()) {
    Cannot(path, read.status());
    return false;
  }
  seen = *std::move(read);
  if (!seen.has_value()) return true;
  if (key_.has_value() && *key_ != seen->key) {
    code_ =
        context_.FailInput(Fill(Say({"{path} remembers the key {key}, which is another than the one given",
                                     "{path} 记住的公钥是 {key}，与给出的不同"}),
                                {{"path", path}, {"key", seen->key.Encode()}}));
    return false;
  }
  key_ = seen->key;
  return true;
}

std::optional<merkle::VerifierKey> Auditor::KeyOfServer() {
  if (key_.has_value()) return key_;
  auto response =
      context_.connection().Call(&v1::AuditService::Stub::GetVerifierKeys, v1::GetVerifierKeysRequest());
  if (!response.ok()) {
    Fail(response.error());
    return std::nullopt;
  }
  auto key = merkle::VerifierKey::Decode(response->verifier_key());
  if (key.ok()) return *std::move(key);
  Caught(Fill(Say({"the key that it names is none: {detail}", "服务器给出的公钥无效：{detail}"}),
              {{"detail", std::string(key.status().message())}}));
  return std::nullopt;
}

std::optional<SeenCheckpoint> Auditor::Fetch(uint64_t size) {
  const std::optional<merkle::VerifierKey> key = KeyOfServer();
  if (!key.has_value()) return std::nullopt;
  v1::GetCheckpointRequest request;
  request.set_tree_size(size);
  auto response = context_.connection().Call(&v1::AuditService::Stub::GetCheckpoint, request);
  if (!response.ok()) {
    Fail(response.error());
    return std::nullopt;
  }
  auto checkpoint = merkle::OpenCheckpoint(response->checkpoint(), *key);
  if (!checkpoint.ok()) {
    Caught(Fill(Say({"its checkpoint is not signed by the key {key}: {detail}",
                     "检查点不是由公钥 {key} 签名的：{detail}"}),
                {{"key", key->Encode()}, {"detail", std::string(checkpoint.status().message())}}));
    return std::nullopt;
  }
  if (checkpoint->size == 0 || (size != 0 && checkpoint->size != size)) {
    Caught(Fill(Say({"it gave a checkpoint of {size} events", "给出的检查点是 {size} 件事件的"}),
                {{"size", std::to_string(checkpoint->size)}}));
    return std::nullopt;
  }
  return SeenCheckpoint{*key, response->checkpoint(), *std::move(checkpoint)};
}

std::optional<merkle::Proof> Auditor::FetchProof(uint64_t old_size, uint64_t new_size) {
  v1::GetConsistencyProofRequest request;
  request.set_old_tree_size(old_size);
  request.set_new_tree_size(new_size);
  auto response = context_.connection().Call(&v1::AuditService::Stub::GetConsistencyProof, request);
  if (!response.ok()) {
    Fail(response.error());
    return std::nullopt;
  }
  merkle::Proof proof;
  for (const std::string& bytes : response->hashes()) {
    // A hash of another length proves nothing; what is left out makes the proof too short.
    if (bytes.size() != sizeof(merkle::Hash)) continue;
    std::copy(bytes.begin(), bytes.end(), proof.emplace_back().begin());
  }
  return proof;
}

bool Auditor::Follows(const SeenCheckpoint& seen, const SeenCheckpoint& now) {
  const uint64_t old_size = seen.checkpoint.size;
  const uint64_t new_size = now.checkpoint.size;
  if (new_size < old_size) {
    Caught(Fill(
        Say({"it shows {new} events, but it signed for {old} before: it has lost events, or hides them. Its "
             "own signature proves it:\n{note}",
             "它只显示 {new} 件事件，而以前签名确认过 {old} 件：事件丢失或被隐瞒。其签名即为证据：\n{note}"}),
        {{"new", std::to_string(new_size)}, {"old", std::to_string(old_size)}, {"note", seen.note}}));
    return false;
  }
  const auto proof = FetchProof(old_size, new_size);
  if (!proof.has_value()) return false;
  const absl::Status proved =
      merkle::VerifyConsistency(old_size, new_size, seen.checkpoint.root, now.checkpoint.root, *proof);
  if (proved.ok()) return true;
  Caught(Fill(Say({"it shows two histories: its events 1 to {old} are not the ones that it signed for before "
                   "({detail}). Keep both checkpoints, they prove it:\n{seen}\n{now}",
                   "它显示两套历史：现在的第 1 至 {old} 件与以前签名确认的不同（{detail}）。"
                   "请保存这两份检查点作为证据：\n{seen}\n{now}"}),
              {{"old", std::to_string(old_size)},
               {"detail", std::string(proved.message())},
               {"seen", seen.note},
               {"now", now.note}}));
  return false;
}

int Auditor::Caught(const std::string& sentence) {
  if (context_.json()) {
    context_.out() << Dump(Json{{"sound", false}, {"fault", sentence}}, false) << '\n';
  } else {
    context_.out() << Say({"NOT TO BE TRUSTED: ", "不可信："}) << sentence << '\n';
  }
  return code_ = kDeclined;
}

int Auditor::Cannot(const std::string& what, const absl::Status& status) {
  return code_ = context_.FailInput(
             Fill("{what}: {detail}", {{"what", what}, {"detail", std::string(status.message())}}));
}

}  // namespace redvest::client
