// A PostgreSQL server of our own, for as long as it is measured.
#ifndef REDVEST_TESTS_BENCHMARK_POSTGRES_H_
#define REDVEST_TESTS_BENCHMARK_POSTGRES_H_

#include <libpq-fe.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/benchmark/process.h"

namespace redvest::bench {

struct PgFree {
  void operator()(PGconn* connection) const { PQfinish(connection); }
  void operator()(PGresult* result) const { PQclear(result); }
};
using PgConnection = std::unique_ptr<PGconn, PgFree>;
using PgResult = std::unique_ptr<PGresult, PgFree>;

// Fails where the result is an error.
void RequireResult(PGconn* connection, const PgResult& result, const std::string& what);
// Runs SQL; any number of statements, of which the last one's rows are returned.
PgResult RunSql(PGconn* connection, const std::string& sql);
// A file of tests/benchmark/postgres.
std::string SqlFile(const std::string& name);

class PgCluster {
 public:
  // The folder of the server's programs; nothing where PostgreSQL is not installed.
  static std::optional<std::string> FindPrograms();

  // Makes a cluster in `folder` and starts it, on a socket in that folder. PostgreSQL refuses to run as root:
  // then it runs as the user postgres, who must be able to reach the folder.
  PgCluster(std::string programs, std::string folder, const std::string& err_path);
  // Stops it and removes the folder.
  ~PgCluster();
  PgCluster(const PgCluster&) = delete;
  PgCluster& operator=(const PgCluster&) = delete;

  PgConnection Connect() const;
  // "15.8"
  std::string Version() const;
  const std::string& settings() const { return settings_; }  // those that depend on the machine

 private:
  const std::string folder_;
  std::string settings_;
  std::unique_ptr<Process> server_;
};

}  // namespace redvest::bench

#endif  // REDVEST_TESTS_BENCHMARK_POSTGRES_H_
