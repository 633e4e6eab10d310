// The auditor's side of a conversation with a server: which key counts, which checkpoint was seen before, and
// what is said where the server is caught.
#ifndef REDVEST_CLIENTS_AUDITOR_H_
#define REDVEST_CLIENTS_AUDITOR_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "clients/cli.h"
#include "clients/context.h"
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
absl::Status WriteSeen(const std::string& path, const SeenCheckpoint& seen);

// What goes wrong is told to the user at once, and code() then is the exit code. Not thread-safe.
class Auditor {
 public:
  explicit Auditor(Context& context) : context_(context) {}

  // kDone until something went wrong. kDeclined: the server, or what it gave, was caught.
  int code() const { return code_; }

  // Takes the key of the command line, where there is one. False where it is none.
  bool TakeKey(const KeyChoice& choice);
  // Takes the key of a file of ReadSeen, and its checkpoint into `seen`, where there is one. False where it
  // cannot be read, or where its key is another than the one taken before.
  bool TakeSeen(const std::string& path, std::optional<SeenCheckpoint>& seen);
  // Known from elsewhere than the server.
  const std::optional<merkle::VerifierKey>& key() const { return key_; }

  // Fetches the checkpoint of `size` (0: the newest), signed by the key; where none was taken, by the one
  // that the server names. Nothing where that fails.
  std::optional<SeenCheckpoint> Fetch(uint64_t size);
  // Demands proof that `seen` is the beginning of `now`.
  bool Follows(const SeenCheckpoint& seen, const SeenCheckpoint& now);

  // Tells that a call failed.
  int Fail(const CallError& error) { return code_ = context_.Fail(error); }
  // Tells that the server, or what it gave, was caught; for JSON {"sound": false, "fault": …}. Returns
  // kDeclined.
  int Caught(const std::string& sentence);
  // Tells that something cannot be done.
  int Cannot(const std::string& what, const absl::Status& status);

 private:
  std::string Say(const Bilingual& text) const { return context_.Say(text); }
  // The key that counts: the one taken, else the server's.
  std::optional<merkle::VerifierKey> KeyOfServer();
  std::optional<merkle::Proof> FetchProof(uint64_t old_size, uint64_t new_size);

  Context& context_;
  int code_ = kDone;
  std::optional<merkle::VerifierKey> key_;
};

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_AUDITOR_H_
