// The state that commands are decided on: the fold of all events so far. Nothing here asks a clock or a file,
// so the writer, recovery, replay and an auditor fold the same events to the same state.
#ifndef REDVEST_LEDGER_STATE_STATE_H_
#define REDVEST_LEDGER_STATE_STATE_H_

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "ledger/accounting/posting.h"
#include "ledger/base/calendar.h"
#include "ledger/base/check.h"
#include "ledger/base/ids.h"
#include "ledger/state/id_table.h"
#include "ledger/state/table.h"
#include "redvest/event/v1/event.pb.h"
#include "redvest/v1/policy.pb.h"

namespace redvest {

struct Terminal {
  v1::Role role = v1::ROLE_UNSPECIFIED;
  std::string label;
  bool retired = false;
  // Invariant: every serial up to last_serial has its outcome in the log, that of last_serial at
  // last_sequence.
  Serial last_serial;
  Sequence last_sequence;
  // Day number up to which the drawer's days are closed; INT32_MIN = none.
  int32_t closed_through = INT32_MIN;
  MemberId in_charge;  // answerable for what it issues; none = not known
};

struct Member {
  v1::AgeBand age_band = v1::AGE_BAND_UNSPECIFIED;
  bool resident = false;
  bool volunteer = false;
  bool elder = false;
  bool lives_alone = false;
  bool inactive = false;
  uint32_t grid = 0;
  uint32_t building = 0;
  uint32_t unit = 0;
  EntryId team;
};

// A team, good, biller, funder or kind of service.
struct Entry {
  std::string label;
  bool retired = false;
};
using EntryKey = std::pair<v1::EntryKind, EntryId>;
template <>
struct KeyParts<EntryKey> {
  static constexpr size_t kGroups = v1::EntryKind_ARRAYSIZE;
  static constexpr size_t Group(const EntryKey& key) { return static_cast<size_t>(key.first); }
  static constexpr uint64_t Number(const EntryKey& key) { return key.second.value(); }
  static EntryKey Make(size_t group, uint64_t number) {
    return {static_cast<v1::EntryKind>(group), EntryId(number)};
  }
};

struct BankAccount {
  MemberId owner;                           // none where an import opened it
  std::vector<CertificateId> certificates;  // all time deposits ever opened for it, in order
};

struct Certificate {
  BankAccountId account;
  int32_t rate_ppm = 0;
  int32_t term_months = 0;
  Day opened_on;
  Day matures_on;
};

// What is counted by day to hold the policy's limits.
enum class DayCounter : uint8_t { kMealPortions = 1, kCountedMinutes = 2, kCashWithdrawnFen = 3 };
inline constexpr DayCounter kDayCounters[] = {DayCounter::kMealPortions, DayCounter::kCountedMinutes,
                                              DayCounter::kCashWithdrawnFen};
// Days are kept by eights: whoever eats at the canteen does so most days, and so needs few rows.
inline constexpr int kCounterDays = 8;
// Rounds down, also before 1970.
inline int32_t EightDaysOf(int32_t day_number) { return day_number >> 3; }
template <typename Count>
struct DayCounts {
  std::array<Count, kCounterDays> counts{};
  // Decided amounts are in range; those of a log that was tampered with must not be undefined, so they wrap.
  void Add(int32_t day_number, int64_t amount) {
    Count& count = counts[static_cast<size_t>(day_number) % counts.size()];
    count = static_cast<Count>(static_cast<uint64_t>(count) + static_cast<uint64_t>(amount));
  }
  int64_t Of(int32_t day_number) const { return counts[static_cast<size_t>(day_number) % counts.size()]; }
};
// The counters of eight days, each by member or bank account.
struct EightDays {
  IdTable<uint64_t, DayCounts<int32_t>> portions;
  IdTable<uint64_t, DayCounts<int32_t>> minutes;
  IdTable<uint64_t, DayCounts<int64_t>> withdrawn_fen;

  // Calls visit(table) with that of `counter`.
  template <typename Self, typename Visit>
  static auto With(Self& self, DayCounter counter, Visit&& visit) {
    switch (counter) {
      case DayCounter::kMealPortions:
        return visit(self.portions);
      case DayCounter::kCountedMinutes:
        return visit(self.minutes);
      case DayCounter::kCashWithdrawnFen:
        return visit(self.withdrawn_fen);
    }
    REDVEST_CHECK(false);
  }
};

// When a volunteer served, sorted by start. Invariant: no two overlap.
struct Services {
  struct Span {
    int64_t start_ms;
    int64_t end_ms;
  };
  std::vector<Span> spans;
};

// A command that waited, or still waits, for a second person.
struct ApprovalRequest {
  TerminalId terminal;  // that asked
  MemberId in_charge;   // of that terminal, when it asked
  bool open = true;     // neither approved nor refused
};

// What a volunteer served of one kind, reversals taken off.
struct Served {
  int64_t services = 0;
  int64_t minutes = 0;
};
using ServedKey = std::pair<MemberId, EntryId>;

class StateReader;

class State {
 public:
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // --- The fold

  // Adds `event` as number `sequence`, or leaves the state as it was. REQUIRES: `postings` are
  // PostingsOf(event). FAILED_PRECONDITION with an ErrorDetail: a balance would break its bound or a closed
  // day would change; the writer turns that into a decline, so no log holds such an event. DATA_LOSS: no
  // ledger could have written it (postings that do not sum to zero, a serial or an id out of turn, a kind
  // that is not known); says what is wrong.
  absl::Status Apply(Sequence sequence, const event::v1::Event& event, std::span<const Posting> postings);

  // Asks the processor for the rows that Apply of such an event looks at, some events ahead. Changes nothing.
  void Prefetch(const event::v1::Event& event, std::span<const Posting> postings) const;

  // Founded: its first event is there.
  bool founded() const { return bool(last_sequence_); }

  // --- What it knows. Pointers are valid until the next Apply.

  Sequence last_sequence() const { return last_sequence_; }
  int64_t last_recorded_at_ms() const { return last_recorded_at_ms_; }
  const std::string& name() const { return name_; }
  absl::TimeZone time_zone() const { return time_zone_; }
  const std::string& time_zone_name() const { return time_zone_name_; }
  Day DayOf(int64_t unix_ms) const { return absl::ToCivilDay(absl::FromUnixMillis(unix_ms), time_zone_); }

  int64_t Balance(const Account& account) const;
  // Id 0 is the founder, which enrolled terminals and policy at set-up and issues nothing after that.
  const Terminal* FindTerminal(TerminalId id) const;
  const Member* FindMember(MemberId id) const;
  const Entry* FindEntry(v1::EntryKind kind, EntryId id) const;
  const BankAccount* FindBankAccount(BankAccountId id) const;
  const Certificate* FindCertificate(CertificateId id) const;
  // The service of `member` that overlaps [start_ms, end_ms), null where there is none.
  const Services::Span* FindOverlap(MemberId member, int64_t start_ms, int64_t end_ms) const;
  int64_t Counted(DayCounter counter, uint64_t id, Day day) const;
  bool IsReversed(Sequence sequence) const;
  // The request that the event of that sequence made; null where it made none.
  const ApprovalRequest* FindRequest(Sequence sequence) const { return requests_.Find(sequence); }
  // By kind of service, in order of their ids, without those of which nothing is left.
  std::vector<std::pair<EntryId, Served>> ServedBy(MemberId member) const;
  uint32_t office_count() const { return office_count_; }

  // A version of the policy, from 1. Null where there is none.
  const v1::Policy* FindPolicy(uint32_t version) const;
  // The version in force on `day`: of those effective by then the one with the latest date, of several with
  // that date the one adopted last. 0 where there is none.
  uint32_t PolicyVersionOn(Day day) const;

  // Ids are counted from 1; these are the next ones.
  TerminalId next_terminal() const { return TerminalId(terminals_.size() + 1); }
  MemberId next_member() const { return MemberId(members_.size() + 1); }
  EntryId next_entry(v1::EntryKind kind) const;
  BankAccountId next_bank_account() const;
  CertificateId next_certificate() const { return CertificateId(certificates_.size() + 1); }
  uint32_t next_policy_version() const { return static_cast<uint32_t>(policies_.size()) + 1; }

  // --- Lists, for reads. Unordered, but for policies.

  // Without the founder.
  const IdTable<TerminalId, Terminal>& terminals() const { return terminals_; }
  const IdTable<MemberId, Member>& members() const { return members_; }
  const IdTable<EntryKey, Entry>& entries() const { return entries_; }
  const IdTable<Account, int64_t>& balances() const { return balances_; }
  const std::map<uint32_t, v1::Policy>& policies() const { return policies_; }
  const Table<Sequence, ApprovalRequest>& requests() const { return requests_; }

  // --- Saving. Rows are private to this program: a state that cannot be read is rebuilt from the log.

  // Passes every row that changed since the last call to `put`, and forgets that they changed.
  void TakeChanges(absl::FunctionRef<void(std::string_view key, std::string_view value)> put);
  // Whether `head`, which TakeChanges gave as the row kHeadKey, is that of a state that an older version of
  // this program saved. Nothing of it can be loaded.
  static constexpr std::string_view kHeadKey = "\x01";
  static bool IsOfOlderVersion(std::string_view head);
  // Takes one row that TakeChanges gave. INVALID_ARGUMENT where it cannot be read.
  absl::Status Load(std::string_view key, std::string_view value);

 private:
  friend class Fold;

  // Parts of Load. False where the row cannot be read.
  bool LoadTagged(uint64_t tag, StateReader& key_in, StateReader& in, std::string_view value);
  bool LoadHead(StateReader& in);

  Sequence last_sequence_;
  int64_t last_recorded_at_ms_ = 0;
  std::string name_;
  std::string time_zone_name_;
  absl::TimeZone time_zone_ = absl::UTCTimeZone();
  DayFinder day_finder_{time_zone_};  // of the fold, whose events mostly share their day
  Terminal founder_;
  uint32_t office_count_ = 0;                                     // office terminals that are not retired
  uint64_t bank_account_hint_ = 1;                                // Invariant: every smaller id is taken
  std::array<uint64_t, v1::EntryKind_ARRAYSIZE> entry_counts_{};  // by kind

  IdTable<Account, int64_t> balances_;
  IdTable<TerminalId, Terminal> terminals_;
  IdTable<MemberId, Member> members_;
  IdTable<EntryKey, Entry> entries_;
  IdTable<BankAccountId, BankAccount> bank_accounts_;
  IdTable<CertificateId, Certificate> certificates_;
  // By the number of the eight days, so that the rows of today, which most events need, lie close together.
  std::map<int32_t, EightDays> day_counters_;
  Table<MemberId, Services> services_;
  Table<Sequence, bool> reversed_;
  Table<Sequence, ApprovalRequest> requests_;
  Table<ServedKey, Served> served_;
  std::map<uint32_t, v1::Policy> policies_;
  uint32_t policies_saved_ = 0;  // versions up to this one were passed to TakeChanges
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_STATE_STATE_H_
