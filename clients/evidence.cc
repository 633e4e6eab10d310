#include "clients/evidence.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "ledger/base/error.h"

namespace redvest::client {
namespace {

CallError Unknown(uint64_t sequence) {
  const absl::Status status = MakeError(v1::ERROR_REASON_EVENT_UNKNOWN, {{"sequence", sequence}});
  return {grpc::StatusCode::NOT_FOUND, *DetailOf(status), std::string(status.message())};
}

CallError Untrusted(const absl::Status& status) {
  return {grpc::StatusCode::DATA_LOSS, {}, std::string(status.message())};
}

// The bytes of an event as they are stored.
CallResult<std::string> ReadBytes(Connection& connection, uint64_t sequence) {
  v1::ReadCommitsRequest request;
  request.set_from_sequence(sequence);
  request.set_to_sequence(sequence + 1);
  std::optional<std::string> bytes;
  const auto error = connection.Stream(
      &v1::AuditService::Stub::ReadCommits, request, [&](const v1::ReadCommitsResponse& part) {
        for (const v1::StoredCommit& commit : part.commits()) {
          const uint64_t place = sequence - commit.first_sequence();
          if (sequence < commit.first_sequence() || place >= static_cast<uint64_t>(commit.events_size()))
            continue;
          bytes = commit.events(static_cast<int>(place));
        }
        return !bytes.has_value();
      });
  if (error.has_value()) return *error;
  if (!bytes.has_value()) return Unknown(sequence);
  return *std::move(bytes);
}

CallResult<merkle::Proof> ReadInclusionProof(Connection& connection, uint64_t sequence, uint64_t tree_size) {
  v1::GetInclusionProofRequest request;
  request.set_sequence(sequence);
  request.set_tree_size(tree_size);
  auto response = connection.Call(&v1::AuditService::Stub::GetInclusionProof, request);
  if (!response.ok()) return response.error();
  merkle::Proof proof;
  for (const std::string& bytes : response->hashes()) {
    merkle::Hash hash;
    if (bytes.size() != hash.size()) {
      return Untrusted(
          absl::DataLossError(absl::StrCat("a hash of the proof has ", bytes.size(), " bytes, not 32")));
    }
    std::copy(bytes.begin(), bytes.end(), hash.begin());
    proof.push_back(hash);
  }
  return proof;
}

CallResult<merkle::VerifierKey> ReadKey(Connection& connection) {
  auto response = connection.Call(&v1::AuditService::Stub::GetVerifierKeys, v1::GetVerifierKeysRequest());
  if (!response.ok()) return response.error();
  auto key = merkle::VerifierKey::Decode(response->verifier_key());
  if (!key.ok()) return Untrusted(key.status());
  return *std::move(key);
}

}  // namespace

CallResult<event::v1::Event> ReadEvent(Connection& connection, uint64_t sequence) {
  v1::ReadEventsRequest request;
  request.set_from_sequence(sequence);
  request.set_to_sequence(sequence + 1);
  std::optional<event::v1::Event> event;
  const auto error = connection.Stream(&v1::AuditService::Stub::ReadEvents, request,
                                       [&](const v1::ReadEventsResponse& part) {
                                         for (const v1::SequencedEvent& item : part.events()) {
                                           if (item.sequence() == sequence) event = item.event();
                                         }
                                         return !event.has_value();
                                       });
  if (error.has_value()) return *error;
  if (!event.has_value()) return Unknown(sequence);
  return *std::move(event);
}

CallResult<Evidence> FetchEvidence(Connection& connection, uint64_t sequence) {
  Evidence evidence;
  evidence.sequence = sequence;
  auto bytes = ReadBytes(connection, sequence);
  if (!bytes.ok()) return bytes.error();
  auto key = ReadKey(connection);
  if (!key.ok()) return key.error();
  evidence.key = *std::move(key);
  auto note = connection.Call(&v1::AuditService::Stub::GetCheckpoint, v1::GetCheckpointRequest());
  if (!note.ok()) return note.error();
  const auto checkpoint = merkle::OpenCheckpoint(note->checkpoint(), evidence.key);
  if (!checkpoint.ok()) return Untrusted(checkpoint.status());
  auto path = ReadInclusionProof(connection, sequence, checkpoint->size);
  if (!path.ok()) return path.error();

  evidence.proof = {*std::move(bytes), sequence - 1, *std::move(path), note->checkpoint()};
  auto proved = evidence.proof.Verify(evidence.key);
  if (!proved.ok()) return Untrusted(proved.status());
  evidence.checkpoint = *std::move(proved);
  if (!evidence.event.ParseFromString(evidence.proof.entry)) {
    return Untrusted(absl::DataLossError(absl::StrCat("event ", sequence, " is no event that can be read")));
  }
  return evidence;
}

}  // namespace redvest::client
