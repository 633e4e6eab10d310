// Followers of the log. Each keeps rows of its own in one table of the store, with its position, and can be
// dropped and rebuilt from the log at any time.
#ifndef REDVEST_LEDGER_PROJECTION_PROJECTION_H_
#define REDVEST_LEDGER_PROJECTION_PROJECTION_H_

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/accounting/posting.h"
#include "ledger/base/ids.h"
#include "ledger/storage/store.h"
#include "redvest/event/v1/event.pb.h"

namespace redvest {

// An event as a projection sees it.
struct ProjectedEvent {
  Sequence sequence;
  const event::v1::Event& event;
  std::span<const Posting> postings;
  std::string_view bytes;  // as stored and hashed
};

// Gathers events and writes what follows from them in one step. Used by one thread.
class Projection {
 public:
  virtual ~Projection() = default;
  virtual std::string_view name() const = 0;
  virtual TableId table() const = 0;
  // Reads what it must know of its own rows. Called before the first Add, and again where its rows were
  // cleared.
  virtual absl::Status Load(const Store& store) = 0;
  // Takes in one event; nothing is written yet. An event that it cannot handle is an error, never skipped.
  virtual absl::Status Add(const ProjectedEvent& event) = 0;
  // Moves all that was gathered into `batch`, reading rows of `store` where they must be added to. The rows
  // after it follow from the log alone, not from how it was cut into batches, so that a rebuilt table is
  // equal byte for byte.
  virtual absl::Status Gather(const Store& store, WriteBatch* batch) = 0;
};

// Balances and statements: table kAccounts.
std::unique_ptr<Projection> NewAccountsProjection();
// Which sequence holds the outcome of a terminal's serial: table kSerials, in runs.
std::unique_ptr<Projection> NewSerialsProjection();
// What happened on each business date: table kDays.
std::unique_ptr<Projection> NewDaysProjection();
// Roots of the larger subtrees of the Merkle tree: table kTree.
std::unique_ptr<Projection> NewTreeProjection();
// Which sequence stood where at a time, and balances by business date: table kCalendar.
std::unique_ptr<Projection> NewCalendarProjection();

// The row that holds a projection's position in its table: 8 bytes, big-endian, the last sequence it covers.
// Written in the same step as its rows.
inline constexpr std::string_view kPositionKey = "\xFFposition";
absl::StatusOr<Sequence> ReadPosition(const Store& store, TableId table);
absl::StatusOr<Sequence> ReadPosition(const StoreSnapshot& snapshot, TableId table);
std::pair<std::string, std::string> PositionRow(Sequence position);

}  // namespace redvest

#endif  // REDVEST_LEDGER_PROJECTION_PROJECTION_H_
