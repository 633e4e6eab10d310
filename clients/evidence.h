// An event with what proves it, fetched from a server and believed only after it was checked here.
#ifndef REDVEST_CLIENTS_EVIDENCE_H_
#define REDVEST_CLIENTS_EVIDENCE_H_

#include <cstdint>

#include "clients/client.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/note.h"
#include "ledger/merkle/tlog_proof.h"
#include "redvest/event/v1/event.pb.h"

namespace redvest::client {

// The event of a sequence, as the server tells it. EVENT_UNKNOWN where there is none.
CallResult<event::v1::Event> ReadEvent(Connection& connection, uint64_t sequence);

struct Evidence {
  uint64_t sequence = 0;
  event::v1::Event event;
  // Of the event's very bytes, in the tree of the ledger's newest checkpoint; holds by `key`.
  merkle::TlogProof proof;
  merkle::Checkpoint checkpoint;
  // By which the server says it signs. Worth something only to those who know it from elsewhere.
  merkle::VerifierKey key;
};

// Fetches and checks the evidence of an event. DATA_LOSS, without a reason, where what the server gave does
// not hold together. EVENT_UNKNOWN where there is no such event.
CallResult<Evidence> FetchEvidence(Connection& connection, uint64_t sequence);

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_EVIDENCE_H_
