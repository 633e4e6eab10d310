#include "clients/import_reasons.h"

namespace redvest::client {
namespace {

struct ReasonText {
  v1::ErrorReason reason;
  Bilingual text;
};

// Reasons of declines; other refusals are told with their whole sentence.
constexpr ReasonText kReasons[] = {
    {v1::ERROR_REASON_ROLE_FORBIDS, {"not for a terminal of this role", "终端角色不允许"}},
    {v1::ERROR_REASON_OCCURRED_IN_FUTURE, {"dated after the ledger's clock", "时间晚于账本时钟"}},
    {v1::ERROR_REASON_NO_POLICY, {"no policy in force on that date", "当日没有生效的制度"}},
    {v1::ERROR_REASON_INSUFFICIENT_BALANCE, {"not enough there", "余额不足"}},
    {v1::ERROR_REASON_BALANCE_OVERFLOW, {"balance beyond 64 bits", "余额超出 64 位"}},
    {v1::ERROR_REASON_DAY_CLOSED, {"the drawer's day is closed", "当日已日结"}},
    {v1::ERROR_REASON_MEMBER_UNKNOWN, {"no such member", "没有这位居民"}},
    {v1::ERROR_REASON_NOT_A_VOLUNTEER, {"not a volunteer", "不是志愿者"}},
    {v1::ERROR_REASON_MEMBER_INACTIVE, {"member no longer here", "居民已停用"}},
    {v1::ERROR_REASON_ENTRY_UNKNOWN, {"no such team, good, biller or kind", "名录中没有该项"}},
    {v1::ERROR_REASON_ENTRY_RETIRED, {"team, good, biller or kind is retired", "名录中该项已停用"}},
    {v1::ERROR_REASON_TERMINAL_NOT_ACTIVE, {"no such active terminal", "终端不存在或已停用"}},
    {v1::ERROR_REASON_LAST_OFFICE, {"the last office terminal", "最后一个办公室终端"}},
    {v1::ERROR_REASON_SERVICE_OVERLAPS, {"in two places at once", "同一时间已有另一次服务"}},
    {v1::ERROR_REASON_SERVICE_KIND_NOT_IN_POLICY, {"the policy has no rate for it", "制度未列该类服务"}},
    {v1::ERROR_REASON_GOOD_NOT_IN_POLICY, {"the policy has no price for it", "制度未列该商品"}},
    {v1::ERROR_REASON_SELF_SERVICE, {"served themselves", "服务对象是本人"}},
    {v1::ERROR_REASON_SERVED_DIFFERS, {"not the book's figures of service", "与账上服务记录不符"}},
    {v1::ERROR_REASON_MEALS_PER_DAY_EXCEEDED, {"more meals than a day allows", "超过每日份数"}},
    {v1::ERROR_REASON_POINTS_NOT_TAKEN, {"points do not pay for this meal", "该餐不收积分"}},
    {v1::ERROR_REASON_MEAL_CARD_LIMIT, {"the meal card would hold too much", "饭卡余额超过上限"}},
    {v1::ERROR_REASON_BANK_ACCOUNT_UNKNOWN, {"no such bank account", "没有这个账户"}},
    {v1::ERROR_REASON_TIME_DEPOSIT_UNKNOWN, {"no such time deposit", "没有这张存单"}},
    {v1::ERROR_REASON_WITHDRAWAL_CAP, {"over the cap per card and day", "超过每卡每日支取上限"}},
    {v1::ERROR_REASON_WITHDRAWAL_MULTIPLE, {"not in the policy's multiples", "不是规定的整数倍"}},
    {v1::ERROR_REASON_TERM_NOT_IN_POLICY, {"the policy has no rate for that term", "制度未列该存期"}},
    {v1::ERROR_REASON_EVENT_UNKNOWN, {"no such event", "没有该事件"}},
    {v1::ERROR_REASON_ALREADY_REVERSED, {"reversed before", "已经冲正过"}},
    {v1::ERROR_REASON_NOT_REVERSIBLE, {"cannot be reversed", "不能冲正"}},
    {v1::ERROR_REASON_NOT_YOUR_EVENT, {"another terminal's event", "其他终端的事件"}},
    {v1::ERROR_REASON_REQUEST_UNKNOWN, {"no such request for approval", "没有该申请"}},
    {v1::ERROR_REASON_REQUEST_CLOSED, {"approved or refused before", "该申请已复核"}},
    {v1::ERROR_REASON_SAME_PERSON, {"takes a second person", "须由另一人复核"}},
};

}  // namespace

Bilingual ShortReason(v1::ErrorReason reason) {
  for (const ReasonText& row : kReasons) {
    if (row.reason == reason) return row.text;
  }
  return {"another reason", "其他原因"};
}

std::string ReasonName(v1::ErrorReason reason) {
  constexpr size_t kPrefix = std::string_view("ERROR_REASON_").size();
  const std::string& name = v1::ErrorReason_Name(reason);
  return name.size() > kPrefix ? name.substr(kPrefix) : std::to_string(static_cast<int>(reason));
}

}  // namespace redvest::client
