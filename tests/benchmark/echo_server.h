// The limit of a unary call: a server with the daemon's settings whose one method does nothing.
#ifndef REDVEST_TESTS_BENCHMARK_ECHO_SERVER_H_
#define REDVEST_TESTS_BENCHMARK_ECHO_SERVER_H_

#include <memory>

#include "tests/benchmark/process.h"

namespace redvest::bench {

// The method that it answers; with no bytes, whatever it is sent.
inline constexpr char kEchoMethod[] = "/redvest.v1.CanteenService/SellMeal";

// The flag by which this program becomes the echo server.
inline constexpr char kEchoFlag[] = "--serve-echo";

// Serves until SIGTERM. Returns the exit code.
int ServeEcho();

// Starts it in a process of its own.
std::unique_ptr<ServerProcess> StartEchoServer(const std::string& err_path);

}  // namespace redvest::bench

#endif  // REDVEST_TESTS_BENCHMARK_ECHO_SERVER_H_
