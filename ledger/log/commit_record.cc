#include "ledger/log/commit_record.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "ledger/base/bytes.h"
#include "ledger/base/check.h"
#include "ledger/base/crc32c.h"

namespace redvest {
namespace {

// The grammar of the record is in ledger/docs/log_format.md. In every version the first byte is the version
// and the last four are the checksum, so that a newer record is told from a damaged one.
constexpr uint8_t kFormatVersion = 1;
constexpr int kChecksumBytes = 4;
constexpr size_t kHeaderBytes = 1 + 8 + 4 + 8 + sizeof(merkle::Hash);

absl::Status Damaged(std::string_view what) {
  return absl::DataLossError(
      absl::StrCat("commit record damaged: ", absl::string_view(what.data(), what.size())));
}

}  // namespace

void CommitBuilder::Restart(Sequence first) {
  first_ = first;
  event_count_ = 0;
  events_.clear();
}

void CommitBuilder::Add(std::string_view event_bytes) {
  std::copy(event_bytes.begin(), event_bytes.end(), Add(event_bytes.size()));
}

char* CommitBuilder::Add(size_t event_bytes) {
  REDVEST_CHECK(event_bytes <= kEventBytesMax);  // CheckForm keeps commands smaller
  AppendVarint(&events_, event_bytes);
  ++event_count_;
  const size_t place = events_.size();
  events_.resize(place + event_bytes);
  return events_.data() + place;
}

std::string CommitBuilder::Seal(const merkle::Hash& root) const {
  REDVEST_CHECK(event_count_ > 0);
  std::string record;
  record.reserve(kHeaderBytes + events_.size() + kChecksumBytes);
  record.push_back(static_cast<char>(kFormatVersion));
  AppendLittleEndian(&record, first_.value(), 8);
  AppendLittleEndian(&record, event_count_, 4);
  AppendLittleEndian(&record, first_.value() + event_count_ - 1, 8);
  record.append(root.begin(), root.end());
  record.append(events_);
  AppendLittleEndian(&record, Crc32c(record), kChecksumBytes);
  return record;
}

absl::StatusOr<CommitView> DecodeCommit(std::string_view record) {
  if (record.size() < 1 + kChecksumBytes) return Damaged("too short");
  const std::string_view body = record.substr(0, record.size() - kChecksumBytes);
  uint64_t checksum = 0;
  ByteReader(record.substr(body.size())).LittleEndian(&checksum, kChecksumBytes);
  if (checksum != Crc32c(body)) return Damaged("checksum differs");
  const int version = static_cast<uint8_t>(body.front());
  if (version > kFormatVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat("commit record has format version ", version,
                     ", which is newer than this program: use a newer version"));
  }
  if (version != kFormatVersion) return Damaged("no such format version");

  ByteReader reader(body.substr(1));
  uint64_t first, count, tree_size;
  std::string_view root;
  if (!reader.LittleEndian(&first, 8) || !reader.LittleEndian(&count, 4) ||
      !reader.LittleEndian(&tree_size, 8) || !reader.Bytes(sizeof(merkle::Hash), &root)) {
    return Damaged("header cut short");
  }
  // An event takes at least the byte of its length, which also bounds the memory that a false count can ask
  // for.
  if (first == 0 || count == 0 || count > reader.rest().size())
    return Damaged("first sequence or count is wrong");
  if (first + (count - 1) < first || tree_size != first + (count - 1)) return Damaged("tree size is wrong");

  CommitView view;
  view.first = Sequence(first);
  std::copy(root.begin(), root.end(), view.root.emplace().begin());
  view.events.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t length;
    std::string_view event;
    if (!reader.Varint(&length) || !reader.Bytes(length, &event))
      return Damaged("an event's length is wrong");
    view.events.push_back(event);
  }
  if (!reader.empty()) return Damaged("bytes follow the last event");
  return view;
}

}  // namespace redvest
