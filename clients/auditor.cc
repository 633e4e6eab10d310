#include "clients/auditor.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "clients/json.h"
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
  const auto text = ReadKeptFile(path, merkle::kNoteBytesMax + kKeyBytesMax);
  if (absl::IsNotFound(text.status())) return std::nullopt;
  REDVEST_RETURN_IF_ERROR(text.status());
  const size_t line = text->find('\n');
  SeenCheckpoint seen;
  REDVEST_ASSIGN_OR_RETURN(seen.key, merkle::VerifierKey::Decode(std::string_view(*text).substr(0, line)));
  if (line != std::string::npos) seen.note = text->substr(line + 1);
  REDVEST_ASSIGN_OR_RETURN(seen.checkpoint, merkle::OpenCheckpoint(seen.note, seen.key));
  return seen;
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
  lock_ = std::make_unique<FileLock>(path);
  if (!lock_->held()) {
    code_ = context_.FailInput(Fill(
        Say({"{path} is used by another run, or cannot be written", "{path} 正被另一次运行使用，或无法写入"}),
        {{"path", path}}));
    return false;
  }
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

bool Auditor::Remember(const std::string& path, const SeenCheckpoint& now) {
  const absl::Status written = WriteWholeFile(path, now.key.Encode() + "\n" + now.note);
  if (!written.ok()) Cannot(path, written);
  return written.ok();
}

void Auditor::TellWhoseKey(const merkle::VerifierKey& key, const Bilingual& source) {
  if (key_.has_value() || context_.json()) return;
  context_.err() << Fill(
      Say({"Signed by {key}: the key that {source} itself names. Compare it with the published one.\n",
           "签名公钥 {key} 由{source}自报，请与公开发布的核对。\n"}),
      {{"key", key.Encode()}, {"source", Say(source)}});
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

CallResult<merkle::Proof> Auditor::FetchProof(uint64_t old_size, uint64_t new_size) {
  v1::GetConsistencyProofRequest request;
  request.set_old_tree_size(old_size);
  request.set_new_tree_size(new_size);
  auto response = context_.connection().Call(&v1::AuditService::Stub::GetConsistencyProof, request);
  if (!response.ok()) return response.error();
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
  const auto caught = [&](const Bilingual& text, const std::string& detail) {
    Caught(Fill(Say(text),
                {{"old", std::to_string(old_size)}, {"new", std::to_string(new_size)}, {"detail", detail}}),
           {seen.note, now.note});
    return false;
  };
  const auto caught_with_two = [&](const std::string& detail) {
    return caught({"it shows two histories: its events 1 to {old} are not the ones that it signed for before "
                   "({detail})",
                   "它显示两套历史：现在的第 1 至 {old} 件与以前签名确认的不同（{detail}）"},
                  detail);
  };
  if (new_size < old_size) {
    return caught({"it shows {new} events, but it signed for {old} before: it has lost events, or hides them",
                   "它只显示 {new} 件事件，而以前签名确认过 {old} 件：事件丢失或被隐瞒"},
                  "");
  }
  if (new_size == old_size) {
    if (now.checkpoint.root == seen.checkpoint.root) return true;
    return caught_with_two(Say({"as many, with another root", "件数相同而根不同"}));
  }
  const auto proof = FetchProof(old_size, new_size);
  if (!proof.ok() && proof.error().retryable()) {
    Fail(proof.error());
    return false;
  }
  if (!proof.ok()) {
    return caught({"it refuses to prove that its {new} events go on from the {old} that it signed for before "
                   "({detail})",
                   "它拒绝证明现在的 {new} 件事件延续以前签名确认的 {old} 件（{detail}）"},
                  proof.error().message);
  }
  const absl::Status proved =
      merkle::VerifyConsistency(old_size, new_size, seen.checkpoint.root, now.checkpoint.root, *proof);
  return proved.ok() || caught_with_two(std::string(proved.message()));
}

int Auditor::Caught(const std::string& sentence, const std::vector<std::string>& evidence) {
  if (context_.json()) {
    Json json = Json{{"sound", false}, {"fault", sentence}};
    if (!evidence.empty()) json["checkpoints"] = evidence;
    context_.out() << Dump(json, false) << '\n';
    return code_ = kDeclined;
  }
  context_.out() << Say({"NOT TO BE TRUSTED: ", "不可信："}) << sentence << '\n';
  if (!evidence.empty()) {
    context_.out() << Say({"Keep what was signed, it is the evidence:\n", "请保存以下签名文本作为证据：\n"});
    for (const std::string& note : evidence) context_.out() << '\n' << note;
  }
  return code_ = kDeclined;
}

int Auditor::Cannot(const std::string& what, const absl::Status& status) {
  return code_ = context_.FailInput(
             Fill("{what}: {detail}", {{"what", what}, {"detail", std::string(status.message())}}));
}

int Auditor::CannotRead(const std::string& what, const absl::Status& status) {
  Cannot(what, status);
  return code_ = absl::IsFailedPrecondition(status) ? kNoServer : code_;
}

}  // namespace redvest::client
