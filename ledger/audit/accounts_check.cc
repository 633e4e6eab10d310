// AccountsCheck: see table_check.h. The rows are in ledger/docs/log_format.md.
#include "absl/strings/str_cat.h"
#include "ledger/audit/table_check.h"
#include "ledger/base/bytes.h"
#include "ledger/base/check.h"
#include "ledger/projection/accounts.h"

namespace redvest {
namespace {

constexpr std::string_view kAccountPrefix = "A";
constexpr std::string_view kBlockPrefix = "B";

Uint128 AccountFact(const Account& account) {
  return Uint128{static_cast<uint8_t>(account.kind)} << 64 | account.id;
}

// REQUIRES: the sequence is below 2^63.
Uint128 EntryFact(Sequence sequence, int64_t amount) {
  return Uint128{sequence.value()} << 64 | static_cast<uint64_t>(amount);
}

bool ReadAccountKey(std::string_view key, Account* account) {
  uint64_t kind;
  ByteReader reader(key.substr(1));
  if (!reader.BigEndian(&kind, 1) || !reader.BigEndian(&account->id) || !reader.empty()) return false;
  account->kind = static_cast<AccountKind>(kind);
  return kind >= 1 && kind <= kAccountKindCount;
}

}  // namespace

void AccountsCheck::Prepare(PreparedCommit* commit) const {
  const size_t covered = Covered(*commit);
  uint64_t sequence = commit->first.value();
  for (size_t i = 0; i < covered; ++i, ++sequence) {
    for (const Posting& posting : commit->events[i].postings) {
      commit->postings.Add(
          key_, key_.Pair(AccountFact(posting.account), EntryFact(Sequence(sequence), posting.amount)));
    }
  }
}

absl::StatusOr<bool> AccountsCheck::Agrees() {
  const std::unique_ptr<StoreCursor> accounts = store_.NewCursor(TableId::kAccounts);
  const std::unique_ptr<StoreCursor> blocks = store_.NewCursor(TableId::kAccounts);
  blocks->Seek(kBlockPrefix);
  for (accounts->Seek({}); accounts->Valid(); accounts->Next()) {
    if (!accounts->key().starts_with(kAccountPrefix)) break;
    REDVEST_RETURN_IF_ERROR(ReadAccount(accounts->key(), accounts->value(), *blocks));
  }
  REDVEST_RETURN_IF_ERROR(accounts->status());
  // Nothing is left but the blocks, which were all read, and the position.
  if (accounts->Valid() && !accounts->key().starts_with(kBlockPrefix) && accounts->key() != kPositionKey) {
    return Foreign(TableId::kAccounts, accounts->key());
  }
  if (blocks->Valid() && blocks->key() == kPositionKey) blocks->Next();
  if (blocks->Valid()) return Foreign(TableId::kAccounts, blocks->key());
  REDVEST_RETURN_IF_ERROR(blocks->status());
  return entries_ == posted_;
}

// Reads an account's row, after its full blocks, which come in the same order as the accounts' rows.
absl::Status AccountsCheck::ReadAccount(std::string_view key, std::string_view value, StoreCursor& blocks) {
  Reading reading;
  if (!ReadAccountKey(key, &reading.account)) return Foreign(TableId::kAccounts, key);
  reading.fact = key_.Begin(AccountFact(reading.account));
  const std::string prefix = absl::StrCat("B", absl::string_view(key.data() + 1, key.size() - 1));
  for (; blocks.Valid() && blocks.key().starts_with(prefix); blocks.Next()) {
    uint64_t first;
    ByteReader block_key(blocks.key().substr(prefix.size()));
    if (!block_key.BigEndian(&first) || !block_key.empty()) return Foreign(TableId::kAccounts, blocks.key());
    REDVEST_RETURN_IF_ERROR(ReadBlock(blocks.value(), Sequence(first), /*is_full=*/true, &reading));
  }
  REDVEST_RETURN_IF_ERROR(blocks.status());

  const std::string account = FormatAccount(reading.account);
  int64_t balance;
  uint64_t last, first;
  ByteReader row(value);
  if (!row.Zigzag(&balance) || !row.Varint(&last) || !row.Varint(&first)) {
    return Differs(absl::StrCat("the row of ", account, " cannot be read"));
  }
  REDVEST_RETURN_IF_ERROR(ReadBlock(row.rest(), Sequence(first), /*is_full=*/false, &reading));
  if (balance != reading.balance || last != reading.last.value()) {
    return Differs(absl::StrCat(account, " has a balance of ", balance, " at event ", last,
                                ", but its entries come to ", reading.balance, " at event ",
                                reading.last.value()));
  }
  if (visitor_ != nullptr) visitor_->EndOf(reading.account);
  return absl::OkStatus();
}

absl::Status AccountsCheck::ReadBlock(std::string_view bytes, Sequence first, bool is_full,
                                      Reading* reading) {
  const auto wrong = [&](absl::string_view what) {
    return Differs(absl::StrCat("the entries of ", FormatAccount(reading->account), " from event ",
                                first.value(), " on ", what));
  };
  int64_t opening;
  uint64_t count;
  ByteReader reader(bytes);
  if (!reader.Zigzag(&opening) || !reader.Varint(&count)) return wrong("cannot be read");
  if (opening != reading->balance) {
    return wrong(absl::StrCat("open with ", opening, ", where ", reading->balance, " was left"));
  }
  if (is_full ? count != kBlockEntries : count < 1 || count > kBlockEntries)
    return wrong("are of a wrong number");
  if (first <= reading->last) return wrong("do not follow on those before");
  uint64_t sequence = first.value();
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t delta;
    int64_t amount;
    if (!reader.Varint(&delta) || !reader.Zigzag(&amount)) return wrong("cannot be read");
    if ((i == 0) != (delta == 0) || delta > position().value() || (sequence += delta) > position().value() ||
        __builtin_add_overflow(reading->balance, amount, &reading->balance)) {
      return wrong("are not in the order of the log, or leave its range");
    }
    entries_.Add(key_, FingerprintKey::End(reading->fact, EntryFact(Sequence(sequence), amount)));
    if (visitor_ != nullptr) visitor_->Entry(Sequence(sequence), amount);
  }
  reading->last = Sequence(sequence);
  return reader.empty() ? absl::OkStatus() : wrong("are followed by something else");
}

}  // namespace redvest
