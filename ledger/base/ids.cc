#include "ledger/base/ids.h"

#include <cctype>

namespace redvest {
namespace {

constexpr std::string_view kLetters = "MTVGBFKAC";

// ISO 7064 MOD 97-10: the two digits that make (letter digits check) mod 97 = 1.
int CheckDigits(char letter, std::string_view digits) {
  int remainder = letter - 'A' + 10;
  for (char c : digits) remainder = (remainder * 10 + (c - '0')) % 97;
  return 98 - remainder * 100 % 97;
}

}  // namespace

std::string FormatId(IdKind kind, uint64_t id) {
  const char letter = static_cast<char>(kind);
  const std::string digits = std::to_string(id);
  const int check = CheckDigits(letter, digits);
  std::string text(1, letter);
  text += digits;
  text += '-';
  text += static_cast<char>('0' + check / 10);
  text += static_cast<char>('0' + check % 10);
  return text;
}

std::optional<TaggedId> ParseId(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  const char letter = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
  if (kLetters.find(letter) == std::string_view::npos) return std::nullopt;
  std::string digits(text.substr(1));
  if (digits.size() > 3 && digits[digits.size() - 3] == '-') digits.erase(digits.size() - 3, 1);
  if (digits.size() < 3 || digits.size() > 17 || digits.front() == '0') return std::nullopt;
  for (char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
  }
  const int check = std::stoi(digits.substr(digits.size() - 2));
  digits.resize(digits.size() - 2);
  if (CheckDigits(letter, digits) != check) return std::nullopt;
  return TaggedId{static_cast<IdKind>(letter), std::stoull(digits)};
}

}  // namespace redvest
