// The auditor's side of a conversation with a server: which key counts, which checkpoint was seen before, and
// what is said where the server is caught.
#ifndef REDVEST_CLIENTS_AUDITOR_H_
#define REDVEST_CLIENTS_AUDITOR_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "clients/cli.h"
#include "clients/context.h"
#include "clients/whole_file.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/note.h"
#include "ledger/merkle/proof.h"

namespace redvest::client {

// The ledger's key as it was given on the command line.
struct KeyChoice {
  std::string text;
  std::string file;
};
// --key and --key-file.
void AddKeyOptions(CLI::App& leaf, Context& context, KeyChoice& choice);

// A signed checkpoint, and the key that signed it.
struct SeenCheckpoint {
  merkle::VerifierKey key;
  std::string note;
  merkle::Checkpoint checkpoint;
};

// A file that remembers one: the vkey, a newline, the note. Nothing where there is no file; INVALID_ARGUMENT
// where it holds something else, or a note that the key did not sign.
absl::StatusOr<std::optional<SeenCheckpoint>> ReadSeen(const std::string& path);

// What goes wrong is told to the user at once, and code() then is the exit code. Not thread-safe.
class Auditor {
 public:
  explicit Auditor(Context& context) : context_(context) {}

  // kDone until something went wrong. kDeclined: the server, or what it gave, was caught.
  int code() const { return code_; }

  // Takes the key of the command line, where there is one. False where it is none.
  bool TakeKey(const KeyChoice& choice);
  // Takes the key of a file of ReadSeen, and its checkpoint into `seen`, where there is one; until the
  // auditor goes no other run uses that file. False where it cannot be read, where another run uses it, or
  // where its key is another than the one taken before. Called at most once.
  bool TakeSeen(const std::string& path, std::optional<SeenCheckpoint>& seen);
  // Puts `now` into that file. REQUIRES: TakeSeen returned true, and `now` goes on from what it saw. False
  // where it cannot be written.
  bool Remember(const std::string& path, const SeenCheckpoint& now);
  // Known from elsewhere than the server.
  const std::optional<merkle::VerifierKey>& key() const { return key_; }

  // Fetches the checkpoint of `size` (0: the newest), signed by the key; where none was taken, by the one
  // that the server names. Nothing where that fails.
  std::optional<SeenCheckpoint> Fetch(uint64_t size);
  // Tells on stderr, where no key was taken, that `key` is the one that `source` itself names.
  void TellWhoseKey(const merkle::VerifierKey& key, const Bilingual& source);
  // Demands proof that `seen` is the beginning of `now`. Who refuses it is caught.
  bool Follows(const SeenCheckpoint& seen, const SeenCheckpoint& now);

  // Tells that a call failed.
  int Fail(const CallError& error) { return code_ = context_.Fail(error); }
  // Tells that the server, or what it gave, was caught, and shows `evidence`: signed notes, so that they
  // outlive this run. For JSON {"sound": false, "fault": …, "checkpoints": […]}. Returns kDeclined.
  int Caught(const std::string& sentence, const std::vector<std::string>& evidence = {});
  // Tells that something cannot be done.
  int Cannot(const std::string& what, const absl::Status& status);
  // Tells why a log cannot be read: as Cannot, but that of a newer program (FAILED_PRECONDITION) is not the
  // fault of who asks, so for it the exit code is kNoServer.
  int CannotRead(const std::string& what, const absl::Status& status);

 private:
  std::string Say(const Bilingual& text) const { return context_.Say(text); }
  // The key that counts: the one taken, else the server's.
  std::optional<merkle::VerifierKey> KeyOfServer();
  CallResult<merkle::Proof> FetchProof(uint64_t old_size, uint64_t new_size);

  Context& context_;
  int code_ = kDone;
  std::optional<merkle::VerifierKey> key_;
  std::unique_ptr<FileLock> lock_;  // of the file of TakeSeen
};

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_AUDITOR_H_
