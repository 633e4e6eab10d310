#include "ledger/projection/row_text.h"

#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "ledger/accounting/account.h"
#include "ledger/base/bytes.h"
#include "ledger/base/calendar.h"
#include "ledger/base/text.h"
#include "ledger/projection/business_dates.h"
#include "ledger/projection/calendar_rows.h"
#include "ledger/projection/projection.h"
#include "ledger/projection/tree.h"

namespace redvest {
namespace {

// Nothing where the key is not of the form; the grammar is in ledger/docs/log_format.md.
using Text = std::optional<std::string>;

std::optional<std::string> ReadAccount(ByteReader* key) {
  uint64_t kind, id;
  if (!key->BigEndian(&kind, 1) || !key->BigEndian(&id) || kind < 1 || kind > kAccountKindCount) {
    return std::nullopt;
  }
  return FormatAccount({static_cast<AccountKind>(kind), id});
}

std::optional<std::string> ReadDate(ByteReader* key) {
  int32_t day;
  if (!ReadDay(key, &day)) return std::nullopt;
  return FormatDay(DayFromNumber(day));
}

Text OfAccounts(char prefix, ByteReader key) {
  const std::optional<std::string> account = ReadAccount(&key);
  uint64_t first;
  if (!account.has_value()) return std::nullopt;
  if (prefix == 'A') return absl::StrCat("the balance and the newest entries of ", *account);
  if (prefix != 'B' || !key.BigEndian(&first)) return std::nullopt;
  return absl::StrCat("the entries of ", *account, " from event ", first, " on");
}

Text OfSerials(ByteReader key) {
  uint64_t terminal, serial;
  if (!key.BigEndian(&terminal) || !key.BigEndian(&serial)) return std::nullopt;
  return absl::StrCat("the serials of terminal ", terminal, " from ", serial, " on");
}

Text OfDays(char prefix, ByteReader key) {
  uint64_t terminal;
  if (prefix == 'C' && key.BigEndian(&terminal))
    return absl::StrCat("the closed days of terminal ", terminal);
  const std::optional<std::string> day = prefix == 'D' ? ReadDate(&key) : std::nullopt;
  if (!day.has_value()) return std::nullopt;
  return absl::StrCat("a figure of ", *day);
}

Text OfTree(char prefix, ByteReader key) {
  uint64_t index;
  const int shift = kTreeLevelBits * prefix;
  if (prefix < 1 || shift >= 64 || !key.BigEndian(&index) || index >= UINT64_MAX >> shift)
    return std::nullopt;
  return absl::StrCat("the root of events ", (index << shift) + 1, " to ", (index + 1) << shift);
}

Text OfCalendar(char prefix, ByteReader key) {
  uint64_t number, sequence;
  switch (prefix) {
    case calendar::kMomentPrefix:
      if (!key.BigEndian(&number) || !key.BigEndian(&sequence)) return std::nullopt;
      return absl::StrCat("the time of event ", sequence);
    case calendar::kBalancePrefix: {
      const std::optional<std::string> account = ReadAccount(&key);
      if (!account.has_value()) return std::nullopt;
      return absl::StrCat("the balances of ", *account, " by business date");
    }
    case 'C':
      if (!key.BigEndian(&number)) return std::nullopt;
      return absl::StrCat("the closed days of terminal ", number);
    case 'D': {
      const std::optional<std::string> day = ReadDate(&key);
      if (!day.has_value() || !key.BigEndian(&sequence)) return std::nullopt;
      return absl::StrCat("the events of ", *day, " from event ", sequence, " on");
    }
    default:
      return std::nullopt;
  }
}

Text Of(TableId table, std::string_view key) {
  if (key.empty()) return std::nullopt;
  const char prefix = key.front();
  const ByteReader rest(key.substr(1));
  switch (table) {
    case TableId::kAccounts:
      return OfAccounts(prefix, rest);
    case TableId::kSerials:
      return OfSerials(ByteReader(key));
    case TableId::kDays:
      return key == kZoneKey ? "the time zone" : OfDays(prefix, rest);
    case TableId::kTree:
      return key == kTreeOpenEndKey ? "the tree's open end" : OfTree(prefix, rest);
    case TableId::kCalendar:
      return key == kZoneKey ? "the time zone" : OfCalendar(prefix, rest);
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string RowText(TableId table, std::string_view key) {
  const Text text = key == kPositionKey ? "the position" : Of(table, key);
  return text.has_value() ? absl::StrCat("the row of ", *text)
                          : absl::StrCat("the row ", absl::BytesToHexString(ToAbsl(key)));
}

}  // namespace redvest
