#include "ledger/folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace redvest {
namespace {

namespace fs = std::filesystem;

constexpr absl::string_view kMarkerStart = "redvest ledger, format ";

fs::path MarkerPath(const std::string& directory) { return fs::path(directory) / "LEDGER"; }

absl::Status SyncPath(const fs::path& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path.string()));
  const int synced = fsync(descriptor);
  const int error = errno;
  close(descriptor);
  return synced == 0 ? absl::OkStatus()
                     : absl::ErrnoToStatus(error, absl::StrCat("cannot sync ", path.string()));
}

}  // namespace

absl::StatusOr<FolderKind> LookAt(const std::string& directory) {
  std::error_code error;
  if (!fs::exists(directory, error)) {
    if (error)
      return absl::PermissionDeniedError(absl::StrCat("cannot look at ", directory, ": ", error.message()));
    return FolderKind::kMissingOrEmpty;
  }
  if (!fs::is_directory(directory, error)) {
    return absl::InvalidArgumentError(
        absl::StrCat(directory, " is not a folder; give a folder for the ledger"));
  }
  std::ifstream marker(MarkerPath(directory));
  if (!marker) {
    const bool is_empty = fs::is_empty(directory, error);
    if (error)
      return absl::PermissionDeniedError(absl::StrCat("cannot read ", directory, ": ", error.message()));
    if (is_empty) return FolderKind::kMissingOrEmpty;
    return absl::InvalidArgumentError(absl::StrCat(
        directory, " holds other files and no ledger; give an empty folder, or the ledger's own"));
  }
  std::string line;
  std::getline(marker, line);
  int format = 0;
  if (!absl::StartsWith(line, kMarkerStart) ||
      !absl::SimpleAtoi(absl::string_view(line).substr(kMarkerStart.size()), &format)) {
    return absl::InvalidArgumentError(absl::StrCat(
        MarkerPath(directory).string(), " is not the marker of a ledger; give the ledger's own folder"));
  }
  if (format > kFolderFormat) {
    return absl::FailedPreconditionError(absl::StrCat("a newer version of redvestd wrote ", directory,
                                                      " (format ", format, ", this one knows up to ",
                                                      kFolderFormat, "); start that version"));
  }
  return FolderKind::kLedger;
}

absl::Status MakeFolder(const std::string& directory) {
  std::error_code error;
  const bool made = fs::create_directories(directory, error);
  if (error) {
    return absl::PermissionDeniedError(
        absl::StrCat("cannot make the folder ", directory, ": ", error.message()));
  }
  if (made) fs::permissions(directory, fs::perms::owner_all, error);
  {
    std::ofstream marker(MarkerPath(directory));
    marker << kMarkerStart << kFolderFormat << "\n";
    if (!marker.flush()) return absl::PermissionDeniedError(absl::StrCat("cannot write into ", directory));
  }
  absl::Status synced = SyncPath(MarkerPath(directory));
  if (synced.ok()) synced = SyncPath(directory);
  return synced;
}

std::string DefaultKeyFile(const std::string& directory) {
  fs::path folder = fs::absolute(directory).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();  // "ledger/"
  return folder.string() + ".key";
}

std::string PublishedKeyFile(const std::string& directory) {
  return (fs::path(directory) / "checkpoint-key.pub").string();
}

std::string StorePath(const std::string& directory) { return (fs::path(directory) / "store").string(); }

}  // namespace redvest
