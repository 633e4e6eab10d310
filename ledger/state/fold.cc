// State::Apply: first everything that could be wrong with an event, then, past a marked point, what it
// changes.
#include <algorithm>
#include <span>
#include <string>

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"
#include "ledger/base/error.h"
#include "ledger/base/text.h"
#include "ledger/state/state.h"

namespace redvest {

using event::v1::Event;

class Fold {
 public:
  Fold(State& state, Sequence sequence, const Event& event, std::span<const Posting> postings)
      : s_(state), sequence_(sequence), event_(event), postings_(postings) {}

  absl::Status Check() const;
  void Change();

 private:
  absl::Status CheckEnvelope() const;
  absl::Status CheckBody() const;
  absl::Status CheckInTurn(uint64_t id, uint64_t expected) const;
  absl::Status CheckReversal(const event::v1::EventReversed& reversed) const;
  absl::Status CheckRequest(uint64_t sequence) const;
  absl::Status CheckBalance(const Posting& posting) const;
  int64_t LimitOf(const Posting& posting) const;
  absl::Status Damaged(std::string_view what) const {
    return absl::DataLossError(absl::StrCat("event ", sequence_.value(), ": ", ToAbsl(what)));
  }

  void ChangeBody();
  void Reverse(const event::v1::EventReversed& reversed);
  void Adopt(const event::v1::PolicyAdopted& adopted);
  void ChangeEntry(v1::EntryKind kind, EntryId id, const std::string& label, bool retired);
  void Found(const v1::FoundLedger& command);
  // Adds what `event` counts towards the limits of its day, or with sign -1 takes it off again.
  void Count(const Event& event, int sign);
  void AddSpan(const event::v1::ServiceRecorded& recorded);
  void RemoveSpan(const event::v1::ServiceRecorded& recorded);
  void AddCount(DayCounter counter, uint64_t id, int64_t occurred_at_ms, int64_t amount) {
    const int32_t day = DayNumber(s_.day_finder_.DayOf(occurred_at_ms));
    auto days = s_.day_counters_.end();
    // Mostly the newest ones.
    if (days == s_.day_counters_.begin() || (--days)->first != EightDaysOf(day)) {
      days = s_.day_counters_.try_emplace(EightDaysOf(day)).first;
    }
    EightDays::With(days->second, counter, [&](auto& table) { table.Mutable(id).Add(day, amount); });
  }

  State& s_;
  const Sequence sequence_;
  const Event& event_;
  const std::span<const Posting> postings_;
};

absl::Status State::Apply(Sequence sequence, const Event& event, std::span<const Posting> postings) {
  Fold fold(*this, sequence, event, postings);
  REDVEST_RETURN_IF_ERROR(fold.Check());
  // From here on nothing can fail.
  fold.Change();
  return absl::OkStatus();
}

// --- What could be wrong

absl::Status Fold::Check() const {
  REDVEST_RETURN_IF_ERROR(CheckEnvelope());
  REDVEST_RETURN_IF_ERROR(CheckBody());
  // Invariant: every event sums to zero in each unit, so all accounts together always do.
  if (!SumToZero(postings_)) return Damaged("its postings do not sum to zero");
  for (const Posting& posting : postings_) REDVEST_RETURN_IF_ERROR(CheckBalance(posting));
  return absl::OkStatus();
}

absl::Status Fold::CheckEnvelope() const {
  if (sequence_ != s_.last_sequence_.Next()) return Damaged("its sequence is out of turn");
  if (event_.recorded_at_unix_ms() < s_.last_recorded_at_ms_)
    return Damaged("recorded before the one before it");
  const Terminal* terminal = s_.FindTerminal(TerminalId(event_.terminal_id()));
  if (terminal == nullptr) return Damaged("its terminal is not enrolled");
  // Invariant: a terminal's serials are gapless, so an event left out is noticed.
  if (Serial(event_.serial()) != terminal->last_serial.Next()) return Damaged("its serial is out of turn");
  if (event_.has_ledger_founded() != !s_.founded()) return Damaged("only the first event founds the ledger");
  return absl::OkStatus();
}

absl::Status Fold::CheckBody() const {
  switch (event_.body_case()) {
    case Event::BODY_NOT_SET:
      return Damaged("this program does not know its kind; a newer one wrote it");
    case Event::kTerminalEnrolled:
      return CheckInTurn(event_.terminal_enrolled().terminal_id(), s_.next_terminal().value());
    case Event::kTerminalRetired:
      if (s_.FindTerminal(TerminalId(event_.terminal_retired().command().terminal_id())) == nullptr) {
        return Damaged("it retires a terminal that is not enrolled");
      }
      return absl::OkStatus();
    case Event::kTerminalAssigned: {
      const v1::AssignTerminal& command = event_.terminal_assigned().command();
      if (command.terminal_id() == 0 || s_.FindTerminal(TerminalId(command.terminal_id())) == nullptr ||
          s_.FindMember(MemberId(command.member_id())) == nullptr) {
        return Damaged("it assigns a terminal or a member that is not known");
      }
      return absl::OkStatus();
    }
    case Event::kMemberRegistered:
      return CheckInTurn(event_.member_registered().member_id(), s_.next_member().value());
    case Event::kMemberUpdated:
      if (s_.FindMember(MemberId(event_.member_updated().command().member_id())) == nullptr) {
        return Damaged("it updates a member that is not registered");
      }
      return absl::OkStatus();
    case Event::kEntryRegistered: {
      const v1::EntryKind kind = event_.entry_registered().command().kind();
      if (!v1::EntryKind_IsValid(kind)) return Damaged("its entry kind is not known");
      return CheckInTurn(event_.entry_registered().entry_id(), s_.next_entry(kind).value());
    }
    case Event::kEntryUpdated: {
      const v1::UpdateEntry& command = event_.entry_updated().command();
      if (s_.FindEntry(command.kind(), EntryId(command.entry_id())) == nullptr) {
        return Damaged("it updates an entry that is not registered");
      }
      return absl::OkStatus();
    }
    case Event::kPolicyAdopted:
      return CheckInTurn(event_.policy_adopted().version(), s_.next_policy_version());
    case Event::kTimeDepositOpened:
      return CheckInTurn(event_.time_deposit_opened().certificate_id(), s_.next_certificate().value());
    case Event::kBankAccountOpened:
      if (s_.FindBankAccount(BankAccountId(event_.bank_account_opened().account_id())) != nullptr) {
        return Damaged("it opens a bank account that is open");
      }
      return absl::OkStatus();
    case Event::kEventReversed:
      return CheckReversal(event_.event_reversed());
    case Event::kRequestApproved: {
      const event::v1::RequestApproved& approved = event_.request_approved();
      REDVEST_RETURN_IF_ERROR(CheckRequest(approved.command().sequence()));
      if (approved.has_event_reversed()) return CheckReversal(approved.event_reversed());
      if (!approved.has_policy_adopted()) return Damaged("this program does not know what it approves");
      return CheckInTurn(approved.policy_adopted().version(), s_.next_policy_version());
    }
    case Event::kRequestRefused:
      return CheckRequest(event_.request_refused().command().sequence());
    default:
      return absl::OkStatus();
  }
}

absl::Status Fold::CheckInTurn(uint64_t id, uint64_t expected) const {
  return id == expected ? absl::OkStatus() : Damaged("the id it gives is out of turn");
}

absl::Status Fold::CheckReversal(const event::v1::EventReversed& reversed) const {
  const Sequence original(reversed.command().sequence());
  if (original >= sequence_ || s_.IsReversed(original)) return Damaged("what it reverses cannot be reversed");
  return absl::OkStatus();
}

// Invariant: a request takes effect, or is refused, at most once.
absl::Status Fold::CheckRequest(uint64_t sequence) const {
  const ApprovalRequest* request = s_.FindRequest(Sequence(sequence));
  if (request == nullptr || !request->open) return Damaged("it closes a request that is not open");
  return absl::OkStatus();
}

// How far `posting` may take its account over to the forbidden side.
int64_t Fold::LimitOf(const Posting& posting) const {
  // A late sale is a fact that happened: the policy says how far it may take a card below zero.
  if (event_.late() && event_.has_meal_sold() && posting.account.kind == AccountKind::kMealCard) {
    const v1::Policy* policy = s_.FindPolicy(event_.policy_version());
    return policy == nullptr ? 0 : policy->meal_card_offline_limit_fen();
  }
  // So is the bank's own history, where the bank let the account go.
  if (event_.has_bank_history_recorded() && posting.account.kind == AccountKind::kDemand) return INT64_MAX;
  return 0;
}

// Invariant: no account that must not go negative ever does, but within LimitOf; and none overflows.
absl::Status Fold::CheckBalance(const Posting& posting) const {
  const int64_t before = s_.Balance(posting.account);
  int64_t after;
  if (__builtin_add_overflow(before, posting.amount, &after) || after == INT64_MIN) {
    return MakeError(v1::ERROR_REASON_BALANCE_OVERFLOW, {{"account", FormatAccount(posting.account)}});
  }
  const AccountRule& rule = RuleOf(posting.account.kind);
  const int64_t sign = rule.bound == Bound::kCredit ? -1 : 1;
  // A posting towards the allowed side never breaks a bound, even where the balance stays beyond it.
  if (rule.bound != Bound::kNone && (posting.amount < 0) == (sign > 0) && sign * after < -LimitOf(posting)) {
    return MakeError(v1::ERROR_REASON_INSUFFICIENT_BALANCE, {{"account", FormatAccount(posting.account)},
                                                             {"balance", sign * before},
                                                             {"unit", std::string(UnitName(rule.unit))},
                                                             {"amount", -sign * posting.amount},
                                                             {"limit", -LimitOf(posting)}});
  }
  // A closed day's drawer stays as it was counted; what comes late is flagged, and the office may correct.
  if (posting.account == Account{AccountKind::kDrawer, event_.terminal_id()} && !event_.late()) {
    const Day day = s_.day_finder_.DayOf(event_.occurred_at_unix_ms());
    if (DayNumber(day) <= s_.FindTerminal(TerminalId(event_.terminal_id()))->closed_through) {
      return MakeError(v1::ERROR_REASON_DAY_CLOSED, {{"date", FormatDay(day)}});
    }
  }
  return absl::OkStatus();
}

// --- What it changes

void Fold::Change() {
  for (const Posting& posting : postings_) s_.balances_.Mutable(posting.account) += posting.amount;
  ChangeBody();
  Terminal& terminal =
      event_.terminal_id() == 0 ? s_.founder_ : s_.terminals_.Mutable(TerminalId(event_.terminal_id()));
  terminal.last_serial = Serial(event_.serial());
  terminal.last_sequence = sequence_;
  s_.last_sequence_ = sequence_;
  s_.last_recorded_at_ms_ = event_.recorded_at_unix_ms();
}

namespace {

Member MemberOf(const v1::MemberProfile& profile) {
  return Member{.age_band = profile.age_band(),
                .resident = profile.resident(),
                .volunteer = profile.volunteer(),
                .elder = profile.elder(),
                .lives_alone = profile.lives_alone(),
                .inactive = profile.inactive(),
                .grid = profile.home().grid(),
                .building = profile.home().building(),
                .unit = profile.home().unit(),
                .team = EntryId(profile.team_id())};
}

}  // namespace

void Fold::ChangeBody() {
  switch (event_.body_case()) {
    case Event::kLedgerFounded:
      return Found(event_.ledger_founded().command());
    case Event::kTerminalEnrolled: {
      const event::v1::TerminalEnrolled& enrolled = event_.terminal_enrolled();
      Terminal& terminal = s_.terminals_.Mutable(TerminalId(enrolled.terminal_id()));
      terminal.role = enrolled.command().role();
      terminal.label = enrolled.command().label();
      if (terminal.role == v1::ROLE_OFFICE) ++s_.office_count_;
      return;
    }
    case Event::kTerminalRetired: {
      Terminal& terminal =
          s_.terminals_.Mutable(TerminalId(event_.terminal_retired().command().terminal_id()));
      if (terminal.role == v1::ROLE_OFFICE && !terminal.retired) --s_.office_count_;
      terminal.retired = true;
      return;
    }
    case Event::kTerminalAssigned: {
      const v1::AssignTerminal& command = event_.terminal_assigned().command();
      s_.terminals_.Mutable(TerminalId(command.terminal_id())).in_charge = MemberId(command.member_id());
      return;
    }
    case Event::kMemberRegistered:
      s_.members_.Mutable(MemberId(event_.member_registered().member_id())) =
          MemberOf(event_.member_registered().command().profile());
      return;
    case Event::kMemberUpdated:
      s_.members_.Mutable(MemberId(event_.member_updated().command().member_id())) =
          MemberOf(event_.member_updated().command().profile());
      return;
    case Event::kEntryRegistered: {
      const event::v1::EntryRegistered& registered = event_.entry_registered();
      ++s_.entry_counts_[static_cast<size_t>(registered.command().kind())];
      return ChangeEntry(registered.command().kind(), EntryId(registered.entry_id()),
                         registered.command().label(), false);
    }
    case Event::kEntryUpdated: {
      const v1::UpdateEntry& command = event_.entry_updated().command();
      return ChangeEntry(command.kind(), EntryId(command.entry_id()), command.label(), command.retired());
    }
    case Event::kPolicyAdopted:
      return Adopt(event_.policy_adopted());
    case Event::kBankAccountOpened:
      s_.bank_accounts_.Mutable(BankAccountId(event_.bank_account_opened().account_id())).owner =
          MemberId(event_.bank_account_opened().command().member_id());
      s_.bank_account_hint_ = s_.next_bank_account().value();
      return;
    case Event::kBankHistoryRecorded: {
      const BankAccountId account(event_.bank_history_recorded().command().account_id());
      if (s_.FindBankAccount(account) == nullptr) s_.bank_accounts_.Mutable(account);
      return;
    }
    case Event::kTimeDepositOpened: {
      const event::v1::TimeDepositOpened& opened = event_.time_deposit_opened();
      s_.certificates_.Mutable(CertificateId(opened.certificate_id())) = {
          .account = BankAccountId(opened.command().account_id()),
          .rate_ppm = opened.rate_ppm(),
          .term_months = opened.command().term_months(),
          .opened_on = s_.day_finder_.DayOf(event_.occurred_at_unix_ms()),
          .matures_on = ToDay(opened.matures_on()).value_or(Day())};
      s_.bank_accounts_.Mutable(BankAccountId(opened.command().account_id()))
          .certificates.emplace_back(opened.certificate_id());
      return;
    }
    case Event::kDrawerCounted:
      if (event_.drawer_counted().command().closes_day()) {
        Terminal& terminal = s_.terminals_.Mutable(TerminalId(event_.terminal_id()));
        terminal.closed_through =
            std::max(terminal.closed_through, DayNumber(s_.day_finder_.DayOf(event_.occurred_at_unix_ms())));
      }
      return;
    case Event::kEventReversed:
      return Reverse(event_.event_reversed());
    case Event::kApprovalRequested: {
      const TerminalId asks(event_.terminal_id());
      s_.requests_.Mutable(sequence_) = {.terminal = asks, .in_charge = s_.FindTerminal(asks)->in_charge};
      return;
    }
    case Event::kRequestApproved:
      s_.requests_.Mutable(Sequence(event_.request_approved().command().sequence())).open = false;
      if (const event::v1::EventReversed* reversed = ReversalIn(event_)) Reverse(*reversed);
      if (const event::v1::PolicyAdopted* adopted = AdoptionIn(event_)) Adopt(*adopted);
      return;
    case Event::kRequestRefused:
      s_.requests_.Mutable(Sequence(event_.request_refused().command().sequence())).open = false;
      return;
    default:
      return Count(event_, 1);
  }
}

void Fold::Reverse(const event::v1::EventReversed& reversed) {
  s_.reversed_.Mutable(Sequence(reversed.command().sequence())) = true;
  Count(reversed.original(), -1);
}

void Fold::Adopt(const event::v1::PolicyAdopted& adopted) {
  s_.policies_[adopted.version()] = adopted.command().policy();
}

void Fold::Found(const v1::FoundLedger& command) {
  s_.name_ = command.name();
  s_.time_zone_name_ = command.time_zone();
  s_.founder_.role = v1::ROLE_OFFICE;  // for the set-up that follows
  // FoundLedger is declined where the zone is not known; a machine without it keeps UTC, which Open refuses.
  absl::LoadTimeZone(command.time_zone(), &s_.time_zone_);
  s_.day_finder_ = DayFinder(s_.time_zone_);
}

void Fold::ChangeEntry(v1::EntryKind kind, EntryId id, const std::string& label, bool retired) {
  s_.entries_.Mutable({kind, id}) = {.label = label, .retired = retired};
}

// Of a log that was tampered with the amount may be any: that must not be undefined, so it wraps.
static int64_t Signed(int sign, int64_t amount) {
  return static_cast<int64_t>(sign < 0 ? 0 - static_cast<uint64_t>(amount) : static_cast<uint64_t>(amount));
}

void Fold::Count(const Event& event, int sign) {
  const int64_t occurred_at_ms = event.occurred_at_unix_ms();
  switch (event.body_case()) {
    case Event::kMealSold: {
      const v1::SellMeal& command = event.meal_sold().command();
      if (command.member_id() == 0) return;
      AddCount(DayCounter::kMealPortions, command.member_id(), occurred_at_ms,
               Signed(sign, command.portions()));
      return;
    }
    case Event::kServiceRecorded: {
      const event::v1::ServiceRecorded& recorded = event.service_recorded();
      AddCount(DayCounter::kCountedMinutes, recorded.command().volunteer_id(), recorded.start_unix_ms(),
               Signed(sign, recorded.counted_minutes()));
      Served& served = s_.served_.Mutable(
          {MemberId(recorded.command().volunteer_id()), EntryId(recorded.command().service_kind_id())});
      served.services += sign;
      served.minutes += Signed(sign, recorded.minutes());
      return sign > 0 ? AddSpan(recorded) : RemoveSpan(recorded);
    }
    case Event::kCashWithdrawn: {
      const v1::WithdrawCash& command = event.cash_withdrawn().command();
      AddCount(DayCounter::kCashWithdrawnFen, command.account_id(), occurred_at_ms,
               Signed(sign, command.amount_fen()));
      return;
    }
    default:
      return;
  }
}

void Fold::AddSpan(const event::v1::ServiceRecorded& recorded) {
  int64_t end_ms;
  if (__builtin_add_overflow(recorded.start_unix_ms(), recorded.minutes() * int64_t{60'000}, &end_ms)) {
    end_ms = INT64_MAX;
  }
  const Services::Span span{recorded.start_unix_ms(), end_ms};
  std::vector<Services::Span>& spans =
      s_.services_.Mutable(MemberId(recorded.command().volunteer_id())).spans;
  // Mostly it is the newest, or one of them.
  auto it = spans.end();
  while (it != spans.begin() && span.start_ms < std::prev(it)->start_ms) --it;
  spans.insert(it, span);
}

void Fold::RemoveSpan(const event::v1::ServiceRecorded& recorded) {
  std::vector<Services::Span>& spans =
      s_.services_.Mutable(MemberId(recorded.command().volunteer_id())).spans;
  const auto it = std::find_if(spans.begin(), spans.end(), [&recorded](const Services::Span& span) {
    return span.start_ms == recorded.start_unix_ms();
  });
  if (it != spans.end()) spans.erase(it);
}

// --- What it will look at

void State::Prefetch(const Event& event, std::span<const Posting> postings) const {
  for (const Posting& posting : postings) balances_.Prefetch(posting.account);
  // Mostly of today.
  if (day_counters_.empty()) return;
  const EightDays& days = day_counters_.rbegin()->second;
  switch (event.body_case()) {
    case Event::kMealSold:
      return days.portions.Prefetch(event.meal_sold().command().member_id());
    case Event::kServiceRecorded: {
      const uint64_t volunteer = event.service_recorded().command().volunteer_id();
      services_.Prefetch(MemberId(volunteer));
      served_.Prefetch({MemberId(volunteer), EntryId(event.service_recorded().command().service_kind_id())});
      return days.minutes.Prefetch(volunteer);
    }
    case Event::kCashWithdrawn:
      return days.withdrawn_fen.Prefetch(event.cash_withdrawn().command().account_id());
    default:
      return;
  }
}

}  // namespace redvest
