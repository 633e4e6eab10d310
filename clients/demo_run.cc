#include "clients/demo_run.h"

#include <algorithm>

#include "absl/time/clock.h"

namespace redvest::client {
namespace {

constexpr int kBatchCommands = 4'000;
constexpr int kWindow = 8;
constexpr int64_t kPaperDays = 90;

constexpr struct {
  v1::Role role;
  const char* label;
} kTerminals[kDesks] = {
    {v1::ROLE_OFFICE, "demo office"},
    {v1::ROLE_IMPORT, "demo paper records"},
    {v1::ROLE_STATION, "demo station east"},
    {v1::ROLE_STATION, "demo station west"},
    {v1::ROLE_CANTEEN_TILL, "demo canteen till 1"},
    {v1::ROLE_CANTEEN_TILL, "demo canteen till 2"},
    {v1::ROLE_BANK_COUNTER, "demo bank counter"},
};

// The program's own books no longer fit what the server answered.
CallError Surprise(std::string message) { return {grpc::StatusCode::INTERNAL, {}, std::move(message)}; }

}  // namespace

std::vector<std::pair<Desk, v1::IngestRequest>> CutBatches(std::vector<PlannedCommand> commands, Day day,
                                                           absl::TimeZone zone) {
  const auto moment = [&](int64_t second) {
    return absl::ToUnixMillis(absl::FromCivil(absl::CivilSecond(day) + second, zone));
  };
  const int64_t part_ends[] = {moment(At(10, 45)), moment(At(13, 30)), INT64_MAX};
  std::vector<std::pair<Desk, v1::IngestRequest>> batches;
  size_t next = 0;
  for (int64_t end : part_ends) {
    std::array<std::vector<v1::Command*>, kDesks> by_desk;
    for (; next < commands.size() && commands[next].command.occurred_at_unix_ms() < end; ++next) {
      by_desk[static_cast<size_t>(commands[next].desk)].push_back(&commands[next].command);
    }
    for (size_t desk = 0; desk < kDesks; ++desk) {
      for (size_t i = 0; i < by_desk[desk].size(); ++i) {
        if (i % kBatchCommands == 0) batches.emplace_back(static_cast<Desk>(desk), v1::IngestRequest());
        batches.back().second.add_commands()->Swap(by_desk[desk][i]);
      }
    }
  }
  return batches;
}

DemoRun::DemoRun(Connection& connection, const DemoOptions& options,
                 std::function<void(int64_t days)> progress)
    : connection_(connection),
      options_(options),
      progress_(std::move(progress)),
      stream_(connection, kWindow),
      random_(options.seed) {
  place_.town = BuildTown(options.residents, random_);
}

std::optional<CallError> DemoRun::Enrol(TerminalId office) {
  auto session = TerminalSession::Open(connection_, office);
  if (!session.ok()) return session.error();
  for (size_t desk = 0; desk < kDesks; ++desk) {
    v1::EnrolTerminalRequest request;
    request.mutable_enrol_terminal()->set_role(kTerminals[desk].role);
    request.mutable_enrol_terminal()->set_label(kTerminals[desk].label);
    auto enrolled =
        session->Call(&v1::DirectoryService::Stub::EnrolTerminal, request, absl::ToUnixMillis(absl::Now()));
    if (!enrolled.ok()) return enrolled.error();
    place_.terminals[desk] = enrolled->terminal_enrolled().terminal_id();
    next_serials_[desk] = 1;
  }
  return Learn();
}

std::optional<CallError> DemoRun::Learn() {
  auto ledger = connection_.Call(&v1::LedgerService::Stub::GetLedger, v1::GetLedgerRequest());
  if (!ledger.ok()) return ledger.error();
  if (!absl::LoadTimeZone(ledger->time_zone(), &place_.zone)) {
    return Surprise("this machine does not know the ledger's time zone " + ledger->time_zone() +
                    ": install tzdata");
  }
  v1::GetPolicyRequest on_start;
  *on_start.mutable_on() = ToDate(options_.start);
  auto policy = connection_.Call(&v1::PolicyService::Stub::GetPolicy, on_start);
  if (!policy.ok()) return policy.error();
  place_.policy = policy->policy().policy();
  v1::GetPolicyRequest on_paper;
  *on_paper.mutable_on() = ToDate(options_.start - kPaperDays);
  place_.paper_days = connection_.Call(&v1::PolicyService::Stub::GetPolicy, on_paper).ok() ? kPaperDays : 0;
  if (auto error = LearnEntries()) return error;

  last_sequence_ = ledger->sequence();
  next_sequence_ = last_sequence_ + 1;
  v1::GetTrialBalanceRequest request;
  request.mutable_options()->set_min_sequence(ledger->sequence());
  return connection_.Stream(&v1::LedgerService::Stub::GetTrialBalance, request,
                            [&](const v1::GetTrialBalanceResponse& part) {
                              last_sequence_ = part.sequence();
                              next_sequence_ = part.sequence() + 1;
                              for (const v1::AccountBalance& row : part.balances()) {
                                if (const auto account = ParseAccount(row.account())) {
                                  place_.books.Open(*account, row.balance());
                                }
                              }
                              return true;
                            });
}

std::optional<CallError> DemoRun::LearnEntries() {
  const auto active = [&](v1::EntryKind kind) -> CallResult<std::vector<uint64_t>> {
    v1::ListEntriesRequest request;
    request.set_kind(kind);
    auto entries = connection_.Call(&v1::DirectoryService::Stub::ListEntries, request);
    if (!entries.ok()) return entries.error();
    std::vector<uint64_t> ids;
    for (const v1::Entry& entry : entries->entries()) {
      if (!entry.retired()) ids.push_back(entry.entry_id());
    }
    return ids;
  };
  const auto has = [](const std::vector<uint64_t>& ids, uint64_t id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
  };
  const auto kinds = active(v1::ENTRY_KIND_SERVICE_KIND);
  if (!kinds.ok()) return kinds.error();
  for (const v1::ServiceRate& rate : place_.policy.service_rates()) {
    if (has(*kinds, rate.service_kind_id())) place_.service_kinds.push_back(rate.service_kind_id());
  }
  const auto goods = active(v1::ENTRY_KIND_GOOD);
  if (!goods.ok()) return goods.error();
  for (const v1::GoodPrice& price : place_.policy.good_prices()) {
    if (has(*goods, price.good_id())) place_.goods.push_back({price.good_id(), price.price_points()});
  }
  return std::nullopt;
}

std::optional<CallError> DemoRun::Open() {
  const absl::Time start = absl::Now();
  const Day day = options_.start;
  Town& town = place_.town;

  auto entries = Play(PlanEntries(place_, day, random_), day);
  if (!entries.ok()) return entries.error();
  std::vector<uint64_t> teams;
  for (const v1::SequencedEvent& item : *entries) {
    const auto& registered = item.event().entry_registered();
    if (registered.command().kind() == v1::ENTRY_KIND_TEAM) teams.push_back(registered.entry_id());
    if (registered.command().kind() == v1::ENTRY_KIND_BILLER) place_.billers.push_back(registered.entry_id());
  }
  if (teams.size() != static_cast<size_t>(town.teams))
    return Surprise("not every team of the demo was registered");
  for (size_t i : town.volunteers) {
    v1::MemberProfile& profile = town.people[i].profile;
    profile.set_team_id(teams[profile.team_id() - 1]);
  }

  auto members = Play(PlanMembers(place_, day, random_), day);
  if (!members.ok()) return members.error();
  size_t registered = 0;
  for (const v1::SequencedEvent& item : *members) {
    if (!item.event().has_member_registered() || registered == town.people.size()) continue;
    town.people[registered++].member_id = item.event().member_registered().member_id();
  }
  if (registered != town.people.size()) return Surprise("not every member of the demo was registered");

  auto accounts = Play(PlanAccounts(place_, day, random_), day);
  if (!accounts.ok()) return accounts.error();
  size_t opened = 0;
  for (const v1::SequencedEvent& item : *accounts) {
    if (!item.event().has_bank_account_opened() || opened == town.customers.size()) continue;
    town.people[town.customers[opened++]].account_id = item.event().bank_account_opened().account_id();
  }
  if (opened != town.customers.size()) return Surprise("not every bank account of the demo was opened");

  auto paper = Play(PlanPaperRecords(place_, day, random_), day);
  if (!paper.ok()) return paper.error();
  opening_ = std::exchange(tally_, {});
  duration_ += absl::Now() - start;
  return std::nullopt;
}

std::optional<CallError> DemoRun::PlayDays() {
  const absl::Time start = absl::Now();
  for (int64_t i = 0; i < options_.days; ++i) {
    if (auto error = PlayDay(options_.start + i)) return error;
    progress_(i + 1);
  }
  duration_ += absl::Now() - start;
  return std::nullopt;
}

std::optional<CallError> DemoRun::PlayDay(Day day) {
  auto today = Play(PlanDay(place_, day, random_), day);
  if (!today.ok()) return today.error();
  for (const v1::SequencedEvent& item : *today) {
    if (!item.event().has_time_deposit_opened()) continue;
    const auto& opened = item.event().time_deposit_opened();
    if (const auto matures_on = ToDay(opened.matures_on())) {
      place_.certificates.push_back({opened.certificate_id(), *matures_on});
    }
  }
  std::erase_if(place_.certificates, [&](const OpenCertificate& certificate) {
    return place_.books.Held({AccountKind::kTimeDeposit, certificate.id}) == 0;
  });
  if (random_.Chance(300)) {
    if (auto error = SendAgain()) return error;
  }
  auto evening = Play(PlanEvening(place_, day, *today, random_), day);
  return evening.ok() ? std::nullopt : std::make_optional(evening.error());
}

CallResult<DemoRun::Events> DemoRun::Play(std::vector<PlannedCommand> commands, Day day) {
  commands_ += static_cast<int64_t>(commands.size());
  for (auto& [desk, batch] : CutBatches(std::move(commands), day, place_.zone)) {
    const size_t index = static_cast<size_t>(desk);
    batch.set_terminal_id(place_.terminals[index]);
    batch.set_first_serial(next_serials_[index]);
    next_serials_[index] += static_cast<uint64_t>(batch.commands_size());
    if (desk == Desk::kTill2) last_batch_ = batch;
    auto answer = stream_.Send(std::move(batch));
    if (!answer.ok()) return answer.error();
    if (!*answer) continue;
    if (auto error = TakeAnswer(**answer)) return *error;
  }
  for (;;) {
    auto answer = stream_.Next();
    if (!answer.ok()) return answer.error();
    if (!*answer) return ReadBack();
    if (auto error = TakeAnswer(**answer)) return *error;
  }
}

std::optional<CallError> DemoRun::TakeAnswer(const v1::IngestResponse& answer) {
  last_sequence_ = std::max(last_sequence_, answer.last_sequence());
  if (answer.stopped_at_serial() == 0) return std::nullopt;
  return CallError{static_cast<grpc::StatusCode>(answer.stopped_code()), answer.stopped_error(),
                   answer.stopped_message()};
}

CallResult<DemoRun::Events> DemoRun::ReadBack() {
  Events events;
  if (last_sequence_ < next_sequence_) return events;
  v1::ReadEventsRequest request;
  request.set_from_sequence(next_sequence_);
  request.set_to_sequence(last_sequence_ + 1);
  auto error = connection_.Stream(
      &v1::AuditService::Stub::ReadEvents, request, [&](const v1::ReadEventsResponse& response) {
        for (const v1::SequencedEvent& item : response.events()) {
          place_.books.Apply(item.event());
          const uint64_t terminal = item.event().terminal_id();
          if (std::find(place_.terminals.begin(), place_.terminals.end(), terminal) == place_.terminals.end())
            continue;
          tally_.Add(item.event());
          events.push_back(item);
        }
        return true;
      });
  if (error) return *error;
  next_sequence_ = last_sequence_ + 1;
  return events;
}

std::optional<CallError> DemoRun::SendAgain() {
  if (last_batch_.commands_size() == 0) return std::nullopt;
  auto sent = stream_.Send(last_batch_);
  if (!sent.ok()) return sent.error();
  auto answer = stream_.Next();
  if (!answer.ok()) return answer.error();
  resent_ += last_batch_.commands_size();
  recorded_twice_ += last_batch_.commands_size() - static_cast<int64_t>((*answer)->already_recorded());
  return TakeAnswer(**answer);
}

std::optional<CallError> DemoRun::Prove() {
  v1::GetTrialBalanceRequest request;
  request.mutable_options()->set_min_sequence(last_sequence_);
  absl::flat_hash_map<Account, int64_t> left = place_.books.balances();
  auto error = connection_.Stream(
      &v1::LedgerService::Stub::GetTrialBalance, request, [&](const v1::GetTrialBalanceResponse& part) {
        proof_.sequence = part.sequence();
        for (const v1::AccountBalance& row : part.balances()) {
          const auto account = ParseAccount(row.account());
          if (!account) continue;
          ++proof_.accounts;
          proof_.sums[static_cast<size_t>(RuleOf(account->kind).unit)] += row.balance();
          const auto own = left.extract(*account);
          if ((own.empty() ? 0 : own.mapped()) != row.balance()) ++proof_.differing;
        }
        return true;
      });
  if (error) return error;
  for (const auto& [account, balance] : left) {
    if (balance != 0) ++proof_.differing;
  }
  auto ledger = connection_.Call(&v1::LedgerService::Stub::GetLedger, v1::GetLedgerRequest());
  if (!ledger.ok()) return ledger.error();
  proof_.ledger_sequence = ledger->sequence();
  proof_.root_hash = ledger->root_hash();
  return std::nullopt;
}

}  // namespace redvest::client
