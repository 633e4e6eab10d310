#include "clients/receipt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "clients/words.h"
#include "tests/unit/clients/proof_fixture.h"

namespace redvest::client {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Pair;

class ReceiptTest : public ::testing::Test {
 protected:
  std::vector<ReceiptRow> Rows(Lang lang, const event::v1::Event& event) {
    Context context(lang, false, out_, out_);
    Narrator narrator(context, absl::UTCTimeZone());
    return ReceiptRows(context, narrator, absl::UTCTimeZone(), event);
  }
  std::string Told(Lang lang, const event::v1::Event& event) {
    Context context(lang, false, out_, out_);
    return Narrator(context, absl::UTCTimeZone()).Tell(event);
  }

  std::ostringstream out_;
};

TEST_F(ReceiptTest, AMealSaysWhoAteWhatWasPaidAndFromWhere) {
  const auto rows = Rows(Lang::kEn, MealSoldEvent());
  EXPECT_THAT(rows, Contains(Pair("member", "M57-20")));
  EXPECT_THAT(rows, Contains(Pair("paid", "7.00 yuan")));
  EXPECT_THAT(rows, Contains(Pair("subsidy", "3.00 yuan")));
  EXPECT_THAT(Rows(Lang::kZh, MealSoldEvent()), Contains(Pair("支付方式", "饭卡")));
  EXPECT_EQ(AccountOnReceipt(MealSoldEvent()), (Account{AccountKind::kMealCard, 57}));
  event::v1::Event guest = MealSoldEvent();
  guest.mutable_meal_sold()->mutable_command()->set_member_id(0);
  guest.mutable_meal_sold()->mutable_command()->set_payment(v1::PAYMENT_CASH);
  EXPECT_EQ(AccountOnReceipt(guest), std::nullopt);
}

TEST_F(ReceiptTest, AReversalTellsWhatItUndoes) {
  event::v1::Event event;
  event.set_terminal_id(1);
  event::v1::EventReversed& reversed = *event.mutable_event_reversed();
  reversed.mutable_command()->set_sequence(12);
  reversed.mutable_command()->set_reason("wrong member");
  *reversed.mutable_original() = MealSoldEvent();
  const auto rows = Rows(Lang::kEn, event);
  EXPECT_THAT(rows, Contains(Pair("undoes", "event 12, meal sold")));
  EXPECT_THAT(rows, Contains(Pair("because", "wrong member")));
  EXPECT_THAT(rows, Contains(Pair("paid", "7.00 yuan")));
  EXPECT_EQ(AccountOnReceipt(event), (Account{AccountKind::kMealCard, 57}));
}

TEST_F(ReceiptTest, ACertificateHasItsNumber) {
  EXPECT_THAT(Rows(Lang::kZh, CertificateEvent("")), Contains(Pair("证明编号", "T2-95/41")));
  EXPECT_EQ(CertificateNumber(2, 41), "T2-95/41");
  // As only a broken file says it.
  EXPECT_EQ(CertificateNumber(0, 0), "0/0");
}

// An event of a kind in which every field keeps its default, and one of the ids that would be needed is
// missing.
TEST_F(ReceiptTest, EveryKindOfEventHasRowsAlsoWhereNothingElseIsSet) {
  const auto* body = event::v1::Event::descriptor()->FindOneofByName("body");
  for (int i = 0; i < body->field_count(); ++i) {
    event::v1::Event event;
    event.GetReflection()->MutableMessage(&event, body->field(i));
    for (const Lang lang : {Lang::kEn, Lang::kZh}) {
      EXPECT_FALSE(Rows(lang, event).empty()) << body->field(i)->name();
      Told(lang, event);
    }
    EXPECT_EQ(AccountOnReceipt(event), std::nullopt) << body->field(i)->name();
  }
}

TEST_F(ReceiptTest, RequestsForApprovalAreTold) {
  event::v1::Event asked;
  v1::ReverseEvent& reverse = *asked.mutable_approval_requested()->mutable_command()->mutable_reverse_event();
  reverse.set_sequence(12);
  reverse.set_reason("paid twice");
  EXPECT_EQ(Told(Lang::kEn, asked), "reverse event, event 12, because: paid twice");
  EXPECT_EQ(Told(Lang::kZh, asked), "冲正，第 12 号事件，原因：paid twice");

  event::v1::Event approved;
  approved.mutable_request_approved()->mutable_command()->set_sequence(40);
  approved.mutable_request_approved()->mutable_policy_adopted()->set_version(3);
  EXPECT_THAT(Told(Lang::kEn, approved), HasSubstr("event 40, policy adopted: version 3"));

  event::v1::Event refused;
  refused.mutable_request_refused()->mutable_command()->set_sequence(40);
  refused.mutable_request_refused()->mutable_command()->set_reason("the sale was right");
  EXPECT_EQ(Told(Lang::kEn, refused), "event 40, because: the sale was right");

  event::v1::Event assigned;
  assigned.mutable_terminal_assigned()->mutable_command()->set_terminal_id(3);
  assigned.mutable_terminal_assigned()->mutable_command()->set_member_id(57);
  EXPECT_EQ(Told(Lang::kEn, assigned), "T3-92, in charge: M57-20");

  EXPECT_EQ(Told(Lang::kEn, CertificateEvent("")), "M57-20, 4 h 30 min (K1-77 4 h 30 min)");
}

}  // namespace
}  // namespace redvest::client
