// The words and rules that the ledger puts into the facts of an error, in Chinese.
#ifndef REDVEST_CLIENTS_LEDGER_PHRASES_H_
#define REDVEST_CLIENTS_LEDGER_PHRASES_H_

#include <string>
#include <string_view>

namespace redvest::client {

// The Chinese for a phrase as the ledger writes it, numbers taken over; the phrase itself where it is not
// known.
std::string ChineseOf(std::string_view english);

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_LEDGER_PHRASES_H_
