// Which event of a log was changed, as far as the tables that follow from it still tell. Whoever rewrites a
// log rarely rewrites those too.
#ifndef REDVEST_LEDGER_AUDIT_WITNESS_TABLES_H_
#define REDVEST_LEDGER_AUDIT_WITNESS_TABLES_H_

#include <string>

#include "ledger/base/ids.h"
#include "ledger/log/event_log.h"
#include "ledger/storage/store.h"

namespace redvest {

// The first of the events [first, last] that the accounts or the serials have otherwise, as a clause of a
// sentence: "event 205 was another when it was posted: …". Empty where they have them all as the log has
// them, do not go that far, or cannot be read, or where the events are too many to look at.
std::string FirstDisagreement(const Store& store, const EventLog& log, Sequence first, Sequence last);

}  // namespace redvest

#endif  // REDVEST_LEDGER_AUDIT_WITNESS_TABLES_H_
