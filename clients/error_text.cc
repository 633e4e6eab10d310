#include "clients/error_text.h"

#include <optional>

#include "clients/ledger_phrases.h"
#include "clients/words.h"
#include "ledger/accounting/account.h"
#include "ledger/base/error.h"
#include "ledger/base/ids.h"

namespace redvest::client {
namespace {

struct ReasonText {
  v1::ErrorReason reason;
  std::string_view zh;
  // Where the ledger's own sentence speaks of fen or milliseconds; empty = that sentence.
  std::string_view en = {};
};

constexpr ReasonText kReasonTexts[] = {
    {v1::ERROR_REASON_UNSPECIFIED, "未说明原因"},
    {v1::ERROR_REASON_MESSAGE_MALFORMED, "请求无法读取：请按该方法的消息格式发送，文字须为 UTF-8 编码"},
    {v1::ERROR_REASON_FIELD_INVALID, "字段 {field} 缺失或超出范围：{rule}"},
    {v1::ERROR_REASON_ID_CHECK_FAILED,
     "“{id}”不是有效编号：有字符写错或缺失，请照印出的样子重新输入，例如 M1234-70"},
    {v1::ERROR_REASON_ACCOUNT_NAME_INVALID,
     "“{account}”不是账户名；账户名形如 liabilities:meal-card:1234，可在试算平衡表（trial-balance）中查到"},
    {v1::ERROR_REASON_PAGE_TOKEN_INVALID, "翻页标记不是本对账单给出的，请从第一页重新开始"},
    {v1::ERROR_REASON_TERMINAL_UNKNOWN, "终端 {terminal} 没有登记；请由社区办公室登记，或核对终端号"},
    {v1::ERROR_REASON_TERMINAL_RETIRED, "终端 {terminal} 已停用；请换用其他终端，或由社区办公室登记新终端"},
    {v1::ERROR_REASON_SERIAL_REUSED,
     "流水号 {serial} 已用于另一笔业务（第 {sequence} 号事件）；请使用该终端的下一个流水号"},
    {v1::ERROR_REASON_SERIAL_GAP, "前面还缺业务：账本等待的流水号是 {expected_serial}，请先补发"},
    {v1::ERROR_REASON_QUEUE_FULL, "账本正忙；请稍候用同一流水号重试"},
    {v1::ERROR_REASON_DEADLINE_PASSED, "超过时限仍未完成，没有记账；请用同一流水号重试"},
    {v1::ERROR_REASON_LEDGER_STOPPED, "账本已停止；恢复运行后，请用同一流水号再次查询结果"},
    {v1::ERROR_REASON_NOT_FOUND, "没有找到{what} {id}"},
    {v1::ERROR_REASON_BATCH_TOO_LARGE, "一次发送过多：{what}最多 {limit}；请分批发送"},
    {v1::ERROR_REASON_NOT_REACHED, "账本还没有记到第 {sequence} 号事件；请填较小的事件号或较早的时间"},
    {v1::ERROR_REASON_COSIGNATURE_REFUSED, "见证人“{witness}”的签名不予接收：{rule}"},
    {v1::ERROR_REASON_ROLE_FORBIDS, "终端 {terminal} 的角色是“{role}”，不能办理此业务"},
    {v1::ERROR_REASON_OCCURRED_IN_FUTURE, "发生时间晚于账本时钟（{recorded_at_unix_ms}）；请核对终端时钟",
     "it is said to have happened after the ledger's clock ({recorded_at_unix_ms}); check the terminal's "
     "clock"},
    {v1::ERROR_REASON_NO_POLICY, "{date} 没有生效的制度；请由社区办公室先发布"},
    {v1::ERROR_REASON_INSUFFICIENT_BALANCE,
     "余额不足：{account}现有 {balance} {unit}，不够 {amount}；最低不得少于 {limit}",
     "{account} has {balance} {unit}, not enough for {amount}; it may not go below {limit}"},
    {v1::ERROR_REASON_BALANCE_OVERFLOW, "{account} 的余额将大到无法计数"},
    {v1::ERROR_REASON_DAY_CLOSED, "该钱箱 {date} 已日结；请记入次日，或由社区办公室更正"},
    {v1::ERROR_REASON_MEMBER_UNKNOWN, "没有居民 {member}；请先登记"},
    {v1::ERROR_REASON_NOT_A_VOLUNTEER, "居民 {member} 不是志愿者；请由社区办公室更新资料"},
    {v1::ERROR_REASON_MEMBER_INACTIVE, "居民 {member} 已停用；请由社区办公室更新资料"},
    {v1::ERROR_REASON_ENTRY_UNKNOWN, "没有{kind} {entry}；请先登记"},
    {v1::ERROR_REASON_ENTRY_RETIRED, "{kind} {entry} 已停用；请另选"},
    {v1::ERROR_REASON_TERMINAL_NOT_ACTIVE, "没有在用的终端 {terminal}"},
    {v1::ERROR_REASON_LAST_OFFICE, "终端 {terminal} 是最后一个办公室终端；请先登记另一个再停用它"},
    {v1::ERROR_REASON_SERVICE_OVERLAPS,
     "志愿者 {member} 在该时段已有服务记录（{start_unix_ms} 至 {end_unix_ms}）",
     "member {member} has a service recorded at that time already ({start_unix_ms} to {end_unix_ms})"},
    {v1::ERROR_REASON_SERVICE_KIND_NOT_IN_POLICY, "当日制度没有规定服务类别 {service_kind} 的积分"},
    {v1::ERROR_REASON_GOOD_NOT_IN_POLICY, "当日制度没有规定商品 {good} 的兑换积分"},
    {v1::ERROR_REASON_SELF_SERVICE, "居民 {member} 不能为自己服务"},
    {v1::ERROR_REASON_SERVED_DIFFERS, "证明所列的服务与账本所记 {member} 的不符；请重新出具"},
    {v1::ERROR_REASON_MEALS_PER_DAY_EXCEEDED,
     "居民 {member} 当日将达 {portions} 份；制度规定每日最多 {limit} 份"},
    {v1::ERROR_REASON_POINTS_NOT_TAKEN, "按制度，居民 {member} 的餐费不能用积分支付"},
    {v1::ERROR_REASON_MEAL_CARD_LIMIT, "充值后饭卡将有 {balance_fen} 元；制度规定最多 {limit_fen} 元",
     "the card would hold {balance_fen} yuan; the policy allows {limit_fen}"},
    {v1::ERROR_REASON_BANK_ACCOUNT_UNKNOWN, "没有银行账户 {account_id}；请先开户"},
    {v1::ERROR_REASON_TIME_DEPOSIT_UNKNOWN, "没有定期存单 {certificate}"},
    {v1::ERROR_REASON_WITHDRAWAL_CAP,
     "当日现金支取将达 {withdrawn_fen} 元；制度规定每卡每日最多 {limit_fen} 元",
     "that makes {withdrawn_fen} yuan in cash on that day; the policy allows {limit_fen} a card and day"},
    {v1::ERROR_REASON_WITHDRAWAL_MULTIPLE, "现金支取须为 {multiple_fen} 元的整数倍；请另填金额",
     "cash is paid out in multiples of {multiple_fen} yuan; choose another amount"},
    {v1::ERROR_REASON_TERM_NOT_IN_POLICY, "当日制度没有 {term_months} 个月定期的利率"},
    {v1::ERROR_REASON_EVENT_UNKNOWN, "没有第 {sequence} 号事件"},
    {v1::ERROR_REASON_ALREADY_REVERSED, "第 {sequence} 号事件已经冲正"},
    {v1::ERROR_REASON_NOT_REVERSIBLE, "第 {sequence} 号事件属于不能冲正的种类"},
    {v1::ERROR_REASON_NOT_YOUR_EVENT, "该事件属于终端 {terminal}；只有该终端或社区办公室可以冲正"},
    {v1::ERROR_REASON_REQUEST_UNKNOWN,
     "第 {sequence} 号事件不是待复核的申请；可用 redvest approval list 查看"},
    {v1::ERROR_REASON_REQUEST_CLOSED, "第 {sequence} 号申请此前已经复核，不能再办"},
    {v1::ERROR_REASON_SAME_PERSON,
     "须由另一人复核：两个终端都要指定负责人，且不是同一人（终端 {terminal}）；可用 redvest terminal assign "
     "指定"},
};

const ReasonText* FindReason(v1::ErrorReason reason) {
  for (const ReasonText& row : kReasonTexts) {
    if (row.reason == reason) return &row;
  }
  return nullptr;
}

// Facts whose number is the id of something.
struct IdFact {
  std::string_view name;
  IdKind kind;
};
constexpr IdFact kIdFacts[] = {
    {"terminal", IdKind::kTerminal},        {"member", IdKind::kMember},
    {"service_kind", IdKind::kServiceKind}, {"good", IdKind::kGood},
    {"account_id", IdKind::kBankAccount},   {"certificate", IdKind::kCertificate},
};

std::optional<IdKind> EntryIdKind(std::string_view kind) {
  if (kind == "team") return IdKind::kTeam;
  if (kind == "good") return IdKind::kGood;
  if (kind == "biller") return IdKind::kBiller;
  if (kind == "funder") return IdKind::kFunder;
  if (kind.find("service") != std::string_view::npos) return IdKind::kServiceKind;
  return std::nullopt;
}

std::string_view FactText(const v1::ErrorDetail& detail, std::string_view name) {
  for (const v1::Fact& fact : detail.facts()) {
    if (fact.name() == name) return fact.text();
  }
  return {};
}

// Writes the facts as people read them: this is what makes "3 500" into "M3-11" or "5.00".
class Humaniser {
 public:
  Humaniser(Lang lang, absl::TimeZone zone, const v1::ErrorDetail& detail)
      : lang_(lang), zone_(zone), detail_(detail) {}

  v1::ErrorDetail Run() const {
    v1::ErrorDetail result = detail_;
    for (v1::Fact& fact : *result.mutable_facts()) {
      std::string text =
          fact.text().empty() ? NumberText(fact.name(), fact.number()) : WordText(fact.name(), fact.text());
      fact.set_text(std::move(text));
    }
    return result;
  }

 private:
  std::string NumberText(std::string_view name, int64_t number) const {
    if (name.ends_with("_fen")) return FormatYuan(number);
    if (name.ends_with("_unix_ms")) return FormatMoment(number, zone_);
    const bool money = FactText(detail_, "unit") == "fen";
    if (money && (name == "balance" || name == "amount" || name == "limit")) return FormatYuan(number);
    if (std::optional<IdKind> kind = KindOf(name); kind.has_value() && IsId(number)) {
      return FormatId(*kind, static_cast<uint64_t>(number));
    }
    return std::to_string(number);
  }

  std::string WordText(std::string_view name, const std::string& text) const {
    if (name == "account") {
      const std::optional<Account> account = ParseAccount(text);
      return account.has_value() ? AccountName(lang_, *account) : text;
    }
    const std::string word = name == "unit" && text == "fen" ? "yuan" : text;
    return lang_ == Lang::kZh ? ChineseOf(word) : word;
  }

  std::optional<IdKind> KindOf(std::string_view name) const {
    if (name == "entry") return EntryIdKind(FactText(detail_, "kind"));
    if (name == "id") return WhatKind(FactText(detail_, "what"));
    for (const IdFact& row : kIdFacts) {
      if (row.name == name) return row.kind;
    }
    return std::nullopt;
  }

  static std::optional<IdKind> WhatKind(std::string_view what) {
    if (what == "member") return IdKind::kMember;
    if (what == "terminal") return IdKind::kTerminal;
    if (what == "bank account") return IdKind::kBankAccount;
    if (what == "time deposit" || what == "certificate") return IdKind::kCertificate;
    return EntryIdKind(what);
  }

  static bool IsId(int64_t number) { return number >= 1 && number <= static_cast<int64_t>(kIdMax); }

  const Lang lang_;
  const absl::TimeZone zone_;
  const v1::ErrorDetail& detail_;
};

std::string WithoutReason(Lang lang, const CallError& error, std::string_view address) {
  const std::string server(address);
  switch (error.code) {
    case grpc::StatusCode::UNAVAILABLE:
      return Fill(
          Bilingual{"the server at {server} cannot be reached; start redvestd, or name another with --server",
                    "连接不上服务器 {server}；请启动 redvestd，或用 --server 指定其他地址"}
              .In(lang),
          {{"server", server}});
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return Fill(
          Bilingual{"the server at {server} did not answer in time; try again, or wait longer with --timeout",
                    "服务器 {server} 未在时限内答复；请重试，或用 --timeout 延长等待"}
              .In(lang),
          {{"server", server}});
    case grpc::StatusCode::UNIMPLEMENTED:
      return Fill(Bilingual{"the server at {server} does not know this call: it is older, or another program",
                            "服务器 {server} 不认识此调用：版本较旧，或不是本系统的服务"}
                      .In(lang),
                  {{"server", server}});
    case grpc::StatusCode::DATA_LOSS:
      return Fill(Bilingual{"what the server at {server} gave cannot be trusted: {message}",
                            "服务器 {server} 给出的内容不可信：{message}"}
                      .In(lang),
                  {{"server", server}, {"message", error.message}});
    default:
      return Fill(
          Bilingual{"the server at {server} answered: {message}", "服务器 {server} 答复：{message}"}.In(lang),
          {{"server", server}, {"message", error.message}});
  }
}

}  // namespace

std::string_view HumanPatternOf(Lang lang, v1::ErrorReason reason) {
  const ReasonText* row = FindReason(reason);
  if (row == nullptr) return PatternOf(reason);
  if (lang == Lang::kZh) return row->zh;
  return row->en.empty() ? PatternOf(reason) : row->en;
}

std::string ErrorText(Lang lang, const CallError& error, std::string_view address, absl::TimeZone zone) {
  const v1::ErrorReason reason = error.detail.reason();
  if (reason == v1::ERROR_REASON_UNSPECIFIED) return WithoutReason(lang, error, address);
  // A reason that a newer server knows: its own sentence says more than nothing.
  if (FindReason(reason) == nullptr) return error.message;
  return FillIn(HumanPatternOf(lang, reason), Humaniser(lang, zone, error.detail).Run());
}

}  // namespace redvest::client
