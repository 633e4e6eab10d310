// redvestd: the daemon that keeps one ledger and answers for it.
#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "ledger/ledger.h"
#include "services/listen_address.h"
#include "services/log.h"
#include "services/server.h"

namespace redvest {
namespace {

constexpr int kExitUsage = 2;
constexpr int kExitCannot = 3;
// How often the ledger's health is looked at.
constexpr timespec kHealthInterval = {.tv_sec = 1, .tv_nsec = 0};

struct Flags {
  std::string data;
  std::string listen = "127.0.0.1:7070";
  std::string name;
  std::string time_zone = Founding().time_zone;
  std::string key;
  std::vector<std::string> witnesses;
  size_t queue_commands = LedgerOptions().queue_commands_max;
  bool rebuild = false;
};

void Declare(CLI::App* app, Flags* flags) {
  app->description(
      "redvestd keeps the ledger in a folder and answers for it by gRPC. The first start, on an empty or "
      "missing "
      "folder, founds a new ledger:\n"
      "  redvestd --data ./ledger --name 'Changshan Huayuan'\n"
      "Later starts need only the folder:\n"
      "  redvestd --data ./ledger\n"
      "It prints one line with its address when it is ready, logs to stderr, and stops on SIGTERM or "
      "Ctrl-C.\n"
      "Exit code: 0 stopped as asked, 2 a flag is wrong, 3 the ledger or the address cannot be used.");
  app->add_option("--data", flags->data, "Folder of the ledger; an empty or missing one is founded")
      ->required();
  app->add_option("--listen", flags->listen, "Address HOST:PORT; port 0 takes any that is free")
      ->capture_default_str();
  CLI::Option* name = app->add_option(
      "--name", flags->name,
      "Name of the community, to found a new ledger (default: the folder's); it stays for good");
  app->add_option("--time-zone", flags->time_zone, "Time zone of its business dates, to found a new ledger")
      ->capture_default_str()
      ->needs(name);
  app->add_option(
      "--key", flags->key,
      "File of the secret key that signs checkpoints, made at the first start (default: the folder's "
      "name and .key, beside it). Keep a copy apart from the folder's");
  app->add_option("--witness", flags->witnesses,
                  "Key of a witness whose signatures on checkpoints are kept; may be given again for more")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app->add_option("--queue-commands", flags->queue_commands,
                  "Commands that may wait to be decided; more are refused with RESOURCE_EXHAUSTED")
      ->capture_default_str()
      ->check(CLI::Range(size_t{1}, size_t{10'000'000}));
  app->add_flag("--rebuild", flags->rebuild,
                "Before serving, drop all that follows from the log (saved state, statements, daily totals) "
                "and write it anew");
  app->set_version_flag("--version", std::string("redvestd " REDVEST_VERSION));
}

// Signals that ask for the end. Blocked in every thread, so that only the main thread takes them, when it
// waits.
sigset_t BlockStopSignals() {
  signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// Returns when the daemon is asked to end. A ledger that has stopped by itself stays up to say so.
void ServeUntilAsked(const sigset_t& signals, const Ledger& ledger, Server* server) {
  bool healthy = true;
  while (sigtimedwait(&signals, nullptr, &kHealthInterval) < 0) {
    const absl::Status health = ledger.Health();
    if (!healthy || health.ok()) continue;
    healthy = false;
    server->SetServing(false);
    Log(absl::StrCat("the ledger has stopped writing: ", health.message(),
                     "; nothing acknowledged is lost, but start redvestd again once the cause is removed"));
  }
}

// What a ledger is called whose founder gave no name: as its folder is.
std::string DefaultName(const std::string& data) {
  const std::filesystem::path folder = std::filesystem::absolute(data).lexically_normal();
  const std::string name = (folder.has_filename() ? folder : folder.parent_path()).filename().string();
  return name.empty() || name.size() > 128 || !IsPlainText(name) ? "redvest" : name;
}

absl::StatusOr<std::unique_ptr<Ledger>> OpenLedger(const Flags& flags) {
  LedgerOptions options;
  options.directory = flags.data;
  options.queue_commands_max = flags.queue_commands;
  options.key_file = flags.key;
  options.witness_keys = flags.witnesses;
  options.rebuild = flags.rebuild;
  if (!flags.name.empty()) options.founding = Founding{.name = flags.name, .time_zone = flags.time_zone};
  absl::StatusOr<std::unique_ptr<Ledger>> ledger = Ledger::Open(options);
  if (absl::IsNotFound(ledger.status())) {
    options.founding = Founding{.name = DefaultName(flags.data), .time_zone = flags.time_zone};
    ledger = Ledger::Open(options);
  }
  if (ledger.ok() && (*ledger)->founded_now()) {
    Log(absl::StrCat("founded the ledger of \"", options.founding->name, "\" in ", flags.data,
                     "; its first office terminal is ", FormatId(IdKind::kTerminal, 1)));
  }
  return ledger;
}

int Serve(const Flags& flags, const ListenAddress& address) {
  const sigset_t signals = BlockStopSignals();
  // Before a ledger is founded for nothing.
  if (const absl::Status usable = TryListen(address); !usable.ok()) {
    Log(ToStd(usable.message()));
    return kExitCannot;
  }
  absl::StatusOr<std::unique_ptr<Ledger>> ledger = OpenLedger(flags);
  if (!ledger.ok()) {
    Log(ToStd(ledger.status().message()));
    return kExitCannot;
  }
  absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(ledger->get(), address);
  if (!server.ok()) {
    Log(ToStd(server.status().message()));
    return kExitCannot;
  }
  if (!IsLoopback(address)) {
    Log("WARNING: this address can be reached from other machines, and there is no authentication yet: "
        "whoever "
        "reaches it may record and read everything. Use 127.0.0.1 unless the network is yours alone.");
  }
  Log(absl::StrCat("checkpoints are signed by ", (*ledger)->notary().key().Encode(),
                   "; publish this key where auditors find it"));
  const std::string where = FormatListenAddress((*server)->address());
  Log(absl::StrCat("serving ", flags.data, " at sequence ", (*ledger)->Head().sequence.value(), " on ",
                   where));
  std::cout << "redvestd ready on " << where << std::endl;

  ServeUntilAsked(signals, **ledger, server->get());
  Log("stopping: no new calls, finishing those that were taken");
  server->reset();
  const uint64_t sequence = (*ledger)->Head().sequence.value();
  ledger->reset();
  Log(absl::StrCat("stopped at sequence ", sequence));
  return 0;
}

int Main(int argc, char** argv) {
  // Debian builds Abseil with the detection of deadlocks, which takes longer than the locks themselves, in
  // gRPC's too. Ours are looked after by the tests under the thread sanitizer.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  CLI::App app;
  Flags flags;
  Declare(&app, &flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  const std::optional<ListenAddress> address = ParseListenAddress(flags.listen);
  if (!address) {
    std::cerr << "--listen: \"" << flags.listen << "\" is not HOST:PORT; try 127.0.0.1:7070\n";
    return kExitUsage;
  }
  return Serve(flags, *address);
}

}  // namespace
}  // namespace redvest

int main(int argc, char** argv) {
  // Large buffers, such as a projection's batch, go back to the system when they are freed. Without this the
  // C library keeps for itself all that was freed once: a fifth more memory under load, measured.
  mallopt(M_MMAP_THRESHOLD, 1024 * 1024);
  return redvest::Main(argc, argv);
}
