// The subcommands of `redvest`, one function for each family. Each adds its subcommands to the program;
// naming one on the command line sets Context::action. `context` outlives the parse and the action.
#ifndef REDVEST_CLIENTS_COMMANDS_H_
#define REDVEST_CLIENTS_COMMANDS_H_

#include "clients/cli.h"
#include "clients/context.h"

namespace redvest::client {

void AddTerminalCommand(CLI::App& app, Context& context);
void AddMemberCommand(CLI::App& app, Context& context);
void AddEntryCommand(CLI::App& app, Context& context);
void AddPolicyCommand(CLI::App& app, Context& context);
void AddVolunteerCommand(CLI::App& app, Context& context);
void AddCanteenCommand(CLI::App& app, Context& context);
void AddBankCommand(CLI::App& app, Context& context);
void AddCorrectionCommands(CLI::App& app, Context& context);  // reverse, void
void AddBooksCommands(CLI::App& app, Context& context);       // ledger, balance, statement, trial-balance
void AddEventsCommand(CLI::App& app, Context& context);
void AddReportCommand(CLI::App& app, Context& context);
void AddQueueCommand(CLI::App& app, Context& context);
void AddImportCommand(CLI::App& app, Context& context);
void AddReconcileCommand(CLI::App& app, Context& context);
void AddDemoCommand(CLI::App& app, Context& context);

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_COMMANDS_H_
