// A real redvestd in a process of its own, for tests over a real connection.
#ifndef REDVEST_TESTS_INTEGRATION_DAEMON_H_
#define REDVEST_TESTS_INTEGRATION_DAEMON_H_

#include <grpcpp/channel.h>
#include <sys/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace redvest::testing {

// A folder that is removed with everything in it.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  // The path of `name` in it; that of the folder itself where it is empty.
  std::string Path(const std::string& name = "") const;

 private:
  std::string path_;
};

class Daemon {
 public:
  // Starts redvestd with `flags` and waits until it is ready. Null, with a failure of the test that holds
  // what the daemon said, where it ends or says nothing for 60 seconds.
  static std::unique_ptr<Daemon> Start(const std::vector<std::string>& flags);
  // Starts it on `data` and any free port; founds the ledger where `data` is missing.
  static std::unique_ptr<Daemon> StartOn(const std::string& data, std::vector<std::string> flags = {});
  // Starts it on `data` and kills it `after` that, ready or not.
  static void StartAndKill(const std::string& data, std::chrono::microseconds after);
  // Kills it where it still runs.
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // HOST:PORT that it printed.
  const std::string& address() const { return address_; }
  // A new connection.
  std::shared_ptr<grpc::Channel> Connect() const;
  // What it has said on stderr so far.
  std::string Stderr() const;

  void Signal(int signal);
  // Waits for its end. Returns its exit code, or minus the number of the signal that ended it.
  int Wait();
  // SIGTERM, then Wait.
  int Terminate();
  // SIGKILL, then Wait.
  void Kill();

 private:
  // Starts it without a wait.
  explicit Daemon(const std::vector<std::string>& flags);
  // The first line of its stdout; empty where there is none in time.
  std::string ReadLine();

  TempFolder logs_;
  pid_t pid_ = -1;  // -1 once it was waited for
  int stdout_ = -1;
  std::string address_;
};

// How a program ended.
struct Ended {
  int exit_code;
  std::string out;
  std::string err;
};

// Runs redvestd to its end.
Ended RunToEnd(const std::vector<std::string>& flags);
// Runs redvest-verify, with the words after its name.
Ended RunVerify(const std::vector<std::string>& arguments);

}  // namespace redvest::testing

#endif  // REDVEST_TESTS_INTEGRATION_DAEMON_H_
