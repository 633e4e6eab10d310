// redvest-bench: the real daemon over real gRPC on loopback, held against the limits of the machine and
// against what people would use instead.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "tests/benchmark/bench.h"
#include "tests/benchmark/echo_server.h"

namespace redvest::bench {
namespace {

constexpr int kExitUsage = 2;
constexpr double kQuickScale = 0.1;

struct Flags {
  std::vector<std::string> scenarios;
  bool list = false;
  bool quick = false;
  bool json = false;
  bool keep = false;
  std::string folder = std::filesystem::temp_directory_path().string();
  Options options;
};

std::string Description() {
  std::string text =
      "redvest-bench measures redvestd in a process of its own, over gRPC on loopback, in one run with the "
      "limits of the machine. Everything is durable and checked: a decline, an error or a trial balance that "
      "is not what it must be ends the run with exit code 1. Progress goes to stderr. What each figure "
      "means: "
      "ledger/docs/performance.md.\n\nScenarios, in the order in which they run:\n";
  for (const Scenario& scenario : AllScenarios()) {
    absl::StrAppend(&text, "  ", scenario.name, ": ", scenario.what, "\n");
  }
  return text;
}

void Declare(CLI::App* app, Flags* flags) {
  std::vector<std::string> names;
  for (const Scenario& scenario : AllScenarios()) names.emplace_back(scenario.name);
  app->description(Description());
  app->add_option("--scenario", flags->scenarios, "Only these, separated by commas (default: all)")
      ->delimiter(',')
      ->check(CLI::IsMember(names));
  app->add_flag("--list", flags->list, "Print the names of the scenarios, and what they measure");
  app->add_flag("--quick", flags->quick, "A tenth of every size: all scenarios within two minutes");
  app->add_flag("--json", flags->json, "Print JSON and nothing else");
  app->add_option("--folder", flags->folder, "Where the scratch folder is made; it should be a real disk")
      ->capture_default_str();
  app->add_flag("--keep", flags->keep, "Leave the scratch folder");
  app->add_option("--daemon", flags->options.daemon, "redvestd to measure (default: the one beside this)");
  app->add_option("--verify", flags->options.verify, "redvest-verify (default: the one beside this)");
  app->add_option("--seed", flags->options.seed, "Of all random choices")->capture_default_str();
  // For the test of this program.
  app->add_option("--scale", flags->options.scale)->check(CLI::Range(0.0001, 1.0))->group("");
}

void NoteMachine(const Flags& flags, Report* report) {
  report->Note("processors", absl::StrCat(std::thread::hardware_concurrency()));
  report->Note("time", absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::Now(), absl::UTCTimeZone()));
  report->Note("scale", absl::StrCat(flags.options.scale));
  report->Note("seed", absl::StrCat(flags.options.seed));
}

void RunScenarios(const Flags& flags, Report* report) {
  Scratch scratch(flags.folder, flags.keep);
  Bench bench(flags.options, &scratch, report);
  for (const Scenario& scenario : AllScenarios()) {
    const auto& wanted = flags.scenarios;
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), scenario.name) == wanted.end()) continue;
    Say(absl::StrCat("scenario ", scenario.name));
    const Stopwatch watch;
    scenario.run(&bench);
    Say(absl::StrCat("scenario ", scenario.name, " took ", watch.seconds(), " s"));
  }
  if (flags.keep) Say(absl::StrCat("kept: ", scratch.path()));
}

int RunMain(int argc, char** argv) {
  // As in the daemon, so that the empty call, of which this is client and server, is as fast as it can be.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  if (argc == 2 && std::string(argv[1]) == kEchoFlag) return ServeEcho();
  CLI::App app;
  Flags flags;
  Declare(&app, &flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  if (flags.list) {
    for (const Scenario& scenario : AllScenarios())
      std::cout << scenario.name << "\n    " << scenario.what << "\n";
    return 0;
  }
  if (flags.quick) flags.options.scale = kQuickScale;
  if (flags.options.daemon.empty()) flags.options.daemon = Beside("redvestd");
  if (flags.options.verify.empty()) flags.options.verify = Beside("redvest-verify");
  for (const std::string& program : {flags.options.daemon, flags.options.verify}) {
    if (access(program.c_str(), X_OK) == 0) continue;
    std::cerr << program << " is not a program that can be run; see --daemon and --verify\n";
    return kExitUsage;
  }
  CleanUpOnSignals();
  Report report;
  NoteMachine(flags, &report);
  RunScenarios(flags, &report);
  if (flags.json) {
    report.PrintJson(std::cout);
  } else {
    report.PrintTable(std::cout);
  }
  return 0;
}

}  // namespace
}  // namespace redvest::bench

int main(int argc, char** argv) { return redvest::bench::RunMain(argc, argv); }
