// What a row of an import's CSV file asks for. Pure: the same row gives the same command each time, whenever
// and wherever the file is imported, because its serial may have only one body.
//
// Columns, exactly and in this order (ids in their written form with check characters, such as M12-58, but
// for the bank's own account numbers; dates YYYY-MM-DD; times in the ledger's time zone, YYYY-MM-DD HH:MM):
//   bank-history   source_id,account_id,date,kind,amount_minor,source_balance_minor
//                  kind: cash_deposit, cash_withdrawal, card_withdrawal, transfer_received, transfer_sent,
//                  interest_credited, fee_charged. amount_minor above zero, in fen. It happened at 00:01.
//   service-hours  volunteer,kind,start,minutes,beneficiary,team
//                  kind: a kind of service, such as K1-77. beneficiary and team may be empty.
//   meals          member,date_time,portions,payment
//                  member: empty for a guest. payment: cash, meal-card or points.
#ifndef REDVEST_CLIENTS_IMPORT_ROWS_H_
#define REDVEST_CLIENTS_IMPORT_ROWS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "clients/csv_file.h"
#include "clients/text.h"
#include "ledger/base/calendar.h"
#include "ledger/base/ids.h"
#include "redvest/v1/command.pb.h"

namespace redvest::client {

enum class ImportKind { kBankHistory, kServiceHours, kMeals };

// "bank-history", "service-hours", "meals".
std::string_view ImportKindName(ImportKind kind);
std::optional<ImportKind> ParseImportKind(std::string_view name);
std::span<const std::string_view> ColumnsOf(ImportKind kind);

// A whole number: digits, with a '-' before them below zero. Nothing for other text or beyond 64 bits.
std::optional<int64_t> ParseWhole(std::string_view text);

// What is wrong with a row.
enum class RowFault {
  kNone,
  kLineTooLong,
  kNotText,
  kQuotes,
  kFieldCount,
  kNotANumber,  // not a whole number, or one beyond 64 bits
  kOutOfRange,  // zero, negative or too large
  kNoSuchDate,  // not YYYY-MM-DD, or a day that does not exist
  kNoSuchTime,  // not YYYY-MM-DD HH:MM, or a time that does not exist
  kUnknownKind,
  kUnknownPayment,
  kWrongId,  // not an id of the kind that the column asks for, or wrong check characters
  kTextTooLong,
  kRefused,  // the ledger did not accept the command's form; `value` says why
};

// A fault with its place in the row.
struct RowProblem {
  RowFault fault = RowFault::kNone;
  std::string_view column;  // a name in ColumnsOf(), or empty
  std::string value;        // what stands there, cut to at most 48 bytes; empty where it is not text
};

// What is wrong, for people.
std::string DescribeRow(Lang lang, const RowProblem& problem);
// `text` cut to at most `bytes_max` bytes between characters. REQUIRES: it is valid UTF-8.
std::string_view CutText(std::string_view text, size_t bytes_max);

// Turns rows into commands. Not thread-safe.
class RowReader {
 public:
  RowReader(ImportKind kind, absl::TimeZone zone);

  // Fills `command`, but for terminal and serial, from the row that `csv` stands at. A row that cannot be
  // read becomes a VoidSerial that tells line and fault.
  RowProblem Read(const CsvFile& csv, v1::Command* command);
  // Makes `command` the VoidSerial of a row; its reason is English whatever the user speaks, because it is
  // part of the body. Keeps occurred_at.
  static void MakeVoid(uint64_t line, const RowProblem& problem, v1::Command* command);

 private:
  using Fields = std::vector<std::string_view>;
  RowProblem ReadBankHistory(const Fields& fields, v1::Command* command);
  RowProblem ReadServiceHours(const Fields& fields, v1::Command* command);
  RowProblem ReadMeal(const Fields& fields, v1::Command* command);

  // When a row of a day is said to have happened, 00:01: never in the future of its own day, and never the 0
  // that means no time.
  static int64_t StartMs(Day day, absl::TimeZone zone);
  // The same of a date as it is written. Nothing where there is no such date. Rows mostly come by date, so
  // the last one is kept.
  std::optional<int64_t> StartOf(std::string_view date);
  // Nothing where that minute does not exist.
  std::optional<int64_t> Minute(std::string_view date_time) const;

  const ImportKind kind_;
  const absl::TimeZone zone_;
  const int64_t epoch_ms_;
  std::string date_;  // empty = none yet
  int64_t start_ms_ = 0;
};

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_IMPORT_ROWS_H_
