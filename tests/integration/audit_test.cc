// The auditor's commands by the real `redvest`, against honest daemons and against servers that lie.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/frontier.h"
#include "redvest/event/v1/event.pb.h"
#include "tests/integration/command_line.h"
#include "tests/integration/town.h"

namespace redvest::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void Write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

Ran RunAudit(const std::string& server, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "audit");
  return RunRedvest(server, std::move(arguments));
}

void ExpectCaught(const Ran& ran, const std::string& what) {
  EXPECT_EQ(ran.exit_code, 1) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("NOT TO BE TRUSTED"));
  EXPECT_THAT(ran.out, HasSubstr(what));
}

// And both checkpoints that prove it are shown.
void ExpectCaughtWith(const Ran& ran, const std::string& what, const std::string& old_note,
                      const std::string& new_note) {
  ExpectCaught(ran, what);
  EXPECT_THAT(ran.out, HasSubstr(old_note));
  EXPECT_THAT(ran.out, HasSubstr(new_note));
}

class AuditTest : public TownTest {
 protected:
  Ran Redvest(std::vector<std::string> arguments) {
    return RunAudit(town().daemon->address(), std::move(arguments));
  }
  std::string Path(const std::string& name) const { return files_.Path(name); }
  // Something happens.
  void Sell(int meals) {
    for (int i = 0; i < meals; ++i)
      ASSERT_RECORDED(Call(*client().canteen, &Canteen::SellMeal, town().GuestMeal()));
  }
  std::string Key() {
    return Call(*client().audit, &Audit::GetVerifierKeys, v1::GetVerifierKeysRequest())
        .response.verifier_key();
  }
  // The same ledger with the same key, as it was now, on a daemon of its own: what an operator has who puts
  // back a copy.
  std::unique_ptr<Daemon> Fork() {
    EXPECT_EQ(town().daemon->Terminate(), 0);
    const std::string copy = Path("fork");
    fork_till_ = town().till;
    fs::copy(town().data, copy, fs::copy_options::recursive);
    fs::copy_file(town().data + ".key", copy + ".key");
    town().daemon = Daemon::StartOn(town().data, town().flags);
    town().client = std::make_unique<Client>(town().daemon->Connect());
    return Daemon::StartOn(copy);
  }
  // A sale there, of which this town knows nothing.
  void SellAt(const Daemon& fork, int portions) {
    const Client other(fork.Connect());
    auto request = fork_till_.Next<v1::SellMealRequest>();
    request.mutable_sell_meal()->set_portions(portions);
    request.mutable_sell_meal()->set_payment(v1::PAYMENT_CASH);
    ASSERT_RECORDED(Call(*other.canteen, &Canteen::SellMeal, request));
  }

  const TempFolder files_;
  Desk fork_till_;
};

TEST_F(AuditTest, CheckpointIsSignedByThePublishedKey) {
  const Ran keys = Redvest({"keys"});
  EXPECT_EQ(keys.out, Key() + "\n");
  const Ran ran = Redvest({"checkpoint", "--key", Key()});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const auto checkpoint = merkle::OpenCheckpoint(ran.out, *merkle::VerifierKey::Decode(Key()));
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->size, client().Sequence());
  // The same one by its size.
  EXPECT_EQ(Redvest({"checkpoint", "--size", std::to_string(checkpoint->size)}).out, ran.out);
  EXPECT_EQ(Redvest({"checkpoint", "--size", "999999"}).exit_code, 1);

  const merkle::SigningKey other = merkle::SigningKey::Generate("someone", merkle::KeyType::kLog);
  ExpectCaught(Redvest({"checkpoint", "--key", other.verifier().Encode()}), "not signed by the key");
  EXPECT_EQ(Redvest({"checkpoint", "--key", "nonsense"}).exit_code, 2);
}

TEST_F(AuditTest, ARememberedCheckpointIsGoneOnFrom) {
  EXPECT_EQ(Redvest({"checkpoint", "--remember", Path("seen")}).exit_code, 0);
  Sell(5);
  const Ran again = Redvest({"checkpoint", "--remember", Path("seen")});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("goes on from"));
  EXPECT_THAT(Contents(Path("seen")), HasSubstr(again.out));
  Write(Path("seen"), "nonsense");
  EXPECT_EQ(Redvest({"checkpoint", "--remember", Path("seen")}).exit_code, 2);
}

TEST_F(AuditTest, AServerThatShowsTwoHistoriesIsCaughtByWhoeverRemembers) {
  const merkle::SigningKey witness = merkle::SigningKey::Generate("w", merkle::KeyType::kWitness);
  Write(Path("witness.key"), witness.Encode());
  const auto fork = Fork();
  ASSERT_NE(fork, nullptr);
  Sell(3);
  for (const char* file : {"seen", "state"})
    ASSERT_EQ(Redvest({"checkpoint", "--remember", Path(file)}).exit_code, 0);
  ASSERT_EQ(Redvest({"export", "--pack", Path("pack")}).exit_code, 0);
  const std::string seen = Contents(Path("seen"));
  const std::string note = seen.substr(seen.find('\n') + 1);
  const auto ask_fork = [&](std::vector<std::string> arguments) {
    return RunAudit(fork->address(), arguments);
  };

  // The other one has less, then as much, then more.
  std::string forked = ask_fork({"checkpoint"}).out;
  ExpectCaughtWith(ask_fork({"checkpoint", "--remember", Path("seen")}), "it has lost events, or hides them",
                   note, forked);
  ExpectCaughtWith(ask_fork({"verify", "--remember", Path("seen")}), "", note, forked);
  ExpectCaughtWith(ask_fork({"export", "--pack", Path("pack")}), "lost events", note, forked);
  for (int portions = 2; portions < 6; ++portions) {
    SellAt(*fork, portions);
    if (portions < 4) continue;
    forked = ask_fork({"checkpoint"}).out;
    ExpectCaughtWith(ask_fork({"checkpoint", "--remember", Path("seen")}), "two histories", note, forked);
    ExpectCaught(ask_fork({"witness", "--secret", Path("witness.key"), "--state", Path("state")}),
                 "two histories");
    ExpectCaughtWith(ask_fork({"verify", "--remember", Path("seen")}), "", note, forked);
    ExpectCaughtWith(ask_fork({"export", "--pack", Path("pack")}), "another history", note, forked);
  }
  // Nothing was forgotten over it.
  EXPECT_EQ(Contents(Path("seen")), seen);
  EXPECT_EQ(RunProgram("python3", {Path("pack/verify.py")}).exit_code, 0);
}

TEST_F(AuditTest, WhatAnotherRunRemembersIsNotChangedMeanwhile) {
  ASSERT_EQ(Redvest({"checkpoint", "--remember", Path("seen")}).exit_code, 0);
  const int lock = open(Path("seen.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  ASSERT_EQ(flock(lock, LOCK_EX), 0);
  for (const char* subcommand : {"checkpoint", "verify"})
    EXPECT_EQ(Redvest({subcommand, "--remember", Path("seen")}).exit_code, 2) << subcommand;
  close(lock);
  EXPECT_EQ(Redvest({"verify", "--remember", Path("seen")}).exit_code, 0);
}

TEST_F(AuditTest, APackOfAnotherKeyIsNotReadAsThatOfTheGivenOne) {
  ASSERT_EQ(Redvest({"export", "--pack", Path("pack")}).exit_code, 0);
  const std::string other =
      merkle::SigningKey::Generate("someone", merkle::KeyType::kLog).verifier().Encode();
  const std::vector<std::vector<std::string>> runs = {{"export", "--from-pack", Path("pack"), "--csv", "-"},
                                                      {"findings", "--from-pack", Path("pack")}};
  for (std::vector<std::string> run : runs) {
    const Ran own = Redvest(run);
    EXPECT_EQ(own.exit_code, 0) << own.err;
    EXPECT_THAT(own.err, HasSubstr("the key that the pack itself names"));
    run.insert(run.end(), {"--key", other});
    const Ran ran = Redvest(run);
    EXPECT_EQ(ran.exit_code, 1) << ran.out << ran.err;
    run.back() = Key();
    EXPECT_EQ(Redvest(run).err.find("itself names"), std::string::npos);
  }
}

TEST_F(AuditTest, VerifyReadsTheWholeLogAndComparesTheServersBalances) {
  Sell(20);
  const Ran ran = Redvest({"verify", "--key", Key()});
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("are sound"));
  EXPECT_THAT(ran.out, HasSubstr("trial balance is what the events come to"));
  EXPECT_THAT(ran.out, Not(HasSubstr("server itself names")));
  ASSERT_EQ(Redvest({"checkpoint", "--remember", Path("seen")}).exit_code, 0);
  Sell(1);
  const Json json = Json::parse(Redvest({"--json", "verify", "--checkpoint", Path("seen")}).out);
  EXPECT_EQ(json["sound"], true);
  EXPECT_EQ(json["events"], client().Sequence());
  EXPECT_EQ(json["checkpoints"], 2);
  Write(Path("letter"), "no checkpoint");
  EXPECT_EQ(Redvest({"verify", "--checkpoint", Path("letter")}).exit_code, 2);
  EXPECT_EQ(Redvest({"verify", "--checkpoint", Path("missing")}).exit_code, 2);
  EXPECT_EQ(RunAudit("127.0.0.1:1", {"--timeout", "1", "verify"}).exit_code, 3);
}

// --- Export

TEST_F(AuditTest, APackIsWhatTheServerHasAndGrowsWithIt) {
  ASSERT_EQ(Redvest({"export", "--pack", Path("pack"), "--key", Key()}).exit_code, 0);
  Sell(300);
  const Ran again = Redvest({"--json", "export", "--pack", Path("pack")});
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(Json::parse(again.out)["added"], 300);
  const Ran python = RunProgram("python3", {Path("pack/verify.py"), "--key", Key()});
  EXPECT_EQ(python.exit_code, 0) << python.out;
  const Ended native = RunVerify({Path("pack"), "--key", Key()});
  EXPECT_EQ(native.exit_code, 0) << native.out << native.err;
  // The server's own trial balance, row by row.
  std::string csv = "account,unit,balance\n";
  for (const Json& row : Json::parse(RunRedvest(town().daemon->address(), {"--json", "trial-balance"}).out)) {
    if (row["balance"] == 0) continue;
    csv += row["account"].get<std::string>() + "," + row["unit"].get<std::string>() + "," +
           row["balance"].dump() + "\n";
  }
  EXPECT_EQ(Contents(Path("pack/trial-balance.csv")), csv);
}

TEST_F(AuditTest, HledgerComesToTheServersTrialBalance) {
  Sell(30);
  auto service = town().Service(town().volunteer, 90);
  ASSERT_RECORDED(Call(*client().volunteers, &Volunteers::RecordService, service));
  const Ran ran = Redvest({"export", "--hledger", Path("books.journal"), "--csv", Path("books.csv")});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const auto hledger = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"-f", Path("books.journal")});
    return RunProgram("hledger", arguments);
  };
  const Ran check = hledger({"check", "--strict"});
  EXPECT_EQ(check.exit_code, 0) << check.err;
  std::string expected = "\"account\",\"balance\"\n";
  for (const Json& row : Json::parse(RunRedvest(town().daemon->address(), {"--json", "trial-balance"}).out)) {
    if (row["balance"] == 0) continue;
    expected += "\"" + row["account"].get<std::string>() + "\",\"" + row["balance"].dump() + " " +
                row["unit"].get<std::string>() + "\"\n";
  }
  const auto lines = [](const std::string& text) {
    std::multiset<std::string> all;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) all.insert(line);
    return all;
  };
  EXPECT_EQ(lines(hledger({"balance", "--flat", "-N", "-O", "csv"}).out), lines(expected));

  // A pack tells the same books, and so does stdout.
  ASSERT_EQ(Redvest({"export", "--pack", Path("pack")}).exit_code, 0);
  EXPECT_EQ(RunAudit("127.0.0.1:1", {"export", "--from-pack", Path("pack"), "--hledger", "-"}).out,
            Contents(Path("books.journal")));
  EXPECT_EQ(Redvest({"export", "--csv", "-"}).out, Contents(Path("books.csv")));
}

TEST_F(AuditTest, ExportsThatCannotBeWrittenSaySoAndLeaveNoHalfFile) {
  EXPECT_EQ(Redvest({"export"}).exit_code, 2);
  const Ran nowhere = Redvest({"export", "--hledger", Path("no/such/folder/file")});
  EXPECT_EQ(nowhere.exit_code, 2);
  EXPECT_THAT(nowhere.err, HasSubstr("cannot be written"));
  fs::create_directories(Path("taken"));
  Write(Path("taken/letter"), "dear");
  EXPECT_EQ(Redvest({"export", "--pack", Path("taken")}).exit_code, 2);
  EXPECT_EQ(RunAudit("127.0.0.1:1", {"--timeout", "1", "export", "--hledger", Path("half")}).exit_code, 3);
  EXPECT_FALSE(fs::exists(Path("half")));
  for (const auto& entry : fs::directory_iterator(Path("")))
    EXPECT_THAT(entry.path().filename().string(), Not(HasSubstr("half")));
  // Somebody else's file is not taken for an unfinished one.
  Write(Path("books.new"), "mine");
  EXPECT_EQ(Redvest({"export", "--csv", Path("books")}).exit_code, 0);
  EXPECT_EQ(Contents(Path("books.new")), "mine");
  EXPECT_EQ(Redvest({"export", "--from-pack", Path("taken"), "--csv", "-"}).exit_code, 2);
}

// --- Witness

TEST(Witness, SignsWhatItSawGoOn) {
  const TempFolder files;
  const Ran key = RunAudit("127.0.0.1:1", {"witness-key", "street-office", files.Path("key")});
  ASSERT_EQ(key.exit_code, 0) << key.err;
  EXPECT_EQ(RunAudit("127.0.0.1:1", {"witness-key", "", files.Path("none")}).exit_code, 2);
  const std::string vkey = key.out.substr(0, key.out.size() - 1);
  EXPECT_EQ(fs::status(files.Path("key")).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  // A key is never overwritten.
  EXPECT_EQ(RunAudit("127.0.0.1:1", {"witness-key", "street-office", files.Path("key")}).exit_code, 2);

  const auto town = Town::Found({"--witness", vkey});
  ASSERT_NE(town, nullptr);
  const std::string server = town->daemon->address();
  const std::string ledger_key =
      Call(*town->client->audit, &Audit::GetVerifierKeys, v1::GetVerifierKeysRequest())
          .response.verifier_key();
  const std::vector<std::string> run = {"witness", "--secret", files.Path("key"), "--state",
                                        files.Path("state")};
  // The first time it must know whom it signs for.
  EXPECT_EQ(RunAudit(server, run).exit_code, 2);
  std::vector<std::string> first = run;
  first.insert(first.end(), {"--key", ledger_key});
  ASSERT_EQ(RunAudit(server, first).exit_code, 0);
  ASSERT_RECORDED(Call(*town->client->canteen, &Canteen::SellMeal, town->GuestMeal()));
  const Ran again = RunAudit(server, run);
  ASSERT_EQ(again.exit_code, 0) << again.err;
  const auto note = merkle::SignedNote::Decode(again.out);
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_TRUE(merkle::VerifyCosignature(*note, *merkle::VerifierKey::Decode(vkey)).ok());
  // It is kept and served.
  EXPECT_EQ(RunAudit(server, {"checkpoint"}).out, again.out);
}

TEST_F(AuditTest, AWitnessThatTheLedgerDoesNotKnowIsRefused) {
  ASSERT_EQ(Redvest({"witness-key", "stranger", Path("key")}).exit_code, 0);
  const Ran ran = Redvest({"witness", "--secret", Path("key"), "--state", Path("state"), "--key", Key()});
  EXPECT_EQ(ran.exit_code, 2) << ran.out << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("stranger"));
}

// --- Findings

TEST_F(AuditTest, FindingsNameEventsTerminalsAndPeople) {
  Sell(1);
  const uint64_t sale = client().Sequence();
  auto reverse = town().office.Next<v1::ReverseEventRequest>();
  reverse.mutable_reverse_event()->set_sequence(sale);
  reverse.mutable_reverse_event()->set_reason("typed twice");
  ASSERT_RECORDED(Call(*client().books, &Books::ReverseEvent, reverse));
  ASSERT_EQ(Redvest({"export", "--pack", Path("pack")}).exit_code, 0);

  const Ran table = Redvest({"findings"});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("Reversals, and who made them"));
  const Json json = Json::parse(Redvest({"--json", "findings", "--kind", "reversed"}).out);
  ASSERT_EQ(json["findings"].size(), 1u) << json;
  const Json& found = json["findings"][0];
  EXPECT_EQ(found["what"], "meal_sold");
  EXPECT_EQ(found["unit"], "fen");
  EXPECT_EQ(found["sequences"], (Json{sale, sale + 1}));
  EXPECT_EQ(found["amounts"], (Json{kStandardFen, kStandardFen}));
  EXPECT_THAT(found["terminals"].dump(), HasSubstr("T"));
  const Ran csv =
      RunAudit("127.0.0.1:1", {"findings", "--csv", "--kind", "reversed", "--from-pack", Path("pack")});
  EXPECT_EQ(csv.exit_code, 0) << csv.err;
  EXPECT_THAT(csv.out,
              HasSubstr("\"reversed\",\"meal_sold\",\"\",\"" + std::to_string(sale) + "\",\"1000\",\"fen\""));
  EXPECT_THAT(Redvest({"--json", "findings", "--to", "2001-01-01"}).out, HasSubstr("\"findings\": []"));
  EXPECT_EQ(Redvest({"findings", "--kind", "nonsense"}).exit_code, 2);
}

// --- Servers that lie

// Serves the log of an honest one, after a test changed it, with a key of its own.
class LyingServer final : public v1::AuditService::Service {
 public:
  explicit LyingServer(Client& honest) : books_(*this) {
    grpc::ClientContext context;
    auto reader = honest.audit->ReadCommits(&context, v1::ReadCommitsRequest());
    for (v1::ReadCommitsResponse part; reader->Read(&part);) {
      for (const v1::StoredCommit& commit : part.commits()) commits.push_back(commit);
    }
    EXPECT_TRUE(reader->Finish().ok());
    grpc::ClientContext balances;
    v1::GetTrialBalanceRequest all;
    all.mutable_options()->set_min_sequence(honest.Sequence());
    auto rows = honest.books->GetTrialBalance(&balances, all);
    for (v1::GetTrialBalanceResponse part; rows->Read(&part);) trial_balance.MergeFrom(part);
    EXPECT_TRUE(rows->Finish().ok());
    Seal();
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    builder.RegisterService(&books_);
    server_ = builder.BuildAndStart();
  }
  ~LyingServer() override { server_->Shutdown(std::chrono::system_clock::now()); }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  // Works out all roots anew, and signs the last one: what an operator can do.
  void Seal() {
    merkle::Hasher hasher;
    merkle::Frontier tree;
    for (v1::StoredCommit& commit : commits) {
      for (const std::string& event : commit.events()) tree.Add(merkle::Hasher::Leaf(event), hasher);
      const merkle::Hash root = tree.Root(hasher);
      commit.set_root_hash(root.data(), root.size());
    }
    checkpoint = merkle::SignCheckpoint({key.verifier().name, tree.size(), tree.Root(hasher)}, key);
  }
  // The place of the event of a sequence.
  std::string& Event(uint64_t sequence) {
    for (v1::StoredCommit& commit : commits) {
      if (sequence < commit.first_sequence() + static_cast<uint64_t>(commit.events_size()))
        return *commit.mutable_events(static_cast<int>(sequence - commit.first_sequence()));
    }
    ADD_FAILURE();
    return *commits.front().mutable_events(0);
  }

  std::vector<v1::StoredCommit> commits;
  v1::GetTrialBalanceResponse trial_balance;
  merkle::SigningKey key = merkle::SigningKey::Generate("liar", merkle::KeyType::kLog);
  std::string checkpoint;
  std::string witness_key;              // that it names; empty = none
  grpc::Status end = grpc::Status::OK;  // of the stream of commits

  grpc::Status GetVerifierKeys(grpc::ServerContext*, const v1::GetVerifierKeysRequest*,
                               v1::GetVerifierKeysResponse* response) override {
    response->set_verifier_key(key.verifier().Encode());
    if (!witness_key.empty()) response->add_witness_keys(witness_key);
    return grpc::Status::OK;
  }
  grpc::Status GetCheckpoint(grpc::ServerContext*, const v1::GetCheckpointRequest*,
                             v1::GetCheckpointResponse* response) override {
    response->set_checkpoint(checkpoint);
    return grpc::Status::OK;
  }
  grpc::Status ReadCommits(grpc::ServerContext*, const v1::ReadCommitsRequest* request,
                           grpc::ServerWriter<v1::ReadCommitsResponse>* writer) override {
    for (const v1::StoredCommit& commit : commits) {
      if (commit.first_sequence() + static_cast<uint64_t>(commit.events_size()) <= request->from_sequence())
        continue;
      v1::ReadCommitsResponse response;
      *response.add_commits() = commit;
      writer->Write(response);
    }
    return end;
  }
  grpc::Status GetConsistencyProof(grpc::ServerContext*, const v1::GetConsistencyProofRequest*,
                                   v1::GetConsistencyProofResponse*) override {
    return {grpc::StatusCode::NOT_FOUND, "no such proof today"};
  }

 private:
  class Balances final : public v1::LedgerService::Service {
   public:
    explicit Balances(LyingServer& server) : server_(server) {}
    grpc::Status GetTrialBalance(grpc::ServerContext*, const v1::GetTrialBalanceRequest*,
                                 grpc::ServerWriter<v1::GetTrialBalanceResponse>* writer) override {
      writer->Write(server_.trial_balance);
      return grpc::Status::OK;
    }

   private:
    LyingServer& server_;
  };

  Balances books_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

class LyingServerTest : public AuditTest {
 protected:
  void SetUp() override {
    AuditTest::SetUp();
    Sell(30);
    liar_ = std::make_unique<LyingServer>(client());
    const Ran honest = Verify();
    ASSERT_EQ(honest.exit_code, 0) << honest.out << honest.err;
  }
  Ran Verify() { return RunAudit(liar_->address(), {"verify"}); }

  std::unique_ptr<LyingServer> liar_;
};

TEST_F(LyingServerTest, AnEventChangedOnTheWayIsNamed) {
  std::string& event = liar_->Event(client().Sequence() - 5);
  event[event.size() / 2] = static_cast<char>(event[event.size() / 2] ^ 1);
  ExpectCaught(Verify(), "event");
}

TEST_F(LyingServerTest, ASaleLeftOutIsNamedThoughEverythingWasSignedAnew) {
  const uint64_t sequence = client().Sequence() - 5;
  // All later ones move up by one, and the checkpoint fits.
  std::vector<std::string> events;
  for (const v1::StoredCommit& commit : liar_->commits)
    events.insert(events.end(), commit.events().begin(), commit.events().end());
  events.erase(events.begin() + static_cast<std::ptrdiff_t>(sequence) - 1);
  liar_->commits.clear();
  v1::StoredCommit& all = liar_->commits.emplace_back();
  all.set_first_sequence(1);
  for (const std::string& event : events) all.add_events(event);
  liar_->Seal();
  ExpectCaught(Verify(), "event " + std::to_string(sequence) + ":");
}

TEST_F(LyingServerTest, MoneyMadeFromNothingIsNamed) {
  const uint64_t sequence = client().Sequence();
  event::v1::Event event;
  ASSERT_TRUE(event.ParseFromString(liar_->Event(sequence)));
  event.mutable_meal_sold()->set_price_fen(event.meal_sold().price_fen() + 1);
  liar_->Event(sequence) = event.SerializeAsString();
  liar_->Seal();
  // The event itself balances: it is the server's trial balance that no longer fits.
  ExpectCaught(Verify(), "its trial balance says");
}

TEST_F(LyingServerTest, ABalanceThatTheEventsDoNotComeToIsNamed) {
  liar_->trial_balance.mutable_balances(0)->set_balance(liar_->trial_balance.balances(0).balance() + 1);
  ExpectCaught(Verify(), liar_->trial_balance.balances(0).account());
}

TEST_F(LyingServerTest, AnAccountLeftOutOfTheTrialBalanceIsNoticed) {
  liar_->trial_balance.mutable_balances()->DeleteSubrange(0, 1);
  ExpectCaught(Verify(), "its trial balance has");
}

TEST_F(LyingServerTest, AnAccountToldTwiceInThePlaceOfAnotherIsNoticed) {
  *liar_->trial_balance.mutable_balances(1) = liar_->trial_balance.balances(0);
  ExpectCaught(Verify(), liar_->trial_balance.balances(0).account());
}

TEST_F(LyingServerTest, ALogThatEndsBeforeItsCheckpointIsNoticed) {
  liar_->commits.pop_back();
  ExpectCaught(Verify(), "");
  ExpectCaught(RunAudit(liar_->address(), {"export", "--pack", Path("pack")}), "the log ends at event");
}

TEST_F(LyingServerTest, OneThatRefusesToProveIsCaughtAndItsSignaturesAreKept) {
  ASSERT_EQ(RunAudit(liar_->address(), {"checkpoint", "--remember", Path("seen")}).exit_code, 0);
  const std::string note = liar_->checkpoint;
  liar_->commits.back().add_events("one more");
  liar_->Seal();
  ExpectCaughtWith(RunAudit(liar_->address(), {"checkpoint", "--remember", Path("seen")}),
                   "it refuses to prove", note, liar_->checkpoint);
}

TEST_F(LyingServerTest, BooksAndFindingsAreThoseThatWereSigned) {
  const uint64_t sequence = client().Sequence();
  event::v1::Event event;
  ASSERT_TRUE(event.ParseFromString(liar_->Event(sequence)));
  event.mutable_meal_sold()->set_price_fen(event.meal_sold().price_fen() + 1);
  liar_->Event(sequence) = event.SerializeAsString();
  for (const char* format : {"--hledger", "--csv"}) {
    ExpectCaughtWith(RunAudit(liar_->address(), {"export", format, Path("books")}), "the root of events",
                     liar_->checkpoint, "");
    EXPECT_FALSE(fs::exists(Path("books")));
  }
  ExpectCaught(RunAudit(liar_->address(), {"findings"}), "the root of events");
  const std::string key = Key();
  liar_->Seal();
  EXPECT_EQ(RunAudit(liar_->address(), {"findings"}).exit_code, 0);
  ExpectCaught(RunAudit(liar_->address(), {"findings", "--key", key}), "not signed by the key");
  ExpectCaught(RunAudit(liar_->address(), {"export", "--csv", Path("books"), "--key", key}),
               "not signed by the key");
}

TEST_F(LyingServerTest, HangingUpDoesNotHideAFault) {
  std::string& event = liar_->Event(client().Sequence() - 5);
  event[event.size() / 2] = static_cast<char>(event[event.size() / 2] ^ 1);
  liar_->commits.pop_back();
  liar_->end = {grpc::StatusCode::INTERNAL, "so sorry"};
  ExpectCaught(Verify(), "event");
}

TEST_F(LyingServerTest, AWitnessKeyThatIsNoneDoesNotGetIntoAPack) {
  for (const std::string& key : {std::string("rubbish"), liar_->key.verifier().Encode()}) {
    liar_->witness_key = key;
    ExpectCaught(RunAudit(liar_->address(), {"export", "--pack", Path("pack")}), "as a witness's is none");
    EXPECT_FALSE(fs::exists(Path("pack")));
  }
}

TEST_F(LyingServerTest, AForgedCheckpointIsNoticed) {
  liar_->checkpoint.replace(liar_->checkpoint.find('\n') + 1, 1, "9");
  ExpectCaught(Verify(), "not signed by the key");
  ExpectCaught(RunAudit(liar_->address(), {"checkpoint"}), "not signed by the key");
}

}  // namespace
}  // namespace redvest::testing
