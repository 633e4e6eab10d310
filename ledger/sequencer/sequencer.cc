#include "ledger/sequencer/sequencer.h"

#include <utility>

#include "ledger/base/check.h"
#include "ledger/base/error.h"

namespace redvest {
namespace {

// A group that has grown to this waits for its turn before more is decided.
constexpr size_t kGroupBytesMax = 4 * kCommitBytesMax;
// The state is saved about this often: what a start after a crash has to fold in again.
constexpr uint64_t kEventsPerSave = 500'000;

constexpr absl::Duration kExpireEvery = absl::Milliseconds(100);

}  // namespace

Sequencer::Sequencer(Recovered recovered, EventLog* log, Store* store, SequencerOptions options)
    : log_(log),
      store_(store),
      options_(std::move(options)),
      writer_recall_(log, options_.find_outcome),
      writer_(std::move(recovered.state), std::move(recovered.frontier), options_.clock, &writer_recall_,
              [this] { return MakeDurable(); }),
      head_(log->last_sequence()),
      root_(recovered.root) {
  durable_.Advance(head_);
}

Sequencer::~Sequencer() { Drain(); }

absl::Status Sequencer::Found(std::span<const v1::Command> commands) {
  for (const v1::Command& command : commands) REDVEST_RETURN_IF_ERROR(CheckBodyForm(command));
  Pending pending{.submission = {.commands = commands, .owner = nullptr, .done = [](SubmissionResult) {}}};
  REDVEST_RETURN_IF_ERROR(writer_.Take(std::move(pending)));
  Group group = writer_.TakeGroup(/*save=*/true);
  const SubmissionResult& founded = group.answers.front().result;
  REDVEST_RETURN_IF_ERROR(founded.stopped);
  if (!founded.declined.empty()) return MakeError(founded.declined.front().error);
  REDVEST_CHECK(group.commits.size() == 1);
  return Append(&group);
}

void Sequencer::Start() {
  threads_.emplace_back([this] { DecideLoop(); });
  threads_.emplace_back([this] { AppendLoop(); });
  threads_.emplace_back([this] { RecallLoop(); });
}

// --- The caller's threads

void Sequencer::Submit(Submission submission) {
  Pending pending{.submission = std::move(submission)};
  std::span<const v1::Command>& commands = pending.submission.commands;
  REDVEST_CHECK(!commands.empty());
  const size_t count = commands.size();
  for (size_t i = 0; i < count && pending.form.ok(); ++i) {
    pending.form = CheckForm(commands[i]);
    if (!pending.form.ok()) commands = commands.first(i);
  }
  absl::Status refused;
  if (commands.empty()) {
    refused = pending.form;
  } else {
    absl::MutexLock lock(&mu_);
    if (stopping_ || !health_.ok()) {
      refused = MakeError(v1::ERROR_REASON_LEDGER_STOPPED);
    } else if (unanswered_commands_ + commands.size() > options_.queue_commands_max) {
      refused = MakeError(v1::ERROR_REASON_QUEUE_FULL);
    } else {
      unanswered_commands_ += commands.size();
      queue_.push_back(std::move(pending));
    }
  }
  if (!refused.ok()) {
    pending.result.stopped = refused;
    pending.submission.done(std::move(pending.result));
  }
}

void Sequencer::ReadState(Sequence min_sequence, absl::Time deadline,
                          absl::AnyInvocable<void(const State&)> read,
                          absl::AnyInvocable<void(absl::StatusOr<Sequence>)> done) {
  durable_.When(
      min_sequence, deadline,
      [this, deadline, read = std::move(read), done = std::move(done)](absl::Status reached) mutable {
        if (reached.ok() && !health().ok()) reached = MakeError(v1::ERROR_REASON_LEDGER_STOPPED);
        if (!reached.ok()) return done(reached);
        // The state may be ahead of the disk: the answer waits until what it saw is durable.
        const Sequence seen = writer_.Read([&read](const State& state) { read(state); });
        durable_.When(seen, deadline, [seen, done = std::move(done)](absl::Status durable) mutable {
          if (!durable.ok()) return done(durable);
          done(seen);
        });
      });
}

std::pair<Sequence, merkle::Hash> Sequencer::Head() const {
  absl::MutexLock lock(&mu_);
  return {head_, root_};
}

absl::Status Sequencer::health() const {
  absl::MutexLock lock(&mu_);
  return health_;
}

void Sequencer::Drain() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  durable_.Fail(MakeError(v1::ERROR_REASON_LEDGER_STOPPED));
}

// --- The deciding thread

void Sequencer::DecideLoop() {
  std::deque<Pending> taken;
  while (Await(&taken)) {
    for (Pending& pending : taken) Decide(std::move(pending));
    taken.clear();
    // While the disk is busy the group grows: that is what makes many terminals share one sync.
    if (!writer_.empty() && AppenderIsIdle()) HandOver(writer_.events_since_save() >= kEventsPerSave);
  }
  HandOver(/*save=*/true);
  absl::MutexLock lock(&mu_);
  decided_ = true;
}

bool Sequencer::Await(std::deque<Pending>* taken) {
  const bool group_waits = !writer_.empty();
  absl::MutexLock lock(&mu_);
  const auto due = [this, group_waits]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return !queue_.empty() || stopping_ || (group_waits && !handed_over_.has_value() && !appending_);
  };
  mu_.Await(absl::Condition(&due));
  taken->swap(queue_);
  return !taken->empty() || !stopping_;
}

void Sequencer::Decide(Pending pending) {
  absl::Status status = health();
  if (status.ok()) {
    status = writer_.Take(std::move(pending));
    if (!status.ok()) Stop(status);
    if (writer_.bytes() >= kGroupBytesMax) HandOver(writer_.events_since_save() >= kEventsPerSave);
  } else {
    Answer(&pending, /*stopped=*/true);
  }
}

bool Sequencer::AppenderIsIdle() {
  absl::MutexLock lock(&mu_);
  return !handed_over_.has_value() && !appending_;
}

void Sequencer::HandOver(bool save) {
  Group group = writer_.TakeGroup(save);
  absl::MutexLock lock(&mu_);
  const auto has_place = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return !handed_over_.has_value(); };
  mu_.Await(absl::Condition(&has_place));
  handed_over_ = std::move(group);
}

absl::Status Sequencer::MakeDurable() {
  HandOver(/*save=*/false);
  absl::MutexLock lock(&mu_);
  const auto idle = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return !handed_over_.has_value() && !appending_;
  };
  mu_.Await(absl::Condition(&idle));
  return health_;
}

// --- The appending thread

void Sequencer::AppendLoop() {
  while (true) {
    durable_.Expire(absl::Now());
    Group group;
    {
      absl::MutexLock lock(&mu_);
      const auto due = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
        return handed_over_.has_value() || decided_;
      };
      if (!mu_.AwaitWithTimeout(absl::Condition(&due), kExpireEvery)) continue;
      if (!handed_over_.has_value()) break;
      group = *std::exchange(handed_over_, std::nullopt);
      appending_ = true;
    }
    absl::Status status = health();
    if (status.ok()) {
      status = Append(&group);
      if (!status.ok()) Stop(status);
    }
    for (Pending& pending : group.answers) Answer(&pending, !status.ok());
    absl::MutexLock lock(&mu_);
    for (Pending& pending : group.resends) resends_.push_back(std::move(pending));
    appending_ = false;
  }
  absl::MutexLock lock(&mu_);
  appended_ = true;
}

absl::Status Sequencer::Append(Group* group) {
  for (Group::Commit& commit : group->commits) {
    REDVEST_RETURN_IF_ERROR(log_->Append(commit.first, commit.event_count, std::move(commit.record)));
  }
  if (!group->commits.empty()) {
    {
      absl::MutexLock lock(&mu_);
      head_ = group->last;
      root_ = group->root;
    }
    durable_.Advance(group->last);
    options_.on_durable(group->last);
  }
  // Only after the log holds what the rows follow from.
  if (group->state_rows.has_value()) return store_->Write(*group->state_rows, Durability::kRebuildable);
  return absl::OkStatus();
}

void Sequencer::Answer(Pending* pending, bool stopped) {
  if (stopped) {
    pending->result = SubmissionResult{};
    pending->result.stopped = MakeError(v1::ERROR_REASON_LEDGER_STOPPED);
  }
  {
    absl::MutexLock lock(&mu_);
    unanswered_commands_ -= pending->submission.commands.size();
  }
  pending->submission.done(std::move(pending->result));
}

void Sequencer::Stop(const absl::Status& why) {
  {
    absl::MutexLock lock(&mu_);
    if (health_.ok()) health_ = why;
  }
  durable_.Fail(MakeError(v1::ERROR_REASON_LEDGER_STOPPED));
}

// --- The thread that answers resends

void Sequencer::RecallLoop() {
  Recall recall(log_, options_.find_outcome);
  while (true) {
    std::deque<Pending> resends;
    bool stopped = false;
    {
      absl::MutexLock lock(&mu_);
      const auto due = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return !resends_.empty() || appended_; };
      mu_.Await(absl::Condition(&due));
      if (resends_.empty()) return;
      resends.swap(resends_);
      stopped = !health_.ok();
    }
    for (Pending& pending : resends) {
      if (!stopped) {
        recall.Answer(pending.submission, pending.submission.commands.size(), &pending.result);
        if (pending.result.stopped.ok()) pending.result.stopped = pending.form;
      }
      Answer(&pending, stopped);
    }
  }
}

}  // namespace redvest
