#include "clients/receipt.h"

#include "absl/strings/str_cat.h"
#include "clients/words.h"
#include "ledger/accounting/posting.h"

namespace redvest::client {
namespace {

using event::v1::Event;

// Gathers the rows of one event.
class Rows {
 public:
  Rows(Context& context, Narrator& narrator, absl::TimeZone zone)
      : context_(context), narrator_(narrator), zone_(zone) {}

  void Of(const Event& event) {
    switch (event.body_case()) {
      case Event::kMealSold:
        return Of(event.meal_sold());
      case Event::kMealCardToppedUp:
        Member(event.meal_card_topped_up().command().member_id());
        return Yuan({"paid in", "充值金额"}, event.meal_card_topped_up().command().amount_fen());
      case Event::kMealCardRefunded:
        Member(event.meal_card_refunded().command().member_id());
        return Yuan({"paid back", "退款金额"}, event.meal_card_refunded().command().amount_fen());
      case Event::kServiceRecorded:
        return Of(event.service_recorded());
      case Event::kPointsRedeemed:
        return Of(event.points_redeemed());
      case Event::kServiceCertificateIssued:
        return OfCertificate(event);
      case Event::kEventReversed:
        return Of(event.event_reversed());
      case Event::kRequestApproved:
        if (event.request_approved().has_event_reversed())
          return Of(event.request_approved().event_reversed());
        return Told(event);
      default:
        return OfBank(event);
    }
  }

  std::vector<ReceiptRow> Take() { return std::move(rows_); }

 private:
  std::string Say(const Bilingual& text) const { return context_.Say(text); }
  void Add(const Bilingual& label, std::string value) { rows_.emplace_back(Say(label), std::move(value)); }
  void Yuan(const Bilingual& label, int64_t fen) { Add(label, FormatYuan(fen) + Say({" yuan", " 元"})); }
  void Points(const Bilingual& label, int64_t points) {
    Add(label, FormatCount(points) + Say({" points", " 积分"}));
  }
  void Member(uint64_t id) { Add({"member", "居民"}, narrator_.Member(id)); }
  void Volunteer(uint64_t id) { Add({"volunteer", "志愿者"}, narrator_.Member(id)); }
  void Account(uint64_t id) { Add({"account", "账户"}, Written(IdKind::kBankAccount, id)); }
  void Told(const Event& event) { Add({"what", "事项"}, narrator_.Tell(event)); }
  static std::string Written(IdKind kind, uint64_t id) {
    return id >= 1 && id <= kIdMax ? FormatId(kind, id) : std::to_string(id);
  }

  void Of(const event::v1::MealSold& sold) {
    const v1::SellMeal& command = sold.command();
    Member(command.member_id());
    if (sold.age_band() != v1::AGE_BAND_UNSPECIFIED) {
      Add({"age", "年龄段"}, TextOf(context_.lang(), sold.age_band()));
    }
    Add({"portions", "份数"}, std::to_string(command.portions()));
    Add({"paid by", "支付方式"}, TextOf(context_.lang(), command.payment()));
    if (command.payment() == v1::PAYMENT_POINTS) {
      Points({"paid", "支付"}, sold.points());
    } else {
      Yuan({"paid", "实付"}, sold.price_fen());
    }
    if (sold.subsidy_fen() != 0) Yuan({"subsidy", "补贴"}, sold.subsidy_fen());
  }

  void Of(const event::v1::ServiceRecorded& recorded) {
    const v1::RecordService& command = recorded.command();
    const Lang lang = context_.lang();
    Volunteer(command.volunteer_id());
    Add({"service", "服务类别"}, narrator_.Entry(v1::ENTRY_KIND_SERVICE_KIND, command.service_kind_id()));
    Add({"began", "开始时间"}, FormatMoment(recorded.start_unix_ms(), zone_));
    Add({"time served", "服务时长"}, FormatMinutes(lang, recorded.minutes()));
    if (recorded.counted_minutes() != recorded.minutes()) {
      Add({"of it counts", "计分时长"}, FormatMinutes(lang, recorded.counted_minutes()));
    }
    Points({"earned", "获得积分"}, recorded.points());
    if (command.beneficiary_id() != 0) Add({"for", "服务对象"}, narrator_.Member(command.beneficiary_id()));
    if (command.team_id() != 0)
      Add({"team", "队伍"}, narrator_.Entry(v1::ENTRY_KIND_TEAM, command.team_id()));
  }

  void Of(const event::v1::PointsRedeemed& redeemed) {
    Volunteer(redeemed.command().volunteer_id());
    Add({"good", "商品"}, narrator_.Entry(v1::ENTRY_KIND_GOOD, redeemed.command().good_id()));
    Add({"pieces", "件数"}, FormatCount(redeemed.command().pieces()));
    Points({"taken", "扣除积分"}, redeemed.points());
  }

  void OfCertificate(const Event& event) {
    const event::v1::ServiceCertificateIssued& issued = event.service_certificate_issued();
    Volunteer(issued.command().volunteer_id());
    Add({"certificate", "证明编号"}, CertificateNumber(event.terminal_id(), event.serial()));
    Add({"time served", "服务时长"}, FormatMinutes(context_.lang(), issued.minutes()));
    for (const v1::ServedKind& served : issued.command().served()) {
      Add({"of it", "其中"}, narrator_.Entry(v1::ENTRY_KIND_SERVICE_KIND, served.service_kind_id()) + " " +
                                 FormatMinutes(context_.lang(), served.minutes()));
    }
  }

  void Of(const event::v1::EventReversed& reversed) {
    Add({"undoes", "冲正"}, Fill(Say({"event {sequence}, {kind}", "第 {sequence} 号事件，{kind}"}),
                                 {{"sequence", std::to_string(reversed.command().sequence())},
                                  {"kind", EventText(context_.lang(), EventKindName(reversed.original()))}}));
    Add({"because", "原因"}, reversed.command().reason());
    Of(reversed.original());
  }

  void OfBank(const Event& event) {
    switch (event.body_case()) {
      case Event::kCashDeposited:
        return Entry({"paid in", "存入金额"}, event.cash_deposited().command());
      case Event::kCashWithdrawn:
        return Entry({"paid out", "支取金额"}, event.cash_withdrawn().command());
      case Event::kTransferReceived:
        return EntryWithReference({"came in", "转入金额"}, event.transfer_received().command());
      case Event::kTransferSent:
        return EntryWithReference({"sent", "转出金额"}, event.transfer_sent().command());
      case Event::kInterestCredited:
        return EntryWithReference({"interest", "利息"}, event.interest_credited().command());
      case Event::kFeeCharged:
        return EntryWithReference({"fee", "费用"}, event.fee_charged().command());
      case Event::kBankAccountOpened:
        Member(event.bank_account_opened().command().member_id());
        return Account(event.bank_account_opened().account_id());
      case Event::kTimeDepositOpened:
        return Of(event.time_deposit_opened());
      case Event::kTimeDepositWithdrawn:
        return Of(event.time_deposit_withdrawn());
      case Event::kBillPaid:
        return Of(event.bill_paid().command());
      default:
        return Told(event);
    }
  }

  template <typename Command>
  void Entry(const Bilingual& label, const Command& command) {
    Account(command.account_id());
    Yuan(label, command.amount_fen());
  }

  template <typename Command>
  void EntryWithReference(const Bilingual& label, const Command& command) {
    Entry(label, command);
    if (!command.bank_reference().empty()) Add({"reference", "银行参考号"}, command.bank_reference());
  }

  void Of(const event::v1::TimeDepositOpened& opened) {
    const v1::OpenTimeDeposit& command = opened.command();
    const std::optional<Day> matures = ToDay(opened.matures_on());
    Add({"certificate", "定期存单"}, Written(IdKind::kCertificate, opened.certificate_id()));
    Entry({"principal", "本金"}, command);
    Add({"paid from", "资金来源"}, TextOf(context_.lang(), command.funding()));
    Add({"term", "存期"}, std::to_string(command.term_months()) + Say({" months", " 个月"}));
    Add({"rate a year", "年利率"}, FormatRate(opened.rate_ppm()));
    Add({"matures on", "到期日"}, matures.has_value() ? FormatDay(*matures) : "?");
  }

  void Of(const event::v1::TimeDepositWithdrawn& withdrawn) {
    Add({"certificate", "定期存单"}, Written(IdKind::kCertificate, withdrawn.command().certificate_id()));
    Yuan({"principal", "本金"}, withdrawn.principal_fen());
    Yuan({"interest", "利息"}, withdrawn.interest_fen());
    Add({"paid to", "转入账户"}, Written(IdKind::kBankAccount, withdrawn.account_id()));
    Add({"standing", "支取方式"},
        withdrawn.matured() ? Say({"matured", "到期支取"}) : Say({"early", "提前支取"}));
  }

  void Of(const v1::PayBill& command) {
    Add({"biller", "收费单位"}, narrator_.Entry(v1::ENTRY_KIND_BILLER, command.biller_id()));
    Yuan({"paid", "缴费金额"}, command.amount_fen());
    if (command.funding() == v1::FUNDING_DEMAND) return Account(command.account_id());
    Add({"paid from", "资金来源"}, TextOf(context_.lang(), command.funding()));
  }

  Context& context_;
  Narrator& narrator_;
  const absl::TimeZone zone_;
  std::vector<ReceiptRow> rows_;
};

std::optional<Account> Own(AccountKind kind, uint64_t id) {
  if (id == 0) return std::nullopt;
  return Account{kind, id};
}

std::optional<Account> DemandAccountOf(const Event& event) {
  switch (event.body_case()) {
    case Event::kCashDeposited:
      return Own(AccountKind::kDemand, event.cash_deposited().command().account_id());
    case Event::kCashWithdrawn:
      return Own(AccountKind::kDemand, event.cash_withdrawn().command().account_id());
    case Event::kTransferReceived:
      return Own(AccountKind::kDemand, event.transfer_received().command().account_id());
    case Event::kTransferSent:
      return Own(AccountKind::kDemand, event.transfer_sent().command().account_id());
    case Event::kInterestCredited:
      return Own(AccountKind::kDemand, event.interest_credited().command().account_id());
    case Event::kFeeCharged:
      return Own(AccountKind::kDemand, event.fee_charged().command().account_id());
    case Event::kTimeDepositOpened:
      return Own(AccountKind::kDemand, event.time_deposit_opened().command().account_id());
    case Event::kTimeDepositWithdrawn:
      return Own(AccountKind::kDemand, event.time_deposit_withdrawn().account_id());
    case Event::kBillPaid:
      return Own(AccountKind::kDemand, event.bill_paid().command().account_id());
    case Event::kBankHistoryRecorded:
      return Own(AccountKind::kDemand, event.bank_history_recorded().command().account_id());
    default:
      return std::nullopt;
  }
}

}  // namespace

std::vector<ReceiptRow> ReceiptRows(Context& context, Narrator& narrator, absl::TimeZone zone,
                                    const Event& event) {
  Rows rows(context, narrator, zone);
  rows.Of(event);
  return rows.Take();
}

std::optional<Account> AccountOnReceipt(const Event& event) {
  switch (event.body_case()) {
    case Event::kMealSold: {
      const v1::SellMeal& command = event.meal_sold().command();
      if (command.payment() == v1::PAYMENT_CASH) return std::nullopt;
      return Own(command.payment() == v1::PAYMENT_POINTS ? AccountKind::kPoints : AccountKind::kMealCard,
                 command.member_id());
    }
    case Event::kMealCardToppedUp:
      return Own(AccountKind::kMealCard, event.meal_card_topped_up().command().member_id());
    case Event::kMealCardRefunded:
      return Own(AccountKind::kMealCard, event.meal_card_refunded().command().member_id());
    case Event::kServiceRecorded:
      return Own(AccountKind::kPoints, event.service_recorded().command().volunteer_id());
    case Event::kPointsRedeemed:
      return Own(AccountKind::kPoints, event.points_redeemed().command().volunteer_id());
    case Event::kEventReversed:
      return AccountOnReceipt(event.event_reversed().original());
    case Event::kRequestApproved:
      return AccountOnReceipt(event.request_approved().event_reversed().original());
    default:
      return DemandAccountOf(event);
  }
}

bool IsSigned(const Event& event) { return event.has_cash_withdrawn() || event.has_meal_card_refunded(); }

std::string CertificateNumber(uint64_t terminal_id, uint64_t serial) {
  const std::string terminal = terminal_id >= 1 && terminal_id <= kIdMax
                                   ? FormatId(IdKind::kTerminal, terminal_id)
                                   : std::to_string(terminal_id);
  return absl::StrCat(terminal, "/", serial);
}

}  // namespace redvest::client
