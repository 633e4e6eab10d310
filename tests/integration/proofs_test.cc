// What proves the history, over a real connection: checkpoints, proofs, stored commits, witnesses.
#include <filesystem>
#include <fstream>
#include <future>

#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/frontier.h"
#include "ledger/merkle/proof.h"
#include "tests/integration/town.h"

namespace redvest::testing {
namespace {

using merkle::KeyType;
using merkle::SigningKey;

merkle::Hash ToHash(const std::string& bytes) {
  merkle::Hash hash{};
  EXPECT_EQ(bytes.size(), hash.size());
  if (bytes.size() == hash.size()) std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

merkle::Proof ToProof(const google::protobuf::RepeatedPtrField<std::string>& hashes) {
  merkle::Proof proof;
  for (const std::string& hash : hashes) proof.push_back(ToHash(hash));
  return proof;
}

class ProofsTest : public TownTest {
 protected:
  void SetUp() override {
    TownTest::SetUp();
    Sell(20);
  }

  void Sell(int meals) {
    for (int i = 0; i < meals; ++i) {
      ASSERT_RECORDED(Call(*client().canteen, &Canteen::SellMeal, town().GuestMeal()));
    }
  }

  v1::GetVerifierKeysResponse Keys() {
    return Call(*client().audit, &Audit::GetVerifierKeys, v1::GetVerifierKeysRequest()).response;
  }
  merkle::VerifierKey Key() { return *merkle::VerifierKey::Decode(Keys().verifier_key()); }

  std::string Note(uint64_t size = 0) {
    v1::GetCheckpointRequest request;
    request.set_tree_size(size);
    const auto answer = Call(*client().audit, &Audit::GetCheckpoint, request);
    EXPECT_TRUE(answer.ok()) << answer.status.error_message();
    return answer->checkpoint();
  }
  merkle::Checkpoint Checkpoint(uint64_t size = 0) {
    const auto checkpoint = merkle::OpenCheckpoint(Note(size), Key());
    EXPECT_TRUE(checkpoint.ok()) << checkpoint.status();
    return *checkpoint;
  }

  // The log as it is stored.
  std::vector<v1::StoredCommit> Commits(const v1::ReadCommitsRequest& request = {}) {
    grpc::ClientContext context;
    const auto stream = client().audit->ReadCommits(&context, request);
    std::vector<v1::StoredCommit> commits;
    v1::ReadCommitsResponse part;
    while (stream->Read(&part)) commits.insert(commits.end(), part.commits().begin(), part.commits().end());
    const grpc::Status status = stream->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    return commits;
  }

  merkle::Hasher hasher_;
};

TEST_F(ProofsTest, TheSignedRootIsThatOfTheStoredBytes) {
  const merkle::Checkpoint checkpoint = Checkpoint();
  EXPECT_EQ(checkpoint.origin, Keys().origin());
  merkle::Frontier frontier;
  for (const v1::StoredCommit& commit : Commits()) {
    EXPECT_EQ(commit.first_sequence(), frontier.size() + 1);
    for (const std::string& event : commit.events()) frontier.Add(hasher_.Leaf(event), hasher_);
    EXPECT_EQ(ToHash(commit.root_hash()), frontier.Root(hasher_));
  }
  EXPECT_EQ(frontier.size(), checkpoint.size);
  EXPECT_EQ(frontier.Root(hasher_), checkpoint.root);
}

TEST_F(ProofsTest, CommitsAreReadFromTheOneThatHoldsASequenceAndFollowed) {
  v1::ReadCommitsRequest request;
  request.set_from_sequence(3);  // in the middle of the founding commit
  request.set_to_sequence(4);
  const auto founding = Commits(request);
  ASSERT_EQ(founding.size(), 1u);
  EXPECT_EQ(founding[0].first_sequence(), 1u);

  request.set_from_sequence(client().Sequence() + 1);
  request.set_to_sequence(0);
  EXPECT_TRUE(Commits(request).empty());
  request.set_follow(true);
  grpc::ClientContext context;
  const auto stream = client().audit->ReadCommits(&context, request);
  auto next = std::async(std::launch::async, [&stream] {
    v1::ReadCommitsResponse part;
    return stream->Read(&part) ? part.commits(0).first_sequence() : 0;
  });
  Sell(1);
  EXPECT_EQ(next.get(), request.from_sequence());
  context.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(ProofsTest, EveryEventIsProvedToBeInTheSignedTree) {
  const merkle::Checkpoint checkpoint = Checkpoint();
  v1::GetInclusionProofRequest request;
  request.set_tree_size(checkpoint.size);
  uint64_t sequence = 0;
  for (const v1::StoredCommit& commit : Commits()) {
    for (const std::string& event : commit.events()) {
      request.set_sequence(++sequence);
      const auto answer = Call(*client().audit, &Audit::GetInclusionProof, request);
      ASSERT_TRUE(answer.ok()) << answer.status.error_message();
      const merkle::Hash leaf = hasher_.Leaf(event);
      EXPECT_EQ(ToHash(answer->leaf_hash()), leaf);
      EXPECT_TRUE(merkle::VerifyInclusion(sequence - 1, checkpoint.size, leaf, ToProof(answer->hashes()),
                                          checkpoint.root)
                      .ok())
          << sequence;
    }
  }
  EXPECT_EQ(sequence, checkpoint.size);
}

TEST_F(ProofsTest, AnEarlierCheckpointIsProvedToBeTheBeginningOfALaterOne) {
  const merkle::Checkpoint before = Checkpoint();
  Sell(7);
  town().Restart();
  const merkle::Checkpoint after = Checkpoint();
  EXPECT_EQ(after.size, before.size + 7);
  v1::GetConsistencyProofRequest request;
  request.set_old_tree_size(before.size);
  const auto answer = Call(*client().audit, &Audit::GetConsistencyProof, request);
  ASSERT_TRUE(answer.ok()) << answer.status.error_message();
  EXPECT_EQ(answer->new_tree_size(), after.size);
  EXPECT_TRUE(
      merkle::VerifyConsistency(before.size, after.size, before.root, after.root, ToProof(answer->hashes()))
          .ok());
  // What was shown is kept.
  EXPECT_EQ(Checkpoint(before.size).root, before.root);
}

TEST_F(ProofsTest, ProofsOfWhatIsNotThereAreRefused) {
  const uint64_t size = client().Sequence();
  const auto inclusion = [&](uint64_t sequence, uint64_t tree) {
    v1::GetInclusionProofRequest request;
    request.set_sequence(sequence);
    request.set_tree_size(tree);
    return Call(*client().audit, &Audit::GetInclusionProof, request);
  };
  ExpectRefused(inclusion(0, size), grpc::StatusCode::INVALID_ARGUMENT, v1::ERROR_REASON_FIELD_INVALID, {});
  ExpectRefused(inclusion(5, 4), grpc::StatusCode::INVALID_ARGUMENT, v1::ERROR_REASON_FIELD_INVALID, {});
  ExpectRefused(inclusion(size + 1, 0), grpc::StatusCode::OUT_OF_RANGE, v1::ERROR_REASON_NOT_REACHED, {});
  ExpectRefused(inclusion(1, size + 1), grpc::StatusCode::OUT_OF_RANGE, v1::ERROR_REASON_NOT_REACHED, {});
  const auto consistency = [&](uint64_t from, uint64_t to) {
    v1::GetConsistencyProofRequest request;
    request.set_old_tree_size(from);
    request.set_new_tree_size(to);
    return Call(*client().audit, &Audit::GetConsistencyProof, request);
  };
  ExpectRefused(consistency(0, size), grpc::StatusCode::INVALID_ARGUMENT, v1::ERROR_REASON_FIELD_INVALID, {});
  ExpectRefused(consistency(9, 8), grpc::StatusCode::INVALID_ARGUMENT, v1::ERROR_REASON_FIELD_INVALID, {});
  ExpectRefused(consistency(1, size + 1), grpc::StatusCode::OUT_OF_RANGE, v1::ERROR_REASON_NOT_REACHED, {});
  v1::GetCheckpointRequest request;
  request.set_tree_size(2);
  ExpectRefused(Call(*client().audit, &Audit::GetCheckpoint, request), grpc::StatusCode::NOT_FOUND,
                v1::ERROR_REASON_NOT_FOUND, {"id=2"});
}

TEST_F(ProofsTest, SizesOfKeptCheckpointsAreListed) {
  const uint64_t first = Checkpoint().size;
  Sell(1);
  const uint64_t second = Checkpoint().size;
  const auto all = Call(*client().audit, &Audit::ListCheckpoints, v1::ListCheckpointsRequest());
  const auto& sizes = all->tree_sizes();
  EXPECT_NE(std::find(sizes.begin(), sizes.end(), first), sizes.end());
  EXPECT_EQ(*sizes.rbegin(), second);
}

TEST_F(ProofsTest, TheKeyIsApartFromTheFolderAndNotReplaced) {
  const std::string key = town().data + ".key";
  ASSERT_TRUE(std::filesystem::exists(key));
  EXPECT_EQ(std::filesystem::status(key).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const std::string public_key = Keys().verifier_key();
  EXPECT_NE(town().daemon->Stderr().find(public_key), std::string::npos);
  town().daemon->Terminate();
  std::filesystem::rename(key, key + ".away");
  const Ended ended = RunToEnd({"--data", town().data, "--listen", "127.0.0.1:0"});
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_NE(ended.err.find("signing key is missing"), std::string::npos) << ended.err;
  town().flags = {"--key", key + ".away"};
  town().Restart();
  EXPECT_EQ(Keys().verifier_key(), public_key);
}

TEST(WitnessTest, SignaturesOfWitnessesAreKeptAndServed) {
  const SigningKey witness = SigningKey::Generate("witness.example/w1", KeyType::kWitness);
  const auto town = Town::Found({"--witness", witness.verifier().Encode()});
  ASSERT_NE(town, nullptr);
  const auto keys = Call(*town->client->audit, &Audit::GetVerifierKeys, v1::GetVerifierKeysRequest());
  ASSERT_EQ(keys->witness_keys_size(), 1);
  EXPECT_EQ(keys->witness_keys(0), witness.verifier().Encode());

  const auto newest = Call(*town->client->audit, &Audit::GetCheckpoint, v1::GetCheckpointRequest());
  auto note = *merkle::SignedNote::Decode(newest->checkpoint());
  note.signatures.push_back(merkle::Cosign(note.text, witness, 1'800'000'000));
  v1::AddCosignaturesRequest request;
  request.set_checkpoint(note.Encode());
  ASSERT_TRUE(Call(*town->client->audit, &Audit::AddCosignatures, request).ok());
  town->Restart();
  v1::GetCheckpointRequest kept;
  kept.set_tree_size(merkle::Checkpoint::FromText(note.text)->size);
  const auto again = Call(*town->client->audit, &Audit::GetCheckpoint, kept);
  EXPECT_EQ(*merkle::VerifyCosignature(*merkle::SignedNote::Decode(again->checkpoint()), witness.verifier()),
            1'800'000'000u);

  const SigningKey stranger = SigningKey::Generate("stranger.example", KeyType::kWitness);
  note.signatures.push_back(merkle::Cosign(note.text, stranger, 1'800'000'000));
  request.set_checkpoint(note.Encode());
  ExpectRefused(Call(*town->client->audit, &Audit::AddCosignatures, request),
                grpc::StatusCode::INVALID_ARGUMENT, v1::ERROR_REASON_COSIGNATURE_REFUSED,
                {"witness=stranger.example"});
}

}  // namespace
}  // namespace redvest::testing
