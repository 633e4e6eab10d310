// The form of RocksDB's write-ahead logs and MANIFESTs, read by our own means, so that damage can be told
// from the end that a crash leaves. RocksDB itself takes some damaged headers for that end.
//
//   file     = block{*}                blocks of 32 KiB; the last may be shorter
//   block    = fragment{*} trailer     trailer: fewer bytes than a header has, not looked at
//   fragment = checksum length type payload[length]
//   checksum = u32                     masked CRC-32C over type and payload
//   length   = u16                     never beyond the block
//   type     = u8                      1 a whole record; or its 2 first, 3 middle and 4 last fragment
//
// Source of the form: RocksDB's db/log_format.h and db/log_writer.cc.
#ifndef REDVEST_LEDGER_STORAGE_RECORD_FILE_H_
#define REDVEST_LEDGER_STORAGE_RECORD_FILE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace redvest {

enum class RecordFileEnd {
  kClean,  // after a record
  kTorn,   // within the last record, which a crash cut short; or zeros, which a crash may leave
};

// The sentence for damage: names the file and the place, and says what to do.
absl::Status DamagedFile(const std::string& path, uint64_t offset, std::string_view what);

// Calls `take` with each record of the file and the offset of its first fragment, in order, until it fails.
// DATA_LOSS where anything but a cut-off last record is wrong: a header or payload that does not fit its
// checksum, a length beyond the block, a fragment out of place, or a record that is cut off but has others
// behind it, or all its bytes. Holds one block and one record at a time.
absl::StatusOr<RecordFileEnd> ReadRecordFile(
    const std::string& path, absl::FunctionRef<absl::Status(uint64_t offset, std::string_view record)> take);

}  // namespace redvest

#endif  // REDVEST_LEDGER_STORAGE_RECORD_FILE_H_
