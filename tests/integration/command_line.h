// The real `redvest`, as people type it.
#ifndef REDVEST_TESTS_INTEGRATION_COMMAND_LINE_H_
#define REDVEST_TESTS_INTEGRATION_COMMAND_LINE_H_

#include <string>
#include <vector>

namespace redvest::testing {

// What a run of a program came to.
struct Ran {
  int exit_code = -1;
  std::string out;
  std::string err;
};

// Runs `program` with `arguments` to its end, `in` on stdin. Language and time zone of the run are English
// and UTC unless the arguments say otherwise.
Ran RunProgram(const std::string& program, const std::vector<std::string>& arguments,
               const std::string& in = "");

// Runs `redvest` against `server`.
Ran RunRedvest(const std::string& server, std::vector<std::string> arguments, const std::string& in = "");

}  // namespace redvest::testing

#endif  // REDVEST_TESTS_INTEGRATION_COMMAND_LINE_H_
