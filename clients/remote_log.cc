#include "clients/remote_log.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"
#include "ledger/log/commit_record.h"

namespace redvest::client {

class RemoteCursor final : public CommitCursor {
 public:
  RemoteCursor(RemoteLog* log, Sequence from, Sequence to) : log_(log), from_(from), to_(to) {}
  ~RemoteCursor() override {
    if (reader_ == nullptr) return;
    context_->TryCancel();
    Finish();
  }
  RemoteCursor(const RemoteCursor&) = delete;
  RemoteCursor& operator=(const RemoteCursor&) = delete;

  absl::StatusOr<std::optional<CommitView>> Next() override {
    REDVEST_RETURN_IF_ERROR(broken_);
    auto commit = TakeNext();
    // What follows a fault is not looked at.
    if (!commit.ok()) broken_ = commit.status();
    return commit;
  }

 private:
  using Reader = grpc::ClientReader<v1::ReadCommitsResponse>;

  // Where the next commit must start, or what it must hold.
  Sequence next() const { return last_ ? last_.Next() : from_; }

  absl::StatusOr<std::optional<CommitView>> TakeNext() {
    if (next() > to_) return std::nullopt;
    if (taken_ == part_.commits_size()) {
      REDVEST_ASSIGN_OR_RETURN(const bool more, ReadPart());
      if (!more) return std::nullopt;
      // One who sends nothing again and again would keep the reader for ever.
      if (part_.commits_size() == 0) return Fault("the server sent nothing in its place");
    }
    return Check(part_.commits(taken_++));
  }

  // The next part of the stream, after a lost connection of a new one. False at the end.
  absl::StatusOr<bool> ReadPart() {
    taken_ = 0;
    part_.Clear();
    for (Backoff backoff(log_->retries_);;) {
      if (reader_ == nullptr) Open();
      if (reader_->Read(&part_)) return true;
      const grpc::Status status = Finish();
      if (status.ok()) return false;
      const CallError error = ToCallError(status);
      if (backoff.WaitAfter(error)) continue;
      log_->Failed(error);
      // Never the server's own code: it must not be able to pass for what this cursor finds.
      return absl::UnavailableError(status.error_message());
    }
  }

  void Open() {
    v1::ReadCommitsRequest request;
    request.set_from_sequence(next().value());
    request.set_to_sequence(to_.value() + 1);
    context_ = std::make_unique<grpc::ClientContext>();
    reader_ = log_->connection_.stub<v1::AuditService::Stub>().ReadCommits(context_.get(), request);
  }

  // Ends the stream and tells why it ended.
  grpc::Status Finish() {
    const grpc::Status status = std::exchange(reader_, nullptr)->Finish();
    context_.reset();
    return status;
  }

  absl::Status Fault(absl::string_view what) const {
    return absl::DataLossError(absl::StrCat("event ", next().value(), ": ", what));
  }

  absl::StatusOr<std::optional<CommitView>> Check(const v1::StoredCommit& commit) {
    CommitView view;
    view.first = Sequence(commit.first_sequence());
    view.events.assign(commit.events().begin(), commit.events().end());
    if (view.events.empty() || !view.first) return Fault("the server sent a commit without events");
    const bool in_turn = last_
                             ? view.first == next()
                             : view.first <= from_ && from_.value() - view.first.value() < view.events.size();
    if (!in_turn) {
      return Fault(absl::StrCat("the server left it out: it sent events ", view.first.value(), " to ",
                                view.last().value(), " in its place"));
    }
    for (std::string_view event : view.events) {
      if (event.size() > kCommitBytesMax) return Fault("the server sent an event larger than any commit");
    }
    if (commit.root_hash().size() != sizeof(merkle::Hash))
      return Fault("the server sent its commit without a root");
    std::copy(commit.root_hash().begin(), commit.root_hash().end(), view.root.emplace().begin());
    last_ = view.last();
    if (last_ > to_) {
      view.events.resize(to_.value() - view.first.value() + 1);
      view.root.reset();  // it is that of the whole commit
      last_ = to_;
    }
    return view;
  }

  RemoteLog* const log_;
  const Sequence from_;
  const Sequence to_;
  Sequence last_;  // that was given; none at first
  absl::Status broken_;

  // The part of the stream at hand, of which `taken_` commits were given.
  v1::ReadCommitsResponse part_;
  int taken_ = 0;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<Reader> reader_;
};

std::unique_ptr<CommitCursor> RemoteLog::Read(Sequence from, Sequence to) {
  return std::make_unique<RemoteCursor>(this, from ? from : Sequence(1), to);
}

}  // namespace redvest::client
