// The daemon as its operator meets it.
#include <google/protobuf/descriptor.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "ledger/base/error.h"
#include "ledger/base/ids.h"
#include "services/listen_address.h"
#include "tests/integration/town.h"

namespace redvest::testing {
namespace {

using ::testing::Test;

void ExpectSays(const Ended& ended, int exit_code, const std::vector<std::string>& words) {
  EXPECT_EQ(ended.exit_code, exit_code) << ended.err;
  EXPECT_EQ(ended.out, "");
  for (const std::string& word : words) {
    EXPECT_NE(ended.err.find(word), std::string::npos) << "no \"" << word << "\" in: " << ended.err;
  }
}

TEST(DaemonTest, FoundsALedgerInAnEmptyFolderAndSaysWhereItListens) {
  const TempFolder folder;
  const auto daemon = Daemon::StartOn(folder.Path("ledger"));
  ASSERT_NE(daemon, nullptr);
  EXPECT_TRUE(daemon->address().starts_with("127.0.0.1:")) << daemon->address();
  EXPECT_NE(daemon->Stderr().find(FormatId(IdKind::kTerminal, 1)), std::string::npos) << daemon->Stderr();
  EXPECT_GT(Client(daemon->Connect()).Sequence(), 0u);
}

TEST(DaemonTest, StopsOnSigtermAndSigint) {
  for (const int signal : {SIGTERM, SIGINT}) {
    const TempFolder folder;
    const auto daemon = Daemon::StartOn(folder.Path("ledger"));
    ASSERT_NE(daemon, nullptr);
    const Client client(daemon->Connect());
    EXPECT_GT(client.Sequence(), 0u);
    daemon->Signal(signal);
    daemon->Signal(signal);  // an impatient operator
    EXPECT_EQ(daemon->Wait(), 0) << daemon->Stderr();
  }
}

TEST(DaemonTest, RefusesAFolderThatAnotherDaemonHas) {
  const TempFolder folder;
  const auto daemon = Daemon::StartOn(folder.Path("ledger"));
  ASSERT_NE(daemon, nullptr);
  ExpectSays(RunToEnd({"--data", folder.Path("ledger"), "--listen", "127.0.0.1:0"}), 3,
             {folder.Path("ledger")});
  EXPECT_EQ(daemon->Terminate(), 0);
}

TEST(DaemonTest, RefusesAFolderWithOtherFiles) {
  const TempFolder folder;
  std::ofstream(folder.Path("holiday.txt")) << "not a ledger";
  ExpectSays(RunToEnd({"--data", folder.Path(), "--name", "Town", "--listen", "127.0.0.1:0"}), 3,
             {folder.Path()});
  // And leaves it as it was.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.Path()), {}), 1);
}

TEST(DaemonTest, FoundsALedgerUnderTheNameOfItsFolder) {
  const TempFolder folder;
  const auto daemon = Daemon::Start({"--data", folder.Path("huayuan"), "--listen", "127.0.0.1:0"});
  ASSERT_NE(daemon, nullptr);
  const Client client(daemon->Connect());
  EXPECT_EQ(Call(*client.books, &Books::GetLedger, v1::GetLedgerRequest())->name(), "huayuan");
}

TEST(DaemonTest, RefusesAnotherNameThanTheLedgers) {
  const TempFolder folder;
  const auto daemon = Daemon::StartOn(folder.Path("ledger"));
  ASSERT_NE(daemon, nullptr);
  EXPECT_EQ(daemon->Terminate(), 0);
  ExpectSays(RunToEnd({"--data", folder.Path("ledger"), "--name", "Elsewhere", "--listen", "127.0.0.1:0"}), 3,
             {"Changshan Huayuan"});
}

TEST(DaemonTest, RefusesBadFlags) {
  const TempFolder folder;
  const std::string data = folder.Path("ledger");
  ExpectSays(RunToEnd({}), 2, {"--data"});
  ExpectSays(RunToEnd({"--data", data, "--wine"}), 2, {"--wine"});
  ExpectSays(RunToEnd({"--data", data, "--queue-commands", "many"}), 2, {"--queue-commands"});
  ExpectSays(RunToEnd({"--data", data, "--time-zone", "Asia/Shanghai"}), 2, {"--name"});
  for (const char* listen :
       {"nowhere", "127.0.0.1", "127.0.0.1:99999", "127.0.0.1:wine", ":7070", "::1:7070"}) {
    ExpectSays(RunToEnd({"--data", data, "--name", "Town", "--listen", listen}), 2, {"--listen", listen});
  }
  EXPECT_FALSE(std::filesystem::exists(data));
}

TEST(DaemonTest, FoundsWithAnotherTimeZoneAfterAWrongOneWasRefused) {
  const TempFolder folder;
  const std::vector<std::string> flags = {"--data",   folder.Path("ledger"), "--name",     "Town",
                                          "--listen", "127.0.0.1:0",         "--time-zone"};
  const auto in_zone = [&flags](const std::string& zone) {
    std::vector<std::string> all = flags;
    all.push_back(zone);
    return all;
  };
  ExpectSays(RunToEnd(in_zone("Mars/Base")), 3, {"time_zone"});
  EXPECT_FALSE(std::filesystem::exists(folder.Path("ledger")));
  const auto daemon = Daemon::Start(in_zone("Europe/Berlin"));
  ASSERT_NE(daemon, nullptr);
  const Client client(daemon->Connect());
  EXPECT_EQ(Call(*client.books, &Books::GetLedger, v1::GetLedgerRequest())->time_zone(), "Europe/Berlin");
}

TEST(DaemonTest, RefusesAPortThatIsTaken) {
  const TempFolder folder;
  const auto daemon = Daemon::StartOn(folder.Path("ledger"));
  ASSERT_NE(daemon, nullptr);
  const std::string other = folder.Path("other");
  ExpectSays(RunToEnd({"--data", other, "--name", "Town", "--listen", daemon->address()}), 3,
             {daemon->address(), "--listen"});
  EXPECT_FALSE(std::filesystem::exists(other));
}

TEST(DaemonTest, RefusesAFolderOfANewerVersion) {
  const TempFolder folder;
  const auto daemon = Daemon::StartOn(folder.Path("ledger"));
  ASSERT_NE(daemon, nullptr);
  EXPECT_EQ(daemon->Terminate(), 0);
  std::ofstream(folder.Path("ledger/LEDGER")) << "redvest ledger, format 999\n";
  ExpectSays(RunToEnd({"--data", folder.Path("ledger"), "--listen", "127.0.0.1:0"}), 3, {"newer", "999"});
}

TEST(ListenAddressTest, ReadsWhatItWrites) {
  for (const char* text : {"127.0.0.1:7070", "localhost:0", "[::1]:65535"}) {
    const auto address = ParseListenAddress(text);
    ASSERT_TRUE(address.has_value()) << text;
    EXPECT_EQ(FormatListenAddress(*address), text);
    EXPECT_TRUE(IsLoopback(*address)) << text;
  }
}

TEST(ListenAddressTest, TellsWhatOthersCanReach) {
  for (const char* host : {"0.0.0.0", "::", "127.example.org"})
    EXPECT_FALSE(IsLoopback({host, 7070})) << host;
}

TEST(DaemonTest, HelpsAndTellsItsVersion) {
  const Ended help = RunToEnd({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_NE(help.out.find("--data"), std::string::npos);
  const Ended version = RunToEnd({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_TRUE(version.out.starts_with("redvestd ")) << version.out;
}

TEST(DaemonTest, VerifiesALedgerThatIsAtRest) {
  auto town = Town::Found();
  ASSERT_NE(town, nullptr);
  ASSERT_RECORDED(Call(*town->client->canteen, &Canteen::SellMeal, town->GuestMeal()));
  EXPECT_EQ(town->daemon->Terminate(), 0);
  const Ended verified = RunVerify({town->data});
  EXPECT_EQ(verified.exit_code, 0) << verified.err;
  const TempFolder nothing;
  EXPECT_EQ(RunVerify({nothing.Path("none")}).exit_code, 3);
}

TEST(DaemonTest, AnswersForItsHealth) {
  const TempFolder folder;
  const auto daemon = Daemon::StartOn(folder.Path("ledger"));
  ASSERT_NE(daemon, nullptr);
  const RawAnswer answer = CallRaw(daemon->Connect(), "/grpc.health.v1.Health/Check", "");
  EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_EQ(answer.bytes, "\x08\x01");  // status: SERVING
}

TEST(DaemonTest, ListsItsServicesByReflection) {
  const TempFolder folder;
  const auto daemon = Daemon::StartOn(folder.Path("ledger"));
  ASSERT_NE(daemon, nullptr);
  const std::string list_services("\x3A\x00", 2);
  const RawAnswer answer = StreamRaw(
      daemon->Connect(), "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", list_services);
  EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
  for (const char* service :
       {"Audit", "BankStation", "Canteen", "Directory", "Ingest", "Ledger", "Policy", "Volunteer"}) {
    const std::string name = std::string("redvest.v1.") + service + "Service";
    EXPECT_NE(answer.bytes.find(name), std::string::npos) << name;
  }
}

TEST(ErrorTableTest, EveryReasonIsInTheTableWithItsCode) {
  std::ifstream file(REDVEST_ERRORS_MD);
  std::ostringstream text;
  text << file.rdbuf();
  const auto* reasons = v1::ErrorReason_descriptor();
  for (int i = 0; i < reasons->value_count(); ++i) {
    const auto reason = static_cast<v1::ErrorReason>(reasons->value(i)->number());
    if (reason == v1::ERROR_REASON_UNSPECIFIED) continue;
    const auto code = static_cast<grpc::StatusCode>(CodeOf(reason));
    const std::map<grpc::StatusCode, std::string> names = {
        {grpc::StatusCode::INVALID_ARGUMENT, "INVALID_ARGUMENT"},
        {grpc::StatusCode::NOT_FOUND, "NOT_FOUND"},
        {grpc::StatusCode::ALREADY_EXISTS, "ALREADY_EXISTS"},
        {grpc::StatusCode::FAILED_PRECONDITION, "FAILED_PRECONDITION"},
        {grpc::StatusCode::RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED"},
        {grpc::StatusCode::OUT_OF_RANGE, "OUT_OF_RANGE"},
        {grpc::StatusCode::DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED"},
        {grpc::StatusCode::UNAVAILABLE, "UNAVAILABLE"}};
    const std::string row = "| `" + reasons->value(i)->name() + "` | `" + names.at(code) + "` |";
    EXPECT_NE(text.str().find(row), std::string::npos) << "no row " << row;
  }
}

}  // namespace
}  // namespace redvest::testing
