// Documents say what is there: links lead somewhere, tables name every account and every error.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include "ledger/accounting/account.h"
#include "ledger/base/error.h"
#include "tests/architecture/include_rules.h"

namespace redvest {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;

const fs::path kTop = REDVEST_SOURCE_DIR;

std::vector<fs::path> Documents() {
  std::vector<fs::path> documents = {kTop / "README.md"};
  for (const char* folder : {"ledger", "services", "clients", "tests"}) {
    for (const auto& entry : fs::recursive_directory_iterator(kTop / folder)) {
      if (entry.path().extension() == ".md") documents.push_back(entry.path());
    }
  }
  return documents;
}

TEST(Documents, EveryLinkLeadsSomewhere) {
  const std::regex link(R"(\]\(([^)#:]+)(#[^)]*)?\))");  // [text](path), but not a URL
  std::vector<std::string> broken;
  for (const fs::path& document : Documents()) {
    const std::string text = ReadWhole(document);
    for (auto it = std::sregex_iterator(text.begin(), text.end(), link); it != std::sregex_iterator(); ++it) {
      const std::string target = (*it)[1];
      if (!fs::exists(document.parent_path() / target)) {
        broken.push_back(fs::relative(document, kTop).string() + ": " + target);
      }
    }
  }
  EXPECT_THAT(broken, IsEmpty());
}

TEST(Documents, TheChartOfAccountsIsComplete) {
  const std::string text = ReadWhole(kTop / "ledger/docs/accounts.md");
  size_t at = 0;
  for (const AccountRule& rule : kChartOfAccounts) {
    const std::string row = "\n| `" + std::string(rule.name) + (rule.has_id ? ":<" : "` | ");
    at = text.find(row, at);
    ASSERT_NE(at, std::string::npos) << rule.name << " is missing or not in the order of the chart";
    const std::string line = text.substr(at + 1, text.find('\n', at + 1) - at - 1);
    EXPECT_NE(line.find("| " + std::string(UnitName(rule.unit)) + " |"), std::string::npos) << line;
    const char* const stands = rule.bound == Bound::kDebit    ? "≥ 0"
                               : rule.bound == Bound::kCredit ? "≤ 0"
                                                              : "any";
    EXPECT_NE(line.find(std::string("| ") + stands), std::string::npos) << line;
  }
}

TEST(Documents, TheTableOfErrorsIsComplete) {
  const std::string text = ReadWhole(kTop / "services/docs/errors.md");
  const std::string prefix = "ERROR_REASON_";
  for (int i = 1; i < v1::ErrorReason_descriptor()->value_count(); ++i) {
    const std::string name = v1::ErrorReason_descriptor()->value(i)->name().substr(prefix.size());
    EXPECT_NE(text.find(name), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace redvest
