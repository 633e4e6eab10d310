// Service, points and goods, under the first policy: 1 point an hour, 2 hours counted an activity, 8 a day.
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/scenario/town.h"

namespace redvest {
namespace {

class Volunteer : public testing::Test {
 protected:
  Told Serve(int minutes, absl::Duration started_ago, uint64_t station = 0) {
    const int64_t start = town_.clock().NowUnixMs() - absl::ToInt64Milliseconds(started_ago);
    return town_.Do(station == 0 ? town_.station : station,
                    absl::StrCat("record_service { volunteer_id: ", volunteer_,
                                 " service_kind_id: 1 start_unix_ms: ", start, " minutes: ", minutes, " }"));
  }

  Town town_;
  const uint64_t volunteer_ = town_.Member("resident: true volunteer: true");
  const std::string points_ = absl::StrCat("liabilities:points:", volunteer_);
  const std::string hours_ = absl::StrCat("memo:hours:", volunteer_);
};

TEST_F(Volunteer, AnHourEarnsAPointAndAllMinutesStay) {
  ASSERT_TRUE(Serve(60, absl::Hours(2)).recorded());
  EXPECT_EQ(town_.Balance(points_), -1);
  EXPECT_EQ(town_.Balance(hours_), -60);
  EXPECT_EQ(town_.Balance("memo:served:1"), 60);
}

TEST_F(Volunteer, AtMostTwoHoursOfAnActivityCount) {
  const Told told = Serve(200, absl::Hours(4));
  ASSERT_TRUE(told.recorded());
  EXPECT_EQ(told.event.service_recorded().counted_minutes(), 120);
  EXPECT_EQ(told.event.service_recorded().points(), 2);
  EXPECT_EQ(town_.Balance(hours_), -200);
}

TEST_F(Volunteer, AtMostEightHoursOfADayCount) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Serve(120, absl::Minutes(11 * 60 + 50 - 130 * i)).recorded());
  EXPECT_EQ(town_.Balance(points_), -8);
  EXPECT_EQ(town_.Balance(hours_), -600);
}

TEST_F(Volunteer, ServicesThatOverlapAreDeclinedWhereverTheyAreRecorded) {
  const uint64_t other_station = town_.Enrol("ROLE_STATION");
  ASSERT_TRUE(Serve(60, absl::Hours(2)).recorded());
  EXPECT_EQ(Serve(60, absl::Minutes(90), other_station).reason, v1::ERROR_REASON_SERVICE_OVERLAPS);
  EXPECT_EQ(Serve(180, absl::Hours(3), other_station).reason, v1::ERROR_REASON_SERVICE_OVERLAPS);
  EXPECT_TRUE(Serve(60, absl::Hours(1), other_station).recorded()) << "back to back is not an overlap";
  EXPECT_TRUE(Serve(60, absl::Hours(3), other_station).recorded());
}

TEST_F(Volunteer, StartAndEndAreCutToWholeMinutes) {
  const int64_t end = town_.clock().NowUnixMs();
  const Told told =
      town_.Do(town_.station, absl::StrCat("record_service { volunteer_id: ", volunteer_,
                                           " service_kind_id: 2 start_unix_ms: ", end - 3'659'000,
                                           " end_unix_ms: ", end, " }"));
  ASSERT_TRUE(told.recorded());
  EXPECT_EQ(told.event.service_recorded().minutes(), 60);
}

TEST_F(Volunteer, OnlyVolunteersServeAndNobodyServesHimself) {
  const uint64_t neighbour = town_.Member("resident: true");
  const std::string rest = " service_kind_id: 1 minutes: 60 }";
  EXPECT_EQ(town_.Do(town_.station, absl::StrCat("record_service { volunteer_id: ", neighbour, rest)).reason,
            v1::ERROR_REASON_NOT_A_VOLUNTEER);
  EXPECT_EQ(town_.Do(town_.station, absl::StrCat("record_service { volunteer_id: 999", rest)).reason,
            v1::ERROR_REASON_MEMBER_UNKNOWN);
  EXPECT_EQ(town_
                .Do(town_.station, absl::StrCat("record_service { volunteer_id: ", volunteer_,
                                                " beneficiary_id: ", volunteer_, rest))
                .reason,
            v1::ERROR_REASON_SELF_SERVICE);
}

TEST_F(Volunteer, PointsAndStockMoveInOneEvent) {
  for (int i = 0; i < 13; ++i) {
    ASSERT_TRUE(Serve(120, absl::Hours(2)).recorded());
    town_.clock().Advance(24 * 3'600'000);
  }
  const std::string redeem =
      absl::StrCat("redeem_points { volunteer_id: ", volunteer_, " good_id: 2 pieces: 1 }");
  const Told no_stock = town_.Do(town_.station, redeem);
  EXPECT_EQ(no_stock.reason, v1::ERROR_REASON_INSUFFICIENT_BALANCE);
  EXPECT_EQ(town_.Balance(points_), -26) << "nothing moves where one side cannot";

  ASSERT_TRUE(town_.Do(town_.station, "receive_stock { good_id: 2 pieces: 10 }").recorded());
  const Told redeemed = town_.Do(town_.station, redeem);
  ASSERT_TRUE(redeemed.recorded());
  EXPECT_EQ(redeemed.event.points_redeemed().points(), 25);
  EXPECT_EQ(town_.Balance(points_), -1);
  EXPECT_EQ(town_.Balance("assets:stock:2"), 9);
  EXPECT_EQ(town_.Do(town_.station, redeem).reason, v1::ERROR_REASON_INSUFFICIENT_BALANCE);
}

TEST_F(Volunteer, PointsFollowThePolicyOfTheDayOfService) {
  v1::Policy policy;
  town_.Read([&policy](const State& state) { policy = *state.FindPolicy(1); });
  v1::Command adopt = town_.Next(Town::kOffice, "");
  *adopt.mutable_adopt_policy()->mutable_policy() = policy;
  *adopt.mutable_adopt_policy()->mutable_policy()->mutable_effective_from() = ToDate(Day(2026, 3, 3));
  adopt.mutable_adopt_policy()->mutable_policy()->mutable_service_rates(0)->set_points_per_hour(3);
  ASSERT_TRUE(town_.Submit(adopt).recorded());

  EXPECT_EQ(Serve(60, absl::Hours(1)).event.service_recorded().points(), 1);
  town_.clock().Advance(24 * 3'600'000);
  const Told today = Serve(60, absl::Hours(1));
  EXPECT_EQ(today.event.service_recorded().points(), 3);
  EXPECT_EQ(today.event.policy_version(), 2u);
  EXPECT_EQ(Serve(60, absl::Hours(30)).event.service_recorded().points(), 1)
      << "recorded today, served yesterday";
}

TEST_F(Volunteer, TheStatementHasARunningBalance) {
  ASSERT_TRUE(Serve(60, absl::Hours(4)).recorded());
  ASSERT_TRUE(Serve(120, absl::Hours(2)).recorded());
  const v1::GetStatementResponse statement = town_.Statement(points_);
  ASSERT_EQ(statement.lines_size(), 2);
  EXPECT_EQ(statement.lines(0).balance(), -1);
  EXPECT_EQ(statement.lines(1).amount(), -2);
  EXPECT_EQ(statement.lines(1).balance(), -3);
  EXPECT_EQ(statement.lines(1).event(), "service_recorded");
  EXPECT_EQ(statement.balance().balance(), -3);
}

}  // namespace
}  // namespace redvest
