#include "ledger/audit/notary.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "ledger/base/bytes.h"
#include "ledger/base/check.h"
#include "ledger/base/error.h"
#include "ledger/base/text.h"

namespace redvest {
namespace {

constexpr absl::Duration kSignEvery = absl::Seconds(1);
constexpr size_t kSizesMax = 1'000;

absl::Status NoCheckpoint(uint64_t size) {
  return MakeError(v1::ERROR_REASON_NOT_FOUND, {{"what", std::string("checkpoint of size")}, {"id", size}});
}

absl::Status Refused(const merkle::NoteSignature& signature, std::string rule) {
  return MakeError(v1::ERROR_REASON_COSIGNATURE_REFUSED,
                   {{"witness", signature.key_name}, {"rule", std::move(rule)}});
}

}  // namespace

std::string CheckpointKey(uint64_t size) {
  std::string key;
  AppendBigEndian(&key, size);
  return key;
}

absl::StatusOr<std::unique_ptr<Notary>> Notary::Open(Store* store, const EventLog& log,
                                                     merkle::SigningKey key, bool has_signed,
                                                     std::vector<merkle::VerifierKey> witnesses, Head head) {
  auto notary =
      std::unique_ptr<Notary>(new Notary(store, std::move(key), std::move(witnesses), std::move(head)));
  REDVEST_RETURN_IF_ERROR(notary->CheckNewest(log, has_signed));
  return notary;
}

Notary::~Notary() { Stop(); }

// Invariant: every checkpoint that was signed is of a commit's end, and the log still has that root there.
absl::Status Notary::CheckNewest(const EventLog& log, bool has_signed) {
  const std::unique_ptr<StoreCursor> rows = store_->NewCursor(TableId::kCheckpoints);
  rows->SeekForPrev(CheckpointKey(UINT64_MAX));
  REDVEST_RETURN_IF_ERROR(rows->status());
  if (!rows->Valid()) {
    if (!has_signed) return absl::OkStatus();
    return absl::DataLossError(
        "the ledger has signed checkpoints, but the folder keeps none: they were removed, so nothing says "
        "whether "
        "the log was rewritten; restore the folder from a copy");
  }
  absl::StatusOr<merkle::Checkpoint> signed_one = merkle::OpenCheckpoint(rows->value(), key());
  if (!signed_one.ok()) {
    return absl::DataLossError(absl::StrCat(
        "the newest checkpoint that the folder keeps was changed or is of another key: ",
        signed_one.status().message(), "; restore the folder from a copy, or give the ledger's own key"));
  }
  const Sequence at(signed_one->size);
  if (at > log.last_sequence()) {
    return absl::DataLossError(absl::StrCat(
        "the log ends at sequence ", log.last_sequence().value(), ", but a checkpoint of ", at.value(),
        " events was signed: the log has lost its end; restore the folder "
        "from a copy"));
  }
  const std::unique_ptr<CommitCursor> commits = log.Read(at);
  REDVEST_ASSIGN_OR_RETURN(const std::optional<CommitView> commit, commits->Next());
  if (!commit.has_value() || commit->last() != at || commit->root != signed_one->root) {
    return absl::DataLossError(absl::StrCat("the log up to event ", at.value(),
                                            " is not the one that was signed: it was changed, or it is of "
                                            "another ledger; restore the folder from a copy"));
  }
  absl::MutexLock lock(&mu_);
  newest_size_ = signed_one->size;
  return absl::OkStatus();
}

absl::Status Notary::Start() {
  REDVEST_RETURN_IF_ERROR(Sign(/*shown=*/false).status());
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

void Notary::Stop() {
  if (!thread_.joinable()) return;
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  thread_.join();
  // Nobody waits for it: where it fails, the start signs what is there.
  Sign(/*shown=*/false).status().IgnoreError();
}

void Notary::Run() {
  while (true) {
    {
      absl::MutexLock lock(&mu_);
      mu_.AwaitWithTimeout(absl::Condition(&stopping_), kSignEvery);
      if (stopping_) return;
    }
    Sign(/*shown=*/false).status().IgnoreError();  // tried again in a second
  }
}

absl::StatusOr<std::string> Notary::Newest() { return Sign(/*shown=*/true); }

absl::StatusOr<std::string> Notary::Sign(bool shown) {
  absl::MutexLock lock(&mu_);
  const auto [sequence, root] = head_();
  if (sequence.value() == newest_size_) {
    newest_shown_ = newest_shown_ || shown;
    return Kept(newest_size_);
  }
  const std::string note =
      merkle::SignCheckpoint({.origin = key().name, .size = sequence.value(), .root = root}, key_);
  WriteBatch batch{.table = TableId::kCheckpoints, .puts = {}, .deletes = {}};
  batch.puts.emplace_back(CheckpointKey(sequence.value()), note);
  if (!newest_shown_) batch.deletes.push_back(CheckpointKey(newest_size_));
  REDVEST_RETURN_IF_ERROR(store_->Write(batch, Durability::kSynced));
  newest_size_ = sequence.value();
  newest_shown_ = shown;
  return note;
}

absl::StatusOr<std::string> Notary::OfSize(uint64_t size) {
  absl::MutexLock lock(&mu_);
  if (size == newest_size_) newest_shown_ = true;
  return Kept(size);
}

absl::StatusOr<std::string> Notary::Kept(uint64_t size) const {
  REDVEST_ASSIGN_OR_RETURN(std::optional<std::string> note,
                           store_->Get(TableId::kCheckpoints, CheckpointKey(size)));
  if (!note.has_value()) return NoCheckpoint(size);
  return *std::move(note);
}

absl::StatusOr<std::vector<uint64_t>> Notary::Sizes(uint64_t from) const {
  std::vector<uint64_t> sizes;
  const std::unique_ptr<StoreCursor> rows = store_->NewCursor(TableId::kCheckpoints);
  for (rows->Seek(CheckpointKey(from)); rows->Valid() && sizes.size() < kSizesMax; rows->Next()) {
    ByteReader key(rows->key());
    uint64_t size;
    if (!key.BigEndian(&size) || !key.empty()) {
      return absl::DataLossError("the folder keeps a checkpoint under a key that is none");
    }
    sizes.push_back(size);
  }
  REDVEST_RETURN_IF_ERROR(rows->status());
  return sizes;
}

absl::Status Notary::CheckCosignature(const merkle::SignedNote& note,
                                      const merkle::NoteSignature& signature) const {
  for (const merkle::VerifierKey& witness : witnesses_) {
    if (witness.name != signature.key_name || witness.Id() != signature.key_id) continue;
    const merkle::SignedNote alone{.text = note.text, .signatures = {signature}};
    const auto time = merkle::VerifyCosignature(alone, witness);
    if (time.ok()) return absl::OkStatus();
    return Refused(signature, std::string(ToStd(time.status().message())));
  }
  return Refused(signature, "this ledger does not know the witness; start it with the witness's key");
}

absl::StatusOr<std::string> Notary::AddCosignatures(std::string_view text) {
  const auto malformed = [](const absl::Status& why) {
    return MakeError(v1::ERROR_REASON_FIELD_INVALID,
                     {{"field", std::string("checkpoint")}, {"rule", std::string(ToStd(why.message()))}});
  };
  const auto offered = merkle::SignedNote::Decode(text);
  if (!offered.ok()) return malformed(offered.status());
  const auto checkpoint = merkle::Checkpoint::FromText(offered->text);
  if (!checkpoint.ok()) return malformed(checkpoint.status());

  absl::MutexLock lock(&mu_);
  REDVEST_ASSIGN_OR_RETURN(const std::string kept_text, Kept(checkpoint->size));
  REDVEST_ASSIGN_OR_RETURN(merkle::SignedNote kept, merkle::SignedNote::Decode(kept_text));
  if (kept.text != offered->text) return NoCheckpoint(checkpoint->size);
  for (const merkle::NoteSignature& signature : offered->signatures) {
    if (signature.key_name == key().name && signature.key_id == key().Id()) continue;
    REDVEST_RETURN_IF_ERROR(CheckCosignature(*offered, signature));
    const auto same_witness = [&signature](const merkle::NoteSignature& other) {
      return other.key_name == signature.key_name && other.key_id == signature.key_id;
    };
    std::erase_if(kept.signatures, same_witness);  // of one witness the newest counts
    kept.signatures.push_back(signature);
  }
  const std::string note = kept.Encode();
  // What could not be read again must not be kept.
  if (kept.signatures.size() > merkle::kNoteSignaturesMax || note.size() > merkle::kNoteBytesMax) {
    return Refused(offered->signatures.back(), "the checkpoint has as many signatures as it can hold");
  }
  WriteBatch batch{.table = TableId::kCheckpoints, .puts = {}, .deletes = {}};
  batch.puts.emplace_back(CheckpointKey(checkpoint->size), note);
  REDVEST_RETURN_IF_ERROR(store_->Write(batch, Durability::kSynced));
  if (checkpoint->size == newest_size_) newest_shown_ = true;
  return note;
}

}  // namespace redvest
