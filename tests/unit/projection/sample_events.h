// Events for tests of what follows the log: single ones by hand, and long random histories that the fold
// accepts.
#ifndef REDVEST_TESTS_UNIT_PROJECTION_SAMPLE_EVENTS_H_
#define REDVEST_TESTS_UNIT_PROJECTION_SAMPLE_EVENTS_H_

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "ledger/base/calendar.h"
#include "ledger/base/error.h"
#include "ledger/state/state.h"
#include "redvest/event/v1/event.pb.h"

namespace redvest::sample {

using event::v1::Event;

constexpr uint64_t kTill = 1, kStation = 2, kCounter = 3, kOffice = 4;

// A moment of the ledger's local time.
inline int64_t At(int year, int month, int day, int hour = 12, int minute = 0) {
  absl::TimeZone zone;
  absl::LoadTimeZone("Asia/Shanghai", &zone);
  return absl::ToUnixMillis(absl::FromCivil(absl::CivilSecond(year, month, day, hour, minute), zone));
}

inline Event Envelope(uint64_t terminal, int64_t occurred_at_ms) {
  Event event;
  event.set_terminal_id(terminal);
  event.set_occurred_at_unix_ms(occurred_at_ms);
  return event;
}

inline Event Founded(int64_t at) {
  Event event = Envelope(0, at);
  auto* command = event.mutable_ledger_founded()->mutable_command();
  command->set_name("Changshan Huayuan");
  command->set_time_zone("Asia/Shanghai");
  return event;
}

inline Event Enrolled(uint64_t id, v1::Role role, int64_t at) {
  Event event = Envelope(0, at);
  event.mutable_terminal_enrolled()->set_terminal_id(id);
  event.mutable_terminal_enrolled()->mutable_command()->set_role(role);
  return event;
}

// The first events of every sample: the ledger and its terminals.
inline std::vector<Event> Beginning(int64_t at) {
  return {Founded(at), Enrolled(kTill, v1::ROLE_CANTEEN_TILL, at), Enrolled(kStation, v1::ROLE_STATION, at),
          Enrolled(kCounter, v1::ROLE_BANK_COUNTER, at), Enrolled(kOffice, v1::ROLE_OFFICE, at)};
}

inline Event Meal(uint64_t member, int portions, v1::Payment payment, int64_t price, int64_t subsidy,
                  int64_t at) {
  Event event = Envelope(kTill, at);
  auto* sold = event.mutable_meal_sold();
  sold->mutable_command()->set_member_id(member);
  sold->mutable_command()->set_portions(portions);
  sold->mutable_command()->set_payment(payment);
  sold->set_age_band(member == 0 ? v1::AGE_BAND_UNSPECIFIED : v1::AGE_BAND_70_TO_79);
  sold->set_price_fen(price);
  sold->set_subsidy_fen(subsidy);
  if (subsidy != 0) sold->set_funder_id(1);
  return event;
}

inline Event ToppedUp(uint64_t member, int64_t amount, int64_t at) {
  Event event = Envelope(kTill, at);
  event.mutable_meal_card_topped_up()->mutable_command()->set_member_id(member);
  event.mutable_meal_card_topped_up()->mutable_command()->set_amount_fen(amount);
  return event;
}

inline Event Counted(int64_t book, int64_t counted, bool closes, int64_t at) {
  Event event = Envelope(kTill, at);
  auto* body = event.mutable_drawer_counted();
  body->mutable_command()->set_counted_fen(counted);
  body->mutable_command()->set_closes_day(closes);
  body->set_book_fen(book);
  body->set_difference_fen(counted - book);
  return event;
}

inline Event HoursServed(uint64_t volunteer, uint64_t kind, int minutes, int64_t points, int64_t at) {
  Event event = Envelope(kStation, at);
  auto* body = event.mutable_service_recorded();
  body->mutable_command()->set_volunteer_id(volunteer);
  body->mutable_command()->set_service_kind_id(kind);
  body->set_start_unix_ms(at - minutes * int64_t{60'000});
  body->set_minutes(minutes);
  body->set_counted_minutes(minutes);
  body->set_points(points);
  return event;
}

inline Event StockCame(uint64_t good, int64_t pieces, int64_t at) {
  Event event = Envelope(kStation, at);
  event.mutable_stock_received()->mutable_command()->set_good_id(good);
  event.mutable_stock_received()->mutable_command()->set_pieces(pieces);
  return event;
}

inline Event Redeemed(uint64_t volunteer, uint64_t good, int64_t pieces, int64_t points, int64_t at) {
  Event event = Envelope(kStation, at);
  auto* body = event.mutable_points_redeemed();
  body->mutable_command()->set_volunteer_id(volunteer);
  body->mutable_command()->set_good_id(good);
  body->mutable_command()->set_pieces(pieces);
  body->set_points(points);
  return event;
}

inline Event Deposited(uint64_t account, int64_t amount, int64_t at) {
  Event event = Envelope(kCounter, at);
  event.mutable_cash_deposited()->mutable_command()->set_account_id(account);
  event.mutable_cash_deposited()->mutable_command()->set_amount_fen(amount);
  return event;
}

inline Event Withdrawn(uint64_t account, int64_t amount, int64_t at) {
  Event event = Envelope(kCounter, at);
  event.mutable_cash_withdrawn()->mutable_command()->set_account_id(account);
  event.mutable_cash_withdrawn()->mutable_command()->set_amount_fen(amount);
  return event;
}

// A sale to a guest, declined for the reason that a ledger without a policy has, if the terminal is a till.
inline Event Declined(uint64_t terminal, int64_t at) {
  Event event = Envelope(terminal, at);
  auto* body = event.mutable_command_declined();
  body->mutable_command()->mutable_sell_meal()->set_portions(1);
  body->mutable_command()->mutable_sell_meal()->set_payment(v1::PAYMENT_CASH);
  absl::TimeZone zone;
  absl::LoadTimeZone("Asia/Shanghai", &zone);
  const Day day = absl::ToCivilDay(absl::FromUnixMillis(at), zone);
  *body->mutable_error() = *DetailOf(MakeError(v1::ERROR_REASON_NO_POLICY, {{"date", FormatDay(day)}}));
  return event;
}

inline Event Voided(uint64_t terminal, int64_t at) {
  Event event = Envelope(terminal, at);
  event.mutable_serial_voided()->mutable_command()->set_reason("spoilt slip");
  return event;
}

inline Event Reversed(uint64_t sequence, const Event& original, int64_t at) {
  Event event = Envelope(kOffice, at);
  auto* body = event.mutable_event_reversed();
  body->mutable_command()->set_sequence(sequence);
  body->mutable_command()->set_reason("typed wrong");
  *body->mutable_original() = original;
  return event;
}

// The seed of a randomized test: from the environment, or a new one; printed so that a failure can be
// repeated.
inline uint64_t Seed() {
  const char* given = std::getenv("REDVEST_SEED");
  const uint64_t seed = given != nullptr ? std::stoull(given) : std::random_device()();
  std::cout << "REDVEST_SEED=" << seed << "\n";
  return seed;
}

// A random history, complete with serials and times. Event i has sequence i + 1. What the fold would not take
// is left out as it is made. Events follow one another within `step_ms_max`, some at the same moment; a third
// came late, within `late_ms_max`.
class History {
 public:
  // Some days' worth in a few hundred events.
  explicit History(uint64_t seed, uint64_t step_ms_max = 1'200'000, uint64_t late_ms_max = 86'400'000)
      : step_ms_max_(step_ms_max), late_ms_max_(late_ms_max), random_(seed) {
    for (const Event& event : Beginning(now_)) Take(event);
  }

  void Grow(size_t count) {
    const size_t end = events_.size() + count;
    while (events_.size() < end) {
      if (Random(4) != 0) now_ += static_cast<int64_t>(Random(step_ms_max_));
      Take(Next());
    }
  }

  const std::vector<Event>& events() const { return events_; }
  uint64_t Random(uint64_t below) { return random_() % below; }

 private:
  Event Next() {
    const uint64_t member = 1 + Random(5);
    const int64_t amount = 1 + static_cast<int64_t>(Random(3000));
    const int64_t at = now_ - static_cast<int64_t>(Random(3) == 0 ? Random(late_ms_max_) : 0);
    switch (Random(11)) {
      case 0:
        return Meal(member, 1 + static_cast<int>(Random(3)), v1::PAYMENT_CASH, amount, 500, at);
      case 1:
        return Meal(member, 1, v1::PAYMENT_MEAL_CARD, amount, 0, at);
      case 2:
        return ToppedUp(member, amount, at);
      case 3:
        return Counted(Book(kTill), Book(kTill) + static_cast<int64_t>(Random(3)) - 1, Random(9) == 0, at);
      case 4:
        return HoursServed(member, 1 + Random(2), 1 + static_cast<int>(Random(120)),
                           static_cast<int64_t>(Random(3)), at);
      case 5:
        return StockCame(1 + Random(2), amount, at);
      case 6:
        return Redeemed(member, 1 + Random(2), 1, 1, at);
      case 7:
        return Deposited(member, amount, at);
      case 8:
        return Withdrawn(member, amount, at);
      case 9:
        return Random(2) == 0 ? Declined(kTill, at) : Voided(kTill + Random(4), at);
      default: {
        const uint64_t sequence = 1 + Random(events_.size());
        return Reversed(sequence, events_[sequence - 1], at);
      }
    }
  }

  int64_t Book(uint64_t terminal) const { return state_.Balance({AccountKind::kDrawer, terminal}); }

  void Take(Event event) {
    const bool founder = event.terminal_id() == 0;
    const Terminal* terminal = state_.FindTerminal(TerminalId(event.terminal_id()));
    event.set_serial(terminal->last_serial.value() + 1);
    event.set_recorded_at_unix_ms(now_);
    event.set_late(!founder && now_ - event.occurred_at_unix_ms() > 3'600'000);
    // Only what moves something is reversed.
    if (event.has_event_reversed() && PostingsOf(event).empty()) return;
    if (event.has_event_reversed() && event.event_reversed().original().has_event_reversed()) return;
    if (state_.Apply(Sequence(events_.size() + 1), event, PostingsOf(event)).ok())
      events_.push_back(std::move(event));
  }

  const uint64_t step_ms_max_;
  const uint64_t late_ms_max_;
  std::mt19937_64 random_;
  int64_t now_ = At(2026, 11, 20);
  State state_;
  std::vector<Event> events_;
};

}  // namespace redvest::sample

#endif  // REDVEST_TESTS_UNIT_PROJECTION_SAMPLE_EVENTS_H_
