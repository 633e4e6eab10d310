#include "clients/csv_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ledger/base/check.h"
#include "ledger/base/text.h"

namespace redvest::client {
namespace {

constexpr size_t kReadBytes = 64 * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string Joined(std::span<const std::string_view> names) {
  return absl::StrJoin(names, ",", [](std::string* out, std::string_view name) { out->append(name); });
}

// Those of `names` that are not among `others`.
std::vector<std::string_view> Without(std::span<const std::string_view> names,
                                      std::span<const std::string_view> others) {
  std::vector<std::string_view> left;
  for (std::string_view name : names) {
    if (std::find(others.begin(), others.end(), name) == others.end()) left.push_back(name);
  }
  return left;
}

}  // namespace

absl::StatusOr<std::unique_ptr<CsvFile>> CsvFile::Open(Lang lang, const std::string& path,
                                                       std::span<const std::string_view> columns) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return absl::NotFoundError(absl::StrCat(path, ": ", std::strerror(errno)));
  std::unique_ptr<CsvFile> csv(new CsvFile(file, path));
  REDVEST_RETURN_IF_ERROR(csv->ReadHeader(lang, columns));
  return csv;
}

CsvFile::CsvFile(std::FILE* file, std::string path) : file_(file), path_(std::move(path)) {
  REDVEST_CHECK(csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI) == 0);
}

CsvFile::~CsvFile() {
  csv_free(&parser_);
  std::fclose(file_);
}

absl::Status CsvFile::ReadHeader(Lang lang, std::span<const std::string_view> columns) {
  const auto wrong = [&](Bilingual what, std::string names = "") {
    static constexpr Bilingual kWanted = {"{path}: {what}; its first line must be {columns}",
                                          "{path}：{what}；首行应为 {columns}"};
    return absl::InvalidArgumentError(Fill(
        kWanted.In(lang),
        {{"path", path_}, {"what", Fill(what.In(lang), {{"names", names}})}, {"columns", Joined(columns)}}));
  };
  do {
    if (!TakeLine()) return status_.ok() ? wrong({"the file is empty", "文件是空的"}) : status_;
    if (place_.line == 1 && line_.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
      line_.remove_prefix(kByteOrderMark.size());
    }
    fault_ = Cut();
  } while (fields_.empty() && fault_ == CsvFault::kNone);
  if (fault_ != CsvFault::kNone) {
    return wrong({"it does not begin with a line of UTF-8 text", "开头不是一行 UTF-8 文字"});
  }
  if (const auto missing = Without(columns, fields_); !missing.empty()) {
    return wrong({"columns are missing: {names}", "缺少列：{names}"}, Joined(missing));
  }
  if (const auto unknown = Without(fields_, columns); !unknown.empty()) {
    return wrong({"columns that are not known: {names}", "多出不认识的列：{names}"}, Joined(unknown));
  }
  if (!std::equal(fields_.begin(), fields_.end(), columns.begin(), columns.end())) {
    return wrong({"its columns stand in another order, or twice", "列的顺序不对，或有重复"});
  }
  columns_ = columns.size();
  return absl::OkStatus();
}

bool CsvFile::Next() {
  while (TakeLine()) {
    fault_ = line_too_long_ ? CsvFault::kLineTooLong : Cut();
    if (fault_ == CsvFault::kNone && fields_.empty()) continue;
    if (fault_ == CsvFault::kNone && fields_.size() != columns_) fault_ = CsvFault::kFieldCount;
    ++place_.row;
    return true;
  }
  return false;
}

void CsvFile::GoBack(const Place& place) {
  place_ = place;
  buffer_.clear();
  taken_ = 0;
  if (fseeko(file_, place.next_byte, SEEK_SET) != 0) {
    status_ = absl::UnavailableError(absl::StrCat(path_, ": ", std::strerror(errno)));
  }
}

bool CsvFile::TakeLine() {
  line_too_long_ = false;
  fields_.clear();
  if (!status_.ok()) return false;
  for (size_t searched = 0;;) {
    const size_t end = buffer_.find('\n', taken_ + searched);
    if (end != std::string::npos) {
      line_ = std::string_view(buffer_).substr(taken_, end - taken_);
      place_.next_byte += static_cast<int64_t>(line_.size()) + 1;
      taken_ = end + 1;
      break;
    }
    searched = buffer_.size() - taken_;
    if (searched > kCsvLineBytesMax) {
      // Forget what was seen of the line, so that it does not pile up.
      line_too_long_ = true;
      place_.next_byte += static_cast<int64_t>(searched);
      taken_ = buffer_.size();
      searched = 0;
    }
    if (Refill()) continue;
    if (!status_.ok() || (searched == 0 && !line_too_long_)) return false;
    line_ = std::string_view(buffer_).substr(taken_);
    place_.next_byte += static_cast<int64_t>(line_.size());
    taken_ = buffer_.size();
    break;
  }
  ++place_.line;
  line_too_long_ = line_too_long_ || line_.size() > kCsvLineBytesMax;
  if (!line_.empty() && line_.back() == '\r') line_.remove_suffix(1);
  return true;
}

bool CsvFile::Refill() {
  buffer_.erase(0, taken_);
  taken_ = 0;
  const size_t kept = buffer_.size();
  buffer_.resize(kept + kReadBytes);
  const size_t got = std::fread(buffer_.data() + kept, 1, kReadBytes, file_);
  buffer_.resize(kept + got);
  if (got == 0 && std::ferror(file_) != 0) {
    status_ = absl::UnavailableError(absl::StrCat(path_, ": ", std::strerror(errno)));
  }
  return got > 0;
}

CsvFault CsvFile::Cut() {
  if (line_too_long_) return CsvFault::kLineTooLong;
  if (!IsPlainText(line_)) return CsvFault::kNotText;
  field_bytes_.clear();
  field_ends_.clear();
  const auto on_field = [](void* bytes, size_t size, void* self) {
    auto* csv = static_cast<CsvFile*>(self);
    csv->field_bytes_.append(static_cast<const char*>(bytes), size);
    csv->field_ends_.push_back(csv->field_bytes_.size());
  };
  const bool parsed =
      csv_parse(&parser_, line_.data(), line_.size(), on_field, nullptr, this) == line_.size() &&
      csv_fini(&parser_, on_field, nullptr, this) == 0;
  if (!parsed) {
    csv_free(&parser_);
    REDVEST_CHECK(csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI) == 0);
    return CsvFault::kQuotes;
  }
  size_t begin = 0;
  for (size_t end : field_ends_) {
    fields_.push_back(std::string_view(field_bytes_).substr(begin, end - begin));
    begin = end;
  }
  return CsvFault::kNone;
}

std::string CsvLine(std::initializer_list<std::string> fields) {
  std::string line;
  for (const std::string& field : fields) {
    if (!line.empty()) line += ',';
    const size_t begin = line.size();
    // At worst every byte is a quote and stands twice.
    line.resize(begin + field.size() * 2 + 2);
    line.resize(begin + csv_write(line.data() + begin, line.size() - begin, field.data(), field.size()));
  }
  line += '\n';
  return line;
}

}  // namespace redvest::client
