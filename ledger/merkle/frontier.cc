#include "ledger/merkle/frontier.h"

#include <algorithm>
#include <bit>

namespace redvest::merkle {

void Frontier::Add(const Hash& leaf, Hasher& hasher) {
  // As in binary counting: each trailing 1 of the old size is a perfect subtree that the new one completes.
  Hash root = leaf;
  for (uint64_t carry = size_; carry & 1; carry >>= 1) {
    root = hasher.Node(subtrees_.back(), root);
    subtrees_.pop_back();
  }
  subtrees_.push_back(root);
  ++size_;
}

void Frontier::AddSubtree(int level, const Hash& root, Completed completed) {
  Hash joined = root;
  uint64_t index = size_ >> level;
  completed(level, index, joined);
  for (int height = level; index & 1;) {
    joined = Hasher::Node(subtrees_.back(), joined);
    subtrees_.pop_back();
    index >>= 1;
    completed(++height, index, joined);
  }
  subtrees_.push_back(joined);
  size_ += uint64_t{1} << level;
}

Hash Frontier::Root(Hasher& hasher) const {
  if (subtrees_.empty()) return hasher.Empty();
  Hash root = subtrees_.back();
  for (size_t i = subtrees_.size() - 1; i-- > 0;) root = hasher.Node(subtrees_[i], root);
  return root;
}

std::string Frontier::Encode() const {
  std::string bytes;
  for (int shift = 0; shift < 64; shift += 8) bytes.push_back(static_cast<char>(size_ >> shift));
  for (const Hash& hash : subtrees_) bytes.append(hash.begin(), hash.end());
  return bytes;
}

std::optional<Frontier> Frontier::Decode(std::string_view bytes) {
  constexpr size_t kSizeBytes = sizeof(uint64_t);
  if (bytes.size() < kSizeBytes) return std::nullopt;
  Frontier frontier;
  for (size_t i = kSizeBytes; i-- > 0;) frontier.size_ = frontier.size_ << 8 | static_cast<uint8_t>(bytes[i]);
  bytes.remove_prefix(kSizeBytes);
  if (bytes.size() != static_cast<size_t>(std::popcount(frontier.size_)) * sizeof(Hash)) return std::nullopt;
  for (; !bytes.empty(); bytes.remove_prefix(sizeof(Hash))) {
    std::copy_n(bytes.begin(), sizeof(Hash), frontier.subtrees_.emplace_back().begin());
  }
  return frontier;
}

}  // namespace redvest::merkle
