#include "ledger/base/text.h"

#include <gtest/gtest.h>

#include <string>

namespace redvest {
namespace {

// The bytes of a code point by RFC 3629, also of those that it forbids.
std::string Encode(uint32_t c) {
  const auto tail = [](uint32_t bits) { return static_cast<char>(0x80 | (bits & 0x3F)); };
  if (c < 0x80) return {static_cast<char>(c)};
  if (c < 0x800) return {static_cast<char>(0xC0 | (c >> 6)), tail(c)};
  if (c < 0x10000) return {static_cast<char>(0xE0 | (c >> 12)), tail(c >> 6), tail(c)};
  return {static_cast<char>(0xF0 | (c >> 18)), tail(c >> 12), tail(c >> 6), tail(c)};
}

TEST(PlainText, EveryCodePointButSurrogatesAndControlsIsText) {
  for (uint32_t c = 0; c <= 0x110FFF; ++c) {
    const bool control = c < 0x20 || (c >= 0x7F && c < 0xA0);
    const bool surrogate = c >= 0xD800 && c <= 0xDFFF;
    ASSERT_EQ(IsPlainText(Encode(c)), !control && !surrogate && c <= 0x10FFFF) << std::hex << c;
  }
}

TEST(PlainText, TextOfPeopleIsText) {
  for (const char* text : {"", "red vest", "红马甲志愿者", "乐龄食堂 7元", "é", "😀", "a\xC2\xA0z"}) {
    EXPECT_TRUE(IsPlainText(text)) << text;
  }
}

TEST(PlainText, BytesThatAreNotUtf8AreNotText) {
  for (const char* bytes : {
           "\x80",
           "\xBF",  // a tail alone
           "\xC3",
           "\xE4\xB8",
           "\xF0\x9F\x98",  // cut off
           "\xC3(",
           "\xE4(\xAD",
           "\xE4\xB8(",  // a tail missing
           "\xC0\xAF",
           "\xC1\xBF",  // overlong, two bytes
           "\xE0\x80\xAF",
           "\xE0\x9F\xBF",  // overlong, three
           "\xF0\x80\x80\xAF",
           "\xF0\x8F\xBF\xBF",  // overlong, four
           "\xED\xA0\x80",
           "\xED\xBF\xBF",  // surrogates
           "\xF4\x90\x80\x80",
           "\xF5\x80\x80\x80",  // above U+10FFFF
           "\xF8\x88\x80\x80\x80",
           "\xFE",
           "\xFF",
           "\xB2\xE2\xCA\xD4",  // GBK
       }) {
    EXPECT_FALSE(IsPlainText(bytes));
    EXPECT_FALSE(IsPlainText(std::string("before ") + bytes + " after"));
  }
}

TEST(PlainText, EveryPairOfBytesIsDecidedAsTheDefinitionSays) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const bool two_plain = first >= 0x20 && first < 0x7F && second >= 0x20 && second < 0x7F;
      const bool one_char = first >= 0xC2 && first <= 0xDF && second >= 0x80 && second <= 0xBF &&
                            !(first == 0xC2 && second < 0xA0);
      const char bytes[] = {static_cast<char>(first), static_cast<char>(second)};
      ASSERT_EQ(IsPlainText({bytes, 2}), two_plain || one_char) << first << " " << second;
    }
  }
}

TEST(PlainText, AZeroByteIsNotText) { EXPECT_FALSE(IsPlainText(std::string_view("a\0b", 3))); }

TEST(StringViews, CrossTheBridgeUnchanged) {
  const std::string_view text("a\0b", 3);
  EXPECT_EQ(ToStd(ToAbsl(text)), text);
  EXPECT_EQ(ToStd(ToAbsl({})), "");
}

}  // namespace
}  // namespace redvest
