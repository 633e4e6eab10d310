// How fast the past is told and proved, and the books are exported: by the library, without a connection.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "ledger/audit/books.h"
#include "ledger/base/calendar.h"
#include "ledger/ledger.h"
#include "tests/benchmark/bench.h"
#include "tests/benchmark/neighbourhood.h"

namespace redvest::bench {
namespace {

constexpr char kScenario[] = "past";
// 2026-01-05 12:00 in Shanghai.
constexpr int64_t kFirstNoonMs = 1'767'585'600'000;
constexpr int kQuestions = 2'000;

class Past {
 public:
  explicit Past(Bench* bench) : bench_(*bench), random_(bench->options.seed) {}

  void Run() {
    Fill();
    first_ms_ = RecordedAt(1);
    last_ms_ = RecordedAt(events_);
    AskThePast();
    Prove();
    Export();
  }

 private:
  void Fill() {
    ManualClock clock(kFirstNoonMs);
    Open({.directory = bench_.scratch.Path("past"),
          .founding = Founding{.name = "Benchmark"},
          .clock = &clock});
    Neighbourhood neighbourhood(ledger_.get(), &clock, bench_.options.seed);
    neighbourhood.MoveIn();
    const uint64_t before = ledger_->Head().sequence.value();
    const Stopwatch watch;
    neighbourhood.LiveUntil(bench_.sizes.segment * bench_.sizes.segments);
    events_ = ledger_->Head().sequence.value();
    absl::Notification projected;
    ledger_->WhenProjected({.min_sequence = Sequence(events_)}, [&projected](const absl::Status& status) {
      Require(status, "projecting");
      projected.Notify();
    });
    projected.WaitForNotification();
    Add("recorded and projected, in process", static_cast<double>(events_ - before) / watch.seconds(),
        "events/s");
    // The clock ends here: the ledger goes on with the machine's.
    ledger_.reset();
    Open({.directory = bench_.scratch.Path("past")});
  }

  void Open(const LedgerOptions& options) {
    auto ledger = Ledger::Open(options);
    Require(ledger.status(), "opening the ledger");
    ledger_ = *std::move(ledger);
  }

  void Add(std::string name, double value, std::string unit, std::optional<Goal> goal = std::nullopt) {
    bench_.report.Add({.scenario = kScenario,
                       .name = std::move(name),
                       .value = value,
                       .unit = std::move(unit),
                       .goal = std::move(goal)});
  }

  // The time of `ask`, which gets a random sequence. `goal`: its median is to be below a millisecond.
  template <typename Ask>
  void Measure(const std::string& name, bool goal, Ask&& ask) {
    Samples samples;
    for (int i = 0; i < kQuestions; ++i) {
      const uint64_t sequence = 1 + random_() % events_;
      const absl::Time begin = absl::Now();
      Require(ask(sequence), name);
      samples.Add(absl::ToInt64Nanoseconds(absl::Now() - begin));
    }
    const Latency latency = LatencyOf(&samples);
    Figure figure = {
        .scenario = kScenario, .name = name, .value = latency.p50_ms, .unit = "ms", .latency = latency};
    if (goal) {
      figure.goal =
          Goal{.what = absl::StrCat(name, ", median"), .floor = 1, .aim = 1, .higher_is_better = false};
    }
    bench_.report.Add(figure);
  }

  // A point in the past of each kind, about when event `sequence` was recorded.
  static v1::AsOf AtSequence(uint64_t sequence) {
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

  absl::Status AskBalance(const v1::AsOf& as_of) {
    v1::GetBalanceRequest request;
    request.set_account(FormatAccount(Neighbourhood::AnyAccount(random_)));
    *request.mutable_as_of() = as_of;
    v1::GetBalanceResponse response;
    return ledger_->GetBalance(request, &response);
  }

  absl::Status AskStatement(const v1::AsOf& as_of) {
    v1::GetStatementRequest request;
    request.set_account(FormatAccount(Neighbourhood::AnyAccount(random_)));
    request.set_page_size(20);
    *request.mutable_as_of() = as_of;
    v1::GetStatementResponse response;
    return ledger_->GetStatement(request, &response);
  }

  absl::Status AskDay(uint64_t sequence) {
    v1::GetDayReportRequest request;
    *request.mutable_date() = DateOf(sequence);
    *request.mutable_as_of() = AtMoment(std::min(sequence * 2, events_));
    v1::GetDayReportResponse response;
    return ledger_->GetDayReport(request, &response);
  }

  void AskThePast() {
    Measure("balance as of a sequence", true, [&](uint64_t s) { return AskBalance(AtSequence(s)); });
    Measure("balance as of a moment", true, [&](uint64_t s) { return AskBalance(AtMoment(s)); });
    Measure("balance as of a date", true, [&](uint64_t s) { return AskBalance(AtDate(s)); });
    Measure("20 lines as of a sequence", false, [&](uint64_t s) { return AskStatement(AtSequence(s)); });
    Measure("20 lines as of a date", false, [&](uint64_t s) { return AskStatement(AtDate(s)); });
    Measure("day report as of a later moment", false, [&](uint64_t s) { return AskDay(s); });
    const Stopwatch watch;
    v1::GetTrialBalanceRequest request;
    *request.mutable_as_of() = AtDate(events_ / 2);
    Require(ledger_->GetTrialBalance(request, [](const v1::GetTrialBalanceResponse&) { return true; }),
            "trial balance");
    Add("trial balance as of a date", watch.seconds() * 1e3, "ms");
  }

  void Prove() {
    Measure("inclusion proof", true, [this](uint64_t sequence) {
      v1::GetInclusionProofRequest request;
      request.set_sequence(sequence);
      v1::GetInclusionProofResponse response;
      return ledger_->GetInclusionProof(request, &response);
    });
    Measure("consistency proof", true, [this](uint64_t sequence) {
      v1::GetConsistencyProofRequest request;
      request.set_old_tree_size(sequence);
      v1::GetConsistencyProofResponse response;
      return ledger_->GetConsistencyProof(request, &response);
    });
  }

  void Export() {
    const std::string journal = bench_.scratch.Path("journal");
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
    Add("export to hledger", static_cast<double>(events_) / watch.seconds(), "events/s",
        Goal{.what = "export to hledger", .floor = 500'000, .aim = 500'000});
    std::filesystem::remove(journal);
  }

  Bench& bench_;
  std::mt19937_64 random_;
  std::unique_ptr<Ledger> ledger_;
  uint64_t events_ = 0;
  int64_t first_ms_ = 0;  // recorded_at of the first and of the last event
  int64_t last_ms_ = 0;
};

}  // namespace

void RunPast(Bench* bench) {
  Past(bench).Run();
  std::filesystem::remove_all(bench->scratch.Path("past"));
}

}  // namespace redvest::bench
