// What a run makes and must not leave behind: its scratch folder and its child processes. Everything that
// ends the program before its time comes through here.
#ifndef REDVEST_TESTS_BENCHMARK_SCRATCH_H_
#define REDVEST_TESTS_BENCHMARK_SCRATCH_H_

#include <grpcpp/support/status.h>
#include <sys/types.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace redvest::bench {

// A folder of its own under `parent`, removed with everything in it, unless it is to be kept. One at a time.
class Scratch {
 public:
  Scratch(const std::string& parent, bool keep);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::string& path() const { return path_; }
  std::string Path(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

// From here on SIGINT, SIGTERM and SIGHUP kill the children, remove the scratch folder and end the program.
// To be called before any thread is started.
void CleanUpOnSignals();

// A child that gets `signal` where the program ends before it does.
void RememberChild(pid_t pid, int signal);
void ForgetChild(pid_t pid);

// Ends the program: a figure that was not measured as it should be is none. Says why on stderr.
[[noreturn]] void Fail(std::string_view what);
// Fail where something that must work did not.
void Require(bool holds, std::string_view what);
void Require(const absl::Status& status, std::string_view what);
void Require(const grpc::Status& status, std::string_view what);

// A line of progress on stderr.
void Say(std::string_view line);

}  // namespace redvest::bench

#endif  // REDVEST_TESTS_BENCHMARK_SCRATCH_H_
