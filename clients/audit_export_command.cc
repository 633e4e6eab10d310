#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "clients/auditor.h"
#include "clients/cli.h"
#include "clients/commands.h"
#include "clients/json.h"
#include "clients/log_source.h"
#include "ledger/audit/books.h"
#include "ledger/audit/pack.h"
#include "ledger/base/check.h"

namespace redvest::client {
namespace {

struct Wanted {
  std::string pack;     // folder
  std::string hledger;  // file, or "-"
  std::string csv;      // file, or "-"
  std::string from_pack;
  KeyChoice key;
};

// A file that takes its name only once it is whole. What is no plain file, such as a pipe, is written as it
// is; "-" is stdout.
class OutFile {
 public:
  OutFile(Context& context, std::string path) : context_(context), path_(std::move(path)) {
    struct stat facts;
    if (path_ == "-") return;
    const bool plain = stat(path_.c_str(), &facts) != 0 || S_ISREG(facts.st_mode);
    written_as_ = plain ? path_ + ".new" : path_;
    file_ = std::fopen(written_as_.c_str(), "wbe");
    if (file_ == nullptr) status_ = Errno();
  }
  ~OutFile() {
    if (file_ == nullptr) return;
    std::fclose(file_);
    if (written_as_ != path_) std::remove(written_as_.c_str());
  }
  OutFile(const OutFile&) = delete;
  OutFile& operator=(const OutFile&) = delete;

  absl::Status Write(std::string_view part) {
    if (path_ == "-") {
      context_.out().write(part.data(), static_cast<std::streamsize>(part.size()));
      if (!context_.out().good()) status_ = absl::UnavailableError("stdout cannot be written");
    } else if (status_.ok() && std::fwrite(part.data(), 1, part.size(), file_) != part.size()) {
      status_ = Errno();
    }
    return status_;
  }
  // Durable, and under its name.
  absl::Status Finish() {
    if (path_ == "-" || !status_.ok()) return status_;
    bool done = std::fflush(file_) == 0 && (written_as_ == path_ || fsync(fileno(file_)) == 0);
    done = std::fclose(std::exchange(file_, nullptr)) == 0 && done;
    if (done && written_as_ != path_) done = std::rename(written_as_.c_str(), path_.c_str()) == 0;
    return done ? absl::OkStatus() : Errno();
  }

 private:
  absl::Status Errno() const {
    return absl::UnavailableError(absl::StrCat(path_, " cannot be written: ", std::strerror(errno)));
  }

  Context& context_;
  const std::string path_;
  std::string written_as_;
  std::FILE* file_ = nullptr;
  absl::Status status_;
};

// Told on stderr, because stdout may hold the books.
void TellDone(Context& context, const Bilingual& pattern,
              std::initializer_list<std::pair<std::string_view, std::string>> values) {
  if (!context.json()) context.err() << Fill(context.Say(pattern), values) << '\n';
}

int ExportBooks(Context& context, const Wanted& wanted, const std::string& path, BookFormat& format) {
  LogSource log(context, wanted.from_pack);
  if (!log.Open()) return log.code();
  OutFile file(context, path);
  Progress progress(context, context.Say({"Exporting", "导出"}), static_cast<int64_t>(log.last().value()));
  const std::unique_ptr<CommitCursor> commits = log.Read(Sequence(1));
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

int ExportPack(Context& context, const Wanted& wanted) {
  Auditor auditor(context);
  if (!auditor.TakeKey(wanted.key)) return auditor.code();
  const std::optional<SeenCheckpoint> now = auditor.Fetch(0);
  if (!now.has_value()) return auditor.code();
  auto keys =
      context.connection().Call(&v1::AuditService::Stub::GetVerifierKeys, v1::GetVerifierKeysRequest());
  if (!keys.ok()) return context.Fail(keys.error());
  PackContents contents{now->note, now->key.Encode(), {}};
  for (const std::string& witness : keys->witness_keys()) contents.witness_keys.push_back(witness);

  RemoteLog log(context.connection(), context.retry_options());
  absl::StatusOr<PackReport> report = absl::UnknownError("");
  {
    Progress progress(context, context.Say({"Exporting", "导出"}),
                      static_cast<int64_t>(now->checkpoint.size));
    report = WritePack(
        wanted.pack, contents, [&](Sequence from) { return log.Read(from, Sequence(now->checkpoint.size)); },
        [&progress](Sequence done) { progress.Show(static_cast<int64_t>(done.value())); });
  }
  if (!report.ok() && log.error().has_value()) return context.Fail(*log.error());
  if (absl::IsDataLoss(report.status()) || absl::IsFailedPrecondition(report.status()))
    return auditor.Caught(std::string(report.status().message()));
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
  if (!wanted.hledger.empty()) code = ExportBooks(context, wanted, wanted.hledger, *NewHledgerJournal());
  if (code == kDone && !wanted.csv.empty()) code = ExportBooks(context, wanted, wanted.csv, *NewBookCsv());
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
