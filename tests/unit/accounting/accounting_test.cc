#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "ledger/accounting/posting.h"

namespace redvest {
namespace {

TEST(Account, NamesAreReadAsTheyAreWritten) {
  for (const AccountRule& rule : kChartOfAccounts) {
    const Account account{rule.kind, rule.has_id ? 1234u : 0u};
    const std::string name = FormatAccount(account);
    EXPECT_EQ(ParseAccount(name), account) << name;
    EXPECT_EQ(&RuleOf(rule.kind), &rule);
  }
}

TEST(Account, OtherNamesAreNotAccounts) {
  for (const char* name :
       {"", "assets", "assets:drawer", "assets:drawer:", "assets:drawer:0", "assets:drawer:01",
        "assets:drawer:-1", "assets:drawer:1 ", "assets:drawer:1:2", "assets:drawerx:1", "Assets:Drawer:1",
        "income:canteen-sales:1", "memo:demand:99999999999999999999", "memo:demand:1000000000000000",
        "memo:demand:0x10"}) {
    EXPECT_EQ(ParseAccount(name), std::nullopt) << name;
  }
}

Postings Of(const std::string& text) {
  event::v1::Event event;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &event)) << text;
  return PostingsOf(event);
}

TEST(Posting, EveryKindOfEventSumsToZeroAndNamesNoAccountTwice) {
  const char* const events[] = {
      "terminal_id: 3 meal_sold { command { member_id: 1 payment: PAYMENT_CASH } price_fen: 700 subsidy_fen: "
      "300 "
      "funder_id: 1 }",
      "meal_sold { command { member_id: 1 payment: PAYMENT_POINTS } price_fen: 700 subsidy_fen: 300 "
      "funder_id: 1 "
      "points: 7 }",
      "terminal_id: 3 meal_card_topped_up { command { member_id: 1 amount_fen: 5 } }",
      "terminal_id: 3 drawer_counted { difference_fen: -3 }",
      "service_recorded { command { volunteer_id: 1 service_kind_id: 2 } minutes: 90 points: 1 }",
      "points_redeemed { command { volunteer_id: 1 good_id: 2 pieces: 3 } points: 75 }",
      "terminal_id: 4 cash_deposited { command { account_id: 1 amount_fen: 100 } }",
      "terminal_id: 4 time_deposit_opened { command { account_id: 1 amount_fen: 9 funding: FUNDING_CASH } "
      "certificate_id: 1 }",
      "time_deposit_withdrawn { command { certificate_id: 1 } account_id: 1 principal_fen: 9 interest_fen: 1 "
      "}",
      "terminal_id: 4 bill_paid { command { biller_id: 1 amount_fen: 8 funding: FUNDING_CASH } }",
      "bank_history_recorded { command { account_id: 1 kind: HISTORY_KIND_FEE_CHARGED amount_fen: 8 } }",
  };
  for (const char* text : events) {
    const Postings postings = Of(text);
    EXPECT_TRUE(SumToZero(postings)) << text;
    EXPECT_GE(postings.size(), 2u) << text;
    for (size_t i = 0; i < postings.size(); ++i) {
      EXPECT_NE(postings[i].amount, 0) << text;
      for (size_t j = 0; j < i; ++j) EXPECT_NE(postings[i].account, postings[j].account) << text;
    }
    // And a reversal takes every line back.
    const Postings back = Of(std::string("event_reversed { original { ") + text + " } }");
    ASSERT_EQ(back.size(), postings.size());
    for (size_t i = 0; i < postings.size(); ++i) EXPECT_EQ(back[i].amount, -postings[i].amount);
  }
}

TEST(Posting, EveryKindOfEventHasAName) {
  event::v1::Event event;
  EXPECT_EQ(EventKindName(event), "");
  event.mutable_meal_sold();
  EXPECT_EQ(EventKindName(event), "meal_sold");
}

TEST(Posting, SumsToZeroWithoutOverflowAndInEachUnitAlone) {
  const Account drawer{AccountKind::kDrawer, 1}, sales{AccountKind::kCanteenSales},
      points{AccountKind::kPoints, 1};
  const auto sums_to_zero = [](const Postings& postings) { return SumToZero(postings); };
  EXPECT_TRUE(sums_to_zero({}));
  EXPECT_TRUE(sums_to_zero({{drawer, 7}, {sales, -7}}));
  EXPECT_FALSE(sums_to_zero({{drawer, 7}, {points, -7}})) << "fen are not points";
  EXPECT_FALSE(sums_to_zero({{drawer, 7}, {sales, -6}}));
  EXPECT_TRUE(sums_to_zero({{drawer, INT64_MAX}, {sales, INT64_MIN}, {drawer, 1}}));
  EXPECT_FALSE(sums_to_zero({{drawer, INT64_MIN}, {sales, INT64_MIN}})) << "zero but for 2^64";
  EXPECT_FALSE(sums_to_zero({{drawer, int64_t{1} << 32}, {sales, -1}}));
  EXPECT_TRUE(sums_to_zero({{drawer, int64_t{1} << 32}, {sales, -1}, {sales, 1 - (int64_t{1} << 32)}}));
}

}  // namespace
}  // namespace redvest
