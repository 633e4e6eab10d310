// The volunteer station: service earns points, points buy goods.
#include <algorithm>

#include "ledger/command/families.h"

namespace redvest {
namespace {

constexpr int64_t kMinuteMs = 60'000;

struct ServiceTime {
  int64_t start_ms;
  int32_t minutes;
};

// When the service was, from whichever fields the command gives.
ServiceTime TimeOf(const v1::RecordService& command, int64_t occurred_at_ms) {
  if (command.minutes() == 0) {
    return {command.start_unix_ms(),
            static_cast<int32_t>((command.end_unix_ms() - command.start_unix_ms()) / kMinuteMs)};
  }
  if (command.start_unix_ms() != 0) return {command.start_unix_ms(), command.minutes()};
  return {occurred_at_ms - command.minutes() * kMinuteMs, command.minutes()};
}

const v1::ServiceRate* RateOf(const v1::Policy& policy, uint64_t service_kind) {
  for (const v1::ServiceRate& rate : policy.service_rates()) {
    if (rate.service_kind_id() == service_kind) return &rate;
  }
  return nullptr;
}

absl::Status CheckPeople(const v1::RecordService& command, const Decision& decision) {
  REDVEST_ASSIGN_OR_RETURN(const Member* volunteer, decision.RequireActiveMember(command.volunteer_id()));
  if (!volunteer->volunteer) {
    return MakeError(v1::ERROR_REASON_NOT_A_VOLUNTEER, {{"member", command.volunteer_id()}});
  }
  if (command.beneficiary_id() == 0) return absl::OkStatus();
  if (command.beneficiary_id() == command.volunteer_id()) {
    return MakeError(v1::ERROR_REASON_SELF_SERVICE, {{"member", command.volunteer_id()}});
  }
  return decision.RequireMember(command.beneficiary_id()).status();
}

}  // namespace

// Rules: volunteer and beneficiary, kind of service, team, a policy on the day of service with a rate for the
// kind, no overlap with another service of the volunteer.
absl::Status Decide(const v1::RecordService& command, Decision& decision) {
  REDVEST_RETURN_IF_ERROR(CheckPeople(command, decision));
  REDVEST_RETURN_IF_ERROR(decision.RequireEntry(v1::ENTRY_KIND_SERVICE_KIND, command.service_kind_id()));
  if (command.team_id() != 0) {
    REDVEST_RETURN_IF_ERROR(decision.RequireEntry(v1::ENTRY_KIND_TEAM, command.team_id()));
  }
  const ServiceTime time = TimeOf(command, decision.input.command.occurred_at_unix_ms());
  const Day day = decision.input.DayOf(time.start_ms);
  const uint32_t version = decision.state.PolicyVersionOn(day);
  const v1::Policy* policy = decision.state.FindPolicy(version);
  if (policy == nullptr) return MakeError(v1::ERROR_REASON_NO_POLICY, {{"date", FormatDay(day)}});
  const v1::ServiceRate* rate = RateOf(*policy, command.service_kind_id());
  if (rate == nullptr) {
    return MakeError(v1::ERROR_REASON_SERVICE_KIND_NOT_IN_POLICY,
                     {{"service_kind", command.service_kind_id()}});
  }
  const MemberId volunteer(command.volunteer_id());
  if (const Services::Span* other =
          decision.state.FindOverlap(volunteer, time.start_ms, time.start_ms + time.minutes * kMinuteMs)) {
    return MakeError(v1::ERROR_REASON_SERVICE_OVERLAPS, {{"member", command.volunteer_id()},
                                                         {"start_unix_ms", other->start_ms},
                                                         {"end_unix_ms", other->end_ms}});
  }
  const int64_t left_of_day = policy->counted_minutes_per_day_max() -
                              decision.state.Counted(DayCounter::kCountedMinutes, volunteer.value(), day);
  const int64_t counted = std::max<int64_t>(
      0, std::min<int64_t>({time.minutes, policy->counted_minutes_per_activity_max(), left_of_day}));
  decision.event->set_policy_version(version);
  event::v1::ServiceRecorded& recorded = *decision.event->mutable_service_recorded();
  *recorded.mutable_command() = command;
  recorded.set_start_unix_ms(time.start_ms);
  recorded.set_minutes(time.minutes);
  recorded.set_counted_minutes(static_cast<int32_t>(counted));
  recorded.set_points(counted * rate->points_per_hour() / 60);
  return absl::OkStatus();
}

// Rules: policy, member known, good known, a price for it.
absl::Status Decide(const v1::RedeemPoints& command, Decision& decision) {
  REDVEST_ASSIGN_OR_RETURN(const v1::Policy* policy, decision.RequirePolicy());
  REDVEST_RETURN_IF_ERROR(decision.RequireMember(command.volunteer_id()).status());
  REDVEST_RETURN_IF_ERROR(decision.RequireEntry(v1::ENTRY_KIND_GOOD, command.good_id()));
  for (const v1::GoodPrice& price : policy->good_prices()) {
    if (price.good_id() != command.good_id()) continue;
    event::v1::PointsRedeemed& redeemed = *decision.event->mutable_points_redeemed();
    *redeemed.mutable_command() = command;
    // Both factors are bounded by CheckForm: the product fits.
    redeemed.set_points(command.pieces() * price.price_points());
    return absl::OkStatus();
  }
  return MakeError(v1::ERROR_REASON_GOOD_NOT_IN_POLICY, {{"good", command.good_id()}});
}

// Rules: member known, the figures are the book's.
absl::Status Decide(const v1::IssueServiceCertificate& command, Decision& decision) {
  REDVEST_RETURN_IF_ERROR(decision.RequireMember(command.volunteer_id()).status());
  const auto book = decision.state.ServedBy(MemberId(command.volunteer_id()));
  const bool same = std::equal(book.begin(), book.end(), command.served().begin(), command.served().end(),
                               [](const auto& row, const v1::ServedKind& served) {
                                 return row.first.value() == served.service_kind_id() &&
                                        row.second.services == served.services() &&
                                        row.second.minutes == served.minutes();
                               });
  if (!same) return MakeError(v1::ERROR_REASON_SERVED_DIFFERS, {{"member", command.volunteer_id()}});
  event::v1::ServiceCertificateIssued& issued = *decision.event->mutable_service_certificate_issued();
  *issued.mutable_command() = command;
  for (const auto& [kind, served] : book) issued.set_minutes(issued.minutes() + served.minutes);
  return absl::OkStatus();
}

// Rules: good known.
absl::Status Decide(const v1::ReceiveStock& command, Decision& decision) {
  REDVEST_RETURN_IF_ERROR(decision.RequireEntry(v1::ENTRY_KIND_GOOD, command.good_id()));
  *decision.event->mutable_stock_received()->mutable_command() = command;
  return absl::OkStatus();
}

}  // namespace redvest
