#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "clients/auditor.h"
#include "clients/cli.h"
#include "clients/commands.h"
#include "clients/json.h"
#include "clients/narrator.h"
#include "clients/proof_check.h"
#include "clients/receipt.h"
#include "clients/table.h"
#include "clients/whole_file.h"
#include "clients/words.h"
#include "ledger/accounting/posting.h"
#include "ledger/base/text.h"

namespace redvest::client {
namespace {

// Certificates hold fonts; proofs are some thousand bytes.
constexpr size_t kFileBytesMax = 64 << 20;

struct Wanted {
  std::string path;
  KeyChoice key;
};

// The proof says nothing of the ledger's time zone, so moments are in that of this machine, with its distance
// from UTC.
std::string Moment(int64_t unix_ms) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S %Ez", absl::FromUnixMillis(unix_ms), absl::LocalTimeZone());
}

int FailRead(Context& context, const std::string& path, const absl::Status& status) {
  return context.FailInput(Fill(context.Say({"{path} cannot be read: {detail}", "无法读取 {path}：{detail}"}),
                                {{"path", path}, {"detail", std::string(status.message())}}));
}

std::string KeyText(const merkle::VerifierKey& key) {
  return Fill("{name} ({id})", {{"name", key.name}, {"id", absl::StrFormat("%08x", key.Id())}});
}

class VerdictPrinter {
 public:
  VerdictPrinter(Context& context, const merkle::VerifierKey& key)
      : context_(context), key_(key), narrator_(context, absl::LocalTimeZone()) {}

  int Proved(const ProvedEvent& proved) {
    if (context_.json()) {
      context_.out() << Dump(ProvedJson(proved), true) << '\n';
      return kDone;
    }
    context_.out() << Say(
        proved.is_certificate
            ? Bilingual{"Genuine: this very document was recorded in the ledger.\n",
                        "真实：账本中记录的正是这份文件，一字未改。\n"}
            : Bilingual{"Proved: this event is in the ledger.\n", "核验通过：该事件确已入账。\n"});
    const event::v1::Event& event = proved.event;
    const std::string kind(EventKindName(event));
    const std::string told = narrator_.Tell(event);
    Table table({{""}, {""}});
    table.Add({Say({"what", "事项"}),
               (kind.empty() ? Say({"of a kind that this program does not know", "本程序不认识的种类"})
                             : EventText(context_.lang(), kind)) +
                   (told.empty() ? "" : Say({": ", "："})) + told});
    if (event.has_service_certificate_issued()) {
      table.Add({Say({"certificate", "证明编号"}), CertificateNumber(event.terminal_id(), event.serial())});
    }
    table.Add({Say({"happened", "发生时间"}), Moment(event.occurred_at_unix_ms())});
    table.Add(
        {Say({"recorded", "记账时间"}),
         Moment(event.recorded_at_unix_ms()) + (event.late() ? Say({" (recorded late)", "（补录）"}) : "")});
    table.Add(
        {Say({"terminal", "终端"}), Fill(Say({"{terminal}, serial {serial}", "{terminal}，流水号 {serial}"}),
                                         {{"terminal", narrator_.Terminal(event.terminal_id())},
                                          {"serial", std::to_string(event.serial())}})});
    table.Add({Say({"event", "事件号"}), std::to_string(proved.sequence)});
    table.Add({Say({"in the ledger", "账本"}),
               Fill(Say({"{origin}, of {size} events", "{origin}，共 {size} 件事件"}),
                    {{"origin", proved.checkpoint.origin},
                     {"size", FormatCount(static_cast<int64_t>(proved.checkpoint.size))}})});
    table.Add({Say({"root", "账本根"}), merkle::ToHex(proved.checkpoint.root)});
    table.Add({Say({"signed by", "签名公钥"}), KeyText(key_)});
    table.Print(context_.out(), 2);
    if (!proved.is_certificate) {
      context_.out() << Say({"A proof cannot tell whether the event was reversed later; the ledger can.\n",
                             "证明本身不反映该事件此后是否被冲正；如需确认请查询账本。\n"});
    }
    return kDone;
  }

  int Refused(const ProofRefusal& refusal) {
    const std::string sentence =
        Fill(Say(Sentence(refusal.fault)), {{"key", KeyText(key_)}, {"detail", refusal.detail}});
    if (context_.json()) {
      context_.out() << Dump(Json{{"proved", false}, {"fault", Word(refusal.fault)}, {"message", sentence}},
                             true)
                     << '\n';
    } else {
      context_.out() << Say({"NOT PROVED: ", "核验不通过："}) << sentence << '\n';
    }
    return kDeclined;
  }

 private:
  std::string Say(const Bilingual& text) const { return context_.Say(text); }

  Json ProvedJson(const ProvedEvent& proved) const {
    Json json = Json{{"proved", true}, {"sequence", proved.sequence}};
    json["event"] = std::string(EventKindName(proved.event));
    json["certificate"] = proved.event.has_service_certificate_issued()
                              ? Json(CertificateNumber(proved.event.terminal_id(), proved.event.serial()))
                              : Json(nullptr);
    json["document"] = proved.is_certificate;
    json["recorded"] = ToJson(proved.event, absl::UTCTimeZone());
    json["origin"] = proved.checkpoint.origin;
    json["tree_size"] = proved.checkpoint.size;
    json["root_hash"] = merkle::ToHex(proved.checkpoint.root);
    json["key"] = key_.Encode();
    return json;
  }

  static std::string_view Word(ProofFault fault) {
    switch (fault) {
      case ProofFault::kForm:
        return "form";
      case ProofFault::kNotProved:
        return "not_proved";
      case ProofFault::kEvent:
        return "event";
      case ProofFault::kOtherEvent:
        return "other_event";
      case ProofFault::kDocument:
        return "document";
    }
    return "";
  }

  static Bilingual Sentence(ProofFault fault) {
    switch (fault) {
      case ProofFault::kForm:
        return {"this is no proof, or one that was cut or edited ({detail}).",
                "这不是证明，或者已残缺、被改动（{detail}）。"};
      case ProofFault::kNotProved:
        return {"it does not hold by the key {key}: it was edited, or is of another ledger ({detail}).",
                "用公钥 {key} 核验不成立：内容被改动，或属于另一账本（{detail}）。"};
      case ProofFault::kEvent:
        return {"what was proved is not an event of a ledger.", "所证明的内容不是账本事件。"};
      case ProofFault::kOtherEvent:
        return {"the proof in this PDF is of something else than a certificate.",
                "此 PDF 所附的证明与志愿服务证明无关。"};
      case ProofFault::kDocument:
        return {"the document was edited: it is not the one that the ledger recorded.",
                "文件被改动：它不是账本所记录的那一份。"};
    }
    return {};
  }

  Context& context_;
  const merkle::VerifierKey& key_;
  Narrator narrator_;
};

int Verify(Context& context, const Wanted& wanted) {
  if (wanted.key.text.empty() && wanted.key.file.empty()) {
    return context.FailInput(
        context.Say({"say by which key: --key or --key-file, with the ledger's public key as it was "
                     "published. A key that comes "
                     "with the proof would prove nothing",
                     "请用 --key 或 --key-file 给出账本公开发布的公钥；随证明附来的公钥不能证明什么"}));
  }
  Auditor auditor(context);
  if (!auditor.TakeKey(wanted.key)) return auditor.code();
  const std::optional<merkle::VerifierKey>& key = auditor.key();
  const auto bytes = ReadWholeFile(wanted.path, kFileBytesMax);
  if (!bytes.ok()) return FailRead(context, wanted.path, bytes.status());
  VerdictPrinter printer(context, *key);
  const auto checked = CheckProof(*bytes, *key);
  if (const auto* refusal = std::get_if<ProofRefusal>(&checked)) return printer.Refused(*refusal);
  return printer.Proved(std::get<ProvedEvent>(checked));
}

}  // namespace

void AddVerifyProofCommand(CLI::App& audit_family, Context& context) {
  auto wanted = std::make_shared<Wanted>();
  CLI::App& leaf = *AddLeaf(audit_family, context, "verify-proof",
                            {{"Check a proof without a server: the file of \"receipt --proof\", the text of "
                              "its QR code, or a certificate "
                              "of service (PDF). Exit code 1: it proves nothing.",
                              "离线核验证明：receipt --proof "
                              "的文件、其二维码的文字，或志愿服务证明（PDF）。退出码 1 表示核验不通过"},
                             "audit verify-proof 1234.tlog-proof --key-file ledger.vkey"},
                            [&context, wanted] { return Verify(context, *wanted); });
  AddPath(leaf, context, "file", [wanted](const std::string& path) { wanted->path = path; },
          {"The proof; - reads stdin", "证明文件；- 表示从标准输入读取"})
      ->required();
  AddKeyOptions(leaf, context, wanted->key);
}

}  // namespace redvest::client
