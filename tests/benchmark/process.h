// Child processes, what the kernel says of them, and the daemon as one of them.
#ifndef REDVEST_TESTS_BENCHMARK_PROCESS_H_
#define REDVEST_TESTS_BENCHMARK_PROCESS_H_

#include <signal.h>
#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace redvest::bench {

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

// The path of a program that stands beside this one.
std::string Beside(const std::string& program);
// This program.
std::string Self();

// User and system time of this process, seconds.
double OwnCpuSeconds();

class Process {
 public:
  // Starts words[0] with the others as arguments. What it says on stderr goes to the end of `err_path`. Where
  // this program ends first, the child gets `end_signal`.
  Process(const std::vector<std::string>& words, const std::string& err_path, int end_signal = SIGKILL);
  // Ends it by that signal where it still runs.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // The next line of its stdout; empty where there is none within two minutes.
  std::string ReadLine();
  void Signal(int signal);
  // Waits for its end. Returns its exit code, or minus the number of the signal that ended it.
  int Wait();

  // While it runs, and what was last known when it ended. Seconds of all its threads, and bytes.
  double cpu_seconds() const;
  uint64_t resident_bytes() const;
  uint64_t resident_peak_bytes() const;

 private:
  uint64_t StatusBytes(const char* field) const;

  const int end_signal_;
  pid_t pid_ = -1;  // -1 once it was waited for
  int stdout_ = -1;
  double cpu_seconds_at_end_ = 0;
  uint64_t peak_at_end_ = 0;
};

// A program that prints "... ready on ADDRESS" as its first line: redvestd, or the echo server.
class ServerProcess {
 public:
  // Fails where it does not get ready.
  ServerProcess(const std::vector<std::string>& words, const std::string& err_path);

  const std::string& address() const { return address_; }
  double seconds_to_ready() const { return seconds_to_ready_; }
  Process& process() { return process_; }
  const Process& process() const { return process_; }
  // SIGTERM, and waits for the end, which must be a clean one. Returns the seconds that it took.
  double Terminate();
  // SIGKILL.
  void Kill();

 private:
  const std::string err_path_;
  const Stopwatch since_start_;
  Process process_;
  std::string address_;
  double seconds_to_ready_ = 0;
};

// Starts redvestd on the ledger in `folder`; it founds one where there is none.
std::unique_ptr<ServerProcess> StartDaemon(const std::string& program, const std::string& folder);

// All bytes of the files under `folder`; files that vanish meanwhile do not count.
uint64_t FolderBytes(const std::string& folder);

}  // namespace redvest::bench

#endif  // REDVEST_TESTS_BENCHMARK_PROCESS_H_
