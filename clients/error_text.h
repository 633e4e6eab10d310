// Errors as people read them: one sentence that says what went wrong and what to do, in Chinese or English.
#ifndef REDVEST_CLIENTS_ERROR_TEXT_H_
#define REDVEST_CLIENTS_ERROR_TEXT_H_

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "clients/client.h"
#include "clients/text.h"
#include "redvest/v1/error.pb.h"

namespace redvest::client {

// The sentence of a reason for people, facts in braces; has the same facts as PatternOf of
// ledger/base/error.h.
std::string_view HumanPatternOf(Lang lang, v1::ErrorReason reason);

// One sentence that says what went wrong and what to do: ids in their written form, money in yuan, moments in
// `zone`. `address` is the server that was called.
std::string ErrorText(Lang lang, const CallError& error, std::string_view address, absl::TimeZone zone);

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_ERROR_TEXT_H_
