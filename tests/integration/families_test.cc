// Each family of events, end to end over a real connection.
#include "tests/integration/town.h"

namespace redvest::testing {
namespace {

using FamiliesTest = TownTest;

std::string Of(const std::string& account, uint64_t id) { return account + ":" + std::to_string(id); }

TEST_F(FamiliesTest, AnElderEatsFromTheMealCardAndTheFunderOwesTheSubsidy) {
  ASSERT_RECORDED(Call(*client().canteen, &Canteen::TopUpMealCard, town().TopUp(town().elder, 10'000)));
  auto meal = town().till.Next<v1::SellMealRequest>();
  meal.mutable_sell_meal()->set_member_id(town().elder);
  meal.mutable_sell_meal()->set_portions(2);
  meal.mutable_sell_meal()->set_payment(v1::PAYMENT_MEAL_CARD);
  const auto sold = Call(*client().canteen, &Canteen::SellMeal, meal);
  ASSERT_RECORDED(sold);
  EXPECT_GT(sold->recorded().sequence(), 0);
  EXPECT_GT(sold->recorded().recorded_at_unix_ms(), 0);
  EXPECT_FALSE(sold->recorded().already_recorded());
  EXPECT_EQ(sold->meal_sold().price_fen(), 2 * kElderFen);
  EXPECT_EQ(sold->meal_sold().subsidy_fen(), 2 * kSubsidyFen);
  EXPECT_EQ(sold->meal_sold().age_band(), v1::AGE_BAND_70_TO_79);

  auto refund = town().till.Next<v1::RefundMealCardRequest>();
  refund.mutable_refund_meal_card()->set_member_id(town().elder);
  refund.mutable_refund_meal_card()->set_amount_fen(600);
  ASSERT_RECORDED(Call(*client().canteen, &Canteen::RefundMealCard, refund));
  EXPECT_EQ(client().Balance(Of("liabilities:meal-card", town().elder)), -(10'000 - 2 * kElderFen - 600));
  EXPECT_EQ(client().Balance(Of("assets:subsidy", town().funder)), 2 * kSubsidyFen);
  EXPECT_EQ(client().Balance(Of("assets:drawer", town().till.terminal_id)), 10'000 - 600);
}

TEST_F(FamiliesTest, ADrawerIsCountedAndItsDayClosed) {
  ASSERT_RECORDED(Call(*client().canteen, &Canteen::SellMeal, town().GuestMeal(3)));
  auto count = town().till.Next<v1::CountDrawerRequest>();
  count.mutable_count_drawer()->set_counted_fen(3 * kStandardFen - 50);
  count.mutable_count_drawer()->set_closes_day(true);
  const auto counted = Call(*client().canteen, &Canteen::CountDrawer, count);
  ASSERT_RECORDED(counted);
  EXPECT_EQ(counted->drawer_counted().book_fen(), 3 * kStandardFen);
  EXPECT_EQ(counted->drawer_counted().difference_fen(), -50);
  ExpectRefused(Call(*client().canteen, &Canteen::SellMeal, town().GuestMeal()),
                grpc::StatusCode::FAILED_PRECONDITION, v1::ERROR_REASON_DAY_CLOSED, {});
}

TEST_F(FamiliesTest, AVolunteerEarnsPointsAndTakesRice) {
  auto stock = town().station.Next<v1::ReceiveStockRequest>();
  stock.mutable_receive_stock()->set_good_id(town().rice);
  stock.mutable_receive_stock()->set_pieces(10);
  ASSERT_RECORDED(Call(*client().volunteers, &Volunteers::ReceiveStock, stock));

  // Five hours, of which two count.
  int64_t start = NowMs() - 20 * 3'600'000;
  for (int i = 0; i < 2; ++i, start += 6 * 3'600'000) {
    auto service = town().station.Next<v1::RecordServiceRequest>();
    v1::RecordService& body = *service.mutable_record_service();
    body.set_volunteer_id(town().volunteer);
    body.set_service_kind_id(town().care);
    body.set_start_unix_ms(start);
    body.set_end_unix_ms(start + 5 * 3'600'000);
    body.set_team_id(town().team);
    body.set_beneficiary_id(town().elder);
    const auto recorded = Call(*client().volunteers, &Volunteers::RecordService, service);
    ASSERT_RECORDED(recorded);
    EXPECT_EQ(recorded->service_recorded().minutes(), 300);
    EXPECT_EQ(recorded->service_recorded().points(), 2);
  }
  auto redeem = town().station.Next<v1::RedeemPointsRequest>();
  redeem.mutable_redeem_points()->set_volunteer_id(town().volunteer);
  redeem.mutable_redeem_points()->set_good_id(town().rice);
  redeem.mutable_redeem_points()->set_pieces(1);
  ASSERT_RECORDED(Call(*client().volunteers, &Volunteers::RedeemPoints, redeem));

  v1::GetVolunteerRequest request;
  request.set_member_id(town().volunteer);
  const auto volunteer = Call(*client().volunteers, &Volunteers::GetVolunteer, request);
  ASSERT_RECORDED(volunteer);
  EXPECT_EQ(volunteer->points(), 4 - kRicePoints);
  EXPECT_EQ(volunteer->minutes(), 600);
  EXPECT_EQ(client().Balance(Of("assets:stock", town().rice)), 9);
}

TEST_F(FamiliesTest, ACustomerOfTheBankStationIsServed) {
  Desk& counter = town().counter;
  Bank& bank = *client().bank;
  auto brought = counter.Next<v1::MoveFloatRequest>();
  brought.mutable_move_float()->set_direction(v1::FLOAT_DIRECTION_BROUGHT);
  brought.mutable_move_float()->set_amount_fen(1'000'000);
  ASSERT_RECORDED(Call(bank, &Bank::MoveFloat, brought));
  ASSERT_RECORDED(Call(bank, &Bank::DepositCash, town().Deposit(500'000)));

  auto withdraw = counter.Next<v1::WithdrawCashRequest>();
  withdraw.mutable_withdraw_cash()->set_account_id(town().account);
  withdraw.mutable_withdraw_cash()->set_amount_fen(20'000);
  ASSERT_RECORDED(Call(bank, &Bank::WithdrawCash, withdraw));

  auto received = counter.Next<v1::ReceiveTransferRequest>();
  received.mutable_receive_transfer()->set_account_id(town().account);
  received.mutable_receive_transfer()->set_amount_fen(1'000);
  received.mutable_receive_transfer()->set_bank_reference("R-1");
  ASSERT_RECORDED(Call(bank, &Bank::ReceiveTransfer, received));
  auto sent = counter.Next<v1::SendTransferRequest>();
  sent.mutable_send_transfer()->set_account_id(town().account);
  sent.mutable_send_transfer()->set_amount_fen(400);
  ASSERT_RECORDED(Call(bank, &Bank::SendTransfer, sent));
  auto interest = counter.Next<v1::CreditInterestRequest>();
  interest.mutable_credit_interest()->set_account_id(town().account);
  interest.mutable_credit_interest()->set_amount_fen(55);
  ASSERT_RECORDED(Call(bank, &Bank::CreditInterest, interest));
  auto fee = counter.Next<v1::ChargeFeeRequest>();
  fee.mutable_charge_fee()->set_account_id(town().account);
  fee.mutable_charge_fee()->set_amount_fen(5);
  ASSERT_RECORDED(Call(bank, &Bank::ChargeFee, fee));
  auto bill = counter.Next<v1::PayBillRequest>();
  bill.mutable_pay_bill()->set_biller_id(town().biller);
  bill.mutable_pay_bill()->set_amount_fen(650);
  bill.mutable_pay_bill()->set_funding(v1::FUNDING_DEMAND);
  bill.mutable_pay_bill()->set_account_id(town().account);
  ASSERT_RECORDED(Call(bank, &Bank::PayBill, bill));
  const int64_t left_fen = 500'000 - 20'000 + 1'000 - 400 + 55 - 5 - 650;

  auto open = counter.Next<v1::OpenTimeDepositRequest>();
  open.mutable_open_time_deposit()->set_account_id(town().account);
  open.mutable_open_time_deposit()->set_amount_fen(100'000);
  open.mutable_open_time_deposit()->set_term_months(12);
  open.mutable_open_time_deposit()->set_funding(v1::FUNDING_DEMAND);
  const auto opened = Call(bank, &Bank::OpenTimeDeposit, open);
  ASSERT_RECORDED(opened);
  auto early = counter.Next<v1::WithdrawTimeDepositRequest>();
  early.mutable_withdraw_time_deposit()->set_certificate_id(opened->time_deposit_opened().certificate_id());
  early.mutable_withdraw_time_deposit()->set_amount_fen(30'000);
  const auto paid = Call(bank, &Bank::WithdrawTimeDeposit, early);
  ASSERT_RECORDED(paid);
  EXPECT_FALSE(paid->time_deposit_withdrawn().matured());

  v1::GetBankAccountRequest request;
  request.set_account_id(town().account);
  const auto account = Call(bank, &Bank::GetBankAccount, request);
  ASSERT_RECORDED(account);
  EXPECT_EQ(account->member_id(), town().elder);
  EXPECT_EQ(account->balance_fen(),
            left_fen - 100'000 + 30'000 + paid->time_deposit_withdrawn().interest_fen());
  ASSERT_EQ(account->time_deposits_size(), 1);
  EXPECT_EQ(account->time_deposits(0).principal_fen(), 70'000);
  EXPECT_EQ(account->time_deposits(0).rate_ppm(), 11'000);
}

TEST_F(FamiliesTest, AnEventIsReversedOnceAndASpoiltSlipIsVoided) {
  const auto sold = Call(*client().canteen, &Canteen::SellMeal, town().GuestMeal(2));
  ASSERT_RECORDED(sold);
  const auto reverse = [&] {
    auto request = town().office.Next<v1::ReverseEventRequest>();
    request.mutable_reverse_event()->set_sequence(sold->recorded().sequence());
    request.mutable_reverse_event()->set_reason("wrong till");
    return Call(*client().books, &Books::ReverseEvent, request);
  };
  const auto reversed = reverse();
  ASSERT_RECORDED(reversed);
  EXPECT_EQ(reversed->event_reversed().original().meal_sold().price_fen(), 2 * kStandardFen);
  EXPECT_EQ(client().Balance(Of("assets:drawer", town().till.terminal_id)), 0);
  ExpectRefused(reverse(), grpc::StatusCode::FAILED_PRECONDITION, v1::ERROR_REASON_ALREADY_REVERSED,
                {"sequence=" + std::to_string(sold->recorded().sequence())});

  auto spoilt = town().till.Next<v1::VoidSerialRequest>();
  spoilt.mutable_void_serial()->set_reason("slip torn");
  ASSERT_RECORDED(Call(*client().books, &Books::VoidSerial, spoilt));
}

TEST_F(FamiliesTest, TheDirectoryIsKept) {
  auto update = town().office.Next<v1::UpdateMemberRequest>();
  update.mutable_update_member()->set_member_id(town().volunteer);
  update.mutable_update_member()->mutable_profile()->set_volunteer(true);
  update.mutable_update_member()->mutable_profile()->set_inactive(true);
  ASSERT_RECORDED(Call(*client().directory, &Directory::UpdateMember, update));
  ExpectRefused(Call(*client().volunteers, &Volunteers::RecordService, town().Service(town().volunteer, 30)),
                grpc::StatusCode::FAILED_PRECONDITION, v1::ERROR_REASON_MEMBER_INACTIVE,
                {"member=" + std::to_string(town().volunteer)});

  auto rename = town().office.Next<v1::UpdateEntryRequest>();
  rename.mutable_update_entry()->set_kind(v1::ENTRY_KIND_BILLER);
  rename.mutable_update_entry()->set_entry_id(town().biller);
  rename.mutable_update_entry()->set_label("water company");
  rename.mutable_update_entry()->set_retired(true);
  ASSERT_RECORDED(Call(*client().directory, &Directory::UpdateEntry, rename));
  v1::ListEntriesRequest entries;
  entries.set_kind(v1::ENTRY_KIND_BILLER);
  const auto billers = Call(*client().directory, &Directory::ListEntries, entries);
  ASSERT_RECORDED(billers);
  const v1::Entry& last = billers->entries(billers->entries_size() - 1);
  EXPECT_EQ(last.label(), "water company");
  EXPECT_TRUE(last.retired());

  auto retire = town().office.Next<v1::RetireTerminalRequest>();
  retire.mutable_retire_terminal()->set_terminal_id(town().till.terminal_id);
  ASSERT_RECORDED(Call(*client().directory, &Directory::RetireTerminal, retire));
  ExpectRefused(Call(*client().canteen, &Canteen::SellMeal, town().GuestMeal()),
                grpc::StatusCode::FAILED_PRECONDITION, v1::ERROR_REASON_TERMINAL_RETIRED,
                {"terminal=" + std::to_string(town().till.terminal_id)});
}

TEST_F(FamiliesTest, EverythingIsThereAfterARestart) {
  ASSERT_RECORDED(Call(*client().bank, &Bank::DepositCash, town().Deposit(5'000)));
  const auto before = Call(*client().books, &Books::GetLedger, v1::GetLedgerRequest());
  town().Restart();
  const auto after = Call(*client().books, &Books::GetLedger, v1::GetLedgerRequest());
  EXPECT_EQ(after.response.DebugString(), before.response.DebugString());
  EXPECT_EQ(client().Balance(Of("memo:demand", town().account)), -5'000);
  ASSERT_RECORDED(Call(*client().bank, &Bank::DepositCash, town().Deposit(5'000)));
}

}  // namespace
}  // namespace redvest::testing
