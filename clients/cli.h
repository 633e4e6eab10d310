// CLI11 with our words: subcommands that teach, and options of our own kinds.
#ifndef REDVEST_CLIENTS_CLI_H_
#define REDVEST_CLIENTS_CLI_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "clients/arguments.h"
#include "clients/context.h"
#include "clients/words.h"

namespace redvest::client {

// What a leaf subcommand says of itself.
struct CommandHelp {
  Bilingual description;
  // A command line that works, without "redvest".
  std::string_view example;
};

// Adds a subcommand that does something: `run` is called after the whole command line was read and returns
// the exit code. Its help shows description, options, example and exit codes.
CLI::App* AddLeaf(CLI::App& parent, Context& context, const std::string& name, const CommandHelp& help,
                  std::function<int()> run);
// Adds a subcommand that only holds others, one of which must be named.
CLI::App* AddFamily(CLI::App& parent, Context& context, const std::string& name, Bilingual description);

// Options and positionals (a name without dashes) whose text is read by the functions of arguments.h and
// handed to `set`, or put into the variable. Text that cannot be meant ends the program with exit code 2 and
// a sentence.
CLI::Option* AddId(CLI::App& app, Context& context, const std::string& name, IdKind kind,
                   std::function<void(uint64_t)> set, Bilingual description);
CLI::Option* AddId(CLI::App& app, Context& context, const std::string& name, IdKind kind, uint64_t& id,
                   Bilingual description);
// Yuan, more than 0.
CLI::Option* AddYuan(CLI::App& app, Context& context, const std::string& name,
                     std::function<void(int64_t)> set, Bilingual description);
CLI::Option* AddYuan(CLI::App& app, Context& context, const std::string& name, int64_t& fen,
                     Bilingual description);
// Yuan, 0 allowed: for what is counted.
CLI::Option* AddYuanOrZero(CLI::App& app, Context& context, const std::string& name,
                           std::function<void(int64_t)> set, Bilingual description);
CLI::Option* AddMoment(CLI::App& app, Context& context, const std::string& name,
                       std::optional<MomentArgument>& moment, Bilingual description);
CLI::Option* AddDay(CLI::App& app, Context& context, const std::string& name, std::optional<Day>& day,
                    Bilingual description);
// A whole number from `min` to `max`.
CLI::Option* AddNumber(CLI::App& app, Context& context, const std::string& name, int64_t min, int64_t max,
                       std::function<void(int64_t)> set, Bilingual description);
CLI::Option* AddNumber(CLI::App& app, Context& context, const std::string& name, int64_t& number, int64_t min,
                       int64_t max, Bilingual description);
// One of the words of an enum of the protocol (clients/words.h).
CLI::Option* AddChoice(CLI::App& app, Context& context, const std::string& name,
                       const google::protobuf::EnumDescriptor* type, std::function<void(int)> set,
                       Bilingual description);
// Text that goes into the ledger or names something in it: UTF-8 without control characters.
CLI::Option* AddText(CLI::App& app, Context& context, const std::string& name,
                     std::function<void(const std::string&)> set, Bilingual description);
// Name of a file, any bytes.
CLI::Option* AddPath(CLI::App& app, Context& context, const std::string& name,
                     std::function<void(const std::string&)> set, Bilingual description);
// Present or not.
CLI::Option* AddFlag(CLI::App& app, Context& context, const std::string& name, std::function<void(bool)> set,
                     Bilingual description);

// What CLI11 found wrong with the command line, in the language of this run. `named` is the last subcommand
// that was understood, `rest` what was not.
std::string ParseErrorText(Lang lang, const CLI::ParseError& error, const CLI::App& named,
                           const std::vector<std::string>& rest);

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_CLI_H_
