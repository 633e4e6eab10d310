// Reads over a real connection: directory, books, statements, reports.
#include <map>

#include "ledger/base/ids.h"
#include "tests/integration/town.h"

namespace redvest::testing {
namespace {

using ReadsTest = TownTest;

TEST_F(ReadsTest, AReadSeesTheWriteItAsksFor) {
  for (int i = 1; i <= 20; ++i) {
    const auto sold = Call(*client().canteen, &Canteen::SellMeal, town().GuestMeal());
    ASSERT_RECORDED(sold);
    v1::GetStatementRequest statement;
    statement.set_account("income:canteen-sales");
    statement.mutable_options()->set_min_sequence(sold->recorded().sequence());
    const auto read = Call(*client().books, &Books::GetStatement, statement);
    ASSERT_RECORDED(read);
    EXPECT_GE(read->sequence(), sold->recorded().sequence());
    EXPECT_EQ(read->balance().balance(), -i * kStandardFen);
    v1::GetBalanceRequest balance;
    balance.set_account("income:canteen-sales");
    *balance.mutable_options() = statement.options();
    const auto state = Call(*client().books, &Books::GetBalance, balance);
    ASSERT_RECORDED(state);
    EXPECT_GE(state->sequence(), sold->recorded().sequence());
    EXPECT_EQ(state->balance().balance(), -i * kStandardFen);
    EXPECT_EQ(state->balance().unit(), "fen");
  }
}

TEST_F(ReadsTest, PagesOfAStatementAreTrueAtOneSequence) {
  constexpr int kMeals = 25;
  uint64_t last = 0;
  for (int i = 0; i < kMeals; ++i) {
    const auto sold = Call(*client().canteen, &Canteen::SellMeal, town().GuestMeal());
    ASSERT_RECORDED(sold);
    last = sold->recorded().sequence();
  }
  v1::GetStatementRequest request;
  request.set_account("income:canteen-sales");
  request.set_page_size(10);
  request.mutable_options()->set_min_sequence(last);
  std::vector<v1::StatementLine> lines;
  uint64_t sequence = 0;
  do {
    const auto page = Call(*client().books, &Books::GetStatement, request);
    ASSERT_RECORDED(page);
    if (sequence == 0) sequence = page->sequence();
    EXPECT_EQ(page->sequence(), sequence);
    EXPECT_LE(page->lines_size(), 10);
    lines.insert(lines.end(), page->lines().begin(), page->lines().end());
    request.set_page_token(page->next_page_token());
    // What happens in between is not on the later pages.
    ASSERT_RECORDED(Call(*client().canteen, &Canteen::SellMeal, town().GuestMeal()));
  } while (!request.page_token().empty());
  ASSERT_EQ(lines.size(), static_cast<size_t>(kMeals));
  int64_t balance = 0;
  for (const v1::StatementLine& line : lines) {
    EXPECT_EQ(line.event(), "meal_sold");
    balance += line.amount();
    EXPECT_EQ(line.balance(), balance);
  }
  EXPECT_EQ(balance, -kMeals * kStandardFen);
}

TEST_F(ReadsTest, TheTrialBalanceSumsToZeroInEachUnit) {
  ASSERT_RECORDED(Call(*client().canteen, &Canteen::SellMeal, town().GuestMeal(3)));
  ASSERT_RECORDED(
      Call(*client().volunteers, &Volunteers::RecordService, town().Service(town().volunteer, 90)));
  const auto deposit = Call(*client().bank, &Bank::DepositCash, town().Deposit(12'345));
  ASSERT_RECORDED(deposit);
  v1::GetTrialBalanceRequest request;
  request.mutable_options()->set_min_sequence(deposit->recorded().sequence());
  grpc::ClientContext context;
  const auto stream = client().books->GetTrialBalance(&context, request);
  std::map<std::string, int64_t> sums;
  std::map<std::string, int64_t> balances;
  v1::GetTrialBalanceResponse part;
  while (stream->Read(&part)) {
    EXPECT_EQ(part.sequence(), deposit->recorded().sequence());
    for (const v1::AccountBalance& balance : part.balances()) {
      sums[balance.unit()] += balance.balance();
      balances[balance.account()] = balance.balance();
    }
  }
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(sums, (std::map<std::string, int64_t>{{"fen", 0}, {"minutes", 0}, {"points", 0}}));
  EXPECT_EQ(balances["income:canteen-sales"], -3 * kStandardFen);
  EXPECT_EQ(balances["memo:demand:" + std::to_string(town().account)], -12'345);
}

TEST_F(ReadsTest, ThePastIsAnsweredAfterTheEventItNames) {
  v1::AsOf before;
  for (int i = 1; i <= 20; ++i) {
    const auto sold = Call(*client().canteen, &Canteen::SellMeal, town().GuestMeal());
    ASSERT_RECORDED(sold);
    // At once, however far the projections are.
    v1::AsOf as_of;
    as_of.set_sequence(sold->recorded().sequence());
    for (const v1::AsOf& point : {as_of, before}) {
      if (!point.has_sequence()) continue;
      v1::GetBalanceRequest balance;
      balance.set_account("income:canteen-sales");
      *balance.mutable_as_of() = point;
      const auto past = Call(*client().books, &Books::GetBalance, balance);
      ASSERT_RECORDED(past);
      EXPECT_EQ(past->sequence(), point.sequence());
      const int sales = point.sequence() == as_of.sequence() ? i : i - 1;
      EXPECT_EQ(past->balance().balance(), -sales * kStandardFen);
    }
    v1::GetStatementRequest statement;
    statement.set_account("income:canteen-sales");
    *statement.mutable_as_of() = as_of;
    const auto lines = Call(*client().books, &Books::GetStatement, statement);
    ASSERT_RECORDED(lines);
    EXPECT_EQ(lines->lines_size(), i);
    before = as_of;
  }
}

TEST_F(ReadsTest, APointThatTheLedgerHasNotReachedIsRefused) {
  const uint64_t next = Call(*client().books, &Books::GetLedger, v1::GetLedgerRequest())->sequence() + 1;
  v1::GetBalanceRequest balance;
  balance.set_account("income:canteen-sales");
  balance.mutable_as_of()->set_sequence(next);
  ExpectRefused(Call(*client().books, &Books::GetBalance, balance), grpc::StatusCode::OUT_OF_RANGE,
                v1::ERROR_REASON_NOT_REACHED, {"sequence=" + std::to_string(next)});
  v1::GetDayReportRequest report;
  *report.mutable_date() = Call(*client().books, &Books::GetLedger, v1::GetLedgerRequest())->today();
  *report.mutable_as_of()->mutable_business_date() = report.date();
  ExpectRefused(Call(*client().books, &Books::GetDayReport, report), grpc::StatusCode::INVALID_ARGUMENT,
                v1::ERROR_REASON_FIELD_INVALID, {"field=as_of.business_date"});
  v1::GetTrialBalanceRequest trial;
  trial.mutable_as_of()->set_sequence(UINT64_MAX);
  grpc::ClientContext context;
  v1::GetTrialBalanceResponse part;
  const auto stream = client().books->GetTrialBalance(&context, trial);
  EXPECT_FALSE(stream->Read(&part));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::OUT_OF_RANGE);
}

TEST_F(ReadsTest, TheDayReportCountsTheDay) {
  ASSERT_RECORDED(Call(*client().canteen, &Canteen::SellMeal, town().GuestMeal(3)));
  const auto topped_up = Call(*client().canteen, &Canteen::TopUpMealCard, town().TopUp(town().elder, 5'000));
  ASSERT_RECORDED(topped_up);
  v1::GetDayReportRequest request;
  *request.mutable_date() = Call(*client().books, &Books::GetLedger, v1::GetLedgerRequest())->today();
  request.mutable_options()->set_min_sequence(topped_up->recorded().sequence());
  const auto report = Call(*client().books, &Books::GetDayReport, request);
  ASSERT_RECORDED(report);
  ASSERT_EQ(report->meals_size(), 1);
  EXPECT_EQ(report->meals(0).portions(), 3);
  EXPECT_EQ(report->meals(0).payment(), v1::PAYMENT_CASH);
  EXPECT_EQ(report->meals(0).price_fen(), 3 * kStandardFen);
  ASSERT_EQ(report->drawers_size(), 1);
  EXPECT_EQ(report->drawers(0).terminal_id(), town().till.terminal_id);
  EXPECT_EQ(report->drawers(0).in_fen(), 3 * kStandardFen + 5'000);
}

TEST_F(ReadsTest, TheLedgerSaysWhoItIs) {
  const auto ledger = Call(*client().books, &Books::GetLedger, v1::GetLedgerRequest());
  ASSERT_RECORDED(ledger);
  EXPECT_EQ(ledger->name(), "Changshan Huayuan");
  EXPECT_EQ(ledger->time_zone(), "Asia/Shanghai");
  EXPECT_EQ(ledger->root_hash().size(), 32u);
  EXPECT_EQ(ledger->sequence(), client().Events().size());
}

TEST_F(ReadsTest, TheDirectoryIsListedInTheOrderOfIds) {
  const auto terminals = Call(*client().directory, &Directory::ListTerminals, v1::ListTerminalsRequest());
  ASSERT_RECORDED(terminals);
  ASSERT_EQ(terminals->terminals_size(), 5);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(terminals->terminals(i).terminal_id(), static_cast<uint64_t>(i + 1));
  EXPECT_EQ(terminals->terminals(0).last_serial(), town().office.next_serial - 1);

  v1::ListMembersRequest page;
  page.set_page_size(1);
  const auto first = Call(*client().directory, &Directory::ListMembers, page);
  ASSERT_RECORDED(first);
  ASSERT_EQ(first->members_size(), 1);
  EXPECT_EQ(first->members(0).member_id(), town().volunteer);
  EXPECT_EQ(first->members(0).profile().team_id(), town().team);
  page.set_after_member_id(first->members(0).member_id());
  const auto second = Call(*client().directory, &Directory::ListMembers, page);
  ASSERT_EQ(second->members_size(), 1);
  EXPECT_EQ(second->members(0).member_id(), town().elder);
  EXPECT_EQ(second->members(0).profile().home().building(), 7u);
  page.set_after_member_id(std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(Call(*client().directory, &Directory::ListMembers, page)->members_size(), 0);

  v1::GetMemberRequest request;
  request.set_member_id(town().elder);
  const auto elder = Call(*client().directory, &Directory::GetMember, request);
  EXPECT_EQ(elder->member().DebugString(), second->members(0).DebugString());
}

TEST_F(ReadsTest, PoliciesAreFoundByVersionAndByDate) {
  const auto all = Call(*client().rules, &Rules::ListPolicies, v1::ListPoliciesRequest());
  ASSERT_RECORDED(all);
  ASSERT_GE(all->policies_size(), 1);
  const v1::AdoptedPolicy& newest = all->policies(all->policies_size() - 1);
  EXPECT_EQ(newest.version(), static_cast<uint32_t>(all->policies_size()));
  const auto today = Call(*client().rules, &Rules::GetPolicy, v1::GetPolicyRequest());
  ASSERT_RECORDED(today);
  EXPECT_EQ(today->policy().DebugString(), newest.DebugString());
  v1::GetPolicyRequest by_version;
  by_version.set_version(newest.version());
  EXPECT_EQ(Call(*client().rules, &Rules::GetPolicy, by_version)->policy().DebugString(),
            newest.DebugString());
}

TEST_F(ReadsTest, TypedIdsAreResolved) {
  v1::ResolveIdRequest request;
  request.set_text(FormatId(IdKind::kMember, town().elder));
  const auto member = Call(*client().directory, &Directory::ResolveId, request);
  ASSERT_RECORDED(member);
  EXPECT_EQ(member->letter(), "M");
  EXPECT_EQ(member->id(), town().elder);
  request.set_text(FormatId(IdKind::kBankAccount, town().account));
  ASSERT_RECORDED(Call(*client().directory, &Directory::ResolveId, request));
  request.set_text(FormatId(IdKind::kGood, 4'711));
  ExpectRefused(Call(*client().directory, &Directory::ResolveId, request), grpc::StatusCode::NOT_FOUND,
                v1::ERROR_REASON_NOT_FOUND, {"what=good", "id=4711"});
}

}  // namespace
}  // namespace redvest::testing
