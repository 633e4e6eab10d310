#include "ledger/merkle/codec.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace redvest::merkle {
namespace {

TEST(Base64, EqualsTheVectorsOfItsRfc) {
  EXPECT_EQ(Base64Encode(""), "");
  EXPECT_EQ(Base64Encode("f"), "Zg==");
  EXPECT_EQ(Base64Encode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(Base64Encode("\xFB\xFF"), "+/8=");
  EXPECT_EQ(Base64Decode("Zm9vYg=="), "foob");
  EXPECT_EQ(Base64Decode(""), "");
}

TEST(Base64, TakesOnlyTheOneFormOfItsBytes) {
  for (std::string_view text :
       {"Zg", "Zg=", "Zh==", "Zg==\n", " Zg==", "Z g==", "Zg==Zg==", "-_8=", "Zg.."}) {
    EXPECT_FALSE(Base64Decode(text).has_value()) << text;
  }
}

TEST(Base45, EqualsTheVectorsOfItsRfc) {
  EXPECT_EQ(Base45Encode("AB"), "BB8");
  EXPECT_EQ(Base45Encode("Hello!!"), "%69 VD92EX0");
  EXPECT_EQ(Base45Encode("base-45"), "UJCLQE7W581");
  EXPECT_EQ(Base45Decode("QED8WEX0"), "ietf!");
  EXPECT_EQ(Base45Encode(""), "");
  EXPECT_EQ(Base45Decode(""), "");
}

TEST(Base45, RefusesWhatStandsForNoBytes) {
  // One character over, a number above 65535, one above 255, characters of no alphabet.
  for (std::string_view text : {"A", "BB8A", "GGW", "ZZ", ":::", "bb8", "BB\n", "BB\x80"}) {
    EXPECT_FALSE(Base45Decode(text).has_value()) << text;
  }
}

TEST(Codec, RandomBytesComeBack) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 500; ++round) {
    std::string bytes(random() % 200, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    ASSERT_EQ(Base64Decode(Base64Encode(bytes)), bytes);
    ASSERT_EQ(Base45Decode(Base45Encode(bytes)), bytes);
  }
}

TEST(Decimal, HasNoSignsZeroesOrBlanksBefore) {
  EXPECT_EQ(DecimalDecode("0"), 0u);
  EXPECT_EQ(DecimalDecode("18446744073709551615"), ~uint64_t{0});
  for (std::string_view text :
       {"", "00", "01", "+1", "-1", " 1", "1 ", "1x", "18446744073709551616", "0x1"}) {
    EXPECT_FALSE(DecimalDecode(text).has_value()) << text;
  }
}

TEST(Varint, ComesBackAndLeavesTheRest) {
  for (uint64_t value : {uint64_t{0}, uint64_t{127}, uint64_t{128}, uint64_t{16384}, ~uint64_t{0}}) {
    std::string bytes;
    AppendVarint(value, bytes);
    bytes += "rest";
    std::string_view view = bytes;
    EXPECT_EQ(TakeVarint(view), value);
    EXPECT_EQ(view, "rest");
  }
}

TEST(Varint, HasOnlyTheShortestForm) {
  using namespace std::string_literals;
  for (const std::string& bytes : {""s, "\x80"s, "\x80\x00"s, "\xFF\x80\x00"s, std::string(10, '\xFF'),
                                   std::string(9, '\xFF') + "\x02", std::string(11, '\x80')}) {
    std::string_view view = bytes;
    EXPECT_FALSE(TakeVarint(view).has_value()) << bytes.size();
    EXPECT_EQ(view.size(), bytes.size());
  }
}

TEST(CodePoint, IsTakenFromWellFormedTextAlone) {
  std::string_view text = "a\xC3\xA9\xE7\xBA\xA2\xF0\x9F\x98\x80";
  EXPECT_EQ(TakeCodePoint(text), U'a');
  EXPECT_EQ(TakeCodePoint(text), U'\u00E9');
  EXPECT_EQ(TakeCodePoint(text), U'\u7EA2');
  EXPECT_EQ(TakeCodePoint(text), U'\U0001F600');
  EXPECT_TRUE(text.empty());
  for (std::string_view bad :
       {"\x80", "\xC0\xAF", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
        "\xF8\x88\x80\x80\x80", "\xE7\xBA", "\xE7\x41\x41", "\xFF"}) {
    std::string_view rest = bad;
    EXPECT_FALSE(TakeCodePoint(rest).has_value()) << bad.size();
    EXPECT_EQ(rest.size(), bad.size());
  }
}

}  // namespace
}  // namespace redvest::merkle
