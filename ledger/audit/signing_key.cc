// The signing key's two files.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "ledger/audit/notary.h"
#include "ledger/base/check.h"

namespace redvest {
namespace {

namespace fs = std::filesystem;

// The file's one line; nothing where there is no such file.
absl::StatusOr<std::optional<std::string>> ReadLine(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error) && !error) return std::nullopt;
  std::ifstream file(path);
  std::string line;
  if (!file || !std::getline(file, line)) {
    return absl::InvalidArgumentError(absl::StrCat("the key file ", path, " cannot be read"));
  }
  return line;
}

absl::Status CannotWrite(const std::string& path) {
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot write the key file ", path));
}

absl::Status SyncFolderOf(const std::string& path) {
  const std::string folder = fs::absolute(path).parent_path().string();
  const int descriptor = open(folder.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = descriptor >= 0 && fsync(descriptor) == 0;
  const absl::Status status = synced ? absl::OkStatus() : CannotWrite(path);
  if (descriptor >= 0) close(descriptor);
  return status;
}

// Writes a new file, durably and whole or not at all, that only its owner reads.
absl::Status WriteLine(const std::string& path, const std::string& line) {
  const std::string unfinished = path + ".new";
  unlink(unfinished.c_str());  // of a start that was cut short
  const int file = open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return CannotWrite(path);
  const std::string bytes = line + "\n";
  const bool written =
      write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) && fsync(file) == 0;
  absl::Status status = written ? absl::OkStatus() : CannotWrite(path);
  close(file);
  if (status.ok() && rename(unfinished.c_str(), path.c_str()) != 0) status = CannotWrite(path);
  return status.ok() ? SyncFolderOf(path) : status;
}

absl::Status OtherKey(const KeyFiles& files, const merkle::VerifierKey& published) {
  return absl::InvalidArgumentError(absl::StrCat("the key in ", files.secret,
                                                 " is not the one that this ledger signs with (",
                                                 published.Encode(), "); give that one's file"));
}

}  // namespace

absl::StatusOr<std::optional<merkle::VerifierKey>> ReadPublishedKey(const std::string& path) {
  const absl::StatusOr<std::optional<std::string>> line = ReadLine(path);
  if (!line.ok()) return absl::DataLossError(line.status().message());
  if (!line->has_value()) return std::nullopt;
  absl::StatusOr<merkle::VerifierKey> key = merkle::VerifierKey::Decode(**line);
  if (!key.ok()) return absl::DataLossError(absl::StrCat(path, " holds no key: ", key.status().message()));
  return *std::move(key);
}

absl::StatusOr<merkle::SigningKey> OpenSigningKey(const KeyFiles& files, const std::string& origin) {
  REDVEST_ASSIGN_OR_RETURN(const std::optional<std::string> secret, ReadLine(files.secret));
  REDVEST_ASSIGN_OR_RETURN(const std::optional<std::string> published, ReadLine(files.published));
  if (!secret.has_value() && published.has_value()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the ledger's signing key is missing from ", files.secret,
        ": put it back from where its copy is kept, or say where it is. The ledger's key is ", *published));
  }
  if (!secret.has_value()) {
    merkle::SigningKey key = merkle::SigningKey::Generate(origin, merkle::KeyType::kLog);
    REDVEST_RETURN_IF_ERROR(WriteLine(files.secret, key.Encode()));
    return key;
  }
  absl::StatusOr<merkle::SigningKey> key = merkle::SigningKey::Decode(*secret);
  if (!key.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(files.secret, " holds no signing key: ", key.status().message()));
  }
  if (key->verifier().name != origin || key->verifier().type != merkle::KeyType::kLog) {
    return absl::InvalidArgumentError(absl::StrCat("the key in ", files.secret, " is of \"",
                                                   key->verifier().name, "\", not of \"", origin,
                                                   "\"; give the file of this ledger's key"));
  }
  if (!published.has_value()) return key;
  const absl::StatusOr<merkle::VerifierKey> verifier = merkle::VerifierKey::Decode(*published);
  if (!verifier.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(files.published, " holds no key: ", verifier.status().message()));
  }
  if (*verifier != key->verifier()) return OtherKey(files, *verifier);
  return key;
}

absl::Status PublishKey(const KeyFiles& files, const merkle::VerifierKey& key) {
  REDVEST_ASSIGN_OR_RETURN(const std::optional<std::string> published, ReadLine(files.published));
  return published.has_value() ? absl::OkStatus() : WriteLine(files.published, key.Encode());
}

}  // namespace redvest
