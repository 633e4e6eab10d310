// The past, against a recomputation from all events.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "ledger/base/error.h"
#include "ledger/projection/replay.h"
#include "ledger/query/queries.h"
#include "tests/unit/log/log_builder.h"
#include "tests/unit/projection/sample_events.h"

namespace redvest {
namespace {

using namespace sample;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr int64_t kDayMs = 86'400'000;

absl::TimeZone Zone() {
  absl::TimeZone zone;
  absl::LoadTimeZone("Asia/Shanghai", &zone);
  return zone;
}
Day DateOf(const Event& event) {
  return absl::ToCivilDay(absl::FromUnixMillis(event.occurred_at_unix_ms()), Zone());
}

v1::AsOf AtSequence(uint64_t sequence) {
  v1::AsOf as_of;
  as_of.set_sequence(sequence);
  return as_of;
}
v1::AsOf AtMoment(int64_t unix_ms) {
  v1::AsOf as_of;
  as_of.set_recorded_at_unix_ms(unix_ms);
  return as_of;
}
v1::AsOf AtDate(Day day) {
  v1::AsOf as_of;
  *as_of.mutable_business_date() = ToDate(day);
  return as_of;
}

v1::ErrorReason ReasonOf(const absl::Status& status) {
  const auto detail = DetailOf(status);
  return detail.has_value() ? detail->reason() : v1::ERROR_REASON_UNSPECIFIED;
}

// The books by looking at every event. Event i of `events` has sequence i + 1.
class SlowBooks {
 public:
  SlowBooks(const std::vector<Event>& events, size_t count, const v1::AsOf& as_of)
      : events_(events), count_(count), as_of_(as_of) {}

  uint64_t sequence() const {
    if (as_of_.has_sequence()) return as_of_.sequence();
    if (as_of_.has_recorded_at_unix_ms()) return RecordedBy(as_of_.recorded_at_unix_ms());
    return count_;
  }
  uint64_t recorded_sequence() const {
    if (!as_of_.has_business_date()) return 0;
    const Day day = *ToDay(as_of_.business_date());
    return RecordedBy(absl::ToUnixMillis(absl::FromCivil(day + 1, Zone())) - 1);
  }
  bool Holds(uint64_t sequence) const {
    return sequence <= this->sequence() &&
           (!as_of_.has_business_date() || DateOf(events_[sequence - 1]) <= *ToDay(as_of_.business_date()));
  }

  struct Line {
    uint64_t sequence;
    int64_t amount;
    int64_t balance;
    friend bool operator==(const Line&, const Line&) = default;
  };
  std::vector<Line> Lines(const Account& account) const {
    std::vector<Line> lines;
    for (uint64_t sequence = 1; sequence <= count_; ++sequence) {
      if (!Holds(sequence)) continue;
      for (const Posting& posting : PostingsOf(events_[sequence - 1])) {
        if (posting.account != account) continue;
        lines.push_back(
            {sequence, posting.amount, (lines.empty() ? 0 : lines.back().balance) + posting.amount});
      }
    }
    return lines;
  }

  // Of every account that was posted to: the balance, and the one that was recorded.
  std::map<Account, std::pair<int64_t, int64_t>> Balances() const {
    std::map<Account, std::pair<int64_t, int64_t>> balances;
    const uint64_t recorded = recorded_sequence();
    for (uint64_t sequence = 1; sequence <= count_; ++sequence) {
      for (const Posting& posting : PostingsOf(events_[sequence - 1])) {
        if (Holds(sequence)) balances[posting.account].first += posting.amount;
        if (sequence <= recorded) balances[posting.account].second += posting.amount;
      }
    }
    return balances;
  }

 private:
  uint64_t RecordedBy(int64_t unix_ms) const {
    uint64_t last = 0;
    for (uint64_t sequence = 1; sequence <= count_; ++sequence) {
      if (events_[sequence - 1].recorded_at_unix_ms() <= unix_ms) last = sequence;
    }
    return last;
  }

  const std::vector<Event>& events_;
  const size_t count_;
  const v1::AsOf as_of_;
};

// A log, and its projections that follow it as they are told.
struct Books {
  Books() : store(NewMemoryStore()), builder(store.get()), queries(store.get(), builder.log()) {}

  void Add(const Event& event) { events.push_back(event), builder.Add(event); }
  // Starts anew with what is stored, and goes on up to `end`.
  void ProjectUpTo(Sequence end) {
    Replay replay(builder.log(), store.get(), NewProjections());
    ASSERT_TRUE(replay.Load().ok());
    while (replay.position() < end) {
      const absl::Status status = replay.Step(end);
      ASSERT_TRUE(status.ok()) << status;
    }
    covered = end.value();
  }
  void ProjectAll() {
    builder.Commit();
    ProjectUpTo(builder.log()->last_sequence());
  }

  absl::StatusOr<v1::GetBalanceResponse> Balance(const Account& account, const v1::AsOf& as_of) const {
    v1::GetBalanceRequest request;
    request.set_account(FormatAccount(account));
    *request.mutable_as_of() = as_of;
    v1::GetBalanceResponse response;
    if (absl::Status status = queries.GetBalance(request, &response); !status.ok()) return status;
    return response;
  }
  absl::StatusOr<v1::GetStatementResponse> Statement(const Account& account, const v1::AsOf& as_of,
                                                     int page_size = 0, const std::string& token = "") const {
    v1::GetStatementRequest request;
    request.set_account(FormatAccount(account));
    *request.mutable_as_of() = as_of;
    request.set_page_size(page_size);
    request.set_page_token(token);
    v1::GetStatementResponse response;
    if (absl::Status status = queries.GetStatement(request, &response); !status.ok()) return status;
    return response;
  }
  absl::StatusOr<v1::GetDayReportResponse> DayReport(Day day, const v1::AsOf* as_of) const {
    v1::GetDayReportRequest request;
    *request.mutable_date() = ToDate(day);
    if (as_of != nullptr) *request.mutable_as_of() = *as_of;
    v1::GetDayReportResponse response;
    if (absl::Status status = queries.GetDayReport(request, &response); !status.ok()) return status;
    return response;
  }

  std::vector<Event> events;
  uint64_t covered = 0;
  std::unique_ptr<Store> store;
  LogBuilder builder;
  Queries queries;
};

// --- Any history, any question

class AsOfPropertyTest : public testing::Test {
 protected:
  // Ten months in 1,500 events, some of them months late.
  AsOfPropertyTest() : history_(Seed(), 12 * 3'600'000, 100 * kDayMs) { history_.Grow(1'500); }

  // Goes on with the history, in commits and batches of any size; the projections may stay behind.
  void Grow(size_t count) {
    const size_t end = std::min(books_.events.size() + count, history_.events().size());
    while (books_.events.size() < end) {
      books_.Add(history_.events()[books_.events.size()]);
      if (history_.Random(20) != 0) continue;
      books_.builder.Commit();
      const uint64_t last = books_.builder.log()->last_sequence().value();
      if (history_.Random(3) == 0)
        books_.ProjectUpTo(Sequence(books_.covered + history_.Random(last - books_.covered + 1)));
    }
    books_.builder.Commit();
    const uint64_t last = books_.builder.log()->last_sequence().value();
    books_.ProjectUpTo(Sequence(last - history_.Random(std::min<uint64_t>(30, last - books_.covered + 1))));
  }

  v1::AsOf AnyPoint() {
    const Event& some = books_.events[history_.Random(books_.covered)];
    switch (history_.Random(3)) {
      case 0:
        return AtSequence(1 + history_.Random(books_.covered));
      case 1:
        return AtMoment(some.recorded_at_unix_ms() + static_cast<int64_t>(history_.Random(3)) - 1);
      default:
        return AtDate(DateOf(some) + static_cast<int>(history_.Random(3)) - 1);
    }
  }
  Account AnyAccount() {
    while (true) {
      const Postings postings = PostingsOf(books_.events[history_.Random(books_.events.size())]);
      if (!postings.empty()) return postings[history_.Random(postings.size())].account;
    }
  }
  SlowBooks Slow(const v1::AsOf& as_of) const { return {books_.events, books_.covered, as_of}; }

  History history_;
  Books books_;
};

TEST_F(AsOfPropertyTest, BalancesAreThoseOfARecomputation) {
  while (books_.events.size() < history_.events().size()) {
    Grow(500);
    for (int i = 0; i < 80; ++i) {
      const v1::AsOf as_of = AnyPoint();
      const SlowBooks slow = Slow(as_of);
      const Account account = AnyAccount();
      const auto response = books_.Balance(account, as_of);
      ASSERT_TRUE(response.ok()) << response.status();
      const std::string question = FormatAccount(account) + " as of " + as_of.ShortDebugString();
      ASSERT_EQ(response->sequence(), slow.sequence()) << question;
      ASSERT_EQ(response->recorded_sequence(), slow.recorded_sequence()) << question;
      const auto expected = slow.Balances()[account];
      ASSERT_EQ(response->balance().balance(), expected.first) << question;
      ASSERT_EQ(response->balance().recorded_balance(), expected.second) << question;
    }
  }
}

TEST_F(AsOfPropertyTest, StatementsAreThoseOfARecomputationWhileMoreComesLateBetweenPages) {
  Grow(700);
  for (int i = 0; i < 60; ++i) {
    const v1::AsOf as_of = AnyPoint();
    const Account account = AnyAccount();
    const size_t covered = books_.covered;
    const SlowBooks slow = Slow(as_of);
    const int page_size = 1 + static_cast<int>(history_.Random(40));
    const std::string question = FormatAccount(account) + " as of " + as_of.ShortDebugString() + " of " +
                                 std::to_string(covered) + " events";
    const auto expected = slow.Balances()[account];
    std::vector<SlowBooks::Line> lines;
    std::string token;
    do {
      const auto page = books_.Statement(account, as_of, page_size, token);
      ASSERT_TRUE(page.ok()) << page.status();
      ASSERT_EQ(page->sequence(), slow.sequence()) << question;
      ASSERT_EQ(page->recorded_sequence(), slow.recorded_sequence()) << question;
      ASSERT_EQ(page->balance().balance(), expected.first) << question;
      ASSERT_EQ(page->balance().recorded_balance(), expected.second) << question;
      for (const v1::StatementLine& line : page->lines()) {
        const Event& event = books_.events[line.sequence() - 1];
        ASSERT_EQ(line.event(), EventKindName(event));
        ASSERT_EQ(line.occurred_at_unix_ms(), event.occurred_at_unix_ms());
        ASSERT_EQ(line.recorded_at_unix_ms(), event.recorded_at_unix_ms());
        lines.push_back({line.sequence(), line.amount(), line.balance()});
      }
      token = page->next_page_token();
      ASSERT_TRUE(token.empty() || page->lines_size() == page_size) << question;
      if (history_.Random(10) == 0) Grow(20);
    } while (!token.empty());
    ASSERT_EQ(lines, slow.Lines(account)) << question;
  }
}

TEST_F(AsOfPropertyTest, TrialBalancesAreThoseOfARecomputation) {
  while (books_.events.size() < history_.events().size()) {
    Grow(300);
    for (int i = 0; i < 10; ++i) {
      const v1::AsOf as_of = AnyPoint();
      const SlowBooks slow = Slow(as_of);
      std::map<Account, std::pair<int64_t, int64_t>> balances;
      v1::GetTrialBalanceRequest request;
      *request.mutable_as_of() = as_of;
      ASSERT_TRUE(
          books_.queries
              .GetTrialBalance(
                  request,
                  [&](const v1::GetTrialBalanceResponse& part) {
                    EXPECT_EQ(part.sequence(), slow.sequence());
                    EXPECT_EQ(part.recorded_sequence(), slow.recorded_sequence());
                    for (const v1::AccountBalance& row : part.balances()) {
                      balances[*ParseAccount(row.account())] = {row.balance(), row.recorded_balance()};
                    }
                    return true;
                  })
              .ok());
      ASSERT_EQ(balances, slow.Balances()) << as_of.ShortDebugString();
    }
  }
}

TEST_F(AsOfPropertyTest, DayReportsAreThoseOfALedgerThatEndedThere) {
  Grow(900);
  for (int i = 0; i < 60; ++i) {
    v1::AsOf as_of = AnyPoint();
    if (as_of.has_business_date()) as_of = AtSequence(1 + history_.Random(books_.covered));
    // Days on which something was going on are cut by the sequence, others are over or yet to come.
    const uint64_t sequence = Slow(as_of).sequence();
    const Day around = DateOf(books_.events[std::max<uint64_t>(sequence, 1) - 1]);
    const Day day = around + static_cast<int>(history_.Random(5)) - 2;
    Books shorter;
    for (uint64_t n = 0; n < sequence; ++n) shorter.Add(books_.events[n]);
    shorter.ProjectAll();
    const auto expected = shorter.DayReport(day, nullptr);
    const auto response = books_.DayReport(day, &as_of);
    ASSERT_TRUE(expected.ok() && response.ok()) << response.status();
    ASSERT_EQ(response->DebugString(), expected->DebugString()) << day << " as of " << as_of.DebugString();
  }
}

// --- By hand

class AsOfTest : public testing::Test {
 protected:
  AsOfTest() {
    for (const Event& event : Beginning(At(2026, 11, 20))) books_.Add(Recorded(event, At(2026, 11, 20)));
  }
  static Event Recorded(Event event, int64_t at) {
    event.set_recorded_at_unix_ms(at);
    return event;
  }
  const Account card_{AccountKind::kMealCard, 7};
  Books books_;
};

TEST_F(AsOfTest, LateSaleIsInTheBooksOfItsDateButWasNotRecordedThen) {
  books_.Add(Recorded(ToppedUp(7, 3000, At(2026, 11, 21)), At(2026, 11, 21)));                            // 6
  books_.Add(Recorded(ToppedUp(7, 500, At(2026, 11, 22, 0, 0)), At(2026, 11, 22, 0, 0)));                 // 7
  books_.Add(Recorded(Meal(7, 1, v1::PAYMENT_MEAL_CARD, 700, 300, At(2026, 11, 21)), At(2026, 11, 23)));  // 8
  books_.ProjectAll();

  const auto by_date = books_.Statement(card_, AtDate(Day(2026, 11, 21)));
  ASSERT_TRUE(by_date.ok()) << by_date.status();
  EXPECT_EQ(by_date->sequence(), 8u);
  EXPECT_EQ(by_date->recorded_sequence(), 6u);
  EXPECT_EQ(by_date->balance().balance(), -2300);
  EXPECT_EQ(by_date->balance().recorded_balance(), -3000);
  ASSERT_EQ(by_date->lines_size(), 2);
  EXPECT_EQ(by_date->lines(1).sequence(), 8u);
  EXPECT_EQ(by_date->lines(1).balance(), -2300);

  const auto by_moment = books_.Balance(card_, AtMoment(At(2026, 11, 21, 23, 59)));
  EXPECT_EQ(by_moment->sequence(), 6u);
  EXPECT_EQ(by_moment->recorded_sequence(), 0u);
  EXPECT_EQ(by_moment->balance().balance(), -3000);
  EXPECT_EQ(by_moment->balance().recorded_balance(), 0);
}

TEST_F(AsOfTest, AccountsThatDidNotExistYetAreLeftOutOfTheTrialBalance) {
  books_.Add(Recorded(ToppedUp(7, 3000, At(2026, 11, 21)), At(2026, 11, 21)));
  books_.Add(Recorded(Deposited(9, 500, At(2026, 11, 22)), At(2026, 11, 22)));
  books_.ProjectAll();
  const auto accounts = [this](const v1::AsOf& as_of) {
    std::vector<std::string> names;
    v1::GetTrialBalanceRequest request;
    *request.mutable_as_of() = as_of;
    EXPECT_TRUE(books_.queries
                    .GetTrialBalance(request,
                                     [&names](const v1::GetTrialBalanceResponse& part) {
                                       for (const auto& row : part.balances()) names.push_back(row.account());
                                       return true;
                                     })
                    .ok());
    return names;
  };
  EXPECT_THAT(accounts(AtSequence(5)), IsEmpty());
  EXPECT_THAT(accounts(AtMoment(0)), IsEmpty());
  EXPECT_THAT(accounts(AtDate(Day(2026, 11, 20))), IsEmpty());
  const auto of_the_card = ElementsAre("assets:drawer:1", "liabilities:meal-card:7");
  EXPECT_THAT(accounts(AtSequence(6)), of_the_card);
  EXPECT_THAT(accounts(AtDate(Day(2026, 11, 21))), of_the_card);
  EXPECT_EQ(accounts(AtSequence(7)).size(), 6u);
}

TEST_F(AsOfTest, DayReportKnowsWhichDrawersWereClosedByThen) {
  books_.Add(Meal(0, 1, v1::PAYMENT_CASH, 1000, 0, At(2026, 11, 21)));  // 6
  books_.Add(Counted(1000, 1000, false, At(2026, 11, 21, 13)));         // 7
  books_.Add(Counted(1000, 1000, true, At(2026, 11, 22, 13)));          // 8
  books_.Add(Meal(0, 1, v1::PAYMENT_CASH, 1000, 0, At(2026, 11, 23)));  // 9
  books_.ProjectAll();
  for (uint64_t sequence = 6; sequence <= 9; ++sequence) {
    const v1::AsOf as_of = AtSequence(sequence);
    const auto report = books_.DayReport(Day(2026, 11, 21), &as_of);
    ASSERT_TRUE(report.ok()) << report.status();
    ASSERT_EQ(report->drawers_size(), 1);
    EXPECT_EQ(report->drawers(0).closed(), sequence >= 8) << sequence;
    EXPECT_EQ(report->drawers(0).counts(), sequence >= 7 ? 1 : 0) << sequence;
  }
}

TEST_F(AsOfTest, WhatIsStillToComeIsAnsweredAsNow) {
  books_.Add(Recorded(ToppedUp(7, 3000, At(2026, 11, 21)), At(2026, 11, 21)));
  books_.ProjectAll();
  for (const v1::AsOf& as_of : {AtDate(Day(9999, 12, 31)), AtMoment(INT64_MAX), AtSequence(6)}) {
    const auto response = books_.Balance(card_, as_of);
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ(response->sequence(), 6u);
    EXPECT_EQ(response->balance().balance(), -3000);
  }
}

TEST_F(AsOfTest, BeforeTheFirstEventEverythingIsEmpty) {
  books_.ProjectAll();
  for (const v1::AsOf& as_of : {AtMoment(INT64_MIN), AtMoment(0), AtDate(Day(1900, 1, 1))}) {
    EXPECT_EQ(books_.Balance(card_, as_of)->balance().balance(), 0);
    EXPECT_EQ(books_.Statement(card_, as_of)->lines_size(), 0);
  }
  Books empty;
  EXPECT_EQ(empty.Balance(card_, AtDate(Day(2026, 1, 1)))->sequence(), 0u);
  EXPECT_EQ(empty.Balance(card_, AtMoment(At(2026, 1, 1)))->sequence(), 0u);
}

TEST_F(AsOfTest, PointsThatAreNoneAreRefused) {
  books_.ProjectAll();
  v1::AsOf no_such_day = AtDate(Day(2026, 2, 28));
  no_such_day.mutable_business_date()->set_day(30);
  for (const v1::AsOf& as_of : {v1::AsOf(), AtSequence(0), no_such_day}) {
    EXPECT_EQ(ReasonOf(books_.Balance(card_, as_of).status()), v1::ERROR_REASON_FIELD_INVALID);
    EXPECT_EQ(ReasonOf(books_.Statement(card_, as_of).status()), v1::ERROR_REASON_FIELD_INVALID);
    EXPECT_EQ(ReasonOf(books_.DayReport(Day(2026, 11, 20), &as_of).status()), v1::ERROR_REASON_FIELD_INVALID);
  }
  for (const uint64_t sequence : {uint64_t{6}, UINT64_MAX}) {
    const v1::AsOf as_of = AtSequence(sequence);
    EXPECT_EQ(ReasonOf(books_.Balance(card_, as_of).status()), v1::ERROR_REASON_NOT_REACHED);
    EXPECT_EQ(ReasonOf(books_.Statement(card_, as_of).status()), v1::ERROR_REASON_NOT_REACHED);
    EXPECT_EQ(ReasonOf(books_.DayReport(Day(2026, 11, 20), &as_of).status()), v1::ERROR_REASON_NOT_REACHED);
  }
  const v1::AsOf by_date = AtDate(Day(2026, 11, 20));
  EXPECT_EQ(ReasonOf(books_.DayReport(Day(2026, 11, 20), &by_date).status()), v1::ERROR_REASON_FIELD_INVALID);
}

TEST_F(AsOfTest, PageTokenOfOneStatementIsNoneOfAnother) {
  for (int i = 0; i < 10; ++i) books_.Add(Recorded(ToppedUp(7, 100, At(2026, 11, 21)), At(2026, 11, 21)));
  books_.ProjectAll();
  const std::vector<v1::AsOf> points = {AtSequence(15), AtMoment(At(2026, 11, 21)), AtDate(Day(2026, 11, 21)),
                                        AtDate(Day(2026, 11, 22))};
  for (const v1::AsOf& given : points) {
    const std::string token = books_.Statement(card_, given, 3)->next_page_token();
    ASSERT_NE(token, "");
    for (const v1::AsOf& used : points) {
      const auto page = books_.Statement(card_, used, 3, token);
      if (used.SerializeAsString() == given.SerializeAsString()) {
        EXPECT_TRUE(page.ok()) << page.status();
      } else {
        EXPECT_EQ(ReasonOf(page.status()), v1::ERROR_REASON_PAGE_TOKEN_INVALID);
      }
    }
  }
}

}  // namespace
}  // namespace redvest
