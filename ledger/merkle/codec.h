// The texts that bytes and numbers have in notes and proofs. Every decoder takes just what its encoder gives,
// so that nothing has two forms.
#ifndef REDVEST_LEDGER_MERKLE_CODEC_H_
#define REDVEST_LEDGER_MERKLE_CODEC_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace redvest::merkle {

// RFC 4648 section 4, with padding.
std::string Base64Encode(std::string_view bytes);
std::optional<std::string> Base64Decode(std::string_view text);

// RFC 9285: in the alphabet of a QR code's alphanumeric mode.
std::string Base45Encode(std::string_view bytes);
std::optional<std::string> Base45Decode(std::string_view text);

// Decimal digits without a sign and without leading zeroes.
std::optional<uint64_t> DecimalDecode(std::string_view text);

// Base 128, low bits first, in the shortest form. The decoder takes the number off the front of `bytes`.
void AppendVarint(uint64_t value, std::string& bytes);
std::optional<uint64_t> TakeVarint(std::string_view& bytes);

// Takes the next code point off the front of UTF-8 `text`; nothing, and `text` as it was, where there is none
// that is well formed. REQUIRES: !text.empty().
std::optional<char32_t> TakeCodePoint(std::string_view& text);

}  // namespace redvest::merkle

#endif  // REDVEST_LEDGER_MERKLE_CODEC_H_
