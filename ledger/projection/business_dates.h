// The business dates of events, for projections that sum by them: a date is that of occurred_at in the
// ledger's time zone, which its first event names and each such table keeps in a row.
#ifndef REDVEST_LEDGER_PROJECTION_BUSINESS_DATES_H_
#define REDVEST_LEDGER_PROJECTION_BUSINESS_DATES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/base/bytes.h"
#include "ledger/base/calendar.h"
#include "ledger/storage/store.h"
#include "redvest/event/v1/event.pb.h"

namespace redvest {

// The row that holds the time zone's name.
inline constexpr std::string_view kZoneKey = "Z";

// Not thread-safe.
class BusinessDates {
 public:
  // Of the projection that writes `table`.
  explicit BusinessDates(TableId table) : table_(table) {}

  // Reads the zone, where the table has it.
  absl::Status Load(const Store& store);
  // The day of the next event of the log. DATA_LOSS where no event founded the ledger before it.
  absl::StatusOr<Day> Next(const event::v1::Event& event);
  // Adds the zone's row where the zone became known since the last call.
  void Gather(WriteBatch* batch);

 private:
  const TableId table_;
  std::optional<DayFinder> finder_;  // nothing before the ledger was founded
  std::string founded_zone_;         // gathered
};

// The ledger's time zone as `table` has it; nothing before the ledger was founded. FAILED_PRECONDITION where
// this machine does not know it.
absl::StatusOr<std::optional<absl::TimeZone>> ReadZone(const StoreSnapshot& snapshot, TableId table);

// Day numbers in keys: big-endian with the highest bit turned over, so that the order of bytes is the order
// of days, also before 1970.
inline void AppendDay(std::string* out, int32_t day) {
  AppendBigEndian(out, static_cast<uint32_t>(day) ^ 0x8000'0000u, 4);
}
inline bool ReadDay(ByteReader* reader, int32_t* day) {
  uint64_t raw;
  if (!reader->BigEndian(&raw, 4)) return false;
  *day = static_cast<int32_t>(static_cast<uint32_t>(raw) ^ 0x8000'0000u);
  return true;
}

}  // namespace redvest

#endif  // REDVEST_LEDGER_PROJECTION_BUSINESS_DATES_H_
