// The log as plain-text books: a journal that hledger reads, adds up and checks on its own, or a CSV file.
#ifndef REDVEST_LEDGER_AUDIT_BOOKS_H_
#define REDVEST_LEDGER_AUDIT_BOOKS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/audit/book_line.h"
#include "ledger/audit/event_fold.h"
#include "ledger/log/event_log.h"

namespace redvest {

// Appends one form of books to a string. Not thread-safe.
class BookFormat {
 public:
  virtual ~BookFormat() = default;
  // `step` is what `fold` has just taken in, and `line` what is said of it.
  virtual void Add(const EventFold& fold, const EventFold::Step& step, const BookLine& line,
                   std::string* out) = 0;
  // After the last event.
  virtual void End(const EventFold& fold, const BookLines& lines, std::string* out) = 0;
};

// A journal for hledger. Each event is a transaction, also one without postings, in the order of the log:
//
//   2026-11-21=2026-11-22 (123) meal_sold  ; terminal:2, serial:45, policy:1, late:yes, occurred:…,
//   recorded:…
//       assets:drawer:2  700 fen
//       income:canteen-sales  -700 fen
//
// Its date is the business date, its second date that of recording, its code the sequence. What else is known
// stands in tags, where '%', ',', ':' and control characters of a text are written %XX. Accounts and
// commodities are declared. At the end every account's balance is asserted, so that hledger refuses the
// journal where it comes to another one.
std::unique_ptr<BookFormat> NewHledgerJournal();

// CSV (RFC 4180) with a header: a row for each posting, and one with empty account, amount and unit for an
// event without postings. Debits are above zero, in the smallest unit. The last column holds "name: text" of
// what else is known, joined by "; ".
std::unique_ptr<BookFormat> NewBookCsv();

// Writes the events of `commits`, which starts with the first one, to `sink` in parts of about a megabyte, up
// to and with `last` (none: to its end). Returns the last sequence. DATA_LOSS names an event that cannot be
// read or does not balance; other errors are those of `sink` or `commits`.
absl::StatusOr<Sequence> WriteBooks(CommitCursor& commits, Sequence last, BookFormat& format,
                                    absl::FunctionRef<absl::Status(std::string_view)> sink,
                                    absl::FunctionRef<void(Sequence done)> progress);

}  // namespace redvest

#endif  // REDVEST_LEDGER_AUDIT_BOOKS_H_
