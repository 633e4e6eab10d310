// Where the next page of a statement starts. To those who carry it, opaque text.
#ifndef REDVEST_LEDGER_QUERY_PAGE_TOKEN_H_
#define REDVEST_LEDGER_QUERY_PAGE_TOKEN_H_

#include <optional>
#include <string>
#include <string_view>

#include "ledger/accounting/account.h"
#include "ledger/base/ids.h"

namespace redvest {

struct PageToken {
  Sequence at;    // what all pages are true at
  Sequence next;  // lines from here on
};

// base64url of a version, the two sequences and a checksum over them and the account.
std::string EncodePageToken(const PageToken& token, const Account& account);
// Nothing where `text` is not a token of a statement of `account`.
std::optional<PageToken> DecodePageToken(std::string_view text, const Account& account);

}  // namespace redvest

#endif  // REDVEST_LEDGER_QUERY_PAGE_TOKEN_H_
