// The bank counter: the station's cash on one side, memoranda of what the bank holds on the other.
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/scenario/town.h"

namespace redvest {
namespace {

class BankStation : public testing::Test {
 protected:
  Told Counter(const std::string& command, const std::string& fields) {
    return town_.Do(town_.counter, absl::StrCat(command, " { ", fields, " }"));
  }
  std::string OnAccount(int64_t fen) { return absl::StrCat("account_id: ", account_, " amount_fen: ", fen); }
  void AdvanceDays(int days) { town_.clock().Advance(int64_t{days} * 24 * 3'600'000); }

  Town town_;
  const uint64_t customer_ = town_.Member("resident: true age_band: AGE_BAND_60_TO_69");
  const uint64_t account_ = town_.BankAccountOf(customer_);
  const std::string demand_ = absl::StrCat("memo:demand:", account_);
  const std::string drawer_ = absl::StrCat("assets:drawer:", town_.counter);
};

TEST_F(BankStation, ADepositIsTheBanksCashAndTheCustomersMoney) {
  ASSERT_TRUE(Counter("deposit_cash", OnAccount(50'000)).recorded());
  EXPECT_EQ(town_.Balance(drawer_), 50'000);
  EXPECT_EQ(town_.Balance("liabilities:due-to-bank"), -50'000);
  EXPECT_EQ(town_.Balance("memo:bank-held"), 50'000);
  EXPECT_EQ(town_.Balance(demand_), -50'000);
}

TEST_F(BankStation, CashIsPaidOutInMultiplesUpToTheCapOfTheDay) {
  ASSERT_TRUE(Counter("deposit_cash", OnAccount(1'000'000)).recorded());
  EXPECT_EQ(Counter("withdraw_cash", OnAccount(1'500)).reason, v1::ERROR_REASON_WITHDRAWAL_MULTIPLE);
  EXPECT_EQ(Counter("withdraw_cash", OnAccount(200'100 - 100 + 1'000)).reason,
            v1::ERROR_REASON_WITHDRAWAL_CAP);
  EXPECT_TRUE(Counter("withdraw_cash", OnAccount(150'000)).recorded());
  const Told over = Counter("withdraw_cash", OnAccount(51'000));
  EXPECT_EQ(over.reason, v1::ERROR_REASON_WITHDRAWAL_CAP);
  EXPECT_TRUE(Counter("withdraw_cash", OnAccount(50'000)).recorded());
  AdvanceDays(1);
  EXPECT_TRUE(Counter("withdraw_cash", OnAccount(200'000)).recorded());
}

TEST_F(BankStation, NeitherAccountNorDrawerGoesBelowZero) {
  EXPECT_EQ(Counter("withdraw_cash", OnAccount(1'000)).reason, v1::ERROR_REASON_INSUFFICIENT_BALANCE);
  ASSERT_TRUE(Counter("receive_transfer", OnAccount(10'000)).recorded());
  const Told no_cash = Counter("withdraw_cash", OnAccount(1'000));
  EXPECT_EQ(no_cash.reason, v1::ERROR_REASON_INSUFFICIENT_BALANCE);
  EXPECT_EQ(no_cash.error.facts(0).text(), drawer_);
  ASSERT_TRUE(Counter("move_float", "direction: FLOAT_DIRECTION_BROUGHT amount_fen: 100000").recorded());
  EXPECT_TRUE(Counter("withdraw_cash", OnAccount(1'000)).recorded());
  EXPECT_EQ(town_.Balance("liabilities:due-to-bank"), -99'000);
}

TEST_F(BankStation, AMaturedDepositEarnsItsOpeningRate) {
  ASSERT_TRUE(Counter("deposit_cash", OnAccount(1'000'000)).recorded());
  const Told opened =
      Counter("open_time_deposit", OnAccount(1'000'000) + " term_months: 12 funding: FUNDING_DEMAND");
  ASSERT_TRUE(opened.recorded());
  const uint64_t certificate = opened.event.time_deposit_opened().certificate_id();
  EXPECT_EQ(FormatDay(*ToDay(opened.event.time_deposit_opened().matures_on())), "2027-03-02");
  EXPECT_EQ(town_.Balance(demand_), 0);

  AdvanceDays(365);
  const Told paid = Counter("withdraw_time_deposit", absl::StrCat("certificate_id: ", certificate));
  ASSERT_TRUE(paid.recorded());
  EXPECT_TRUE(paid.event.time_deposit_withdrawn().matured());
  EXPECT_EQ(paid.event.time_deposit_withdrawn().interest_fen(), 15'000) << "1.5% of 10,000 yuan for a year";
  EXPECT_EQ(town_.Balance(demand_), -1'015'000);
  EXPECT_EQ(town_.Balance(absl::StrCat("memo:time:", certificate)), 0);
  EXPECT_EQ(Counter("withdraw_time_deposit", absl::StrCat("certificate_id: ", certificate)).reason,
            v1::ERROR_REASON_INSUFFICIENT_BALANCE);
}

TEST_F(BankStation, APartWithdrawnEarlyEarnsTheDemandRateAndTheRestKeepsItsRate) {
  const Told opened =
      Counter("open_time_deposit", OnAccount(1'000'000) + " term_months: 12 funding: FUNDING_CASH");
  ASSERT_TRUE(opened.recorded());
  EXPECT_EQ(town_.Balance(drawer_), 1'000'000);
  AdvanceDays(180);
  const Told early = Counter("withdraw_time_deposit", "certificate_id: 1 amount_fen: 400000");
  ASSERT_TRUE(early.recorded());
  EXPECT_FALSE(early.event.time_deposit_withdrawn().matured());
  EXPECT_EQ(early.event.time_deposit_withdrawn().interest_fen(), 700)
      << "0.35% of 4,000 yuan for 180 of 360 days";
  AdvanceDays(185 + 36);
  const Told rest = Counter("withdraw_time_deposit", "certificate_id: 1");
  ASSERT_TRUE(rest.recorded());
  EXPECT_EQ(rest.event.time_deposit_withdrawn().principal_fen(), 600'000);
  EXPECT_EQ(rest.event.time_deposit_withdrawn().interest_fen(), 9'000 + 210)
      << "and 36 days of demand after maturity";
}

TEST_F(BankStation, BillsArePaidInCashOrFromAnAccount) {
  ASSERT_TRUE(
      town_.Do(Town::kOffice, "register_entry { kind: ENTRY_KIND_BILLER label: \"Water\" }").recorded());
  ASSERT_TRUE(Counter("pay_bill", "biller_id: 1 amount_fen: 8850 funding: FUNDING_CASH").recorded());
  EXPECT_EQ(town_.Balance("memo:biller:1"), -8850);
  EXPECT_EQ(Counter("pay_bill", "biller_id: 1 amount_fen: 100 funding: FUNDING_DEMAND account_id: 77").reason,
            v1::ERROR_REASON_BANK_ACCOUNT_UNKNOWN);
  ASSERT_TRUE(Counter("credit_interest", OnAccount(500)).recorded());
  ASSERT_TRUE(Counter("pay_bill", "biller_id: 1 funding: FUNDING_DEMAND " + OnAccount(300)).recorded());
  EXPECT_EQ(town_.Balance(demand_), -200);
  EXPECT_EQ(town_.Balance("memo:bank-held"), 200);
  EXPECT_EQ(Counter("charge_fee", OnAccount(300)).reason, v1::ERROR_REASON_INSUFFICIENT_BALANCE);
}

TEST_F(BankStation, HistoryIsHeldToNoCapOpensAccountsAndMayStandBelowZero) {
  const auto row = [this](const std::string& kind, int64_t fen, int64_t source_balance) {
    return town_.Do(town_.import,
                    absl::StrCat("record_bank_history { account_id: 2378 kind: HISTORY_KIND_", kind,
                                 " amount_fen: ", fen, " source_balance_fen: ", source_balance, " }"));
  };
  const Told first = row("CASH_DEPOSIT", 70'000, 70'000);
  ASSERT_TRUE(first.recorded());
  EXPECT_TRUE(first.event.bank_history_recorded().opened_account());
  const Told overdrawn = row("CASH_WITHDRAWAL", 3'184'000, -299'460);
  ASSERT_TRUE(overdrawn.recorded());
  EXPECT_FALSE(overdrawn.event.bank_history_recorded().opened_account());
  EXPECT_EQ(overdrawn.event.bank_history_recorded().book_balance_fen(), -3'114'000);
  EXPECT_EQ(town_.Balance("memo:demand:2378"), 3'114'000);
  EXPECT_EQ(town_.Do(town_.counter, "withdraw_cash { account_id: 2378 amount_fen: 1000 }").reason,
            v1::ERROR_REASON_INSUFFICIENT_BALANCE)
      << "the counter still pays nothing out of it";
}

}  // namespace
}  // namespace redvest
