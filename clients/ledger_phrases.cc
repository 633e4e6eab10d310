#include "clients/ledger_phrases.h"

#include <vector>

namespace redvest::client {
namespace {

struct Phrase {
  std::string_view en;
  std::string_view zh;
};

// A '#' stands for a number.
constexpr Phrase kPhrases[] = {
    // What an error is about.
    {"team", "队伍"},
    {"good", "商品"},
    {"biller", "收费单位"},
    {"funder", "补贴单位"},
    {"kind of service", "服务类别"},
    {"service kind", "服务类别"},
    {"member", "居民"},
    {"terminal", "终端"},
    {"bank account", "银行账户"},
    {"certificate", "定期存单"},
    {"policy version", "制度版本"},
    {"commands in a batch", "每批业务笔数"},
    // Roles.
    {"volunteer station", "志愿服务站"},
    {"canteen till", "食堂收银台"},
    {"bank counter", "金融服务柜台"},
    {"import", "导入"},
    {"office", "社区办公室"},
    {"terminal without a role", "无角色终端"},
    // Units.
    {"yuan", "元"},
    {"points", "分"},
    {"minutes", "分钟"},
    {"pieces", "件"},
    // Rules of fields.
    {"from # to #", "应为 # 到 #"},
    {"from # to #, or # for #", "应为 # 到 #，或 # 表示 #"},
    {"from # to # of them", "应为 # 到 # 个"},
    {"an id from # to #", "应为 # 到 # 的编号"},
    {"#, or an id from # to #", "应为 #，或 # 到 # 的编号"},
    {"from # to # bytes of UTF-# text without control characters",
     "应为 # 到 # 字节的 UTF-# 文字，不含控制字符"},
    {"milliseconds since #, years # to #", "应为 # 年以来的毫秒数，年份 # 到 #"},
    {"a date that exists, years # to #", "应为存在的日期，年份 # 到 #"},
    {"a date that exists, # to #", "应为存在的日期，年份 # 到 #"},
    {"one of the values of its enum", "不在可选值之内"},
    {"one of the kinds of entries", "应为名录的一种类别"},
    {"names of events, such as meal_sold", "应为事件名，例如 meal_sold"},
    {"guests pay in cash", "散客只收现金"},
    {"# to # minutes after start_unix_ms", "须在开始之后 # 到 # 分钟"},
    {"not after occurred_at_unix_ms", "不得晚于发生时间"},
    {"left out where start and end are given", "已给出起止时间时不填"},
    {"the service must have ended by occurred_at_unix_ms", "服务须在发生时间之前结束"},
    {"left out where the bill is paid in cash", "现金缴费时不填"},
    {"an elder has an age band of # or more", "享受敬老价须在 # 岁以上年龄段"},
    {"must be there", "必填"},
    {"it must be set", "必填"},
    {"an IANA time zone, such as Asia/Shanghai", "应为 IANA 时区，例如 Asia/Shanghai"},
    {"a kind of service at most once", "同一服务类别只能出现一次"},
    {"a good at most once", "同一商品只能出现一次"},
    {"an age band at most once", "同一年龄段只能出现一次"},
    {"a term at most once", "同一存期只能出现一次"},
    {"must be there where a meal is subsidised", "有补贴时必填"},
    {"# or #", "应为 # 或 #"},
    {"at most # kinds of service and # goods", "最多 # 种服务类别和 # 种商品"},
    {"a number from #", "应为不小于 # 的数"},
    {"at most # bytes in all", "总共最多 # 字节"},
    {"from # to # kinds of service", "应为 # 到 # 种服务类别"},
    {"in the order of the kinds' ids", "应按类别编号排列"},
    {"# bytes", "应为 # 字节"},
    {"one command must be set", "须恰有一项业务"},
    {"each without terminal_id and serial, which the batch gives", "不带终端和流水号，由批次给出"},
};

bool IsPartOfNumber(std::string_view text, size_t at) {
  const auto digit = [&](size_t i) { return i < text.size() && text[i] >= '0' && text[i] <= '9'; };
  return digit(at) || (text[at] == ',' && at > 0 && digit(at - 1) && digit(at + 1));
}

// `text` with '#' for every number, which go to `numbers`.
std::string WithoutNumbers(std::string_view text, std::vector<std::string>& numbers) {
  std::string pattern;
  for (size_t at = 0; at < text.size(); ++at) {
    if (!IsPartOfNumber(text, at)) {
      pattern += text[at];
      continue;
    }
    if (pattern.empty() || pattern.back() != '#') {
      pattern += '#';
      numbers.emplace_back();
    }
    numbers.back() += text[at];
  }
  return pattern;
}

}  // namespace

std::string ChineseOf(std::string_view english) {
  std::vector<std::string> numbers;
  const std::string pattern = WithoutNumbers(english, numbers);
  for (const Phrase& phrase : kPhrases) {
    if (phrase.en != pattern) continue;
    std::string chinese;
    size_t next = 0;
    for (char c : phrase.zh) {
      if (c == '#' && next < numbers.size()) {
        chinese += numbers[next++];
      } else {
        chinese += c;
      }
    }
    return chinese;
  }
  return std::string(english);
}

}  // namespace redvest::client
