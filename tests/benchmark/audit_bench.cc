// redvest-audit-bench: how fast the books are kept, asked about and checked. Fills a folder with a
// neighbourhood's events, asks about its past, proves and verifies, and sets the rates beside what the
// machine could do at best: reading the same log, and SHA-256 over it.
//
// Figures vary from machine to machine and from run to run: compare those of one run.
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/notification.h"
#include "ledger/audit/books.h"
#include "ledger/audit/verify.h"
#include "ledger/base/check.h"
#include "ledger/ledger.h"
#include "ledger/merkle/hash.h"
#include "tests/benchmark/neighbourhood.h"

namespace redvest {
namespace {

namespace fs = std::filesystem;

// 2015-01-01 12:00 in Shanghai: the days of 100 million events from then on are in the past.
constexpr int64_t kFirstNoonMs = 1'420'084'800'000;
constexpr int kQuestions = 2'000;

struct Flags {
  uint64_t events = 1'000'000;
  std::string folder;
  uint64_t seed = 1;
  bool json = false;
  bool verify_only = false;
};

struct Figure {
  std::string name;
  double value;
  std::string unit;
};

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

// Ends the program where something that must work did not.
void Require(const absl::Status& status, const char* what) {
  if (status.ok()) return;
  std::cerr << "redvest-audit-bench: " << what << ": " << status << "\n";
  std::exit(1);
}

class Bench {
 public:
  explicit Bench(const Flags& flags) : flags_(flags), random_(flags.seed) {}

  void Run() {
    if (!fs::exists(flags_.folder) || fs::is_empty(flags_.folder)) Fill();
    Open({.directory = flags_.folder});
    Told("events", static_cast<double>(events_), "");
    AskThePast();
    Prove();
    const double scan = Scan();
    Export();
    ledger_.reset();
    Verify(scan);
  }

  const std::vector<Figure>& figures() const { return figures_; }

 private:
  void Told(std::string name, double value, std::string unit) {
    figures_.push_back({std::move(name), value, std::move(unit)});
  }
  void ToldRate(const std::string& name, const Stopwatch& watch) {
    Told(name, static_cast<double>(events_) / watch.seconds(), "events/s");
  }

  void Open(const LedgerOptions& options) {
    auto ledger = Ledger::Open(options);
    Require(ledger.status(), "opening the ledger");
    ledger_ = *std::move(ledger);
    events_ = ledger_->Head().sequence.value();
  }

  void Fill() {
    ManualClock clock(kFirstNoonMs);
    Open({.directory = flags_.folder, .founding = Founding{.name = "Benchmark"}, .clock = &clock});
    Neighbourhood neighbourhood(ledger_.get(), &clock, flags_.seed);
    neighbourhood.MoveIn();
    const uint64_t before = ledger_->Head().sequence.value();
    const Stopwatch watch;
    neighbourhood.LiveUntil(flags_.events);
    events_ = ledger_->Head().sequence.value();
    const double recorded = watch.seconds();
    absl::Notification projected;
    ledger_->WhenProjected({.min_sequence = Sequence(events_)}, [&projected](const absl::Status& status) {
      Require(status, "projecting");
      projected.Notify();
    });
    projected.WaitForNotification();
    const auto added = static_cast<double>(events_ - before);
    Told("recorded while filling", added / recorded, "events/s");
    Told("recorded and projected", added / watch.seconds(), "events/s");
    Told("declined while filling", static_cast<double>(neighbourhood.declined()), "");
    ledger_.reset();
  }

  // Median and 99th percentile of `ask`, which gets a random sequence.
  template <typename Ask>
  void Measure(const std::string& name, Ask&& ask) {
    std::vector<double> times;
    for (int i = 0; i < kQuestions; ++i) {
      const uint64_t sequence = 1 + random_() % events_;
      const Stopwatch watch;
      Require(ask(sequence), name.c_str());
      times.push_back(watch.seconds() * 1e3);
    }
    std::sort(times.begin(), times.end());
    Told(name + ", median", times[times.size() / 2], "ms");
    Told(name + ", 99 %", times[times.size() * 99 / 100], "ms");
  }

  // A point in the past of each kind, about when event `sequence` was recorded.
  v1::AsOf AtSequence(uint64_t sequence) const {
    v1::AsOf as_of;
    as_of.set_sequence(sequence);
    return as_of;
  }
  int64_t MomentOf(uint64_t sequence) const {
    const double share = static_cast<double>(sequence) / static_cast<double>(events_);
    return first_ms_ + static_cast<int64_t>(share * static_cast<double>(last_ms_ - first_ms_));
  }
  v1::AsOf AtMoment(uint64_t sequence) const {
    v1::AsOf as_of;
    as_of.set_recorded_at_unix_ms(MomentOf(sequence));
    return as_of;
  }
  v1::Date DateOf(uint64_t sequence) const {
    return ToDate(absl::ToCivilDay(absl::FromUnixMillis(MomentOf(sequence)), absl::FixedTimeZone(8 * 3600)));
  }
  v1::AsOf AtDate(uint64_t sequence) const {
    v1::AsOf as_of;
    *as_of.mutable_business_date() = DateOf(sequence);
    return as_of;
  }

  int64_t RecordedAt(uint64_t sequence) const {
    const auto found = ledger_->ReadEvents(Sequence(sequence))->Next();
    Require(found.status(), "reading an event");
    return (*found)->event->recorded_at_unix_ms();
  }

  void AskThePast() {
    first_ms_ = RecordedAt(1);
    last_ms_ = RecordedAt(events_);
    const auto balance = [this](const v1::AsOf& as_of) {
      v1::GetBalanceRequest request;
      request.set_account(FormatAccount(Neighbourhood::AnyAccount(random_)));
      *request.mutable_as_of() = as_of;
      v1::GetBalanceResponse response;
      return ledger_->GetBalance(request, &response);
    };
    Measure("balance as of a sequence", [&](uint64_t sequence) { return balance(AtSequence(sequence)); });
    Measure("balance as of a moment", [&](uint64_t sequence) { return balance(AtMoment(sequence)); });
    Measure("balance as of a date", [&](uint64_t sequence) { return balance(AtDate(sequence)); });
    const auto statement = [this](const v1::AsOf& as_of) {
      v1::GetStatementRequest request;
      request.set_account(FormatAccount(Neighbourhood::AnyAccount(random_)));
      request.set_page_size(20);
      *request.mutable_as_of() = as_of;
      v1::GetStatementResponse response;
      return ledger_->GetStatement(request, &response);
    };
    Measure("20 lines as of a sequence", [&](uint64_t sequence) { return statement(AtSequence(sequence)); });
    Measure("20 lines as of a date", [&](uint64_t sequence) { return statement(AtDate(sequence)); });
    Measure("day report as of a later moment", [&](uint64_t sequence) {
      v1::GetDayReportRequest request;
      *request.mutable_date() = DateOf(sequence);
      *request.mutable_as_of() = AtMoment(std::min(sequence * 2, events_));
      v1::GetDayReportResponse response;
      return ledger_->GetDayReport(request, &response);
    });
    const Stopwatch watch;
    v1::GetTrialBalanceRequest request;
    *request.mutable_as_of() = AtDate(events_ / 2);
    Require(ledger_->GetTrialBalance(request, [](const v1::GetTrialBalanceResponse&) { return true; }),
            "trial balance");
    Told("trial balance as of a date", watch.seconds() * 1e3, "ms");
  }

  void Prove() {
    Measure("inclusion proof", [this](uint64_t sequence) {
      v1::GetInclusionProofRequest request;
      request.set_sequence(sequence);
      v1::GetInclusionProofResponse response;
      return ledger_->GetInclusionProof(request, &response);
    });
    Measure("consistency proof", [this](uint64_t sequence) {
      v1::GetConsistencyProofRequest request;
      request.set_old_tree_size(sequence);
      v1::GetConsistencyProofResponse response;
      return ledger_->GetConsistencyProof(request, &response);
    });
  }

  // Calls `visit` with every commit.
  template <typename Visit>
  void ForEachCommit(Visit&& visit) const {
    const std::unique_ptr<CommitCursor> commits = ledger_->ReadCommits(Sequence(1));
    while (true) {
      const auto commit = commits->Next();
      Require(commit.status(), "reading the log");
      if (!commit->has_value()) return;
      visit(**commit);
    }
  }

  // The limits: no check of the log can be faster than reading it, nor than hashing it, with one thread.
  // Returns the rate of reading.
  double Scan() {
    uint64_t bytes = 0;
    const Stopwatch scan;
    ForEachCommit([&bytes](const CommitView& commit) {
      for (const std::string_view event : commit.events) bytes += event.size();
    });
    const double rate = static_cast<double>(events_) / scan.seconds();
    Told("bytes of an event", static_cast<double>(bytes) / static_cast<double>(events_), "");
    Told("plain scan of the log", rate, "events/s");
    double hashing = 0;
    uint8_t all = 0;
    ForEachCommit([&](const CommitView& commit) {
      const Stopwatch watch;
      for (const std::string_view event : commit.events) all |= merkle::Hasher::Plain(event).front();
      hashing += watch.seconds();
    });
    REDVEST_CHECK(all != 0);
    Told("SHA-256 of the same bytes", static_cast<double>(events_) / hashing, "events/s");
    return rate;
  }

  void Export() {
    const std::string journal = absl::StrCat(flags_.folder, ".journal");
    std::ofstream file(journal, std::ios::binary);
    const Stopwatch watch;
    const std::unique_ptr<BookFormat> format = NewHledgerJournal();
    const std::unique_ptr<CommitCursor> commits = ledger_->ReadCommits(Sequence(1));
    const auto written = WriteBooks(
        *commits, Sequence(events_), *format,
        [&file](std::string_view part) {
          file << part;
          return file.good() ? absl::OkStatus() : absl::UnavailableError("the disk takes no more");
        },
        [](Sequence) {});
    Require(written.status(), "exporting");
    file.close();
    ToldRate("export to hledger", watch);
    fs::remove(journal);
  }

  // In a process of its own, whose memory is measured.
  void Verify(double scan_rate) {
    const std::string self = fs::read_symlink("/proc/self/exe");
    std::vector<std::string> words = {self, "--verify-only", "--folder", flags_.folder};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const Stopwatch watch;
    pid_t child = 0;
    int status = 0;
    rusage usage{};
    const bool ran = posix_spawn(&child, self.c_str(), nullptr, nullptr, arguments.data(), environ) == 0 &&
                     wait4(child, &status, 0, &usage) == child;
    if (!ran || status != 0) Require(absl::InternalError("the process failed"), "verifying");
    const double rate = static_cast<double>(events_) / watch.seconds();
    Told("full verify", rate, "events/s");
    Told("full verify, of the plain scan", 100 * rate / scan_rate, "%");
    Told("full verify, peak memory", static_cast<double>(usage.ru_maxrss) / 1024, "MiB");
  }

  const Flags flags_;
  std::mt19937_64 random_;
  std::unique_ptr<Ledger> ledger_;
  uint64_t events_ = 0;
  int64_t first_ms_ = 0;  // recorded_at of the first and of the last event
  int64_t last_ms_ = 0;
  std::vector<Figure> figures_;
};

std::string FormatValue(double value) {
  if (value >= 1'000) return absl::StrFormat("%.0f", value);
  return absl::StrFormat("%.3f", value);
}

void Print(const std::vector<Figure>& figures, bool json) {
  if (!json) {
    for (const Figure& figure : figures)
      std::cout << absl::StrFormat("%-42s %14s %s\n", figure.name, FormatValue(figure.value), figure.unit);
    return;
  }
  std::cout << "[";
  for (size_t i = 0; i < figures.size(); ++i) {
    std::cout << absl::StrFormat("%s\n  {\"name\": \"%s\", \"value\": %s, \"unit\": \"%s\"}",
                                 i == 0 ? "" : ",", figures[i].name, FormatValue(figures[i].value),
                                 figures[i].unit);
  }
  std::cout << "\n]\n";
}

int VerifyOnly(const std::string& folder) {
  Require(Ledger::VerifyDirectory(folder, {}, [](std::string_view, Sequence, Sequence) {}).status(),
          "verifying");
  return 0;
}

int RunMain(int argc, char** argv) {
  Flags flags;
  CLI::App app(
      "Fills a folder with a neighbourhood's events and measures how fast the ledger keeps, tells and proves "
      "them.");
  app.add_option("--events", flags.events, "At least so many events")->capture_default_str();
  app.add_option("--folder", flags.folder,
                 "Keep the ledger here and use the one that is there (default: a temporary folder)");
  app.add_option("--seed", flags.seed, "Of all random choices")->capture_default_str();
  app.add_flag("--json", flags.json, "Print JSON");
  app.add_flag("--verify-only", flags.verify_only, "Only verify the folder, and print nothing");
  CLI11_PARSE(app, argc, argv);
  if (flags.verify_only) return VerifyOnly(flags.folder);

  const bool temporary = flags.folder.empty();
  std::string parent = (fs::temp_directory_path() / "redvest-bench-XXXXXX").string();
  if (temporary) {
    REDVEST_CHECK(mkdtemp(parent.data()) != nullptr);
    flags.folder = parent + "/ledger";
  }
  Bench bench(flags);
  bench.Run();
  if (temporary) fs::remove_all(parent);
  Print(bench.figures(), flags.json);
  return 0;
}

}  // namespace
}  // namespace redvest

int main(int argc, char** argv) { return redvest::RunMain(argc, argv); }
