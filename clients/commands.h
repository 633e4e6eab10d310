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
void AddApprovalCommand(CLI::App& app, Context& context);
void AddBooksCommands(CLI::App& app, Context& context);  // ledger, balance, statement, trial-balance
void AddEventsCommand(CLI::App& app, Context& context);
void AddReportCommand(CLI::App& app, Context& context);
void AddAuditCommands(CLI::App& app, Context& context);
void AddAuditVerifyCommand(CLI::App& family, Context& context);  // below `audit`, as the next ones
void AddAuditExportCommand(CLI::App& family, Context& context);
void AddAuditFindingsCommand(CLI::App& family, Context& context);
void AddAuditWitnessCommands(CLI::App& family, Context& context);  // witness, witness-key
void AddReceiptCommand(CLI::App& app, Context& context);
void AddVerifyProofCommand(CLI::App& audit_family, Context& context);  // below `audit`
void AddCertificateCommand(CLI::App& volunteer, Context& context);     // below `volunteer`
void AddQueueCommand(CLI::App& app, Context& context);
void AddImportCommand(CLI::App& app, Context& context);
void AddReconcileCommand(CLI::App& bank, Context& context);  // below `bank`
void AddDemoCommand(CLI::App& app, Context& context);

// Prints the report of a business date, today's where none is given, and returns the exit code.
int ShowDayReport(Context& context, std::optional<Day> day);

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_COMMANDS_H_
