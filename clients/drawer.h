// Counting a drawer: the same command for tills and counters, offered by both families.
#ifndef REDVEST_CLIENTS_DRAWER_H_
#define REDVEST_CLIENTS_DRAWER_H_

#include "clients/cli.h"
#include "clients/context.h"

namespace redvest::client {

// Adds `count` and `close` to a family; `terminal` is the written id used in their examples.
void AddDrawerCommands(CLI::App& family, Context& context, const std::string& terminal);

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_DRAWER_H_
