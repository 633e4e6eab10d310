#include "ledger/audit/event_fold.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "ledger/base/calendar.h"
#include "ledger/base/check.h"

namespace redvest {

using event::v1::Event;

namespace {

// Most events fit, so that no memory is asked for on the way.
constexpr size_t kFirstBlockBytes = 64 * 1024;

}  // namespace

EventFold::EventFold() : first_block_(kFirstBlockBytes) {
  options_.initial_block = first_block_.data();
  options_.initial_block_size = first_block_.size();
  arena_ = std::make_unique<google::protobuf::Arena>(options_);
}

absl::StatusOr<EventFold::Step> EventFold::Add(std::string_view bytes) {
  arena_->Reset();
  Step step;
  step.sequence = last_.Next();
  const auto fault = [&step](absl::string_view what) {
    return absl::DataLossError(absl::StrCat("event ", step.sequence.value(), ": ", what));
  };
  Event* const event = google::protobuf::Arena::CreateMessage<Event>(arena_.get());
  if (!event->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return fault("it cannot be read");
  if (event->body_case() == Event::BODY_NOT_SET)
    return fault("this program does not know its kind: use a newer version");
  for (int64_t moment : {event->occurred_at_unix_ms(), event->recorded_at_unix_ms()}) {
    if (moment < kMomentMinMs || moment > kMomentMaxMs)
      return fault("its time is not of the years 1900 to 9999");
  }
  if (step.sequence == Sequence(1)) {
    if (!event->has_ledger_founded()) return fault("it founds no ledger");
    ledger_name_ = event->ledger_founded().command().name();
    time_zone_name_ = event->ledger_founded().command().time_zone();
  }
  step.event = event;
  step.postings = PostingsOf(*event);
  if (!SumToZero(step.postings)) return fault("its postings do not sum to zero");
  for (const Posting& posting : step.postings) {
    int64_t& balance = balances_[posting.account];
    if (__builtin_add_overflow(balance, posting.amount, &balance) || balance == INT64_MIN) {
      return fault(absl::StrCat("it takes ", FormatAccount(posting.account), " out of range"));
    }
  }
  last_ = step.sequence;
  return step;
}

absl::StatusOr<absl::TimeZone> EventFold::Zone() const {
  absl::TimeZone zone;
  if (absl::LoadTimeZone(time_zone_name_, &zone)) return zone;
  return absl::DataLossError(
      absl::StrCat("event 1: this machine does not know the time zone \"", time_zone_name_, "\""));
}

std::vector<AccountBalance> EventFold::SortedBalances(bool zero) const {
  std::vector<AccountBalance> rows;
  for (const auto& [account, balance] : balances_) {
    if (zero || balance != 0) rows.push_back({account, balance});
  }
  std::sort(rows.begin(), rows.end(),
            [](const AccountBalance& a, const AccountBalance& b) { return a.account < b.account; });
  return rows;
}

}  // namespace redvest
