// The folder a ledger lives in: a marker file that says what it is, and the store beside it.
#ifndef REDVEST_LEDGER_FOLDER_H_
#define REDVEST_LEDGER_FOLDER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace redvest {

// Version of everything in the folder that is not rebuilt: the log.
inline constexpr int kFolderFormat = 1;

enum class FolderKind { kMissingOrEmpty, kLedger };

// What is in `directory`. INVALID_ARGUMENT where it holds something else than a ledger; FAILED_PRECONDITION
// where a newer program wrote it. Each says what to do.
absl::StatusOr<FolderKind> LookAt(const std::string& directory);

// Makes the folder, for its owner only, and its marker, durably.
absl::Status MakeFolder(const std::string& directory);

// Where the ledger's key is, unless another place is given: beside the folder, so that a copy of the folder
// does not hold it.
std::string DefaultKeyFile(const std::string& directory);

// Where its public half is.
std::string PublishedKeyFile(const std::string& directory);

// Where the store is.
std::string StorePath(const std::string& directory);

}  // namespace redvest

#endif  // REDVEST_LEDGER_FOLDER_H_
