// The exit pack: the whole log in a folder that anyone can read and check without this program. Its layout is
// C2SP tlog-tiles, with what is needed to make sense of the entries beside it; clients/docs/audit.md
// describes every file.
//
//   checkpoint                   signed note: root and size of everything below tile/
//   tile/<L>/<N>[.p/<W>]         hashes; level 0 holds those of the leaves
//   tile/entries/<N>[.p/<W>]     serialized redvest.event.v1.Event, each after its length (u16, big-endian)
//   keys                         vkeys, one a line: the ledger's, then those of witnesses
//   trial-balance.csv            account,unit,balance after the last entry
//   schema/                      the .proto files and their descriptor set, redvest.binpb
//   README.md  verify.py         what this is; a second verifier, in Python
//   SHA256SUMS                   of all files but the checkpoint and those below tile/
//   unfinished                   only while an export runs, or after one that was cut off: the pack is still
//                                that of its checkpoint, but the files that no checkpoint covers may be newer
#ifndef REDVEST_LEDGER_AUDIT_PACK_H_
#define REDVEST_LEDGER_AUDIT_PACK_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/audit/event_fold.h"
#include "ledger/audit/tiles.h"
#include "ledger/base/ids.h"
#include "ledger/log/event_log.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/note.h"

namespace redvest {

// Told now and then how many events are done.
using PackProgress = absl::FunctionRef<void(Sequence done)>;

// A pack as it lies on the disk. Nothing in it is believed: sizes, lengths and names are checked as files are
// read, and every error names the file. Thread-safe.
class Pack {
 public:
  // Reads checkpoint and keys. NOT_FOUND where `folder` holds no pack; DATA_LOSS where one of the two files
  // does not have its form. No signature is verified yet.
  static absl::StatusOr<std::unique_ptr<Pack>> Open(std::filesystem::path folder);

  // The checkpoint's note, as it lies there, and what it says.
  const std::string& checkpoint_note() const { return checkpoint_note_; }
  const merkle::Checkpoint& checkpoint() const { return checkpoint_; }
  // The key that the pack itself names: whoever verifies compares it with one known from elsewhere.
  const merkle::VerifierKey& log_key() const { return log_key_; }
  const std::vector<merkle::VerifierKey>& witness_keys() const { return witness_keys_; }
  // Entries; the sequence of the last one. At least 1.
  Sequence last() const { return Sequence(checkpoint_.size); }
  // An export into the pack was cut off, so only what the checkpoint covers can be checked.
  bool unfinished() const { return unfinished_; }

  // The entries from that of `from` on: each bundle one commit, without a root. DATA_LOSS names file and
  // sequence. The pack must outlive the cursor.
  std::unique_ptr<CommitCursor> Read(Sequence from) const;

  // Checks all that the checkpoint covers: every entry's hash is in its tile, every tile holds the roots of
  // those below it, the root of the tree is the checkpoint's. DATA_LOSS names the first wrong entry or file.
  absl::Status CheckTree(PackProgress progress) const;
  // Checks that the pack has all its files and no others, and that SHA256SUMS is right. Of a pack that is
  // unfinished() only that no file is missing that its checkpoint covers.
  absl::Status CheckFiles() const;

  // trial-balance.csv: accounts with a balance other than 0, in the order of the chart and of their ids.
  absl::StatusOr<std::vector<AccountBalance>> ReadTrialBalance() const;

  // Whether the checkpoint is signed by `key`, and every other signature on it is one of witness_keys(): of
  // unknown keys are none, unless the pack is unfinished(). DATA_LOSS with the reason where it is not so.
  absl::Status CheckSignature(const merkle::VerifierKey& key) const;
  // Whether `root`, that of the tree over the pack's entries, is the checkpoint's. DATA_LOSS where it is not.
  absl::Status CheckRoot(const merkle::Hash& root) const;

 private:
  Pack() = default;

  std::filesystem::path folder_;
  std::string checkpoint_note_;
  merkle::Checkpoint checkpoint_;
  merkle::VerifierKey log_key_;
  std::vector<merkle::VerifierKey> witness_keys_;
  bool unfinished_ = false;
};

// The note with only the signatures of the log and of these witnesses. INVALID_ARGUMENT where one of them
// does not verify.
absl::StatusOr<merkle::SignedNote> WithoutStrangers(const merkle::SignedNote& note,
                                                    const merkle::VerifierKey& log_key,
                                                    const std::vector<merkle::VerifierKey>& witnesses);

// trial-balance.csv as it is written.
inline constexpr std::string_view kTrialBalanceHeader = "account,unit,balance";
std::string TrialBalanceCsv(const std::vector<AccountBalance>& rows);

// Compares the tiles that a tree hands out with those in a pack. DATA_LOSS names the first wrong entry or
// file.
class TileCheck final : public TileSink {
 public:
  explicit TileCheck(std::filesystem::path folder) : folder_(std::move(folder)) {}
  absl::Status Take(const TileName& name, std::string_view bytes) override;

 private:
  const std::filesystem::path folder_;
};

// What a pack is made of beside the log.
struct PackContents {
  std::string checkpoint_note;
  std::string log_key;                    // vkey
  std::vector<std::string> witness_keys;  // vkeys; what others have signed is left out of the pack
};

struct PackReport {
  Sequence last;          // entries of the pack now
  uint64_t added = 0;     // of them new in this run
  uint64_t accounts = 0;  // rows of the trial balance
};

// Writes the pack of `contents` into `folder`, which must hold a pack, the beginning of one, or nothing.
// Where a pack is there, it is checked first, and only what comes after it is taken from `source` and
// written. `source` is read up to the checkpoint's size; more may follow.
//   INVALID_ARGUMENT: the checkpoint is not signed by the key, or the folder holds something else.
//   FAILED_PRECONDITION: the pack is of another log, is newer than the checkpoint, or is not the beginning of
//     the history that `source` shows; what the pack holds is left as it is.
//   DATA_LOSS: the old pack is damaged, `source` does not lead to the checkpoint's root, or a witness's key
//   is
//     none or has not made its signature on the checkpoint.
//   UNAVAILABLE: a file cannot be written, or another export is writing into the folder.
// Every file is written under another name and renamed, all are made durable before the checkpoint takes its
// place, and what it does not need any more goes after that: whenever this is cut off, the folder holds the
// old pack or the new one.
absl::StatusOr<PackReport> WritePack(const std::filesystem::path& folder, const PackContents& contents,
                                     CommitSource source, PackProgress progress);

}  // namespace redvest

#endif  // REDVEST_LEDGER_AUDIT_PACK_H_
