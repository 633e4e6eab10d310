// Files of a folder that someone else may have filled: read whole within a bound, written whole or not at
// all.
#ifndef REDVEST_LEDGER_AUDIT_FILES_H_
#define REDVEST_LEDGER_AUDIT_FILES_H_

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace redvest {

// What a file is called while it is written.
inline constexpr std::string_view kUnfinishedSuffix = ".new";

// The whole of a regular file (no link, no pipe). NOT_FOUND where there is none; DATA_LOSS where it is larger
// than `bytes_max` or cannot be read. Every message names the file.
absl::StatusOr<std::string> ReadFile(const std::filesystem::path& path, size_t bytes_max);

// Puts `bytes` in the place of what the file held, under another name first, and makes the folders above it.
// Not durable before SyncFileSystem. UNAVAILABLE, with the system's reason, where it cannot.
absl::Status ReplaceFile(const std::filesystem::path& path, std::string_view bytes);

// Makes all that was written to the file system that holds `path` durable.
absl::Status SyncFileSystem(const std::filesystem::path& path);

// Keeps others who lock the same folder away, from other processes too, while it lives.
class FolderLock {
 public:
  // UNAVAILABLE where another one holds it, or the folder cannot be opened.
  static absl::StatusOr<FolderLock> Take(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(FolderLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

// SHA-256 in lower-case hexadecimal.
std::string Sha256Hex(std::string_view bytes);

}  // namespace redvest

#endif  // REDVEST_LEDGER_AUDIT_FILES_H_
