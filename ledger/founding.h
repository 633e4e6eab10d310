// What a new ledger starts with.
#ifndef REDVEST_LEDGER_FOUNDING_H_
#define REDVEST_LEDGER_FOUNDING_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "redvest/v1/command.pb.h"

namespace redvest {

// set_up.textproto, as it was when this program was built.
std::string_view SetUpText();

// The founder's commands: FoundLedger with `name` and `time_zone`, then those of set_up.textproto, with
// serials from 1 and `now_ms`.
std::vector<v1::Command> FoundingCommands(const std::string& name, const std::string& time_zone,
                                          int64_t now_ms);

}  // namespace redvest

#endif  // REDVEST_LEDGER_FOUNDING_H_
