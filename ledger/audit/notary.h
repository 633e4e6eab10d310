// Signs what the log is at a size, and keeps what it signed. Thread-safe.
//
// A checkpoint that was shown is never taken back: each is kept, durably, before it leaves, and at the start
// the log must agree with the newest one. So the ledger itself refuses to go on with a log that lost its end
// or was changed.
#ifndef REDVEST_LEDGER_AUDIT_NOTARY_H_
#define REDVEST_LEDGER_AUDIT_NOTARY_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "ledger/base/ids.h"
#include "ledger/log/event_log.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/storage/store.h"

namespace redvest {

// The ledger's keys on disk. The secret half is a file of its own, for its owner only, and not in the
// ledger's folder; the public half is in the folder.
struct KeyFiles {
  std::string secret;
  std::string published;
};

// The key that signs for `origin`; its secret half is made and written where neither file is there.
// FAILED_PRECONDITION: the secret half is missing although the ledger has signed with it. INVALID_ARGUMENT: a
// file cannot be read as a key, or the halves are of different keys. Each says what to do.
absl::StatusOr<merkle::SigningKey> OpenSigningKey(const KeyFiles& files, const std::string& origin);

// Writes the public half where it is not there. Only once a checkpoint is kept: so a folder that has it, and
// no log or no checkpoint, has lost something.
absl::Status PublishKey(const KeyFiles& files, const merkle::VerifierKey& key);

// The public half in the ledger's folder; nothing where there is none. DATA_LOSS where it cannot be read as a
// key.
absl::StatusOr<std::optional<merkle::VerifierKey>> ReadPublishedKey(const std::string& path);

// The table of kept checkpoints: key = big-endian size, value = signed note.
std::string CheckpointKey(uint64_t size);

class Notary {
 public:
  using Head = std::function<std::pair<Sequence, merkle::Hash>()>;

  // `store` and `log` must outlive it; `head` tells the newest durable event and the root over all up to it.
  // DATA_LOSS where the log is not the one that the newest kept checkpoint was signed for, or none is kept
  // although the ledger `has_signed`.
  static absl::StatusOr<std::unique_ptr<Notary>> Open(Store* store, const EventLog& log,
                                                      merkle::SigningKey key, bool has_signed,
                                                      std::vector<merkle::VerifierKey> witnesses, Head head);
  // Stops.
  ~Notary();

  // Signs the head, and from then on about every second while it moves, so that a copy of the folder is never
  // far from its last signature, and one without any holds no command but the founder's.
  absl::Status Start();
  // Ends the thread, and signs the head. Idempotent.
  void Stop();

  const merkle::VerifierKey& key() const { return key_.verifier(); }
  const std::vector<merkle::VerifierKey>& witnesses() const { return witnesses_; }

  // The checkpoint of the newest durable event.
  absl::StatusOr<std::string> Newest();
  // The one that is kept of this size; NOT_FOUND (ERROR_REASON_NOT_FOUND) where there is none.
  absl::StatusOr<std::string> OfSize(uint64_t size);
  // Sizes of those that are kept, rising from `from`, at most 1,000.
  absl::StatusOr<std::vector<uint64_t>> Sizes(uint64_t from) const;
  // Adds the signatures of witnesses that are known on the kept checkpoint of `note`'s text, and returns it
  // with all of them. Errors: FIELD_INVALID (not a checkpoint), NOT_FOUND (none with this text is kept),
  // COSIGNATURE_REFUSED (a witness that is not known, or a signature that does not verify; then none is
  // added).
  absl::StatusOr<std::string> AddCosignatures(std::string_view note);

 private:
  Notary(Store* store, merkle::SigningKey key, std::vector<merkle::VerifierKey> witnesses, Head head)
      : store_(store), key_(std::move(key)), witnesses_(std::move(witnesses)), head_(std::move(head)) {}

  void Run();
  absl::Status CheckNewest(const EventLog& log, bool has_signed);
  absl::StatusOr<std::string> Kept(uint64_t size) const;
  // Signs the head if it moved; `shown`: to somebody, so it must stay.
  absl::StatusOr<std::string> Sign(bool shown);
  absl::Status CheckCosignature(const merkle::SignedNote& note, const merkle::NoteSignature& signature) const;

  Store* const store_;
  const merkle::SigningKey key_;
  const std::vector<merkle::VerifierKey> witnesses_;
  const Head head_;

  absl::Mutex mu_;
  uint64_t newest_size_ ABSL_GUARDED_BY(mu_) = 0;
  // Whether that of newest_size_ was shown to anybody. One that was not gives way to the next.
  bool newest_shown_ ABSL_GUARDED_BY(mu_) = true;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;

  std::thread thread_;  // owner only
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_AUDIT_NOTARY_H_
