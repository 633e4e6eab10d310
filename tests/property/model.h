// A second, slow ledger, written from the protos' comments and the design alone: it shares no code with
// ledger/, so that an error would have to be made twice to go unnoticed. Business dates are Asia/Shanghai's
// from 1992 on, which are UTC+8.
#ifndef REDVEST_TESTS_PROPERTY_MODEL_H_
#define REDVEST_TESTS_PROPERTY_MODEL_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "redvest/event/v1/event.pb.h"
#include "redvest/v1/command.pb.h"

namespace redvest {

// Debits minus credits, by name of account; an account that was posted to stands here even where it is 0.
using Balances = std::map<std::string, int64_t>;
using Reasons = std::set<v1::ErrorReason>;

// What may become of a command. The order in which the ledger looks for faults is its own affair here: it has
// to name one of those that there are.
struct Verdict {
  Reasons refused;         // no trace is left for one of these; empty: it has an outcome
  Reasons declined;        // it is declined for one of these; empty: it is recorded
  event::v1::Event event;  // as it is recorded; of a decline, the envelope
};

// "assets:drawer" and 7 as "assets:drawer:7".
std::string Path(const char* name, uint64_t id);
// The fen, points, minutes or pieces that an account is kept in.
std::string UnitOfAccount(const std::string& account);
// 1: the account may never stand below zero; -1: never above; 0: either.
int SideOfAccount(const std::string& account);
// Whether a row of a bank's history adds to the account.
bool Adds(v1::HistoryKind kind);

class Model {
 public:
  struct Terminal {
    v1::Role role = v1::ROLE_UNSPECIFIED;
    bool retired = false;
    int64_t closed_through = INT64_MIN;
    std::vector<uint64_t> sequences;  // of serials 1, 2, 3, …
    uint64_t in_charge = 0;
  };
  struct Request {
    uint64_t in_charge = 0;  // of the terminal, when it asked
    bool open = true;
  };
  struct Certificate {
    uint64_t account = 0;
    int64_t rate_ppm = 0;
    int64_t term_months = 0;
    int64_t opened_on = 0;
    int64_t matures_on = 0;
  };
  struct Span {
    int64_t start_ms;
    int64_t end_ms;
    friend bool operator==(const Span&, const Span&) = default;
  };

  // What the rules say of `command`, new at `recorded_at_ms`. A resent serial is the caller's affair.
  Verdict Judge(const v1::Command& command, int64_t recorded_at_ms) const;
  // Takes in what the ledger recorded as the next sequence.
  void Take(const event::v1::Event& event);

  // Breaches of what must always hold: sums that are not zero, balances on a forbidden side. Empty where all
  // is well.
  std::vector<std::string> Breaches() const;

  // --- What is known, also for the generator

  uint64_t last_sequence() const { return events_.size(); }
  int64_t last_recorded_at_ms() const { return events_.empty() ? 0 : events_.back().recorded_at_unix_ms(); }
  const event::v1::Event& event(uint64_t sequence) const { return events_.at(sequence - 1); }
  const Balances& balances() const { return balances_; }
  int64_t Balance(const std::string& account) const;
  const std::map<uint64_t, Terminal>& terminals() const { return terminals_; }
  const std::map<uint64_t, v1::MemberProfile>& members() const { return members_; }
  const std::map<uint64_t, uint64_t>& bank_accounts() const { return bank_accounts_; }
  const std::map<uint64_t, Certificate>& certificates() const { return certificates_; }
  const std::map<uint64_t, Request>& requests() const { return requests_; }
  uint64_t EntryCount(v1::EntryKind kind) const;
  // What a member served by kind, found by reading all events.
  std::map<uint64_t, v1::ServedKind> ServedBy(uint64_t member) const;
  const v1::Policy* PolicyOn(int64_t day, uint32_t* version = nullptr) const;

  static int64_t DayOf(int64_t unix_ms);

 private:
  friend class Judgement;
  // What is counted against the limits of a day, by member or account and day.
  using Counts = std::map<std::pair<uint64_t, int64_t>, int64_t>;

  static Balances PostingsOf(const event::v1::Event& event);
  // Whether it waits for a second person, by the policy of the day it is recorded on.
  bool ReversalWaits(const event::v1::Event& original, int64_t recorded_at_ms) const;
  bool AdoptionWaits(const v1::Policy& policy, int64_t recorded_at_ms) const;
  static bool AdoptionWaitsFor(const v1::Policy& before, const v1::Policy& policy);
  void TakeReversal(const event::v1::EventReversed& reversed);
  // Counts `event` in the registers of limits, or with -1 takes it out again.
  void Count(const event::v1::Event& event, int sign);

  std::vector<event::v1::Event> events_;
  std::set<uint64_t> reversed_;
  std::map<uint64_t, Request> requests_;  // by sequence
  Balances balances_;
  std::map<uint64_t, Terminal> terminals_;
  std::map<uint64_t, v1::MemberProfile> members_;
  std::map<std::pair<v1::EntryKind, uint64_t>, bool> entries_;  // -> retired
  std::map<uint64_t, uint64_t> bank_accounts_;                  // -> owner
  std::set<uint64_t> accounts_with_history_;
  std::map<uint64_t, Certificate> certificates_;
  std::vector<v1::Policy> policies_;
  Counts portions_;
  Counts minutes_;
  Counts withdrawn_;
  std::map<uint64_t, std::vector<Span>> services_;
};

// FIELD_INVALID where a field of `command` is out of the range that its proto comment gives.
bool IsWellFormed(const v1::Command& command);

}  // namespace redvest

#endif  // REDVEST_TESTS_PROPERTY_MODEL_H_
