#include "ledger/base/ids.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace redvest {
namespace {

constexpr IdKind kKinds[] = {IdKind::kMember,      IdKind::kTerminal,    IdKind::kTeam,
                             IdKind::kGood,        IdKind::kBiller,      IdKind::kFunder,
                             IdKind::kServiceKind, IdKind::kBankAccount, IdKind::kCertificate};
constexpr std::string_view kAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

// Small ids, ids around every power of ten, and random ones.
std::vector<uint64_t> SomeIds() {
  std::vector<uint64_t> ids;
  for (uint64_t id = 1; id <= 200; ++id) ids.push_back(id);
  for (uint64_t power = 1'000; power <= 100'000'000'000'000; power *= 10) {
    ids.insert(ids.end(), {power - 1, power, power + 1});
  }
  ids.push_back(kIdMax);
  std::mt19937_64 random(20'221'121);
  for (int i = 0; i < 200; ++i) ids.push_back(random() % kIdMax + 1);
  return ids;
}

// The check digits by their definition: the whole number, letter as two digits, is 1 modulo 97.
int Modulo97(const std::string& written) {
  int remainder = 0;
  for (char c : written) {
    if (c == '-') continue;
    const int value = static_cast<int>(kAlphabet.find(c));
    remainder = value < 10 ? (remainder * 10 + value) % 97 : (remainder * 100 + value) % 97;
  }
  return remainder;
}

TEST(Ids, WrittenFormReadsBackInAnyUsualSpelling) {
  for (IdKind kind : kKinds) {
    for (uint64_t id : SomeIds()) {
      const std::string text = FormatId(kind, id);
      EXPECT_EQ(Modulo97(text), 1) << text;
      const TaggedId expected{kind, id};
      EXPECT_EQ(ParseId(text), expected) << text;
      std::string bare = text;
      bare.erase(bare.find('-'), 1);
      EXPECT_EQ(ParseId(bare), expected) << bare;
      bare.front() = static_cast<char>(bare.front() - 'A' + 'a');
      EXPECT_EQ(ParseId(bare), expected) << bare;
    }
  }
}

TEST(Ids, EverySingleWrongLetterOrDigitIsNoticed) {
  for (IdKind kind : kKinds) {
    for (uint64_t id : SomeIds()) {
      const std::string text = FormatId(kind, id);
      for (size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '-') continue;  // may be left out, so it carries nothing
        for (char wrong : kAlphabet) {
          if (text[at] == wrong) continue;
          std::string changed = text;
          changed[at] = wrong;
          EXPECT_EQ(ParseId(changed), std::nullopt) << changed << " instead of " << text;
        }
      }
    }
  }
}

TEST(Ids, EverySwapOfNeighboursIsNoticed) {
  for (IdKind kind : kKinds) {
    for (uint64_t id : SomeIds()) {
      std::string text = FormatId(kind, id);
      text.erase(text.find('-'), 1);
      for (size_t at = 0; at + 1 < text.size(); ++at) {
        if (text[at] == text[at + 1]) continue;
        std::string changed = text;
        std::swap(changed[at], changed[at + 1]);
        EXPECT_EQ(ParseId(changed), std::nullopt) << changed << " instead of " << text;
      }
    }
  }
}

TEST(Ids, OtherTextIsNoId) {
  const std::string good = FormatId(IdKind::kMember, 1234);
  for (const std::string& text :
       {std::string(), std::string("M"), std::string("1234"), std::string("M-"), std::string("M1234"),
        " " + good, good + " ", good + "0", "M0" + good.substr(1), std::string("M0-38"),
        std::string("M-1-22"), std::string("M12 34-22"), std::string("M１２３４-22"),
        std::string("M99999999999999999999999-22"),
        std::string("M1234-\0"
                    "2",
                    8),
        std::string("X1234-22")}) {
    EXPECT_EQ(ParseId(text), std::nullopt) << text;
  }
}

TEST(Ids, IdsOfDifferentKindsAreDifferentTypesAndZeroMeansNone) {
  static_assert(!std::is_convertible_v<MemberId, TerminalId>);
  static_assert(!std::is_convertible_v<uint64_t, MemberId>);
  EXPECT_FALSE(Sequence());
  EXPECT_TRUE(Sequence(1));
  EXPECT_EQ(Sequence(1).Next(), Sequence(2));
  EXPECT_LT(Sequence(1), Sequence(2));
}

}  // namespace
}  // namespace redvest
