// How --help looks: CLI11's layout, in the language of the run and with columns that line up in Chinese too.
#ifndef REDVEST_CLIENTS_HELP_STYLE_H_
#define REDVEST_CLIENTS_HELP_STYLE_H_

#include <CLI/CLI.hpp>

#include "clients/text.h"

namespace redvest::client {

// For `app` and every subcommand added to it afterwards.
void SetHelpStyle(CLI::App& app, Lang lang);

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_HELP_STYLE_H_
