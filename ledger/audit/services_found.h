// Every volunteer's services in time: who was at two places at once, and whose day had too many hours.
#ifndef REDVEST_LEDGER_AUDIT_SERVICES_FOUND_H_
#define REDVEST_LEDGER_AUDIT_SERVICES_FOUND_H_

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "ledger/audit/findings.h"
#include "ledger/base/calendar.h"
#include "redvest/event/v1/event.pb.h"

namespace redvest {

// Not thread-safe.
class ServicesFound {
 public:
  // Of business dates. REQUIRES: called before the others.
  void SetZone(absl::TimeZone zone) { zone_ = zone; }
  // Takes a service_recorded. DATA_LOSS where its times cannot be.
  absl::Status Add(const event::v1::Event& event, Sequence sequence);
  // Takes back the event of that sequence, which was reversed, if it is a service.
  void Remove(const event::v1::Event& original, Sequence sequence);

  // Gives the findings of kinds kTwoPlaces ("overlap") and kLongDay, with the day they are about.
  void Finish(int64_t day_minutes_max, absl::FunctionRef<void(Finding finding, Day day)> take);

 private:
  struct Span {
    int64_t start_ms;
    int64_t end_ms;
    Sequence sequence;
  };

  void FindOverlaps(uint64_t volunteer, const std::vector<Span>& spans,
                    absl::FunctionRef<void(Finding finding, Day day)> take) const;
  void FindLongDays(uint64_t volunteer, const std::vector<Span>& spans, int64_t day_minutes_max,
                    absl::FunctionRef<void(Finding finding, Day day)> take) const;

  absl::TimeZone zone_;
  absl::flat_hash_map<uint64_t, std::vector<Span>> spans_;  // by volunteer
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_AUDIT_SERVICES_FOUND_H_
