#include "ledger/sequencer/sequencer.h"

#include <utility>

#include "ledger/base/check.h"
#include "ledger/base/error.h"

namespace redvest {
namespace {

// Threads that decide and append.
constexpr int kWriters = 2;
// A group of this size is worth a sync, also where more could be decided at once: what a sync costs is small
// beside what it took to decide so much.
constexpr size_t kGroupBytesEnough = 64 * 1024;
// One that has grown to this waits for the disk: the whole fits into one commit, and so into one sync.
constexpr size_t kGroupBytesMax = kCommitBytesMax - 32 * 1024;
// A sync takes the processor about 100 us, whatever it makes durable. So where groups answer several
// submissions, which is where more are on their way, they begin no closer together than this.
constexpr absl::Duration kGroupPace = absl::Milliseconds(1);
constexpr size_t kSeveral = 4;
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
  PendingList line;
  line.push_back(
      {.submission = {.commands = commands, .owner = nullptr, .done = [](const SubmissionResult&) {}}});
  REDVEST_RETURN_IF_ERROR(writer_.Take(&line, commands.size()).status());
  Group group = writer_.TakeGroup(/*save=*/true);
  const SubmissionResult& founded = group.answers.front().result;
  REDVEST_RETURN_IF_ERROR(founded.stopped);
  if (!founded.declined.empty()) return MakeError(founded.declined.front().error);
  REDVEST_CHECK(group.commits.size() == 1);
  REDVEST_RETURN_IF_ERROR(Append(&group));
  return store_->Write(*group.state_rows, Durability::kRebuildable);
}

void Sequencer::Start() {
  for (int i = 0; i < kWriters; ++i) threads_.emplace_back([this] { Work(); });
  threads_.emplace_back([this] { RecallLoop(); });
}

// --- The caller's threads

void Sequencer::Submit(Submission submission) {
  PendingList arrival;
  Pending& pending = arrival.emplace_back(Pending{.submission = std::move(submission)});
  CommandList& commands = pending.submission.commands;
  REDVEST_CHECK(!commands.empty());
  const size_t count = commands.size();
  for (size_t i = 0; i < count && pending.form.ok(); ++i) {
    pending.form = CheckForm(commands[i]);
    if (!pending.form.ok()) commands.Truncate(i);
  }
  absl::Status refused;
  if (commands.empty()) {
    refused = pending.form;
  } else {
    absl::MutexLock lock(&mu_);
    if (stopping_ || !health_.ok()) {
      refused = MakeError(v1::ERROR_REASON_LEDGER_STOPPED);
    } else if (unanswered_commands_ + commands.size() > RoomFor(commands.size())) {
      refused = MakeError(v1::ERROR_REASON_QUEUE_FULL);
    } else {
      unanswered_commands_ += commands.size();
      arrived_.splice(arrived_.end(), arrival);
    }
  }
  if (!refused.ok()) {
    pending.result.stopped = refused;
    pending.submission.done(std::move(pending.result));
  }
}

// However many upload at once, a till that sells finds room.
size_t Sequencer::RoomFor(size_t commands) const {
  const size_t room = options_.queue_commands_max;
  return commands <= FairQueue::kBriefCommands ? room + room / 4 : room;
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

// --- The threads that decide and append

void Sequencer::Work() {
  absl::Time expire_at = absl::InfinitePast();
  while (!ended()) {
    const absl::Time now = absl::Now();
    if (now >= expire_at || expire_at - now > kExpireEvery) {
      durable_.Expire(now);
      expire_at = now + kExpireEvery;
    }
    if (BeginDeciding()) AppendAndAnswer(DecideGroup());
  }
}

bool Sequencer::ended() const {
  absl::MutexLock lock(&mu_);
  return ended_;
}

bool Sequencer::BeginDeciding() {
  absl::MutexLock lock(&mu_);
  const auto due = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return !deciding_ && (!arrived_.empty() || queue_waits_ || stopping_);
  };
  if (!mu_.AwaitWithTimeout(absl::Condition(&due), kExpireEvery) || ended_) return false;
  deciding_ = true;
  return true;
}

Group Sequencer::DecideGroup() {
  Step step = AwaitStep();
  for (; step == Step::kDecide; step = AwaitStep()) DecideSlice();
  Group group = writer_.TakeGroup(MustSave(step));
  next_group_at_ = group.answers.size() < kSeveral ? absl::InfinitePast() : absl::Now() + kGroupPace;
  absl::MutexLock lock(&mu_);
  deciding_ = false;
  queue_waits_ = !queue_.empty();
  return group;
}

bool Sequencer::MustSave(Step step) {
  absl::MutexLock lock(&mu_);
  // Invariant: rows are written in the order in which they were taken.
  const auto saved = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return !saving_; };
  if (step == Step::kEnd) mu_.Await(absl::Condition(&saved));
  if (saving_ || (step != Step::kEnd && writer_.events_since_save() < kEventsPerSave)) return false;
  saving_ = true;
  return true;
}

Sequencer::Step Sequencer::AwaitStep() {
  const bool queued = !queue_.empty();
  const bool has_group = !writer_.empty();
  const size_t bytes = writer_.bytes();
  bool early = false;
  absl::MutexLock lock(&mu_);
  const auto to_decide = [this, queued]()
                             ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return queued || !arrived_.empty(); };
  // While the disk is busy the group grows: that is what makes many terminals share one sync.
  const auto can_append = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return !appending_ && has_group && (bytes >= kGroupBytesEnough || (!early && !to_decide()));
  };
  const auto can_decide = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return bytes < kGroupBytesMax && to_decide();
  };
  const auto can_end = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return stopping_ && !appending_ && !to_decide();
  };
  const auto due = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return can_append() || can_decide() || can_end();
  };
  do {
    const absl::Time now = absl::Now();
    // A clock that was set back makes nobody wait.
    early = now < next_group_at_ && next_group_at_ - now <= kGroupPace;
  } while (!mu_.AwaitWithDeadline(absl::Condition(&due), early ? next_group_at_ : absl::InfiniteFuture()));
  if (can_end()) {
    appending_ = ended_ = true;
    return Step::kEnd;
  }
  if (can_append()) {
    appending_ = true;
    return Step::kAppend;
  }
  queue_.Push(&arrived_);
  return Step::kDecide;
}

void Sequencer::DecideSlice() {
  if (!health().ok()) return Answer(queue_.TakeAll(), /*stopped=*/true);
  size_t decided = 0;
  while (!queue_.empty() && decided < FairQueue::kSliceCommands) {
    const absl::StatusOr<size_t> taken = writer_.Take(&queue_.Next(), FairQueue::kSliceCommands);
    if (!taken.ok()) return Stop(taken.status());
    queue_.Served(*taken);
    decided += *taken;
  }
}

absl::Status Sequencer::MakeDurable() {
  Group group = writer_.TakeGroup(/*save=*/false);
  {
    absl::MutexLock lock(&mu_);
    const auto idle = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return !appending_; };
    mu_.Await(absl::Condition(&idle));
    appending_ = true;
  }
  AppendAndAnswer(std::move(group));
  return health();
}

void Sequencer::AppendAndAnswer(Group group) {
  absl::Status status = health();
  if (status.ok()) {
    status = Append(&group);
    if (!status.ok()) Stop(status);
  }
  {
    absl::MutexLock lock(&mu_);
    resends_.splice(resends_.end(), group.resends);
    appending_ = false;
  }
  Answer(std::move(group.answers), !status.ok());
  // Only after the log holds what the rows follow from, and nobody waits for them.
  if (group.state_rows.has_value()) Save(*group.state_rows);
}

void Sequencer::Save(const WriteBatch& rows) {
  absl::Status status = health();
  if (status.ok()) {
    status = store_->Write(rows, Durability::kRebuildable);
    if (!status.ok()) Stop(status);
  }
  absl::MutexLock lock(&mu_);
  saving_ = false;
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
  return absl::OkStatus();
}

void Sequencer::Answer(PendingList answers, bool stopped) {
  size_t commands = 0;
  for (const Pending& pending : answers) commands += pending.submission.commands.size();
  {
    absl::MutexLock lock(&mu_);
    unanswered_commands_ -= commands;
  }
  for (Pending& pending : answers) {
    if (stopped) {
      pending.result = SubmissionResult{};
      pending.result.stopped = MakeError(v1::ERROR_REASON_LEDGER_STOPPED);
    }
    pending.submission.done(std::move(pending.result));
  }
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
    PendingList resends;
    bool stopped = false;
    {
      absl::MutexLock lock(&mu_);
      const auto due = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
        return !resends_.empty() || (ended_ && !appending_);
      };
      mu_.Await(absl::Condition(&due));
      if (resends_.empty()) return;
      resends.splice(resends.end(), resends_, resends_.begin());
      stopped = !health_.ok();
    }
    Pending& pending = resends.front();
    if (!stopped) {
      recall.Answer(pending.submission, pending.submission.commands.size(), &pending.result);
      if (pending.result.stopped.ok()) pending.result.stopped = pending.form;
    }
    Answer(std::move(resends), stopped);
  }
}

}  // namespace redvest
