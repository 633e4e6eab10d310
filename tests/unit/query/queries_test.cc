#include "ledger/query/queries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "ledger/base/error.h"
#include "ledger/projection/replay.h"
#include "ledger/query/page_token.h"
#include "tests/unit/log/log_builder.h"
#include "tests/unit/projection/sample_events.h"

namespace redvest {
namespace {

using namespace sample;

v1::ErrorReason ReasonOf(const absl::Status& status) {
  const auto detail = DetailOf(status);
  return detail.has_value() ? detail->reason() : v1::ERROR_REASON_UNSPECIFIED;
}

class QueriesTest : public testing::Test {
 protected:
  QueriesTest() : store_(NewMemoryStore()), builder_(store_.get()), queries_(store_.get(), builder_.log()) {
    for (const Event& event : Beginning(At(2026, 11, 20))) builder_.Add(event);
    Project();
  }

  void Project() {
    builder_.Commit();
    Replay replay(builder_.log(), store_.get(), NewProjections());
    ASSERT_TRUE(replay.Load().ok());
    while (replay.position() < builder_.log()->last_sequence()) {
      ASSERT_TRUE(replay.Step(builder_.log()->last_sequence()).ok());
    }
  }
  void Deposit(int64_t amount) { builder_.Add(Deposited(9, amount, At(2026, 11, 21))); }

  absl::StatusOr<v1::GetStatementResponse> Statement(const std::string& token = "", int page_size = 0,
                                                     const std::string& account = "memo:demand:9") {
    v1::GetStatementRequest request;
    request.set_account(account);
    request.set_page_size(page_size);
    request.set_page_token(token);
    v1::GetStatementResponse response;
    if (absl::Status status = queries_.GetStatement(request, &response); !status.ok()) return status;
    return response;
  }

  std::unique_ptr<Store> store_;
  LogBuilder builder_;
  Queries queries_;
};

TEST_F(QueriesTest, StatementLinesSayWhatHappenedAndTheBalanceAfterIt) {
  Deposit(500);
  builder_.Add(Voided(kTill, At(2026, 11, 21)));
  builder_.Add(Withdrawn(9, 200, At(2026, 11, 22)));
  Project();
  const auto response = Statement();
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->sequence(), 8u);
  EXPECT_EQ(response->balance().account(), "memo:demand:9");
  EXPECT_EQ(response->balance().unit(), "fen");
  EXPECT_EQ(response->balance().balance(), -300);
  EXPECT_EQ(response->next_page_token(), "");
  ASSERT_EQ(response->lines_size(), 2);
  EXPECT_EQ(response->lines(0).sequence(), 6u);
  EXPECT_EQ(response->lines(0).event(), "cash_deposited");
  EXPECT_EQ(response->lines(0).occurred_at_unix_ms(), At(2026, 11, 21));
  EXPECT_GT(response->lines(0).recorded_at_unix_ms(), 0);
  EXPECT_EQ(response->lines(0).amount(), -500);
  EXPECT_EQ(response->lines(0).balance(), -500);
  EXPECT_EQ(response->lines(1).sequence(), 8u);
  EXPECT_EQ(response->lines(1).event(), "cash_withdrawn");
  EXPECT_EQ(response->lines(1).amount(), 200);
  EXPECT_EQ(response->lines(1).balance(), -300);
}

TEST_F(QueriesTest, AllPagesAreTrueAtTheFirstPagesSequenceWhileTheLogGrows) {
  for (int i = 1; i <= 300; ++i) {
    Deposit(i);
    if (i % 7 == 0) Project();
  }
  Project();
  std::vector<int64_t> amounts;
  std::string token;
  do {
    const auto page = Statement(token, 37);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(page->sequence(), 305u);
    EXPECT_EQ(page->balance().balance(), -300 * 301 / 2);
    EXPECT_LE(page->lines_size(), 37);
    for (const auto& line : page->lines()) amounts.push_back(-line.amount());
    token = page->next_page_token();
    for (int i = 0; i < 60; ++i) Deposit(1'000'000);
    Project();
  } while (!token.empty());
  ASSERT_EQ(amounts.size(), 300u);
  for (int i = 0; i < 300; ++i) EXPECT_EQ(amounts[static_cast<size_t>(i)], i + 1);
}

TEST_F(QueriesTest, AccountWithoutPostingsHasAnEmptyStatement) {
  const auto response = Statement("", 0, "liabilities:meal-card:123");
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->balance().balance(), 0);
  EXPECT_EQ(response->lines_size(), 0);
  EXPECT_EQ(response->sequence(), 5u);
}

TEST_F(QueriesTest, WrongAccountNamesAndPageSizesAreRefused) {
  for (const char* name : {"", "liabilities", "liabilities:meal-card", "memo:demand:0", "memo:demand:x"}) {
    EXPECT_EQ(ReasonOf(Statement("", 0, name).status()), v1::ERROR_REASON_ACCOUNT_NAME_INVALID) << name;
  }
  for (int size : {-1, 1001, INT32_MAX, INT32_MIN}) {
    EXPECT_EQ(ReasonOf(Statement("", size).status()), v1::ERROR_REASON_FIELD_INVALID) << size;
  }
}

TEST_F(QueriesTest, PageTokensThatWereNotGivenOutAreRefused) {
  for (int i = 0; i < 10; ++i) Deposit(1);
  Project();
  const std::string token = Statement("", 3)->next_page_token();
  ASSERT_TRUE(Statement(token).ok());
  std::vector<std::string> wrong = {"x", "####", std::string(100'000, 'A'), token + "AAAA", token.substr(1)};
  for (size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    std::string before, after;
    absl::WebSafeBase64Unescape(token, &before);
    // The last character may hold bits that mean nothing.
    if (absl::WebSafeBase64Unescape(changed, &after) && before == after) continue;
    wrong.push_back(changed);
  }
  const Account account{AccountKind::kDemand, 9};
  const auto forge = [&account](uint64_t at, uint64_t next, uint64_t last) {
    return EncodePageToken({Sequence(at), Sequence(next), Sequence(last)}, {account});
  };
  ASSERT_TRUE(Statement(forge(15, 7, 15)).ok());
  wrong.push_back(forge(16, 7, 15));  // not reached yet
  wrong.push_back(forge(15, 7, 16));  // ends after what it is true at
  wrong.push_back(forge(9, 8, 7));    // starts after its end
  wrong.push_back(EncodePageToken({Sequence(9), Sequence(7), Sequence(9)}, {{AccountKind::kDemand, 8}}));
  v1::AsOf as_of;
  as_of.set_sequence(15);
  wrong.push_back(EncodePageToken({Sequence(15), Sequence(7), Sequence(15)}, {account, as_of}));
  for (const std::string& text : wrong) {
    EXPECT_EQ(ReasonOf(Statement(text).status()), v1::ERROR_REASON_PAGE_TOKEN_INVALID) << text.substr(0, 100);
  }
}

TEST_F(QueriesTest, TrialBalanceListsEveryAccountInChartOrderAndSumsToZero) {
  for (uint64_t account = 1; account <= 2500; ++account)
    builder_.Add(Deposited(account, 7, At(2026, 11, 21)));
  builder_.Add(HoursServed(3, 1, 60, 2, At(2026, 11, 21)));
  Project();
  std::vector<std::string> names;
  std::map<std::string, int64_t> sums;
  std::vector<int> sizes;
  ASSERT_TRUE(queries_
                  .GetTrialBalance({},
                                   [&](const v1::GetTrialBalanceResponse& part) {
                                     EXPECT_EQ(part.sequence(), 2506u);
                                     sizes.push_back(part.balances_size());
                                     for (const auto& balance : part.balances()) {
                                       names.push_back(balance.account());
                                       sums[balance.unit()] += balance.balance();
                                     }
                                     return true;
                                   })
                  .ok());
  EXPECT_THAT(sizes, testing::ElementsAre(1000, 1000, 507));
  EXPECT_EQ(names.front(), "assets:drawer:3");
  EXPECT_EQ(names[1], "liabilities:points:3");
  EXPECT_EQ(names.back(), "memo:demand:2500");
  EXPECT_THAT(sums, testing::ElementsAre(testing::Pair("fen", 0), testing::Pair("minutes", 0),
                                         testing::Pair("points", 0)));
}

TEST_F(QueriesTest, TrialBalanceStopsWhereItsReaderDoesAndSaysItsSequenceWhereItIsEmpty) {
  int parts = 0;
  const auto one_part = [&parts](const v1::GetTrialBalanceResponse& part) {
    EXPECT_GT(part.sequence(), 0u);
    ++parts;
    return false;
  };
  ASSERT_TRUE(queries_.GetTrialBalance({}, one_part).ok());
  EXPECT_EQ(parts, 1);
  for (uint64_t account = 1; account <= 2500; ++account)
    builder_.Add(Deposited(account, 7, At(2026, 11, 21)));
  Project();
  ASSERT_TRUE(queries_.GetTrialBalance({}, one_part).ok());
  EXPECT_EQ(parts, 2);
}

TEST_F(QueriesTest, DayReportHoldsEveryFigureOfItsDay) {
  const Event meal = Meal(5, 2, v1::PAYMENT_CASH, 1000, 400, At(2026, 11, 21));
  builder_.Add(meal);
  builder_.Add(Meal(0, 1, v1::PAYMENT_CASH, 1000, 0, At(2026, 11, 20)));
  builder_.Add(HoursServed(3, 2, 120, 2, At(2026, 11, 21)));
  builder_.Add(StockCame(8, 3, At(2026, 11, 21)));
  builder_.Add(Redeemed(3, 8, 1, 2, At(2026, 11, 21)));
  Event late = Deposited(9, 700, At(2026, 11, 21));
  late.set_late(true);
  builder_.Add(late);
  builder_.Add(Counted(2000, 1990, false, At(2026, 11, 21, 13)));
  builder_.Add(Counted(1990, 1990, true, At(2026, 11, 22, 13)));
  Project();

  v1::GetDayReportRequest request;
  *request.mutable_date() = ToDate(Day(2026, 11, 21));
  v1::GetDayReportResponse report;
  ASSERT_TRUE(queries_.GetDayReport(request, &report).ok());
  EXPECT_EQ(report.sequence(), 13u);
  EXPECT_EQ(report.date().day(), 21);
  ASSERT_EQ(report.meals_size(), 1);
  EXPECT_EQ(report.meals(0).age_band(), v1::AGE_BAND_70_TO_79);
  EXPECT_EQ(report.meals(0).payment(), v1::PAYMENT_CASH);
  EXPECT_EQ(report.meals(0).portions(), 2);
  EXPECT_EQ(report.meals(0).price_fen(), 1000);
  EXPECT_EQ(report.meals(0).subsidy_fen(), 400);
  ASSERT_EQ(report.subsidies_size(), 1);
  EXPECT_EQ(report.subsidies(0).funder_id(), 1u);
  EXPECT_EQ(report.subsidies(0).subsidy_fen(), 400);
  ASSERT_EQ(report.drawers_size(), 2);
  EXPECT_EQ(report.drawers(0).terminal_id(), kTill);
  EXPECT_EQ(report.drawers(0).in_fen(), 1000);
  EXPECT_EQ(report.drawers(0).out_fen(), 0);
  EXPECT_EQ(report.drawers(0).over_short_fen(), -10);
  EXPECT_EQ(report.drawers(0).counted_fen(), 1990);
  EXPECT_EQ(report.drawers(0).counts(), 1);
  EXPECT_TRUE(report.drawers(0).closed());  // with the day after it
  EXPECT_EQ(report.drawers(1).terminal_id(), kCounter);
  EXPECT_FALSE(report.drawers(1).closed());
  ASSERT_EQ(report.services_size(), 1);
  EXPECT_EQ(report.services(0).service_kind_id(), 2u);
  EXPECT_EQ(report.services(0).services(), 1);
  EXPECT_EQ(report.services(0).minutes(), 120);
  EXPECT_EQ(report.services(0).points(), 2);
  ASSERT_EQ(report.goods_size(), 1);
  EXPECT_EQ(report.goods(0).good_id(), 8u);
  EXPECT_EQ(report.goods(0).pieces(), 1);
  EXPECT_EQ(report.goods(0).points(), 2);
  EXPECT_EQ(report.late_count(), 1);
  std::map<std::string, std::pair<int64_t, int64_t>> events;
  for (const auto& total : report.events()) events[total.event()] = {total.count(), total.amount_fen()};
  using Totals = std::pair<int64_t, int64_t>;
  EXPECT_EQ(events["meal_sold"], Totals(1, 1400));
  EXPECT_EQ(events["cash_deposited"], Totals(1, 700));
  EXPECT_EQ(events["drawer_counted"], Totals(1, -10));
  EXPECT_EQ(events["points_redeemed"], Totals(1, 0));
}

TEST_F(QueriesTest, DayWithoutEventsIsEmptyAndDayThatDoesNotExistIsRefused) {
  v1::GetDayReportRequest request;
  *request.mutable_date() = ToDate(Day(2030, 1, 1));
  v1::GetDayReportResponse report;
  ASSERT_TRUE(queries_.GetDayReport(request, &report).ok());
  EXPECT_EQ(report.sequence(), 5u);
  EXPECT_EQ(report.events_size(), 0);
  request.mutable_date()->set_month(2);
  request.mutable_date()->set_day(30);
  EXPECT_EQ(ReasonOf(queries_.GetDayReport(request, &report)), v1::ERROR_REASON_FIELD_INVALID);
}

}  // namespace
}  // namespace redvest
