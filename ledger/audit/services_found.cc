#include "ledger/audit/services_found.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"

namespace redvest {
namespace {

constexpr int64_t kMinuteMs = 60'000;
// No service is longer: far more than any ledger takes.
constexpr int32_t kMinutesMax = 31 * 24 * 60;

}  // namespace

absl::Status ServicesFound::Add(const event::v1::Event& event, Sequence sequence) {
  const event::v1::ServiceRecorded& recorded = event.service_recorded();
  const int64_t start_ms = recorded.start_unix_ms();
  if (recorded.minutes() < 0 || recorded.minutes() > kMinutesMax || start_ms < kMomentMinMs ||
      start_ms > kMomentMaxMs) {
    return absl::DataLossError(
        absl::StrCat("event ", sequence.value(), ": no service can be at such a time"));
  }
  spans_[recorded.command().volunteer_id()].push_back(
      {start_ms, start_ms + recorded.minutes() * kMinuteMs, sequence});
  return absl::OkStatus();
}

void ServicesFound::Remove(const event::v1::Event& original, Sequence sequence) {
  const auto spans = spans_.find(original.service_recorded().command().volunteer_id());
  if (!original.has_service_recorded() || spans == spans_.end()) return;
  // Sequences rise, and mostly what was just recorded is reversed.
  const auto span = std::lower_bound(spans->second.begin(), spans->second.end(), sequence,
                                     [](const Span& a, Sequence b) { return a.sequence < b; });
  if (span != spans->second.end() && span->sequence == sequence) spans->second.erase(span);
}

void ServicesFound::Finish(int64_t day_minutes_max, absl::FunctionRef<void(Finding finding, Day day)> take) {
  for (auto& [volunteer, spans] : spans_) {
    std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
      return std::pair(a.start_ms, a.sequence) < std::pair(b.start_ms, b.sequence);
    });
    FindOverlaps(volunteer, spans, take);
    FindLongDays(volunteer, spans, day_minutes_max, take);
  }
}

// REQUIRES: `spans` are sorted by their start.
void ServicesFound::FindOverlaps(uint64_t volunteer, const std::vector<Span>& spans,
                                 absl::FunctionRef<void(Finding finding, Day day)> take) const {
  DayFinder days(zone_);
  const Span* longest = nullptr;  // of those before, the one that ends last
  for (const Span& span : spans) {
    if (longest != nullptr && span.start_ms < longest->end_ms) {
      Finding finding;
      finding.kind = FindingKind::kTwoPlaces;
      finding.what = "overlap";
      finding.items = {{std::min(longest->sequence, span.sequence)},
                       {std::max(longest->sequence, span.sequence)}};
      finding.members = {volunteer};
      take(std::move(finding), days.DayOf(span.start_ms));
    }
    if (longest == nullptr || span.end_ms > longest->end_ms) longest = &span;
  }
}

void ServicesFound::FindLongDays(uint64_t volunteer, const std::vector<Span>& spans, int64_t day_minutes_max,
                                 absl::FunctionRef<void(Finding finding, Day day)> take) const {
  struct LongDay {
    int64_t ms = 0;
    std::vector<Finding::Item> items;
  };
  std::map<Day, LongDay> days;
  DayFinder finder(zone_);
  for (const Span& span : spans) {
    // A service over midnight counts on both days.
    for (int64_t begin = span.start_ms; begin < span.end_ms;) {
      const Day day = finder.DayOf(begin);
      const int64_t next_day = absl::ToUnixMillis(absl::FromCivil(absl::CivilSecond(day + 1), zone_));
      const int64_t end = std::min(span.end_ms, std::max(next_day, begin + 1));
      LongDay& sum = days[day];
      sum.ms += end - begin;
      sum.items.push_back({span.sequence, (end - begin) / kMinuteMs});
      begin = end;
    }
  }
  for (auto& [day, sum] : days) {
    if (sum.ms <= day_minutes_max * kMinuteMs) continue;
    Finding finding;
    finding.kind = FindingKind::kLongDay;
    finding.day = day;
    finding.unit = Unit::kMinutes;
    finding.reference = day_minutes_max;
    finding.items = std::move(sum.items);
    std::sort(finding.items.begin(), finding.items.end(),
              [](const auto& a, const auto& b) { return a.sequence < b.sequence; });
    finding.members = {volunteer};
    take(std::move(finding), day);
  }
}

}  // namespace redvest
