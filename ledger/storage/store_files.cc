#include "ledger/storage/store_files.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/base/bytes.h"
#include "ledger/base/check.h"
#include "ledger/storage/record_file.h"

namespace redvest {
namespace {

namespace fs = std::filesystem;

// The tags of a MANIFEST's edits that RocksDB 7 writes. Those that it may skip, when it does not know them,
// have kSkippable set and a length.
enum Tag : uint64_t {
  kComparator = 1,
  kLogNumber = 2,
  kNextFileNumber = 3,
  kLastSequence = 4,
  kCompactCursor = 5,
  kDeletedFile = 6,
  kPrevLogNumber = 9,
  kMinLogNumberToKeep = 10,
  kNewFile4 = 103,
  kFamily = 200,
  kFamilyAdd = 201,
  kFamilyDrop = 202,
  kMaxFamily = 203,
  kInAtomicGroup = 300,
  kSkippable = 1 << 13,
};
constexpr uint64_t kNewFileEnd = 1;  // of the fields of a kNewFile4

// What one edit says about write-ahead logs.
struct Edit {
  uint64_t family = 0;
  std::optional<uint64_t> log_number;
  bool adds = false;
  bool drops = false;
};

class EditReader {
 public:
  explicit EditReader(std::string_view bytes) : reader_(bytes) {}

  // Nothing where the edit is not of a form that is known here.
  std::optional<Edit> Read() {
    Edit edit;
    while (!reader_.empty()) {
      uint64_t tag;
      if (!reader_.Varint(&tag) || !ReadField(tag, &edit)) return std::nullopt;
    }
    return edit;
  }

 private:
  bool ReadField(uint64_t tag, Edit* edit) {
    switch (tag) {
      case kLogNumber:
        return reader_.Varint(&edit->log_number.emplace());
      case kFamily:
        return reader_.Varint(&edit->family);
      case kFamilyAdd:
        edit->adds = true;
        return Prefixed();
      case kFamilyDrop:
        edit->drops = true;
        return true;
      case kNextFileNumber:
      case kLastSequence:
      case kPrevLogNumber:
      case kMinLogNumberToKeep:
      case kMaxFamily:
      case kInAtomicGroup:
        return Numbers(1);
      case kDeletedFile:
        return Numbers(2);
      case kCompactCursor:
        return Numbers(1) && Prefixed();
      case kNewFile4:
        return NewFile();
      default:
        return (tag == kComparator || (tag & kSkippable) != 0) && Prefixed();
    }
  }

  bool Numbers(int count) {
    uint64_t ignored;
    while (count > 0 && reader_.Varint(&ignored)) --count;
    return count == 0;
  }
  bool Prefixed() {
    uint64_t length;
    std::string_view ignored;
    return reader_.Varint(&length) && reader_.Bytes(length, &ignored);
  }
  // Level, number and size; smallest and largest key; smallest and largest sequence; fields.
  bool NewFile() {
    if (!Numbers(3) || !Prefixed() || !Prefixed() || !Numbers(2)) return false;
    uint64_t field;
    while (reader_.Varint(&field)) {
      if (field == kNewFileEnd) return true;
      if (!Prefixed()) return false;
    }
    return false;
  }

  ByteReader reader_;
};

// Which write-ahead logs a MANIFEST asks for.
struct LogRange {
  uint64_t replayed_from = 0;  // those from this number on
  uint64_t newest_known = 0;   // one with this or a higher number must be there
};

// Nothing where the MANIFEST cannot be found, which RocksDB reports, or holds what is not known here.
absl::StatusOr<std::optional<LogRange>> ReadManifest(const fs::path& directory) {
  std::string name;
  std::getline(std::ifstream(directory / "CURRENT"), name);
  std::error_code error;
  if (!name.starts_with("MANIFEST-") || !fs::is_regular_file(directory / name, error)) return std::nullopt;
  std::map<uint64_t, uint64_t> log_numbers = {{0, 0}};  // by column family
  bool is_known = true;
  const auto take = [&](uint64_t, std::string_view record) {
    const std::optional<Edit> edit = EditReader(record).Read();
    if (!edit.has_value()) is_known = false;
    if (!is_known) return absl::OkStatus();
    if (edit->adds) log_numbers[edit->family] = 0;
    if (edit->drops) log_numbers.erase(edit->family);
    if (!edit->log_number.has_value() || !log_numbers.contains(edit->family)) return absl::OkStatus();
    uint64_t& number = log_numbers[edit->family];
    number = std::max(number, *edit->log_number);
    return absl::OkStatus();
  };
  REDVEST_RETURN_IF_ERROR(ReadRecordFile((directory / name).string(), take).status());
  if (!is_known || log_numbers.empty()) return std::nullopt;
  LogRange range{.replayed_from = log_numbers.begin()->second};
  for (const auto& [family, number] : log_numbers) {
    range.replayed_from = std::min(range.replayed_from, number);
    range.newest_known = std::max(range.newest_known, number);
  }
  return range;
}

// By number, which is the order in which they were begun.
std::map<uint64_t, std::string> LogsIn(const fs::path& directory) {
  std::map<uint64_t, std::string> logs;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().stem().string();
    uint64_t number = 0;
    const auto [rest, failed] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (it->path().extension() == ".log" && failed == std::errc() && rest == name.data() + name.size()) {
      logs.emplace(number, it->path().string());
    }
  }
  return logs;
}

// Follows the batches of one write-ahead log after another.
class BatchOrder {
 public:
  // A batch starts with its first sequence and the number of its operations, each of which takes one. Tables
  // that are not in the log take sequences too, so the next batch may come later, but never earlier.
  absl::Status Take(const std::string& log, uint64_t offset, std::string_view batch) {
    if (torn_.has_value()) {
      return absl::DataLossError(absl::StrCat(
          "the file ", *torn_, " is cut off, but ", log,
          ", which was begun after it was complete, holds records: restore the folder from a copy"));
    }
    uint64_t first = 0;
    uint64_t count = 0;
    ByteReader reader(batch);
    if (!reader.LittleEndian(&first, 8) || !reader.LittleEndian(&count, 4)) {
      return DamagedFile(log, offset, "a record is too short for a batch");
    }
    if (first < next_ || first + count < first) {
      return DamagedFile(log, offset, "a batch comes before one that was written earlier");
    }
    next_ = first + count;
    return absl::OkStatus();
  }
  void End(const std::string& log, RecordFileEnd end) {
    if (end == RecordFileEnd::kTorn && !torn_.has_value()) torn_ = log;
  }

 private:
  uint64_t next_ = 0;
  std::optional<std::string> torn_;  // the first log that is cut off
};

}  // namespace

absl::Status CheckStoreFiles(const std::string& directory) {
  REDVEST_ASSIGN_OR_RETURN(const std::optional<LogRange> range, ReadManifest(directory));
  const std::map<uint64_t, std::string> logs = LogsIn(directory);
  if (range.has_value() && range->newest_known > 0 &&
      (logs.empty() || logs.rbegin()->first < range->newest_known)) {
    return absl::DataLossError(
        absl::StrCat("the store in ", directory, " has lost its newest write-ahead log, number ",
                     range->newest_known, " or later: restore the folder from a copy"));
  }
  BatchOrder order;
  for (auto it = logs.lower_bound(range.has_value() ? range->replayed_from : 0); it != logs.end(); ++it) {
    const std::string& log = it->second;
    const auto take = [&](uint64_t offset, std::string_view batch) { return order.Take(log, offset, batch); };
    REDVEST_ASSIGN_OR_RETURN(const RecordFileEnd end, ReadRecordFile(log, take));
    order.End(log, end);
  }
  return absl::OkStatus();
}

}  // namespace redvest
