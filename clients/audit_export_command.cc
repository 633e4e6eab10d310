#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "clients/auditor.h"
#include "clients/cli.h"
#include "clients/commands.h"
#include "clients/json.h"
#include "clients/log_source.h"
#include "clients/whole_file.h"
#include "ledger/audit/books.h"
#include "ledger/audit/pack.h"
#include "ledger/base/text.h"

namespace redvest::client {
namespace {

struct Wanted {
  std::string pack;     // folder
  std::string hledger;  // file, or "-"
  std::string csv;      // file, or "-"
  std::string from_pack;
  KeyChoice key;
};

// Takes its name only once it is whole. What is no plain file, such as a pipe, is written as it is; "-" is
// stdout.
class OutFile {
 public:
  OutFile(Context& context, std::string path) : context_(context), path_(std::move(path)) {
    struct stat facts;
    if (path_ == "-") return;
    if (stat(path_.c_str(), &facts) != 0 || S_ISREG(facts.st_mode)) {
      file_.emplace(path_);
    } else if (pipe_ = std::fopen(path_.c_str(), "wbe"); pipe_ == nullptr) {
      status_ = Broken(std::strerror(errno));
    }
  }
  ~OutFile() {
    if (pipe_ != nullptr) std::fclose(pipe_);
  }
  OutFile(const OutFile&) = delete;
  OutFile& operator=(const OutFile&) = delete;

  absl::Status Write(std::string_view part) {
    if (!status_.ok()) return status_;
    if (path_ == "-") {
      context_.out().write(part.data(), static_cast<std::streamsize>(part.size()));
      if (!context_.out().good()) status_ = absl::UnavailableError("stdout cannot be written");
    } else if (file_.has_value()) {
      if (const absl::Status written = file_->Write(part); !written.ok())
        status_ = Broken(ToStd(written.message()));
    } else if (std::fwrite(part.data(), 1, part.size(), pipe_) != part.size()) {
      status_ = Broken(std::strerror(errno));
    }
    return status_;
  }
  // Durable, and under its name.
  absl::Status Finish() {
    if (!status_.ok()) return status_;
    if (file_.has_value()) {
      const absl::Status kept = file_->Keep();
      return kept.ok() ? kept : Broken(ToStd(kept.message()));
    }
    if (pipe_ != nullptr && std::fclose(std::exchange(pipe_, nullptr)) != 0)
      return Broken(std::strerror(errno));
    return absl::OkStatus();
  }

 private:
  absl::Status Broken(std::string_view why) const {
    return absl::UnavailableError(absl::StrCat(path_, " cannot be written: ", ToAbsl(why)));
  }

  Context& context_;
  const std::string path_;
  std::optional<FreshFile> file_;
  std::FILE* pipe_ = nullptr;
  absl::Status status_;
};

// Told on stderr, because stdout may hold the books.
void TellDone(Context& context, const Bilingual& pattern,
              std::initializer_list<std::pair<std::string_view, std::string>> values) {
  if (!context.json()) context.err() << Fill(context.Say(pattern), values) << '\n';
}

int ExportBooks(Context& context, LogSource& log, const std::string& path, BookFormat& format) {
  OutFile file(context, path);
  Progress progress(context, context.Say({"Exporting", "导出"}), static_cast<int64_t>(log.last().value()));
  const std::unique_ptr<CommitCursor> commits = log.Read();
  const auto last = WriteBooks(
      *commits, log.last(), format, [&file](std::string_view part) { return file.Write(part); },
      [&progress](Sequence done) { progress.Show(static_cast<int64_t>(done.value())); });
  if (!last.ok()) return log.Fail(last.status());
  const absl::Status finished = file.Finish();
  if (!finished.ok()) return log.Fail(finished);
  TellDone(
      context, {"{count} events to {path}", "已导出 {count} 件事件到 {path}"},
      {{"count", FormatCount(static_cast<int64_t>(last->value()))}, {"path", path == "-" ? "stdout" : path}});
  return kDone;
}

// The checkpoint of the pack that is there, if there is one, and the server's.
std::vector<std::string> Evidence(const std::string& pack, const SeenCheckpoint& now) {
  std::vector<std::string> notes;
  if (const auto old = Pack::Open(pack); old.ok()) notes.push_back((*old)->checkpoint_note());
  notes.push_back(now.note);
  return notes;
}

int ExportPack(Context& context, const Wanted& wanted) {
  Auditor auditor(context);
  if (!auditor.TakeKey(wanted.key)) return auditor.code();
  const std::optional<SeenCheckpoint> now = auditor.Fetch(0);
  if (!now.has_value()) return auditor.code();
  auto keys =
      context.connection().Call(&v1::AuditService::Stub::GetVerifierKeys, v1::GetVerifierKeysRequest());
  if (!keys.ok()) return context.Fail(keys.error());
  PackContents contents{now->note, now->key.Encode(), {}};
  for (const std::string& witness : keys->witness_keys()) {
    const auto key = merkle::VerifierKey::Decode(witness);
    if (!key.ok() || key->type != merkle::KeyType::kWitness) {
      return auditor.Caught(Fill(
          context.Say({"a key that it names as a witness's is none: {key}", "它列出的见证人公钥无效：{key}"}),
          {{"key", witness}}));
    }
    contents.witness_keys.push_back(key->Encode());
  }
  auditor.TellWhoseKey(now->key, {"the server", "服务器"});

  RemoteLog log(context.connection(), context.retry_options());
  absl::StatusOr<PackReport> report = absl::UnknownError("");
  {
    Progress progress(context, context.Say({"Exporting", "导出"}),
                      static_cast<int64_t>(now->checkpoint.size));
    report = WritePack(
        wanted.pack, contents, [&](Sequence from) { return log.Read(from, Sequence(now->checkpoint.size)); },
        [&progress](Sequence done) { progress.Show(static_cast<int64_t>(done.value())); });
  }
  if (absl::IsDataLoss(report.status()) || absl::IsFailedPrecondition(report.status()))
    return auditor.Caught(std::string(report.status().message()), Evidence(wanted.pack, *now));
  if (!report.ok() && log.error().has_value()) return context.Fail(*log.error());
  if (!report.ok()) return auditor.Cannot(wanted.pack, report.status());
  if (context.json()) {
    context.out() << Dump(Json{{"pack", wanted.pack},
                               {"events", report->last.value()},
                               {"added", report->added},
                               {"accounts", report->accounts},
                               {"root_hash", merkle::ToHex(now->checkpoint.root)},
                               {"key", now->key.Encode()}},
                          true)
                  << '\n';
  }
  TellDone(context,
           {"{pack} holds events 1 to {last}, {added} of them new, and {accounts} accounts.\nCheck it with: "
            "python3 "
            "{pack}/verify.py",
            "{pack} 现有第 1 至 {last} 件事件（本次新增 {added} 件）、{accounts} 个账户。\n核对：python3 "
            "{pack}/verify.py"},
           {{"pack", wanted.pack},
            {"last", FormatCount(static_cast<int64_t>(report->last.value()))},
            {"added", FormatCount(static_cast<int64_t>(report->added))},
            {"accounts", FormatCount(static_cast<int64_t>(report->accounts))}});
  return kDone;
}

int Export(Context& context, const Wanted& wanted) {
  if (wanted.pack.empty() && wanted.hledger.empty() && wanted.csv.empty()) {
    return context.FailInput(context.Say({"say what to write: --pack DIR, --hledger FILE or --csv FILE",
                                          "请指定导出内容：--pack 文件夹、--hledger 文件或 --csv 文件"}));
  }
  int code = kDone;
  if (!wanted.hledger.empty() || !wanted.csv.empty()) {
    LogSource log(context, wanted.from_pack, wanted.key);
    if (!log.Open()) return log.code();
    if (!wanted.hledger.empty()) code = ExportBooks(context, log, wanted.hledger, *NewHledgerJournal());
    if (code == kDone && !wanted.csv.empty()) code = ExportBooks(context, log, wanted.csv, *NewBookCsv());
  }
  if (code == kDone && !wanted.pack.empty()) code = ExportPack(context, wanted);
  return code;
}

}  // namespace

void AddAuditExportCommand(CLI::App& family, Context& context) {
  auto wanted = std::make_shared<Wanted>();
  CLI::App& leaf = *AddLeaf(family, context, "export",
                            {{"Take the whole history away: as an exit pack that anyone can check and that "
                              "is continued when it is named "
                              "again, as a journal for hledger, or as CSV. Exit code 1: the server shows "
                              "another history than the pack.",
                              "导出全部历史：可独立核对、可续写的导出包，hledger 日记账，或 CSV。"
                              "退出码 1 表示服务器的历史与导出包不符"},
                             "audit export --pack books --hledger books.journal"},
                            [&context, wanted] { return Export(context, *wanted); });
  CLI::Option* pack =
      AddPath(leaf, context, "--pack", [wanted](const std::string& path) { wanted->pack = path; },
              {"Folder of the exit pack: new, empty, or a pack of this ledger",
               "导出包文件夹：新建、空的，或本账本已有的导出包"});
  AddPath(leaf, context, "--hledger", [wanted](const std::string& path) { wanted->hledger = path; },
          {"Journal for hledger (UTF-8); - writes to stdout", "hledger 日记账（UTF-8）；- 表示标准输出"});
  AddPath(leaf, context, "--csv", [wanted](const std::string& path) { wanted->csv = path; },
          {"Every posting as a row of CSV; - writes to stdout", "CSV，每笔分录一行；- 表示标准输出"});
  AddKeyOptions(leaf, context, wanted->key);
  AddPackSource(leaf, context, wanted->from_pack)->excludes(pack);
}

}  // namespace redvest::client
