#include "tests/benchmark/bench.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tests/benchmark/books.h"
#include "tests/benchmark/stream_load.h"

namespace redvest::bench {
namespace {

uint64_t Scaled(double full, double scale, double least) {
  return static_cast<uint64_t>(std::max(full * scale, least));
}

absl::Duration ScaledTime(double full_s, double scale, double least_s, double most_s) {
  return absl::Seconds(std::clamp(full_s * scale, least_s, most_s));
}

}  // namespace

Sizes::Sizes(double scale)
    : accounts(Scaled(1'000'000, scale, 1'000)),
      meal_accounts(std::max<uint64_t>(accounts / 5, 2'000)),
      segment(Scaled(1'000'000, scale, 8 * kBatchCommands)),
      segments(scale < 0.01 ? 2 : 10),
      unary(ScaledTime(20, scale, 0.5, 8)),
      limit(ScaledTime(10, scale, 0.1, 2)),
      upload_tills(Scaled(1'000, std::min(1.0, 10 * scale), 10)),
      upload_meals(500) {}

BigTown::BigTown(const Options& options, const Sizes& sizes, std::string folder)
    : options_(options),
      sizes_(sizes),
      folder_(std::move(folder)),
      town_({.accounts = sizes.accounts, .tills = kLoneTills + sizes.upload_tills}, options.seed) {
  founding_events_ = HeadOf(daemon().address());
  Say(absl::StrCat("moving in: ", sizes.accounts, " accounts"));
  town_.MoveIn(daemon().address());
  Check();
}

ServerProcess& BigTown::daemon() {
  if (daemon_ == nullptr) daemon_ = StartDaemon(options_.daemon, folder_);
  return *daemon_;
}

void BigTown::Stop() {
  if (daemon_ != nullptr) daemon_->Terminate();
  daemon_.reset();
}

void BigTown::Kill() {
  daemon().Kill();
  daemon_.reset();
}

Segment BigTown::SendSegment() {
  const std::vector<Lane> lanes = town_.MixedLoad(sizes_.segment);
  const ServerProcess& server = daemon();
  Segment segment;
  const double daemon_before = server.process().cpu_seconds();
  const double client_before = OwnCpuSeconds();
  const Stopwatch watch;
  StreamResult sent = SendLanes(server.address(), lanes);
  segment.acknowledged_s = watch.seconds();
  WaitProjected(server.address(), sent.last_sequence);
  segment.projected_s = watch.seconds();
  segment.events = sent.commands;
  segment.daemon_cpu_s = server.process().cpu_seconds() - daemon_before;
  segment.client_cpu_s = OwnCpuSeconds() - client_before;
  segment.folder_bytes = FolderBytes(folder_);
  segment.batch_latency = std::move(sent.batch_latency);
  return segment;
}

std::vector<Segment>& BigTown::Grow(uint64_t segments) {
  while (segments_.size() < segments) {
    Say(absl::StrCat("mixed load: segment ", segments_.size() + 1, " of ", segments));
    segments_.push_back(SendSegment());
  }
  return segments_;
}

void BigTown::Check() {
  const std::string& address = daemon().address();
  const uint64_t head = HeadOf(address);
  if (head != sequence()) {
    Fail(absl::StrCat("the ledger holds ", head, " events, not the ", sequence(), " that were sent"));
  }
  town_.CheckBooks(address, head);
}

BigTown& Bench::big_town() {
  if (big_town_ == nullptr) {
    big_town_ = std::make_unique<BigTown>(options, sizes, scratch.Path("town"));
  }
  return *big_town_;
}

std::span<const Scenario> AllScenarios() {
  static constexpr Scenario kAll[] = {
      {"unary",
       "Meals sold one by one by 1, 64 and 256 tills, each on a connection of its own with one call under "
       "way. "
       "Limits: an empty unary call to a server with the same settings by as many tills; one synced RocksDB "
       "write of the same bytes.",
       RunUnary},
      {"reads", "Nine reads of a balance to one sale, by 64 tills. Limit: the empty call.", RunReads},
      {"offline",
       "1,000 tills come back at once with 500 sales each, while 64 others go on selling at an even pace: "
       "how long "
       "a sale takes them, from when it should have begun, idle and meanwhile.",
       RunOffline},
      {"stream",
       "Batches of 1,000 commands of all families over IngestService.Ingest, members drawn by Zipf's law: "
       "until "
       "all were synced, sealed and answered, and until all projections had caught up. Limits: synced "
       "RocksDB "
       "writes of the same bytes in groups as large as commits; SHA-256 of each event by one thread.",
       RunStream},
      {"growth",
       "The same until there are ten million: what an event of the tenth million costs against one of the "
       "first, "
       "the daemon's memory, bytes on disk.",
       RunGrowth},
      {"start",
       "How soon the daemon is ready after a clean stop, and after kill -9 right after its last answer, on "
       "the "
       "ledger of growth.",
       RunStart},
      {"verify",
       "redvest-verify of the ledger of growth: replay, decisions, roots, every projection. Limits: a scan "
       "of the "
       "same log; SHA-256 of the same events by one thread.",
       RunVerify},
      {"disk", "Bytes that a sold meal takes in the log, and in the log and all indexes, flushed.", RunDisk},
      {"past",
       "A neighbourhood's ledger, day by day: balances, statements and reports as of the past, proofs, a "
       "trial "
       "balance, the export to hledger. By the library, without a connection.",
       RunPast},
      {"postgres",
       "Meals one by one and in bulk, in PostgreSQL and in Redvest: the same commands, checks and "
       "durability. See "
       "tests/benchmark/postgres. Skipped where PostgreSQL is not installed.",
       RunPostgres},
  };
  return kAll;
}

}  // namespace redvest::bench
