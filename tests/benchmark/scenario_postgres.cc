// The same meals in PostgreSQL and in Redvest.
#include <arpa/inet.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <deque>
#include <filesystem>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "tests/benchmark/bench.h"
#include "tests/benchmark/books.h"
#include "tests/benchmark/unary_work.h"

#ifdef REDVEST_BENCH_SQL
#include "tests/benchmark/postgres.h"
#endif

namespace redvest::bench {
namespace {

constexpr char kScenario[] = "postgres";

}  // namespace

#ifndef REDVEST_BENCH_SQL

void RunPostgres(Bench* bench) {
  bench->report.Skip(kScenario, "this program was built without libpq (Debian: libpq-dev)");
}

#else

namespace {

using Clock = std::chrono::steady_clock;

// More than the greatest terminal of a town with so many tills.
constexpr int kTerminals = 1'000;
// Connections of the pool that the 256 tills share, tried in turn: the best is reported.
constexpr size_t kPools[] = {32, 64, 128, 256};
// Connections and meals in a transaction of the bulk load, tried in turn: the best is reported.
constexpr size_t kBulkConnections[] = {1, 2};
constexpr size_t kBulkMeals[] = {10'000, 50'000};

// A database with its tables, functions and members.
void SetUp(const PgCluster& cluster, uint64_t members) {
  const PgConnection connection = cluster.Connect();
  for (const char* file : {"schema.sql", "sell_meal.sql", "record_meals.sql"}) {
    RunSql(connection.get(), SqlFile(file));
  }
  RunSql(connection.get(),
         absl::StrReplaceAll(SqlFile("set_up.sql"), {{"$members", absl::StrCat(members)},
                                                     {"$terminals", absl::StrCat(kTerminals)}}));
  RunSql(connection.get(), "VACUUM ANALYZE");
  RunSql(connection.get(), "CHECKPOINT");
}

void CheckBooks(const PgCluster& cluster, const Town& town) {
  const PgConnection connection = cluster.Connect();
  const PgResult result = RunSql(connection.get(), SqlFile("check.sql"));
  Require(std::string(PQgetvalue(result.get(), 0, 0)) == "t", "PostgreSQL's books do not come out right");
  Require(PQgetvalue(result.get(), 0, 1) == absl::StrCat(town.events()), "PostgreSQL lost sales");
}

// Tills that share the connections of a pool, driven by one thread. A till's time counts from when it asks,
// so that waiting for a connection is part of it.
class PgTills {
 public:
  PgTills(const PgCluster& cluster, Town* town, size_t connections, size_t tills) : town_(*town) {
    for (size_t i = 0; i < connections; ++i) {
      pool_.push_back({.connection = cluster.Connect()});
      PGconn* connection = pool_.back().connection.get();
      RequireResult(
          connection,
          PgResult(PQprepare(connection, "sell", "SELECT * FROM sell_meal($1,$2,$3,$4,$5,$6)", 6, nullptr)),
          "preparing the sale");
      Require(PQsetnonblocking(connection, 1) == 0, "a connection cannot be made non-blocking");
    }
    for (size_t till = 0; till < tills; ++till) waiting_.push_back({till, Clock::now()});
  }

  UnaryResult Run(absl::Duration warm_up, absl::Duration duration) {
    const auto counted_from = Clock::now() + absl::ToChronoNanoseconds(warm_up);
    const auto end = counted_from + absl::ToChronoNanoseconds(duration);
    UnaryResult result;
    result.latency.resize(1);
    result.seconds = absl::ToDoubleSeconds(duration);
    std::vector<pollfd> ready;
    for (const Member& member : pool_) {
      ready.push_back({.fd = PQsocket(member.connection.get()), .events = POLLIN, .revents = 0});
    }
    for (size_t busy = StartWaiting(end); busy > 0; busy += StartWaiting(end)) {
      Require(poll(ready.data(), ready.size(), 60'000) > 0, "PostgreSQL does not answer");
      for (size_t i = 0; i < pool_.size(); ++i) {
        if (ready[i].revents == 0 || !TakeAnswer(&pool_[i])) continue;
        --busy;
        const auto now = Clock::now();
        const Asked asked = pool_[i].asked;
        if (asked.since >= counted_from && now < end) {
          ++result.calls;
          result.latency[0].Add(std::chrono::nanoseconds(now - asked.since).count());
        }
        waiting_.push_back({asked.till, now});
      }
    }
    return result;
  }

 private:
  struct Asked {
    size_t till;
    Clock::time_point since;
  };
  struct Member {
    PgConnection connection;
    bool busy = false;
    Asked asked = {};
  };

  // Gives waiting tills a connection each. Returns how many got one; none after the end.
  size_t StartWaiting(Clock::time_point end) {
    size_t started = 0;
    for (size_t i = 0; i < pool_.size() && !waiting_.empty() && Clock::now() < end; ++i) {
      if (pool_[i].busy) continue;
      Send(&pool_[i], waiting_.front());
      waiting_.pop_front();
      ++started;
    }
    return started;
  }

  void Send(Member* member, Asked asked) {
    const v1::SellMealRequest request = town_.Meal(asked.till);
    const v1::CommandHeader& header = request.header();
    const std::array<std::string, 6> words = {
        absl::StrCat(header.terminal_id()),
        absl::StrCat(header.serial()),
        absl::FormatTime("%Y-%m-%d %H:%M:%E3S+00", absl::FromUnixMillis(header.occurred_at_unix_ms()),
                         absl::UTCTimeZone()),
        absl::StrCat(request.sell_meal().member_id()),
        absl::StrCat(request.sell_meal().portions()),
        absl::StrCat(static_cast<int>(request.sell_meal().payment()))};
    std::array<const char*, 6> values;
    for (size_t i = 0; i < words.size(); ++i) values[i] = words[i].c_str();
    PGconn* connection = member->connection.get();
    Require(PQsendQueryPrepared(connection, "sell", 6, values.data(), nullptr, nullptr, 0) == 1 &&
                PQflush(connection) == 0,
            "a sale cannot be sent to PostgreSQL");
    member->asked = asked;
    member->busy = true;
  }

  // Whether the answer is there, whole.
  static bool TakeAnswer(Member* member) {
    PGconn* connection = member->connection.get();
    Require(PQconsumeInput(connection) == 1, "PostgreSQL hung up");
    while (PQisBusy(connection) == 0) {
      const PgResult result(PQgetResult(connection));
      if (result == nullptr) {
        member->busy = false;
        return true;
      }
      RequireResult(connection, result, "a sale in PostgreSQL");
      Require(PQntuples(result.get()) == 1, "a sale in PostgreSQL has no outcome");
    }
    return false;
  }

  Town& town_;
  std::vector<Member> pool_;
  std::deque<Asked> waiting_;
};

// Rows as COPY takes them in its binary format, numbers in network order.
class CopyRows {
 public:
  CopyRows() {
    static constexpr char kSignature[] = "PGCOPY\n\377\r\n";  // and a zero, which ends it
    bytes_.append(kSignature, sizeof(kSignature));
    Put<uint32_t>(0);  // flags
    Put<uint32_t>(0);  // length of the extension
  }

  void Add(uint64_t terminal, uint64_t serial, int64_t occurred_at_ms, const v1::SellMeal& meal) {
    constexpr int64_t kYear2000Ms = 946'684'800'000;
    Put<uint16_t>(6);  // fields
    Field(static_cast<uint32_t>(terminal));
    Field(serial);
    Field(static_cast<uint64_t>((occurred_at_ms - kYear2000Ms) * 1'000));
    Field(static_cast<uint32_t>(meal.member_id()));
    Field(static_cast<uint16_t>(meal.portions()));
    Field(static_cast<uint16_t>(meal.payment()));
    ++rows_;
  }
  std::string Take() {
    Put<uint16_t>(0xFFFF);
    return std::move(bytes_);
  }
  size_t rows() const { return rows_; }

 private:
  template <typename T>
  void Put(T value) {
    for (size_t i = sizeof(T); i-- > 0;) bytes_ += static_cast<char>(value >> (8 * i));
  }
  template <typename T>
  void Field(T value) {
    Put(static_cast<uint32_t>(sizeof(T)));
    Put(value);
  }

  std::string bytes_;
  size_t rows_ = 0;
};

// The lanes' meals in batches for COPY, those of one lane in one list.
std::vector<std::vector<std::string> > ToCopies(const std::vector<Lane>& lanes, size_t meals_per_batch) {
  std::vector<std::vector<std::string> > copies(lanes.size());
  for (size_t lane = 0; lane < lanes.size(); ++lane) {
    auto rows = std::make_unique<CopyRows>();
    for (const Batch& batch : lanes[lane]) {
      v1::IngestRequest request;
      FromBytes(grpc::ByteBuffer(&batch.bytes, 1), &request);
      uint64_t serial = request.first_serial();
      for (const v1::Command& command : request.commands()) {
        rows->Add(request.terminal_id(), serial++, command.occurred_at_unix_ms(), command.sell_meal());
      }
      if (rows->rows() < meals_per_batch) continue;
      copies[lane].push_back(rows->Take());
      rows = std::make_unique<CopyRows>();
    }
    if (rows->rows() > 0) copies[lane].push_back(rows->Take());
  }
  return copies;
}

// Each batch in a transaction of its own.
void CopyAll(PGconn* connection, const std::vector<std::string>& copies) {
  RunSql(connection, SqlFile("session.sql"));
  for (const std::string& copy : copies) {
    RunSql(connection, "BEGIN; COPY stage FROM STDIN (FORMAT binary)");
    Require(PQputCopyData(connection, copy.data(), static_cast<int>(copy.size())) == 1 &&
                PQputCopyEnd(connection, nullptr) == 1,
            "COPY takes no more");
    for (PgResult result(PQgetResult(connection)); result != nullptr; result.reset(PQgetResult(connection))) {
      RequireResult(connection, result, "COPY");
    }
    RunSql(connection, "SELECT record_meals()");
    RunSql(connection, "COMMIT");
  }
}

// Meals a second, recorded over so many connections at once.
double BulkRate(const PgCluster& cluster, Town* town, uint64_t meals, size_t connections,
                size_t meals_per_batch) {
  const std::vector<std::vector<std::string> > copies = ToCopies(town->Meals(meals), meals_per_batch);
  std::vector<PgConnection> opened;
  std::vector<std::vector<std::string> > work(connections);
  for (size_t lane = 0; lane < copies.size(); ++lane) {
    std::vector<std::string>& mine = work[lane % connections];
    mine.insert(mine.end(), copies[lane].begin(), copies[lane].end());
  }
  for (size_t i = 0; i < connections; ++i) opened.push_back(cluster.Connect());
  const Stopwatch watch;
  std::vector<std::thread> threads;
  for (size_t i = 0; i < connections; ++i) {
    threads.emplace_back([connection = opened[i].get(), &mine = work[i]] { CopyAll(connection, mine); });
  }
  for (std::thread& thread : threads) thread.join();
  return static_cast<double>(meals) / watch.seconds();
}

struct Best {
  Figure figure;
  void Offer(Figure other) {
    if (other.value > figure.value) figure = std::move(other);
  }
};

// What PostgreSQL does, at its best.
std::pair<Figure, Figure> MeasurePostgres(Bench* bench, const std::string& programs, const Town::Size& size) {
  Town town(size, bench->options.seed);
  const PgCluster cluster(programs, bench->scratch.Path("pg"), bench->scratch.Path("pg.stderr"));
  bench->report.Note("PostgreSQL", absl::StrCat(cluster.Version(), ", ", cluster.settings()));
  SetUp(cluster, town.members());
  Best unary, bulk;
  for (const size_t pool : kPools) {
    UnaryResult result = PgTills(cluster, &town, pool, kLoneTills)
                             .Run(absl::Milliseconds(300), bench->sizes.unary / std::size(kPools));
    unary.Offer({.scenario = kScenario,
                 .name = absl::StrCat("PostgreSQL: 256 tills over ", pool, " connections"),
                 .value = result.rate(),
                 .unit = "calls/s",
                 .latency = LatencyOf(&result.latency[0])});
  }
  const uint64_t meals = bench->sizes.segment / 5;
  for (const size_t connections : kBulkConnections) {
    for (const size_t batch : kBulkMeals) {
      bulk.Offer({.scenario = kScenario,
                  .name = absl::StrCat("PostgreSQL: bulk, ", connections, " x ", batch, " meals"),
                  .value = BulkRate(cluster, &town, meals, connections, batch),
                  .unit = "events/s"});
    }
  }
  CheckBooks(cluster, town);
  return {unary.figure, bulk.figure};
}

// The same in Redvest.
std::pair<Figure, Figure> MeasureRedvest(Bench* bench, const Town::Size& size) {
  Town town(size, bench->options.seed);
  const auto daemon = StartDaemon(bench->options.daemon, bench->scratch.Path("peer"));
  town.MoveIn(daemon->address());
  MealWork work(&town);
  UnaryResult result = RunUnaryLoad({.address = daemon->address(),
                                     .server = &daemon->process(),
                                     .tills = kLoneTills,
                                     .duration = bench->sizes.unary},
                                    &work);
  const std::vector<Lane> lanes = town.Meals(bench->sizes.segment);
  const Stopwatch watch;
  const StreamResult sent = SendLanes(daemon->address(), lanes);
  WaitProjected(daemon->address(), sent.last_sequence);
  const double seconds = watch.seconds();
  town.CheckBooks(daemon->address(), sent.last_sequence);
  daemon->Terminate();
  std::filesystem::remove_all(bench->scratch.Path("peer"));
  return {Figure{.scenario = kScenario,
                 .name = "Redvest: 256 tills",
                 .value = result.rate(),
                 .unit = "calls/s",
                 .latency = LatencyOf(&result.latency[0]),
                 .daemon_cpu_s = result.server_cpu_s,
                 .client_cpu_s = result.client_cpu_s},
          Figure{.scenario = kScenario,
                 .name = "Redvest: bulk, all projections caught up",
                 .value = static_cast<double>(sent.commands) / seconds,
                 .unit = "events/s"}};
}

}  // namespace

void RunPostgres(Bench* bench) {
  const std::optional<std::string> programs = PgCluster::FindPrograms();
  if (!programs.has_value()) {
    bench->report.Skip(kScenario, "PostgreSQL is not installed (Debian: postgresql)");
    return;
  }
  const Town::Size size = {.accounts = bench->sizes.meal_accounts, .tills = kLoneTills};
  const auto [pg_unary, pg_bulk] = MeasurePostgres(bench, *programs, size);
  auto [unary, bulk] = MeasureRedvest(bench, size);
  unary.limit = Limit{"PostgreSQL", pg_unary.value};
  unary.goal = Goal{.what = "against PostgreSQL: unary", .floor = 5, .aim = 8, .of_ratio = true};
  bulk.limit = Limit{"PostgreSQL", pg_bulk.value};
  bulk.goal = Goal{.what = "against PostgreSQL: bulk", .floor = 15, .aim = 25, .of_ratio = true};
  for (const Figure& figure : {pg_unary, unary, pg_bulk, bulk}) bench->report.Add(figure);
}

#endif  // REDVEST_BENCH_SQL

}  // namespace redvest::bench
