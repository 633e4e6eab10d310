// Columns that line up, also where Chinese characters are twice as wide.
#ifndef REDVEST_CLIENTS_TABLE_H_
#define REDVEST_CLIENTS_TABLE_H_

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace redvest::client {

// Columns of a terminal that `text`, UTF-8, takes. Bytes that are not UTF-8 count one each.
size_t DisplayWidth(std::string_view text);

// `text` with spaces after it up to `width` columns.
std::string PadTo(size_t width, std::string text);

class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string heading;
    Align align = Align::kLeft;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // REQUIRES: one cell for each column.
  void Add(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  // Headings, a rule and the rows, or nothing where there are no rows; headings that are all empty are left
  // out. Each line starts with `indent` spaces and none ends with one.
  void Print(std::ostream& out, size_t indent = 0) const;

 private:
  const std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_TABLE_H_
