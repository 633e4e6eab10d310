// Sending the rows of a file: row number = serial under the import's terminal, so that a row is recorded once
// however often the file is imported.
#ifndef REDVEST_CLIENTS_IMPORT_RUN_H_
#define REDVEST_CLIENTS_IMPORT_RUN_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "clients/client.h"
#include "clients/csv_file.h"
#include "clients/import_rows.h"
#include "ledger/base/ids.h"

namespace redvest::client {

// A row that was not recorded as what it asks for.
struct RowNote {
  enum class Kind { kDeclined, kUnreadable, kChanged };
  Kind kind = Kind::kDeclined;
  uint64_t row = 0;
  uint64_t line = 0;
  RowProblem problem;  // of an unreadable row
  CallError error;     // of the other two, and of a row whose form the ledger refused
};

// Where the rows of a file went; the five add up to rows.
struct ImportCounts {
  uint64_t rows = 0;
  uint64_t recorded = 0;          // for the first time
  uint64_t already_recorded = 0;  // by an earlier import of the file
  uint64_t declined = 0;          // by rule, now or earlier
  uint64_t unreadable = 0;        // used up as void serials, now or earlier
  uint64_t changed = 0;           // recorded earlier with another content, which stays
  std::map<v1::ErrorReason, uint64_t> declined_by_reason;
};

// Sends all rows of a file. Not thread-safe.
class Importer {
 public:
  // `last_serial`: of the terminal, before the import. `progress` is told the number of rows answered.
  Importer(Connection& connection, TerminalId terminal, Serial last_serial, CsvFile& csv, RowReader& reader,
           std::function<void(int64_t rows)> progress);

  // Sends from the first row to the last. Returns the error that ended it before; reading errors are the
  // file's status().
  std::optional<CallError> Run();

  const ImportCounts& counts() const { return counts_; }
  // In the order of rows.
  const std::vector<RowNote>& notes() const { return notes_; }
  absl::Duration duration() const { return duration_; }
  // The first event that it added; none where it added none.
  Sequence first_added() const { return first_added_; }
  // Number of the line that a row stands on, for rows that were read.
  uint64_t LineOf(uint64_t row) const;

 private:
  // A batch under way.
  struct Sent {
    CsvFile::Place before;  // the row before its first one
    uint64_t rows = 0;
    std::vector<RowNote> unreadable;
  };

  std::optional<CallError> SendAll();
  // Reads up to batch_rows_ rows; without commands at the end of the file.
  v1::IngestRequest ReadBatch();
  std::optional<CallError> TakeAnswer(const v1::IngestResponse& answer);
  std::optional<CallError> TakeAnswers();
  // The row at which a batch stopped: notes it, and has the file read again from there on.
  std::optional<CallError> StopAt(const Sent& sent, const v1::IngestResponse& answer);

  const TerminalId terminal_;
  const Serial last_serial_;
  CsvFile& csv_;
  RowReader& reader_;
  const std::function<void(int64_t)> progress_;
  IngestStream stream_;

  // Small after a stop, because every changed row stops a batch and what follows it is sent again; doubles
  // with every batch that is taken whole.
  uint64_t batch_rows_;
  std::deque<Sent> sent_;
  // Set after a stop: answers of batches that were under way are not looked at, and reading goes back to
  // `first` and skips rows up to `second`.
  std::optional<std::pair<CsvFile::Place, uint64_t>> go_back_;
  // Rows whose form the ledger refused, and why: they are voided.
  absl::flat_hash_map<uint64_t, CallError> refused_;
  // From each row on, how much larger the line's number is. Rows and lines part at empty lines only.
  std::map<uint64_t, uint64_t> line_offsets_;

  ImportCounts counts_;
  std::vector<RowNote> notes_;
  Sequence first_added_;
  absl::Duration duration_;
};

// What the book made of the rows of a bank's history.
struct HistoryCheck {
  struct Difference {
    uint64_t row = 0;
    uint64_t account_id = 0;
    std::string source_id;
    int64_t source_balance_fen = 0;
    int64_t book_balance_fen = 0;
  };
  // Rows after which the source's balance is another than the book's.
  std::vector<Difference> differing;
  // How many of them differ by at most 10 fen.
  uint64_t differing_by_rounding = 0;
  uint64_t accounts = 0;
  uint64_t accounts_opened = 0;
  // Accounts that the last of these rows left below zero.
  uint64_t accounts_below_zero = 0;
};

// Reads the terminal's history rows back from the ledger, from `from` on.
CallResult<HistoryCheck> CheckHistory(Connection& connection, TerminalId terminal, Sequence from);

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_IMPORT_RUN_H_
