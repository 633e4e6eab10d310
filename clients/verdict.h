// What is said of books that were verified, wherever they came from.
#ifndef REDVEST_CLIENTS_VERDICT_H_
#define REDVEST_CLIENTS_VERDICT_H_

#include <nlohmann/json.hpp>
#include <string>

#include "clients/text.h"
#include "ledger/audit/verify.h"

namespace redvest::client {

// For people: how much was checked, and how far signatures say that this is the only history.
std::string VerdictText(Lang lang, const VerifyReport& report);
// For programs: {"sound": true, …}; false of a pack that is unfinished.
nlohmann::ordered_json VerdictJson(const VerifyReport& report);

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_VERDICT_H_
