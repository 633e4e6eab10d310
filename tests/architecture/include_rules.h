// Who may include whom: the rooms of the repository and the includes between them. Works on text alone, so
// that the rules themselves can be tested.
#ifndef REDVEST_TESTS_ARCHITECTURE_INCLUDE_RULES_H_
#define REDVEST_TESTS_ARCHITECTURE_INCLUDE_RULES_H_

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redvest {

// Room of a source, by its path from the top of the repository with '/': "ledger/state/fold.cc" is in
// "ledger/state", "ledger/ledger.h" in "ledger", "services/ingest/x.cc" in "services". Empty for a path that
// is in no room that has rules (tests may include anything).
std::string RoomOf(std::string_view path);

// Why `path` may not include `included` (as written between the quotes or brackets); nothing where it may.
std::optional<std::string> ForbiddenInclude(std::string_view path, std::string_view included);

// What the #include lines of `source` name, with their line numbers from 1.
struct IncludeLine {
  int line;
  std::string included;
};
std::vector<IncludeLine> IncludesOf(std::string_view source);

// Every forbidden include of the sources (*.h, *.cc) under `top`: "path:line: why".
std::vector<std::string> CheckIncludes(const std::filesystem::path& top);

// Sources of ours under `top`, relative to it, sorted.
std::vector<std::string> SourcesUnder(const std::filesystem::path& top);

// All bytes of a file. REQUIRES: it can be read.
std::string ReadWhole(const std::filesystem::path& path);

}  // namespace redvest

#endif  // REDVEST_TESTS_ARCHITECTURE_INCLUDE_RULES_H_
