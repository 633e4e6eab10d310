// The bridge between the two string views of this platform, and what text the ledger takes in.
#ifndef REDVEST_LEDGER_BASE_TEXT_H_
#define REDVEST_LEDGER_BASE_TEXT_H_

#include <string_view>

#include "absl/strings/string_view.h"

namespace redvest {

// Debian's Abseil is built with a string_view of its own.
inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view ToStd(absl::string_view text) { return {text.data(), text.size()}; }

// Whether `text` is valid UTF-8 (no overlong forms, no surrogates) without control characters.
bool IsPlainText(std::string_view text);

}  // namespace redvest

#endif  // REDVEST_LEDGER_BASE_TEXT_H_
