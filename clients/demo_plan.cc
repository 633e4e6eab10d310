#include "clients/demo_plan.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "ledger/accounting/posting.h"

namespace redvest::client {
namespace {

constexpr const char* kBillers[] = {"电费 Electricity", "水费 Water", "燃气费 Gas", "供暖费 Heating"};

// What may be found wrong in the evening.
bool IsMistakable(const event::v1::Event& event) {
  using event::v1::Event;
  switch (event.body_case()) {
    case Event::kMealSold:
    case Event::kServiceRecorded:
    case Event::kMealCardToppedUp:
    case Event::kCashDeposited:
    case Event::kBillPaid:
      return true;
    default:
      return false;
  }
}

void PlanReversal(DayPlan& plan, const std::vector<v1::SequencedEvent>& today) {
  // Ten draws find one in any ordinary day.
  for (int i = 0; i < 10; ++i) {
    const v1::SequencedEvent& item = plan.random().Pick(today);
    if (!IsMistakable(item.event()) || !plan.place().books.MayReverse(item.event())) continue;
    const auto& terminals = plan.place().terminals;
    const auto own = std::find(terminals.begin(), terminals.end(), item.event().terminal_id());
    const Desk desk = own == terminals.end() || plan.random().Chance(500)
                          ? Desk::kOffice
                          : static_cast<Desk>(own - terminals.begin());
    v1::ReverseEvent& reverse = *plan.Add(desk, At(18, 30)).mutable_reverse_event();
    reverse.set_sequence(item.sequence());
    reverse.set_reason("entered twice by mistake");
    for (const Posting& posting : PostingsOf(item.event())) {
      const bool credit = RuleOf(posting.account.kind).bound == Bound::kCredit;
      plan.Expect(posting.account, credit ? posting.amount : -posting.amount);
    }
    if (!plan.random().Chance(150)) return;
    // Someone else found the same mistake.
    v1::ReverseEvent& again = *plan.Add(Desk::kOffice, At(18, 40)).mutable_reverse_event();
    again.set_sequence(item.sequence());
    again.set_reason("entered twice by mistake");
    return;
  }
}

}  // namespace

DayPlan::DayPlan(const Neighbourhood& place, Day day, DemoRandom& random)
    : place_(place), day_(day), random_(random) {}

v1::Command& DayPlan::Add(Desk desk, int64_t second) { return AddOn(day_, desk, second); }

v1::Command& DayPlan::AddOn(Day day, Desk desk, int64_t second) {
  PlannedCommand& planned = commands_.emplace_back();
  planned.desk = desk;
  planned.command.set_occurred_at_unix_ms(UnixMs(day, second));
  return planned.command;
}

int64_t DayPlan::UnixMs(Day day, int64_t second) const {
  return absl::ToUnixMillis(absl::FromCivil(absl::CivilSecond(day) + second, place_.zone));
}

int64_t DayPlan::Held(const Account& account) const {
  const auto found = expected_.find(account);
  return place_.books.Held(account) + (found == expected_.end() ? 0 : found->second);
}

bool DayPlan::weekend() const { return absl::GetWeekday(day_) >= absl::Weekday::saturday; }

std::vector<PlannedCommand> DayPlan::Take() && {
  std::stable_sort(commands_.begin(), commands_.end(), [](const PlannedCommand& a, const PlannedCommand& b) {
    return a.command.occurred_at_unix_ms() < b.command.occurred_at_unix_ms();
  });
  return std::move(commands_);
}

std::vector<PlannedCommand> PlanEntries(const Neighbourhood& place, Day day, DemoRandom& random) {
  DayPlan plan(place, day, random);
  for (int64_t team = 1; team <= place.town.teams; ++team) {
    v1::RegisterEntry& entry = *plan.Add(Desk::kOffice, At(6, 30)).mutable_register_entry();
    entry.set_kind(v1::ENTRY_KIND_TEAM);
    entry.set_label(absl::StrCat("红马甲", team, "队 Red vests ", team));
  }
  for (const char* biller : kBillers) {
    v1::RegisterEntry& entry = *plan.Add(Desk::kOffice, At(6, 40)).mutable_register_entry();
    entry.set_kind(v1::ENTRY_KIND_BILLER);
    entry.set_label(biller);
  }
  return std::move(plan).Take();
}

std::vector<PlannedCommand> PlanMembers(const Neighbourhood& place, Day day, DemoRandom& random) {
  DayPlan plan(place, day, random);
  for (const Person& person : place.town.people) {
    *plan.Add(Desk::kOffice, At(7)).mutable_register_member()->mutable_profile() = person.profile;
  }
  return std::move(plan).Take();
}

std::vector<PlannedCommand> PlanAccounts(const Neighbourhood& place, Day day, DemoRandom& random) {
  DayPlan plan(place, day, random);
  for (size_t i : place.town.customers) {
    plan.Add(Desk::kCounter, At(7, 30))
        .mutable_open_bank_account()
        ->set_member_id(place.town.people[i].member_id);
  }
  return std::move(plan).Take();
}

std::vector<PlannedCommand> PlanPaperRecords(const Neighbourhood& place, Day day, DemoRandom& random) {
  DayPlan plan(place, day, random);
  for (size_t i : place.town.volunteers) {
    const Person& person = place.town.people[i];
    for (Day past = day - place.paper_days; past < day && !place.service_kinds.empty(); ++past) {
      if (!random.Chance(person.serves_permille * 8 / 10)) continue;
      const int64_t start = At(random.Between(8, 16), random.Between(0, 3) * 15);
      const int64_t minutes = random.Pick(kServiceMinutes);
      v1::RecordService& service =
          *plan.AddOn(past, Desk::kImport, start + minutes * 60).mutable_record_service();
      service.set_volunteer_id(person.member_id);
      service.set_service_kind_id(random.Pick(place.service_kinds));
      service.set_start_unix_ms(plan.UnixMs(past, start));
      service.set_minutes(static_cast<int32_t>(minutes));
      service.set_team_id(person.profile.team_id());
    }
  }
  for (size_t i : place.town.customers) {
    const Person& person = place.town.people[i];
    if (!random.Chance(900)) continue;
    // Most have little, some have a life's savings.
    const int64_t fen = random.Between(200, random.Chance(150) ? 80'000 : 9'000) * 100;
    v1::RecordBankHistory& row = *plan.AddOn(day - 1, Desk::kImport, At(18)).mutable_record_bank_history();
    row.set_account_id(person.account_id);
    row.set_kind(v1::HISTORY_KIND_TRANSFER_RECEIVED);
    row.set_amount_fen(fen);
    row.set_source_id(absl::StrFormat("opening-%06d", person.account_id));
    row.set_source_balance_fen(fen);
  }
  return std::move(plan).Take();
}

std::vector<PlannedCommand> PlanDay(const Neighbourhood& place, Day day, DemoRandom& random) {
  DayPlan plan(place, day, random);
  PlanStations(plan);
  PlanCanteen(plan);
  PlanCounter(plan);
  return std::move(plan).Take();
}

std::vector<PlannedCommand> PlanEvening(const Neighbourhood& place, Day day,
                                        const std::vector<v1::SequencedEvent>& today, DemoRandom& random) {
  DayPlan plan(place, day, random);
  if (!today.empty() && random.Chance(450)) PlanReversal(plan, today);
  for (Desk desk : {Desk::kTill1, Desk::kTill2, Desk::kCounter}) {
    int64_t counted = plan.Held(plan.Drawer(desk));
    if (random.Chance(80)) counted += random.Between(1, 20) * (random.Chance(500) ? 100 : -100);
    v1::CountDrawer& count = *plan.Add(desk, At(19)).mutable_count_drawer();
    count.set_counted_fen(std::max<int64_t>(counted, 0));
    count.set_closes_day(true);
  }
  return std::move(plan).Take();
}

}  // namespace redvest::client
