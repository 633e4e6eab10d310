#include "ledger/audit/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/merkle/hash.h"

namespace redvest {
namespace {

namespace fs = std::filesystem;

// A file descriptor that is closed at the end of its block.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }
  bool open() const { return number_ >= 0; }
  // Closes it now, to learn whether all went well.
  bool Close() { return close(std::exchange(number_, -1)) == 0; }

 private:
  int number_;
};

absl::Status CannotWrite(const fs::path& path) {
  return absl::UnavailableError(absl::StrCat(path.string(), " cannot be written: ", std::strerror(errno)));
}

bool WriteAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const fs::path& path, size_t bytes_max) {
  const auto damaged = [&path](absl::string_view what) {
    return absl::DataLossError(absl::StrCat(path.string(), " ", what));
  };
  // A pipe in the place of a file must not keep us waiting.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.open() && (errno == ENOENT || errno == ENOTDIR)) {
    return absl::NotFoundError(absl::StrCat(path.string(), " is missing"));
  }
  struct stat facts;
  if (!file.open() || fstat(file.number(), &facts) != 0)
    return damaged(absl::StrCat("cannot be read: ", std::strerror(errno)));
  if (!S_ISREG(facts.st_mode)) return damaged("is not a plain file");
  if (facts.st_size < 0 || static_cast<uint64_t>(facts.st_size) > bytes_max) {
    return damaged(absl::StrCat("has ", facts.st_size, " bytes, more than the ", bytes_max, " it may have"));
  }
  std::string bytes(static_cast<size_t>(facts.st_size), '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = read(file.number(), bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return damaged(absl::StrCat("cannot be read: ", std::strerror(errno)));
    if (count == 0) return damaged("became shorter while it was read");
    done += static_cast<size_t>(count);
  }
  return bytes;
}

absl::Status ReplaceFile(const fs::path& path, std::string_view bytes) {
  fs::path unfinished = path;
  unfinished += kUnfinishedSuffix;
  int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
  int number = open(unfinished.c_str(), flags, 0666);
  if (number < 0 && errno == ENOENT) {
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    number = open(unfinished.c_str(), flags, 0666);
  }
  Descriptor file(number);
  if (!file.open() || !WriteAll(file.number(), bytes) || !file.Close()) return CannotWrite(unfinished);
  if (rename(unfinished.c_str(), path.c_str()) != 0) return CannotWrite(path);
  return absl::OkStatus();
}

absl::Status SyncFileSystem(const fs::path& path) {
  const Descriptor folder(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!folder.open() || syncfs(folder.number()) != 0) return CannotWrite(path);
  return absl::OkStatus();
}

absl::StatusOr<FolderLock> FolderLock::Take(const fs::path& folder) {
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor >= 0 && flock(descriptor, LOCK_EX | LOCK_NB) == 0) return FolderLock(descriptor);
  const int error = errno;
  if (descriptor >= 0) close(descriptor);
  return absl::UnavailableError(absl::StrCat(
      folder.string(), error == EWOULDBLOCK ? " is being written by another export" : " cannot be opened"));
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::string Sha256Hex(std::string_view bytes) { return merkle::ToHex(merkle::Hasher::Plain(bytes)); }

}  // namespace redvest
