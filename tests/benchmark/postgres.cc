#include "tests/benchmark/postgres.h"

#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/benchmark/scratch.h"

namespace redvest::bench {
namespace {

namespace fs = std::filesystem;

constexpr char kUser[] = "postgres";
constexpr int kConnectTries = 300;

bool IsRoot() { return geteuid() == 0; }

// `words`, run by a user that PostgreSQL accepts.
std::vector<std::string> AsServerUser(std::vector<std::string> words) {
  if (!IsRoot()) return words;
  std::vector<std::string> all = {"setpriv", "--reuid", kUser, "--regid", kUser, "--init-groups"};
  all.insert(all.end(), words.begin(), words.end());
  return all;
}

void GiveToServerUser(const std::string& folder) {
  if (!IsRoot()) return;
  const passwd* user = getpwnam(kUser);
  Require(user != nullptr && chown(folder.c_str(), user->pw_uid, user->pw_gid) == 0,
          "PostgreSQL does not run as root, and there is no user postgres who could own its folder");
  // It is reached through the scratch folder, which is its maker's alone otherwise.
  fs::permissions(fs::path(folder).parent_path(),
                  fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec);
}

std::string MemorySettings() {
  const int64_t mib = sysconf(_SC_PHYS_PAGES) / 1024 * sysconf(_SC_PAGESIZE) / 1024;
  return absl::StrCat("shared_buffers = ", std::min<int64_t>(mib / 4, 4096),
                      "MB\neffective_cache_size = ", mib / 2, "MB\n");
}

}  // namespace

void RequireResult(PGconn* connection, const PgResult& result, const std::string& what) {
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_IN) return;
  Fail(absl::StrCat(what, ": ", PQerrorMessage(connection)));
}

PgResult RunSql(PGconn* connection, const std::string& sql) {
  PgResult result(PQexec(connection, sql.c_str()));
  RequireResult(connection, result, sql.substr(0, 200));
  return result;
}

std::string SqlFile(const std::string& name) {
  std::ifstream file(fs::path(REDVEST_BENCH_SQL) / name);
  Require(file.good(), absl::StrCat(REDVEST_BENCH_SQL, "/", name, " cannot be read"));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::optional<std::string> PgCluster::FindPrograms() {
  // Debian keeps each version's programs in a folder of its own.
  int newest = 0;
  std::error_code error;
  for (fs::directory_iterator it("/usr/lib/postgresql", error), end; !error && it != end;
       it.increment(error)) {
    int version = 0;
    const bool whole =
        fs::exists(it->path() / "bin" / "initdb") && fs::exists(it->path() / "bin" / "postgres");
    if (whole && absl::SimpleAtoi(it->path().filename().string(), &version))
      newest = std::max(newest, version);
  }
  if (newest == 0) return std::nullopt;
  return absl::StrCat("/usr/lib/postgresql/", newest, "/bin");
}

PgCluster::PgCluster(std::string programs, std::string folder, const std::string& err_path)
    : folder_(std::move(folder)), settings_(MemorySettings()) {
  fs::create_directories(folder_);
  GiveToServerUser(folder_);
  const std::string data = folder_ + "/data";
  Process initdb(AsServerUser({programs + "/initdb", "--pgdata", data, "--username", kUser, "--auth", "trust",
                               "--encoding", "UTF8", "--no-locale"}),
                 err_path);
  Require(initdb.Wait() == 0, absl::StrCat("initdb failed; it says why in ", err_path));
  std::ofstream(data + "/postgresql.conf", std::ios::app) << SqlFile("settings.conf") << settings_;
  std::replace(settings_.begin(), settings_.end(), '\n', ' ');
  // Its immediate shutdown takes its own children along; a kill would not.
  server_ = std::make_unique<Process>(AsServerUser({programs + "/postgres", "-D", data, "-k", folder_}),
                                      err_path, SIGQUIT);
  for (int tries = 0;; ++tries) {
    const PgConnection connection(PQconnectdb(absl::StrCat("host=", folder_, " user=", kUser).c_str()));
    if (PQstatus(connection.get()) == CONNECTION_OK) break;
    if (tries == kConnectTries) Fail(absl::StrCat("PostgreSQL: ", PQerrorMessage(connection.get())));
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

PgCluster::~PgCluster() {
  server_->Signal(SIGINT);  // its fast shutdown
  server_->Wait();
  fs::remove_all(folder_);
}

PgConnection PgCluster::Connect() const {
  PgConnection connection(
      PQconnectdb(absl::StrCat("host=", folder_, " user=", kUser, " dbname=postgres").c_str()));
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    Fail(absl::StrCat("PostgreSQL: ", PQerrorMessage(connection.get())));
  }
  PQsetNoticeProcessor(
      connection.get(), [](void*, const char*) {}, nullptr);
  return connection;
}

std::string PgCluster::Version() const {
  return PQgetvalue(RunSql(Connect().get(), "SHOW server_version").get(), 0, 0);
}

}  // namespace redvest::bench
