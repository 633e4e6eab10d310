#include "ledger/audit/findings.h"

#include <algorithm>
#include <map>
#include <memory>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "ledger/accounting/posting.h"
#include "ledger/audit/event_fold.h"
#include "ledger/audit/services_found.h"
#include "ledger/audit/usual_amounts.h"
#include "ledger/base/check.h"

namespace redvest {

using event::v1::Event;

namespace {

template <typename T>
void AddOnce(std::vector<T>& all, T one) {
  if (one != 0 && std::find(all.begin(), all.end(), one) == all.end()) all.push_back(one);
}

// What an event moved: the largest sum on one account, in the unit of its first posting.
struct Moved {
  std::optional<Unit> unit;
  int64_t amount = 0;
};
Moved MovedBy(const Postings& postings) {
  Moved moved;
  for (const Posting& posting : postings) {
    const Unit unit = RuleOf(posting.account.kind).unit;
    if (!moved.unit.has_value()) moved.unit = unit;
    if (moved.unit == unit) moved.amount = std::max(moved.amount, std::abs(posting.amount));
  }
  return moved;
}

std::string ReasonName(v1::ErrorReason reason) {
  constexpr std::string_view kPrefix = "ERROR_REASON_";
  const std::string& name = v1::ErrorReason_Name(reason);
  return name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : name;
}

class FindingsFold {
 public:
  explicit FindingsFold(const FindingsOptions& options) : options_(options) {}

  absl::Status Run(CommitCursor& commits, Sequence last, absl::FunctionRef<void(Sequence done)> progress);
  Findings Take();

 private:
  // Findings that gather events: kind, what, unit, terminal, member, day.
  using Key = std::tuple<FindingKind, std::string, int, uint64_t, uint64_t, int32_t>;

  absl::Status Add(const EventFold::Step& step);
  void AddLate(const Event& event, const Postings& postings);
  void AddDecline(const Event& event);
  void AddReversal(const Event& event, const event::v1::EventReversed& reversed);
  void AddRequest(const Event& event);
  void CloseRequest(const Event& event, uint64_t request, const char* outcome);
  void AddCount(const Event& event);
  void AddAfterClose(const Event& event, const Postings& postings);
  void AddFullCards(const Event& event, const Postings& postings);
  void AddAmount(const Event& event);
  void TakeRules(const Event& event);
  void FinishAmounts();

  bool Wants(FindingKind kind) const { return options_.kinds.empty() || options_.kinds.contains(kind); }
  bool InRange(Day day) const {
    return (!options_.from.has_value() || day >= *options_.from) &&
           (!options_.to.has_value() || day <= *options_.to);
  }
  // The finding that gathers such events, or nothing where the event at hand is not asked for.
  Finding* Gather(FindingKind kind, std::string what, std::optional<Unit> unit, uint64_t terminal,
                  uint64_t member = 0, std::optional<Day> day = std::nullopt);
  // A terminal, and who is in charge of it now.
  void Involve(Finding& finding, uint64_t terminal) const;

  const FindingsOptions& options_;
  EventFold fold_;
  std::optional<DayFinder> days_;
  // The event at hand.
  Sequence sequence_;
  Day day_;
  bool in_range_ = false;
  Moved moved_;

  std::map<Key, Finding> gathered_;
  std::vector<Finding> single_;
  // Requests by sequence, with whether one of their events is in range.
  std::map<uint64_t, std::pair<Finding, bool>> requests_;
  absl::flat_hash_map<uint64_t, uint64_t> in_charge_;     // terminal -> member
  absl::flat_hash_map<uint64_t, Day> closed_through_;     // terminal -> last closed day
  absl::flat_hash_map<uint32_t, int64_t> card_caps_;      // policy version -> fen
  std::map<std::pair<int, Unit>, UsualAmounts> amounts_;  // by kind of event
  ServicesFound services_;
};

absl::Status FindingsFold::Run(CommitCursor& commits, Sequence last,
                               absl::FunctionRef<void(Sequence done)> progress) {
  while (!last || fold_.last() < last) {
    REDVEST_ASSIGN_OR_RETURN(const std::optional<CommitView> commit, commits.Next());
    if (!commit.has_value()) break;
    for (std::string_view bytes : commit->events) {
      if (last && fold_.last() == last) break;
      REDVEST_ASSIGN_OR_RETURN(const EventFold::Step step, fold_.Add(bytes));
      REDVEST_RETURN_IF_ERROR(Add(step));
    }
    progress(fold_.last());
  }
  if (fold_.last() < last || !fold_.last()) {
    return absl::DataLossError(absl::StrCat("the log ends at event ", fold_.last().value(), " already"));
  }
  return absl::OkStatus();
}

absl::Status FindingsFold::Add(const EventFold::Step& step) {
  const Event& event = *step.event;
  if (step.sequence == Sequence(1)) {
    REDVEST_ASSIGN_OR_RETURN(const absl::TimeZone zone, fold_.Zone());
    days_.emplace(zone);
    services_.SetZone(zone);
  }
  sequence_ = step.sequence;
  day_ = days_->DayOf(event.occurred_at_unix_ms());
  in_range_ = InRange(day_);
  moved_ = MovedBy(step.postings);

  TakeRules(event);
  if (event.late()) AddLate(event, step.postings);
  AddAfterClose(event, step.postings);
  AddFullCards(event, step.postings);
  const event::v1::EventReversed* const reversed = ReversalIn(event);
  if (reversed != nullptr) {
    AddReversal(event, *reversed);
    services_.Remove(reversed->original(), Sequence(reversed->command().sequence()));
  } else {
    AddAmount(event);
  }
  switch (event.body_case()) {
    case Event::kCommandDeclined:
      AddDecline(event);
      break;
    case Event::kApprovalRequested:
      AddRequest(event);
      break;
    case Event::kRequestApproved:
      CloseRequest(event, event.request_approved().command().sequence(), "approved");
      break;
    case Event::kRequestRefused:
      CloseRequest(event, event.request_refused().command().sequence(), "refused");
      break;
    case Event::kDrawerCounted:
      AddCount(event);
      break;
    case Event::kSerialVoided:
      if (Finding* finding = Gather(FindingKind::kVoided, "", std::nullopt, event.terminal_id()))
        finding->items.push_back({sequence_});
      break;
    case Event::kServiceRecorded:
      return services_.Add(event, sequence_);
    default:
      break;
  }
  return absl::OkStatus();
}

// What later events are measured against.
void FindingsFold::TakeRules(const Event& event) {
  if (event.has_terminal_assigned()) {
    const v1::AssignTerminal& command = event.terminal_assigned().command();
    in_charge_[command.terminal_id()] = command.member_id();
  }
  if (const event::v1::PolicyAdopted* adopted = AdoptionIn(event))
    card_caps_[adopted->version()] = adopted->command().policy().meal_card_balance_max_fen();
}

Finding* FindingsFold::Gather(FindingKind kind, std::string what, std::optional<Unit> unit, uint64_t terminal,
                              uint64_t member, std::optional<Day> day) {
  if (!in_range_ || !Wants(kind)) return nullptr;
  const Key key{kind,     what,   unit.has_value() ? static_cast<int>(*unit) : -1,
                terminal, member, day.has_value() ? DayNumber(*day) : INT32_MIN};
  Finding& finding = gathered_[key];
  if (finding.items.empty()) {
    finding.kind = kind;
    finding.what = std::move(what);
    finding.unit = unit;
    finding.day = day;
    AddOnce(finding.members, member);
  }
  Involve(finding, terminal);
  return &finding;
}

void FindingsFold::Involve(Finding& finding, uint64_t terminal) const {
  AddOnce(finding.terminals, terminal);
  const auto member = in_charge_.find(terminal);
  if (member != in_charge_.end()) AddOnce(finding.members, member->second);
}

// What a till or a counter did while it was offline. That a history is imported late, or a service is told
// the next day, is nothing to look at.
void FindingsFold::AddLate(const Event& event, const Postings& postings) {
  const bool is_cash = std::any_of(postings.begin(), postings.end(), [](const Posting& posting) {
    return posting.account.kind == AccountKind::kDrawer;
  });
  if (!event.has_meal_sold() && !is_cash) return;
  Finding* const finding = Gather(FindingKind::kLate, std::string(EventKindName(event)), moved_.unit,
                                  event.terminal_id(), 0, day_);
  if (finding != nullptr) finding->items.push_back({sequence_, moved_.amount});
}

void FindingsFold::AddDecline(const Event& event) {
  const v1::ErrorReason reason = event.command_declined().error().reason();
  Finding* finding = Gather(FindingKind::kDeclined, ReasonName(reason), std::nullopt, event.terminal_id());
  if (finding != nullptr) finding->items.push_back({sequence_});
  if (reason != v1::ERROR_REASON_SERVICE_OVERLAPS) return;
  const uint64_t volunteer = event.command_declined().command().record_service().volunteer_id();
  finding = Gather(FindingKind::kTwoPlaces, "attempt", std::nullopt, 0, volunteer);
  if (finding == nullptr) return;
  finding->items.push_back({sequence_});
  Involve(*finding, event.terminal_id());
}

void FindingsFold::AddReversal(const Event& event, const event::v1::EventReversed& reversed) {
  if (!in_range_ || !Wants(FindingKind::kReversed)) return;
  Finding& finding = single_.emplace_back();
  finding.kind = FindingKind::kReversed;
  finding.what = EventKindName(reversed.original());
  finding.unit = moved_.unit;
  finding.items = {{Sequence(reversed.command().sequence()), moved_.amount}, {sequence_, moved_.amount}};
  Involve(finding, event.terminal_id());
  AddOnce(finding.terminals, reversed.original().terminal_id());
}

void FindingsFold::AddRequest(const Event& event) {
  if (!Wants(FindingKind::kApproval)) return;
  Finding finding;
  finding.kind = FindingKind::kApproval;
  finding.what = "waiting";
  finding.items = {{sequence_}};
  Involve(finding, event.terminal_id());
  requests_[sequence_.value()] = {std::move(finding), in_range_};
}

void FindingsFold::CloseRequest(const Event& event, uint64_t request, const char* outcome) {
  const auto it = requests_.find(request);
  if (it == requests_.end()) return;
  auto& [finding, in_range] = it->second;
  finding.what = outcome;
  finding.items.push_back({sequence_});
  Involve(finding, event.terminal_id());
  in_range = in_range || in_range_;
}

void FindingsFold::AddCount(const Event& event) {
  const int64_t difference = event.drawer_counted().difference_fen();
  if (difference != 0) {
    Finding* const finding =
        Gather(FindingKind::kOverShort, difference > 0 ? "over" : "short", Unit::kFen, event.terminal_id());
    if (finding != nullptr) finding->items.push_back({sequence_, difference});
  }
  if (!event.drawer_counted().command().closes_day()) return;
  const auto [closed, first] = closed_through_.try_emplace(event.terminal_id(), day_);
  if (!first) closed->second = std::max(closed->second, day_);
}

void FindingsFold::AddAfterClose(const Event& event, const Postings& postings) {
  const event::v1::EventReversed* const reversed = ReversalIn(event);
  if (reversed == nullptr && !event.late()) return;
  // A reversal's own date is of today; what it changes is the day of the original.
  const Day day = reversed == nullptr ? day_ : days_->DayOf(reversed->original().occurred_at_unix_ms());
  for (const Posting& posting : postings) {
    if (posting.account.kind != AccountKind::kDrawer) continue;
    const auto closed = closed_through_.find(posting.account.id);
    if (closed == closed_through_.end() || day > closed->second) continue;
    Finding* const finding = Gather(FindingKind::kAfterClose, reversed == nullptr ? "late" : "reversal",
                                    Unit::kFen, posting.account.id, 0, day);
    if (finding == nullptr) continue;
    finding->items.push_back({sequence_, posting.amount});
    Involve(*finding, event.terminal_id());
  }
}

void FindingsFold::AddFullCards(const Event& event, const Postings& postings) {
  for (const Posting& posting : postings) {
    if (posting.account.kind != AccountKind::kMealCard || posting.amount >= 0) continue;
    const auto cap = card_caps_.find(event.policy_version());
    if (cap == card_caps_.end() || cap->second <= 0) continue;
    const int64_t held = -fold_.balances().at(posting.account);
    if (held < cap->second - cap->second / 20) continue;
    Finding* const finding = Gather(FindingKind::kCardAtCap, "", Unit::kFen, 0, posting.account.id);
    if (finding == nullptr) continue;
    finding->items.push_back({sequence_, held});
    finding->reference = cap->second;
    AddOnce(finding->terminals, event.terminal_id());
  }
}

void FindingsFold::AddAmount(const Event& event) {
  if (!moved_.unit.has_value() || event.has_drawer_counted() || !Wants(FindingKind::kUnusualAmount)) return;
  amounts_[{static_cast<int>(event.body_case()), *moved_.unit}].Add(sequence_, moved_.amount, in_range_);
}

void FindingsFold::FinishAmounts() {
  for (const auto& [kind, amounts] : amounts_) {
    const int64_t median = amounts.Median();
    int64_t unusual;
    if (amounts.count() < kUsualEventsMin || median == 0 ||
        __builtin_mul_overflow(median, options_.amount_factor, &unusual)) {
      continue;
    }
    Finding finding;
    finding.kind = FindingKind::kUnusualAmount;
    finding.what = Event::descriptor()->FindFieldByNumber(kind.first)->name();
    finding.unit = kind.second;
    finding.reference = median;
    finding.items = amounts.From(unusual);
    if (!finding.items.empty()) single_.push_back(std::move(finding));
  }
}

Findings FindingsFold::Take() {
  FinishAmounts();
  const auto take_services = [this](Finding finding, Day day) {
    if (!InRange(day) || !Wants(finding.kind)) return;
    single_.push_back(std::move(finding));
  };
  services_.Finish(options_.day_minutes_max, take_services);
  for (auto& [sequence, request] : requests_) {
    if (request.second) single_.push_back(std::move(request.first));
  }
  for (auto& [key, finding] : gathered_) single_.push_back(std::move(finding));
  std::stable_sort(single_.begin(), single_.end(), [](const Finding& a, const Finding& b) {
    return std::pair(a.kind, a.items.front().sequence) < std::pair(b.kind, b.items.front().sequence);
  });
  return {fold_.ledger_name(), fold_.time_zone_name(), fold_.last(), std::move(single_)};
}

}  // namespace

std::string_view FindingKindName(FindingKind kind) {
  constexpr std::string_view kNames[kFindingKinds] = {
      "late",     "declined",       "reversed",    "approval",    "over-short", "two-places",
      "long-day", "unusual-amount", "after-close", "card-at-cap", "voided"};
  return kNames[static_cast<size_t>(kind)];
}

absl::StatusOr<Findings> FindAll(CommitCursor& commits, Sequence last, const FindingsOptions& options,
                                 absl::FunctionRef<void(Sequence done)> progress) {
  FindingsFold fold(options);
  REDVEST_RETURN_IF_ERROR(fold.Run(commits, last, progress));
  return fold.Take();
}

}  // namespace redvest
