// CSV files as they come out of other people's programs, read with libcsv one line at a time: a bad line
// costs one row, and memory stays bounded whatever the file holds.
#ifndef REDVEST_CLIENTS_CSV_FILE_H_
#define REDVEST_CLIENTS_CSV_FILE_H_

#include <csv.h>

#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "clients/text.h"

namespace redvest::client {

// Longest line that is read; longer ones are a fault of their row.
inline constexpr size_t kCsvLineBytesMax = 64 * 1024;

// What keeps a line from being cut into its fields.
enum class CsvFault {
  kNone,
  kLineTooLong,  // more than kCsvLineBytesMax bytes
  kNotText,      // not valid UTF-8, or it holds control characters such as NUL
  kQuotes,       // quotes that do not close, or stand in the middle of a field
  kFieldCount,   // more or fewer fields than the header
};

// A CSV file with a header. A row is one line: a field may be quoted but holds no line break. A byte order
// mark and CRLF are taken, blanks around a field are dropped, empty lines are no rows. Not thread-safe.
class CsvFile {
 public:
  // Opens the file and reads its header, which must name exactly `columns`, in that order. NOT_FOUND where it
  // cannot be opened, INVALID_ARGUMENT where it has another header; the message, in `lang`, says which
  // columns are missing.
  static absl::StatusOr<std::unique_ptr<CsvFile>> Open(Lang lang, const std::string& path,
                                                       std::span<const std::string_view> columns);
  ~CsvFile();
  CsvFile(const CsvFile&) = delete;
  CsvFile& operator=(const CsvFile&) = delete;

  // Goes to the next row. False at the end of the file, and where reading fails: see status().
  bool Next();
  // Not OK after reading failed.
  const absl::Status& status() const { return status_; }

  // --- The row that Next() went to

  // Number of the row, 1 for the first after the header.
  uint64_t row() const { return place_.row; }
  // Number of its line in the file, from 1.
  uint64_t line() const { return place_.line; }
  CsvFault fault() const { return fault_; }
  // Its fields, valid until the next call; as many as there are columns where fault() is kNone.
  const std::vector<std::string_view>& fields() const { return fields_; }

  // --- Going back

  // A row, and where the file goes on after it.
  struct Place {
    uint64_t row = 0;
    uint64_t line = 0;
    int64_t next_byte = 0;
  };
  Place place() const { return place_; }
  // Next() goes to the row after `place`, which came from this file.
  void GoBack(const Place& place);

 private:
  CsvFile(std::FILE* file, std::string path);

  absl::Status ReadHeader(Lang lang, std::span<const std::string_view> columns);
  // Takes the next line, without its end, into line_. False at the end of the file.
  bool TakeLine();
  bool Refill();
  // Cuts line_ into fields_.
  CsvFault Cut();

  std::FILE* const file_;
  const std::string path_;
  size_t columns_ = 0;
  absl::Status status_;
  Place place_;
  CsvFault fault_ = CsvFault::kNone;

  // Bytes read and not yet taken: [taken_, buffer_.size()).
  std::string buffer_;
  size_t taken_ = 0;
  std::string_view line_;
  bool line_too_long_ = false;

  // One parser for all lines, because its setting up allocates.
  csv_parser parser_;
  std::string field_bytes_;
  std::vector<size_t> field_ends_;
  std::vector<std::string_view> fields_;
};

// One line of a CSV file with its end, every field quoted.
std::string CsvLine(std::initializer_list<std::string> fields);

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_CSV_FILE_H_
