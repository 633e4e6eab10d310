#include "clients/table.h"

#include <locale.h>
#include <wchar.h>

#include <algorithm>

#include "ledger/base/check.h"

namespace redvest::client {
namespace {

// The C library knows the width of characters, but only of the locale in use: this one is always there and is
// not the user's, who may have none.
class Utf8Locale {
 public:
  Utf8Locale() : locale_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)), before_(uselocale(locale_)) {}
  ~Utf8Locale() {
    uselocale(before_);
    if (locale_ != nullptr) freelocale(locale_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  const locale_t locale_;
  const locale_t before_;
};

size_t WidthInLocale(std::string_view text) {
  size_t width = 0;
  mbstate_t state = {};
  while (!text.empty()) {
    wchar_t wide = 0;
    const size_t bytes = mbrtowc(&wide, text.data(), text.size(), &state);
    if (bytes == 0 || bytes > text.size()) {
      state = {};
      ++width;
      text.remove_prefix(1);
      continue;
    }
    width += static_cast<size_t>(std::max(0, wcwidth(wide)));
    text.remove_prefix(bytes);
  }
  return width;
}

}  // namespace

size_t DisplayWidth(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; })) return text.size();
  const Utf8Locale locale;
  return WidthInLocale(text);
}

std::string PadTo(size_t width, std::string text) {
  const size_t used = DisplayWidth(text);
  if (used < width) text.append(width - used, ' ');
  return text;
}

void Table::Add(std::vector<std::string> cells) {
  REDVEST_CHECK(cells.size() == columns_.size());
  rows_.push_back(std::move(cells));
}

void Table::Print(std::ostream& out, size_t indent) const {
  std::vector<std::string> headings;
  for (const Column& column : columns_) headings.push_back(column.heading);
  std::vector<size_t> widths(columns_.size(), 0);
  const auto widen = [&widths](const std::vector<std::string>& cells) {
    for (size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(cells[i]));
  };
  widen(headings);
  for (const auto& row : rows_) widen(row);

  const auto print = [&](const std::vector<std::string>& cells) {
    std::string line(indent, ' ');
    for (size_t i = 0; i < cells.size(); ++i) {
      const std::string padding(widths[i] - DisplayWidth(cells[i]), ' ');
      if (i > 0) line += "  ";
      line += columns_[i].align == Align::kRight ? padding + cells[i] : cells[i] + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  };
  if (rows_.empty()) return;
  if (std::any_of(headings.begin(), headings.end(), [](const std::string& text) { return !text.empty(); })) {
    print(headings);
    std::vector<std::string> rule;
    for (size_t width : widths) rule.emplace_back(width, '-');
    print(rule);
  }
  for (const auto& row : rows_) print(row);
}

}  // namespace redvest::client
