// What plain-text books say of an event beside its postings: dates, and the texts it carries.
#ifndef REDVEST_LEDGER_AUDIT_BOOK_LINE_H_
#define REDVEST_LEDGER_AUDIT_BOOK_LINE_H_

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ledger/audit/event_fold.h"
#include "ledger/base/calendar.h"

namespace redvest {

// A fact with its name: a text, or a number where there is none.
struct BookNote {
  std::string_view name;
  std::string_view text;
  uint64_t number = 0;
  bool is_number = false;
};

// One event. Views are valid until the next line is made, and as long as the event is.
struct BookLine {
  std::string_view kind;           // "meal_sold"
  std::string_view business_date;  // of occurred_at, in the ledger's time zone: "2026-11-21"
  std::string_view recorded_date;  // of recorded_at, in the ledger's time zone
  std::string_view occurred_at;    // UTC: "2026-11-21T04:30:05.123Z"
  std::string_view recorded_at;    // UTC
  absl::InlinedVector<BookNote, 4> notes;
};

// Decimal digits, and the account as FormatAccount writes it.
inline void AppendNumber(std::string* out, int64_t number) {
  char digits[24];
  const char* const end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
  out->append(digits, static_cast<size_t>(end - digits));
}
inline void AppendAccount(std::string* out, const Account& account) {
  const AccountRule& rule = RuleOf(account.kind);
  out->append(rule.name);
  if (!rule.has_id) return;
  out->push_back(':');
  AppendNumber(out, static_cast<int64_t>(account.id));
}

// Makes lines. Keeps the text of the last day, because neighbours in the log mostly share it. Not
// thread-safe.
class BookLines {
 public:
  // `step` is what `fold` has just taken in. DATA_LOSS where this machine does not know the ledger's zone.
  absl::StatusOr<const BookLine*> Make(const EventFold& fold, const EventFold::Step& step);

  // The latest business date so far.
  std::string_view last_business_date() const { return last_business_date_; }

 private:
  // Days of one time zone as text.
  class DayText {
   public:
    explicit DayText(absl::TimeZone zone) : finder_(zone) {}
    // Valid until the next call.
    std::string_view Of(int64_t unix_ms);

   private:
    DayFinder finder_;
    Day day_;
    std::string text_;
  };
  // A moment of UTC as text.
  class MomentText {
   public:
    std::string_view Of(int64_t unix_ms);

   private:
    DayText days_{absl::UTCTimeZone()};
    std::string text_;
  };

  DayText business_{absl::UTCTimeZone()};
  DayText recorded_{absl::UTCTimeZone()};
  MomentText occurred_at_;
  MomentText recorded_at_;
  std::string last_business_date_;
  BookLine line_;
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_AUDIT_BOOK_LINE_H_
