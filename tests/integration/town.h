// A small neighbourhood on a real daemon, for tests to act in.
#ifndef REDVEST_TESTS_INTEGRATION_TOWN_H_
#define REDVEST_TESTS_INTEGRATION_TOWN_H_

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/client.h"
#include "tests/integration/daemon.h"

namespace redvest::testing {

// Prices and limits of the policy that the town adopts.
inline constexpr int64_t kStandardFen = 1'000;
inline constexpr int64_t kElderFen = 700;
inline constexpr int64_t kSubsidyFen = 300;
inline constexpr int64_t kMealPoints = 2;
inline constexpr int64_t kRicePoints = 3;
inline constexpr int64_t kCardMaxFen = 500'000;
inline constexpr int64_t kMealsPerDay = 3;
inline constexpr int64_t kWithdrawalMaxFen = 200'000;
inline constexpr int64_t kWithdrawalMultipleFen = 1'000;

// Founded, with a terminal of each role, a policy, a volunteer, an elder and a bank account.
struct Town {
  // Null, with a failure of the test, where the daemon does not start.
  static std::unique_ptr<Town> Found(std::vector<std::string> flags = {});

  // Stops the daemon as an operator does, and starts it again.
  void Restart();

  // The next commands of the desks, for tests that need them often.
  v1::SellMealRequest GuestMeal(int32_t portions = 1);
  v1::TopUpMealCardRequest TopUp(uint64_t member, int64_t fen);
  v1::RecordServiceRequest Service(uint64_t volunteer, int32_t minutes);
  v1::DepositCashRequest Deposit(int64_t fen);

  TempFolder folder;
  std::string data = folder.Path("ledger");
  std::vector<std::string> flags;
  std::unique_ptr<Daemon> daemon;
  std::unique_ptr<Client> client;

  Desk office, station, till, counter, import;
  uint64_t team = 0, rice = 0, biller = 0, funder = 0, care = 0;
  uint64_t volunteer = 0, elder = 0;
  uint64_t account = 0;  // of the elder

 private:
  void Settle();
  void AdoptPolicy();
  uint64_t Enrol(v1::Role role, const std::string& label);
  uint64_t Register(v1::EntryKind kind, const std::string& label);
  uint64_t RegisterMember(const v1::MemberProfile& profile);
};

// A town for each test.
class TownTest : public ::testing::Test {
 protected:
  void SetUp() override {
    town_ = Town::Found();
    ASSERT_NE(town_, nullptr);
  }
  Town& town() { return *town_; }
  Client& client() { return *town_->client; }

 private:
  std::unique_ptr<Town> town_;
};

// Fails the test unless the call was refused with this code, reason and facts.
template <typename Answered>
void ExpectRefused(const Answered& answer, grpc::StatusCode code, v1::ErrorReason reason,
                   const std::vector<std::string>& facts) {
  EXPECT_EQ(answer.status.error_code(), code) << answer.status.error_message();
  EXPECT_EQ(v1::ErrorReason_Name(answer.error.reason()), v1::ErrorReason_Name(reason));
  for (const std::string& fact : facts) {
    const std::vector<std::string> all = Facts(answer.error);
    EXPECT_NE(std::find(all.begin(), all.end(), fact), all.end())
        << "no " << fact << " in " << answer.error.ShortDebugString();
  }
  EXPECT_FALSE(answer.status.error_message().empty());
  EXPECT_EQ(answer.status.error_message().find('?'), std::string::npos) << answer.status.error_message();
}

#define ASSERT_RECORDED(answer) ASSERT_TRUE((answer).ok()) << (answer).status.error_message()

}  // namespace redvest::testing

#endif  // REDVEST_TESTS_INTEGRATION_TOWN_H_
