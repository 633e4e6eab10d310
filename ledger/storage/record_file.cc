#include "ledger/storage/record_file.h"

#include <array>
#include <cstdio>
#include <memory>

#include "absl/strings/str_cat.h"
#include "ledger/base/bytes.h"
#include "ledger/base/check.h"
#include "ledger/base/crc32c.h"
#include "ledger/base/text.h"

namespace redvest {
namespace {

constexpr size_t kBlockBytes = 32 * 1024;
constexpr size_t kHeaderBytes = 7;
constexpr size_t kTypeOffset = 6;  // the checksum covers all from here on

enum FragmentType : uint8_t { kWhole = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

// The checksum of something that holds checksums itself would be weak; so RocksDB stores them turned about.
constexpr uint32_t Mask(uint32_t crc) { return (crc >> 15 | crc << 17) + 0xA282EAD8; }

struct Header {
  // REQUIRES: bytes.size() >= kHeaderBytes
  explicit Header(std::string_view bytes) {
    uint64_t value = 0;
    ByteReader reader(bytes);
    REDVEST_CHECK(reader.LittleEndian(&value, 4));
    checksum = static_cast<uint32_t>(value);
    REDVEST_CHECK(reader.LittleEndian(&value, 2));
    length = static_cast<size_t>(value);
    type = static_cast<uint8_t>(bytes[kTypeOffset]);
  }
  bool has_type() const { return type >= kWhole && type <= kLast; }
  size_t size() const { return kHeaderBytes + length; }

  uint32_t checksum = 0;
  size_t length = 0;
  uint8_t type = 0;
};

// Whether `fragment`, its header and payload, fits `checksum`.
bool Fits(std::string_view fragment, uint32_t checksum) {
  return Mask(Crc32c(fragment.substr(kTypeOffset))) == checksum;
}

bool IsZero(std::string_view bytes) { return bytes.find_first_not_of('\0') == std::string_view::npos; }

// Whether a whole record stands anywhere in `bytes`. Only whole ones can: what is asked for is the file's
// last block, where a first fragment would end the block.
bool HoldsRecord(std::string_view bytes) {
  for (; bytes.size() > kHeaderBytes; bytes.remove_prefix(1)) {
    const Header header(bytes);
    if (header.type == kWhole && header.length > 0 && header.size() <= bytes.size() &&
        Fits(bytes.substr(0, header.size()), header.checksum)) {
      return true;
    }
  }
  return false;
}

class RecordFileReader {
 public:
  using Take = absl::FunctionRef<absl::Status(uint64_t offset, std::string_view record)>;

  RecordFileReader(const std::string& path, Take take)
      : path_(path), take_(take), file_(std::fopen(path.c_str(), "rb"), std::fclose) {}

  absl::StatusOr<RecordFileEnd> Read() {
    while (true) {
      REDVEST_ASSIGN_OR_RETURN(const std::string_view block, NextBlock());
      size_t at = 0;
      while (block.size() - at >= kHeaderBytes) {
        const std::string_view rest = block.substr(at);
        const Header header(rest);
        if (header.type == 0 && IsZero(rest)) return ExpectZeros(block_offset_ + at);
        if (header.size() > rest.size()) {
          REDVEST_RETURN_IF_ERROR(CheckCutShort(header, rest, at));
          return RecordFileEnd::kTorn;
        }
        const std::string_view fragment = rest.substr(0, header.size());
        if (!header.has_type() || !Fits(fragment, header.checksum)) {
          return Damaged(at, "a record does not fit its checksum");
        }
        REDVEST_RETURN_IF_ERROR(TakeFragment(header, at, fragment.substr(kHeaderBytes)));
        at += header.size();
      }
      if (block.size() == kBlockBytes) continue;
      return at < block.size() || in_record_ ? RecordFileEnd::kTorn : RecordFileEnd::kClean;
    }
  }

 private:
  // Shorter than a block, maybe empty, where it is the last.
  absl::StatusOr<std::string_view> NextBlock() {
    if (file_ == nullptr) return CannotRead();
    block_offset_ = next_offset_;
    const size_t bytes = std::fread(block_.data(), 1, block_.size(), file_.get());
    if (std::ferror(file_.get())) return CannotRead();
    next_offset_ += bytes;
    return std::string_view(block_.data(), bytes);
  }

  // `rest`, from `at` on, is what there is of a fragment with `header`. A crash leaves that only in the last
  // block, with a header as it was written and nothing behind it.
  absl::Status CheckCutShort(const Header& header, std::string_view rest, size_t at) const {
    if (at + header.size() > kBlockBytes) return Damaged(at, "the length of a record is wrong");
    if (!header.has_type()) return Damaged(at, "the type of a record is wrong");
    if (Fits(rest, header.checksum)) return Damaged(at, "the length of a record is wrong");
    if (HoldsRecord(rest.substr(1)))
      return Damaged(at, "a record reads as if cut off, but others come after it");
    return absl::OkStatus();
  }

  absl::StatusOr<RecordFileEnd> ExpectZeros(uint64_t offset) {
    while (true) {
      REDVEST_ASSIGN_OR_RETURN(const std::string_view block, NextBlock());
      if (block.empty()) return RecordFileEnd::kTorn;
      if (!IsZero(block)) return DamagedFile(path_, offset, "a part was overwritten with zeros");
    }
  }

  absl::Status TakeFragment(const Header& header, size_t at, std::string_view payload) {
    const bool starts = header.type == kWhole || header.type == kFirst;
    if (starts == in_record_)
      return Damaged(
          at, starts ? "the end of the record before it is missing" : "the start of a record is missing");
    if (starts) {
      record_.clear();
      record_offset_ = block_offset_ + at;
    }
    in_record_ = header.type == kFirst || header.type == kMiddle;
    if (header.type == kWhole) return take_(record_offset_, payload);
    record_.append(payload);
    return in_record_ ? absl::OkStatus() : take_(record_offset_, record_);
  }

  absl::Status Damaged(size_t at, std::string_view what) const {
    return DamagedFile(path_, block_offset_ + at, what);
  }
  absl::Status CannotRead() const {
    return absl::DataLossError(absl::StrCat(
        "the file ", path_, " cannot be read: repair the disk, or restore the folder from a copy"));
  }

  const std::string path_;
  const Take take_;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  std::array<char, kBlockBytes> block_;
  uint64_t block_offset_ = 0;
  uint64_t next_offset_ = 0;
  bool in_record_ = false;  // its first fragment was read, its last was not
  std::string record_;
  uint64_t record_offset_ = 0;
};

}  // namespace

absl::Status DamagedFile(const std::string& path, uint64_t offset, std::string_view what) {
  return absl::DataLossError(absl::StrCat("the file ", path, " is damaged at byte ", offset, ": ",
                                          ToAbsl(what), "; restore the folder from a copy"));
}

absl::StatusOr<RecordFileEnd> ReadRecordFile(
    const std::string& path, absl::FunctionRef<absl::Status(uint64_t offset, std::string_view record)> take) {
  return RecordFileReader(path, take).Read();
}

}  // namespace redvest
