#include "clients/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "absl/strings/str_cat.h"

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
  return fsync(file) == 0 ? absl::OkStatus() : Errno();
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

absl::Status WriteWholeFile(const std::string& path, std::string_view bytes) {
  std::string fresh = path + ".XXXXXX";
  const int file = mkostemp(fresh.data(), O_CLOEXEC);
  if (file < 0) return Errno();
  // A temporary file is for its owner alone; this one becomes a file like any other.
  const mode_t mask = umask(0);
  umask(mask);
  absl::Status status = fchmod(file, 0666 & ~mask) == 0 ? WriteAll(file, bytes) : Errno();
  if (close(file) != 0 && status.ok()) status = Errno();
  if (status.ok() && rename(fresh.c_str(), path.c_str()) != 0) status = Errno();
  if (!status.ok()) unlink(fresh.c_str());
  return status;
}

}  // namespace redvest::client
