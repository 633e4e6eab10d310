#include "ledger/base/waiters.h"

#include <gtest/gtest.h>

#include <vector>

#include "absl/time/clock.h"
#include "ledger/base/error.h"

namespace redvest {
namespace {

class WaitersTest : public testing::Test {
 protected:
  // The index in codes_ of what becomes of the wait.
  size_t Wait(uint64_t sequence, absl::Time deadline = absl::InfiniteFuture()) {
    const size_t index = codes_.size();
    codes_.push_back(std::nullopt);
    waiters_.When(Sequence(sequence), deadline,
                  [this, index](absl::Status status) { codes_[index] = status.code(); });
    return index;
  }

  SequenceWaiters waiters_;
  std::vector<std::optional<absl::StatusCode>> codes_;
};

TEST_F(WaitersTest, ThoseWhoseSequenceIsReachedRunAndTheOthersWait) {
  const size_t two = Wait(2);
  const size_t three = Wait(3);
  waiters_.Advance(Sequence(2));
  EXPECT_EQ(codes_[two], absl::StatusCode::kOk);
  EXPECT_EQ(codes_[three], std::nullopt);
  EXPECT_EQ(codes_[Wait(1)], absl::StatusCode::kOk);
  waiters_.Advance(Sequence(1));
  EXPECT_EQ(waiters_.position(), Sequence(2)) << "it only grows";
}

TEST_F(WaitersTest, ADeadlineEndsTheWait) {
  const absl::Time now = absl::Now();
  const size_t soon = Wait(1, now + absl::Hours(1));
  const size_t later = Wait(1, now + absl::Hours(2));
  EXPECT_EQ(codes_[Wait(1, now - absl::Seconds(1))], absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(codes_[Wait(0, now - absl::Seconds(1))], absl::StatusCode::kOk)
      << "what is reached needs no wait";
  waiters_.Expire(now + absl::Minutes(90));
  EXPECT_EQ(codes_[soon], absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(codes_[later], std::nullopt);
}

TEST_F(WaitersTest, AFailureEndsAllWaitsAndThoseToCome) {
  const size_t waiting = Wait(5);
  waiters_.Fail(MakeError(v1::ERROR_REASON_LEDGER_STOPPED));
  EXPECT_EQ(codes_[waiting], absl::StatusCode::kUnavailable);
  EXPECT_EQ(codes_[Wait(5)], absl::StatusCode::kUnavailable);
  EXPECT_EQ(codes_[Wait(0)], absl::StatusCode::kOk);
}

TEST_F(WaitersTest, TooManyAreTurnedAway) {
  for (size_t i = 0; i < SequenceWaiters::kWaitersMax; ++i) Wait(1);
  EXPECT_EQ(codes_[Wait(1)], absl::StatusCode::kResourceExhausted);
  waiters_.Advance(Sequence(1));
  EXPECT_EQ(codes_.front(), absl::StatusCode::kOk);
}

}  // namespace
}  // namespace redvest
