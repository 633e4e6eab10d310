// What an auditor looks at twice: found in the events themselves, by whoever reads them, not by the server.
// clients/docs/audit.md says for people what each kind means.
#ifndef REDVEST_LEDGER_AUDIT_FINDINGS_H_
#define REDVEST_LEDGER_AUDIT_FINDINGS_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "ledger/accounting/account.h"
#include "ledger/base/calendar.h"
#include "ledger/base/ids.h"
#include "ledger/log/event_log.h"

namespace redvest {

enum class FindingKind {
  kLate,       // sales and cash recorded late, by kind of event, terminal and business date; amounts are what
               // they moved
  kDeclined,   // commands declined by rule, by reason and terminal
  kReversed,   // one reversal: the event that was reversed, then the reversal (of an approved one the
               // approval)
  kApproval,   // one request: the request, then what became of it
  kOverShort,  // counts of a drawer that differed from the book, by terminal, over or short
  kTwoPlaces,  // one volunteer at two places at once: attempts that were declined, or services that overlap
  kLongDay,    // a volunteer's services of one day take more than the limit; amounts are their minutes on it
  kUnusualAmount,  // amounts far above the usual of their kind of event
  kAfterClose,     // a drawer's closed day was changed, by terminal and day: by a late event or by a reversal
  kCardAtCap,      // a meal card held 95 % of the policy's cap or more; amounts are the card's balance
  kVoided,         // serials used up without effect, by terminal
};
inline constexpr int kFindingKinds = static_cast<int>(FindingKind::kVoided) + 1;

// "late", "declined", "reversed", "approval", "over-short", "two-places", "long-day", "unusual-amount",
// "after-close", "card-at-cap", "voided".
std::string_view FindingKindName(FindingKind kind);

struct Finding {
  // One event of it. Amounts are in the finding's unit, 0 where it has none.
  struct Item {
    Sequence sequence;
    int64_t amount = 0;
    friend bool operator==(const Item&, const Item&) = default;
  };

  FindingKind kind = FindingKind::kLate;
  // What exactly: the kind of event ("meal_sold"), the reason of a decline ("NO_POLICY"), "over", "short",
  // "attempt", "overlap", "waiting", "approved", "refused", "late", "reversal". May be empty.
  std::string what;
  std::optional<Day> day;  // business date, of those that are gathered by it
  std::optional<Unit> unit;
  // What amounts are measured against: the limit of minutes, the median, the cap. 0 where there is none.
  int64_t reference = 0;
  std::vector<Item> items;          // all of them, at least one, in the order of the log
  std::vector<uint64_t> terminals;  // who issued them, and whose drawer or event it is about; each once
  std::vector<uint64_t> members;    // whom they are about, or who was in charge; each once
};

struct FindingsOptions {
  // Only findings with an event of these business dates; none: all. The whole log is read anyway.
  std::optional<Day> from;
  std::optional<Day> to;
  std::set<FindingKind> kinds;  // empty = all
  // More than this on one day is more than a human's.
  int64_t day_minutes_max = 16 * 60;
  // An amount is unusual from this many times the median of its kind of event on. An event's amount is the
  // largest sum it posted to one account, in the unit of its first posting; reversals and counts have none.
  // Kinds of which there are fewer than kUsualEventsMin events have no usual amount. The median is exact
  // within 2 %.
  int64_t amount_factor = 10;
};
inline constexpr int64_t kUsualEventsMin = 20;
// Of one kind of event at most so many unusual amounts are listed, the largest ones.
inline constexpr size_t kUnusualMax = 100'000;

struct Findings {
  std::string ledger_name;
  std::string time_zone;
  Sequence last;
  std::vector<Finding> findings;  // by kind, then by first sequence
};

// Reads `commits`, from the first event up to and with `last` (none: to the end). Memory grows with the
// findings, the members and, by 24 bytes each, the services, not with the log. DATA_LOSS names an event that
// cannot be read or that no ledger would have written; other errors are those of `commits`.
absl::StatusOr<Findings> FindAll(CommitCursor& commits, Sequence last, const FindingsOptions& options,
                                 absl::FunctionRef<void(Sequence done)> progress);

}  // namespace redvest

#endif  // REDVEST_LEDGER_AUDIT_FINDINGS_H_
