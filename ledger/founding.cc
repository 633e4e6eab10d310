#include "ledger/founding.h"

#include <google/protobuf/text_format.h>

#include "ledger/base/check.h"
#include "redvest/v1/set_up.pb.h"

namespace redvest {

std::vector<v1::Command> FoundingCommands(const std::string& name, const std::string& time_zone,
                                          int64_t now_ms) {
  v1::SetUp set_up;
  REDVEST_CHECK(google::protobuf::TextFormat::ParseFromString(std::string(SetUpText()), &set_up));
  std::vector<v1::Command> commands(1);
  commands.front().mutable_found_ledger()->set_name(name);
  commands.front().mutable_found_ledger()->set_time_zone(time_zone);
  commands.insert(commands.end(), set_up.commands().begin(), set_up.commands().end());
  uint64_t serial = 0;
  for (v1::Command& command : commands) {
    command.set_serial(++serial);
    command.set_occurred_at_unix_ms(now_ms);
  }
  return commands;
}

}  // namespace redvest
