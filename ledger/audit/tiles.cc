#include "ledger/audit/tiles.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "ledger/base/bytes.h"
#include "ledger/base/check.h"
#include "ledger/base/text.h"

namespace redvest {
namespace {

constexpr size_t kHashBytes = sizeof(merkle::Hash);
constexpr std::string_view kTop = "tile/";

std::string_view AsBytes(const merkle::Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

merkle::Hash HashIn(std::string_view tile, size_t index) {
  merkle::Hash hash;
  std::memcpy(hash.data(), tile.data() + index * kHashBytes, kHashBytes);
  return hash;
}

// Takes a number of digits alone off the front.
bool TakeNumber(std::string_view& text, uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return true;
}

// "x001/x234/067".
std::string IndexPath(uint64_t index) {
  std::string digits = std::to_string(index);
  digits.insert(0, (3 - digits.size() % 3) % 3, '0');
  std::string path;
  for (size_t at = 0; at < digits.size(); at += 3) {
    const bool last = at + 3 == digits.size();
    path += (last ? "" : "x") + digits.substr(at, 3) + (last ? "" : "/");
  }
  return path;
}

}  // namespace

std::string TileName::Path() const {
  std::string path(kTop);
  path += level == kEntryBundles ? "entries" : std::to_string(level);
  path += "/" + IndexPath(index);
  if (width < kTileWidth) path += ".p/" + std::to_string(width);
  return path;
}

std::optional<TileName> TileName::Parse(std::string_view path) {
  TileName name;
  std::string_view rest = path;
  if (!rest.starts_with(kTop)) return std::nullopt;
  rest.remove_prefix(kTop.size());
  uint64_t level = 0;
  if (rest.starts_with("entries")) {
    name.level = kEntryBundles;
    rest.remove_prefix(7);
  } else if (TakeNumber(rest, level) && level < kTileLevels) {
    name.level = static_cast<int>(level);
  } else {
    return std::nullopt;
  }
  std::string digits;
  while (rest.starts_with("/x") && rest.size() >= 5) {
    digits += rest.substr(2, 3);
    rest.remove_prefix(5);
  }
  if (rest.size() < 4 || digits.size() > 18) return std::nullopt;
  digits += rest.substr(1, 3);
  rest.remove_prefix(4);
  std::string_view number = digits;
  if (!TakeNumber(number, name.index)) return std::nullopt;
  if (rest.starts_with(".p/")) {
    rest.remove_prefix(3);
    if (!TakeNumber(rest, name.width) || name.width == 0 || name.width >= kTileWidth) return std::nullopt;
  }
  // What is written otherwise than Path writes it names nothing.
  if (name.Path() != path) return std::nullopt;
  return name;
}

std::optional<TileName> TileAt(int level, uint64_t index, uint64_t size) {
  const uint64_t hashes = HashesAt(level, size);
  if (index > hashes / kTileWidth || index * kTileWidth == hashes) return std::nullopt;
  return TileName{level, index, std::min(kTileWidth, hashes - index * kTileWidth)};
}

absl::Status ForEachTile(uint64_t size, absl::FunctionRef<absl::Status(const TileName&)> visit) {
  for (int level = kEntryBundles; level < kTileLevels; ++level) {
    for (uint64_t index = 0;; ++index) {
      const std::optional<TileName> name = TileAt(level, index, size);
      if (!name.has_value()) break;
      REDVEST_RETURN_IF_ERROR(visit(*name));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string_view>> SplitBundle(std::string_view bundle, uint64_t count) {
  std::vector<std::string_view> entries;
  entries.reserve(count);
  ByteReader reader(bundle);
  while (!reader.empty()) {
    uint64_t length = 0;
    std::string_view entry;
    if (!reader.BigEndian(&length, 2) || !reader.Bytes(length, &entry)) {
      return absl::InvalidArgumentError(
          absl::StrCat("entry ", entries.size() + 1, " of the bundle is cut short"));
    }
    if (entries.size() == count) {
      return absl::InvalidArgumentError(absl::StrCat("more than ", count, " entries in the bundle"));
    }
    entries.push_back(entry);
  }
  if (entries.size() < count) {
    return absl::InvalidArgumentError(
        absl::StrCat(entries.size(), " entries in the bundle instead of ", count));
  }
  return entries;
}

absl::Status TileTree::Add(std::string_view entry, TileSink& sink) {
  REDVEST_CHECK(entry.size() <= 65'535);
  AppendBigEndian(&bundle_, entry.size(), 2);
  bundle_ += entry;
  merkle::Hash hash = merkle::Hasher::Leaf(entry);
  ++size_;
  if (size_ % kTileWidth == 0) {
    REDVEST_RETURN_IF_ERROR(sink.Take({kEntryBundles, size_ / kTileWidth - 1}, bundle_));
    bundle_.clear();
  }
  for (int level = 0; level < kTileLevels; ++level) {
    std::string& tile = edge_[static_cast<size_t>(level)];
    tile += AsBytes(hash);
    if (tile.size() < kTileWidth * kHashBytes) break;
    REDVEST_RETURN_IF_ERROR(sink.Take({level, HashesAt(level, size_) / kTileWidth - 1}, tile));
    Subtrees subtrees;
    for (size_t i = 0; i < kTileWidth; ++i) Join(subtrees, 0, HashIn(tile, i));
    hash = subtrees.front().second;
    tile.clear();
  }
  return absl::OkStatus();
}

absl::Status TileTree::TakeEdge(TileSink& sink) {
  const uint64_t entries = size_ % kTileWidth;
  if (entries != 0) REDVEST_RETURN_IF_ERROR(sink.Take({kEntryBundles, size_ / kTileWidth, entries}, bundle_));
  for (int level = 0; level < kTileLevels; ++level) {
    const std::string& tile = edge_[static_cast<size_t>(level)];
    if (tile.empty()) continue;
    REDVEST_RETURN_IF_ERROR(
        sink.Take({level, HashesAt(level, size_) / kTileWidth, tile.size() / kHashBytes}, tile));
  }
  return absl::OkStatus();
}

// Two subtrees of one height make one of the next.
void TileTree::Join(Subtrees& subtrees, int height, merkle::Hash hash) {
  while (!subtrees.empty() && subtrees.back().first == height) {
    hash = merkle::Hasher::Node(subtrees.back().second, hash);
    subtrees.pop_back();
    ++height;
  }
  subtrees.emplace_back(height, hash);
}

merkle::Hash TileTree::Root() const {
  REDVEST_CHECK(size_ > 0);
  Subtrees subtrees;
  for (int level = kTileLevels; level-- > 0;) {
    const std::string& tile = edge_[static_cast<size_t>(level)];
    for (size_t i = 0; i < tile.size() / kHashBytes; ++i) Join(subtrees, 8 * level, HashIn(tile, i));
  }
  merkle::Hash root = subtrees.back().second;
  for (size_t i = subtrees.size() - 1; i-- > 0;) root = merkle::Hasher::Node(subtrees[i].second, root);
  return root;
}

}  // namespace redvest
