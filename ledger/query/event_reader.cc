#include "ledger/query/event_reader.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"
#include "ledger/log/event_log.h"

namespace redvest {
namespace {

class LogEventReader final : public EventReader {
 public:
  LogEventReader(const EventLog* log, Sequence from, std::function<Sequence()> durable)
      : log_(log), durable_(std::move(durable)), next_(std::max(from, Sequence(1))) {}

  absl::StatusOr<std::optional<StoredEvent>> Next() override {
    if (next_ > known_durable_) {
      known_durable_ = durable_();
      if (next_ > known_durable_) {
        // A reader that waits for more must not keep the store's old files alive.
        commit_.reset();
        commits_.reset();
        return std::nullopt;
      }
    }
    if (!commit_.has_value() || next_ > commit_->last()) REDVEST_RETURN_IF_ERROR(NextCommit());
    const std::string_view bytes = commit_->events[next_.value() - commit_->first.value()];
    if (!event_.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return absl::DataLossError(absl::StrCat("event ", next_.value(), " cannot be read"));
    }
    const StoredEvent stored{next_, bytes, &event_};
    next_ = next_.Next();
    return stored;
  }

 private:
  // Goes on to the commit that holds next_. A cursor sees the log as it was when it was made, so at its end
  // there may be more by now.
  absl::Status NextCommit() {
    commit_.reset();
    if (commits_ != nullptr) {
      REDVEST_ASSIGN_OR_RETURN(commit_, commits_->Next());
    }
    if (!commit_.has_value()) {
      commits_ = log_->Read(next_);
      REDVEST_ASSIGN_OR_RETURN(commit_, commits_->Next());
    }
    if (!commit_.has_value()) {
      return absl::DataLossError(
          absl::StrCat("the log holds no event ", next_.value(), ", which was durable"));
    }
    return absl::OkStatus();
  }

  const EventLog* const log_;
  const std::function<Sequence()> durable_;
  Sequence next_;
  Sequence known_durable_;
  std::unique_ptr<CommitCursor> commits_;
  std::optional<CommitView> commit_;  // of commits_
  event::v1::Event event_;
};

}  // namespace

std::unique_ptr<EventReader> NewEventReader(const EventLog* log, Sequence from,
                                            std::function<Sequence()> durable) {
  return std::make_unique<LogEventReader>(log, from, std::move(durable));
}

}  // namespace redvest
