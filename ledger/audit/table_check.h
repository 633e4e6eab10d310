// Tables of projections against the log. A table is what a replay up to its position would make; each check
// finds that out with one pass over the log, which it shares with the fold, and one over the table, and never
// builds it anew.
#ifndef REDVEST_LEDGER_AUDIT_TABLE_CHECK_H_
#define REDVEST_LEDGER_AUDIT_TABLE_CHECK_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/accounting/account.h"
#include "ledger/audit/fingerprint.h"
#include "ledger/audit/log_check.h"
#include "ledger/base/calendar.h"
#include "ledger/projection/calendar_rows.h"
#include "ledger/projection/projection.h"
#include "ledger/storage/store.h"

namespace redvest {

class TableCheck : public FoldObserver {
 public:
  // Of what `projection` keeps in `store`, which must outlive it, up to `position`.
  TableCheck(const Store& store, std::string_view name, Sequence position)
      : store_(store), name_(name), position_(position) {}

  const std::string& name() const { return name_; }
  Sequence position() const { return position_; }

  // After the whole log was folded: true where the table is right. DATA_LOSS names the first row that is
  // wrong; false where only a comparison with a replay can tell.
  virtual absl::StatusOr<bool> Agrees() = 0;

 protected:
  absl::Status Differs(absl::string_view what) const;
  absl::Status Foreign(TableId table, std::string_view row_key) const;
  // How many events of `commit` the table covers.
  size_t Covered(const PreparedCommit& commit) const {
    if (position_ >= commit.last()) return commit.events.size();
    return position_ < commit.first ? 0 : position_.value() - commit.first.value() + 1;
  }

  const Store& store_;

 private:
  const std::string name_;
  const Sequence position_;
};

// Accounts that stand together in the order of the chart and of ids. In keys an account is its kind, a byte,
// and its id, big-endian.
struct AccountRange {
  std::string begin;               // the first account that may be there
  std::optional<std::string> end;  // the first that is not; nothing: to the last account
  bool one_account = false;        // of a kind that has no ids, to which most events of a family are posted

  // Whether a row with this key is of the rows of `prefix` in the range. REQUIRES: it is not below begin.
  bool Holds(std::string_view prefix, std::string_view key) const {
    return key.starts_with(prefix) && (!end.has_value() || key.substr(prefix.size()) < *end);
  }
};

// Is told the entries of the accounts of a range, account by account, each in the order of the log.
class EntryVisitor {
 public:
  virtual ~EntryVisitor() = default;
  virtual void Entry(Sequence sequence, int64_t amount) = 0;
  // The entries since the last call were those of `account`.
  virtual void EndOf(const Account& account) = 0;
  // Those were all accounts of the range.
  virtual void End() = 0;
};

// kAccounts: every posting is a fact of account, sequence and amount. The rows must be whole in themselves
// (opening balances, blocks, order), and hold the same facts as the log.
class AccountsCheck final : public TableCheck {
 public:
  AccountsCheck(const Store& store, Sequence position);

  void Prepare(PreparedCommit* commit) const override;
  void CommitFolded(const PreparedCommit& commit, const merkle::Frontier&, const merkle::Frontier&,
                    State*) override {
    posted_.Add(commit.postings);
  }

  // Splits the table, which is by far the largest, into ranges that can be read at once.
  absl::Status Split();
  const std::vector<AccountRange>& ranges() const { return ranges_; }
  // Reads a range, and tells `visitor`, which may be null, the entries up to the first that is wrong. On any
  // thread, for several ranges at once.
  void ReadRange(size_t range, EntryVisitor* visitor);
  // After all ranges were read.
  absl::StatusOr<bool> Agrees() override;

 private:
  class RangeReader;
  struct RangeRead {
    Fingerprint entries;
    absl::Status status;
  };

  // What the facts of an account's entries begin with.
  Uint128 FactOf(const Account& account) const {
    return FieldAdd(kinds_[static_cast<size_t>(account.kind)], key_.Begin(account.id));
  }

  const FingerprintKey key_;
  std::array<Uint128, kAccountKindCount + 1> kinds_;  // the part that is the same for a kind
  Fingerprint posted_;                                // of the log
  std::vector<AccountRange> ranges_;
  std::vector<RangeRead> read_;  // by range
};

// kSerials: the rows are the longest runs, so every run of the log is a fact.
class SerialsCheck final : public TableCheck {
 public:
  SerialsCheck(const Store& store, Sequence position)
      : TableCheck(store, "serials", position), key_(FingerprintKey::Draw()) {}
  void CommitFolded(const PreparedCommit& commit, const merkle::Frontier&, const merkle::Frontier&,
                    State*) override;
  absl::StatusOr<bool> Agrees() override;

 private:
  void EndRun();

  const FingerprintKey key_;
  uint64_t terminal_ = 0;
  uint64_t serial_ = 0;
  uint64_t sequence_ = 0;
  uint64_t count_ = 0;  // events of the run so far
  Fingerprint runs_;
};

// kDays, which does not grow with the log: a replay in memory.
class DaysCheck final : public TableCheck {
 public:
  DaysCheck(const Store& store, Sequence position)
      : TableCheck(store, "days", position), replayed_(NewMemoryStore()), days_(NewDaysProjection()) {}
  void CommitFolded(const PreparedCommit& commit, const merkle::Frontier&, const merkle::Frontier&,
                    State*) override;
  absl::StatusOr<bool> Agrees() override;

 private:
  absl::Status Add(const PreparedCommit& commit, size_t count);
  absl::Status Write();

  const std::unique_ptr<Store> replayed_;
  const std::unique_ptr<Projection> days_;
  uint64_t gathered_ = 0;  // events since the last write
  absl::Status status_;
};

// kTree: every subtree of 256^k leaves as the fold completes it, and the open end.
class TreeCheck final : public TableCheck {
 public:
  TreeCheck(const Store& store, Sequence position) : TableCheck(store, "tree", position) {}
  void SubtreeCompleted(int level, uint64_t index, const merkle::Hash& root) override;
  void CommitFolded(const PreparedCommit& commit, const merkle::Frontier& before,
                    const merkle::Frontier& after, State*) override;
  absl::StatusOr<bool> Agrees() override;

  // The events under the first subtree that is not as the table has it.
  std::optional<std::pair<Sequence, Sequence>> first_wrong() const { return first_wrong_; }

 private:
  // Roots as the table has them, from that of number `first` on.
  struct Chunk {
    uint64_t first = 0;
    std::vector<merkle::Hash> roots;
  };

  std::array<Chunk, 8> chunks_;  // by level of the table
  uint64_t expected_rows_ = 0;
  std::string open_end_;  // at position()
  std::optional<std::pair<Sequence, Sequence>> first_wrong_;
  absl::Status status_;
};

// The business dates of events by sequence, in runs of neighbours that share one. Takes a few bytes for every
// event that was recorded between two of another day.
class DayRuns {
 public:
  // The day of the next event.
  void Add(int32_t day);
  // Finds days of events that lie close together. REQUIRES: nothing is added while it is used.
  class Finder {
   public:
    explicit Finder(const DayRuns& runs) : runs_(runs) {}
    // REQUIRES: so many were added.
    int32_t DayOf(Sequence sequence) {
      if (sequence.value() < first_ || sequence.value() >= end_) FindRun(sequence.value());
      return day_;
    }

   private:
    void FindRun(uint64_t sequence);

    const DayRuns& runs_;
    // The run that was found last: sequences in [first_, end_).
    uint64_t first_ = 0;
    uint64_t end_ = 0;
    int32_t day_ = 0;
  };
  // The run that the next event may still go on.
  int32_t last_day() const { return days_.back(); }
  Sequence last_first() const { return Sequence(firsts_.back()); }
  bool empty() const { return days_.empty(); }
  uint64_t size() const { return size_; }

 private:
  static constexpr int kPageBits = 6;

  uint64_t size_ = 0;
  std::vector<uint64_t> firsts_;  // sequences
  std::vector<int32_t> days_;
  std::vector<uint32_t> pages_;  // by sequence >> kPageBits: the run of the first in it
};

// kCalendar: moments, runs and closed days are facts of the log; balances by business date follow from the
// entries of the accounts, account by account.
class CalendarCheck final : public TableCheck {
 public:
  CalendarCheck(const Store& store, Sequence position)
      : TableCheck(store, "calendar", position), key_(FingerprintKey::Draw()) {}
  void CommitFolded(const PreparedCommit& commit, const merkle::Frontier&, const merkle::Frontier&,
                    State* state) override;

  // The accounts table covers the log at least as far as this one, and all entries of each of `ranges` will
  // be told to its visitor. Otherwise Agrees() leaves the balances to a comparison with a replay.
  std::vector<EntryVisitor*> ExpectEntries(const std::vector<AccountRange>& ranges);
  // Reads the rows that hold no balances. On any thread, beside visitors.
  void ReadRows();
  // After the entries and the rows.
  absl::StatusOr<bool> Agrees() override;

 private:
  // Compares the balances of a range with what its entries come to.
  class RangeCheck final : public EntryVisitor {
   public:
    RangeCheck(const CalendarCheck& check, AccountRange range)
        : check_(check), range_(std::move(range)), runs_(check.runs_) {}
    void Entry(Sequence sequence, int64_t amount) override;
    void EndOf(const Account& account) override;
    void End() override;
    const absl::Status& status() const { return status_; }

   private:
    StoreCursor& Blocks();
    absl::Status CompareBlocks(const Account& account);
    absl::Status CheckNoneIsLeft();

    const CalendarCheck& check_;
    const AccountRange range_;
    DayRuns::Finder runs_;
    std::unique_ptr<StoreCursor> blocks_;   // while it is told entries
    std::vector<calendar::DayEntry> days_;  // of the account whose entries are told; rising
    absl::Status status_;                   // the first fault
  };

  void AddRow(std::string_view key, std::string_view value) { facts_.Add(key_, key_.Row(key, value)); }
  void AddEvent(Sequence sequence, const event::v1::Event& event);
  void EndRun();

  const FingerprintKey key_;
  std::optional<DayFinder> days_;  // nothing before the ledger was founded
  DayRuns runs_;
  absl::flat_hash_map<uint64_t, int32_t> closed_;  // by terminal
  Fingerprint facts_;

  std::vector<std::unique_ptr<RangeCheck>> ranges_;  // none where entries are not told
  Fingerprint rows_;
  absl::Status rows_status_;
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_AUDIT_TABLE_CHECK_H_
