// AccountsCheck: see table_check.h. The rows are in ledger/docs/log_format.md.
#include "absl/strings/str_cat.h"
#include "ledger/audit/table_check.h"
#include "ledger/base/bytes.h"
#include "ledger/base/check.h"
#include "ledger/base/text.h"
#include "ledger/projection/accounts.h"

namespace redvest {
namespace {

constexpr absl::string_view kAccountPrefix = "A";
constexpr absl::string_view kBlockPrefix = "B";

// REQUIRES: the sequence is below 2^63.
Uint128 EntryFact(Sequence sequence, int64_t amount) {
  return Uint128{sequence.value()} << 64 | static_cast<uint64_t>(amount);
}

std::string AccountKey(const Account& account) {
  std::string key(1, static_cast<char>(account.kind));
  AppendBigEndian(&key, account.id);
  return key;
}

bool ReadAccountKey(std::string_view key, Account* account) {
  uint64_t kind;
  ByteReader reader(key.substr(1));
  if (!reader.BigEndian(&kind, 1) || !reader.BigEndian(&account->id) || !reader.empty()) return false;
  account->kind = static_cast<AccountKind>(kind);
  return kind >= 1 && kind <= kAccountKindCount;
}

}  // namespace

AccountsCheck::AccountsCheck(const Store& store, Sequence position)
    : TableCheck(store, "accounts", position), key_(FingerprintKey::Draw()) {
  for (size_t kind = 0; kind < kinds_.size(); ++kind) kinds_[kind] = key_.Begin(Uint128{kind} << 64);
}

void AccountsCheck::Prepare(PreparedCommit* commit) const {
  const size_t covered = Covered(*commit);
  Fingerprint postings;
  uint64_t sequence = commit->first.value();
  for (size_t i = 0; i < covered; ++i, ++sequence) {
    for (const Posting& posting : commit->events[i].postings) {
      postings.Add(
          key_, FingerprintKey::End(FactOf(posting.account), EntryFact(Sequence(sequence), posting.amount)));
    }
  }
  commit->postings = postings;
}

absl::Status AccountsCheck::Split() {
  constexpr uint64_t kRangesPerKind = 8;
  const std::unique_ptr<StoreCursor> accounts = store_.NewCursor(TableId::kAccounts);
  for (const AccountRule& rule : kChartOfAccounts) {
    // The first range also holds whatever stands before the chart.
    ranges_.push_back({.begin = ranges_.empty() ? "" : AccountKey({rule.kind, 0}),
                       .end = std::nullopt,
                       .one_account = !rule.has_id});
    Account first, last;
    accounts->Seek(absl::StrCat(kAccountPrefix, AccountKey({rule.kind, 0})));
    if (!accounts->Valid() || !ReadAccountKey(accounts->key(), &first) || first.kind != rule.kind) continue;
    accounts->SeekForPrev(absl::StrCat(kAccountPrefix, AccountKey({rule.kind, UINT64_MAX})));
    if (!accounts->Valid() || !ReadAccountKey(accounts->key(), &last) || last.kind != rule.kind) continue;
    const uint64_t step = (last.id - first.id) / kRangesPerKind;
    for (uint64_t range = 1; step > 0 && range < kRangesPerKind; ++range) {
      ranges_.push_back({.begin = AccountKey({rule.kind, first.id + range * step}), .end = std::nullopt});
    }
  }
  for (size_t i = 1; i < ranges_.size(); ++i) ranges_[i - 1].end = ranges_[i].begin;
  read_.resize(ranges_.size());
  return accounts->status();
}

// Reads the accounts of a range, each after its full blocks, which come in the same order.
class AccountsCheck::RangeReader {
 public:
  RangeReader(const AccountsCheck& check, const AccountRange& range, EntryVisitor* visitor)
      : check_(check),
        range_(range),
        visitor_(visitor),
        accounts_(check.store_.NewCursor(TableId::kAccounts)),
        blocks_(check.store_.NewCursor(TableId::kAccounts)) {}

  absl::Status Run() {
    accounts_->Seek(absl::StrCat(kAccountPrefix, range_.begin));
    blocks_->Seek(absl::StrCat(kBlockPrefix, range_.begin));
    for (; accounts_->Valid() && range_.Holds(ToStd(kAccountPrefix), accounts_->key()); accounts_->Next()) {
      REDVEST_RETURN_IF_ERROR(ReadAccount(accounts_->key(), accounts_->value()));
    }
    REDVEST_RETURN_IF_ERROR(accounts_->status());
    if (blocks_->Valid() && range_.Holds(ToStd(kBlockPrefix), blocks_->key())) {
      return check_.Foreign(TableId::kAccounts, blocks_->key());
    }
    if (visitor_ != nullptr) visitor_->End();
    return blocks_->status();
  }

  const Fingerprint& entries() const { return entries_; }

 private:
  absl::Status ReadAccount(std::string_view key, std::string_view value);
  absl::Status ReadBlock(std::string_view bytes, Sequence first, bool is_full);

  const AccountsCheck& check_;
  const AccountRange& range_;
  EntryVisitor* const visitor_;
  const std::unique_ptr<StoreCursor> accounts_;
  const std::unique_ptr<StoreCursor> blocks_;
  Fingerprint entries_;

  // The account whose rows are read.
  Account account_;
  Uint128 fact_ = 0;  // of the account: what those of its entries begin with
  Sequence last_;
  int64_t balance_ = 0;
};

absl::Status AccountsCheck::RangeReader::ReadAccount(std::string_view key, std::string_view value) {
  if (!ReadAccountKey(key, &account_)) return check_.Foreign(TableId::kAccounts, key);
  fact_ = check_.FactOf(account_);
  last_ = Sequence();
  balance_ = 0;
  const std::string prefix = absl::StrCat(kBlockPrefix, ToAbsl(key.substr(1)));
  for (; blocks_->Valid() && blocks_->key().starts_with(prefix); blocks_->Next()) {
    uint64_t first;
    ByteReader block_key(blocks_->key().substr(prefix.size()));
    if (!block_key.BigEndian(&first) || !block_key.empty()) {
      return check_.Foreign(TableId::kAccounts, blocks_->key());
    }
    REDVEST_RETURN_IF_ERROR(ReadBlock(blocks_->value(), Sequence(first), /*is_full=*/true));
  }
  REDVEST_RETURN_IF_ERROR(blocks_->status());

  const std::string account = FormatAccount(account_);
  int64_t balance;
  uint64_t last, first;
  ByteReader row(value);
  if (!row.Zigzag(&balance) || !row.Varint(&last) || !row.Varint(&first)) {
    return check_.Differs(absl::StrCat("the row of ", account, " cannot be read"));
  }
  REDVEST_RETURN_IF_ERROR(ReadBlock(row.rest(), Sequence(first), /*is_full=*/false));
  if (balance != balance_ || last != last_.value()) {
    return check_.Differs(absl::StrCat(account, " has a balance of ", balance, " at event ", last,
                                       ", but its entries come to ", balance_, " at event ", last_.value()));
  }
  if (visitor_ != nullptr) visitor_->EndOf(account_);
  return absl::OkStatus();
}

absl::Status AccountsCheck::RangeReader::ReadBlock(std::string_view bytes, Sequence first, bool is_full) {
  const auto wrong = [&](absl::string_view what) {
    return check_.Differs(absl::StrCat("the entries of ", FormatAccount(account_), " from event ",
                                       first.value(), " on ", what));
  };
  int64_t opening;
  uint64_t count;
  ByteReader reader(bytes);
  if (!reader.Zigzag(&opening) || !reader.Varint(&count)) return wrong("cannot be read");
  if (opening != balance_) {
    return wrong(absl::StrCat("open with ", opening, ", where ", balance_, " was left"));
  }
  if (is_full ? count != kBlockEntries : count < 1 || count > kBlockEntries)
    return wrong("are of a wrong number");
  if (first <= last_) return wrong("do not follow on those before");
  const uint64_t position = check_.position().value();
  uint64_t sequence = first.value();
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t delta;
    int64_t amount;
    if (!reader.Varint(&delta) || !reader.Zigzag(&amount)) return wrong("cannot be read");
    if ((i == 0) != (delta == 0) || delta > position || (sequence += delta) > position ||
        __builtin_add_overflow(balance_, amount, &balance_)) {
      return wrong("are not in the order of the log, or leave its range");
    }
    entries_.Add(check_.key_, FingerprintKey::End(fact_, EntryFact(Sequence(sequence), amount)));
    if (visitor_ != nullptr) visitor_->Entry(Sequence(sequence), amount);
  }
  last_ = Sequence(sequence);
  return reader.empty() ? absl::OkStatus() : wrong("are followed by something else");
}

void AccountsCheck::ReadRange(size_t range, EntryVisitor* visitor) {
  RangeReader reader(*this, ranges_[range], visitor);
  read_[range].status = reader.Run();
  read_[range].entries = reader.entries();
}

absl::StatusOr<bool> AccountsCheck::Agrees() {
  Fingerprint entries;
  for (const RangeRead& read : read_) {
    REDVEST_RETURN_IF_ERROR(read.status);
    entries.Add(read.entries);
  }
  // Nothing is before the accounts and behind their blocks, but the position.
  const std::unique_ptr<StoreCursor> others = store_.NewCursor(TableId::kAccounts);
  others->Seek({});
  if (others->Valid() && others->key() < ToStd(kAccountPrefix)) {
    return Foreign(TableId::kAccounts, others->key());
  }
  REDVEST_RETURN_IF_ERROR(others->status());
  for (others->Seek(std::string(1, kBlockPrefix.front() + 1)); others->Valid(); others->Next()) {
    if (others->key() != kPositionKey) return Foreign(TableId::kAccounts, others->key());
  }
  REDVEST_RETURN_IF_ERROR(others->status());
  return entries == posted_;
}

}  // namespace redvest
