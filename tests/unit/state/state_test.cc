#include "ledger/state/state.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "absl/strings/str_cat.h"

namespace redvest {
namespace {

using event::v1::Event;

class StateTest : public testing::Test {
 protected:
  StateTest() {
    Add("ledger_founded { command { name: \"t\" time_zone: \"Asia/Shanghai\" } }", 0);
    Add("terminal_enrolled { command { role: ROLE_OFFICE label: \"o\" } terminal_id: 1 }", 0);
  }

  Event Make(const std::string& body, uint64_t terminal) {
    Event event;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(body, &event)) << body;
    event.set_terminal_id(terminal);
    event.set_serial(state_.FindTerminal(TerminalId(terminal))->last_serial.value() + 1);
    event.set_recorded_at_unix_ms(1'000);
    event.set_occurred_at_unix_ms(1'000);
    return event;
  }
  absl::Status Apply(const Event& event) {
    return state_.Apply(state_.last_sequence().Next(), event, PostingsOf(event));
  }
  void Add(const std::string& body, uint64_t terminal = 1) {
    const absl::Status status = Apply(Make(body, terminal));
    ASSERT_TRUE(status.ok()) << status << body;
  }
  void ExpectRefused(const Event& event) {
    const Sequence before = state_.last_sequence();
    EXPECT_EQ(Apply(event).code(), absl::StatusCode::kDataLoss) << event.ShortDebugString();
    EXPECT_EQ(state_.last_sequence(), before);
  }

  // The state as saved rows.
  static std::map<std::string, std::string> Rows(State& state) {
    std::map<std::string, std::string> rows;
    state.TakeChanges(
        [&rows](std::string_view key, std::string_view value) { rows[std::string(key)] = value; });
    return rows;
  }

  State state_;
};

TEST_F(StateTest, AnEventOutOfTurnIsRefused) {
  Event event = Make("serial_voided { command { reason: \"x\" } }", 1);
  event.set_serial(event.serial() + 1);
  ExpectRefused(event);
  event = Make("serial_voided { command { reason: \"x\" } }", 1);
  event.set_terminal_id(9);
  ExpectRefused(event);
  event = Make("serial_voided { command { reason: \"x\" } }", 1);
  event.set_recorded_at_unix_ms(999);
  ExpectRefused(event);
  EXPECT_EQ(state_.Apply(Sequence(9), Make("serial_voided {}", 1), {}).code(), absl::StatusCode::kDataLoss);
}

TEST_F(StateTest, AnIdOutOfTurnIsRefused) {
  ExpectRefused(Make("member_registered { member_id: 2 }", 1));
  ExpectRefused(Make("terminal_enrolled { terminal_id: 3 }", 1));
  ExpectRefused(Make("entry_registered { command { kind: ENTRY_KIND_GOOD } entry_id: 2 }", 1));
  ExpectRefused(Make("policy_adopted { version: 2 }", 1));
  ExpectRefused(Make("time_deposit_opened { certificate_id: 2 }", 1));
  ExpectRefused(Make("ledger_founded {}", 1));
}

TEST_F(StateTest, AnEventOfAnUnknownKindIsRefused) { ExpectRefused(Make("", 1)); }

TEST_F(StateTest, APostingThatOverflowsIsRefused) {
  Add("stock_received { command { good_id: 1 pieces: 9223372036854775000 } }");
  const Event more = Make("stock_received { command { good_id: 1 pieces: 1000 } }", 1);
  EXPECT_EQ(Apply(more).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(state_.Balance({AccountKind::kStock, 1}), 9223372036854775000);
}

TEST_F(StateTest, HostileAmountsAreRefusedWithoutUndefinedBehaviour) {
  Event event = Make("meal_sold { price_fen: -9223372036854775808 subsidy_fen: -9223372036854775808 }", 1);
  EXPECT_FALSE(Apply(event).ok());
}

TEST_F(StateTest, WhatIsSavedLoadsToTheSameState) {
  Add("member_registered { command { profile { resident: true volunteer: true age_band: AGE_BAND_70_TO_79 "
      "home { grid: 1 building: 2 unit: 3 } team_id: 4 } } member_id: 1 }");
  Add("entry_registered { command { kind: ENTRY_KIND_GOOD label: \"Rice\" } entry_id: 1 }");
  Add("policy_adopted { command { policy { effective_from { year: 2020 month: 1 day: 1 } } } version: 1 }");
  Add("stock_received { command { good_id: 1 pieces: 5 } }");
  Add("service_recorded { command { volunteer_id: 1 } start_unix_ms: 0 minutes: 60 counted_minutes: 60 "
      "points: 1 }");
  Add("bank_account_opened { command { member_id: 1 } account_id: 1 }");
  Add("transfer_received { command { account_id: 1 amount_fen: 500 } }");
  Add("time_deposit_opened { command { account_id: 1 amount_fen: 100 funding: FUNDING_DEMAND term_months: 3 "
      "} "
      "certificate_id: 1 rate_ppm: 11000 matures_on { year: 2026 month: 4 day: 1 } }");
  std::map<std::string, std::string> saved = Rows(state_);
  Add("event_reversed { command { sequence: 6 } original { stock_received { command { good_id: 1 pieces: 5 } "
      "} } }");
  for (const auto& [key, value] : Rows(state_)) saved[key] = value;

  State loaded;
  for (const auto& [key, value] : saved) ASSERT_TRUE(loaded.Load(key, value).ok());
  EXPECT_EQ(loaded.last_sequence(), state_.last_sequence());
  EXPECT_EQ(loaded.time_zone_name(), "Asia/Shanghai");
  EXPECT_EQ(loaded.Balance({AccountKind::kDemand, 1}), -400);
  EXPECT_EQ(loaded.next_member(), MemberId(2));
  EXPECT_EQ(loaded.next_entry(v1::ENTRY_KIND_GOOD), EntryId(2));
  EXPECT_EQ(loaded.next_certificate(), CertificateId(2));
  EXPECT_EQ(loaded.next_bank_account(), BankAccountId(2));
  EXPECT_EQ(loaded.office_count(), 1u);
  EXPECT_EQ(loaded.PolicyVersionOn(Day(2026, 1, 1)), 1u);
  EXPECT_TRUE(loaded.IsReversed(Sequence(6)));
  EXPECT_NE(loaded.FindOverlap(MemberId(1), 0, 1), nullptr);
  EXPECT_EQ(loaded.Counted(DayCounter::kCountedMinutes, 1, Day(1970, 1, 1)), 60);
  EXPECT_EQ(loaded.Counted(DayCounter::kMealPortions, 1, Day(1970, 1, 1)), 0);
  EXPECT_EQ(loaded.FindMember(MemberId(1))->building, 2u);
  // And it goes on the same: the next event fits both.
  Add("serial_voided { command { reason: \"x\" } }");
  EXPECT_EQ(loaded.FindTerminal(TerminalId(1))->last_serial.Next(),
            state_.FindTerminal(TerminalId(1))->last_serial);
}

TEST_F(StateTest, ARowThatCannotBeReadIsAnError) {
  State loaded;
  EXPECT_FALSE(loaded.Load("", "").ok());
  EXPECT_FALSE(loaded.Load("\x7F", "x").ok());
  for (const auto& [key, value] : Rows(state_)) {
    for (size_t length = 0; length < value.size(); ++length) {
      State cut;
      EXPECT_FALSE(cut.Load(key, value.substr(0, length)).ok()) << length;
    }
  }
}

TEST_F(StateTest, ThePolicyOfADayIsTheLatestEffectiveThenTheLastAdopted) {
  const auto adopt = [this](int version, int year) {
    Add(absl::StrCat("policy_adopted { version: ", version,
                     " command { policy { effective_from { year: ", year, " month: 1 day: 1 } } } }"));
  };
  EXPECT_EQ(state_.PolicyVersionOn(Day(2026, 1, 1)), 0u);
  adopt(1, 2020);
  adopt(2, 2026);
  adopt(3, 2023);
  adopt(4, 2026);
  EXPECT_EQ(state_.PolicyVersionOn(Day(2019, 12, 31)), 0u);
  EXPECT_EQ(state_.PolicyVersionOn(Day(2022, 12, 31)), 1u);
  EXPECT_EQ(state_.PolicyVersionOn(Day(2025, 12, 31)), 3u);
  EXPECT_EQ(state_.PolicyVersionOn(Day(2026, 1, 1)), 4u);
}

TEST_F(StateTest, OverlapsAreThoseOfTheSlowDefinition) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  std::vector<std::pair<int64_t, int64_t>> spans;
  for (int i = 0; i < 400; ++i) {
    const int64_t start = random() % 20'000 * 60'000;
    const int64_t minutes = 1 + random() % 90;
    const int64_t end = start + minutes * 60'000;
    bool overlaps = false;
    for (const auto& [s, e] : spans) overlaps = overlaps || (s < end && start < e);
    ASSERT_EQ(state_.FindOverlap(MemberId(1), start, end) != nullptr, overlaps);
    if (overlaps) continue;
    spans.emplace_back(start, end);
    Add(absl::StrCat("service_recorded { command { volunteer_id: 1 } start_unix_ms: ", start,
                     " minutes: ", minutes, " }"));
  }
}

}  // namespace
}  // namespace redvest
