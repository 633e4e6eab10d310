#include "ledger/audit/books.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "tests/unit/audit/pack_town.h"

namespace redvest {
namespace {

using namespace sample;
using testing::HasSubstr;
using testing::Not;

// Texts that mean something to hledger, a spreadsheet or a shell, and some that are just long.
const char* const kOddTexts[] = {"; a comment",
                                 "[2020-01-01]",
                                 "date:2020-01-01, sequence:1",
                                 "\"quoted\" 'and' |barred|",
                                 "长山花园：红马甲，“乐龄”食堂",
                                 "a, b: c; d",
                                 "  two  spaces  ",
                                 "=1+1",
                                 "(liabilities:points:1)  100 points",
                                 "100% %2C",
                                 "account x",
                                 "$(reboot)",
                                 "🧣🦺"};

std::vector<Event> MixedHistory(size_t count) {
  History history(Seed());
  history.Grow(count);
  std::vector<Event> events = history.events();
  // What follows only needs the right form: books do not judge.
  const auto add = [&events](Event event) {
    event.set_serial(1'000 + events.size());
    event.set_recorded_at_unix_ms(events.back().recorded_at_unix_ms() + 86'400'000);
    events.push_back(std::move(event));
  };
  for (const char* text : kOddTexts) {
    const int64_t at = events.back().recorded_at_unix_ms();
    Event event = Envelope(kOffice, at);
    event.mutable_entry_registered()->mutable_command()->set_label(text);
    add(event);
    event = Voided(kTill, at);
    event.mutable_serial_voided()->mutable_command()->set_reason(text);
    add(event);
    event = Envelope(kCounter, at);
    event.mutable_transfer_received()->mutable_command()->set_account_id(1);
    event.mutable_transfer_received()->mutable_command()->set_amount_fen(1 +
                                                                         static_cast<int64_t>(events.size()));
    event.mutable_transfer_received()->mutable_command()->set_bank_reference(text);
    add(event);
    event = Reversed(events.size(), events.back(), at);
    event.mutable_event_reversed()->mutable_command()->set_reason(text);
    add(event);
  }
  Event large = StockCame(1, 1'000'000'000'000, events.back().recorded_at_unix_ms());
  add(large);
  return events;
}

std::string Write(const PackTown& town, BookFormat& format) {
  std::string text;
  ListCursor commits(town.entries, Sequence(1));
  const auto last = WriteBooks(
      commits, Sequence(), format,
      [&text](std::string_view part) {
        text += part;
        return absl::OkStatus();
      },
      [](Sequence) {});
  EXPECT_TRUE(last.ok()) << last.status();
  EXPECT_EQ(*last, Sequence(town.entries.size()));
  return text;
}

EventFold FoldOf(const PackTown& town) {
  EventFold fold;
  for (const std::string& entry : town.entries) EXPECT_TRUE(fold.Add(entry).ok());
  return fold;
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// The real program from Debian, with the locale that a desktop has.
class HledgerTest : public testing::Test {
 protected:
  void WriteJournal(const std::string& text) { WriteAll(dir_ / "books.journal", text); }
  Ran Hledger(const std::string& arguments) {
    return RunShell("LC_ALL=C.UTF-8 hledger -f " + (dir_ / "books.journal").string() + " " + arguments);
  }

  const TempDir dir_;
};

TEST_F(HledgerTest, AddsUpToTheSameTrialBalance) {
  const PackTown town(MixedHistory(1'500));
  WriteJournal(Write(town, *NewHledgerJournal()));
  const Ran check = Hledger("check --strict");
  ASSERT_EQ(check.exit_code, 0) << check.text;

  std::map<std::string, std::string> expected;
  for (const AccountBalance& row : FoldOf(town).SortedBalances(false)) {
    expected["\"" + FormatAccount(row.account) + "\""] =
        "\"" + std::to_string(row.balance) + " " + std::string(UnitName(RuleOf(row.account.kind).unit)) +
        "\"";
  }
  std::map<std::string, std::string> told;
  for (const std::string& line : LinesOf(Hledger("balance --flat -N -O csv").text)) {
    if (line == "\"account\",\"balance\"") continue;
    const size_t comma = line.find(',');
    told[line.substr(0, comma)] = line.substr(comma + 1);
  }
  EXPECT_EQ(told, expected);
  EXPECT_GT(told.size(), 20u);
}

TEST_F(HledgerTest, FindsEveryEventAsATransactionOfItsSequence) {
  const PackTown town(MixedHistory(300));
  WriteJournal(Write(town, *NewHledgerJournal()));
  std::set<uint64_t> told;
  for (const std::string& line : LinesOf(Hledger("codes").text)) told.insert(std::stoull(line));
  ASSERT_EQ(told.size(), town.entries.size());
  EXPECT_EQ(*told.rbegin(), town.entries.size());
}

TEST_F(HledgerTest, ReadsTagsThatNoTextCanForge) {
  const PackTown town(MixedHistory(100));
  WriteJournal(Write(town, *NewHledgerJournal()));
  std::set<std::string> tags;
  for (const std::string& line : LinesOf(Hledger("tags").text)) tags.insert(line);
  EXPECT_THAT(tags, testing::IsSubsetOf({"terminal", "serial", "policy", "late", "occurred", "recorded",
                                         "name", "time_zone", "enrolled", "label", "reverses", "reason",
                                         "command", "bank_reference"}));
  const Ran chinese = Hledger("print desc:entry_registered tag:label=乐龄");
  EXPECT_THAT(chinese.text, HasSubstr("长山花园：红马甲，“乐龄”食堂"));
}

TEST_F(HledgerTest, RefusesAJournalWithAChangedAmount) {
  const PackTown town(MixedHistory(300));
  std::string text = Write(town, *NewHledgerJournal());
  // One more fen on both sides of a deposit: it still sums to zero.
  const size_t at = text.find(") cash_deposited");
  ASSERT_NE(at, std::string::npos);
  for (const char* account : {"    memo:bank-held  ", "    memo:demand:"}) {
    size_t digit = text.find(" fen", text.find(account, at));
    text.insert(digit, "0");
  }
  WriteJournal(text);
  const Ran check = Hledger("check --strict");
  EXPECT_NE(check.exit_code, 0);
  EXPECT_THAT(check.text, HasSubstr("assertion"));
}

TEST_F(HledgerTest, TakesControlCharactersOfATamperedLog) {
  std::vector<Event> events = Beginning(At(2026, 11, 20));
  Event event = Voided(kTill, At(2026, 11, 20));
  event.mutable_serial_voided()->mutable_command()->set_reason("\n2020-01-01 x\n    a  1\n\x7F");
  events.push_back(event);
  PackTown town(events);
  WriteJournal(Write(town, *NewHledgerJournal()));
  const Ran check = Hledger("check --strict");
  EXPECT_EQ(check.exit_code, 0) << check.text;
  EXPECT_EQ(LinesOf(Hledger("codes").text).size(), events.size());
}

TEST(BookCsv, HasARowForEachPostingAndQuotesTexts) {
  std::vector<Event> events = Beginning(At(2026, 11, 20));
  events.push_back(ToppedUp(57, 5'000, At(2026, 11, 20, 12, 30)));
  events.back().set_serial(1);
  events.back().set_recorded_at_unix_ms(At(2026, 11, 21) + 7);
  events.back().set_late(true);
  events.push_back(Voided(kTill, At(2026, 11, 20)));
  events.back().mutable_serial_voided()->mutable_command()->set_reason("the \"first\", spoilt");
  const std::vector<std::string> lines = LinesOf(Write(PackTown(events), *NewBookCsv()));
  ASSERT_EQ(lines.size(), 1 + 5 + 2 + 1u);
  EXPECT_EQ(
      lines[0],
      "sequence,event,business_date,occurred_at,recorded_at,terminal,serial,policy_version,late,account,"
      "amount,unit,notes");
  EXPECT_EQ(lines[6],
            "6,meal_card_topped_up,2026-11-20,2026-11-20T04:30:00.000Z,2026-11-21T04:00:00.007Z,1,1,0,1,"
            "assets:drawer:1,5000,fen,");
  EXPECT_EQ(lines[7],
            "6,meal_card_topped_up,2026-11-20,2026-11-20T04:30:00.000Z,2026-11-21T04:00:00.007Z,1,1,0,1,"
            "liabilities:meal-card:57,-5000,fen,");
  EXPECT_THAT(lines[8], HasSubstr(",,,,\"reason: the \"\"first\"\", spoilt\""));
}

TEST(Books, EndWhereAsked) {
  const PackTown town(MixedHistory(50));
  ListCursor commits(town.entries, Sequence(1));
  std::string text;
  const auto last = WriteBooks(
      commits, Sequence(17), *NewHledgerJournal(),
      [&text](std::string_view part) {
        text += part;
        return absl::OkStatus();
      },
      [](Sequence) {});
  ASSERT_TRUE(last.ok()) << last.status();
  EXPECT_EQ(*last, Sequence(17));
  EXPECT_THAT(text, HasSubstr("(17) "));
  EXPECT_THAT(text, Not(HasSubstr("(18) ")));
}

TEST(Books, NameAnEventThatCannotBeWritten) {
  const auto write = [](std::vector<std::string> entries) {
    ListCursor commits(entries, Sequence(1));
    return WriteBooks(
               commits, Sequence(), *NewHledgerJournal(), [](std::string_view) { return absl::OkStatus(); },
               [](Sequence) {})
        .status();
  };
  std::vector<std::string> entries = PackTown(Beginning(At(2026, 11, 20))).entries;
  EXPECT_TRUE(write(entries).ok());
  EXPECT_EQ(write({}).code(), absl::StatusCode::kDataLoss);

  std::vector<std::string> damaged = entries;
  damaged[2] = "\xFF";
  EXPECT_THAT(std::string(write(damaged).message()), HasSubstr("event 3: it cannot be read"));
  damaged[2] = Event().SerializeAsString();
  EXPECT_THAT(std::string(write(damaged).message()),
              HasSubstr("event 3: this program does not know its kind"));
  Event timeless = Voided(kTill, INT64_MAX);
  damaged[2] = timeless.SerializeAsString();
  EXPECT_THAT(std::string(write(damaged).message()), HasSubstr("event 3: its time"));
  damaged = entries;
  damaged[0] = Voided(kTill, 1).SerializeAsString();
  EXPECT_THAT(std::string(write(damaged).message()), HasSubstr("event 1: it founds no ledger"));
}

}  // namespace
}  // namespace redvest
