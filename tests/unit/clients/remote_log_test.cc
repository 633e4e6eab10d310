#include "clients/remote_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace redvest::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Serves a log of 20 events in commits of four, and does to it what a test says.
class FakeLog final : public v1::AuditService::Service {
 public:
  FakeLog() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~FakeLog() override { server_->Shutdown(std::chrono::system_clock::now()); }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  // Called with each commit before it is sent.
  std::function<void(v1::StoredCommit&)> change = [](v1::StoredCommit&) {};
  // The connection is lost after so many messages, so often.
  int lose_after = 0;
  int losses = 0;
  grpc::StatusCode lost_as = grpc::StatusCode::UNAVAILABLE;
  bool sends_nothing = false;  // where commits are due
  std::vector<uint64_t> asked_from;

  grpc::Status ReadCommits(grpc::ServerContext*, const v1::ReadCommitsRequest* request,
                           grpc::ServerWriter<v1::ReadCommitsResponse>* writer) override {
    asked_from.push_back(request->from_sequence());
    int sent = 0;
    for (uint64_t first = 1; first <= 20; first += 4) {
      if (first + 3 < request->from_sequence() || first >= request->to_sequence()) continue;
      if (losses > 0 && sent++ == lose_after) {
        --losses;
        return {lost_as, "lost"};
      }
      v1::ReadCommitsResponse response;
      v1::StoredCommit& commit = *response.add_commits();
      commit.set_first_sequence(first);
      commit.set_root_hash(std::string(32, static_cast<char>(first)));
      for (uint64_t i = first; i < first + 4; ++i) commit.add_events("event " + std::to_string(i));
      change(commit);
      if (sends_nothing) response.clear_commits();
      writer->Write(response);
    }
    return grpc::Status::OK;
  }

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

class RemoteLogTest : public testing::Test {
 protected:
  RemoteLogTest()
      : connection_(server_.address()),
        log_(connection_, {.total = absl::Seconds(5), .first_wait = absl::Milliseconds(1)}) {}

  // All events from `from` to `to`, or why they could not be read.
  absl::StatusOr<std::vector<std::string>> Read(uint64_t from, uint64_t to) {
    std::vector<std::string> events;
    const auto commits = log_.Read(Sequence(from), Sequence(to));
    while (true) {
      const auto commit = commits->Next();
      if (!commit.ok()) return commit.status();
      if (!commit->has_value()) return events;
      if (events.empty() && from != 0) {
        EXPECT_LE((**commit).first, Sequence(from));
      }
      for (std::string_view event : (**commit).events) events.emplace_back(event);
    }
  }
  void ExpectFault(const std::string& what) {
    const auto read = Read(1, 20);
    EXPECT_EQ(read.status().code(), absl::StatusCode::kDataLoss) << read.status();
    EXPECT_THAT(std::string(read.status().message()), HasSubstr(what));
    EXPECT_FALSE(log_.error().has_value());
  }

  FakeLog server_;
  Connection connection_;
  RemoteLog log_;
};

TEST_F(RemoteLogTest, GivesEveryEventInOrderWithRoots) {
  const auto events = Read(1, 20);
  ASSERT_TRUE(events.ok()) << events.status();
  ASSERT_EQ(events->size(), 20u);
  EXPECT_EQ(events->front(), "event 1");
  EXPECT_EQ(events->back(), "event 20");
  const auto commit = log_.Read(Sequence(7), Sequence(20))->Next();
  ASSERT_TRUE(commit.ok() && commit->has_value());
  EXPECT_EQ((**commit).first, Sequence(5));
  EXPECT_EQ((**commit).root->at(0), 5);
}

TEST_F(RemoteLogTest, EndsWhereAskedAlsoInTheMiddleOfACommit) {
  const auto commits = log_.Read(Sequence(9), Sequence(10));
  const auto commit = commits->Next();
  ASSERT_TRUE(commit.ok() && commit->has_value());
  EXPECT_THAT((**commit).events, ElementsAre("event 9", "event 10"));
  EXPECT_FALSE((**commit).root.has_value());
  EXPECT_FALSE((*commits->Next()).has_value());
  EXPECT_EQ(Read(21, 30)->size(), 0u);
  EXPECT_EQ(Read(17, 30)->size(), 4u);
}

TEST_F(RemoteLogTest, GoesOnAfterALostConnectionWhereItStopped) {
  server_.lose_after = 2;
  server_.losses = 2;
  const auto events = Read(1, 20);
  ASSERT_TRUE(events.ok()) << events.status();
  EXPECT_EQ(events->size(), 20u);
  EXPECT_EQ(events->back(), "event 20");
  EXPECT_THAT(server_.asked_from, ElementsAre(1u, 9u, 17u));
}

TEST_F(RemoteLogTest, GivesUpOnAServerThatStaysAway) {
  server_.lose_after = 0;
  server_.losses = 1'000'000;
  RemoteLog impatient(connection_, {.total = absl::Milliseconds(50), .first_wait = absl::Milliseconds(1)});
  const auto commits = impatient.Read(Sequence(1), Sequence(20));
  const auto commit = commits->Next();
  EXPECT_EQ(commit.status().code(), absl::StatusCode::kUnavailable);
  ASSERT_TRUE(impatient.error().has_value());
  EXPECT_EQ(impatient.error()->code, grpc::StatusCode::UNAVAILABLE);
  // It does not start again by itself.
  server_.losses = 0;
  EXPECT_EQ(commits->Next().status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(RemoteLogTest, ACursorMayBeLeftInTheMiddle) {
  const auto commits = log_.Read(Sequence(1), Sequence(20));
  EXPECT_TRUE(commits->Next().ok());
}

TEST_F(RemoteLogTest, AGapIsCaught) {
  server_.change = [](v1::StoredCommit& commit) {
    if (commit.first_sequence() == 9) commit.set_first_sequence(10);
  };
  ExpectFault("event 9: the server left it out");
}

TEST_F(RemoteLogTest, ARepetitionIsCaught) {
  server_.change = [](v1::StoredCommit& commit) {
    if (commit.first_sequence() == 9) commit.set_first_sequence(5);
  };
  ExpectFault("event 9: the server left it out: it sent events 5 to 8");
}

TEST_F(RemoteLogTest, ALogThatDoesNotBeginAtItsBeginningIsCaught) {
  server_.change = [](v1::StoredCommit& commit) { commit.set_first_sequence(commit.first_sequence() + 1); };
  ExpectFault("event 1: the server left it out");
}

TEST_F(RemoteLogTest, AServerCannotPassOffItsOwnErrorAsAFault) {
  server_.lose_after = 1;
  server_.losses = 1;
  server_.lost_as = grpc::StatusCode::DATA_LOSS;
  EXPECT_EQ(Read(1, 20).status().code(), absl::StatusCode::kUnavailable);
  ASSERT_TRUE(log_.error().has_value());
  EXPECT_EQ(log_.error()->code, grpc::StatusCode::DATA_LOSS);
}

TEST_F(RemoteLogTest, ACommitWithoutEventsIsCaught) {
  server_.change = [](v1::StoredCommit& commit) {
    if (commit.first_sequence() == 13) commit.clear_events();
  };
  ExpectFault("event 13: the server sent a commit without events");
}

TEST_F(RemoteLogTest, APartWithoutCommitsIsCaught) {
  server_.sends_nothing = true;
  ExpectFault("event 1: the server sent nothing");
}

TEST_F(RemoteLogTest, ACommitWithoutARootIsCaught) {
  server_.change = [](v1::StoredCommit& commit) {
    if (commit.first_sequence() == 13) commit.set_root_hash("short");
  };
  ExpectFault("event 13: the server sent its commit without a root");
}

TEST_F(RemoteLogTest, SequencesAtTheEndOfAllNumbersAreCaught) {
  server_.change = [](v1::StoredCommit& commit) { commit.set_first_sequence(UINT64_MAX - 1); };
  ExpectFault("event 1: the server left it out");
}

}  // namespace
}  // namespace redvest::client
