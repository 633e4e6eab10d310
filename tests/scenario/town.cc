#include "tests/scenario/town.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "ledger/base/check.h"

namespace redvest {
namespace {

// 2026-03-02 12:00 in Shanghai.
constexpr int64_t kNoonMs = 1'772'424'000'000;

std::string MakeFolderName() {
  std::string name = (std::filesystem::temp_directory_path() / "redvest-town-XXXXXX").string();
  REDVEST_CHECK(mkdtemp(name.data()) != nullptr);
  return name;
}

}  // namespace

Town::Town() : directory_(MakeFolderName()), clock_(kNoonMs) {
  Start();
  station = Enrol("ROLE_STATION");
  till = Enrol("ROLE_CANTEEN_TILL");
  counter = Enrol("ROLE_BANK_COUNTER");
  import = Enrol("ROLE_IMPORT");
}

Town::~Town() {
  Stop();
  std::filesystem::remove_all(directory_);
  std::filesystem::remove(directory_ + ".key");
}

void Town::Start() {
  LedgerOptions options{
      .directory = directory_, .founding = Founding{.name = "Changshan Huayuan"}, .clock = &clock_};
  auto ledger = Ledger::Open(options);
  if (!ledger.ok()) {
    ADD_FAILURE() << ledger.status();
    abort();
  }
  ledger_ = *std::move(ledger);
}

void Town::Stop() { ledger_.reset(); }

void Town::Restart() {
  Stop();
  Start();
}

v1::Command Town::Next(uint64_t terminal, const std::string& body, absl::Duration ago) {
  v1::Command command;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(body, &command)) << body;
  command.set_terminal_id(terminal);
  command.set_serial(last_serial_[terminal] + 1);
  command.set_occurred_at_unix_ms(clock_.NowUnixMs() - absl::ToInt64Milliseconds(ago));
  return command;
}

Told Town::Do(uint64_t terminal, const std::string& body, absl::Duration ago) {
  return Submit(Next(terminal, body, ago));
}

SubmissionResult Town::SubmitBatch(const std::vector<v1::Command>& commands) {
  SubmissionResult result;
  absl::Notification done;
  ledger_->Submit(
      {.commands = commands, .owner = nullptr, .want_outcomes = true, .done = [&](SubmissionResult r) {
         result = std::move(r);
         done.Notify();
       }});
  done.WaitForNotification();
  for (const Outcome& outcome : result.outcomes) {
    uint64_t& last = last_serial_[outcome.event.terminal_id()];
    last = std::max(last, outcome.event.serial());
  }
  return result;
}

Told Town::Submit(const v1::Command& command) {
  const SubmissionResult result = SubmitBatch({command});
  Told told;
  if (!result.stopped.ok()) {
    told.error = DetailOf(result.stopped).value_or(v1::ErrorDetail());
    told.reason = told.error.reason();
    EXPECT_NE(told.reason, v1::ERROR_REASON_UNSPECIFIED) << result.stopped;
    return told;
  }
  told.sequence = result.outcomes.front().sequence;
  told.already_recorded = result.outcomes.front().already_recorded;
  told.event = result.outcomes.front().event;
  if (!result.declined.empty()) {
    told.error = result.declined.front().error;
    told.reason = told.error.reason();
  }
  return told;
}

uint64_t Town::Enrol(const std::string& role) {
  const Told told = Do(kOffice, absl::StrCat("enrol_terminal { role: ", role, " label: \"", role, "\" }"));
  EXPECT_TRUE(told.recorded());
  return told.event.terminal_enrolled().terminal_id();
}

uint64_t Town::Member(const std::string& profile) {
  const Told told = Do(kOffice, absl::StrCat("register_member { profile { ", profile, " } }"));
  EXPECT_TRUE(told.recorded()) << told.error.ShortDebugString();
  return told.event.member_registered().member_id();
}

uint64_t Town::BankAccountOf(uint64_t member) {
  const Told told = Do(counter, absl::StrCat("open_bank_account { member_id: ", member, " }"));
  EXPECT_TRUE(told.recorded()) << told.error.ShortDebugString();
  return told.event.bank_account_opened().account_id();
}

void Town::Read(absl::FunctionRef<void(const State&)> read) {
  absl::Notification done;
  ledger_->ReadState(
      {}, [&read](const State& state) { read(state); },
      [&done](absl::StatusOr<Sequence> sequence) {
        EXPECT_TRUE(sequence.ok()) << sequence.status();
        done.Notify();
      });
  done.WaitForNotification();
}

int64_t Town::Balance(const std::string& account) {
  const std::optional<Account> parsed = ParseAccount(account);
  EXPECT_TRUE(parsed.has_value()) << account;
  int64_t balance = 0;
  Read([&](const State& state) { balance = state.Balance(*parsed); });
  return balance;
}

void Town::WaitForProjections() {
  absl::Notification done;
  ledger_->WhenProjected({.min_sequence = ledger_->Head().sequence}, [&done](absl::Status status) {
    EXPECT_TRUE(status.ok()) << status;
    done.Notify();
  });
  done.WaitForNotification();
}

std::map<std::string, int64_t> Town::TrialBalance() {
  WaitForProjections();
  std::map<std::string, int64_t> balances;
  EXPECT_TRUE(ledger_
                  ->GetTrialBalance({},
                                    [&balances](const v1::GetTrialBalanceResponse& part) {
                                      for (const v1::AccountBalance& row : part.balances())
                                        balances[row.account()] = row.balance();
                                      return true;
                                    })
                  .ok());
  return balances;
}

v1::GetDayReportResponse Town::DayReport(const std::string& day) {
  WaitForProjections();
  v1::GetDayReportRequest request;
  *request.mutable_date() = ToDate(*ParseDay(day));
  v1::GetDayReportResponse response;
  const absl::Status status = ledger_->GetDayReport(request, &response);
  EXPECT_TRUE(status.ok()) << status;
  return response;
}

v1::GetStatementResponse Town::Statement(const std::string& account) {
  WaitForProjections();
  v1::GetStatementRequest request;
  request.set_account(account);
  v1::GetStatementResponse response;
  const absl::Status status = ledger_->GetStatement(request, &response);
  EXPECT_TRUE(status.ok()) << status;
  return response;
}

}  // namespace redvest
