// A hash table of the state that knows which of its rows changed since it was last saved.
#ifndef REDVEST_LEDGER_STATE_TABLE_H_
#define REDVEST_LEDGER_STATE_TABLE_H_

#include <cstddef>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace redvest {

// Rows are never removed. Not thread-safe.
template <typename Key, typename Row>
class Table {
 public:
  // Null where there is no such row. Valid until the next Mutable.
  const Row* Find(const Key& key) const {
    const auto it = cells_.find(key);
    return it == cells_.end() ? nullptr : &it->second.row;
  }

  // Asks the processor for the row: it will be looked up soon.
  void Prefetch(const Key& key) const { cells_.prefetch(key); }

  // The row to change, made anew where it is missing.
  Row& Mutable(const Key& key) {
    Cell& cell = cells_[key];
    if (!cell.changed) {
      cell.changed = true;
      changed_.push_back(key);
    }
    return cell.row;
  }

  size_t size() const { return cells_.size(); }

  // Calls visit(key, row) for every row, in no order.
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    for (const auto& [key, cell] : cells_) visit(key, cell.row);
  }

  // Calls visit(key, row) for every row that changed since the last call.
  template <typename Visit>
  void TakeChanges(Visit&& visit) {
    for (const Key& key : changed_) {
      Cell& cell = cells_.find(key)->second;
      cell.changed = false;
      visit(key, std::as_const(cell.row));
    }
    changed_.clear();
  }

  // Sets a row that was saved before.
  void Load(const Key& key, Row row) { cells_[key] = Cell{std::move(row), false}; }

 private:
  struct Cell {
    Row row{};
    // Invariant: changed is true just for the keys in changed_, each of which stands there once.
    bool changed = false;
  };
  absl::flat_hash_map<Key, Cell> cells_;
  std::vector<Key> changed_;
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_STATE_TABLE_H_
