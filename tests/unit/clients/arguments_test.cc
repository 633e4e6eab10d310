#include "clients/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace redvest::client {
namespace {

using ::testing::HasSubstr;

TEST(ParseYuanTest, ReadsYuanWithAtMostTwoDecimals) {
  EXPECT_EQ(ParseYuan("7"), 700);
  EXPECT_EQ(ParseYuan("7.5"), 750);
  EXPECT_EQ(ParseYuan("7.50"), 750);
  EXPECT_EQ(ParseYuan("0.01"), 1);
  EXPECT_EQ(ParseYuan("0"), 0);
  EXPECT_EQ(ParseYuan("007"), 700);
  EXPECT_EQ(ParseYuan("10000000000.00"), kAmountMax);
}

TEST(ParseYuanTest, RefusesWhatIsNotAnAmount) {
  for (const char* text : {"", ".", "7.", ".5", "7.505", "-7", "+7", " 7", "7 ", "7,5", "1e3", "0x7", "7.5.0",
                           "七", "7元", "10000000000.01", "99999999999999999999999999", "nan"}) {
    EXPECT_EQ(ParseYuan(text), std::nullopt) << text;
  }
}

TEST(ParseMomentTest, ReadsDaysMinutesSecondsAndMilliseconds) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  EXPECT_EQ(ParseMoment("1970-01-02")->UnixMs(utc), 86'400'000);
  EXPECT_EQ(ParseMoment("1970-01-01T01:02")->UnixMs(utc), 3'720'000);
  EXPECT_EQ(ParseMoment("1970-01-01 01:02:03")->UnixMs(utc), 3'723'000);
  EXPECT_EQ(ParseMoment("1970-01-01T01:02:03.045")->UnixMs(utc), 3'723'045);
  EXPECT_EQ(ParseMoment("1969-12-31T23:59:59.999")->UnixMs(utc), -1);
}

TEST(ParseMomentTest, IsReadInTheZoneOfTheLedgerUnlessItSaysUtc) {
  EXPECT_EQ(ParseMoment("1970-01-01T00:00:01Z")->UnixMs(absl::FixedTimeZone(8 * 3600)), 1000);
  EXPECT_EQ(ParseMoment(FormatExactMoment(1'795'285'516'321))->UnixMs(absl::FixedTimeZone(8 * 3600)),
            1'795'285'516'321);
  EXPECT_EQ(ParseMoment("1970-01-01T08:00")->UnixMs(absl::FixedTimeZone(8 * 3600)), 0);
}

TEST(ParseMomentTest, RefusesMomentsThatDoNotExist) {
  for (const char* text :
       {"", "2026", "2026-02-29", "2026-13-01", "2026-11-21T", "2026-11-21T24:00", "2026-11-21T12:60",
        "2026-11-21T12:30:60", "2026-11-21T12:30:05.1", "2026-11-21Z", "2026-11-21T12:30+08:00",
        "2026-11-21T1:30", "2026-11-21x12:30", "1899-12-31", "2026-11-21T12:30:05.1234"}) {
    EXPECT_EQ(ParseMoment(text), std::nullopt) << text;
  }
}

TEST(ParseAsOfTest, TellsSequencesDatesAndMomentsApart) {
  EXPECT_EQ(std::get<uint64_t>(*ParseAsOf("12345")), 12'345u);
  EXPECT_EQ(std::get<uint64_t>(*ParseAsOf("20261121")), 20'261'121u);
  EXPECT_EQ(std::get<Day>(*ParseAsOf("2026-11-21")), Day(2026, 11, 21));
  EXPECT_EQ(std::get<MomentArgument>(*ParseAsOf("1970-01-01 01:02")).UnixMs(absl::UTCTimeZone()), 3'720'000);
  EXPECT_EQ(std::get<MomentArgument>(*ParseAsOf("1970-01-01T01:02:03")).UnixMs(absl::UTCTimeZone()),
            3'723'000);
}

TEST(ParseAsOfTest, RefusesWhatIsNoPointInThePast) {
  for (const char* text : {"", "0", "-1", "+1", "1.5", "12a", "9223372036854775808", "99999999999999999999",
                           "2026-02-29", "2026-11-21 25:00", "yesterday"}) {
    EXPECT_FALSE(ParseAsOf(text).has_value()) << text;
  }
  EXPECT_EQ(std::get<uint64_t>(*ParseAsOf("9223372036854775807")), uint64_t{INT64_MAX});
}

TEST(IdFaultTest, SaysWhatIsExpected) {
  const std::string member = FormatId(IdKind::kMember, 57);
  EXPECT_THAT(IdFault(Lang::kEn, IdKind::kMember, "57"), HasSubstr(member));
  EXPECT_THAT(IdFault(Lang::kEn, IdKind::kMember, "57"), HasSubstr("only a number"));
  EXPECT_THAT(IdFault(Lang::kEn, IdKind::kMember, "M57-00"), HasSubstr("a character is wrong"));
  EXPECT_THAT(IdFault(Lang::kEn, IdKind::kMember, FormatId(IdKind::kTerminal, 2)),
              HasSubstr("is a terminal"));
  EXPECT_THAT(IdFault(Lang::kZh, IdKind::kMember, "M57-00"), HasSubstr("有字符写错或缺失"));
  EXPECT_THAT(IdFault(Lang::kZh, IdKind::kMember, "57"), HasSubstr(member));
}

}  // namespace
}  // namespace redvest::client
