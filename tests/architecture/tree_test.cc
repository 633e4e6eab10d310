// The shape of the repository: top-level entries, sources listed to the build, header guards.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "tests/architecture/include_rules.h"

namespace redvest {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;

const fs::path kTop = REDVEST_SOURCE_DIR;

TEST(Tree, TheTopLevelHoldsNothingElse) {
  // build/ is where the presets build; it is not part of the repository.
  const std::set<std::string> allowed = {
      "CMakeLists.txt", "CMakePresets.json", "LICENSE", "README.md", "README.zh-CN.md",
      "build",          "clients",           "ledger",  "proto",     "services",
      "tests"};
  std::vector<std::string> strangers;
  for (const auto& entry : fs::directory_iterator(kTop)) {
    const std::string name = entry.path().filename();
    if (name.front() != '.' && !allowed.contains(name)) strangers.push_back(name);
  }
  EXPECT_THAT(strangers, IsEmpty());
}

// Whether the build lists `file`, which is in `folder` or below: some CMakeLists.txt on the way up to a room
// names it.
bool IsListed(const fs::path& source) {
  fs::path rest = source.filename();
  for (fs::path folder = source.parent_path(); !folder.empty(); folder = folder.parent_path()) {
    const fs::path list = kTop / folder / "CMakeLists.txt";
    if (fs::exists(list)) {
      const std::string text = ReadWhole(list);
      const std::string name = rest.generic_string();
      for (size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
        const auto ends_word = [&text](size_t i) {
          return i >= text.size() || std::isspace(text[i]) || text[i] == ')';
        };
        if (at > 0 && std::isspace(text[at - 1]) && ends_word(at + name.size())) return true;
      }
    }
    rest = folder.filename() / rest;
  }
  return false;
}

TEST(Tree, EverySourceIsBuilt) {
  std::vector<std::string> forgotten;
  for (const std::string& source : SourcesUnder(kTop)) {
    // Tests are found by their names, see tests/CMakeLists.txt; their helpers are listed.
    if (source.ends_with(".h") || source.ends_with("_test.cc")) continue;
    if (!IsListed(source)) forgotten.push_back(source);
  }
  EXPECT_THAT(forgotten, IsEmpty());
}

TEST(Tree, EveryHeaderIsGuardedByItsPath) {
  std::vector<std::string> wrong;
  for (const std::string& source : SourcesUnder(kTop)) {
    if (!source.ends_with(".h")) continue;
    std::string guard = "REDVEST_" + source + "_";
    std::transform(guard.begin(), guard.end(), guard.begin(), [](unsigned char c) {
      return static_cast<char>(std::isalnum(c) ? std::toupper(c) : '_');
    });
    const std::string text = ReadWhole(kTop / source);
    if (text.find("#ifndef " + guard + "\n#define " + guard + "\n") == std::string::npos)
      wrong.push_back(source);
  }
  EXPECT_THAT(wrong, IsEmpty());
}

}  // namespace
}  // namespace redvest
