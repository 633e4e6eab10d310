// The words for what the protocol numbers: enums, kinds of events, kinds of accounts. One word that programs
// and command lines use, and what people call it in both languages.
#ifndef REDVEST_CLIENTS_WORDS_H_
#define REDVEST_CLIENTS_WORDS_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/generated_enum_reflection.h>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "clients/text.h"
#include "ledger/accounting/account.h"
#include "ledger/base/ids.h"
#include "redvest/v1/types.pb.h"

namespace redvest::client {

struct Word {
  int number;
  std::string_view word;
  Bilingual text;
};

// The words of an enum of the protocol; none for an enum that people do not choose from. Value 0 is not
// listed.
std::span<const Word> WordsOf(const google::protobuf::EnumDescriptor* type);

// The word of a value: "meal-card". "unspecified" for 0, the number for values that this program does not
// know.
std::string WordOf(const google::protobuf::EnumDescriptor* type, int number);
// What people call it; empty for 0.
std::string TextOf(Lang lang, const google::protobuf::EnumDescriptor* type, int number);

template <typename Enum>
std::string TextOf(Lang lang, Enum value) {
  return TextOf(lang, google::protobuf::GetEnumDescriptor<Enum>(), static_cast<int>(value));
}

// Word to number, as CLI11's CheckedTransformer takes it.
std::map<std::string, int> ChoicesOf(const google::protobuf::EnumDescriptor* type);

// What people call a kind of event, by its field name in Event: "meal_sold". The name itself where it is not
// known.
std::string EventText(Lang lang, std::string_view event);

// How people read an account.
struct AccountText {
  AccountKind kind;
  Bilingual text;
  // It normally stands on the credit side, and is shown above zero there.
  bool credit_normal;
};
const AccountText& TextOf(AccountKind kind);

// "meal card of M12-58", "M12-58 的饭卡余额".
std::string AccountName(Lang lang, const Account& account);

// "yuan", "points", "minutes", "pieces".
Bilingual UnitText(Unit unit);
// An amount as people read it: yuan with two decimals, counts in groups of three.
std::string FormatAmount(Unit unit, int64_t amount);

// What people call a command, by its field name in Command: "sell_meal".
std::string CommandText(Lang lang, std::string_view command);

// What the id of such an account names; nothing where it has none.
std::optional<IdKind> IdKindOf(AccountKind kind);
IdKind IdKindOf(v1::EntryKind kind);

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_WORDS_H_
