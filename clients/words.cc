#include "clients/words.h"

#include "absl/strings/str_replace.h"
#include "clients/arguments.h"
#include "ledger/base/check.h"
#include "ledger/base/text.h"
#include "redvest/v1/types.pb.h"

namespace redvest::client {
namespace {

constexpr Word kRoles[] = {
    {v1::ROLE_STATION, "station", {"volunteer station", "志愿服务站"}},
    {v1::ROLE_CANTEEN_TILL, "canteen-till", {"canteen till", "食堂收银台"}},
    {v1::ROLE_BANK_COUNTER, "bank-counter", {"bank counter", "金融服务柜台"}},
    {v1::ROLE_IMPORT, "import", {"import", "导入"}},
    {v1::ROLE_OFFICE, "office", {"office", "社区办公室"}},
};
constexpr Word kAgeBands[] = {
    {v1::AGE_BAND_UNDER_60, "under-60", {"under 60", "60岁以下"}},
    {v1::AGE_BAND_60_TO_69, "60-69", {"60-69", "60-69岁"}},
    {v1::AGE_BAND_70_TO_79, "70-79", {"70-79", "70-79岁"}},
    {v1::AGE_BAND_80_TO_89, "80-89", {"80-89", "80-89岁"}},
    {v1::AGE_BAND_90_AND_OVER, "90-and-over", {"90 and over", "90岁及以上"}},
};
constexpr Word kEntryKinds[] = {
    {v1::ENTRY_KIND_TEAM, "team", {"team", "红马甲队伍"}},
    {v1::ENTRY_KIND_GOOD, "good", {"good", "兑换商品"}},
    {v1::ENTRY_KIND_BILLER, "biller", {"biller", "收费单位"}},
    {v1::ENTRY_KIND_FUNDER, "funder", {"funder", "补贴单位"}},
    {v1::ENTRY_KIND_SERVICE_KIND, "service-kind", {"kind of service", "服务类别"}},
};
constexpr Word kPayments[] = {
    {v1::PAYMENT_CASH, "cash", {"cash", "现金"}},
    {v1::PAYMENT_MEAL_CARD, "meal-card", {"meal card", "饭卡"}},
    {v1::PAYMENT_POINTS, "points", {"points", "积分"}},
};
constexpr Word kFundings[] = {
    {v1::FUNDING_CASH, "cash", {"cash", "现金"}},
    {v1::FUNDING_DEMAND, "demand", {"the demand account", "活期账户"}},
};
constexpr Word kFloatDirections[] = {
    {v1::FLOAT_DIRECTION_BROUGHT, "brought", {"brought by the bank", "银行送来"}},
    {v1::FLOAT_DIRECTION_TAKEN, "taken", {"taken by the bank", "银行取走"}},
};
constexpr Word kHistoryKinds[] = {
    {v1::HISTORY_KIND_CASH_DEPOSIT, "cash_deposit", {"cash deposit", "现金存入"}},
    {v1::HISTORY_KIND_CASH_WITHDRAWAL, "cash_withdrawal", {"cash withdrawal", "现金支取"}},
    {v1::HISTORY_KIND_CARD_WITHDRAWAL, "card_withdrawal", {"card withdrawal", "刷卡支出"}},
    {v1::HISTORY_KIND_TRANSFER_RECEIVED, "transfer_received", {"transfer in", "转入"}},
    {v1::HISTORY_KIND_TRANSFER_SENT, "transfer_sent", {"transfer out", "转出"}},
    {v1::HISTORY_KIND_INTEREST_CREDITED, "interest_credited", {"interest", "结息"}},
    {v1::HISTORY_KIND_FEE_CHARGED, "fee_charged", {"fee", "收费"}},
};

struct NamedText {
  std::string_view name;
  Bilingual text;
};
constexpr NamedText kEvents[] = {
    {"meal_sold", {"meal sold", "售餐"}},
    {"service_recorded", {"service recorded", "志愿服务记录"}},
    {"points_redeemed", {"points redeemed", "积分兑换"}},
    {"meal_card_topped_up", {"meal card topped up", "饭卡充值"}},
    {"cash_deposited", {"cash deposited", "现金存入"}},
    {"cash_withdrawn", {"cash withdrawn", "现金支取"}},
    {"bank_history_recorded", {"bank history recorded", "银行历史流水"}},
    {"command_declined", {"command declined", "拒绝受理"}},
    {"stock_received", {"stock received", "商品入库"}},
    {"meal_card_refunded", {"meal card refunded", "饭卡退款"}},
    {"drawer_counted", {"drawer counted", "钱箱清点"}},
    {"bank_account_opened", {"bank account opened", "开户"}},
    {"time_deposit_opened", {"time deposit opened", "存入定期"}},
    {"time_deposit_withdrawn", {"time deposit withdrawn", "支取定期"}},
    {"bill_paid", {"bill paid", "代缴费用"}},
    {"transfer_received", {"transfer received", "转账转入"}},
    {"transfer_sent", {"transfer sent", "转账转出"}},
    {"interest_credited", {"interest credited", "结息"}},
    {"fee_charged", {"fee charged", "银行收费"}},
    {"float_moved", {"float moved", "备用金交接"}},
    {"service_certificate_issued", {"certificate of service issued", "出具志愿服务证明"}},
    {"event_reversed", {"event reversed", "冲正"}},
    {"serial_voided", {"serial voided", "流水号作废"}},
    {"approval_requested", {"approval requested", "申请复核"}},
    {"request_approved", {"request approved", "复核通过"}},
    {"request_refused", {"request refused", "复核不通过"}},
    {"terminal_enrolled", {"terminal enrolled", "终端登记"}},
    {"terminal_retired", {"terminal retired", "终端停用"}},
    {"member_registered", {"member registered", "居民登记"}},
    {"member_updated", {"member updated", "居民资料变更"}},
    {"entry_registered", {"entry registered", "名录登记"}},
    {"entry_updated", {"entry updated", "名录变更"}},
    {"policy_adopted", {"policy adopted", "制度生效"}},
    {"ledger_founded", {"ledger founded", "建账"}},
    {"terminal_assigned", {"terminal assigned", "终端指定负责人"}},
};

// The event that a command comes to.
struct CommandEvent {
  std::string_view command;
  std::string_view event;
};
constexpr CommandEvent kCommands[] = {
    {"sell_meal", "meal_sold"},
    {"record_service", "service_recorded"},
    {"redeem_points", "points_redeemed"},
    {"top_up_meal_card", "meal_card_topped_up"},
    {"deposit_cash", "cash_deposited"},
    {"withdraw_cash", "cash_withdrawn"},
    {"record_bank_history", "bank_history_recorded"},
    {"receive_stock", "stock_received"},
    {"refund_meal_card", "meal_card_refunded"},
    {"count_drawer", "drawer_counted"},
    {"open_bank_account", "bank_account_opened"},
    {"open_time_deposit", "time_deposit_opened"},
    {"withdraw_time_deposit", "time_deposit_withdrawn"},
    {"pay_bill", "bill_paid"},
    {"receive_transfer", "transfer_received"},
    {"send_transfer", "transfer_sent"},
    {"credit_interest", "interest_credited"},
    {"charge_fee", "fee_charged"},
    {"move_float", "float_moved"},
    {"issue_service_certificate", "service_certificate_issued"},
    {"reverse_event", "event_reversed"},
    {"void_serial", "serial_voided"},
    {"approve_request", "request_approved"},
    {"refuse_request", "request_refused"},
    {"enrol_terminal", "terminal_enrolled"},
    {"retire_terminal", "terminal_retired"},
    {"register_member", "member_registered"},
    {"update_member", "member_updated"},
    {"register_entry", "entry_registered"},
    {"update_entry", "entry_updated"},
    {"adopt_policy", "policy_adopted"},
    {"found_ledger", "ledger_founded"},
    {"assign_terminal", "terminal_assigned"},
};

constexpr AccountText kAccounts[] = {
    {AccountKind::kDrawer, {"cash in the drawer", "钱箱现金"}, false},
    {AccountKind::kStock, {"goods in stock", "商品库存"}, false},
    {AccountKind::kSubsidy, {"subsidy to claim", "应收补贴"}, false},
    {AccountKind::kMealCard, {"meal card", "饭卡余额"}, true},
    {AccountKind::kPoints, {"points to spend", "可用积分"}, true},
    {AccountKind::kDueToBank, {"cash due to the bank", "应交银行现金"}, true},
    {AccountKind::kCanteenSales, {"canteen sales", "食堂收入"}, true},
    {AccountKind::kPointsRedeemed, {"points redeemed", "已兑换积分"}, true},
    {AccountKind::kPointsIssued, {"points issued", "已发放积分"}, false},
    {AccountKind::kPointsMeals, {"meals paid by points", "积分抵餐费"}, false},
    {AccountKind::kOverShort, {"over (below zero: short)", "长款（负数为短款）"}, true},
    {AccountKind::kHours, {"time served", "服务时长"}, true},
    {AccountKind::kServed, {"time served, by kind", "分类服务时长"}, false},
    {AccountKind::kStockReceived, {"goods that came in", "累计入库"}, true},
    {AccountKind::kStockGiven, {"goods given for points", "累计兑出"}, false},
    {AccountKind::kBankHeld, {"held by the bank for customers", "银行代保管款项"}, false},
    {AccountKind::kDemand, {"demand account", "活期存款"}, true},
    {AccountKind::kTimeDeposit, {"time deposit", "定期存款"}, true},
    {AccountKind::kBillsPaid, {"bills paid", "代缴总额"}, false},
    {AccountKind::kBiller, {"bills paid to the biller", "收费单位代缴额"}, true},
};

const Word* FindWord(const google::protobuf::EnumDescriptor* type, int number) {
  for (const Word& word : WordsOf(type)) {
    if (word.number == number) return &word;
  }
  return nullptr;
}

}  // namespace

std::span<const Word> WordsOf(const google::protobuf::EnumDescriptor* type) {
  if (type == v1::Role_descriptor()) return kRoles;
  if (type == v1::AgeBand_descriptor()) return kAgeBands;
  if (type == v1::EntryKind_descriptor()) return kEntryKinds;
  if (type == v1::Payment_descriptor()) return kPayments;
  if (type == v1::Funding_descriptor()) return kFundings;
  if (type == v1::FloatDirection_descriptor()) return kFloatDirections;
  if (type == v1::HistoryKind_descriptor()) return kHistoryKinds;
  return {};
}

std::string WordOf(const google::protobuf::EnumDescriptor* type, int number) {
  if (const Word* word = FindWord(type, number)) return std::string(word->word);
  if (number == 0) return "unspecified";
  const auto* value = type->FindValueByNumber(number);
  return value != nullptr ? value->name() : std::to_string(number);
}

std::string TextOf(Lang lang, const google::protobuf::EnumDescriptor* type, int number) {
  if (const Word* word = FindWord(type, number)) return std::string(word->text.In(lang));
  return number == 0 ? "" : std::to_string(number);
}

std::map<std::string, int> ChoicesOf(const google::protobuf::EnumDescriptor* type) {
  std::map<std::string, int> choices;
  for (const Word& word : WordsOf(type)) choices.emplace(word.word, word.number);
  return choices;
}

std::string EventText(Lang lang, std::string_view event) {
  for (const NamedText& row : kEvents) {
    if (row.name == event) return std::string(row.text.In(lang));
  }
  return std::string(event);
}

const AccountText& TextOf(AccountKind kind) {
  for (const AccountText& row : kAccounts) {
    if (row.kind == kind) return row;
  }
  REDVEST_CHECK(!"every kind of account has its text");
}

std::string AccountName(Lang lang, const Account& account) {
  const std::string what(TextOf(account.kind).text.In(lang));
  const std::optional<IdKind> kind = IdKindOf(account.kind);
  if (!kind.has_value() || account.id == 0) return what;
  const std::string id = FormatId(*kind, account.id);
  if (lang == Lang::kZh) return id + " 的" + what;
  // These ids name the account itself.
  const bool own = kind == IdKind::kBankAccount || kind == IdKind::kCertificate;
  return what + (own ? " " : " of ") + id;
}

std::string CommandText(Lang lang, std::string_view command) {
  if (lang == Lang::kEn) return absl::StrReplaceAll(ToAbsl(command), {{"_", " "}});
  for (const CommandEvent& row : kCommands) {
    if (row.command == command) return EventText(lang, row.event);
  }
  return std::string(command);
}

Bilingual UnitText(Unit unit) {
  switch (unit) {
    case Unit::kFen:
      return {"yuan", "元"};
    case Unit::kPoints:
      return {"points", "分"};
    case Unit::kMinutes:
      return {"minutes", "分钟"};
    case Unit::kPieces:
      return {"pieces", "件"};
  }
  return {"", ""};
}

std::string FormatAmount(Unit unit, int64_t amount) {
  return unit == Unit::kFen ? FormatYuan(amount) : FormatCount(amount);
}

std::optional<IdKind> IdKindOf(AccountKind kind) {
  switch (kind) {
    case AccountKind::kDrawer:
    case AccountKind::kOverShort:
      return IdKind::kTerminal;
    case AccountKind::kStock:
    case AccountKind::kStockReceived:
    case AccountKind::kStockGiven:
      return IdKind::kGood;
    case AccountKind::kSubsidy:
      return IdKind::kFunder;
    case AccountKind::kMealCard:
    case AccountKind::kPoints:
    case AccountKind::kHours:
      return IdKind::kMember;
    case AccountKind::kServed:
      return IdKind::kServiceKind;
    case AccountKind::kDemand:
      return IdKind::kBankAccount;
    case AccountKind::kTimeDeposit:
      return IdKind::kCertificate;
    case AccountKind::kBiller:
      return IdKind::kBiller;
    default:
      return std::nullopt;
  }
}

IdKind IdKindOf(v1::EntryKind kind) {
  switch (kind) {
    case v1::ENTRY_KIND_GOOD:
      return IdKind::kGood;
    case v1::ENTRY_KIND_BILLER:
      return IdKind::kBiller;
    case v1::ENTRY_KIND_FUNDER:
      return IdKind::kFunder;
    case v1::ENTRY_KIND_SERVICE_KIND:
      return IdKind::kServiceKind;
    default:
      return IdKind::kTeam;
  }
}

}  // namespace redvest::client
