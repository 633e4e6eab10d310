// The includes of this repository keep to the rooms; and the check that says so is able to fail.
#include "tests/architecture/include_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace redvest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Architecture, NoForbiddenIncludes) { EXPECT_THAT(CheckIncludes(REDVEST_SOURCE_DIR), IsEmpty()); }

TEST(IncludeRules, AllowWhatTheDesignDraws) {
  const std::pair<const char*, const char*> allowed[] = {
      {"ledger/base/ids.cc", "ledger/base/ids.h"},
      {"ledger/base/error.h", "redvest/v1/error.pb.h"},
      {"ledger/accounting/account.h", "ledger/base/ids.h"},
      {"ledger/state/fold.cc", "ledger/accounting/posting.h"},
      {"ledger/state/state.h", "redvest/v1/policy.pb.h"},
      {"ledger/command/canteen.cc", "ledger/state/state.h"},
      {"ledger/sequencer/writer.cc", "ledger/command/decide.h"},
      {"ledger/sequencer/writer.cc", "ledger/log/event_log.h"},
      {"ledger/log/event_log.cc", "ledger/storage/store.h"},
      {"ledger/storage/rocks_store.cc", "rocksdb/db.h"},
      {"ledger/projection/days.cc", "ledger/log/event_log.h"},
      {"ledger/query/queries.cc", "redvest/v1/ledger_service.pb.h"},
      {"ledger/audit/verify.cc", "ledger/merkle/frontier.h"},
      {"ledger/ledger.cc", "ledger/sequencer/sequencer.h"},
      {"services/canteen/canteen.cc", "ledger/ledger.h"},
      {"services/canteen/canteen.cc", "grpcpp/grpcpp.h"},
      {"services/canteen/canteen.cc", "redvest/v1/canteen_service.grpc.pb.h"},
      {"ledger/audit/decision_check.cc", "ledger/command/decide.h"},
      {"clients/auditor/proof.cc", "ledger/merkle/hash.h"},
      {"clients/auditor/verify.cc", "ledger/audit/verify.h"},
      {"clients/verify_main.cc", "ledger/ledger.h"},
      {"clients/client.cc", "grpcpp/channel.h"},
      {"clients/client.cc", "vector"},
      {"tests/scenario/canteen_test.cc", "ledger/command/decide.h"},
  };
  for (const auto& [path, included] : allowed) {
    EXPECT_EQ(ForbiddenInclude(path, included), std::nullopt) << path << " includes " << included;
  }
}

TEST(IncludeRules, ForbidWhatTheDesignForbids) {
  const std::pair<const char*, const char*> forbidden[] = {
      {"ledger/base/ids.cc", "ledger/accounting/account.h"},
      {"ledger/accounting/posting.cc", "ledger/state/state.h"},
      {"ledger/state/fold.cc", "ledger/command/decide.h"},
      {"ledger/state/fold.cc", "ledger/storage/store.h"},
      {"ledger/command/canteen.cc", "ledger/log/event_log.h"},
      {"ledger/command/canteen.cc", "ledger/sequencer/sequencer.h"},
      {"ledger/command/canteen.cc", "ledger/ledger.h"},
      {"ledger/command/canteen.cc", "redvest/v1/canteen_service.pb.h"},
      {"ledger/merkle/hash.cc", "ledger/base/ids.h"},
      {"ledger/merkle/hash.cc", "redvest/event/v1/event.pb.h"},
      {"ledger/storage/memory_store.cc", "redvest/v1/types.pb.h"},
      {"ledger/log/event_log.cc", "rocksdb/db.h"},
      {"ledger/log/event_log.cc", "ledger/state/state.h"},
      {"ledger/projection/days.cc", "ledger/state/state.h"},
      {"ledger/projection/days.cc", "redvest/v1/ledger_service.pb.h"},
      {"ledger/sequencer/writer.cc", "ledger/projection/projection.h"},
      {"ledger/query/queries.cc", "ledger/command/decide.h"},
      {"ledger/query/queries.cc", "grpcpp/grpcpp.h"},
      {"ledger/audit/verify.cc", "ledger/sequencer/sequencer.h"},
      {"ledger/ledger.cc", "grpcpp/support/status.h"},
      {"ledger/ledger.cc", "redvest/v1/canteen_service.grpc.pb.h"},
      {"ledger/ledger.cc", "services/server.h"},
      {"ledger/newroom/file.cc", "vector"},
      {"services/canteen/canteen.cc", "ledger/state/state.h"},
      {"services/canteen/canteen.cc", "rocksdb/db.h"},
      {"services/canteen/canteen.cc", "clients/client.h"},
      {"services/canteen/canteen.cc", "tests/support/ledger.h"},
      {"clients/client.cc", "ledger/ledger.h"},
      {"clients/client.cc", "ledger/state/state.h"},
      {"clients/client.cc", "services/server.h"},
      {"clients/client.cc", "rocksdb/db.h"},
  };
  for (const auto& [path, included] : forbidden) {
    EXPECT_NE(ForbiddenInclude(path, included), std::nullopt) << path << " includes " << included;
  }
}

TEST(IncludeRules, FindIncludesHoweverTheyAreWritten) {
  const auto includes = IncludesOf(
      "// #include \"not/this.h\"\n"
      "#include \"a/b.h\"\n"
      "\t#  include <c/d.h>  // why\n"
      "#include<e.h>\n"
      "#define include\n");
  std::vector<std::string> found;
  for (const auto& include : includes) found.push_back(std::to_string(include.line) + " " + include.included);
  EXPECT_THAT(found, ElementsAre("2 a/b.h", "3 c/d.h", "4 e.h"));
}

TEST(IncludeRules, APlantedIncludeIsFoundInATree) {
  const std::filesystem::path top = std::filesystem::path(::testing::TempDir()) / "redvest_planted_include";
  std::filesystem::remove_all(top);
  std::filesystem::create_directories(top / "ledger/state");
  std::filesystem::create_directories(top / "services/deep/er");
  std::ofstream(top / "ledger/state/fold.cc")
      << "#include \"ledger/state/state.h\"\n#include <grpcpp/grpcpp.h>\n";
  std::ofstream(top / "services/deep/er/x.h") << "\n\n#include \"ledger/log/event_log.h\"\n";
  EXPECT_THAT(CheckIncludes(top),
              ElementsAre(HasSubstr("ledger/state/fold.cc:2: #include grpcpp/grpcpp.h"),
                          HasSubstr("services/deep/er/x.h:3: #include ledger/log/event_log.h")));
  std::filesystem::remove_all(top);
}

}  // namespace
}  // namespace redvest
