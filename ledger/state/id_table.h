// A table of the state whose keys are ids. Most ids are counted from 1, so most rows are found without
// hashing.
#ifndef REDVEST_LEDGER_STATE_ID_TABLE_H_
#define REDVEST_LEDGER_STATE_ID_TABLE_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "ledger/accounting/account.h"
#include "ledger/base/ids.h"

namespace redvest {

// How a key is taken apart: a small group, and a number that is counted within it.
template <typename Key>
struct KeyParts;

template <typename Tag>
struct KeyParts<StrongId<Tag>> {
  static constexpr size_t kGroups = 1;
  static constexpr size_t Group(StrongId<Tag>) { return 0; }
  static constexpr uint64_t Number(StrongId<Tag> key) { return key.value(); }
  static constexpr StrongId<Tag> Make(size_t, uint64_t number) { return StrongId<Tag>(number); }
};

template <>
struct KeyParts<uint64_t> {
  static constexpr size_t kGroups = 1;
  static constexpr size_t Group(uint64_t) { return 0; }
  static constexpr uint64_t Number(uint64_t key) { return key; }
  static constexpr uint64_t Make(size_t, uint64_t number) { return number; }
};

template <>
struct KeyParts<Account> {
  static constexpr size_t kGroups = kAccountKindCount + 1;  // kinds are numbered from 1
  static constexpr size_t Group(const Account& key) { return static_cast<size_t>(key.kind); }
  static constexpr uint64_t Number(const Account& key) { return key.id; }
  static constexpr Account Make(size_t group, uint64_t number) {
    return {static_cast<AccountKind>(group), number};
  }
};

// Rows by number, in pages where numbers lie close together and in a hash table where they do not, such as
// account numbers of a bank. Rows are never removed, and those in pages stay where they are.
template <typename Row>
class NumberedRows {
 public:
  const Row* Find(uint64_t number) const {
    const size_t page = number / kPageRows;
    if (page < pages_.size() && pages_[page] != nullptr && pages_[page]->Has(number)) {
      return &pages_[page]->rows[number % kPageRows];
    }
    if (others_.empty()) return nullptr;
    const auto it = others_.find(number);
    return it == others_.end() ? nullptr : &it->second.row;
  }

  // The row to change, made anew where it is missing.
  Row& Mutable(uint64_t number) {
    Page* page = PageOf(number);
    if (page == nullptr) {
      Other& other = others_[number];
      other.changed = true;
      return other.row;
    }
    const uint64_t bit = uint64_t{1} << number % kPageRows;
    size_ += (page->present & bit) == 0;
    page->present |= bit;
    page->changed |= bit;
    return page->rows[number % kPageRows];
  }

  // Asks the processor for the row: it will be looked up soon.
  void Prefetch(uint64_t number) const {
    const size_t page = number / kPageRows;
    if (page < pages_.size() && pages_[page] != nullptr) {
      __builtin_prefetch(pages_[page].get());
      __builtin_prefetch(&pages_[page]->rows[number % kPageRows]);
    } else if (!others_.empty()) {
      others_.prefetch(number);
    }
  }

  size_t size() const { return size_ + others_.size(); }
  // Pages in memory, each with room for 64 rows.
  size_t pages() const {
    return pages_.size() - static_cast<size_t>(std::count(pages_.begin(), pages_.end(), nullptr));
  }

  // Calls visit(number, row) for every row: first those in pages, in order.
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    for (size_t page = 0; page < pages_.size(); ++page) {
      if (pages_[page] != nullptr) pages_[page]->ForEach(pages_[page]->present, page, visit);
    }
    for (const auto& [number, other] : others_) visit(number, other.row);
  }

  // Passes each page of which a row changed since the last call to take_page(page, present, rows), where
  // `present` has a bit for each row that is there, and each such row that is in no page to take_row(number,
  // row).
  template <typename TakePage, typename TakeRow>
  void TakeChanges(TakePage&& take_page, TakeRow&& take_row) {
    for (size_t at = 0; at < pages_.size(); ++at) {
      Page* const page = pages_[at].get();
      if (page != nullptr && std::exchange(page->changed, 0) != 0) {
        take_page(at, page->present, std::as_const(page->rows));
      }
    }
    for (auto& [number, other] : others_) {
      if (std::exchange(other.changed, false)) take_row(number, std::as_const(other.row));
    }
  }

  // Sets a row of a page, or of none, that was taken so. False where there can be no such row.
  bool LoadInPage(uint64_t page, size_t at, Row row) {
    if (page >= kPagesMax || at >= kPageRows || others_.contains(page * kPageRows + at)) return false;
    if (page >= pages_.size()) pages_.resize(page + 1);
    if (pages_[page] == nullptr) pages_[page] = std::make_unique<Page>();
    pages_[page]->rows[at] = std::move(row);
    size_ += !pages_[page]->Has(at);
    pages_[page]->present |= uint64_t{1} << at;
    return true;
  }
  bool LoadOther(uint64_t number, Row row) {
    if (const size_t page = number / kPageRows; page < pages_.size() && pages_[page] != nullptr) {
      if (pages_[page]->Has(number)) return false;
    }
    others_[number].row = std::move(row);
    return true;
  }

  static constexpr size_t kPageRows = 64;  // bits of a word

 private:
  static constexpr size_t kPagesMax = size_t{1} << 20;
  // Pages may hold so many rows, or bytes, for each row that is there, so that numbers far apart take no more
  // memory than a hash table does.
  static constexpr size_t kPageRowsPerRow = std::max<size_t>(2, 64 / sizeof(Row));
  // Of fewer rows none is in a page, so that many small tables stay small.
  static constexpr size_t kRowsMin = 16;

  struct Page {
    // One bit for each row. Invariant: changed is a part of present.
    uint64_t present = 0;
    uint64_t changed = 0;
    std::array<Row, kPageRows> rows{};

    bool Has(uint64_t number) const { return present >> number % kPageRows & 1; }
    template <typename Visit>
    void ForEach(uint64_t which, size_t page, Visit& visit) const {
      for (; which != 0; which &= which - 1) {
        const size_t at = static_cast<size_t>(std::countr_zero(which));
        visit(page * kPageRows + at, rows[at]);
      }
    }
  };
  struct Other {
    Row row{};
    bool changed = false;
  };

  // Where the row is or should be; null for the hash table.
  Page* PageOf(uint64_t number) {
    const size_t page = number / kPageRows;
    if (page >= pages_.size() || pages_[page] == nullptr) {
      if (page >= kPagesMax || size() < kRowsMin || number >= kPageRowsPerRow * size()) return nullptr;
      if (others_.contains(number)) return nullptr;
      if (page >= pages_.size()) pages_.resize(page + 1);
      pages_[page] = std::make_unique<Page>();
    } else if (!pages_[page]->Has(number) && !others_.empty() && others_.contains(number)) {
      return nullptr;
    }
    return pages_[page].get();
  }

  std::vector<std::unique_ptr<Page>> pages_;
  size_t size_ = 0;  // rows in pages
  // Invariant: no number is in a page and here.
  absl::flat_hash_map<uint64_t, Other> others_;
};

// Knows which of its rows changed since it was last saved. Rows are never removed. Not thread-safe.
template <typename Key, typename Row>
class IdTable {
  using Parts = KeyParts<Key>;

 public:
  // Null where there is no such row. Valid until the next Mutable.
  const Row* Find(const Key& key) const {
    return Parts::Group(key) < Parts::kGroups ? groups_[Parts::Group(key)].Find(Parts::Number(key)) : nullptr;
  }

  // The row to change, made anew where it is missing. REQUIRES: the group of `key` is below kGroups.
  Row& Mutable(const Key& key) { return groups_[Parts::Group(key)].Mutable(Parts::Number(key)); }

  void Prefetch(const Key& key) const { groups_[Parts::Group(key)].Prefetch(Parts::Number(key)); }

  size_t size() const {
    size_t size = 0;
    for (const NumberedRows<Row>& rows : groups_) size += rows.size();
    return size;
  }

  // Calls visit(key, row) for every row, in no order.
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    for (size_t group = 0; group < Parts::kGroups; ++group) {
      groups_[group].ForEach(
          [&visit, group](uint64_t number, const Row& row) { visit(Parts::Make(group, number), row); });
    }
  }

  // See NumberedRows: take_page(group, page, present, rows) and take_row(group, number, row).
  template <typename TakePage, typename TakeRow>
  void TakeChanges(TakePage&& take_page, TakeRow&& take_row) {
    for (size_t group = 0; group < Parts::kGroups; ++group) {
      groups_[group].TakeChanges(
          [&take_page, group](size_t page, uint64_t present, const auto& rows) {
            take_page(group, page, present, rows);
          },
          [&take_row, group](uint64_t number, const Row& row) { take_row(group, number, row); });
    }
  }
  // Null where there is no such group: for loading what TakeChanges gave.
  NumberedRows<Row>* group(uint64_t number) { return number < Parts::kGroups ? &groups_[number] : nullptr; }

 private:
  std::array<NumberedRows<Row>, Parts::kGroups> groups_;
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_STATE_ID_TABLE_H_
