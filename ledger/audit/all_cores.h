// Work that is cut into pieces, done by all cores.
#ifndef REDVEST_LEDGER_AUDIT_ALL_CORES_H_
#define REDVEST_LEDGER_AUDIT_ALL_CORES_H_

#include <functional>
#include <vector>

namespace redvest {

// Runs every task once, on the caller's thread and one for each other core, and returns when all are done.
// They are begun in their order, so the largest should come first.
void RunOnAllCores(const std::vector<std::function<void()>>& tasks);

}  // namespace redvest

#endif  // REDVEST_LEDGER_AUDIT_ALL_CORES_H_
