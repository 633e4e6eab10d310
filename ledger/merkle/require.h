// A broken promise of the program, or of OpenSSL, leaves nothing to go on with.
#ifndef REDVEST_LEDGER_MERKLE_REQUIRE_H_
#define REDVEST_LEDGER_MERKLE_REQUIRE_H_

#include <cstdlib>

namespace redvest::merkle {

inline void Require(bool ok) {
  if (!ok) std::abort();
}

}  // namespace redvest::merkle

#endif  // REDVEST_LEDGER_MERKLE_REQUIRE_H_
