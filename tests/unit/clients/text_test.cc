#include "clients/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "clients/error_text.h"
#include "clients/ledger_phrases.h"
#include "clients/words.h"
#include "ledger/accounting/account.h"
#include "ledger/base/error.h"
#include "redvest/event/v1/event.pb.h"

namespace redvest::client {
namespace {

using ::testing::HasSubstr;

std::set<std::string> PlaceholdersOf(std::string_view pattern) {
  std::set<std::string> names;
  for (size_t open = pattern.find('{'); open != std::string_view::npos; open = pattern.find('{', open + 1)) {
    names.emplace(pattern.substr(open + 1, pattern.find('}', open) - open - 1));
  }
  return names;
}

TEST(CatalogueTest, EveryReasonHasItsSentenceInBothLanguagesWithTheSameFacts) {
  const auto* type = v1::ErrorReason_descriptor();
  for (int i = 0; i < type->value_count(); ++i) {
    const auto reason = static_cast<v1::ErrorReason>(type->value(i)->number());
    const std::string_view zh = HumanPatternOf(Lang::kZh, reason);
    EXPECT_NE(zh, PatternOf(reason)) << type->value(i)->name() << " has no Chinese sentence";
    EXPECT_EQ(PlaceholdersOf(zh), PlaceholdersOf(PatternOf(reason))) << type->value(i)->name();
    EXPECT_EQ(PlaceholdersOf(HumanPatternOf(Lang::kEn, reason)), PlaceholdersOf(PatternOf(reason)))
        << type->value(i)->name();
  }
}

TEST(CatalogueTest, EveryKindOfEventHasItsName) {
  const auto* body = event::v1::Event::descriptor()->FindOneofByName("body");
  for (int i = 0; i < body->field_count(); ++i) {
    EXPECT_NE(EventText(Lang::kZh, body->field(i)->name()), body->field(i)->name());
    EXPECT_NE(EventText(Lang::kEn, body->field(i)->name()), body->field(i)->name());
  }
}

TEST(CatalogueTest, EveryCommandHasItsName) {
  const auto* body = v1::Command::descriptor()->FindOneofByName("body");
  for (int i = 0; i < body->field_count(); ++i) {
    EXPECT_NE(CommandText(Lang::kZh, body->field(i)->name()), body->field(i)->name());
  }
  EXPECT_EQ(CommandText(Lang::kEn, "top_up_meal_card"), "top up meal card");
}

TEST(CatalogueTest, EveryAccountHasItsName) {
  for (const AccountRule& rule : kChartOfAccounts) {
    EXPECT_FALSE(TextOf(rule.kind).text.en.empty()) << rule.name;
    EXPECT_EQ(IdKindOf(rule.kind).has_value(), rule.has_id) << rule.name;
    if (rule.bound != Bound::kNone) {
      EXPECT_EQ(TextOf(rule.kind).credit_normal, rule.bound == Bound::kCredit) << rule.name;
    }
  }
}

TEST(CatalogueTest, EveryValueThatPeopleChooseHasItsWord) {
  for (const auto* type :
       {v1::Role_descriptor(), v1::AgeBand_descriptor(), v1::EntryKind_descriptor(), v1::Payment_descriptor(),
        v1::Funding_descriptor(), v1::FloatDirection_descriptor(), v1::HistoryKind_descriptor()}) {
    for (int i = 1; i < type->value_count(); ++i) {
      EXPECT_FALSE(TextOf(Lang::kZh, type, type->value(i)->number()).empty()) << type->value(i)->name();
      EXPECT_NE(WordOf(type, type->value(i)->number()), type->value(i)->name());
    }
  }
}

CallError Declined(v1::ErrorReason reason, std::initializer_list<ErrorFact> facts) {
  CallError error{grpc::StatusCode::FAILED_PRECONDITION, *DetailOf(MakeError(reason, facts)),
                  "for developers"};
  return error;
}

TEST(ErrorTextTest, SpeaksOfYuanAndWrittenIds) {
  const CallError short_of_money =
      Declined(v1::ERROR_REASON_INSUFFICIENT_BALANCE, {{"account", std::string("liabilities:meal-card:57")},
                                                       {"balance", 350},
                                                       {"unit", std::string("fen")},
                                                       {"amount", 700},
                                                       {"limit", -0}});
  const std::string english = ErrorText(Lang::kEn, short_of_money, "", absl::UTCTimeZone());
  EXPECT_THAT(english, HasSubstr("3.50 yuan"));
  EXPECT_THAT(english, HasSubstr("7.00"));
  const std::string chinese = ErrorText(Lang::kZh, short_of_money, "", absl::UTCTimeZone());
  EXPECT_THAT(chinese, HasSubstr("3.50 元"));
  EXPECT_THAT(chinese, HasSubstr("饭卡"));

  const CallError unknown =
      Declined(v1::ERROR_REASON_ENTRY_UNKNOWN, {{"kind", std::string("good")}, {"entry", 9}});
  EXPECT_THAT(ErrorText(Lang::kZh, unknown, "", absl::UTCTimeZone()),
              HasSubstr("商品 " + FormatId(IdKind::kGood, 9)));

  const CallError overlaps = Declined(v1::ERROR_REASON_SERVICE_OVERLAPS,
                                      {{"member", 57}, {"start_unix_ms", 0}, {"end_unix_ms", 60'000}});
  EXPECT_THAT(ErrorText(Lang::kEn, overlaps, "", absl::UTCTimeZone()),
              HasSubstr("1970-01-01 00:00:00 to 1970-01-01 00:01:00"));
}

TEST(ErrorTextTest, RulesOfFieldsAreTranslatedWithTheirNumbers) {
  EXPECT_EQ(ChineseOf("from 1 to 1440"), "应为 1 到 1440");
  EXPECT_EQ(ChineseOf("0, or an id from 1 to 999,999"), "应为 0，或 1 到 999,999 的编号");
  EXPECT_EQ(ChineseOf("something new"), "something new");
  const CallError invalid =
      Declined(v1::ERROR_REASON_FIELD_INVALID,
               {{"field", std::string("void_serial.reason")},
                {"rule", std::string("from 1 to 256 bytes of UTF-8 text without control characters")}});
  EXPECT_THAT(ErrorText(Lang::kZh, invalid, "", absl::UTCTimeZone()),
              HasSubstr("应为 1 到 256 字节的 UTF-8 文字"));
}

TEST(ErrorTextTest, AServerThatIsNotReachedIsNamed) {
  const CallError error{grpc::StatusCode::UNAVAILABLE, {}, "connect failed"};
  EXPECT_THAT(ErrorText(Lang::kEn, error, "127.0.0.1:7070", absl::UTCTimeZone()),
              HasSubstr("127.0.0.1:7070"));
  EXPECT_THAT(ErrorText(Lang::kZh, error, "127.0.0.1:7070", absl::UTCTimeZone()), HasSubstr("连接不上"));
}

TEST(FormatTest, MoneyIsGroupedAndHasTwoDecimals) {
  EXPECT_EQ(FormatYuan(0), "0.00");
  EXPECT_EQ(FormatYuan(-5), "-0.05");
  EXPECT_EQ(FormatYuan(123'450), "1,234.50");
  EXPECT_EQ(FormatYuan(INT64_MIN), "-92,233,720,368,547,758.08");
  EXPECT_EQ(FormatCount(1'234'567), "1,234,567");
  EXPECT_EQ(FormatMinutes(Lang::kEn, 150), "2 h 30 min");
  EXPECT_EQ(FormatMinutes(Lang::kZh, 120), "2 小时");
  EXPECT_EQ(FormatMinutes(Lang::kZh, 0), "0 分钟");
  EXPECT_EQ(FormatRate(13'500), "1.35%");
  EXPECT_EQ(FormatRate(3'500), "0.35%");
  EXPECT_EQ(FormatRate(27'555), "2.7555%");
}

}  // namespace
}  // namespace redvest::client
