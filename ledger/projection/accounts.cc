// Table kAccounts: a row for each account with its balance and its open block of entries, and a row for each
// full block. Every block but the open one holds kBlockEntries entries, so the rows follow from the log
// alone. The rows are in ledger/docs/log_format.md.
#include "ledger/projection/accounts.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"
#include "ledger/base/text.h"
#include "ledger/projection/forward_cursor.h"
#include "ledger/projection/projection.h"

namespace redvest {
namespace {

constexpr char kAccountPrefix = 'A';
constexpr char kBlockPrefix = 'B';

std::string KeyOf(char prefix, const Account& account) {
  std::string key(1, prefix);
  key.push_back(static_cast<char>(account.kind));
  AppendBigEndian(&key, account.id);
  return key;
}

std::string BlockKey(const Account& account, Sequence first) {
  std::string key = KeyOf(kBlockPrefix, account);
  AppendBigEndian(&key, first.value());
  return key;
}

absl::Status Damaged(const Account& account) {
  return absl::DataLossError(absl::StrCat("a row of account kind ", static_cast<int>(account.kind), " id ",
                                          account.id,
                                          " cannot be read: drop the accounts projection and rebuild it"));
}

// Five varints.
constexpr size_t kHeadBytesMax = 50;

// The row of an account.
struct AccountRow {
  int64_t balance = 0;
  Sequence last;   // sequence of the newest entry
  Sequence first;  // of the open block
  // The open block. Invariant: 1 to kBlockEntries entries.
  int64_t opening = 0;  // balance before it
  uint64_t count = 0;
  std::string entries;

  // The block as it is stored: opening balance, number of entries, entries.
  std::string Block() const {
    std::string bytes;
    AppendBlock(&bytes);
    return bytes;
  }
  std::string Encode() const {
    std::string bytes;
    bytes.reserve(kHeadBytesMax + entries.size());
    AppendZigzag(&bytes, balance);
    AppendVarint(&bytes, last.value());
    AppendVarint(&bytes, first.value());
    AppendBlock(&bytes);
    return bytes;
  }
  void AppendBlock(std::string* out) const {
    AppendZigzag(out, opening);
    AppendVarint(out, count);
    out->append(entries);
  }
  static bool Decode(std::string_view bytes, AccountRow* row) {
    ByteReader reader(bytes);
    uint64_t last, first;
    if (!reader.Zigzag(&row->balance) || !reader.Varint(&last) || !reader.Varint(&first) ||
        !reader.Zigzag(&row->opening) || !reader.Varint(&row->count)) {
      return false;
    }
    row->last = Sequence(last);
    row->first = Sequence(first);
    row->entries = reader.rest();
    return row->count > 0 && row->count <= kBlockEntries;
  }
};

absl::StatusOr<std::optional<AccountRow>> ReadRow(const Account& account,
                                                  absl::StatusOr<std::optional<std::string>> bytes) {
  REDVEST_RETURN_IF_ERROR(bytes.status());
  if (!bytes->has_value()) return std::nullopt;
  AccountRow row;
  if (!AccountRow::Decode(**bytes, &row)) return Damaged(account);
  return row;
}

class AccountsProjection final : public Projection {
 public:
  std::string_view name() const override { return "accounts"; }
  TableId table() const override { return TableId::kAccounts; }
  absl::Status Load(const Store&) override { return absl::OkStatus(); }

  absl::Status Add(const ProjectedEvent& event) override {
    for (const Posting& posting : event.postings) {
      const uint32_t number = static_cast<uint32_t>(entries_.size());
      entries_.push_back({event.sequence, posting.amount});
      const auto [chain, is_first] = chains_.try_emplace(posting.account, Chain{number, number});
      if (is_first) continue;
      entries_[chain->second.last].next = number;
      chain->second.last = number;
    }
    return absl::OkStatus();
  }

  absl::Status Gather(const Store& store, WriteBatch* batch) override {
    std::vector<std::pair<Account, Chain>> chains(chains_.begin(), chains_.end());
    chains_.clear();
    std::sort(chains.begin(), chains.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    ForwardCursor rows(store.NewCursor(table()));
    for (const auto& [account, chain] : chains) {
      std::string key = KeyOf(kAccountPrefix, account);
      REDVEST_ASSIGN_OR_RETURN(const bool is_known, rows.Find(key));
      AccountRow row;
      if (is_known && !AccountRow::Decode(rows->value(), &row)) return Damaged(account);
      for (uint32_t number = chain.first; number != kNone; number = entries_[number].next) {
        REDVEST_RETURN_IF_ERROR(Append(account, entries_[number], &row, batch));
      }
      batch->puts.emplace_back(std::move(key), row.Encode());
    }
    entries_.clear();
    return absl::OkStatus();
  }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  struct Entry {
    Sequence sequence;
    int64_t amount;
    uint32_t next = kNone;  // the account's next entry
  };
  // The entries of an account, by their numbers.
  struct Chain {
    uint32_t first;
    uint32_t last;
  };

  // Adds an entry to the account's open block; a full one becomes a row of its own before.
  static absl::Status Append(const Account& account, const Entry& entry, AccountRow* row, WriteBatch* batch) {
    if (row->count == kBlockEntries) batch->puts.emplace_back(BlockKey(account, row->first), row->Block());
    if (row->count == kBlockEntries || row->count == 0) {
      *row = {.balance = row->balance,
              .last = entry.sequence,
              .first = entry.sequence,
              .opening = row->balance,
              .entries = {}};
    }
    if (__builtin_add_overflow(row->balance, entry.amount, &row->balance)) {
      return absl::DataLossError(absl::StrCat("the balance of ", FormatAccount(account),
                                              " leaves its range at event ", entry.sequence.value()));
    }
    AppendVarint(&row->entries, entry.sequence.value() - row->last.value());
    AppendZigzag(&row->entries, entry.amount);
    row->last = entry.sequence;
    ++row->count;
    return absl::OkStatus();
  }

  // Gathered.
  std::vector<Entry> entries_;  // in order of sequence
  absl::flat_hash_map<Account, Chain> chains_;
};

}  // namespace

std::unique_ptr<Projection> NewAccountsProjection() { return std::make_unique<AccountsProjection>(); }

// --- Reading

absl::StatusOr<AccountEntries> AccountEntries::Open(const StoreSnapshot& snapshot, const Account& account,
                                                    Sequence from) {
  AccountEntries entries(account);
  entries.from_ = from;
  REDVEST_ASSIGN_OR_RETURN(
      const std::optional<AccountRow> row,
      ReadRow(account, snapshot.Get(TableId::kAccounts, KeyOf(kAccountPrefix, account))));
  if (!row.has_value()) return entries;
  entries.open_block_first_ = row->first;
  entries.open_block_ = row->Block();
  if (from < row->first) {
    // The last full block that starts at or before `from`, or else the account's first.
    std::unique_ptr<StoreCursor> blocks = snapshot.NewCursor(TableId::kAccounts);
    const std::string prefix = KeyOf(kBlockPrefix, account);
    blocks->SeekForPrev(BlockKey(account, from));
    if (!blocks->Valid() || !blocks->key().starts_with(prefix)) {
      REDVEST_RETURN_IF_ERROR(blocks->status());
      blocks->Seek(prefix);
    }
    entries.full_blocks_ = std::move(blocks);
  }
  REDVEST_RETURN_IF_ERROR(entries.NextBlock());
  return entries;
}

absl::Status AccountEntries::EnterBlock(Sequence first, std::string bytes) {
  ByteReader reader(bytes);
  int64_t opening;
  uint64_t count;
  if (!reader.Zigzag(&opening) || !reader.Varint(&count)) return Damaged(account_);
  if (entered_ && (opening != balance_ || first <= last_)) return Damaged(account_);
  entered_ = true;
  balance_ = opening;
  block_left_ = count;
  block_at_ = bytes.size() - reader.rest().size();
  last_ = first;
  block_ = std::move(bytes);
  return absl::OkStatus();
}

// Enters the block after the present one, if there is one.
absl::Status AccountEntries::NextBlock() {
  if (full_blocks_ != nullptr) {
    if (entered_) full_blocks_->Next();
    const std::string prefix = KeyOf(kBlockPrefix, account_);
    if (full_blocks_->Valid() && full_blocks_->key().starts_with(prefix)) {
      uint64_t first;
      ByteReader key(full_blocks_->key().substr(prefix.size()));
      if (!key.BigEndian(&first) || !key.empty()) return Damaged(account_);
      return EnterBlock(Sequence(first), std::string(full_blocks_->value()));
    }
    REDVEST_RETURN_IF_ERROR(full_blocks_->status());
    full_blocks_.reset();
  }
  if (!open_block_first_) return absl::OkStatus();
  return EnterBlock(std::exchange(open_block_first_, Sequence()), std::move(open_block_));
}

absl::StatusOr<std::optional<AccountEntry>> AccountEntries::Next() {
  while (true) {
    if (block_left_ == 0) {
      REDVEST_RETURN_IF_ERROR(NextBlock());
      if (block_left_ == 0) return std::nullopt;
    }
    ByteReader reader(std::string_view(block_).substr(block_at_));
    uint64_t delta;
    int64_t amount;
    if (!reader.Varint(&delta) || !reader.Zigzag(&amount) ||
        __builtin_add_overflow(balance_, amount, &balance_)) {
      return Damaged(account_);
    }
    block_at_ = block_.size() - reader.rest().size();
    --block_left_;
    last_ = Sequence(last_.value() + delta);
    if (last_ >= from_) return AccountEntry{last_, amount, balance_};
  }
}

absl::StatusOr<std::optional<int64_t>> FindBalanceAt(const StoreSnapshot& snapshot, const Account& account,
                                                     Sequence at) {
  REDVEST_ASSIGN_OR_RETURN(
      const std::optional<AccountRow> row,
      ReadRow(account, snapshot.Get(TableId::kAccounts, KeyOf(kAccountPrefix, account))));
  if (!row.has_value()) return std::nullopt;
  if (at >= row->last) return row->balance;
  if (at < row->first) {
    // A block that starts by then is full, or there is none and the account had no entry yet.
    const std::unique_ptr<StoreCursor> blocks = snapshot.NewCursor(TableId::kAccounts);
    blocks->SeekForPrev(BlockKey(account, at));
    REDVEST_RETURN_IF_ERROR(blocks->status());
    if (!blocks->Valid() || !blocks->key().starts_with(KeyOf(kBlockPrefix, account))) return std::nullopt;
  }
  // From `at` on, entries before it in the same block are passed over, and with the next one the balance
  // before it is known.
  REDVEST_ASSIGN_OR_RETURN(AccountEntries entries, AccountEntries::Open(snapshot, account, at.Next()));
  REDVEST_ASSIGN_OR_RETURN(const std::optional<AccountEntry> after, entries.Next());
  return after.has_value() ? after->balance - after->amount : entries.balance();
}

absl::StatusOr<int64_t> BalanceAt(const StoreSnapshot& snapshot, const Account& account, Sequence at) {
  REDVEST_ASSIGN_OR_RETURN(const std::optional<int64_t> balance, FindBalanceAt(snapshot, account, at));
  return balance.value_or(0);
}

absl::Status ForEachBalance(const StoreSnapshot& snapshot,
                            absl::FunctionRef<bool(const Account& account, int64_t balance)> visit) {
  const std::unique_ptr<StoreCursor> rows = snapshot.NewCursor(TableId::kAccounts);
  const std::string prefix(1, kAccountPrefix);
  for (rows->Seek(prefix); rows->Valid() && rows->key().starts_with(prefix); rows->Next()) {
    uint64_t kind, id;
    int64_t balance;
    ByteReader key(rows->key().substr(prefix.size()));
    if (!key.BigEndian(&kind, 1) || !key.BigEndian(&id) || !key.empty() || kind == 0 ||
        kind > kAccountKindCount || !ByteReader(rows->value()).Zigzag(&balance)) {
      return absl::DataLossError(
          "a row of the accounts cannot be read: drop the accounts projection and rebuild it");
    }
    if (!visit({static_cast<AccountKind>(kind), id}, balance)) return absl::OkStatus();
  }
  return rows->status();
}

}  // namespace redvest
