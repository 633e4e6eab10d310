// The accounts table, read in ranges.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "ledger/audit/table_check.h"
#include "ledger/base/bytes.h"
#include "tests/unit/projection/sample_events.h"

namespace redvest {
namespace {

using testing::HasSubstr;

// Events that are nothing but postings.
class AccountsCheckTest : public testing::Test {
 protected:
  static constexpr uint64_t kEvents = 4000;

  AccountsCheckTest() {
    for (uint64_t i = 0; i < kEvents; ++i) {
      Postings& postings = postings_.emplace_back();
      postings.push_back({AnyAccount(), static_cast<int64_t>(random_() % 2000) - 1000});
      // Half of all are of the kind that has one account.
      if (i % 2 == 0) postings.push_back({{AccountKind::kCanteenSales}, 1 + static_cast<int64_t>(i)});
    }
    const std::unique_ptr<Projection> projection = NewAccountsProjection();
    EXPECT_TRUE(projection->Load(*store_).ok());
    const event::v1::Event event;
    for (uint64_t i = 0; i < kEvents; ++i) {
      EXPECT_TRUE(projection->Add({Sequence(i + 1), event, postings_[i], {}}).ok());
      for (const Posting& posting : postings_[i]) entries_[posting.account][i + 1] = posting.amount;
    }
    WriteBatch batch{.table = TableId::kAccounts, .puts = {PositionRow(Sequence(kEvents))}, .deletes = {}};
    EXPECT_TRUE(projection->Gather(*store_, &batch).ok());
    EXPECT_TRUE(store_->Write(batch, Durability::kRebuildable).ok());
  }

  Account AnyAccount() {
    switch (random_() % 3) {
      case 0:
        return {AccountKind::kMealCard, 1 + random_() % 300};
      case 1:
        return {AccountKind::kDemand, 6'217'000'000'000 + random_() % 1'000'000 * 1000};
      default:
        return {AccountKind::kDrawer, 1 + random_() % 3};
    }
  }

  void Put(const std::string& key, const std::string& value) {
    ASSERT_TRUE(store_
                    ->Write({.table = TableId::kAccounts, .puts = {{key, value}}, .deletes = {}},
                            Durability::kRebuildable)
                    .ok());
  }
  void Delete(const std::string& key) {
    ASSERT_TRUE(
        store_->Write({.table = TableId::kAccounts, .puts = {}, .deletes = {key}}, Durability::kRebuildable)
            .ok());
  }

  std::unique_ptr<AccountsCheck> Folded() const {
    auto check = std::make_unique<AccountsCheck>(*store_, Sequence(kEvents));
    PreparedCommit commit;
    commit.first = Sequence(1);
    for (const Postings& postings : postings_) commit.events.emplace_back().postings = postings;
    check->Prepare(&commit);
    check->CommitFolded(commit, {}, {}, nullptr);
    EXPECT_TRUE(check->Split().ok());
    return check;
  }
  absl::StatusOr<bool> Agrees() const {
    const std::unique_ptr<AccountsCheck> check = Folded();
    for (size_t i = 0; i < check->ranges().size(); ++i) check->ReadRange(i, nullptr);
    return check->Agrees();
  }
  // Not right, whether a row is named or only a replay could tell.
  void ExpectWrong() const {
    const auto agrees = Agrees();
    EXPECT_FALSE(agrees.ok() && *agrees);
  }

  const uint64_t seed_ = sample::Seed();
  std::mt19937_64 random_{seed_};
  std::vector<Postings> postings_;  // by event
  std::map<Account, std::map<uint64_t, int64_t>> entries_;
  std::unique_ptr<Store> store_ = NewMemoryStore();
};

TEST_F(AccountsCheckTest, ARightTableAgrees) {
  const auto agrees = Agrees();
  ASSERT_TRUE(agrees.ok()) << agrees.status();
  EXPECT_TRUE(*agrees);
}

TEST_F(AccountsCheckTest, RangesHoldEveryAccountOnceAndManyAccountsManyRanges) {
  const std::unique_ptr<AccountsCheck> check = Folded();
  const std::vector<AccountRange>& ranges = check->ranges();
  EXPECT_EQ(ranges.front().begin, "");
  EXPECT_FALSE(ranges.back().end.has_value());
  for (size_t i = 1; i < ranges.size(); ++i) {
    EXPECT_EQ(*ranges[i - 1].end, ranges[i].begin);
    EXPECT_LT(ranges[i - 1].begin, ranges[i].begin);
  }
  std::map<AccountKind, std::set<size_t>> used;
  for (const auto& [account, entries] : entries_) {
    std::string key(1, static_cast<char>(account.kind));
    AppendBigEndian(&key, account.id);
    size_t holding = 0;
    for (size_t i = 0; i < ranges.size(); ++i) {
      if (key < ranges[i].begin || !ranges[i].Holds("A", "A" + key)) continue;
      ++holding;
      used[account.kind].insert(i);
      EXPECT_EQ(ranges[i].one_account, account.kind == AccountKind::kCanteenSales);
    }
    EXPECT_EQ(holding, 1u);
  }
  EXPECT_GE(used[AccountKind::kMealCard].size(), 8u);
  EXPECT_GE(used[AccountKind::kDemand].size(), 8u) << "numbers that begin far from 1";
}

// Expects the entries of a range.
class ExpectEntries final : public EntryVisitor {
 public:
  explicit ExpectEntries(std::map<Account, std::map<uint64_t, int64_t>>* left) : left_(*left) {}
  void Entry(Sequence sequence, int64_t amount) override { told_[sequence.value()] = amount; }
  void EndOf(const Account& account) override {
    EXPECT_EQ(told_, left_[account]) << FormatAccount(account);
    left_.erase(account);
    told_.clear();
  }
  void End() override { ++ended_; }
  size_t ended() const { return ended_; }

 private:
  std::map<Account, std::map<uint64_t, int64_t>>& left_;
  std::map<uint64_t, int64_t> told_;
  size_t ended_ = 0;
};

TEST_F(AccountsCheckTest, AVisitorIsToldEveryEntryInWhateverOrderRangesAreRead) {
  const std::unique_ptr<AccountsCheck> check = Folded();
  ExpectEntries visitor(&entries_);
  for (size_t i = check->ranges().size(); i-- > 0;) check->ReadRange(i, &visitor);
  EXPECT_TRUE(*check->Agrees());
  EXPECT_TRUE(entries_.empty()) << "accounts were left out";
  EXPECT_EQ(visitor.ended(), check->ranges().size());
}

TEST_F(AccountsCheckTest, EveryRowThatIsMissingOrChangedIsNoticed) {
  std::vector<std::pair<std::string, std::string>> rows;
  const std::unique_ptr<StoreCursor> cursor = store_->NewCursor(TableId::kAccounts);
  for (cursor->Seek({}); cursor->Valid(); cursor->Next()) rows.emplace_back(cursor->key(), cursor->value());
  for (int round = 0; round < 60; ++round) {
    const auto& [key, value] = rows[random_() % rows.size()];
    if (key == kPositionKey) continue;
    Delete(key);
    ExpectWrong();
    std::string changed = value;
    const size_t bit = random_() % (8 * changed.size());
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
    Put(key, changed);
    ExpectWrong();
    Put(key, value);
  }
  EXPECT_TRUE(*Agrees());
}

TEST_F(AccountsCheckTest, ForeignRowsAreNoticedWhereverTheyStand) {
  std::string after_all(1, static_cast<char>(AccountKind::kBiller));
  AppendBigEndian(&after_all, UINT64_MAX);
  for (const std::string& key :
       {std::string("0"), std::string("A"), "A" + std::string(9, '\xFF'), std::string("B"),
        "B" + std::string(17, '\0'), "B" + after_all + std::string(8, '\x01'), std::string("B\xFF"),
        std::string("C"), std::string("\xFFz")}) {
    SCOPED_TRACE(testing::PrintToString(key));
    Put(key, "x");
    EXPECT_THAT(std::string(Agrees().status().message()), HasSubstr("projection accounts differs"));
    Delete(key);
  }
  EXPECT_TRUE(*Agrees());
}

}  // namespace
}  // namespace redvest
