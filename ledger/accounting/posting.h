// What an event does to the accounts.
#ifndef REDVEST_LEDGER_ACCOUNTING_POSTING_H_
#define REDVEST_LEDGER_ACCOUNTING_POSTING_H_

#include <cstdint>
#include <span>

#include "absl/container/inlined_vector.h"
#include "ledger/accounting/account.h"
#include "redvest/event/v1/event.pb.h"

namespace redvest {

// One line of an event: debit above zero, credit below.
struct Posting {
  Account account;
  int64_t amount;
  friend bool operator==(const Posting&, const Posting&) = default;
};
using Postings = absl::InlinedVector<Posting, 8>;

// The postings of `event`, a function of the event alone. No posting is zero; no account stands twice.
// Invariant: they sum to zero in each unit.
Postings PostingsOf(const event::v1::Event& event);

// The reversal, or the adoption of a policy, that `event` carries out, by itself or as an approved request;
// null where it carries out none.
const event::v1::EventReversed* ReversalIn(const event::v1::Event& event);
const event::v1::PolicyAdopted* AdoptionIn(const event::v1::Event& event);

// The name of the event's kind: its field name in redvest.event.v1.Event, such as "meal_sold"; empty where no
// kind that this program knows is set.
std::string_view EventKindName(const event::v1::Event& event);

// Whether the postings sum to zero in each unit, without overflow.
bool SumToZero(std::span<const Posting> postings);

}  // namespace redvest

#endif  // REDVEST_LEDGER_ACCOUNTING_POSTING_H_
