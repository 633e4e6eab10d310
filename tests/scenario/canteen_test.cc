// Meals, meal cards and drawers, under the first policy: 10 yuan standard, elders 7 with 3 of subsidy, 3
// meals a day.
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/scenario/town.h"

namespace redvest {
namespace {

class Canteen : public testing::Test {
 protected:
  std::string Meal(uint64_t member, const std::string& payment, int portions = 1) {
    return absl::StrCat("sell_meal { member_id: ", member, " portions: ", portions, " payment: PAYMENT_",
                        payment, " }");
  }
  std::string TopUp(uint64_t member, int64_t fen) {
    return absl::StrCat("top_up_meal_card { member_id: ", member, " amount_fen: ", fen, " }");
  }
  std::string Count(int64_t fen, bool closes) {
    return absl::StrCat("count_drawer { counted_fen: ", fen, " closes_day: ", closes, " }");
  }

  Town town_;
  const uint64_t elder_ = town_.Member("resident: true elder: true age_band: AGE_BAND_70_TO_79");
  const std::string drawer_ = absl::StrCat("assets:drawer:", town_.till);
  const std::string card_ = absl::StrCat("liabilities:meal-card:", elder_);
};

TEST_F(Canteen, AnElderPaysSevenYuanInCashAndTheFunderOwesThree) {
  const Told told = town_.Do(town_.till, Meal(elder_, "CASH"));
  ASSERT_TRUE(told.recorded());
  EXPECT_EQ(told.event.meal_sold().price_fen(), 700);
  EXPECT_EQ(told.event.meal_sold().subsidy_fen(), 300);
  EXPECT_EQ(told.event.meal_sold().age_band(), v1::AGE_BAND_70_TO_79);
  EXPECT_EQ(town_.Balance(drawer_), 700);
  EXPECT_EQ(town_.Balance("assets:subsidy:1"), 300);
  EXPECT_EQ(town_.Balance("income:canteen-sales"), -1000);
}

TEST_F(Canteen, AGuestPaysTheStandardPrice) {
  ASSERT_TRUE(town_.Do(town_.till, Meal(0, "CASH", 4)).recorded());
  EXPECT_EQ(town_.Balance(drawer_), 4000);
  EXPECT_EQ(town_.Balance("assets:subsidy:1"), 0);
}

TEST_F(Canteen, AMemberUnderSixtyPaysTheStandardPrice) {
  const uint64_t young = town_.Member("resident: true age_band: AGE_BAND_UNDER_60");
  EXPECT_EQ(town_.Do(town_.till, Meal(young, "CASH")).event.meal_sold().price_fen(), 1000);
}

TEST_F(Canteen, AGuestCannotPayByCard) {
  EXPECT_EQ(town_.Do(town_.till, Meal(0, "MEAL_CARD")).reason, v1::ERROR_REASON_FIELD_INVALID);
}

TEST_F(Canteen, AMealCardPaysUntilItIsEmpty) {
  ASSERT_TRUE(town_.Do(town_.till, TopUp(elder_, 1000)).recorded());
  ASSERT_TRUE(town_.Do(town_.till, Meal(elder_, "MEAL_CARD")).recorded());
  EXPECT_EQ(town_.Balance(card_), -300);

  const Told told = town_.Do(town_.till, Meal(elder_, "MEAL_CARD"));
  EXPECT_EQ(told.reason, v1::ERROR_REASON_INSUFFICIENT_BALANCE);
  EXPECT_EQ(Explain(told.error), absl::StrCat(card_, " has 300 fen, not enough for 700; the limit is 0"));
  EXPECT_EQ(town_.Balance(card_), -300);
}

TEST_F(Canteen, ALateSaleTakesACardBelowZeroOnlyToTheOfflineLimit) {
  const absl::Duration hour = absl::Hours(1);
  for (int i = 0; i < 3; ++i) {
    const Told told = town_.Do(town_.till, Meal(elder_, "MEAL_CARD"), hour);
    ASSERT_TRUE(told.recorded());
    EXPECT_TRUE(told.event.late());
  }
  EXPECT_EQ(town_.Balance(card_), 2100);
  const uint64_t other = town_.Member("elder: true age_band: AGE_BAND_60_TO_69");
  ASSERT_TRUE(town_.Do(town_.till, Meal(other, "MEAL_CARD", 3), hour).recorded());
  EXPECT_EQ(town_.Do(town_.till, Meal(other, "MEAL_CARD"), absl::Hours(25)).reason,
            v1::ERROR_REASON_INSUFFICIENT_BALANCE);
}

TEST_F(Canteen, MealsADayAreLimitedByBusinessDate) {
  ASSERT_TRUE(town_.Do(town_.till, Meal(elder_, "CASH", 2)).recorded());
  const Told told = town_.Do(town_.till, Meal(elder_, "CASH", 2));
  EXPECT_EQ(told.reason, v1::ERROR_REASON_MEALS_PER_DAY_EXCEEDED);
  town_.clock().Advance(24 * 3'600'000);
  EXPECT_TRUE(town_.Do(town_.till, Meal(elder_, "CASH", 2)).recorded());
}

TEST_F(Canteen, PointsPayForAMeal) {
  const uint64_t helper = town_.Member("volunteer: true elder: true age_band: AGE_BAND_60_TO_69");
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(town_
                    .Do(town_.station, absl::StrCat("record_service { volunteer_id: ", helper,
                                                    " service_kind_id: 1 minutes: 120 }"))
                    .recorded());
    town_.clock().Advance(24 * 3'600'000);
  }
  const Told told = town_.Do(town_.till, Meal(helper, "POINTS"));
  ASSERT_TRUE(told.recorded()) << told.error.ShortDebugString();
  EXPECT_EQ(told.event.meal_sold().points(), 7);
  EXPECT_EQ(town_.Balance(absl::StrCat("liabilities:points:", helper)), -1);
  EXPECT_EQ(town_.Balance("expenses:points-meals"), 700);
  EXPECT_EQ(town_.Balance(drawer_), 0);
}

TEST_F(Canteen, ACardHoldsNoMoreThanThePolicyAllows) {
  EXPECT_EQ(town_.Do(town_.till, TopUp(elder_, 500'001)).reason, v1::ERROR_REASON_MEAL_CARD_LIMIT);
  EXPECT_TRUE(town_.Do(town_.till, TopUp(elder_, 500'000)).recorded());
}

TEST_F(Canteen, ARefundGivesBackWhatIsOnTheCardAndNoMore) {
  ASSERT_TRUE(town_.Do(town_.till, TopUp(elder_, 1000)).recorded());
  const std::string refund = absl::StrCat("refund_meal_card { member_id: ", elder_, " amount_fen: 1000 }");
  EXPECT_TRUE(town_.Do(town_.till, refund).recorded());
  EXPECT_EQ(town_.Balance(drawer_), 0);
  EXPECT_EQ(town_.Do(town_.till, refund).reason, v1::ERROR_REASON_INSUFFICIENT_BALANCE);
}

TEST_F(Canteen, CountingPostsOverAndShortAndClosesTheDay) {
  ASSERT_TRUE(town_.Do(town_.till, Meal(elder_, "CASH")).recorded());
  const Told counted = town_.Do(town_.till, Count(690, true));
  ASSERT_TRUE(counted.recorded());
  EXPECT_EQ(counted.event.drawer_counted().book_fen(), 700);
  EXPECT_EQ(counted.event.drawer_counted().difference_fen(), -10);
  EXPECT_EQ(town_.Balance(drawer_), 690);
  EXPECT_EQ(town_.Balance(absl::StrCat("expenses:over-short:", town_.till)), 10);

  EXPECT_EQ(town_.Do(town_.till, Meal(elder_, "CASH")).reason, v1::ERROR_REASON_DAY_CLOSED);
  EXPECT_TRUE(town_.Do(town_.till, Meal(elder_, "CASH"), absl::Hours(1)).recorded())
      << "a late sale is a fact";
  town_.clock().Advance(24 * 3'600'000);
  EXPECT_TRUE(town_.Do(town_.till, Meal(elder_, "CASH")).recorded());
}

TEST_F(Canteen, TheDayReportTellsWhatHappened) {
  ASSERT_TRUE(town_.Do(town_.till, TopUp(elder_, 1000)).recorded());
  ASSERT_TRUE(town_.Do(town_.till, Meal(elder_, "MEAL_CARD")).recorded());
  const Told sale = town_.Do(town_.till, Meal(elder_, "CASH", 2));
  ASSERT_TRUE(town_.Do(town_.till, Meal(0, "CASH")).recorded());
  ASSERT_TRUE(town_
                  .Do(town_.till, absl::StrCat("reverse_event { sequence: ", sale.sequence.value(),
                                               " reason: \"typed twice\" }"))
                  .recorded());
  ASSERT_TRUE(town_.Do(town_.till, Count(2005, true)).recorded());

  const v1::GetDayReportResponse report = town_.DayReport("2026-03-02");
  int64_t portions = 0;
  for (const v1::MealTotal& meal : report.meals()) portions += meal.portions();
  EXPECT_EQ(portions, 2) << report.ShortDebugString();
  ASSERT_EQ(report.subsidies_size(), 1);
  EXPECT_EQ(report.subsidies(0).subsidy_fen(), 300);
  ASSERT_EQ(report.drawers_size(), 1);
  EXPECT_EQ(report.drawers(0).over_short_fen(), 5);
  EXPECT_EQ(report.drawers(0).counted_fen(), 2005);
  EXPECT_TRUE(report.drawers(0).closed());
}

}  // namespace
}  // namespace redvest
