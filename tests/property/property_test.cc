// Random commands through a real ledger, with a model beside it that knows the rules from the protos alone.
// The seed is printed; REDVEST_SEED repeats a run and REDVEST_STEPS makes it longer.
#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ledger/ledger.h"
#include "tests/property/generator.h"
#include "tests/property/model.h"

namespace redvest {
namespace {

using event::v1::Event;
using ::testing::IsEmpty;

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 10);
}

constexpr int64_t kStartMs = 1'667'260'800'000;  // 2022-11-01 08:00 in Shanghai

class PropertyTest : public ::testing::TestWithParam<uint64_t> {
 protected:
  PropertyTest() : seed_(FromEnvironment("REDVEST_SEED", GetParam())), generator_(seed_, model_) {
    directory_ = std::filesystem::path(::testing::TempDir()) /
                 ("redvest_property_" + std::to_string(seed_) + "_" + std::to_string(::getpid()));
    std::filesystem::remove_all(directory_);
    Open();
  }
  ~PropertyTest() override {
    ledger_.reset();
    std::filesystem::remove_all(directory_);
  }

  void Open() {
    LedgerOptions options;
    options.directory = directory_;
    options.founding = Founding{.name = "Changshan Huayuan"};
    options.clock = &clock_;
    auto opened = Ledger::Open(options);
    ASSERT_TRUE(opened.ok()) << opened.status();
    ledger_ = *std::move(opened);
  }

  // Commands under way, sent and not yet judged.
  struct Sent {
    std::shared_ptr<std::vector<v1::Command>> commands;
    std::future<SubmissionResult> result;
    int64_t now_ms;
  };

  Sent Send(std::vector<v1::Command> commands) {
    auto owner = std::make_shared<std::vector<v1::Command>>(std::move(commands));
    auto promise = std::make_shared<std::promise<SubmissionResult>>();
    Sent sent{owner, promise->get_future(), clock_.NowUnixMs()};
    ledger_->Submit({.commands = *owner,
                     .owner = owner,
                     .want_outcomes = true,
                     .done = [promise](SubmissionResult result) { promise->set_value(std::move(result)); }});
    return sent;
  }

  void SetUpNeighbourhood();
  std::vector<v1::Command> NextBatch();
  // Judges what came back, command by command, and takes it into the model.
  void Check(Sent sent);
  void CheckOutcome(const v1::Command& command, const Outcome& outcome, int64_t now_ms);
  // Whether `event` is what the verdict foresaw; says how not.
  void ExpectAsForeseen(const Verdict& verdict, const v1::Command& command, const Event& event);
  void CheckRefusal(const v1::Command& command, const SubmissionResult& result, int64_t now_ms);
  // The ledger's balances, its trial balance and its events are the model's.
  void CompareBooks();
  void CompareEvents();

  const uint64_t seed_;
  Model model_;
  Generator generator_;
  ManualClock clock_{kStartMs};
  std::filesystem::path directory_;
  std::unique_ptr<Ledger> ledger_;
  std::vector<v1::Command> history_;  // every command that has an outcome, to send again
  // What was met, so that a run that met too little fails.
  std::map<std::string, int> met_;
};

void PropertyTest::SetUpNeighbourhood() {
  // What the founding itself recorded.
  const auto reader = ledger_->ReadEvents(Sequence(1));
  while (true) {
    const auto stored = reader->Next();
    ASSERT_TRUE(stored.ok()) << stored.status();
    if (!stored->has_value()) break;
    model_.Take(*(*stored)->event);
  }
  uint64_t office = 0;
  for (const auto& [id, terminal] : model_.terminals()) {
    if (terminal.role == v1::ROLE_OFFICE) office = id;
  }
  ASSERT_NE(office, 0u) << "a new ledger has an office terminal";
  uint64_t serial = model_.terminals().at(office).sequences.size();
  std::vector<v1::Command> commands = generator_.SetUp(kStartMs);
  for (v1::Command& command : commands) {
    command.set_terminal_id(office);
    command.set_serial(++serial);
  }
  Check(Send(std::move(commands)));
}

// One to five commands of one terminal, mostly its next ones; now and then some sent again, sent again with
// another body, or with a gap before them.
std::vector<v1::Command> PropertyTest::NextBatch() {
  std::vector<v1::Command> batch;
  const int64_t now = clock_.NowUnixMs();
  batch.push_back(generator_.Any(now));
  const uint64_t terminal = batch.front().terminal_id();
  for (int64_t more = generator_.OneIn(3) ? generator_.Between(1, 4) : 0; more > 0; --more) {
    batch.push_back(generator_.AnyOf(terminal, now));
  }
  const auto known = model_.terminals().find(terminal);
  const uint64_t last = known == model_.terminals().end() ? 0 : known->second.sequences.size();
  uint64_t serial = last + 1;
  if (last > 0 && generator_.OneIn(8)) {
    // From a serial that was used before; some of its first commands are as they were.
    serial = static_cast<uint64_t>(generator_.Between(1, static_cast<int64_t>(last)));
    const bool same = !generator_.OneIn(3);
    for (size_t i = 0; same && i < batch.size() && serial + i <= last; ++i) {
      for (const v1::Command& before : history_) {
        if (before.terminal_id() == terminal && before.serial() == serial + i) batch[i] = before;
      }
    }
  } else if (generator_.OneIn(40)) {
    serial += static_cast<uint64_t>(generator_.Between(1, 3));
  }
  for (v1::Command& command : batch) {
    command.set_terminal_id(terminal);
    command.set_serial(serial++);
  }
  return batch;
}

void PropertyTest::ExpectAsForeseen(const Verdict& verdict, const v1::Command& command, const Event& event) {
  ++met_[std::string(EventKindName(event))];
  Event expected = verdict.event;
  if (event.has_command_declined()) {
    const v1::ErrorDetail& error = event.command_declined().error();
    ++met_[v1::ErrorReason_Name(error.reason())];
    EXPECT_TRUE(verdict.declined.contains(error.reason())) << "declined with " << Explain(error) << "\n"
                                                           << command.DebugString();
    auto& declined = *expected.mutable_command_declined();
    *declined.mutable_command() = command;
    declined.mutable_command()->clear_terminal_id();
    declined.mutable_command()->clear_serial();
    declined.mutable_command()->clear_occurred_at_unix_ms();
    *declined.mutable_error() = error;
    // Which policy a decline asked follows from how far it came.
    expected.set_policy_version(event.policy_version());
  } else {
    std::string reasons;
    for (v1::ErrorReason reason : verdict.declined) reasons += " " + v1::ErrorReason_Name(reason);
    EXPECT_THAT(reasons, IsEmpty()) << "recorded in spite of these\n" << command.DebugString();
  }
  google::protobuf::util::MessageDifferencer differencer;
  std::string difference;
  differencer.ReportDifferencesToString(&difference);
  EXPECT_TRUE(differencer.Compare(expected, event)) << difference << command.DebugString();
}

void PropertyTest::CheckOutcome(const v1::Command& command, const Outcome& outcome, int64_t now_ms) {
  const auto& sequences = model_.terminals().at(command.terminal_id()).sequences;
  if (command.serial() <= sequences.size()) {
    // Sent again: the first outcome.
    const uint64_t sequence = sequences[command.serial() - 1];
    ++met_["resent"];
    EXPECT_TRUE(outcome.already_recorded);
    EXPECT_EQ(outcome.sequence.value(), sequence);
    EXPECT_EQ(outcome.event.SerializeAsString(), model_.event(sequence).SerializeAsString());
    return;
  }
  EXPECT_FALSE(outcome.already_recorded);
  EXPECT_EQ(outcome.sequence.value(), model_.last_sequence() + 1) << "sequences are gapless";
  const int64_t recorded_at = std::max(now_ms, model_.last_recorded_at_ms());
  const Verdict verdict = model_.Judge(command, recorded_at);
  EXPECT_THAT(verdict.refused, IsEmpty()) << command.DebugString();
  ExpectAsForeseen(verdict, command, outcome.event);
  model_.Take(outcome.event);
  history_.push_back(command);
  EXPECT_THAT(model_.Breaches(), IsEmpty()) << outcome.event.DebugString();
}

void PropertyTest::CheckRefusal(const v1::Command& command, const SubmissionResult& result, int64_t now_ms) {
  const auto detail = DetailOf(result.stopped);
  ASSERT_TRUE(detail.has_value()) << result.stopped;
  ++met_[v1::ErrorReason_Name(detail->reason())];
  Reasons foreseen = model_.Judge(command, now_ms).refused;
  const auto terminal = model_.terminals().find(command.terminal_id());
  if (terminal != model_.terminals().end() && command.serial() <= terminal->second.sequences.size()) {
    foreseen.erase(v1::ERROR_REASON_TERMINAL_RETIRED);
    const bool same = std::any_of(history_.begin(), history_.end(), [&command](const v1::Command& before) {
      return before.SerializeAsString() == command.SerializeAsString();
    });
    if (!same) foreseen.insert(v1::ERROR_REASON_SERIAL_REUSED);
  }
  EXPECT_TRUE(foreseen.contains(detail->reason())) << result.stopped << "\n" << command.DebugString();
}

void PropertyTest::Check(Sent sent) {
  const SubmissionResult result = sent.result.get();
  const std::vector<v1::Command>& commands = *sent.commands;
  ASSERT_LE(result.taken, commands.size());
  ASSERT_EQ(result.outcomes.size(), result.taken);
  EXPECT_EQ(result.stopped.ok(), result.taken == commands.size()) << result.stopped;
  const uint64_t before = model_.last_sequence();
  size_t already_recorded = 0;
  std::vector<std::pair<size_t, v1::ErrorReason>> declined;
  for (size_t i = 0; i < result.taken && !HasFailure(); ++i) {
    const Outcome& outcome = result.outcomes[i];
    CheckOutcome(commands[i], outcome, sent.now_ms);
    already_recorded += outcome.already_recorded;
    if (outcome.event.has_command_declined()) {
      declined.emplace_back(i, outcome.event.command_declined().error().reason());
    }
  }
  if (result.taken < commands.size()) CheckRefusal(commands[result.taken], result, sent.now_ms);
  EXPECT_EQ(result.already_recorded, already_recorded);
  std::vector<std::pair<size_t, v1::ErrorReason>> told;
  for (const auto& item : result.declined) told.emplace_back(item.index, item.error.reason());
  EXPECT_EQ(told, declined);
  if (model_.last_sequence() > before) {
    EXPECT_EQ(result.first_added.value(), before + 1);
    EXPECT_EQ(result.last_added.value(), model_.last_sequence());
  } else {
    EXPECT_FALSE(result.last_added);
  }
}

void PropertyTest::CompareBooks() {
  const ReadFence fence{.min_sequence = Sequence(model_.last_sequence())};
  std::promise<absl::StatusOr<Sequence>> read;
  Balances of_state;
  ledger_->ReadState(
      fence,
      [&of_state](const State& state) {
        state.balances().ForEach([&of_state](const Account& account, int64_t balance) {
          of_state[FormatAccount(account)] = balance;
        });
      },
      [&read](absl::StatusOr<Sequence> sequence) { read.set_value(std::move(sequence)); });
  const absl::StatusOr<Sequence> at = read.get_future().get();
  ASSERT_TRUE(at.ok()) << at.status();
  EXPECT_EQ(at->value(), model_.last_sequence());
  EXPECT_EQ(of_state, model_.balances());

  std::promise<absl::Status> projected;
  ledger_->WhenProjected(fence,
                         [&projected](absl::Status status) { projected.set_value(std::move(status)); });
  const absl::Status reached = projected.get_future().get();
  ASSERT_TRUE(reached.ok()) << reached;
  Balances of_trial;
  const absl::Status told = ledger_->GetTrialBalance({}, [&](const v1::GetTrialBalanceResponse& part) {
    EXPECT_EQ(part.sequence(), model_.last_sequence());
    for (const v1::AccountBalance& row : part.balances()) {
      EXPECT_TRUE(of_trial.emplace(row.account(), row.balance()).second) << row.account() << " stands twice";
      EXPECT_EQ(row.unit(), UnitOfAccount(row.account())) << row.account();
    }
    return true;
  });
  EXPECT_TRUE(told.ok()) << told;
  EXPECT_EQ(of_trial, model_.balances());
  EXPECT_TRUE(ledger_->Health().ok()) << ledger_->Health();
}

void PropertyTest::CompareEvents() {
  const auto reader = ledger_->ReadEvents(Sequence(1));
  for (uint64_t sequence = 1; sequence <= model_.last_sequence(); ++sequence) {
    const auto stored = reader->Next();
    ASSERT_TRUE(stored.ok()) << stored.status();
    ASSERT_TRUE(stored->has_value()) << "the log ends before " << sequence;
    EXPECT_EQ((*stored)->sequence.value(), sequence);
    EXPECT_EQ((*stored)->event->SerializeAsString(), model_.event(sequence).SerializeAsString());
  }
  const auto end = reader->Next();
  EXPECT_TRUE(end.ok() && !end->has_value());
  EXPECT_EQ(ledger_->Head().sequence.value(), model_.last_sequence());
}

TEST_P(PropertyTest, RandomCommandsComeOutAsTheModelSays) {
  const uint64_t steps = FromEnvironment("REDVEST_STEPS", 2'500);
  std::cout << "REDVEST_SEED=" << seed_ << " REDVEST_STEPS=" << steps << std::endl;
  ASSERT_NO_FATAL_FAILURE(SetUpNeighbourhood());
  for (uint64_t step = 1; step <= steps && !HasFailure(); ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    // Several submissions of one moment at once: they come out in the order in which they went in, as long as
    // they are of different terminals or the model need not know the first to make the second.
    std::vector<Sent> sent;
    sent.push_back(Send(NextBatch()));
    if (generator_.OneIn(4)) sent.push_back(Send(NextBatch()));
    for (Sent& one : sent) ASSERT_NO_FATAL_FAILURE(Check(std::move(one)));
    clock_.Advance(generator_.OneIn(30) ? generator_.Between(0, 20 * 3'600'000)
                                        : generator_.Between(0, 120'000));
    if (step % 250 == 0) {
      ASSERT_NO_FATAL_FAILURE(CompareBooks());
    }
    if (step == steps / 2) {
      const LedgerHead before = ledger_->Head();
      ledger_.reset();
      ASSERT_NO_FATAL_FAILURE(Open());
      EXPECT_EQ(ledger_->Head().sequence, before.sequence);
      EXPECT_EQ(ledger_->Head().root, before.root);
      ASSERT_NO_FATAL_FAILURE(CompareBooks());
    }
  }
  ASSERT_NO_FATAL_FAILURE(CompareBooks());
  ASSERT_NO_FATAL_FAILURE(CompareEvents());

  // A state that cannot be loaded would be rebuilt; it has to come out the same when it is loaded.
  ledger_.reset();
  ASSERT_NO_FATAL_FAILURE(Open());
  ASSERT_NO_FATAL_FAILURE(CompareBooks());
  const auto* body = Event::descriptor()->FindOneofByName("body");
  for (int i = 0; steps >= 2'500 && i < body->field_count(); ++i) {
    const std::string& kind = body->field(i)->name();
    EXPECT_TRUE(met_.contains(kind) || kind == "ledger_founded") << "no " << kind << " in so many steps";
  }
  if (std::getenv("REDVEST_VERBOSE") != nullptr) {
    for (const auto& [what, times] : met_) std::cout << times << "\t" << what << "\n";
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, PropertyTest, ::testing::Values(1, 20221121, 7000));

}  // namespace
}  // namespace redvest
