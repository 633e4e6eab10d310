// Where the next page of a statement starts. To those who carry it, opaque text.
#ifndef REDVEST_LEDGER_QUERY_PAGE_TOKEN_H_
#define REDVEST_LEDGER_QUERY_PAGE_TOKEN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/accounting/account.h"
#include "ledger/base/ids.h"
#include "redvest/v1/ledger_service.pb.h"

namespace redvest {

struct PageToken {
  Sequence at;          // what all pages are true at
  Sequence next;        // lines from here on
  Sequence last;        // no line after this one
  int64_t balance = 0;  // of the lines before
  int64_t closing = 0;  // of all lines
};

// What a token belongs to: with another account or another point in the past it is none.
struct PageTokenOwner {
  Account account;
  // Not set = now.
  v1::AsOf as_of = {};
};

// base64url of a version, the token and a checksum over it and its owner.
std::string EncodePageToken(const PageToken& token, const PageTokenOwner& owner);
// Nothing where `text` is not a token of that owner.
std::optional<PageToken> DecodePageToken(std::string_view text, const PageTokenOwner& owner);

}  // namespace redvest

#endif  // REDVEST_LEDGER_QUERY_PAGE_TOKEN_H_
