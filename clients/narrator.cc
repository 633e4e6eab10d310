#include "clients/narrator.h"

#include <string_view>
#include <utility>

#include "absl/time/clock.h"
#include "clients/error_text.h"
#include "clients/words.h"
#include "ledger/accounting/posting.h"
#include "ledger/base/ids.h"

namespace redvest::client {
namespace {

constexpr int kTerminals = 0;

// An id as written; a number that is no id, as only a broken server sends it, stands as it is.
std::string Written(IdKind kind, uint64_t id) {
  return id >= 1 && id <= kIdMax ? FormatId(kind, id) : std::to_string(id);
}

std::string WithLabel(std::string id, const std::string& label) {
  return label.empty() ? id : id + " " + label;
}

// "a, b, c" of the parts that are not empty.
std::string Join(Lang lang, std::initializer_list<std::string> parts) {
  std::string text;
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    if (!text.empty()) text += lang == Lang::kZh ? "，" : ", ";
    text += part;
  }
  return text;
}

std::string InBrackets(Lang lang, const std::string& text) {
  if (text.empty()) return "";
  return lang == Lang::kZh ? "（" + text + "）" : " (" + text + ")";
}

}  // namespace

std::string Narrator::Member(uint64_t id) const {
  return id == 0 ? Say({"a guest", "散客"}) : Written(IdKind::kMember, id);
}

std::string Narrator::Terminal(uint64_t id) {
  if (id == 0) return Say({"the founder", "建账"});
  return WithLabel(Written(IdKind::kTerminal, id), TerminalLabel(id));
}

std::string Narrator::Entry(v1::EntryKind kind, uint64_t id) {
  return WithLabel(Written(IdKindOf(kind), id), EntryLabel(kind, id));
}

std::string Narrator::TerminalLabel(uint64_t id) { return LabelOf(kTerminals, id); }
std::string Narrator::EntryLabel(v1::EntryKind kind, uint64_t id) { return LabelOf(kind, id); }

std::string Narrator::LabelOf(int directory, uint64_t id) {
  if (offline_zone_.has_value()) return "";
  Directory& known = directories_[directory];
  auto found = known.labels.find(id);
  if (found == known.labels.end() && absl::Now() - known.loaded > absl::Seconds(1)) {
    known.labels = Load(directory);
    known.loaded = absl::Now();
    found = known.labels.find(id);
  }
  return found == known.labels.end() ? "" : found->second;
}

Narrator::Labels Narrator::Load(int directory) {
  Labels labels;
  if (directory == kTerminals) {
    auto list =
        context_.connection().Call(&v1::DirectoryService::Stub::ListTerminals, v1::ListTerminalsRequest());
    if (!list.ok()) return labels;
    for (const v1::Terminal& terminal : list->terminals()) labels[terminal.terminal_id()] = terminal.label();
    return labels;
  }
  v1::ListEntriesRequest request;
  request.set_kind(static_cast<v1::EntryKind>(directory));
  auto list = context_.connection().Call(&v1::DirectoryService::Stub::ListEntries, request);
  if (!list.ok()) return labels;
  for (const v1::Entry& entry : list->entries()) labels[entry.entry_id()] = entry.label();
  return labels;
}

absl::TimeZone Narrator::Zone() { return offline_zone_.has_value() ? *offline_zone_ : context_.Zone(); }

std::string Narrator::Yuan(int64_t fen) const { return FormatYuan(fen) + Say({" yuan", " 元"}); }

std::string Narrator::EventNumber(uint64_t sequence) const {
  return Fill(Say({"event {sequence}", "第 {sequence} 号事件"}), {{"sequence", std::to_string(sequence)}});
}

std::string Narrator::Because(const std::string& reason) const {
  return Say({"because: ", "原因："}) + reason;
}

std::string Narrator::AccountAndYuan(uint64_t account_id, int64_t fen,
                                     const std::string& bank_reference) const {
  return Join(context_.lang(), {Written(IdKind::kBankAccount, account_id), Yuan(fen), bank_reference});
}

std::string Narrator::Tell(const event::v1::Event& event) {
  using event::v1::Event;
  const Lang lang = context_.lang();
  switch (event.body_case()) {
    case Event::kMealSold:
      return Tell(event.meal_sold());
    case Event::kServiceRecorded:
      return Tell(event.service_recorded());
    case Event::kPointsRedeemed: {
      const v1::RedeemPoints& command = event.points_redeemed().command();
      return Join(lang, {Member(command.volunteer_id()), Entry(v1::ENTRY_KIND_GOOD, command.good_id()),
                         FormatCount(command.pieces()) + Say({" pieces", " 件"}),
                         FormatCount(event.points_redeemed().points()) + Say({" points", " 积分"})});
    }
    case Event::kStockReceived: {
      const v1::ReceiveStock& command = event.stock_received().command();
      return Join(lang, {Entry(v1::ENTRY_KIND_GOOD, command.good_id()),
                         FormatCount(command.pieces()) + Say({" pieces", " 件"})});
    }
    case Event::kMealCardToppedUp: {
      const v1::TopUpMealCard& command = event.meal_card_topped_up().command();
      return Join(lang, {Member(command.member_id()), Yuan(command.amount_fen())});
    }
    case Event::kMealCardRefunded: {
      const v1::RefundMealCard& command = event.meal_card_refunded().command();
      return Join(lang, {Member(command.member_id()), Yuan(command.amount_fen())});
    }
    case Event::kDrawerCounted:
      return Tell(event.drawer_counted());
    case Event::kCommandDeclined:
      return Tell(event.command_declined());
    case Event::kEventReversed:
      return Tell(event.event_reversed());
    case Event::kServiceCertificateIssued:
      return Tell(event.service_certificate_issued());
    default:
      return TellRest(event);
  }
}

std::string Narrator::TellRest(const event::v1::Event& event) {
  using event::v1::Event;
  switch (event.body_case()) {
    case Event::kSerialVoided:
      return event.serial_voided().command().reason();
    case Event::kApprovalRequested:
      return Tell(event.approval_requested());
    case Event::kRequestApproved:
      return Tell(event.request_approved());
    case Event::kRequestRefused: {
      const v1::RefuseRequest& command = event.request_refused().command();
      return Join(context_.lang(), {EventNumber(command.sequence()), Because(command.reason())});
    }
    default: {
      const std::string bank = TellBank(event);
      return bank.empty() ? TellDirectory(event) : bank;
    }
  }
}

std::string Narrator::Tell(const event::v1::MealSold& sold) {
  const Lang lang = context_.lang();
  const v1::SellMeal& command = sold.command();
  const std::string portions = command.portions() == 1
                                   ? Say({"1 portion", "1 份"})
                                   : std::to_string(command.portions()) + Say({" portions", " 份"});
  std::string paid = TextOf(lang, command.payment()) + " ";
  paid += command.payment() == v1::PAYMENT_POINTS ? FormatCount(sold.points()) : Yuan(sold.price_fen());
  std::string subsidy;
  if (sold.subsidy_fen() != 0) {
    subsidy = Say({"subsidy ", "补贴 "}) + Yuan(sold.subsidy_fen()) +
              InBrackets(lang, Entry(v1::ENTRY_KIND_FUNDER, sold.funder_id()));
  }
  return Join(lang, {portions, Member(command.member_id()) + InBrackets(lang, TextOf(lang, sold.age_band())),
                     paid, subsidy});
}

std::string Narrator::Tell(const event::v1::ServiceRecorded& recorded) {
  const Lang lang = context_.lang();
  const v1::RecordService& command = recorded.command();
  std::string minutes = FormatMinutes(lang, recorded.minutes());
  if (recorded.counted_minutes() != recorded.minutes()) {
    minutes += InBrackets(lang, Say({"counted ", "计 "}) + FormatMinutes(lang, recorded.counted_minutes()));
  }
  return Join(
      lang,
      {Member(command.volunteer_id()), Entry(v1::ENTRY_KIND_SERVICE_KIND, command.service_kind_id()), minutes,
       FormatCount(recorded.points()) +
           (recorded.points() == 1 ? Say({" point", " 积分"}) : Say({" points", " 积分"})),
       command.beneficiary_id() == 0 ? "" : Say({"for ", "服务对象 "}) + Member(command.beneficiary_id()),
       command.team_id() == 0 ? "" : Entry(v1::ENTRY_KIND_TEAM, command.team_id())});
}

std::string Narrator::Tell(const event::v1::DrawerCounted& counted) {
  const int64_t difference = counted.difference_fen();
  std::string verdict = Say({"agrees with the book", "账款相符"});
  if (difference > 0) verdict = Say({"over by ", "长款 "}) + Yuan(difference);
  if (difference < 0) verdict = Say({"short by ", "短款 "}) + Yuan(-difference);
  return Join(context_.lang(), {Say({"counted ", "清点 "}) + Yuan(counted.command().counted_fen()),
                                Say({"book ", "账面 "}) + Yuan(counted.book_fen()), verdict,
                                counted.command().closes_day() ? Say({"the day is closed", "已日结"}) : ""});
}

std::string Narrator::Tell(const event::v1::CommandDeclined& declined) {
  const auto* reflection = declined.command().GetReflection();
  const auto* body = reflection->GetOneofFieldDescriptor(declined.command(),
                                                         v1::Command::descriptor()->FindOneofByName("body"));
  const CallError error{grpc::StatusCode::FAILED_PRECONDITION, declined.error(), ""};
  return (body == nullptr ? "" : CommandText(context_.lang(), body->name()) + Say({": ", "："})) +
         ErrorText(context_.lang(), error, context_.flags.server, Zone());
}

std::string Narrator::Tell(const event::v1::EventReversed& reversed) {
  const Lang lang = context_.lang();
  const std::string kind(EventKindName(reversed.original()));
  return Join(lang, {EventNumber(reversed.command().sequence()),
                     EventText(lang, kind) + InBrackets(lang, Tell(reversed.original())),
                     Because(reversed.command().reason())});
}

std::string Narrator::Tell(const event::v1::ServiceCertificateIssued& issued) {
  const Lang lang = context_.lang();
  std::string kinds;
  for (const v1::ServedKind& served : issued.command().served()) {
    if (!kinds.empty()) kinds += lang == Lang::kZh ? "；" : "; ";
    kinds += Entry(v1::ENTRY_KIND_SERVICE_KIND, served.service_kind_id()) + " " +
             FormatMinutes(lang, served.minutes());
  }
  return Join(lang, {Member(issued.command().volunteer_id()),
                     FormatMinutes(lang, issued.minutes()) + InBrackets(lang, kinds)});
}

std::string Narrator::Tell(const event::v1::PolicyAdopted& adopted) const {
  const std::optional<Day> from = ToDay(adopted.command().policy().effective_from());
  return Fill(
      Say({"version {version}, effective from {day}", "第 {version} 版，{day} 起生效"}),
      {{"version", std::to_string(adopted.version())}, {"day", from.has_value() ? FormatDay(*from) : "?"}});
}

std::string Narrator::Tell(const event::v1::ApprovalRequested& requested) const {
  const Lang lang = context_.lang();
  const v1::Command& command = requested.command();
  if (command.has_reverse_event()) {
    return Join(lang, {CommandText(lang, "reverse_event"), EventNumber(command.reverse_event().sequence()),
                       Because(command.reverse_event().reason())});
  }
  const std::optional<Day> from = ToDay(command.adopt_policy().policy().effective_from());
  return Join(
      lang, {CommandText(lang, "adopt_policy"), Fill(Say({"effective from {day}", "{day} 起生效"}),
                                                     {{"day", from.has_value() ? FormatDay(*from) : "?"}})});
}

std::string Narrator::Tell(const event::v1::RequestApproved& approved) {
  const Lang lang = context_.lang();
  std::string effect;
  if (approved.has_event_reversed()) {
    effect = EventText(lang, "event_reversed") + Say({": ", "："}) + Tell(approved.event_reversed());
  } else if (approved.has_policy_adopted()) {
    effect = EventText(lang, "policy_adopted") + Say({": ", "："}) + Tell(approved.policy_adopted());
  }
  return Join(lang, {EventNumber(approved.command().sequence()), effect});
}

std::string Narrator::TellBank(const event::v1::Event& event) {
  using event::v1::Event;
  switch (event.body_case()) {
    case Event::kBankAccountOpened:
      return Join(context_.lang(), {Written(IdKind::kBankAccount, event.bank_account_opened().account_id()),
                                    Member(event.bank_account_opened().command().member_id())});
    case Event::kCashDeposited:
      return AccountAndYuan(event.cash_deposited().command().account_id(),
                            event.cash_deposited().command().amount_fen());
    case Event::kCashWithdrawn:
      return AccountAndYuan(event.cash_withdrawn().command().account_id(),
                            event.cash_withdrawn().command().amount_fen());
    case Event::kTimeDepositOpened:
      return Tell(event.time_deposit_opened());
    case Event::kTimeDepositWithdrawn:
      return Tell(event.time_deposit_withdrawn());
    case Event::kBillPaid:
      return Tell(event.bill_paid());
    case Event::kTransferReceived: {
      const v1::ReceiveTransfer& command = event.transfer_received().command();
      return AccountAndYuan(command.account_id(), command.amount_fen(), command.bank_reference());
    }
    case Event::kTransferSent: {
      const v1::SendTransfer& command = event.transfer_sent().command();
      return AccountAndYuan(command.account_id(), command.amount_fen(), command.bank_reference());
    }
    case Event::kInterestCredited: {
      const v1::CreditInterest& command = event.interest_credited().command();
      return AccountAndYuan(command.account_id(), command.amount_fen(), command.bank_reference());
    }
    case Event::kFeeCharged: {
      const v1::ChargeFee& command = event.fee_charged().command();
      return AccountAndYuan(command.account_id(), command.amount_fen(), command.bank_reference());
    }
    case Event::kFloatMoved: {
      const v1::MoveFloat& command = event.float_moved().command();
      return Join(context_.lang(),
                  {TextOf(context_.lang(), command.direction()), Yuan(command.amount_fen())});
    }
    case Event::kBankHistoryRecorded:
      return Tell(event.bank_history_recorded());
    default:
      return "";
  }
}

std::string Narrator::Tell(const event::v1::TimeDepositOpened& opened) {
  const Lang lang = context_.lang();
  const v1::OpenTimeDeposit& command = opened.command();
  const std::optional<Day> matures = ToDay(opened.matures_on());
  return Join(lang, {Written(IdKind::kCertificate, opened.certificate_id()),
                     AccountAndYuan(command.account_id(), command.amount_fen()),
                     std::to_string(command.term_months()) + Say({" months", " 个月"}) + " " +
                         FormatRate(opened.rate_ppm()),
                     Say({"from ", "来自"}) + TextOf(lang, command.funding()),
                     Say({"matures on ", "到期日 "}) + (matures.has_value() ? FormatDay(*matures) : "?")});
}

std::string Narrator::Tell(const event::v1::TimeDepositWithdrawn& withdrawn) {
  return Join(context_.lang(),
              {Written(IdKind::kCertificate, withdrawn.command().certificate_id()),
               Say({"principal ", "本金 "}) + Yuan(withdrawn.principal_fen()),
               Say({"interest ", "利息 "}) + Yuan(withdrawn.interest_fen()),
               Say({"to ", "转入 "}) + Written(IdKind::kBankAccount, withdrawn.account_id()),
               withdrawn.matured() ? Say({"matured", "到期支取"}) : Say({"early", "提前支取"})});
}

std::string Narrator::Tell(const event::v1::BillPaid& paid) {
  const Lang lang = context_.lang();
  const v1::PayBill& command = paid.command();
  const bool demand = command.funding() == v1::FUNDING_DEMAND;
  return Join(lang, {Entry(v1::ENTRY_KIND_BILLER, command.biller_id()), Yuan(command.amount_fen()),
                     demand ? Say({"from ", "扣自 "}) + Written(IdKind::kBankAccount, command.account_id())
                            : TextOf(lang, command.funding())});
}

std::string Narrator::Tell(const event::v1::BankHistoryRecorded& recorded) {
  const Lang lang = context_.lang();
  const v1::RecordBankHistory& command = recorded.command();
  std::string difference;
  if (recorded.book_balance_fen() != command.source_balance_fen()) {
    difference =
        Fill(Say({"book {book}, source {source}", "账面 {book}，来源 {source}"}),
             {{"book", Yuan(recorded.book_balance_fen())}, {"source", Yuan(command.source_balance_fen())}});
  }
  return Join(lang, {Written(IdKind::kBankAccount, command.account_id()), TextOf(lang, command.kind()),
                     Yuan(command.amount_fen()), difference,
                     recorded.opened_account() ? Say({"account opened", "新开账户"}) : ""});
}

std::string Narrator::Tell(const v1::MemberProfile& profile) {
  const Lang lang = context_.lang();
  const v1::Home& home = profile.home();
  std::string place;
  if (home.grid() != 0 || home.building() != 0 || home.unit() != 0) {
    place =
        Fill(Say({"grid {grid} building {building} unit {unit}", "{grid} 网格 {building} 栋 {unit} 单元"}),
             {{"grid", std::to_string(home.grid())},
              {"building", std::to_string(home.building())},
              {"unit", std::to_string(home.unit())}});
  }
  return Join(lang, {profile.resident() ? Say({"resident", "居民"}) : "",
                     profile.volunteer() ? Say({"volunteer", "志愿者"}) : "",
                     profile.elder() ? Say({"elder", "老人"}) : "", TextOf(lang, profile.age_band()),
                     profile.lives_alone() ? Say({"lives alone", "独居"}) : "", place,
                     profile.team_id() == 0 ? "" : Entry(v1::ENTRY_KIND_TEAM, profile.team_id()),
                     profile.inactive() ? Say({"inactive", "已停用"}) : ""});
}

std::string Narrator::TellDirectory(const event::v1::Event& event) {
  using event::v1::Event;
  const Lang lang = context_.lang();
  switch (event.body_case()) {
    case Event::kTerminalEnrolled: {
      const v1::EnrolTerminal& command = event.terminal_enrolled().command();
      return Join(lang, {Written(IdKind::kTerminal, event.terminal_enrolled().terminal_id()),
                         TextOf(lang, command.role()), command.label()});
    }
    case Event::kTerminalRetired:
      return Terminal(event.terminal_retired().command().terminal_id());
    case Event::kMemberRegistered:
      return Join(lang, {Member(event.member_registered().member_id()),
                         Tell(event.member_registered().command().profile())});
    case Event::kMemberUpdated:
      return Join(lang, {Member(event.member_updated().command().member_id()),
                         Tell(event.member_updated().command().profile())});
    case Event::kEntryRegistered: {
      const v1::RegisterEntry& command = event.entry_registered().command();
      return Join(lang, {TextOf(lang, command.kind()),
                         WithLabel(Written(IdKindOf(command.kind()), event.entry_registered().entry_id()),
                                   command.label())});
    }
    case Event::kEntryUpdated: {
      const v1::UpdateEntry& command = event.entry_updated().command();
      return Join(lang, {TextOf(lang, command.kind()),
                         WithLabel(Written(IdKindOf(command.kind()), command.entry_id()), command.label()),
                         command.retired() ? Say({"retired", "已停用"}) : ""});
    }
    case Event::kTerminalAssigned: {
      const v1::AssignTerminal& command = event.terminal_assigned().command();
      return Join(lang, {Terminal(command.terminal_id()),
                         Say({"in charge: ", "负责人 "}) + Member(command.member_id())});
    }
    case Event::kPolicyAdopted:
      return Tell(event.policy_adopted());
    case Event::kLedgerFounded:
      return Join(lang,
                  {event.ledger_founded().command().name(), event.ledger_founded().command().time_zone()});
    default:
      return "";
  }
}

}  // namespace redvest::client
