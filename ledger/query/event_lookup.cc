#include "ledger/query/event_lookup.h"

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"

namespace redvest {

absl::StatusOr<EventLookup::Found> EventLookup::Find(Sequence sequence) {
  if (!commit_.has_value() || sequence < commit_->first || sequence > commit_->last()) {
    const bool follows = commit_.has_value() && sequence == commit_->last().Next();
    commit_.reset();
    if (!follows) commits_ = log_->Read(sequence);
    REDVEST_ASSIGN_OR_RETURN(commit_, commits_->Next());
    if (!commit_.has_value())
      return absl::DataLossError(absl::StrCat("the log holds no event ", sequence.value()));
  }
  const std::string_view bytes = commit_->events[sequence.value() - commit_->first.value()];
  if (!event_.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return absl::DataLossError(absl::StrCat("event ", sequence.value(), " cannot be read"));
  return Found{bytes, &event_};
}

}  // namespace redvest
