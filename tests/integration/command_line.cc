#include "tests/integration/command_line.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "ledger/base/check.h"
#include "tests/integration/daemon.h"

namespace redvest::testing {
namespace {

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

Ran RunProgram(const std::string& program, const std::vector<std::string>& arguments, const std::string& in) {
  const TempFolder folder;
  std::ofstream(folder.Path("in"), std::ios::binary) << in;
  std::vector<const char*> argv = {program.c_str()};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  argv.push_back(nullptr);
  const std::string paths[] = {folder.Path("in"), folder.Path("out"), folder.Path("err")};
  // What is still buffered is the test's own.
  std::fflush(nullptr);
  const pid_t pid = fork();
  REDVEST_CHECK(pid >= 0);
  if (pid == 0) {
    if (std::freopen(paths[0].c_str(), "r", stdin) == nullptr ||
        std::freopen(paths[1].c_str(), "w", stdout) == nullptr ||
        std::freopen(paths[2].c_str(), "w", stderr) == nullptr) {
      _exit(126);
    }
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("TZ", "UTC", 1);
    execvp(argv[0], const_cast<char* const*>(argv.data()));
    _exit(127);
  }
  int status = 0;
  REDVEST_CHECK(waitpid(pid, &status, 0) == pid);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), Contents(paths[1]),
          Contents(paths[2])};
}

Ran RunRedvest(const std::string& server, std::vector<std::string> arguments, const std::string& in) {
  arguments.insert(arguments.begin(), {"--server", server});
  return RunProgram(REDVEST_PATH, arguments, in);
}

}  // namespace redvest::testing
