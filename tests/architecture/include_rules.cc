#include "tests/architecture/include_rules.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "ledger/base/check.h"

namespace redvest {
namespace {

using Names = std::set<std::string, std::less<>>;

// For each room, the other rooms whose headers it may include. Every room may include its own headers.
// README.md draws the same picture.
const std::map<std::string, Names, std::less<>>& Rooms() {
  static const auto* const kRooms = new std::map<std::string, Names, std::less<>>{
      {"ledger/base", {}},
      {"ledger/merkle", {}},
      {"ledger/storage", {"ledger/base"}},
      {"ledger/accounting", {"ledger/base"}},
      {"ledger/state", {"ledger/base", "ledger/accounting"}},
      {"ledger/command", {"ledger/base", "ledger/accounting", "ledger/state"}},
      {"ledger/log", {"ledger/base", "ledger/merkle", "ledger/storage"}},
      {"ledger/sequencer",
       {"ledger/base", "ledger/accounting", "ledger/state", "ledger/command", "ledger/log", "ledger/merkle",
        "ledger/storage"}},
      {"ledger/projection",
       {"ledger/base", "ledger/accounting", "ledger/log", "ledger/merkle", "ledger/storage"}},
      {"ledger/query",
       {"ledger/base", "ledger/accounting", "ledger/state", "ledger/projection", "ledger/log",
        "ledger/merkle", "ledger/storage"}},
      {"ledger/audit",
       {"ledger/base", "ledger/accounting", "ledger/state", "ledger/command", "ledger/projection",
        "ledger/log", "ledger/merkle", "ledger/storage"}},
      {"ledger",
       {"ledger/base", "ledger/accounting", "ledger/state", "ledger/command", "ledger/sequencer",
        "ledger/log", "ledger/merkle", "ledger/projection", "ledger/query", "ledger/audit",
        "ledger/storage"}},
      {"services", {"ledger"}},
      {"clients", {"ledger/base", "ledger/accounting", "ledger/log", "ledger/merkle", "ledger/audit"}},
  };
  return *kRooms;
}

bool StartsWithAny(std::string_view text, std::initializer_list<std::string_view> prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [text](std::string_view prefix) { return text.starts_with(prefix); });
}

bool IsEdge(std::string_view room) { return room == "services" || room == "clients"; }

// Generated headers: stored messages may be used by all of the ledger, services' messages only where answers
// are made, gRPC stubs only at the edge.
std::optional<std::string> ForbiddenProto(std::string_view room, std::string_view included) {
  if (included.ends_with(".grpc.pb.h") && !IsEdge(room)) return "gRPC is only for services and clients";
  if (included.ends_with("_service.pb.h") && !IsEdge(room) && room != "ledger" && room != "ledger/query") {
    return "messages of services are only for ledger/query, the facade, services and clients";
  }
  if (room == "ledger/merkle" || room == "ledger/storage") return "this room knows bytes, not messages";
  return std::nullopt;
}

}  // namespace

std::string RoomOf(std::string_view path) {
  const size_t slash = path.find('/');
  if (slash == std::string_view::npos) return "";
  const std::string_view top = path.substr(0, slash);
  if (IsEdge(top)) return std::string(top);
  if (top != "ledger") return "";
  const size_t second = path.find('/', slash + 1);
  return std::string(path.substr(0, second == std::string_view::npos ? slash : second));
}

std::optional<std::string> ForbiddenInclude(std::string_view path, std::string_view included) {
  const std::string room = RoomOf(path);
  if (room.empty()) return std::nullopt;
  const auto rules = Rooms().find(room);
  if (rules == Rooms().end()) return room + " has no rules: add the room to tests/architecture";

  if (StartsWithAny(included, {"grpc/", "grpcpp/", "grpc++/"}) && !IsEdge(room)) {
    return "gRPC is only for services and clients";
  }
  if (included.starts_with("rocksdb/") && room != "ledger/storage")
    return "RocksDB is only for ledger/storage";
  if (included.starts_with("redvest/")) return ForbiddenProto(room, included);
  if (included.starts_with("tests/")) return "the product does not use its tests";

  // The one client that opens a folder itself, for an auditor without a server.
  if (path == "clients/verify_main.cc" && included == "ledger/ledger.h") return std::nullopt;
  const std::string other = RoomOf(included);
  if (other.empty() || other == room || rules->second.contains(other)) return std::nullopt;
  return room + " may not include " + other;
}

std::vector<IncludeLine> IncludesOf(std::string_view source) {
  std::vector<IncludeLine> includes;
  std::istringstream lines{std::string(source)};
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    const auto skip_blanks = [&line](size_t at) { return line.find_first_not_of(" \t", at); };
    size_t at = skip_blanks(0);
    if (at == std::string::npos || line[at] != '#') continue;
    at = skip_blanks(at + 1);
    if (at == std::string::npos || line.compare(at, 7, "include") != 0) continue;
    at = skip_blanks(at + 7);
    if (at == std::string::npos || (line[at] != '"' && line[at] != '<')) continue;
    const size_t end = line.find(line[at] == '"' ? '"' : '>', at + 1);
    if (end != std::string::npos) includes.push_back({number, line.substr(at + 1, end - at - 1)});
  }
  return includes;
}

std::vector<std::string> SourcesUnder(const std::filesystem::path& top) {
  std::vector<std::string> sources;
  for (const char* folder : {"ledger", "services", "clients", "tests"}) {
    if (!std::filesystem::exists(top / folder)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(top / folder)) {
      const auto extension = entry.path().extension();
      if (!entry.is_regular_file() || (extension != ".h" && extension != ".cc")) continue;
      sources.push_back(std::filesystem::relative(entry.path(), top).generic_string());
    }
  }
  std::sort(sources.begin(), sources.end());
  return sources;
}

std::string ReadWhole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  REDVEST_CHECK(file.good());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::string> CheckIncludes(const std::filesystem::path& top) {
  std::vector<std::string> faults;
  for (const std::string& path : SourcesUnder(top)) {
    for (const IncludeLine& include : IncludesOf(ReadWhole(top / path))) {
      if (const auto why = ForbiddenInclude(path, include.included)) {
        faults.push_back(path + ":" + std::to_string(include.line) + ": #include " + include.included + ": " +
                         *why);
      }
    }
  }
  return faults;
}

}  // namespace redvest
