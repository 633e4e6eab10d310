// What every subcommand of `redvest` works with: the global flags, the server, and how to answer.
#ifndef REDVEST_CLIENTS_CONTEXT_H_
#define REDVEST_CLIENTS_CONTEXT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "clients/arguments.h"
#include "clients/client.h"
#include "clients/text.h"

namespace redvest::client {

// How the program ends.
enum ExitCode : int {
  kDone = 0,
  kDeclined = 1,  // the ledger said no
  kBadInput = 2,  // what was typed, or what a file holds, cannot be meant
  kNoServer = 3,  // the server cannot be reached or used
};

// The exit code for an error of the server.
ExitCode ExitCodeOf(const CallError& error);

// The flags that stand before or after every subcommand.
struct GlobalFlags {
  std::string server = "127.0.0.1:7070";
  uint64_t terminal_id = 0;  // 0 = not given
  uint64_t serial = 0;       // 0 = the terminal's next
  std::optional<MomentArgument> at;
  std::string queue;  // path of an offline queue; empty = none
  int64_t timeout_seconds = 10;
  bool json = false;
};

// Not thread-safe.
class Context {
 public:
  Context(Lang lang, bool json, std::ostream& out, std::ostream& err) : lang_(lang), out_(out), err_(err) {
    flags.json = json;
  }

  GlobalFlags flags;
  // What to do once the whole command line has been read; set by the subcommand that was named. Returns the
  // exit code.
  std::function<int()> action;

  Lang lang() const { return lang_; }
  bool json() const { return flags.json; }
  // The text in the language of this run, for std::string parameters of CLI11 and others.
  std::string Say(const Bilingual& text) const { return std::string(text.In(lang_)); }
  // Answers go here, everything else to err().
  std::ostream& out() { return out_; }
  std::ostream& err() { return err_; }

  // The server of --server; connects at the first call. REQUIRES: the command line has been read.
  Connection& connection();
  // What GetLedger answered, asked for once.
  CallResult<v1::GetLedgerResponse> Ledger();
  // The ledger's time zone; UTC while the ledger cannot be asked.
  absl::TimeZone Zone();
  // --at in the ledger's time zone, else now. Milliseconds since 1970.
  CallResult<int64_t> OccurredAtUnixMs();
  RetryOptions retry_options() const { return {.total = absl::Seconds(flags.timeout_seconds)}; }

  // Reports an error on err(), as a sentence or with --json as an object, and returns the exit code for it.
  int Fail(const CallError& error);
  // The same for what was typed or read from a file.
  int FailInput(std::string_view sentence);

 private:
  const Lang lang_;
  std::ostream& out_;
  std::ostream& err_;
  std::unique_ptr<Connection> connection_;
  std::optional<v1::GetLedgerResponse> ledger_;
};

// A line on the terminal that shows how far long work has come; silent where stderr is not a terminal.
class Progress {
 public:
  // `what`: "Importing". `total` 0 = not known.
  Progress(const Context& context, std::string what, int64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  // Redraws at most ten times a second.
  void Show(int64_t done);

 private:
  const bool visible_;
  const Lang lang_;
  const std::string what_;
  const int64_t total_;
  const absl::Time start_;
  absl::Time shown_ = absl::InfinitePast();
};

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_CONTEXT_H_
