#include "clients/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"

namespace redvest::client {
namespace {

// In the words of the system, without the file's name.
absl::Status Errno() { return {absl::ErrnoToStatusCode(errno), std::strerror(errno)}; }

absl::Status ReadAll(int file, size_t bytes_max, std::string& bytes) {
  char buffer[1 << 16];
  for (;;) {
    const ssize_t count = read(file, buffer, sizeof(buffer));
    if (count == 0) return absl::OkStatus();
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Errno();
    if (bytes.size() + static_cast<size_t>(count) > bytes_max) {
      return absl::ResourceExhaustedError(absl::StrCat("it has more than ", bytes_max, " bytes"));
    }
    bytes.append(buffer, static_cast<size_t>(count));
  }
}

absl::Status WriteAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Errno();
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ReadWholeFile(const std::string& path, size_t bytes_max) {
  const bool standard_input = path == "-";
  const int file = standard_input ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return Errno();
  std::string bytes;
  const absl::Status status = ReadAll(file, bytes_max, bytes);
  if (!standard_input) close(file);
  if (!status.ok()) return status;
  return bytes;
}

absl::StatusOr<std::string> ReadKeptFile(const std::string& path, size_t bytes_max) {
  // Else open() itself would wait for somebody to write into a pipe.
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return Errno();
  std::string bytes;
  struct stat facts;
  absl::Status status = fstat(file, &facts) == 0 ? absl::OkStatus() : Errno();
  if (status.ok() && !S_ISREG(facts.st_mode)) status = absl::InvalidArgumentError("it is no regular file");
  if (status.ok()) status = ReadAll(file, bytes_max, bytes);
  close(file);
  if (!status.ok()) return status;
  return bytes;
}

FreshFile::FreshFile(std::string path)
    : path_(std::move(path)), written_as_(path_ + ".XXXXXX"), file_(mkostemp(written_as_.data(), O_CLOEXEC)) {
  if (file_ < 0) {
    status_ = Errno();
    return;
  }
  // A temporary file is for its owner alone; this one becomes a file like any other.
  const mode_t mask = umask(0);
  umask(mask);
  if (fchmod(file_, 0666 & ~mask) != 0) status_ = Errno();
}

FreshFile::~FreshFile() {
  if (file_ < 0) return;
  close(file_);
  unlink(written_as_.c_str());
}

absl::Status FreshFile::Write(std::string_view bytes) {
  if (status_.ok()) status_ = WriteAll(file_, bytes);
  return status_;
}

absl::Status FreshFile::Keep() {
  REDVEST_RETURN_IF_ERROR(status_);
  if (fsync(file_) != 0 || rename(written_as_.c_str(), path_.c_str()) != 0) return status_ = Errno();
  if (close(std::exchange(file_, -1)) != 0) return status_ = Errno();
  return status_ = SyncFolderOf(path_);
}

absl::Status WriteWholeFile(const std::string& path, std::string_view bytes) {
  FreshFile file(path);
  REDVEST_RETURN_IF_ERROR(file.Write(bytes));
  return file.Keep();
}

absl::Status SyncFolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const int file = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return Errno();
  const absl::Status status = fsync(file) == 0 ? absl::OkStatus() : Errno();
  close(file);
  return status;
}

FileLock::FileLock(const std::string& path)
    : file_(open((path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
  held_ = file_ >= 0 && flock(file_, LOCK_EX | LOCK_NB) == 0;
}

FileLock::~FileLock() {
  if (file_ >= 0) close(file_);
}

}  // namespace redvest::client
