#include "tests/benchmark/scratch.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "ledger/base/text.h"

namespace redvest::bench {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitInterrupted = 130;

struct Leftovers {
  absl::Mutex mu;
  std::map<pid_t, int> children ABSL_GUARDED_BY(mu);  // and the signal that ends each
  std::string folder ABSL_GUARDED_BY(mu);             // empty = nothing to remove
};

Leftovers& All() {
  static auto* const kLeftovers = new Leftovers;
  return *kLeftovers;
}

[[noreturn]] void CleanUpAndExit(int code) {
  Leftovers& all = All();
  absl::MutexLock lock(&all.mu);
  for (const auto& [child, number] : all.children) kill(child, number);
  // Until nobody writes to the folder any more.
  for (const auto& [child, number] : all.children) waitpid(child, nullptr, 0);
  std::error_code error;
  if (!all.folder.empty()) std::filesystem::remove_all(all.folder, error);
  _exit(code);
}

}  // namespace

Scratch::Scratch(const std::string& parent, bool keep) : path_(parent + "/redvest-bench-XXXXXX") {
  std::error_code error;
  std::filesystem::create_directories(parent, error);
  if (mkdtemp(path_.data()) == nullptr) Fail(absl::StrCat("no folder can be made in ", parent));
  if (keep) return;
  absl::MutexLock lock(&All().mu);
  All().folder = path_;
}

Scratch::~Scratch() {
  absl::MutexLock lock(&All().mu);
  std::error_code error;
  if (!All().folder.empty()) std::filesystem::remove_all(All().folder, error);
  All().folder.clear();
}

void CleanUpOnSignals() {
  signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread([signals] {
    int number = 0;
    sigwait(&signals, &number);
    CleanUpAndExit(kExitInterrupted);
  }).detach();
}

void RememberChild(pid_t pid, int signal) {
  absl::MutexLock lock(&All().mu);
  All().children[pid] = signal;
}

void ForgetChild(pid_t pid) {
  absl::MutexLock lock(&All().mu);
  All().children.erase(pid);
}

void Fail(std::string_view what) {
  std::fprintf(stderr, "redvest-bench: FAILED: %.*s\n", static_cast<int>(what.size()), what.data());
  CleanUpAndExit(kExitFailed);
}

void Require(bool holds, std::string_view what) {
  if (!holds) Fail(what);
}

void Require(const absl::Status& status, std::string_view what) {
  if (!status.ok()) Fail(absl::StrCat(ToAbsl(what), ": ", status.ToString()));
}

void Require(const grpc::Status& status, std::string_view what) {
  if (!status.ok()) Fail(absl::StrCat(ToAbsl(what), ": ", status.error_message()));
}

void Say(std::string_view line) {
  std::fprintf(stderr, "redvest-bench: %.*s\n", static_cast<int>(line.size()), line.data());
}

}  // namespace redvest::bench
