// What a row of a projection is about, for people who are told that it is wrong.
#ifndef REDVEST_LEDGER_PROJECTION_ROW_TEXT_H_
#define REDVEST_LEDGER_PROJECTION_ROW_TEXT_H_

#include <string>
#include <string_view>

#include "ledger/storage/store.h"

namespace redvest {

// "the row of the entries of assets:drawer:3 from event 129 on"; "the row 4103ff", the key in hexadecimal,
// where that is none of the table's own.
std::string RowText(TableId table, std::string_view key);

}  // namespace redvest

#endif  // REDVEST_LEDGER_PROJECTION_ROW_TEXT_H_
