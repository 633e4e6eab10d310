#include "clients/demo_books.h"

#include "ledger/accounting/posting.h"

namespace redvest::client {
namespace {

// Above zero on the side that the account may not leave.
int64_t OnItsSide(const Account& account, int64_t balance) {
  return RuleOf(account.kind).bound == Bound::kCredit ? -balance : balance;
}

}  // namespace

void DemoBooks::Apply(const event::v1::Event& event) {
  for (const Posting& posting : PostingsOf(event)) balances_[posting.account] += posting.amount;
}

int64_t DemoBooks::Balance(const Account& account) const {
  const auto found = balances_.find(account);
  return found == balances_.end() ? 0 : found->second;
}

int64_t DemoBooks::Held(const Account& account) const { return OnItsSide(account, Balance(account)); }

bool DemoBooks::MayReverse(const event::v1::Event& event) const {
  for (const Posting& posting : PostingsOf(event)) {
    if (RuleOf(posting.account.kind).bound == Bound::kNone) continue;
    if (OnItsSide(posting.account, Balance(posting.account) - posting.amount) < 0) return false;
  }
  return true;
}

void DemoTally::Add(const event::v1::Event& event) {
  using event::v1::Event;
  ++events;
  switch (event.body_case()) {
    case Event::kCommandDeclined:
      ++declines[event.command_declined().error().reason()];
      break;
    case Event::kEventReversed:
      ++reversals;
      AddMoved(event.event_reversed().original(), -1);
      break;
    case Event::kDrawerCounted: {
      const event::v1::DrawerCounted& counted = event.drawer_counted();
      Drawer& drawer = drawers[event.terminal_id()];
      ++drawer.counts;
      if (counted.difference_fen() == 0) ++drawer.exact;
      (counted.difference_fen() > 0 ? drawer.over_fen : drawer.short_fen) += counted.difference_fen();
      if (counted.command().closes_day()) ++drawer.days_closed;
      break;
    }
    default:
      AddMoved(event, 1);
  }
}

void DemoTally::AddMoved(const event::v1::Event& event, int64_t sign) {
  using event::v1::Event;
  switch (event.body_case()) {
    case Event::kMealSold: {
      const event::v1::MealSold& sold = event.meal_sold();
      Meals& total = meals[{sold.age_band(), sold.command().payment()}];
      total.portions += sign * sold.command().portions();
      total.price_fen += sign * sold.price_fen();
      total.subsidy_fen += sign * sold.subsidy_fen();
      total.points += sign * sold.points();
      break;
    }
    case Event::kServiceRecorded: {
      const event::v1::ServiceRecorded& recorded = event.service_recorded();
      for (Service* total : {&services_by_kind[recorded.command().service_kind_id()],
                             &services_by_team[recorded.command().team_id()]}) {
        total->services += sign;
        total->minutes += sign * recorded.minutes();
        total->points += sign * recorded.points();
      }
      break;
    }
    case Event::kPointsRedeemed: {
      const event::v1::PointsRedeemed& redeemed = event.points_redeemed();
      Good& total = goods[redeemed.command().good_id()];
      total.pieces += sign * redeemed.command().pieces();
      total.points += sign * redeemed.points();
      break;
    }
    default:
      AddMoney(event, sign);
  }
}

void DemoTally::AddMoney(const event::v1::Event& event, int64_t sign) {
  using event::v1::Event;
  int64_t fen = 0;
  switch (event.body_case()) {
    case Event::kMealCardToppedUp:
      fen = event.meal_card_topped_up().command().amount_fen();
      break;
    case Event::kMealCardRefunded:
      fen = event.meal_card_refunded().command().amount_fen();
      break;
    case Event::kCashDeposited:
      fen = event.cash_deposited().command().amount_fen();
      break;
    case Event::kCashWithdrawn:
      fen = event.cash_withdrawn().command().amount_fen();
      break;
    case Event::kTimeDepositOpened:
      fen = event.time_deposit_opened().command().amount_fen();
      break;
    case Event::kTimeDepositWithdrawn:
      fen = event.time_deposit_withdrawn().principal_fen();
      interest_fen += sign * event.time_deposit_withdrawn().interest_fen();
      break;
    case Event::kBillPaid:
      fen = event.bill_paid().command().amount_fen();
      break;
    case Event::kTransferReceived:
      fen = event.transfer_received().command().amount_fen();
      break;
    case Event::kTransferSent:
      fen = event.transfer_sent().command().amount_fen();
      break;
    case Event::kInterestCredited:
      fen = event.interest_credited().command().amount_fen();
      break;
    case Event::kFeeCharged:
      fen = event.fee_charged().command().amount_fen();
      break;
    case Event::kBankHistoryRecorded:
      fen = event.bank_history_recorded().command().amount_fen();
      break;
    case Event::kFloatMoved: {
      const v1::MoveFloat& command = event.float_moved().command();
      Money& total = command.direction() == v1::FLOAT_DIRECTION_BROUGHT ? float_brought : float_taken;
      total.count += sign;
      total.fen += sign * command.amount_fen();
      return;
    }
    default:
      return;
  }
  Money& total = money[event.body_case()];
  total.count += sign;
  total.fen += sign * fen;
}

}  // namespace redvest::client
