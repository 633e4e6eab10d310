// Imports and the demo against a real daemon, with balances recomputed here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "clients/demo_run.h"
#include "clients/import_run.h"
#include "tests/integration/daemon.h"

namespace redvest::client {
namespace {

using redvest::testing::Daemon;
using redvest::testing::TempFolder;

using Balances = std::map<std::string, int64_t>;

// A daemon on a new ledger.
class ImportDemoTest : public ::testing::Test {
 protected:
  void SetUp() override {
    daemon_ = Daemon::StartOn(folder_.Path("ledger"));
    ASSERT_NE(daemon_, nullptr);
    connection_ = std::make_unique<Connection>(daemon_->address());
  }

  TerminalId EnrolImport() {
    auto office = TerminalSession::Open(*connection_, TerminalId(1));
    EXPECT_TRUE(office.ok());
    v1::EnrolTerminalRequest request;
    request.mutable_enrol_terminal()->set_role(v1::ROLE_IMPORT);
    request.mutable_enrol_terminal()->set_label("import of a test");
    auto enrolled =
        office->Call(&v1::DirectoryService::Stub::EnrolTerminal, request, absl::ToUnixMillis(absl::Now()));
    EXPECT_TRUE(enrolled.ok());
    return TerminalId(enrolled->terminal_enrolled().terminal_id());
  }

  ImportCounts Import(TerminalId terminal, const std::string& path) {
    v1::GetTerminalRequest request;
    request.set_terminal_id(terminal.value());
    const auto known = connection_->Call(&v1::DirectoryService::Stub::GetTerminal, request);
    EXPECT_TRUE(known.ok());
    auto csv = CsvFile::Open(Lang::kEn, path, ColumnsOf(ImportKind::kBankHistory));
    EXPECT_TRUE(csv.ok()) << csv.status();
    absl::TimeZone zone;
    EXPECT_TRUE(absl::LoadTimeZone("Asia/Shanghai", &zone));
    RowReader reader(ImportKind::kBankHistory, zone);
    Importer importer(*connection_, terminal, Serial(known->terminal().last_serial()), **csv, reader,
                      [](int64_t) {});
    const auto error = importer.Run();
    EXPECT_FALSE(error) << error->message;
    return importer.counts();
  }

  // Of everything that is recorded by now.
  static Balances TrialBalance(Connection& connection) {
    const auto ledger = connection.Call(&v1::LedgerService::Stub::GetLedger, v1::GetLedgerRequest());
    EXPECT_TRUE(ledger.ok());
    v1::GetTrialBalanceRequest request;
    request.mutable_options()->set_min_sequence(ledger->sequence());
    Balances balances;
    const auto error = connection.Stream(&v1::LedgerService::Stub::GetTrialBalance, request,
                                         [&](const v1::GetTrialBalanceResponse& part) {
                                           for (const auto& row : part.balances())
                                             balances[row.account()] = row.balance();
                                           return true;
                                         });
    EXPECT_FALSE(error) << error->message;
    return balances;
  }

  // Imports the history twice and compares balances and differences with those that are recomputed from its
  // text.
  void ImportAndRecompute(const std::string& path) {
    Balances expected;
    uint64_t rows = 0;
    uint64_t differing = 0;
    std::ifstream file(path);
    std::string line;
    for (std::getline(file, line); std::getline(file, line); ++rows) {
      std::vector<std::string> fields;
      std::istringstream cut(line);
      for (std::string field; std::getline(cut, field, ',');) fields.push_back(field);
      ASSERT_EQ(fields.size(), 6u) << line;
      const bool adds =
          fields[3] == "cash_deposit" || fields[3] == "transfer_received" || fields[3] == "interest_credited";
      int64_t& balance = expected["memo:demand:" + fields[1]];
      // Liabilities stand on the credit side, below zero.
      balance += (adds ? -1 : 1) * std::stoll(fields[4]);
      if (-balance != std::stoll(fields[5])) ++differing;
    }
    const TerminalId terminal = EnrolImport();
    const ImportCounts first = Import(terminal, path);
    EXPECT_EQ(first.rows, rows);
    EXPECT_EQ(first.recorded, rows);
    const auto check = CheckHistory(*connection_, terminal, Sequence(1));
    ASSERT_TRUE(check.ok());
    EXPECT_EQ(check->differing.size(), differing);
    EXPECT_EQ(check->accounts, expected.size());
    EXPECT_EQ(check->accounts_opened, expected.size());
    const Balances balances = TrialBalance(*connection_);
    for (const auto& [account, balance] : expected) {
      const auto found = balances.find(account);
      EXPECT_EQ(found == balances.end() ? 0 : found->second, balance) << account;
    }
    const ImportCounts second = Import(terminal, path);
    EXPECT_EQ(second.already_recorded, rows);
    EXPECT_EQ(second.recorded, 0u);
    EXPECT_EQ(TrialBalance(*connection_), balances);
  }

  TempFolder folder_;
  std::unique_ptr<Daemon> daemon_;
  std::unique_ptr<Connection> connection_;
};

TEST_F(ImportDemoTest, HistoryGivesTheBalancesThatItsTextGives) {
  const char* kKinds[] = {"cash_deposit",  "cash_withdrawal",   "card_withdrawal", "transfer_received",
                          "transfer_sent", "interest_credited", "fee_charged"};
  std::mt19937_64 random(20'241'121);
  const std::string path = folder_.Path("history.csv");
  std::ofstream file(path);
  file << "source_id,account_id,date,kind,amount_minor,source_balance_minor\n";
  for (int i = 0; i < 9'000; ++i) {
    file << i << ',' << random() % 200 + 1 << ",1993-0" << random() % 9 + 1 << "-1" << random() % 10 << ','
         << kKinds[random() % 7] << ',' << random() % 100'000 + 1 << ',' << random() % 100'000 << '\n';
  }
  file.close();
  ImportAndRecompute(path);
}

TEST_F(ImportDemoTest, TrialHistoryGivesTheBalancesThatItsTextGives) {
  const char* folder = std::getenv("REDVEST_TRIAL_DATA");
  if (folder == nullptr) GTEST_SKIP() << "REDVEST_TRIAL_DATA names no folder with a bank_history.csv";
  ImportAndRecompute(std::string(folder) + "/bank_history.csv");
}

TEST_F(ImportDemoTest, SameSeedGivesTheSameBalances) {
  const auto play = [](Connection& connection, uint64_t seed) {
    const DemoOptions options{.days = 3, .residents = 150, .seed = seed};
    DemoRun run(connection, options, [](int64_t) {});
    for (const auto& step : {run.Enrol(TerminalId(1)), run.Open(), run.PlayDays(), run.Prove()}) {
      EXPECT_FALSE(step) << step->message;
    }
    EXPECT_TRUE(run.proof().sound());
    EXPECT_GT(run.proof().accounts, 50);
    EXPECT_EQ(run.recorded_twice(), 0);
    EXPECT_EQ(run.tally().drawers.size(), 3u);
    return TrialBalance(connection);
  };
  const Balances first = play(*connection_, 5);
  const auto other = [&](const std::string& name, uint64_t seed) {
    const auto daemon = Daemon::StartOn(folder_.Path(name));
    Connection connection(daemon->address());
    return play(connection, seed);
  };
  EXPECT_EQ(first, other("second", 5));
  EXPECT_NE(first, other("third", 6));
}

}  // namespace
}  // namespace redvest::client
