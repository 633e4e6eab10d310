#include "ledger/merkle/codec.h"

#include <charconv>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"

namespace redvest::merkle {
namespace {

constexpr std::string_view kBase45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

uint8_t Byte(char c) { return static_cast<uint8_t>(c); }

}  // namespace

std::string Base64Encode(std::string_view bytes) {
  return absl::Base64Escape(absl::string_view(bytes.data(), bytes.size()));
}

std::optional<std::string> Base64Decode(std::string_view text) {
  std::string bytes;
  // Abseil lets blanks, missing padding and stray low bits pass; the way back tells.
  if (!absl::Base64Unescape(absl::string_view(text.data(), text.size()), &bytes)) return std::nullopt;
  if (Base64Encode(bytes) != text) return std::nullopt;
  return bytes;
}

std::string Base45Encode(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 1) / 2 * 3);
  for (; !bytes.empty(); bytes.remove_prefix(bytes.size() > 1 ? 2 : 1)) {
    const bool pair = bytes.size() > 1;
    uint32_t value = Byte(bytes[0]);
    if (pair) value = value << 8 | Byte(bytes[1]);
    for (int digit = 0; digit < (pair ? 3 : 2); ++digit, value /= 45) text.push_back(kBase45[value % 45]);
  }
  return text;
}

std::optional<std::string> Base45Decode(std::string_view text) {
  if (text.size() % 3 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 3 * 2 + 1);
  while (!text.empty()) {
    const size_t digits = text.size() > 2 ? 3 : 2;
    uint32_t value = 0;
    for (size_t i = digits; i-- > 0;) {
      const size_t digit = kBase45.find(text[i]);
      if (digit == std::string_view::npos) return std::nullopt;
      value = value * 45 + static_cast<uint32_t>(digit);
    }
    if (value > (digits == 3 ? 0xFFFFu : 0xFFu)) return std::nullopt;
    if (digits == 3) bytes.push_back(static_cast<char>(value >> 8));
    bytes.push_back(static_cast<char>(value & 0xFF));
    text.remove_prefix(digits);
  }
  return bytes;
}

std::optional<uint64_t> DecimalDecode(std::string_view text) {
  uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end) return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return value;
}

void AppendVarint(uint64_t value, std::string& bytes) {
  for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
  bytes.push_back(static_cast<char>(value));
}

std::optional<uint64_t> TakeVarint(std::string_view& bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size() && i < 10; ++i) {
    const uint64_t bits = Byte(bytes[i]) & 0x7F;
    if (i == 9 && bits > 1) return std::nullopt;
    value |= bits << (7 * i);
    if (Byte(bytes[i]) >= 0x80) continue;
    if (i > 0 && bits == 0) return std::nullopt;  // a shorter form exists
    bytes.remove_prefix(i + 1);
    return value;
  }
  return std::nullopt;
}

std::optional<char32_t> TakeCodePoint(std::string_view& text) {
  const uint8_t lead = Byte(text[0]);
  const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if ((lead >= 0x80 && lead < 0xC0) || lead >= 0xF8 || text.size() < length) return std::nullopt;
  char32_t point = length == 1 ? lead : lead & (0x7F >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((Byte(text[i]) & 0xC0) != 0x80) return std::nullopt;
    point = point << 6 | (Byte(text[i]) & 0x3F);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (point < kSmallest[length] || point > 0x10FFFF) return std::nullopt;
  if (point >= 0xD800 && point <= 0xDFFF) return std::nullopt;
  text.remove_prefix(length);
  return point;
}

}  // namespace redvest::merkle
