// Table kTree: the root of each perfect subtree of 256^k leaves, and the open end of the tree. Below 256
// leaves nothing is kept: hashing them again from the log takes less than reading 64 bytes an event would
// cost. The rows are in ledger/docs/log_format.md.
#include "ledger/projection/tree.h"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/base/bytes.h"
#include "ledger/base/check.h"
#include "ledger/merkle/frontier.h"
#include "ledger/projection/projection.h"

namespace redvest {
namespace {

constexpr size_t kSizeBytes = 8;

absl::Status Damaged() {
  return absl::DataLossError("a row of the tree cannot be read: drop the tree projection and rebuild it");
}

std::string KeyOf(int level, uint64_t index) {
  std::string key(1, static_cast<char>(level));
  AppendBigEndian(&key, index);
  return key;
}

// The open end of a tree, a frontier for each level: that of level k counts the finished subtrees of 256^k
// leaves which no finished subtree of 256^(k+1) holds. One after the other, from the highest down, their
// hashes are those of the frontier of the whole tree, and so they are stored.
class OpenEnd {
 public:
  uint64_t size() const { return size_; }

  // Adds a leaf and calls finished(level, index, root) for every subtree that it finishes.
  template <typename Finished>
  void Add(merkle::Hash hash, Finished&& finished) {
    ++size_;
    for (size_t level = 0;; ++level) {
      if (level == levels_.size()) levels_.emplace_back();
      levels_[level].Add(hash, hasher_);
      if (levels_[level].size() < kTreeFanOut) return;
      hash = levels_[level].Root(hasher_);
      levels_[level] = merkle::Frontier();
      const int parent = static_cast<int>(level) + 1;
      finished(parent, (size_ >> (kTreeLevelBits * parent)) - 1, hash);
    }
  }

  std::string Encode() const {
    std::string bytes;
    AppendLittleEndian(&bytes, size_, kSizeBytes);
    for (size_t level = levels_.size(); level-- > 0;) bytes += levels_[level].Encode().substr(kSizeBytes);
    return bytes;
  }

  static std::optional<OpenEnd> Decode(std::string_view bytes) {
    OpenEnd open;
    ByteReader reader(bytes);
    if (!reader.LittleEndian(&open.size_, kSizeBytes)) return std::nullopt;
    const size_t levels =
        (static_cast<size_t>(std::bit_width(open.size_)) + kTreeLevelBits - 1) / kTreeLevelBits;
    open.levels_.resize(levels);
    for (size_t level = levels; level-- > 0;) {
      const uint64_t subtrees = (open.size_ >> (kTreeLevelBits * level)) % kTreeFanOut;
      std::string_view hashes;
      if (!reader.Bytes(static_cast<size_t>(std::popcount(subtrees)) * sizeof(merkle::Hash), &hashes))
        return std::nullopt;
      std::string frontier;
      AppendLittleEndian(&frontier, subtrees, kSizeBytes);
      open.levels_[level] = *merkle::Frontier::Decode(frontier.append(hashes));
    }
    if (!reader.empty()) return std::nullopt;
    return open;
  }

  merkle::Hash Leaf(std::string_view bytes) { return hasher_.Leaf(bytes); }

 private:
  merkle::Hasher hasher_;
  uint64_t size_ = 0;  // leaves
  std::vector<merkle::Frontier> levels_;
};

class TreeProjection final : public Projection {
 public:
  std::string_view name() const override { return "tree"; }
  TableId table() const override { return TableId::kTree; }

  absl::Status Load(const Store& store) override {
    open_ = OpenEnd();
    REDVEST_ASSIGN_OR_RETURN(const std::optional<std::string> row, store.Get(table(), kTreeOpenEndKey));
    if (!row.has_value()) return absl::OkStatus();
    std::optional<OpenEnd> open = OpenEnd::Decode(*row);
    if (!open.has_value()) return Damaged();
    open_ = *std::move(open);
    return absl::OkStatus();
  }

  absl::Status Add(const ProjectedEvent& event) override {
    if (event.sequence.value() != open_.size() + 1) return Damaged();
    open_.Add(open_.Leaf(event.bytes), [this](int level, uint64_t index, const merkle::Hash& root) {
      finished_.emplace_back(KeyOf(level, index), std::string(root.begin(), root.end()));
    });
    return absl::OkStatus();
  }

  absl::Status Gather(const Store&, WriteBatch* batch) override {
    std::move(finished_.begin(), finished_.end(), std::back_inserter(batch->puts));
    finished_.clear();
    batch->puts.emplace_back(kTreeOpenEndKey, open_.Encode());
    return absl::OkStatus();
  }

 private:
  OpenEnd open_;
  std::vector<std::pair<std::string, std::string>> finished_;  // gathered rows
};

}  // namespace

std::unique_ptr<Projection> NewTreeProjection() { return std::make_unique<TreeProjection>(); }

absl::StatusOr<std::vector<merkle::Hash>> ReadSubtrees(const Store& store, int level, uint64_t first,
                                                       uint64_t count) {
  REDVEST_CHECK(level >= 1);
  std::vector<merkle::Hash> roots;
  const std::unique_ptr<StoreCursor> rows = store.NewCursor(TableId::kTree);
  // A row that is not the next one is of another level, or the projection has not come that far.
  for (rows->Seek(KeyOf(level, first)); rows->Valid() && roots.size() < count; rows->Next()) {
    if (rows->key() != KeyOf(level, first + roots.size())) break;
    if (rows->value().size() != sizeof(merkle::Hash)) return Damaged();
    std::copy(rows->value().begin(), rows->value().end(), roots.emplace_back().begin());
  }
  REDVEST_RETURN_IF_ERROR(rows->status());
  return roots;
}

}  // namespace redvest
