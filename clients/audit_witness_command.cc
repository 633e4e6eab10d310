// A witness signs a checkpoint only after it saw that the log goes on from the one it signed last: who shows
// two histories to two people then needs its help.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/time/clock.h"
#include "clients/auditor.h"
#include "clients/cli.h"
#include "clients/commands.h"
#include "clients/json.h"
#include "clients/whole_file.h"
#include "ledger/base/text.h"

namespace redvest::client {
namespace {

constexpr size_t kKeyBytesMax = 4'096;

struct KeyWanted {
  std::string name;
  std::string path;
};

struct WitnessWanted {
  std::string secret;  // file of the witness's own key
  std::string state;   // file of the checkpoint that it signed last
  KeyChoice key;       // of the ledger
};

absl::Status Errno() { return {absl::ErrnoToStatusCode(errno), std::strerror(errno)}; }

// Writes a file that is not there yet and that only its owner may read.
absl::Status WriteSecret(const std::string& path, std::string_view text) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return Errno();
  absl::Status status;
  if (write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size()) || fsync(file) != 0)
    status = Errno();
  if (close(file) != 0 && status.ok()) status = Errno();
  if (status.ok()) status = SyncFolderOf(path);
  if (!status.ok()) unlink(path.c_str());
  return status;
}

int MakeKey(Context& context, const KeyWanted& wanted) {
  if (wanted.name.empty()) {
    return context.FailInput(
        context.Say({"a witness needs a name, such as street-office", "见证人须有名称，例如 street-office"}));
  }
  if (!merkle::IsKeyName(wanted.name)) {
    return context.FailInput(Fill(context.Say({"\"{name}\" has spaces or plus signs; how about {better}",
                                               "“{name}”含有空格或加号，可改为 {better}"}),
                                  {{"name", wanted.name}, {"better", merkle::KeyNameFrom(wanted.name)}}));
  }
  const merkle::SigningKey key = merkle::SigningKey::Generate(wanted.name, merkle::KeyType::kWitness);
  const absl::Status written = WriteSecret(wanted.path, key.Encode() + "\n");
  if (!written.ok()) return Auditor(context).Cannot(wanted.path, written);
  if (context.json()) {
    context.out() << Dump(Json{{"verifier_key", key.verifier().Encode()}, {"file", wanted.path}}, true)
                  << '\n';
    return kDone;
  }
  context.out() << key.verifier().Encode() << '\n';
  context.err() << Fill(
      context.Say({"The secret half is in {path}. Give the line above to the ledger's operator: redvestd "
                   "--witness.\n",
                   "私钥保存在 {path}。请把上面一行公钥交给账本运营者：redvestd --witness。\n"}),
      {{"path", wanted.path}});
  return kDone;
}

absl::StatusOr<merkle::SigningKey> ReadSecret(const std::string& path) {
  const auto text = ReadKeptFile(path, kKeyBytesMax);
  if (!text.ok()) return text.status();
  auto key = merkle::SigningKey::Decode(ToStd(absl::StripAsciiWhitespace(*text)));
  if (key.ok() && key->verifier().type != merkle::KeyType::kWitness)
    return absl::InvalidArgumentError("it is the key of a ledger, not of a witness");
  return key;
}

int Witness(Context& context, const WitnessWanted& wanted) {
  Auditor auditor(context);
  const auto secret = ReadSecret(wanted.secret);
  if (!secret.ok()) return auditor.Cannot(wanted.secret, secret.status());
  std::optional<SeenCheckpoint> seen;
  if (!auditor.TakeKey(wanted.key) || !auditor.TakeSeen(wanted.state, seen)) return auditor.code();
  if (!auditor.key().has_value()) {
    return context.FailInput(
        context.Say({"a witness must know the ledger's key before it signs for the first time: "
                     "--key or --key-file, as it was published",
                     "见证人首次签名前须知道账本公钥：请用 --key 或 --key-file 给出公开发布的公钥"}));
  }
  const std::optional<SeenCheckpoint> now = auditor.Fetch(0);
  if (!now.has_value()) return auditor.code();
  if (seen.has_value() && !auditor.Follows(*seen, *now)) return auditor.code();
  // Remembered before it is signed: whatever happens after this, nothing older or other is signed again.
  if (!auditor.Remember(wanted.state, *now)) return auditor.code();

  merkle::SignedNote note;
  note.text = now->checkpoint.Text();
  note.signatures = {
      merkle::Cosign(note.text, *secret, static_cast<uint64_t>(absl::ToUnixSeconds(absl::Now())))};
  v1::AddCosignaturesRequest request;
  request.set_checkpoint(note.Encode());
  auto response = context.connection().Call(&v1::AuditService::Stub::AddCosignatures, request);
  if (!response.ok()) return context.Fail(response.error());
  if (context.json()) {
    context.out() << Dump(Json{{"tree_size", now->checkpoint.size},
                               {"root_hash", merkle::ToHex(now->checkpoint.root)},
                               {"witness", secret->verifier().Encode()},
                               {"checkpoint", response->checkpoint()}},
                          true)
                  << '\n';
  } else {
    context.out() << response->checkpoint();
  }
  return kDone;
}

}  // namespace

void AddAuditWitnessCommands(CLI::App& family, Context& context) {
  auto key = std::make_shared<KeyWanted>();
  CLI::App& key_leaf =
      *AddLeaf(family, context, "witness-key",
               {{"Make the key of a witness. Prints its public half", "生成见证人密钥，并显示其公钥"},
                "audit witness-key street-office witness.key"},
               [&context, key] { return MakeKey(context, *key); });
  AddText(key_leaf, context, "name", [key](const std::string& text) { key->name = text; },
          {"Name of the witness, without spaces", "见证人名称，不含空格"})
      ->required();
  AddPath(key_leaf, context, "file", [key](const std::string& path) { key->path = path; },
          {"File for the secret half; must not be there yet", "保存私钥的文件，须尚不存在"})
      ->required();

  auto wanted = std::make_shared<WitnessWanted>();
  CLI::App& leaf = *AddLeaf(
      family, context, "witness",
      {{"Countersign the newest checkpoint, after a proof that it goes on from the one signed last. To be "
        "run now and "
        "then by somebody independent. Exit code 1: the server shows another history, and nothing is signed.",
        "在证明其延续上次所签之后，会签最新检查点。由独立的人定期运行。退出码 1 "
        "表示服务器显示了另一套历史，不予签名"},
       "audit witness --secret witness.key --state witness.state --key-file ledger.vkey"},
      [&context, wanted] { return Witness(context, *wanted); });
  AddPath(leaf, context, "--secret", [wanted](const std::string& path) { wanted->secret = path; },
          {"The witness's own key, of audit witness-key", "见证人自己的密钥文件"})
      ->required();
  AddPath(leaf, context, "--state", [wanted](const std::string& path) { wanted->state = path; },
          {"File that keeps what was signed last", "保存上次所签检查点的文件"})
      ->required();
  AddKeyOptions(leaf, context, wanted->key);
}

}  // namespace redvest::client
