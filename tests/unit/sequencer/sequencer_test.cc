#include "ledger/sequencer/sequencer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "ledger/base/error.h"

namespace redvest {
namespace {

// A log that can be held up, and can fail, between the writer and the disk.
class ControlledLog final : public EventLog {
 public:
  explicit ControlledLog(std::unique_ptr<EventLog> log) : log_(std::move(log)) {}

  absl::Status Append(Sequence first, uint32_t event_count, std::string record) override {
    absl::MutexLock lock(&mu_);
    ++appends_begun_;
    const auto open = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return !held_; };
    mu_.Await(absl::Condition(&open));
    if (fails_) return absl::UnknownError("the disk is gone");
    ++commits_;
    return log_->Append(first, event_count, std::move(record));
  }
  Sequence last_sequence() const override { return log_->last_sequence(); }
  std::unique_ptr<CommitCursor> Read(Sequence from) const override { return log_->Read(from); }

  void Hold() {
    absl::MutexLock lock(&mu_);
    held_ = true;
  }
  void Release(bool fails = false) {
    absl::MutexLock lock(&mu_);
    held_ = false;
    fails_ = fails;
  }
  void AwaitAppend(int count) {
    absl::MutexLock lock(&mu_);
    const auto begun = [this, count]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return appends_begun_ >= count; };
    mu_.Await(absl::Condition(&begun));
  }
  int appends_begun() const {
    absl::MutexLock lock(&mu_);
    return appends_begun_;
  }
  int commits() const {
    absl::MutexLock lock(&mu_);
    return commits_;
  }

 private:
  const std::unique_ptr<EventLog> log_;
  mutable absl::Mutex mu_;
  bool held_ ABSL_GUARDED_BY(mu_) = false;
  bool fails_ ABSL_GUARDED_BY(mu_) = false;
  int appends_begun_ ABSL_GUARDED_BY(mu_) = 0;
  int commits_ ABSL_GUARDED_BY(mu_) = 0;
};

// A sequencer on a store in memory, founded with an office (terminal 1).
class SequencerTest : public testing::Test {
 protected:
  SequencerTest() : store_(NewMemoryStore()) { Open(); }

  void Open() {
    sequencer_.reset();
    log_ = std::make_unique<ControlledLog>(*OpenStoreLog(store_.get()));
    absl::StatusOr<Recovered> recovered = Recover(store_.get(), *log_);
    ASSERT_TRUE(recovered.ok()) << recovered.status();
    saved_at_ = recovered->saved_at;
    const bool founded = recovered->state->founded();
    sequencer_ = std::make_unique<Sequencer>(
        *std::move(recovered), log_.get(), store_.get(),
        SequencerOptions{.clock = &clock_,
                         .queue_commands_max = queue_max_,
                         .find_outcome = [this](TerminalId t, Serial s) { return Find(t, s); },
                         .on_durable = [](Sequence) {}});
    if (!founded) {
      std::vector<v1::Command> commands(2);
      commands[0].mutable_found_ledger()->set_name("test");
      commands[0].mutable_found_ledger()->set_time_zone("Asia/Shanghai");
      commands[1].mutable_enrol_terminal()->set_role(v1::ROLE_OFFICE);
      commands[1].mutable_enrol_terminal()->set_label("office");
      for (int i = 0; i < 2; ++i) {
        commands[i].set_serial(i + 1);
        commands[i].set_occurred_at_unix_ms(clock_.NowUnixMs());
      }
      const absl::Status status = sequencer_->Found(commands);
      ASSERT_TRUE(status.ok()) << status;
    }
    sequencer_->Start();
  }

  // The slow definition: read the whole log.
  absl::StatusOr<Sequence> Find(TerminalId terminal, Serial serial) {
    const std::unique_ptr<CommitCursor> commits = log_->Read(Sequence(1));
    while (true) {
      auto commit = commits->Next();
      if (!commit.ok()) return commit.status();
      if (!commit->has_value()) return absl::NotFoundError("no such serial");
      for (size_t i = 0; i < (*commit)->events.size(); ++i) {
        event::v1::Event event;
        event.ParseFromString(std::string((*commit)->events[i]));
        if (event.terminal_id() == terminal.value() && event.serial() == serial.value()) {
          return Sequence((*commit)->first.value() + i);
        }
      }
    }
  }

  v1::Command Register(uint64_t serial) {
    v1::Command command;
    command.set_terminal_id(1);
    command.set_serial(serial);
    command.set_occurred_at_unix_ms(clock_.NowUnixMs());
    command.mutable_register_member()->mutable_profile()->set_resident(true);
    return command;
  }

  struct Call {
    std::vector<v1::Command> commands;
    SubmissionResult result;
    absl::Notification done;
  };
  std::unique_ptr<Call> Submit(std::vector<v1::Command> commands,
                               absl::Time deadline = absl::InfiniteFuture()) {
    auto call = std::make_unique<Call>();
    call->commands = std::move(commands);
    sequencer_->Submit({.commands = call->commands,
                        .owner = nullptr,
                        .deadline = deadline,
                        .done = [&call = *call](SubmissionResult result) {
                          call.result = std::move(result);
                          call.done.Notify();
                        }});
    return call;
  }
  v1::ErrorReason ReasonOf(const Call& call) {
    return DetailOf(call.result.stopped).value_or(v1::ErrorDetail()).reason();
  }

  ManualClock clock_{1'700'000'000'000};
  size_t queue_max_ = 1000;
  Sequence saved_at_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<ControlledLog> log_;
  std::unique_ptr<Sequencer> sequencer_;
};

TEST_F(SequencerTest, AnAnswerWaitsUntilTheEventIsDurable) {
  log_->Hold();
  const auto call = Submit({Register(1)});
  log_->AwaitAppend(2);
  EXPECT_FALSE(call->done.HasBeenNotified());
  EXPECT_EQ(sequencer_->Head().first, Sequence(2));
  log_->Release();
  call->done.WaitForNotification();
  EXPECT_EQ(call->result.first_added, Sequence(3));
  EXPECT_EQ(sequencer_->Head().first, Sequence(3));
}

TEST_F(SequencerTest, AReadWaitsUntilWhatItSawIsDurable) {
  log_->Hold();
  const auto call = Submit({Register(1)});
  log_->AwaitAppend(2);
  size_t members = 0;
  absl::Notification done;
  sequencer_->ReadState(
      Sequence(), absl::InfiniteFuture(),
      [&members](const State& state) { members = state.members().size(); },
      [&done](absl::StatusOr<Sequence> sequence) {
        EXPECT_EQ(*sequence, Sequence(3));
        done.Notify();
      });
  EXPECT_EQ(members, 1u);
  EXPECT_FALSE(done.HasBeenNotified());
  log_->Release();
  done.WaitForNotification();
  call->done.WaitForNotification();
}

TEST_F(SequencerTest, WhatComesWhileTheDiskIsBusySharesOneCommit) {
  log_->Hold();
  std::vector<std::unique_ptr<Call>> calls;
  calls.push_back(Submit({Register(1)}));
  log_->AwaitAppend(2);
  for (uint64_t serial = 2; serial <= 50; ++serial) calls.push_back(Submit({Register(serial)}));
  log_->Release();
  for (const auto& call : calls) call->done.WaitForNotification();
  EXPECT_EQ(sequencer_->Head().first, Sequence(52));
  EXPECT_LE(log_->commits(), 4) << "founding, the first, and the rest in one or two";
}

// While the deciding thread waits for the disk, uploads of three terminals arrive, and then one sale.
TEST_F(SequencerTest, ABriefCommandIsDecidedBeforeUploadsThatCameEarlier) {
  constexpr uint64_t kUploads = 3;
  constexpr size_t kCommands = 2 * FairQueue::kSliceCommands;
  queue_max_ = 10'000;
  Open();
  std::vector<v1::Command> enrol;
  for (uint64_t i = 0; i <= kUploads; ++i) {
    enrol.push_back(Register(i + 1));
    enrol.back().mutable_enrol_terminal()->set_role(v1::ROLE_OFFICE);
    enrol.back().mutable_enrol_terminal()->set_label("office");
  }
  Submit(enrol)->done.WaitForNotification();
  log_->Hold();
  const int begun = log_->appends_begun();
  const auto on_its_way = Submit({Register(kUploads + 2)});
  log_->AwaitAppend(begun + 1);
  // A part of it is recorded, which makes the deciding thread wait until the rest is durable.
  const auto again = Submit({Register(kUploads + 2), Register(kUploads + 3)});
  std::vector<std::unique_ptr<Call>> uploads;
  for (uint64_t i = 0; i < kUploads; ++i) {
    std::vector<v1::Command> commands;
    for (uint64_t serial = 1; serial <= kCommands; ++serial) {
      commands.push_back(Register(serial));
      commands.back().set_terminal_id(i + 2);
    }
    uploads.push_back(Submit(std::move(commands)));
  }
  v1::Command sale = Register(1);
  sale.set_terminal_id(kUploads + 2);
  const auto brief = Submit({sale});
  log_->Release();
  brief->done.WaitForNotification();
  EXPECT_EQ(brief->result.taken, 1u);
  for (const auto& upload : uploads) {
    upload->done.WaitForNotification();
    EXPECT_EQ(upload->result.taken, kCommands);
    EXPECT_LT(brief->result.first_added, upload->result.last_added);
  }
  again->done.WaitForNotification();
  EXPECT_EQ(again->result.already_recorded, 1u);
  on_its_way->done.WaitForNotification();
}

TEST_F(SequencerTest, AFailedAppendStopsTheLedgerForGood) {
  log_->Hold();
  const auto first = Submit({Register(1)});
  log_->AwaitAppend(2);
  const auto second = Submit({Register(2)});
  log_->Release(/*fails=*/true);
  first->done.WaitForNotification();
  second->done.WaitForNotification();
  EXPECT_EQ(ReasonOf(*first), v1::ERROR_REASON_LEDGER_STOPPED);
  EXPECT_EQ(first->result.taken, 0u);
  EXPECT_EQ(ReasonOf(*second), v1::ERROR_REASON_LEDGER_STOPPED);
  log_->Release(/*fails=*/false);
  const auto third = Submit({Register(1)});
  third->done.WaitForNotification();
  EXPECT_EQ(ReasonOf(*third), v1::ERROR_REASON_LEDGER_STOPPED);
  EXPECT_FALSE(sequencer_->health().ok());
  EXPECT_EQ(sequencer_->Head().first, Sequence(2));
  absl::Notification read;
  sequencer_->ReadState(
      Sequence(), absl::InfiniteFuture(), [](const State&) { FAIL() << "read a state ahead of the log"; },
      [&read](absl::StatusOr<Sequence> sequence) {
        EXPECT_EQ(sequence.status().code(), absl::StatusCode::kUnavailable);
        read.Notify();
      });
  read.WaitForNotification();
}

TEST_F(SequencerTest, AQueueFullOfUploadsHasRoomForSales) {
  queue_max_ = 40;
  Open();
  log_->Hold();
  std::vector<v1::Command> upload;
  for (int i = 1; i <= 40; ++i) upload.push_back(Register(i));
  const auto uploaded = Submit(upload);
  const auto more = Submit(std::vector<v1::Command>(17, Register(41)));
  more->done.WaitForNotification();
  EXPECT_EQ(ReasonOf(*more), v1::ERROR_REASON_QUEUE_FULL);
  std::vector<decltype(Submit({}))> sales;
  for (int i = 41; i <= 51; ++i) sales.push_back(Submit({Register(i)}));
  sales.back()->done.WaitForNotification();
  EXPECT_EQ(ReasonOf(*sales.back()), v1::ERROR_REASON_QUEUE_FULL) << "there is an end to the room";
  sales.pop_back();
  log_->Release();
  uploaded->done.WaitForNotification();
  EXPECT_EQ(uploaded->result.taken, 40u);
  for (const auto& sale : sales) {
    sale->done.WaitForNotification();
    EXPECT_EQ(sale->result.taken, 1u);
  }
}

TEST_F(SequencerTest, AFullQueueRefusesAndRecordsNothing) {
  queue_max_ = 3;
  Open();
  log_->Hold();
  const auto first = Submit({Register(1)});
  const auto second = Submit({Register(2), Register(3)});
  const auto third = Submit({Register(4)});
  third->done.WaitForNotification();
  EXPECT_EQ(ReasonOf(*third), v1::ERROR_REASON_QUEUE_FULL);
  log_->Release();
  first->done.WaitForNotification();
  second->done.WaitForNotification();
  const auto again = Submit({Register(4)});
  again->done.WaitForNotification();
  EXPECT_EQ(again->result.taken, 1u);
}

TEST_F(SequencerTest, ADeadlineThatPassedRecordsNothing) {
  const auto call = Submit({Register(1)}, absl::Now() - absl::Seconds(1));
  call->done.WaitForNotification();
  EXPECT_EQ(ReasonOf(*call), v1::ERROR_REASON_DEADLINE_PASSED);
  EXPECT_EQ(sequencer_->Head().first, Sequence(2));
}

TEST_F(SequencerTest, DrainingAnswersWhatIsQueuedAndRefusesTheRest) {
  std::vector<std::unique_ptr<Call>> calls;
  for (uint64_t serial = 1; serial <= 100; ++serial) calls.push_back(Submit({Register(serial)}));
  sequencer_->Drain();
  for (const auto& call : calls) {
    ASSERT_TRUE(call->done.HasBeenNotified());
    EXPECT_EQ(call->result.taken, 1u);
  }
  const auto late = Submit({Register(101)});
  EXPECT_EQ(ReasonOf(*late), v1::ERROR_REASON_LEDGER_STOPPED);
}

TEST_F(SequencerTest, ACleanStopSavesTheStateAndACrashReplaysTheRest) {
  Submit({Register(1), Register(2)})->done.WaitForNotification();
  Open();
  EXPECT_EQ(saved_at_, Sequence(4)) << "saved by the clean stop";
  const auto next = Submit({Register(3)});
  next->done.WaitForNotification();
  EXPECT_EQ(next->result.first_added, Sequence(5));
  // A crash: what the log holds is looked at while the state was not saved again.
  absl::StatusOr<Recovered> recovered = Recover(store_.get(), *log_);
  ASSERT_TRUE(recovered.ok()) << recovered.status();
  EXPECT_EQ(recovered->saved_at, Sequence(4));
  EXPECT_EQ(recovered->state->last_sequence(), Sequence(5));
  EXPECT_EQ(recovered->root, sequencer_->Head().second);
}

TEST_F(SequencerTest, AStateThatCannotBeReadIsDroppedSoThatTheNextOneCan) {
  Submit({Register(1)})->done.WaitForNotification();
  sequencer_->Drain();
  // A row of another format, which nothing writes again.
  WriteBatch batch{.table = TableId::kState, .puts = {}, .deletes = {}};
  batch.puts.emplace_back("\x7F row of an older version", "");
  ASSERT_TRUE(store_->Write(batch, Durability::kRebuildable).ok());
  Open();
  EXPECT_FALSE(saved_at_);
  Open();
  EXPECT_EQ(saved_at_, sequencer_->Head().first) << "saved by the stop before";
}

TEST_F(SequencerTest, ASavedStateThatIsNotOfTheLogIsNotUsed) {
  Submit({Register(1)})->done.WaitForNotification();
  sequencer_->Drain();
  const merkle::Hash root = sequencer_->Head().second;
  merkle::Hasher hasher;
  merkle::Frontier wrong;
  for (int i = 0; i < 3; ++i) wrong.Add(hasher.Leaf(absl::StrCat(i)), hasher);
  WriteBatch batch{.table = TableId::kState, .puts = {}, .deletes = {}};
  batch.puts.emplace_back(kFrontierKey, wrong.Encode());
  ASSERT_TRUE(store_->Write(batch, Durability::kRebuildable).ok());
  absl::StatusOr<Recovered> recovered = Recover(store_.get(), *log_);
  ASSERT_TRUE(recovered.ok()) << recovered.status();
  EXPECT_FALSE(recovered->saved_at);
  EXPECT_EQ(recovered->root, root);
  EXPECT_EQ(recovered->state->members().size(), 1u);
}

TEST_F(SequencerTest, AChangedEventIsFoundAtStart) {
  Submit({Register(1)})->done.WaitForNotification();
  sequencer_->Drain();
  CommitBuilder forged(Sequence(3));
  event::v1::Event event;
  event.set_terminal_id(1);
  event.set_serial(1);
  event.set_recorded_at_unix_ms(clock_.NowUnixMs());
  event.mutable_member_registered()->set_member_id(1);
  forged.Add(event.SerializeAsString());
  WriteBatch batch{.table = TableId::kLog, .puts = {}, .deletes = {}};
  std::string key(8, '\0');
  key[7] = 3;
  batch.puts.emplace_back(key, forged.Seal(sequencer_->Head().second));
  ASSERT_TRUE(store_->Write(batch, Durability::kSynced).ok());
  WriteBatch drop_state{.table = TableId::kState, .puts = {}, .deletes = {}, .clear_first = true};
  ASSERT_TRUE(store_->Write(drop_state, Durability::kRebuildable).ok());
  EXPECT_EQ(Recover(store_.get(), *log_).status().code(), absl::StatusCode::kDataLoss);
}

// Several terminals send at once, lose some answers and send again: every serial is recorded exactly once.
TEST_F(SequencerTest, ManyThreadsRecordEverySerialOnce) {
  constexpr int kTerminals = 6;
  constexpr uint64_t kCommands = 200;
  for (int i = 0; i < kTerminals; ++i) {
    v1::Command enrol = Register(i + 1);
    enrol.mutable_enrol_terminal()->set_role(v1::ROLE_OFFICE);
    enrol.mutable_enrol_terminal()->set_label("office");
    Submit({enrol})->done.WaitForNotification();
  }
  std::vector<std::thread> threads;
  std::atomic<uint64_t> resent = 0;
  for (int i = 0; i < kTerminals; ++i) {
    threads.emplace_back([this, i, &resent] {
      for (uint64_t serial = 1; serial <= kCommands; ++serial) {
        v1::Command command = Register(serial);
        command.set_terminal_id(static_cast<uint64_t>(i) + 2);
        const auto call = Submit({command});
        if (serial % 3 == 0) {
          const auto again = Submit({command});
          again->done.WaitForNotification();
          EXPECT_EQ(again->result.already_recorded, 1u);
          ++resent;
        }
        call->done.WaitForNotification();
        EXPECT_EQ(call->result.taken, 1u);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(resent, 0u);
  EXPECT_EQ(sequencer_->Head().first, Sequence(2 + kTerminals + kTerminals * kCommands));
}

}  // namespace
}  // namespace redvest
