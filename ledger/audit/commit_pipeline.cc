#include "ledger/audit/commit_pipeline.h"

#include <algorithm>
#include <utility>

namespace redvest {
namespace {

// More do not make the fold faster, which is done by one thread.
constexpr unsigned kHelpersMax = 3;
// So far the reading of each thread may be ahead of the fold, which takes long for some commits.
constexpr size_t kSlotsPerThread = 8;
// A commit of 128 KiB of events, parsed.
constexpr size_t kFirstBlockBytes = 1024 * 1024;

// Adds the leaf after `size` others. Subtrees that begin before the commit are left to the one who knows
// them.
void AddLeaf(const merkle::Hash& leaf, uint64_t size, std::vector<PreparedCommit::Subtree>* subtrees) {
  PreparedCommit::Subtree right{0, leaf};
  for (uint64_t index = size; index & 1 && right.level < PreparedCommit::kSubtreeLevelMax; index >>= 1) {
    if (subtrees->empty() || subtrees->back().level != right.level) break;
    right = {right.level + 1, merkle::Hasher::Node(subtrees->back().root, right.root)};
    subtrees->pop_back();
  }
  subtrees->push_back(right);
}

// Beside the event that they are of, so that both are at hand together.
std::span<const Posting> KeepPostings(const Postings& postings, google::protobuf::Arena* arena) {
  static_assert(alignof(Posting) <= 8);  // as the arena gives it
  char* const memory = google::protobuf::Arena::CreateArray<char>(arena, postings.size() * sizeof(Posting));
  auto* const kept = reinterpret_cast<Posting*>(memory);
  std::uninitialized_copy(postings.begin(), postings.end(), kept);
  return {kept, postings.size()};
}

}  // namespace

std::vector<PreparedCommit::Subtree> SubtreesOf(const CommitView& commit) {
  std::vector<PreparedCommit::Subtree> subtrees;
  uint64_t size = commit.first.value() - 1;
  for (const std::string_view bytes : commit.events) AddLeaf(merkle::Hasher::Leaf(bytes), size++, &subtrees);
  return subtrees;
}

CommitPipeline::Slot::Slot() : first_block(kFirstBlockBytes) {
  google::protobuf::ArenaOptions options;
  options.initial_block = first_block.data();
  options.initial_block_size = first_block.size();
  arena = std::make_unique<google::protobuf::Arena>(options);
}

CommitPipeline::CommitPipeline(std::unique_ptr<CommitCursor> commits, Work work)
    : work_(std::move(work)), commits_(std::move(commits)) {
  const unsigned cores = std::max(2u, std::thread::hardware_concurrency());
  const unsigned helpers = std::min(cores - 1, kHelpersMax);
  for (unsigned i = 0; i < kSlotsPerThread * (helpers + 1); ++i) slots_.push_back(std::make_unique<Slot>());
  for (unsigned i = 0; i < helpers; ++i) helpers_.emplace_back([this] { Help(); });
}

CommitPipeline::~CommitPipeline() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  for (std::thread& helper : helpers_) helper.join();
}

absl::StatusOr<const PreparedCommit*> CommitPipeline::Next() {
  if (std::exchange(handed_out_, true)) {
    absl::MutexLock lock(&mu_);
    Slot& slot = *slots_[next_out_ % slots_.size()];
    slot.ready = false;
    events_ahead_ -= slot.commit.events.size();
    ++next_out_;
  }
  const auto due = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return end_ == next_out_ || slots_[next_out_ % slots_.size()]->ready;
  };
  while (true) {
    {
      absl::MutexLock lock(&mu_);
      if (!due() && !MayRead()) mu_.Await(absl::Condition(&due));
      if (due()) {
        const Slot& slot = *slots_[next_out_ % slots_.size()];
        if (slot.ready) return &slot.commit;
        handed_out_ = false;
        if (end_status_.ok()) return nullptr;
        return end_status_;
      }
    }
    PrepareOne();
  }
}

void CommitPipeline::Help() {
  while (true) {
    {
      absl::MutexLock lock(&mu_);
      const auto may_go_on = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return stopping_ || MayRead(); };
      mu_.Await(absl::Condition(&may_go_on));
      if (stopping_) return;
    }
    PrepareOne();
  }
}

bool CommitPipeline::PrepareOne() {
  Slot* slot = nullptr;
  {
    absl::MutexLock reading(&reading_);
    uint64_t ticket;
    {
      absl::MutexLock lock(&mu_);
      if (!MayRead()) return false;
      ticket = next_read_++;
      slot = slots_[ticket % slots_.size()].get();
    }
    if (!ReadInto(slot, ticket)) return false;
  }
  Prepare(slot);
  absl::MutexLock lock(&mu_);
  slot->ready = true;
  return true;
}

bool CommitPipeline::ReadInto(Slot* slot, uint64_t ticket) {
  reading_.AssertHeld();
  absl::StatusOr<std::optional<CommitView>> view = commits_->Next();
  if (!view.ok() || !view->has_value()) {
    absl::MutexLock lock(&mu_);
    end_ = ticket;
    end_status_ = view.status();
    return false;
  }
  // The view's bytes go with the next read, so they are copied.
  const CommitView& commit = **view;
  slot->bytes.clear();
  for (std::string_view bytes : commit.events) slot->bytes.append(bytes);
  slot->commit.first = commit.first;
  slot->commit.root = commit.root;
  slot->commit.events.resize(commit.events.size());
  std::string_view rest = slot->commit.bytes = slot->bytes;
  for (size_t i = 0; i < commit.events.size(); ++i) {
    slot->commit.events[i].bytes = rest.substr(0, commit.events[i].size());
    rest.remove_prefix(commit.events[i].size());
  }
  absl::MutexLock lock(&mu_);
  events_ahead_ += slot->commit.events.size();
  return true;
}

void CommitPipeline::Prepare(Slot* slot) {
  PreparedCommit& commit = slot->commit;
  slot->arena->Reset();
  commit.subtrees.clear();
  commit.postings = Fingerprint();
  uint64_t size = commit.first.value() - 1;
  for (PreparedEvent& prepared : commit.events) {
    AddLeaf(merkle::Hasher::Leaf(prepared.bytes), size++, &commit.subtrees);
    auto* const event = google::protobuf::Arena::CreateMessage<event::v1::Event>(slot->arena.get());
    const bool read = event->ParseFromArray(prepared.bytes.data(), static_cast<int>(prepared.bytes.size()));
    prepared.event = read ? event : nullptr;
    prepared.postings = read ? KeepPostings(PostingsOf(*event), slot->arena.get()) : std::span<Posting>();
  }
  if (work_) work_(&commit);
}

}  // namespace redvest
