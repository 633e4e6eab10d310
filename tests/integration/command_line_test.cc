// The past and the second pair of eyes, as people ask for them with the real `redvest`.
#include "tests/integration/command_line.h"

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "ledger/base/calendar.h"
#include "ledger/base/ids.h"
#include "tests/integration/town.h"

namespace redvest::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

class CommandLineTest : public TownTest {
 protected:
  Ran Redvest(std::vector<std::string> arguments) {
    return RunRedvest(town().daemon->address(), std::move(arguments));
  }
  // The same for a run that is to succeed, answering in JSON.
  Json Answer(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "--json");
    const Ran ran = Redvest(arguments);
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    return Json::parse(ran.out, nullptr, false);
  }
  static std::string Terminal(uint64_t id) { return FormatId(IdKind::kTerminal, id); }

  Day Today() {
    return *ToDay(Call(*client().books, &Books::GetLedger, v1::GetLedgerRequest()).response.today());
  }
  uint64_t TopUpElder(int64_t fen) {
    const auto answer = Call(*client().canteen, &Canteen::TopUpMealCard, town().TopUp(town().elder, fen));
    EXPECT_TRUE(answer.ok()) << answer.status.error_message();
    return answer->recorded().sequence();
  }
};

TEST_F(CommandLineTest, ABalanceIsToldAsOfAnEventAMomentAndADate) {
  const std::string card = "liabilities:meal-card:" + std::to_string(town().elder);
  const uint64_t first = TopUpElder(5'000);
  TopUpElder(2'000);
  const std::string yesterday = FormatDay(Today() - 1);
  const Ran late =
      Redvest({"--terminal", Terminal(town().till.terminal_id), "--at", yesterday + "T12:00", "canteen",
               "sell", "--member", FormatId(IdKind::kMember, town().elder), "--pay", "meal-card"});
  ASSERT_EQ(late.exit_code, 0) << late.err;

  EXPECT_EQ(Answer({"balance", card, "--as-of", std::to_string(first)})["balance"], -5'000);
  EXPECT_EQ(Answer({"balance", card})["balance"], -6'300);
  const Json long_ago = Answer({"balance", card, "--as-of", "2001-01-01 12:00"});
  EXPECT_EQ(long_ago["balance"], 0);
  EXPECT_FALSE(long_ago.contains("recorded_balance"));
  const Json by_date = Answer({"balance", card, "--as-of", yesterday});
  EXPECT_EQ(by_date["balance"], 700);
  EXPECT_EQ(by_date["recorded_balance"], 0);
  EXPECT_EQ(by_date["as_of"]["business_date"], yesterday);

  const Ran told = Redvest({"balance", card, "--as-of", yesterday});
  EXPECT_THAT(told.out, HasSubstr("-7.00 yuan of this was recorded later (offline sales)"));
  EXPECT_THAT(Redvest({"--lang", "zh", "balance", card, "--as-of", yesterday}).out, HasSubstr("后来补记"));
  EXPECT_THAT(Redvest({"balance", card, "--as-of", FormatDay(Today())}).out,
              Not(HasSubstr("recorded later")));
  EXPECT_THAT(Redvest({"balance", card, "--as-of", std::to_string(first)}).out,
              HasSubstr("true at event " + std::to_string(first)));
}

TEST_F(CommandLineTest, StatementTrialBalanceAndReportAreToldOfThePastToo) {
  const std::string card = "liabilities:meal-card:" + std::to_string(town().elder);
  const std::string first = std::to_string(TopUpElder(5'000));
  TopUpElder(2'000);
  EXPECT_EQ(Answer({"statement", card, "--as-of", first})["lines"].size(), 1u);
  EXPECT_EQ(Answer({"statement", card})["lines"].size(), 2u);
  int64_t sum = 0;
  bool found = false;
  for (const Json& row : Answer({"trial-balance", "--as-of", first})) {
    if (row["unit"] == "fen") sum += row["balance"].get<int64_t>();
    if (row["account"] == card) found = row["balance"] == -5'000;
  }
  EXPECT_EQ(sum, 0);
  EXPECT_TRUE(found);
  EXPECT_THAT(Redvest({"trial-balance", "--as-of", first}).out, HasSubstr("true at event " + first + "\n"));
  const auto top_ups = [](const Json& report) {
    for (const Json& event : report["events"]) {
      if (event["event"] == "meal_card_topped_up") return event["count"].get<int>();
    }
    return 0;
  };
  EXPECT_EQ(top_ups(Answer({"report", "day", "--as-of", first})), 1);
  EXPECT_EQ(top_ups(Answer({"report", "day"})), 2);
}

TEST_F(CommandLineTest, PointsInThePastThatCannotBeMeantAreRefusedWithASentence) {
  const std::string card = "liabilities:meal-card:" + std::to_string(town().elder);
  for (const char* text : {"0", "-3", "2026-02-30", "tomorrow", ""}) {
    const Ran refused = Redvest({"balance", card, "--as-of", text});
    EXPECT_EQ(refused.exit_code, 2) << text;
    EXPECT_THAT(refused.err, HasSubstr("no point in the past")) << text;
  }
  EXPECT_THAT(Redvest({"report", "day", "--as-of", "2026-11-21"}).err, HasSubstr("is a date"));
  const Ran future = Redvest({"balance", card, "--as-of", "999999"});
  EXPECT_EQ(future.exit_code, 2);
  EXPECT_THAT(future.err, HasSubstr("has not reached event 999999"));
}

// A town in which reversals of 10 yuan or more wait for a second person, of two offices with a member each.
class ApprovalCommandTest : public CommandLineTest {
 protected:
  void SetUp() override {
    CommandLineTest::SetUp();
    first_ = Terminal(town().office.terminal_id);
    const Json enrolled =
        Answer({"--terminal", first_, "terminal", "enrol", "--role", "office", "--label", "second"});
    second_ = enrolled["terminal"];
    Answer({"--terminal", first_, "terminal", "assign", first_, FormatId(IdKind::kMember, town().volunteer)});
    Answer({"--terminal", first_, "terminal", "assign", second_, FormatId(IdKind::kMember, town().elder)});
    Json policy = Answer({"policy", "show"});
    policy["policy"]["reversal_approval_from_fen"] = 1'000;
    const std::string path = folder_.Path("policy.json");
    std::ofstream(path) << policy.dump();
    Answer({"--terminal", first_, "policy", "adopt", path});
    sale_ = TopUpElder(5'000);
  }
  // Asks for the reversal of a top-up; returns the request's sequence.
  std::string Ask() {
    const Json asked =
        Answer({"--terminal", first_, "reverse", std::to_string(sale_), "--reason", "wrong card"});
    EXPECT_EQ(asked["event"], "approval_requested");
    return std::to_string(asked["sequence"].get<uint64_t>());
  }
  int64_t Card() { return client().Balance("liabilities:meal-card:" + std::to_string(town().elder)); }

  TempFolder folder_;
  std::string first_, second_;
  uint64_t sale_ = 0;
};

TEST_F(ApprovalCommandTest, AReversalWaitsForTheSecondPersonAndSaysSo) {
  const Ran asked =
      Redvest({"--terminal", first_, "reverse", std::to_string(sale_), "--reason", "wrong card"});
  EXPECT_EQ(asked.exit_code, 0) << asked.err;
  EXPECT_THAT(asked.out, HasSubstr("waits for a second person"));
  EXPECT_THAT(asked.out, HasSubstr("approval grant"));
  EXPECT_EQ(Card(), -5'000);
  const Json waiting = Answer({"approval", "list"});
  ASSERT_EQ(waiting["requests"].size(), 1u);
  const std::string request = std::to_string(waiting["requests"][0]["sequence"].get<uint64_t>());
  const Ran listed = Redvest({"approval", "list"});
  EXPECT_THAT(listed.out, HasSubstr("wrong card"));
  EXPECT_THAT(listed.out, HasSubstr("meal card topped up: "));

  const Ran alone = Redvest({"--terminal", first_, "approval", "grant", request});
  EXPECT_EQ(alone.exit_code, 1);
  EXPECT_THAT(alone.err, HasSubstr("another person"));
  const Json granted = Answer({"--terminal", second_, "approval", "grant", request});
  EXPECT_EQ(granted["event"], "request_approved");
  EXPECT_EQ(granted["request_sequence"], std::stoull(request));
  EXPECT_EQ(granted["event_reversed"]["sequence"], sale_);
  EXPECT_EQ(Card(), 0);
  EXPECT_THAT(Redvest({"approval", "list"}).out, HasSubstr("Nothing waits"));
  EXPECT_EQ(Redvest({"--terminal", second_, "approval", "grant", request}).exit_code, 1);
}

TEST_F(ApprovalCommandTest, ARefusedRequestChangesNothing) {
  const std::string request = Ask();
  const Json refused =
      Answer({"--terminal", second_, "approval", "refuse", request, "--reason", "it was right"});
  EXPECT_EQ(refused["event"], "request_refused");
  EXPECT_EQ(Card(), -5'000);
  EXPECT_THAT(Redvest({"--lang", "zh", "approval", "list"}).out, HasSubstr("没有待复核的申请"));
}

TEST_F(ApprovalCommandTest, WhoIsInChargeAndWhatWaitsIsShown) {
  EXPECT_EQ(Answer({"terminal", "show", second_})["terminal"]["member_in_charge"],
            FormatId(IdKind::kMember, town().elder));
  EXPECT_THAT(Redvest({"terminal", "list"}).out, HasSubstr(FormatId(IdKind::kMember, town().elder)));
  EXPECT_THAT(Redvest({"policy", "show"}).out, HasSubstr("10.00 yuan"));
  EXPECT_THAT(Redvest({"--lang", "zh", "policy", "show"}).out, HasSubstr("须由另一人复核"));
}

}  // namespace
}  // namespace redvest::testing
