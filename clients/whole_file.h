// Files that are read or written whole: documents, proofs, keys.
#ifndef REDVEST_CLIENTS_WHOLE_FILE_H_
#define REDVEST_CLIENTS_WHOLE_FILE_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace redvest::client {

// All bytes of a file, or of stdin where `path` is "-". NOT_FOUND, PERMISSION_DENIED and so on as the system
// says it; RESOURCE_EXHAUSTED where there are more than `bytes_max`.
absl::StatusOr<std::string> ReadWholeFile(const std::string& path, size_t bytes_max);

// Puts `bytes` into a file, durably and at once: others see the old file or the whole new one.
absl::Status WriteWholeFile(const std::string& path, std::string_view bytes);

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_WHOLE_FILE_H_
