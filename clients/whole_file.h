// Files that are read or written whole: documents, proofs, keys, books.
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
// The same of a file that a program keeps for itself. INVALID_ARGUMENT where it is a pipe or a device, which
// could keep the reader waiting.
absl::StatusOr<std::string> ReadKeptFile(const std::string& path, size_t bytes_max);

// A file that takes its name only once it is whole: until then it has another one, which nobody had before.
// Not thread-safe.
class FreshFile {
 public:
  explicit FreshFile(std::string path);
  // Removes it unless Keep was called.
  ~FreshFile();
  FreshFile(const FreshFile&) = delete;
  FreshFile& operator=(const FreshFile&) = delete;

  // Errors, in the words of the system and without the file's name, are for good.
  absl::Status Write(std::string_view bytes);
  // Durable, and under its name: others see the old file or the whole new one. Called at most once.
  absl::Status Keep();

 private:
  const std::string path_;
  std::string written_as_;
  int file_;
  absl::Status status_;
};

// Puts `bytes` into a file as FreshFile does.
absl::Status WriteWholeFile(const std::string& path, std::string_view bytes);

// Makes durable that a file of this name was made or renamed.
absl::Status SyncFolderOf(const std::string& path);

// Holds a file's name, so that two runs of a program do not change it past each other; "<path>.lock" is left
// behind.
class FileLock {
 public:
  explicit FileLock(const std::string& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  // False where another one holds it, or the file of the lock cannot be written.
  bool held() const { return held_; }

 private:
  const int file_;
  bool held_ = false;
};

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_WHOLE_FILE_H_
