#include <sys/random.h>
#include <unistd.h>

#include "absl/strings/escaping.h"
#include "clients/certificate_pdf.h"
#include "clients/cli.h"
#include "clients/commands.h"
#include "clients/evidence.h"
#include "clients/issue.h"
#include "clients/json.h"
#include "clients/narrator.h"
#include "clients/pdf_update.h"
#include "clients/proof_check.h"
#include "clients/receipt.h"
#include "clients/whole_file.h"
#include "ledger/base/check.h"

namespace redvest::client {
namespace {

// What stands on one line of the paper, bytes.
constexpr size_t kFieldBytesMax = 96;
constexpr size_t kDraftBytesMax = 64 << 20;

struct Wanted {
  uint64_t member_id = 0;
  CertificateContent content;  // what is typed: names, issuer, contact
  std::string out;
};

// 128 random bits: eight groups of four hexadecimal digits.
std::string RandomCheckCode() {
  char bytes[16];
  REDVEST_CHECK(getentropy(bytes, sizeof(bytes)) == 0);
  const std::string hex = absl::BytesToHexString(absl::string_view(bytes, sizeof(bytes)));
  std::string code;
  for (size_t at = 0; at < hex.size(); at += 4) code += (at == 0 ? "" : " ") + hex.substr(at, 4);
  return code;
}

// Issues a certificate in steps: the document is drawn and kept as a draft, its digest is recorded in the
// ledger, the proof of that is fetched and put behind it. A run that ended after the second step is finished
// by the next.
class CertificateIssue {
 public:
  CertificateIssue(Context& context, const Wanted& wanted)
      : context_(context), wanted_(wanted), draft_path_(wanted.out + ".draft") {}

  int Run() {
    if (!context_.flags.queue.empty()) {
      return context_.FailInput(Say({"a certificate needs the ledger's answer: leave --queue out",
                                     "出具证明须即时得到账本答复：请不要使用 --queue"}));
    }
    if (context_.flags.at.has_value()) {
      return context_.FailInput(Say({"a certificate tells the hours that the book holds now: leave --at out",
                                     "证明所载是账上现有的时长：请不要使用 --at"}));
    }
    if (access(wanted_.out.c_str(), F_OK) == 0) {
      return context_.FailInput(
          Fill(Say({"{path} is there already; choose another name", "{path} 已存在，请换一个文件名"}),
               {{"path", wanted_.out}}));
    }
    const auto ledger = context_.Ledger();
    if (!ledger.ok()) return context_.Fail(ledger.error());
    if (const auto ended = FinishDraft()) return *ended;
    return IssueNew(ledger->name());
  }

 private:
  std::string Say(const Bilingual& text) const { return context_.Say(text); }

  // Where an earlier run left a draft that the ledger has recorded: finishes it and returns the exit code.
  std::optional<int> FinishDraft() {
    const auto draft = ReadKeptFile(draft_path_, kDraftBytesMax);
    if (absl::IsNotFound(draft.status())) return std::nullopt;
    if (!draft.ok()) return FailFile(draft.status());
    const std::string digest = DocumentDigest(*draft);
    v1::ReadEventsRequest request;
    request.add_event("service_certificate_issued");
    uint64_t sequence = 0;
    uint64_t member_id = 0;
    const auto error = context_.connection().Stream(
        &v1::AuditService::Stub::ReadEvents, request, [&](const v1::ReadEventsResponse& part) {
          for (const v1::SequencedEvent& item : part.events()) {
            const auto& command = item.event().service_certificate_issued().command();
            if (command.document_sha256() != digest) continue;
            sequence = item.sequence();
            member_id = command.volunteer_id();
          }
          return sequence == 0;
        });
    if (error.has_value()) return context_.Fail(*error);
    if (sequence == 0) return std::nullopt;
    if (member_id != wanted_.member_id) {
      return context_.FailInput(
          Fill(Say({"{path} is a certificate of {member}, recorded and not finished: finish it first, by the "
                    "same command for {member}, or choose another name",
                    "{path} 是 {member} 的证明，已入账而未完成：请先对 {member} "
                    "执行同一命令补完，或换一个文件名"}),
               {{"path", draft_path_}, {"member", FormatId(IdKind::kMember, member_id)}}));
    }
    if (!context_.json()) {
      context_.out() << Fill(
          Say({"The certificate of the run before was recorded as event {sequence}; it is finished "
               "now, as it was asked for then.\n",
               "上次的证明已记为第 {sequence} 号事件，现按当时的内容补完。\n"}),
          {{"sequence", std::to_string(sequence)}});
    }
    return AttachProof(*draft, sequence);
  }

  int IssueNew(const std::string& ledger_name) {
    v1::GetVolunteerRequest read;
    read.set_member_id(wanted_.member_id);
    const auto volunteer = context_.connection().Call(&v1::VolunteerService::Stub::GetVolunteer, read);
    if (!volunteer.ok()) return context_.Fail(volunteer.error());
    if (volunteer->served().empty()) {
      return context_.FailInput(
          Fill(Say({"the book holds no service of {member}: there is nothing to certify",
                    "账上没有 {member} 的服务记录，无从证明"}),
               {{"member", FormatId(IdKind::kMember, wanted_.member_id)}}));
    }
    v1::IssueServiceCertificateRequest request;
    v1::IssueServiceCertificate& command = *request.mutable_issue_service_certificate();
    command.set_volunteer_id(wanted_.member_id);
    *command.mutable_served() = volunteer->served();

    Issuer issuer(context_);
    if (const auto ended = issuer.Prepare(request)) return *ended;
    const auto document = RenderCertificate(context_.lang(), ContentOf(ledger_name, *volunteer, issuer));
    if (!document.ok()) return FailRender(document.status());
    if (const absl::Status status = WriteWholeFile(draft_path_, *document); !status.ok())
      return FailFile(status);
    command.set_document_sha256(DocumentDigest(*document));
    auto response = issuer.session().Call(&v1::VolunteerService::Stub::IssueServiceCertificate,
                                          std::move(request), issuer.occurred_at_unix_ms());
    if (!response.ok()) return FailIssue(response.error());
    return AttachProof(*document, response->recorded().sequence());
  }

  CertificateContent ContentOf(const std::string& ledger_name, const v1::GetVolunteerResponse& volunteer,
                               Issuer& issuer) {
    Narrator narrator(context_);
    CertificateContent content = wanted_.content;
    content.ledger_name = ledger_name;
    content.volunteer_id = FormatId(IdKind::kMember, wanted_.member_id);
    for (const v1::ServedKind& served : volunteer.served()) {
      const std::string label = narrator.EntryLabel(v1::ENTRY_KIND_SERVICE_KIND, served.service_kind_id());
      content.kinds.push_back(
          {label.empty() ? narrator.Entry(v1::ENTRY_KIND_SERVICE_KIND, served.service_kind_id()) : label,
           served.services(), served.minutes()});
      content.minutes += served.minutes();
    }
    const TerminalSession& session = issuer.session();
    content.number = CertificateNumber(session.terminal().value(), session.next_serial().value());
    content.check_code = RandomCheckCode();
    content.date = DayFinder(context_.Zone()).DayOf(issuer.occurred_at_unix_ms());
    return content;
  }

  int AttachProof(const std::string& document, uint64_t sequence) {
    auto evidence = FetchEvidence(context_.connection(), sequence);
    if (!evidence.ok()) {
      const int code = context_.Fail(evidence.error());
      SayHowToFinish();
      return code;
    }
    evidence->proof.checkpoint = WithSignatureOf(evidence->key, evidence->proof.checkpoint);
    const auto file = AppendProof(document, evidence->proof.Encode());
    if (!file.ok()) return FailFile(file.status());
    // What is handed over is what a verifier accepts.
    const auto checked = CheckProof(*file, evidence->key);
    if (const auto* refusal = std::get_if<ProofRefusal>(&checked)) {
      return context_.Fail(
          {grpc::StatusCode::DATA_LOSS, {}, "the certificate does not prove itself: " + refusal->detail});
    }
    if (const absl::Status status = WriteWholeFile(wanted_.out, *file); !status.ok()) return FailFile(status);
    unlink(draft_path_.c_str());
    Report(*evidence);
    return kDone;
  }

  void Report(const Evidence& evidence) {
    const std::string number = CertificateNumber(evidence.event.terminal_id(), evidence.event.serial());
    if (context_.json()) {
      Json json = Json{{"sequence", evidence.sequence}, {"certificate", number}, {"file", wanted_.out}};
      json["recorded"] = ToJson(evidence.event, context_.Zone());
      json["tree_size"] = evidence.checkpoint.size;
      json["key"] = evidence.key.Encode();
      context_.out() << Dump(json, true) << '\n';
      return;
    }
    context_.out() << Fill(
        Say({"Certificate {number} written to {path}, with the proof that it is recorded as event "
             "{sequence}.\n\"redvest audit verify-proof {path} --key KEY\" checks it without a "
             "server. Key now: {key}\n",
             "证明 {number} 已写入 {path}，并附其记为第 {sequence} 号事件的入账证明。\n可用 redvest "
             "audit verify-proof {path} --key 公钥 离线核验。当前公钥：{key}\n"}),
        {{"number", number},
         {"path", wanted_.out},
         {"sequence", std::to_string(evidence.sequence)},
         {"key", evidence.key.Encode()}});
  }

  int FailIssue(const CallError& error) {
    const int code = context_.Fail(error);
    if (error.retryable()) {
      SayHowToFinish();
    } else {
      unlink(draft_path_.c_str());
    }
    return code;
  }

  void SayHowToFinish() {
    if (context_.json()) return;
    context_.err() << Fill(
        Say({"The document is kept as {path}. Run the same command again: where the certificate was "
             "recorded it is finished, else a new one is made.\n",
             "文件暂存为 {path}。请再次执行同一命令：若证明已入账则补完，否则重新出具。\n"}),
        {{"path", draft_path_}});
  }

  int FailFile(const absl::Status& status) {
    return context_.FailInput(Fill(Say({"{path} cannot be written: {detail}", "无法写入 {path}：{detail}"}),
                                   {{"path", wanted_.out}, {"detail", std::string(status.message())}}));
  }

  int FailRender(const absl::Status& status) {
    return context_.FailInput(
        Fill(Say({"no font on this machine can write \"{text}\"; install one for Chinese, such as "
                  "fonts-wqy-microhei "
                  "or fonts-noto-cjk",
                  "本机没有能显示“{text}”的字体；请安装中文字体，例如 fonts-wqy-microhei 或 fonts-noto-cjk"}),
             {{"text", std::string(status.message())}}));
  }

  Context& context_;
  const Wanted& wanted_;
  const std::string draft_path_;
};

// Text that is printed on the paper.
void AddField(CLI::App& app, Context& context, const std::string& name, std::string& field,
              Bilingual description) {
  AddText(
      app, context, name,
      [&context, name, &field](const std::string& text) {
        if (text.empty() || text.size() > kFieldBytesMax) {
          throw CLI::ValidationError(name, Fill(context.Say({"{name} takes 1 to {max} bytes of text",
                                                             "{name} 须为 1 到 {max} 字节的文字"}),
                                                {{"name", name}, {"max", std::to_string(kFieldBytesMax)}}));
        }
        field = text;
      },
      description)
      ->required();
}

}  // namespace

void AddCertificateCommand(CLI::App& volunteer, Context& context) {
  auto wanted = std::make_shared<Wanted>();
  CLI::App& leaf = *AddLeaf(
      volunteer, context, "certificate",
      {{"Issue a certificate of service (PDF): its digest is recorded in the ledger, and the file carries "
        "the proof. "
        "Names are printed on the paper only, never sent to the ledger.",
        "出具志愿服务证明（PDF）：其摘要记入账本，文件附入账证明。姓名只印在纸上，不进入账本"},
       "--terminal T2-95 volunteer certificate M57-20 --name \"张三\" --issuer \"长山花园社区志愿服务站\" "
       "--person-in-charge \"李四\" --handler \"王五\" --contact \"0431-80000000\" --out certificate.pdf"},
      [&context, wanted] { return CertificateIssue(context, *wanted).Run(); });
  AddId(leaf, context, "member", IdKind::kMember, wanted->member_id, {"Which volunteer", "哪位志愿者"})
      ->required();
  CertificateContent& content = wanted->content;
  AddField(leaf, context, "--name", content.volunteer_name, {"The volunteer's name", "志愿者姓名"});
  AddField(leaf, context, "--issuer", content.issuer, {"Who issues it", "出具单位"});
  AddField(leaf, context, "--person-in-charge", content.person_in_charge, {"Person in charge", "负责人"});
  AddField(leaf, context, "--handler", content.handler, {"Who handles it", "经办人"});
  AddField(leaf, context, "--contact", content.contact, {"How to reach the issuer", "联系方式"});
  AddPath(leaf, context, "--out", [wanted](const std::string& path) { wanted->out = path; },
          {"The file to write", "要写入的文件"})
      ->required();
}

}  // namespace redvest::client
