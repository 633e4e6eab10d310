#include "ledger/projection/business_dates.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"

namespace redvest {
namespace {

absl::StatusOr<absl::TimeZone> FindZone(const std::string& name) {
  absl::TimeZone zone;
  if (absl::LoadTimeZone(name, &zone)) return zone;
  return absl::FailedPreconditionError(absl::StrCat("this machine does not know the ledger's time zone ",
                                                    name, ": install its time zone data (package tzdata)"));
}

}  // namespace

absl::Status BusinessDates::Load(const Store& store) {
  finder_.reset();
  founded_zone_.clear();
  REDVEST_ASSIGN_OR_RETURN(const std::optional<std::string> name, store.Get(table_, kZoneKey));
  if (!name.has_value()) return absl::OkStatus();
  REDVEST_ASSIGN_OR_RETURN(const absl::TimeZone zone, FindZone(*name));
  finder_.emplace(zone);
  return absl::OkStatus();
}

absl::StatusOr<Day> BusinessDates::Next(const event::v1::Event& event) {
  if (event.has_ledger_founded()) {
    founded_zone_ = event.ledger_founded().command().time_zone();
    REDVEST_ASSIGN_OR_RETURN(const absl::TimeZone zone, FindZone(founded_zone_));
    finder_.emplace(zone);
  }
  if (!finder_.has_value())
    return absl::DataLossError("no event before it founded the ledger, so it has no date");
  return finder_->DayOf(event.occurred_at_unix_ms());
}

void BusinessDates::Gather(WriteBatch* batch) {
  if (!founded_zone_.empty()) batch->puts.emplace_back(kZoneKey, std::exchange(founded_zone_, {}));
}

absl::StatusOr<std::optional<absl::TimeZone>> ReadZone(const StoreSnapshot& snapshot, TableId table) {
  REDVEST_ASSIGN_OR_RETURN(const std::optional<std::string> name, snapshot.Get(table, kZoneKey));
  if (!name.has_value()) return std::nullopt;
  return FindZone(*name);
}

}  // namespace redvest
