#include "ledger/base/calendar.h"

#include <gtest/gtest.h>

#include <random>

namespace redvest {
namespace {

v1::Date MakeDate(int year, int month, int day) {
  v1::Date date;
  date.set_year(year);
  date.set_month(month);
  date.set_day(day);
  return date;
}

TEST(Calendar, OnlyDatesThatExistAreDays) {
  struct {
    int year, month, day;
    bool exists;
  } const rows[] = {
      {2024, 2, 29, true},       {2023, 2, 29, false},         {2000, 2, 29, true},
      {1900, 2, 29, false},      {2023, 2, 30, false},         {2022, 11, 30, true},
      {2022, 11, 31, false},     {2022, 12, 31, true},         {2022, 12, 32, false},
      {2022, 1, 0, false},       {2022, 0, 1, false},          {2022, 13, 1, false},
      {2022, -1, 1, false},      {2022, 1, -1, false},         {1900, 1, 1, true},
      {1899, 12, 31, false},     {9999, 12, 31, true},         {10000, 1, 1, false},
      {0, 0, 0, false},          {2022, 1, 2147483647, false}, {2022, 2147483647, 1, false},
      {2147483647, 1, 1, false},
  };
  for (const auto& row : rows) {
    const auto day = ToDay(MakeDate(row.year, row.month, row.day));
    EXPECT_EQ(day.has_value(), row.exists) << row.year << "-" << row.month << "-" << row.day;
    if (day) {
      EXPECT_EQ(ToDate(*day).year(), row.year);
      EXPECT_EQ(ToDate(*day).month(), row.month);
      EXPECT_EQ(ToDate(*day).day(), row.day);
    }
  }
}

TEST(Calendar, EveryDayOfManyYearsReadsBack) {
  for (Day day(1899, 12, 1); day < Day(2105, 1, 1); ++day) {
    EXPECT_EQ(DayFromNumber(DayNumber(day)), day);
    if (day >= Day(1900, 1, 1)) {
      EXPECT_EQ(ParseDay(FormatDay(day)), day);
      EXPECT_EQ(ToDay(ToDate(day)), day);
    }
  }
  EXPECT_EQ(DayNumber(Day(1970, 1, 1)), 0);
  EXPECT_EQ(DayNumber(Day(1969, 12, 31)), -1);
  EXPECT_EQ(FormatDay(Day(2026, 3, 7)), "2026-03-07");
}

TEST(Calendar, OnlyTheWrittenFormIsADay) {
  for (const char* text : {"",           "2026",       "2026-11",     "2026-11-2",   "2026-1-21",
                           "26-11-21",   "2026/11/21", "2026-11-21 ", " 2026-11-21", "2026-11-2x",
                           "-026-11-21", "2026-+1-21", "2026-11--1",  "2026-02-30",  "2023-02-29",
                           "0000-00-00", "1899-12-31", "----------",  "20261121--",  "2026-11-211"}) {
    EXPECT_EQ(ParseDay(text), std::nullopt) << text;
  }
}

absl::TimeZone Zone(const char* name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
  return zone;
}

// Zones with one offset, with summer time, with a midnight that does not exist (Sao Paulo 2017-10-15,
// Havana), with a day that does not exist (Apia 2011-12-30) or that happened twice as long ago as the records
// go, and China's summer times of 1986 to 1991.
constexpr const char* kZones[] = {
    "UTC",          "Asia/Shanghai",  "Europe/Berlin",      "America/Sao_Paulo", "America/Havana",
    "Pacific/Apia", "Asia/Kathmandu", "Australia/Lord_Howe"};

TEST(Calendar, DayFinderAgreesWithTheDefinition) {
  std::mt19937_64 random(7);
  for (const char* name : kZones) {
    const absl::TimeZone zone = Zone(name);
    DayFinder finder(zone);
    const auto expect_day = [&](int64_t ms) {
      EXPECT_EQ(finder.DayOf(ms), absl::ToCivilDay(absl::FromUnixMillis(ms), zone)) << name << " " << ms;
    };
    expect_day(kMomentMinMs);
    expect_day(kMomentMaxMs);
    // Walks through days, around all their edges, as a log does; then jumps about.
    for (Day day(1985, 1, 1); day < Day(2020, 1, 1); ++day) {
      const int64_t midnight = absl::ToUnixMillis(absl::FromCivil(day, zone));
      for (int64_t hour : {0, 1, 2, 12, 23}) {
        for (int64_t ms : {-1, 0, 1}) expect_day(midnight + hour * 3'600'000 + ms);
      }
    }
    for (int i = 0; i < 20'000; ++i) {
      expect_day(kMomentMinMs + static_cast<int64_t>(random() % (kMomentMaxMs - kMomentMinMs + 1)));
    }
  }
}

TEST(Calendar, TheBusinessDateIsTheDateInTheLedgersZone) {
  DayFinder shanghai(Zone("Asia/Shanghai"));
  // 2026-11-20 16:00 UTC is midnight in Shanghai.
  const int64_t midnight =
      absl::ToUnixMillis(absl::FromCivil(absl::CivilHour(2026, 11, 20, 16), absl::UTCTimeZone()));
  EXPECT_EQ(shanghai.DayOf(midnight - 1), Day(2026, 11, 20));
  EXPECT_EQ(shanghai.DayOf(midnight), Day(2026, 11, 21));
}

}  // namespace
}  // namespace redvest
