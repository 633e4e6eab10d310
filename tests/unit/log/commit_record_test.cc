#include "ledger/log/commit_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

#include "ledger/base/bytes.h"
#include "ledger/base/crc32c.h"

namespace redvest {
namespace {

merkle::Hash SomeRoot() {
  merkle::Hash root;
  for (size_t i = 0; i < root.size(); ++i) root[i] = static_cast<uint8_t>(200 + i);
  return root;
}

std::string SomeRecord() {
  CommitBuilder commit(Sequence(1000));
  commit.Add("first");
  commit.Add("");
  commit.Add(std::string(300, 'x'));
  return commit.Seal(SomeRoot());
}

// The record with its checksum made right, as a hostile writer would.
std::string WithChecksum(std::string body) {
  const uint32_t checksum = Crc32c(body);
  AppendLittleEndian(&body, checksum, 4);
  return body;
}
std::string BodyOf(const std::string& record) { return record.substr(0, record.size() - 4); }

TEST(CommitRecord, RoundTrips) {
  const std::string record = SomeRecord();
  const auto commit = DecodeCommit(record);
  ASSERT_TRUE(commit.ok()) << commit.status();
  EXPECT_EQ(commit->first, Sequence(1000));
  EXPECT_EQ(commit->last(), Sequence(1002));
  EXPECT_EQ(commit->root, SomeRoot());
  EXPECT_THAT(commit->events, testing::ElementsAre("first", "", std::string(300, 'x')));
}

TEST(CommitRecord, BuilderCountsTheBytesOfEventsAndLengths) {
  CommitBuilder commit(Sequence(1));
  EXPECT_EQ(commit.bytes(), 0u);
  commit.Add(std::string(127, 'x'));
  commit.Add(std::string(128, 'x'));
  EXPECT_EQ(commit.bytes(), 128u + 130u);
  EXPECT_EQ(commit.event_count(), 2u);
}

// The bytes of version 1 stand still: ledger/docs/log_format.md.
TEST(CommitRecord, HasTheDocumentedBytes) {
  CommitBuilder commit(Sequence(0x0102));
  commit.Add("ab");
  const merkle::Hash root{};
  EXPECT_EQ(BodyOf(commit.Seal(root)), std::string("\x01"
                                                   "\x02\x01\0\0\0\0\0\0"
                                                   "\x01\0\0\0"
                                                   "\x02\x01\0\0\0\0\0\0",
                                                   21) +
                                           std::string(32, '\0') + "\x02" + "ab");
}

TEST(CommitRecord, EveryFlippedBitIsNoticed) {
  const std::string record = SomeRecord();
  for (size_t i = 0; i < record.size() * 8; ++i) {
    std::string damaged = record;
    damaged[i / 8] = static_cast<char>(damaged[i / 8] ^ (1 << (i % 8)));
    ASSERT_EQ(DecodeCommit(damaged).status().code(), absl::StatusCode::kDataLoss) << "bit " << i;
  }
}

TEST(CommitRecord, EveryShorteningIsNoticed) {
  const std::string record = SomeRecord();
  for (size_t size = 0; size < record.size(); ++size) {
    ASSERT_EQ(DecodeCommit(record.substr(0, size)).status().code(), absl::StatusCode::kDataLoss) << size;
  }
  // Also where the checksum is right for what is left.
  const std::string body = BodyOf(record);
  for (size_t size = 0; size < body.size(); ++size) {
    ASSERT_FALSE(DecodeCommit(WithChecksum(body.substr(0, size))).ok()) << size;
  }
}

TEST(CommitRecord, NewerVersionIsToldFromDamage) {
  std::string body = BodyOf(SomeRecord());
  body[0] = 2;
  EXPECT_EQ(DecodeCommit(WithChecksum(body)).status().code(), absl::StatusCode::kFailedPrecondition);
  body[0] = 0;
  EXPECT_EQ(DecodeCommit(WithChecksum(body)).status().code(), absl::StatusCode::kDataLoss);
}

// A body whose fields are each given.
std::string Body(uint64_t first, uint32_t count, uint64_t tree_size, const std::string& events) {
  std::string body(1, '\x01');
  AppendLittleEndian(&body, first, 8);
  AppendLittleEndian(&body, count, 4);
  AppendLittleEndian(&body, tree_size, 8);
  return body + std::string(32, 'r') + events;
}

TEST(CommitRecord, HostileFieldsWithARightChecksumAreRefused) {
  using namespace std::string_literals;
  ASSERT_TRUE(DecodeCommit(WithChecksum(Body(5, 1, 5, "\x01x"s))).ok());
  const std::string hostile[] = {
      Body(0, 1, 0, "\x01x"s),                                  // sequences start at 1
      Body(5, 0, 4, ""s),                                       // no event
      Body(5, 1, 6, "\x01x"s),                                  // tree size
      Body(5, 2, 6, "\x01x"s),                                  // more events than there are
      Body(5, UINT32_MAX, 4 + uint64_t{UINT32_MAX}, "\x01x"s),  // a count that would take much memory
      Body(UINT64_MAX, 2, 0, "\x00\x00"s),                      // sequences wrap round
      Body(5, 1, 5, "\x02x"s),                                  // length beyond the end
      Body(5, 1, 5, "\x01xy"s),                                 // bytes after the last event
      Body(5, 1, 5, "\x81\x00x"s),                              // length not in its shortest form
      Body(5, 1, 5, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01x"s),
  };
  for (const std::string& body : hostile) {
    EXPECT_EQ(DecodeCommit(WithChecksum(body)).status().code(), absl::StatusCode::kDataLoss);
  }
}

TEST(CommitRecord, RandomBytesWithARightChecksumNeverMisread) {
  const char* given = std::getenv("REDVEST_SEED");
  const uint64_t seed = given != nullptr ? std::stoull(given) : std::random_device()();
  std::cout << "REDVEST_SEED=" << seed << "\n";
  std::mt19937_64 random(seed);
  const std::string body = BodyOf(SomeRecord());
  for (int round = 0; round < 20'000; ++round) {
    std::string changed = body;
    for (uint64_t n = 1 + random() % 4; n > 0; --n)
      changed[random() % changed.size()] = static_cast<char>(random());
    if (random() % 4 == 0) changed.resize(random() % (changed.size() + 1));
    const std::string record = WithChecksum(changed);
    const auto commit = DecodeCommit(record);
    if (!commit.ok()) continue;
    // What is taken in can be written again to the same bytes.
    CommitBuilder again(commit->first);
    for (std::string_view event : commit->events) again.Add(event);
    ASSERT_EQ(again.Seal(*commit->root), record);
  }
}

}  // namespace
}  // namespace redvest
