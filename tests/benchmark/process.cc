#include "tests/benchmark/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "tests/benchmark/scratch.h"

extern char** environ;

namespace redvest::bench {
namespace {

namespace fs = std::filesystem;

constexpr int kReadyWithinMs = 120'000;

std::string ProcPath(pid_t pid, const char* file) { return absl::StrCat("/proc/", pid, "/", file); }

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

std::string Contents(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

std::string Self() { return fs::read_symlink("/proc/self/exe").string(); }

std::string Beside(const std::string& program) { return (fs::path(Self()).parent_path() / program).string(); }

double OwnCpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
}

Process::Process(const std::vector<std::string>& words, const std::string& err_path, int end_signal)
    : end_signal_(end_signal) {
  int ends[2];
  Require(pipe2(ends, O_CLOEXEC) == 0, "no pipe can be made");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err_path.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                   0644);
  // This program blocks the signals that end it; a child must hear them.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const int error = posix_spawnp(&pid_, argv[0], &actions, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(ends[1]);
  stdout_ = ends[0];
  if (error != 0) Fail(absl::StrCat(words[0], " cannot be started"));
  RememberChild(pid_, end_signal_);
}

Process::~Process() {
  if (pid_ > 0) {
    Signal(end_signal_);
    Wait();
  }
  if (stdout_ >= 0) close(stdout_);
}

std::string Process::ReadLine() {
  std::string line;
  pollfd ready = {.fd = stdout_, .events = POLLIN, .revents = 0};
  char c = 0;
  while (poll(&ready, 1, kReadyWithinMs) == 1 && read(stdout_, &c, 1) == 1 && c != '\n') line += c;
  return line;
}

void Process::Signal(int signal) {
  if (pid_ > 0) kill(pid_, signal);
}

int Process::Wait() {
  int status = 0;
  rusage usage{};
  Require(wait4(pid_, &status, 0, &usage) == pid_, "a child process is lost");
  ForgetChild(pid_);
  pid_ = -1;
  cpu_seconds_at_end_ = Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
  peak_at_end_ = static_cast<uint64_t>(usage.ru_maxrss) * 1024;
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

double Process::cpu_seconds() const {
  if (pid_ < 0) return cpu_seconds_at_end_;
  // proc(5): the command's name, in brackets, may hold blanks; user and system time are the 12th and 13th
  // field after it.
  std::string text = Contents(ProcPath(pid_, "stat"));
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

uint64_t Process::StatusBytes(const char* field) const {
  std::ifstream status(ProcPath(pid_, "status"));
  std::string name;
  uint64_t kib = 0;
  for (std::string line; std::getline(status, line);) {
    std::istringstream words(line);
    if (words >> name && name == field && words >> kib) return kib * 1024;
  }
  return 0;
}

uint64_t Process::resident_bytes() const { return StatusBytes("VmRSS:"); }
uint64_t Process::resident_peak_bytes() const { return pid_ < 0 ? peak_at_end_ : StatusBytes("VmHWM:"); }

ServerProcess::ServerProcess(const std::vector<std::string>& words, const std::string& err_path)
    : err_path_(err_path), process_(words, err_path) {
  const std::string line = process_.ReadLine();
  seconds_to_ready_ = since_start_.seconds();
  const std::string ready = "ready on ";
  const size_t at = line.find(ready);
  if (at == std::string::npos) {
    Fail(absl::StrCat(words[0], " did not get ready; it said: ", line, "\n", Contents(err_path)));
  }
  address_ = line.substr(at + ready.size());
}

double ServerProcess::Terminate() {
  const Stopwatch watch;
  process_.Signal(SIGTERM);
  if (process_.Wait() != 0) Fail(absl::StrCat("a server did not end well:\n", Contents(err_path_)));
  return watch.seconds();
}

void ServerProcess::Kill() {
  process_.Signal(SIGKILL);
  process_.Wait();
}

std::unique_ptr<ServerProcess> StartDaemon(const std::string& program, const std::string& folder) {
  std::vector<std::string> words = {program, "--data", folder, "--listen", "127.0.0.1:0"};
  if (!fs::exists(folder)) words.insert(words.end(), {"--name", "Benchmark"});
  return std::make_unique<ServerProcess>(words, folder + ".stderr");
}

uint64_t FolderBytes(const std::string& folder) {
  uint64_t bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code gone;
    const uintmax_t size = it->is_regular_file(gone) ? it->file_size(gone) : 0;
    if (!gone) bytes += size;
  }
  return bytes;
}

}  // namespace redvest::bench
