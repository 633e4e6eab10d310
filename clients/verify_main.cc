// redvest-verify: checks a ledger's folder or an exit pack from its first event, with no server.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "clients/help_style.h"
#include "clients/text.h"
#include "clients/verdict.h"
#include "ledger/audit/checkpoint_check.h"
#include "ledger/audit/files.h"
#include "ledger/audit/pack.h"
#include "ledger/audit/verify.h"
#include "ledger/base/check.h"
#include "ledger/base/text.h"
#include "ledger/ledger.h"

namespace redvest::client {
namespace {

enum VerifyExit : int {
  kSound = 0,
  kFaultFound = 1,
  kUsage = 2,
  kCannotRead = 3,
};

struct Flags {
  std::string path;
  std::string key;
  std::vector<std::string> checkpoints;
  bool json = false;
  std::string lang;
};

std::string Say(Lang lang, const Bilingual& text) { return std::string(text.In(lang)); }

// A line on the terminal that is drawn over and over.
class ProgressLine {
 public:
  ProgressLine(Lang lang, bool visible) : lang_(lang), visible_(visible && isatty(STDERR_FILENO) != 0) {}
  ~ProgressLine() {
    if (visible_) std::fputs("\r\033[K", stderr);
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void Show(std::string_view step, Sequence done, Sequence last) {
    if (!visible_ || absl::Now() - shown_ < absl::Milliseconds(100)) return;
    shown_ = absl::Now();
    const std::string line =
        Fill(lang_ == Lang::kZh ? "{step} 第 {done} 件，共 {last} 件" : "{step}: {done} of {last} events",
             {{"step", Name(step)},
              {"done", FormatCount(static_cast<int64_t>(done.value()))},
              {"last", FormatCount(static_cast<int64_t>(last.value()))}});
    std::fprintf(stderr, "\r\033[K%s", line.c_str());
    std::fflush(stderr);
  }

 private:
  std::string Name(std::string_view step) const {
    if (lang_ == Lang::kEn) return std::string(step);
    if (step == "log") return "核对流水";
    if (step == "tiles") return "核对哈希";
    return "核对派生数据";
  }

  const Lang lang_;
  const bool visible_;
  absl::Time shown_ = absl::InfinitePast();
};

// INVALID_ARGUMENT where a key or a checkpoint does not have its form: that says nothing of the books.
absl::StatusOr<VerifyOptions> OptionsOf(const Flags& flags) {
  VerifyOptions options;
  if (!flags.key.empty()) {
    REDVEST_ASSIGN_OR_RETURN(options.key, merkle::VerifierKey::Decode(flags.key));
    if (options.key->type != merkle::KeyType::kLog) {
      return absl::InvalidArgumentError(absl::StrCat(flags.key, " is the key of a witness, not of a ledger"));
    }
  }
  for (const std::string& path : flags.checkpoints) {
    REDVEST_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, merkle::kNoteBytesMax));
    absl::StatusOr<std::string> note = NoteInFile(text);
    if (!note.ok()) return absl::InvalidArgumentError(absl::StrCat(path, ": ", note.status().message()));
    options.checkpoints.push_back({path, *std::move(note)});
  }
  return options;
}

// What a part that is missing is where the rest says what it was.
absl::StatusOr<VerifyReport> MissingIsAFault(absl::StatusOr<VerifyReport> report) {
  if (!absl::IsNotFound(report.status())) return report;
  return absl::DataLossError(absl::StrCat("a part is missing: ", report.status().message()));
}

// A folder says by its marker that it is a ledger's; a pack has a checkpoint and tiles.
absl::StatusOr<VerifyReport> VerifyPath(const Flags& flags, const VerifyOptions& options,
                                        VerifyProgress progress) {
  namespace fs = std::filesystem;
  const fs::path path(flags.path);
  std::error_code error;
  if (fs::exists(path / "LEDGER", error)) {
    return MissingIsAFault(Ledger::VerifyDirectory(flags.path, options, progress));
  }
  if (fs::is_directory(path / "store", error)) {
    return absl::DataLossError(absl::StrCat(
        flags.path, " holds a ledger's store, but not the file LEDGER that says so: it was removed"));
  }
  if (fs::exists(path / "checkpoint", error) || fs::is_directory(path / "tile", error)) {
    const absl::StatusOr<std::unique_ptr<Pack>> pack = Pack::Open(path);
    if (!pack.ok()) return MissingIsAFault(pack.status());
    return MissingIsAFault(VerifyPack(**pack, options, progress));
  }
  if (!fs::exists(path, error)) return absl::NotFoundError(absl::StrCat("there is nothing at ", flags.path));
  return absl::InvalidArgumentError(
      absl::StrCat(flags.path, " is neither a ledger's folder nor an exit pack"));
}

// `status` is not OK.
int TellTrouble(Lang lang, bool json, const absl::Status& status) {
  const std::string message(ToStd(status.message()));
  const bool is_fault = absl::IsDataLoss(status);
  if (json) {
    nlohmann::ordered_json object = {{"sound", false}};
    object[is_fault ? "fault" : "error"] = message;
    std::cout << object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
  } else if (is_fault) {
    std::cout << Say(lang, {"A FAULT was found; these books are not to be trusted as they are:\n  ",
                            "发现问题，此账目不可照样采信：\n  "})
              << message << "\n";
  } else {
    std::cerr << Say(lang, {"It cannot be verified: ", "无法核验："}) << message << "\n";
  }
  return is_fault ? kFaultFound : kCannotRead;
}

int TellVerdict(Lang lang, const Flags& flags, const VerifyReport& report) {
  const bool own_key = flags.key.empty() && report.key.has_value();
  if (flags.json) {
    nlohmann::ordered_json json = VerdictJson(report);
    json["key_known"] = !flags.key.empty();
    std::cout << json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
  } else {
    std::cout << VerdictText(lang, report);
    if (own_key) {
      std::cout << Say(lang,
                       {"  The key is the one that the folder itself holds: compare it with the published "
                        "one, or give that with --key.\n",
                        "  公钥取自该文件夹本身，请与公开发布的核对，或用 --key 给出。\n"});
    }
  }
  if (!std::cout.flush()) return kCannotRead;
  return report.unfinished ? kCannotRead : kSound;
}

// What is wrong with the command line, in the language of this run: CLI11's own sentences are English.
int TellUsage(Lang lang, const CLI::App& app, const CLI::ParseError& error) {
  const std::string text = error.what();
  const std::vector<std::string> rest = app.remaining();
  std::string sentence = text;
  if (!rest.empty() || dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    sentence = Fill(Say(lang, {"\"{text}\" is not understood here", "无法识别“{text}”"}),
                    {{"text", rest.empty() ? text : rest.front()}});
  } else if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    sentence = Say(lang, {"name a ledger's folder or an exit pack", "请给出账本文件夹或导出包"});
  } else if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    sentence = Fill(Say(lang, {"{text} takes exactly one value", "{text} 须带且只带一个值"}),
                    {{"text", text.substr(0, text.find_first_of(" :"))}});
  }
  std::cerr << sentence << Say(lang, {"\nMore: ", "\n详见："}) << "redvest-verify --help\n";
  return kUsage;
}

void Declare(CLI::App& app, Lang lang, Flags& flags) {
  app.name("redvest-verify");
  SetHelpStyle(app, lang);
  app.set_help_flag("-h,--help", Say(lang, {"Explain, and exit", "显示说明"}));
  app.add_option("path", flags.path,
                 Say(lang, {"A ledger's folder that no daemon has open, or an exit pack",
                            "没有守护进程在用的账本文件夹，或导出包"}))
      ->type_name(Say(lang, {"DIR|PACK", "目录|导出包"}))
      ->required();
  app.add_option("--key", flags.key,
                 Say(lang, {"The ledger's public key, from a source other than the folder",
                            "账本公钥，应取自该文件夹以外的来源"}))
      ->type_name("VKEY");
  app.add_option("--checkpoint", flags.checkpoints,
                 Say(lang, {"A signed checkpoint that the log must agree with; may be given again",
                            "流水必须与之相符的已签名检查点，可多次给出"}))
      ->type_name("FILE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_flag("--json", flags.json, Say(lang, {"Answer in JSON", "以 JSON 输出"}));
  app.add_option("--lang", flags.lang,
                 Say(lang, {"Language; otherwise that of the environment", "语言，默认随环境"}))
      ->type_name("zh|en")
      ->check(CLI::Validator(
          [lang](const std::string& given) {
            return given == "zh" || given == "en"
                       ? std::string()
                       : Fill(Say(lang, {"\"{lang}\" is not zh or en", "“{lang}”不是 zh 或 en"}),
                              {{"lang", given}});
          },
          ""));
  app.set_version_flag("--version", "redvest-verify " REDVEST_VERSION,
                       Say(lang, {"Version of this program", "程序版本"}));
  app.footer(Say(
      lang,
      {"Exit codes: 0 the books are sound, 1 a fault was found, 2 usage, 3 it cannot be read, or the pack "
       "is unfinished.",
       "退出码：0 账目完好；1 发现问题；2 用法有误；3 无法读取，或导出包尚未完成。"}));
}

int Run(int argc, char** argv) {
  const Lang lang = LangOf(argc, argv);
  Flags flags;
  CLI::App app(
      Say(lang, {"redvest-verify - checks every event, signature and balance of a ledger or an exit pack, "
                 "without a server",
                 "redvest-verify——不经服务器，逐件核验账本或导出包"}));
  Declare(app, lang, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) return app.exit(error);
    return TellUsage(lang, app, error);
  }
  const absl::StatusOr<VerifyOptions> options = OptionsOf(flags);
  if (!options.ok()) {
    TellTrouble(lang, flags.json, absl::NotFoundError(options.status().message()));
    return absl::IsInvalidArgument(options.status()) ? kUsage : kCannotRead;
  }
  absl::StatusOr<VerifyReport> report = absl::UnknownError("");
  {
    ProgressLine line(lang, !flags.json);
    report = VerifyPath(flags, *options, [&line](std::string_view step, Sequence done, Sequence last) {
      line.Show(step, done, last);
    });
  }
  if (!report.ok()) return TellTrouble(lang, flags.json, report.status());
  return TellVerdict(lang, flags, *report);
}

}  // namespace
}  // namespace redvest::client

int main(int argc, char** argv) { return redvest::client::Run(argc, argv); }
