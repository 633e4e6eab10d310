#include "tests/integration/daemon.h"

#include <fcntl.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "ledger/base/check.h"

extern char** environ;

namespace redvest::testing {
namespace {

constexpr int kReadyWithinMs = 60'000;

// Starts `program` with stdout and stderr as given. Not fork: gRPC's threads run in this process.
pid_t Spawn(const char* program, const std::vector<std::string>& flags, int out,
            const std::string& err_path) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err_path.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                   0644);
  std::vector<std::string> words = {program};
  words.insert(words.end(), flags.begin(), flags.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, program, &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  REDVEST_CHECK(error == 0);
  return pid;
}

int WaitFor(pid_t pid) {
  int status = 0;
  REDVEST_CHECK(waitpid(pid, &status, 0) == pid);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

std::string Contents(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TempFolder::TempFolder() {
  std::string path = (std::filesystem::temp_directory_path() / "redvest-test-XXXXXX").string();
  REDVEST_CHECK(mkdtemp(path.data()) != nullptr);
  path_ = path;
}

TempFolder::~TempFolder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

std::string TempFolder::Path(const std::string& name) const {
  return name.empty() ? path_ : path_ + "/" + name;
}

Daemon::Daemon(const std::vector<std::string>& flags) {
  int ends[2];
  REDVEST_CHECK(pipe2(ends, O_CLOEXEC) == 0);
  pid_ = Spawn(REDVESTD_PATH, flags, ends[1], logs_.Path("stderr"));
  close(ends[1]);
  stdout_ = ends[0];
}

std::unique_ptr<Daemon> Daemon::Start(const std::vector<std::string>& flags) {
  std::unique_ptr<Daemon> daemon(new Daemon(flags));
  const std::string line = daemon->ReadLine();
  const std::string ready = "redvestd ready on ";
  if (!line.starts_with(ready)) {
    ADD_FAILURE() << "redvestd did not get ready; it said: " << line << "\n" << daemon->Stderr();
    return nullptr;
  }
  daemon->address_ = line.substr(ready.size());
  return daemon;
}

std::unique_ptr<Daemon> Daemon::StartOn(const std::string& data, std::vector<std::string> flags) {
  flags.insert(flags.end(), {"--data", data, "--listen", "127.0.0.1:0"});
  if (!std::filesystem::exists(data)) flags.insert(flags.end(), {"--name", "Changshan Huayuan"});
  return Start(flags);
}

void Daemon::StartAndKill(const std::string& data, std::chrono::microseconds after) {
  Daemon daemon({"--data", data, "--listen", "127.0.0.1:0"});
  std::this_thread::sleep_for(after);
  daemon.Kill();
}

Daemon::~Daemon() {
  Kill();
  if (stdout_ >= 0) close(stdout_);
}

std::shared_ptr<grpc::Channel> Daemon::Connect() const {
  grpc::ChannelArguments arguments;
  // Channels of one process share connections otherwise.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address_, grpc::InsecureChannelCredentials(), arguments);
}

std::string Daemon::Stderr() const { return Contents(logs_.Path("stderr")); }

void Daemon::Signal(int signal) {
  if (pid_ > 0) kill(pid_, signal);
}

int Daemon::Wait() {
  const int exit_code = WaitFor(pid_);
  pid_ = -1;
  return exit_code;
}

int Daemon::Terminate() {
  Signal(SIGTERM);
  return Wait();
}

void Daemon::Kill() {
  if (pid_ <= 0) return;
  Signal(SIGKILL);
  Wait();
}

std::string Daemon::ReadLine() {
  std::string line;
  pollfd ready = {.fd = stdout_, .events = POLLIN, .revents = 0};
  char c = 0;
  while (poll(&ready, 1, kReadyWithinMs) == 1 && read(stdout_, &c, 1) == 1 && c != '\n') line += c;
  return line;
}

namespace {

Ended RunToEnd(const char* program, const std::vector<std::string>& flags) {
  const TempFolder logs;
  const int out = open(logs.Path("stdout").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  REDVEST_CHECK(out >= 0);
  const int exit_code = WaitFor(Spawn(program, flags, out, logs.Path("stderr")));
  close(out);
  return {exit_code, Contents(logs.Path("stdout")), Contents(logs.Path("stderr"))};
}

}  // namespace

Ended RunToEnd(const std::vector<std::string>& flags) { return RunToEnd(REDVESTD_PATH, flags); }

Ended RunVerify(const std::vector<std::string>& arguments) {
  return RunToEnd(REDVEST_VERIFY_PATH, arguments);
}

}  // namespace redvest::testing
