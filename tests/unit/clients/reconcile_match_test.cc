#include "clients/reconcile_match.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace redvest::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

const Day kDay(2024, 5, 1);

BankEntry Entry(std::string reference, uint64_t account, int64_t fen, Day day = kDay,
                BankEntryKind kind = BankEntryKind::kCashDeposit) {
  return {.place = 0,
          .reference = std::move(reference),
          .account_id = account,
          .day = day,
          .kind = kind,
          .amount_fen = fen};
}

TEST(ReconcileTest, SameReferenceAndContentMatchesAlsoOnAnotherDate) {
  const auto result = Reconcile({Entry("r1", 7, 100), Entry("r2", 7, 200)},
                                {Entry("r2", 7, 200, kDay + 1), Entry("r1", 7, 100)});
  EXPECT_THAT(result.matched, ElementsAre(Pair(0, 1), Pair(1, 0)));
  EXPECT_THAT(result.differing, IsEmpty());
  EXPECT_THAT(result.missing_here, IsEmpty());
  EXPECT_THAT(result.missing_there, IsEmpty());
}

TEST(ReconcileTest, SameReferenceWithOtherContentDiffers) {
  const auto result = Reconcile(
      {Entry("r1", 7, 100), Entry("r2", 7, 100), Entry("r3", 7, 100)},
      {Entry("r1", 7, 101), Entry("r2", 8, 100), Entry("r3", 7, 100, kDay, BankEntryKind::kFeeCharged)});
  EXPECT_THAT(result.matched, IsEmpty());
  EXPECT_THAT(result.differing, ElementsAre(Pair(0, 0), Pair(1, 1), Pair(2, 2)));
}

TEST(ReconcileTest, EqualOnesOfAReferenceMatchBeforeOthersDiffer) {
  const auto result = Reconcile({Entry("r", 7, 1), Entry("r", 7, 2)}, {Entry("r", 7, 2), Entry("r", 7, 3)});
  EXPECT_THAT(result.matched, ElementsAre(Pair(1, 0)));
  EXPECT_THAT(result.differing, ElementsAre(Pair(0, 1)));
}

TEST(ReconcileTest, WithoutReferenceMatchesOneToOneByAccountDateKindAmount) {
  const auto result = Reconcile({Entry("", 7, 100), Entry("", 7, 100), Entry("", 7, 100)},
                                {Entry("", 7, 100), Entry("", 7, 100), Entry("", 7, 100, kDay + 1)});
  EXPECT_THAT(result.matched, ElementsAre(Pair(0, 0), Pair(1, 1)));
  EXPECT_THAT(result.missing_here, ElementsAre(2));
  EXPECT_THAT(result.missing_there, ElementsAre(2));
}

TEST(ReconcileTest, BanksReferenceMatchesABookEntryWithoutOne) {
  const auto result =
      Reconcile({Entry("bank-only", 7, 100), Entry("", 8, 5)}, {Entry("", 7, 100), Entry("book", 8, 5)});
  EXPECT_THAT(result.matched, ElementsAre(Pair(0, 0), Pair(1, 1)));
}

TEST(ReconcileTest, DifferentReferencesNeverMatch) {
  const auto result = Reconcile({Entry("r1", 7, 100)}, {Entry("r2", 7, 100)});
  EXPECT_THAT(result.missing_here, ElementsAre(0));
  EXPECT_THAT(result.missing_there, ElementsAre(0));
}

TEST(ReconcileTest, EveryEntryStandsInExactlyOneList) {
  std::vector<BankEntry> bank;
  std::vector<BankEntry> book;
  // A small world, so that everything collides.
  for (uint64_t i = 0; i < 400; ++i) {
    const std::string reference = i % 3 == 0 ? "" : "r" + std::to_string(i * 7 % 31);
    auto& side = i * 5 % 11 < 5 ? bank : book;
    side.push_back(
        Entry(reference, i % 4, static_cast<int64_t>(i % 3) + 1, kDay + static_cast<int64_t>(i % 2)));
  }
  const auto result = Reconcile(bank, book);
  std::multiset<size_t> bank_seen(result.missing_here.begin(), result.missing_here.end());
  std::multiset<size_t> book_seen(result.missing_there.begin(), result.missing_there.end());
  for (const auto* pairs : {&result.matched, &result.differing}) {
    for (const auto& [a, b] : *pairs) {
      bank_seen.insert(a);
      book_seen.insert(b);
    }
  }
  for (size_t i = 0; i < bank.size(); ++i) EXPECT_EQ(bank_seen.count(i), 1u) << i;
  for (size_t i = 0; i < book.size(); ++i) EXPECT_EQ(book_seen.count(i), 1u) << i;
}

TEST(BankEntryTest, OnlyWhatMovesADemandAccountIsAnEntry) {
  event::v1::Event bill;
  v1::PayBill& command = *bill.mutable_bill_paid()->mutable_command();
  command.set_biller_id(1);
  command.set_amount_fen(500);
  command.set_funding(v1::FUNDING_CASH);
  EXPECT_FALSE(BankEntryOf(bill));
  command.set_funding(v1::FUNDING_DEMAND);
  command.set_account_id(9);
  const auto entry = BankEntryOf(bill);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->kind, BankEntryKind::kBillPayment);
  EXPECT_EQ(entry->account_id, 9u);
  EXPECT_EQ(entry->amount_fen, 500);
  event::v1::Event meal;
  meal.mutable_meal_sold();
  EXPECT_FALSE(BankEntryOf(meal));
}

TEST(BankEntryTest, HistoryKeepsItsSourceIdAndKind) {
  event::v1::Event event;
  v1::RecordBankHistory& row = *event.mutable_bank_history_recorded()->mutable_command();
  row.set_account_id(5);
  row.set_kind(v1::HISTORY_KIND_CARD_WITHDRAWAL);
  row.set_amount_fen(70);
  row.set_source_id("s1");
  const auto entry = BankEntryOf(event);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->kind, BankEntryKind::kCardWithdrawal);
  EXPECT_EQ(entry->reference, "s1");
}

TEST(BankEntryTest, TimeDepositComesBackWithItsInterest) {
  event::v1::Event event;
  auto& paid = *event.mutable_time_deposit_withdrawn();
  paid.set_account_id(5);
  paid.set_principal_fen(1'000);
  paid.set_interest_fen(7);
  EXPECT_EQ(BankEntryOf(event)->amount_fen, 1'007);
}

TEST(BankEntryTest, KindsAreReadAsTheyAreWritten) {
  for (const char* name :
       {"cash_deposit", "fee_charged", "bill_payment", "time_deposit_opened", "time_deposit_paid_back"}) {
    ASSERT_TRUE(ParseBankEntryKind(name)) << name;
    EXPECT_EQ(BankEntryKindName(*ParseBankEntryKind(name)), name);
  }
  EXPECT_FALSE(ParseBankEntryKind("cash"));
}

}  // namespace
}  // namespace redvest::client
