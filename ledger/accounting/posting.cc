#include "ledger/accounting/posting.h"

#include <algorithm>
#include <array>

#include "ledger/base/check.h"

namespace redvest {
namespace {

using event::v1::Event;

// Amounts in a log are checked when they are decided; one that was tampered with must not be undefined
// behaviour here, so these wrap, and SumToZero or the fold refuses the event.
int64_t Negated(int64_t amount) { return static_cast<int64_t>(0 - static_cast<uint64_t>(amount)); }
int64_t Sum(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

constexpr size_t kUnitCount = 4;

// Gathers postings so that no account stands twice and none is zero.
class Builder {
 public:
  // Moves `amount` from `credit` to `debit`.
  void Move(Account debit, Account credit, int64_t amount) {
    Add(debit, amount);
    Add(credit, Negated(amount));
  }

  void Add(Account account, int64_t amount) {
    for (size_t i = 0; i < count_; ++i) {
      if (postings_[i].account == account) {
        postings_[i].amount = Sum(postings_[i].amount, amount);
        return;
      }
    }
    REDVEST_CHECK(count_ < postings_.size());  // no kind of event has so many
    postings_[count_++] = {account, amount};
  }

  Postings Take() {
    const auto is_zero = [](const Posting& posting) { return posting.amount == 0; };
    return Postings(postings_.begin(),
                    std::remove_if(postings_.begin(), postings_.begin() + count_, is_zero));
  }

 private:
  // An array, because a push into a vector that may grow takes longer than all else here.
  std::array<Posting, 8> postings_;
  size_t count_ = 0;
};

constexpr Account kDueToBank{AccountKind::kDueToBank};
constexpr Account kCanteenSales{AccountKind::kCanteenSales};
constexpr Account kPointsRedeemed{AccountKind::kPointsRedeemed};
constexpr Account kPointsIssued{AccountKind::kPointsIssued};
constexpr Account kPointsMeals{AccountKind::kPointsMeals};
constexpr Account kBankHeld{AccountKind::kBankHeld};
constexpr Account kBillsPaid{AccountKind::kBillsPaid};

Account Drawer(const Event& event) { return {AccountKind::kDrawer, event.terminal_id()}; }
Account MealCard(uint64_t member) { return {AccountKind::kMealCard, member}; }
Account Points(uint64_t member) { return {AccountKind::kPoints, member}; }
Account Demand(uint64_t account) { return {AccountKind::kDemand, account}; }

// --- Canteen

void Post(const Event& event, const event::v1::MealSold& sold, Builder& out) {
  const v1::SellMeal& command = sold.command();
  Account payer = Drawer(event);
  if (command.payment() == v1::PAYMENT_MEAL_CARD) payer = MealCard(command.member_id());
  if (command.payment() == v1::PAYMENT_POINTS) payer = kPointsMeals;
  out.Move(payer, kCanteenSales, sold.price_fen());
  out.Move({AccountKind::kSubsidy, sold.funder_id()}, kCanteenSales, sold.subsidy_fen());
  out.Move(Points(command.member_id()), kPointsRedeemed, sold.points());
}

void Post(const Event& event, const event::v1::MealCardToppedUp& topped_up, Builder& out) {
  out.Move(Drawer(event), MealCard(topped_up.command().member_id()), topped_up.command().amount_fen());
}

void Post(const Event& event, const event::v1::MealCardRefunded& refunded, Builder& out) {
  out.Move(MealCard(refunded.command().member_id()), Drawer(event), refunded.command().amount_fen());
}

void Post(const Event& event, const event::v1::DrawerCounted& counted, Builder& out) {
  out.Move(Drawer(event), {AccountKind::kOverShort, event.terminal_id()}, counted.difference_fen());
}

// --- Volunteers

void Post(const Event&, const event::v1::ServiceRecorded& recorded, Builder& out) {
  const v1::RecordService& command = recorded.command();
  out.Move({AccountKind::kServed, command.service_kind_id()}, {AccountKind::kHours, command.volunteer_id()},
           recorded.minutes());
  out.Move(kPointsIssued, Points(command.volunteer_id()), recorded.points());
}

void Post(const Event&, const event::v1::PointsRedeemed& redeemed, Builder& out) {
  const v1::RedeemPoints& command = redeemed.command();
  out.Move(Points(command.volunteer_id()), kPointsRedeemed, redeemed.points());
  out.Move({AccountKind::kStockGiven, command.good_id()}, {AccountKind::kStock, command.good_id()},
           command.pieces());
}

void Post(const Event&, const event::v1::StockReceived& received, Builder& out) {
  const v1::ReceiveStock& command = received.command();
  out.Move({AccountKind::kStock, command.good_id()}, {AccountKind::kStockReceived, command.good_id()},
           command.pieces());
}

// --- Bank station: the station's own cash on one side, memoranda of what the bank holds on the other

void Post(const Event& event, const event::v1::CashDeposited& deposited, Builder& out) {
  out.Move(Drawer(event), kDueToBank, deposited.command().amount_fen());
  out.Move(kBankHeld, Demand(deposited.command().account_id()), deposited.command().amount_fen());
}

void Post(const Event& event, const event::v1::CashWithdrawn& withdrawn, Builder& out) {
  out.Move(kDueToBank, Drawer(event), withdrawn.command().amount_fen());
  out.Move(Demand(withdrawn.command().account_id()), kBankHeld, withdrawn.command().amount_fen());
}

void Post(const Event& event, const event::v1::TimeDepositOpened& opened, Builder& out) {
  const v1::OpenTimeDeposit& command = opened.command();
  const Account certificate{AccountKind::kTimeDeposit, opened.certificate_id()};
  if (command.funding() == v1::FUNDING_CASH) {
    out.Move(Drawer(event), kDueToBank, command.amount_fen());
    out.Move(kBankHeld, certificate, command.amount_fen());
  } else {
    out.Move(Demand(command.account_id()), certificate, command.amount_fen());
  }
}

void Post(const Event&, const event::v1::TimeDepositWithdrawn& withdrawn, Builder& out) {
  out.Move({AccountKind::kTimeDeposit, withdrawn.command().certificate_id()}, Demand(withdrawn.account_id()),
           withdrawn.principal_fen());
  out.Move(kBankHeld, Demand(withdrawn.account_id()), withdrawn.interest_fen());
}

void Post(const Event& event, const event::v1::BillPaid& paid, Builder& out) {
  const v1::PayBill& command = paid.command();
  if (command.funding() == v1::FUNDING_CASH) {
    out.Move(Drawer(event), kDueToBank, command.amount_fen());
  } else {
    out.Move(Demand(command.account_id()), kBankHeld, command.amount_fen());
  }
  out.Move(kBillsPaid, {AccountKind::kBiller, command.biller_id()}, command.amount_fen());
}

void Post(const Event&, const event::v1::TransferReceived& received, Builder& out) {
  out.Move(kBankHeld, Demand(received.command().account_id()), received.command().amount_fen());
}

void Post(const Event&, const event::v1::TransferSent& sent, Builder& out) {
  out.Move(Demand(sent.command().account_id()), kBankHeld, sent.command().amount_fen());
}

void Post(const Event&, const event::v1::InterestCredited& credited, Builder& out) {
  out.Move(kBankHeld, Demand(credited.command().account_id()), credited.command().amount_fen());
}

void Post(const Event&, const event::v1::FeeCharged& charged, Builder& out) {
  out.Move(Demand(charged.command().account_id()), kBankHeld, charged.command().amount_fen());
}

void Post(const Event& event, const event::v1::FloatMoved& moved, Builder& out) {
  if (moved.command().direction() == v1::FLOAT_DIRECTION_BROUGHT) {
    out.Move(Drawer(event), kDueToBank, moved.command().amount_fen());
  } else {
    out.Move(kDueToBank, Drawer(event), moved.command().amount_fen());
  }
}

void Post(const Event&, const event::v1::BankHistoryRecorded& recorded, Builder& out) {
  const v1::RecordBankHistory& command = recorded.command();
  switch (command.kind()) {
    case v1::HISTORY_KIND_CASH_DEPOSIT:
    case v1::HISTORY_KIND_TRANSFER_RECEIVED:
    case v1::HISTORY_KIND_INTEREST_CREDITED:
      out.Move(kBankHeld, Demand(command.account_id()), command.amount_fen());
      break;
    default:
      out.Move(Demand(command.account_id()), kBankHeld, command.amount_fen());
      break;
  }
}

// --- Any family

void Post(const Event&, const event::v1::EventReversed& reversed, Builder& out) {
  for (const Posting& posting : PostingsOf(reversed.original())) {
    out.Add(posting.account, Negated(posting.amount));
  }
}

}  // namespace

Postings PostingsOf(const Event& event) {
  Builder out;
  switch (event.body_case()) {
    case Event::kMealSold:
      Post(event, event.meal_sold(), out);
      break;
    case Event::kMealCardToppedUp:
      Post(event, event.meal_card_topped_up(), out);
      break;
    case Event::kMealCardRefunded:
      Post(event, event.meal_card_refunded(), out);
      break;
    case Event::kDrawerCounted:
      Post(event, event.drawer_counted(), out);
      break;
    case Event::kServiceRecorded:
      Post(event, event.service_recorded(), out);
      break;
    case Event::kPointsRedeemed:
      Post(event, event.points_redeemed(), out);
      break;
    case Event::kStockReceived:
      Post(event, event.stock_received(), out);
      break;
    case Event::kCashDeposited:
      Post(event, event.cash_deposited(), out);
      break;
    case Event::kCashWithdrawn:
      Post(event, event.cash_withdrawn(), out);
      break;
    case Event::kTimeDepositOpened:
      Post(event, event.time_deposit_opened(), out);
      break;
    case Event::kTimeDepositWithdrawn:
      Post(event, event.time_deposit_withdrawn(), out);
      break;
    case Event::kBillPaid:
      Post(event, event.bill_paid(), out);
      break;
    case Event::kTransferReceived:
      Post(event, event.transfer_received(), out);
      break;
    case Event::kTransferSent:
      Post(event, event.transfer_sent(), out);
      break;
    case Event::kInterestCredited:
      Post(event, event.interest_credited(), out);
      break;
    case Event::kFeeCharged:
      Post(event, event.fee_charged(), out);
      break;
    case Event::kFloatMoved:
      Post(event, event.float_moved(), out);
      break;
    case Event::kBankHistoryRecorded:
      Post(event, event.bank_history_recorded(), out);
      break;
    case Event::kEventReversed:
    case Event::kRequestApproved:
      if (const event::v1::EventReversed* reversed = ReversalIn(event)) Post(event, *reversed, out);
      break;
    // These move nothing.
    case Event::kBankAccountOpened:
    case Event::kCommandDeclined:
    case Event::kSerialVoided:
    case Event::kApprovalRequested:
    case Event::kRequestRefused:
    case Event::kServiceCertificateIssued:
    case Event::kTerminalAssigned:
    case Event::kTerminalEnrolled:
    case Event::kTerminalRetired:
    case Event::kMemberRegistered:
    case Event::kMemberUpdated:
    case Event::kEntryRegistered:
    case Event::kEntryUpdated:
    case Event::kPolicyAdopted:
    case Event::kLedgerFounded:
    case Event::BODY_NOT_SET:
      break;
  }
  return out.Take();
}

const event::v1::EventReversed* ReversalIn(const Event& event) {
  if (event.has_event_reversed()) return &event.event_reversed();
  return event.request_approved().has_event_reversed() ? &event.request_approved().event_reversed() : nullptr;
}

const event::v1::PolicyAdopted* AdoptionIn(const Event& event) {
  if (event.has_policy_adopted()) return &event.policy_adopted();
  return event.request_approved().has_policy_adopted() ? &event.request_approved().policy_adopted() : nullptr;
}

std::string_view EventKindName(const Event& event) {
  const google::protobuf::FieldDescriptor* field =
      Event::descriptor()->FindFieldByNumber(static_cast<int>(event.body_case()));
  if (field == nullptr) return {};
  return field->name();
}

bool SumToZero(std::span<const Posting> postings) {
  // The halves of amounts are summed apart, so that not even hostile ones overflow.
  constexpr int kHalf = 32;
  constexpr int64_t kLowHalf = (int64_t{1} << kHalf) - 1;
  int64_t high[kUnitCount] = {}, low[kUnitCount] = {};
  for (const Posting& posting : postings) {
    const size_t unit = static_cast<size_t>(RuleOf(posting.account.kind).unit);
    high[unit] += posting.amount >> kHalf;
    low[unit] += posting.amount & kLowHalf;
  }
  for (size_t unit = 0; unit < kUnitCount; ++unit) {
    if (high[unit] + (low[unit] >> kHalf) != 0 || (low[unit] & kLowHalf) != 0) return false;
  }
  return true;
}

}  // namespace redvest
