// C2SP tlog-tiles: which files a log of a size has, what they are called and what they hold. Tiles of level 0
// hold the hashes of 256 entries, those of level l + 1 the roots of 256 full tiles of level l; an entry
// bundle holds 256 entries, each after its length as a big-endian u16.
#ifndef REDVEST_LEDGER_AUDIT_TILES_H_
#define REDVEST_LEDGER_AUDIT_TILES_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/merkle/hash.h"

namespace redvest {

// Hashes or entries of a full tile.
inline constexpr uint64_t kTileWidth = 256;
// The level that stands for entry bundles.
inline constexpr int kEntryBundles = -1;
// Levels above 7 would need more leaves than there are numbers.
inline constexpr int kTileLevels = 8;

struct TileName {
  int level = 0;  // kEntryBundles to kTileLevels - 1
  uint64_t index = 0;
  uint64_t width = kTileWidth;  // 1 to 256

  // "tile/0/x001/234" or "tile/entries/000.p/17".
  std::string Path() const;
  // Reads what Path writes, and nothing else.
  static std::optional<TileName> Parse(std::string_view path);
  friend bool operator==(const TileName&, const TileName&) = default;
};

// How many hashes stand at `level` of a tree of `size` leaves, partial tiles included; of entries, how many.
inline uint64_t HashesAt(int level, uint64_t size) { return level <= 0 ? size : size >> (8 * level); }
// The tile `index` of `level` in a tree of `size` leaves, full or partial; nothing where it has none.
std::optional<TileName> TileAt(int level, uint64_t index, uint64_t size);
// Calls `visit` for each file of a tree of `size` leaves, the bundles first, then level by level, until it
// returns an error.
absl::Status ForEachTile(uint64_t size, absl::FunctionRef<absl::Status(const TileName&)> visit);

// The entries of a bundle, as views into it. INVALID_ARGUMENT where it does not hold exactly `count`.
absl::StatusOr<std::vector<std::string_view>> SplitBundle(std::string_view bundle, uint64_t count);
// The largest bundle that there can be.
inline constexpr size_t kBundleBytesMax = kTileWidth * (2 + 65'535);

// Takes tiles as a tree grows over them.
class TileSink {
 public:
  virtual ~TileSink() = default;
  virtual absl::Status Take(const TileName& name, std::string_view bytes) = 0;
};

// Grows a tree entry by entry and hands every tile and bundle to a sink once it is full. Not thread-safe.
class TileTree {
 public:
  // Adds the next entry, of at most 65,535 bytes. An error is that of the sink.
  absl::Status Add(std::string_view entry, TileSink& sink);
  // Hands out what is partial: with the full ones before, all files of a tree of this size.
  absl::Status TakeEdge(TileSink& sink);
  uint64_t size() const { return size_; }
  // RFC 6962. REQUIRES: size() > 0.
  merkle::Hash Root() const;

 private:
  // The root over the hashes of a tile, and those to the left of it that are still to be joined: roots of
  // perfect subtrees with their heights, falling.
  using Subtrees = std::vector<std::pair<int, merkle::Hash>>;
  static void Join(Subtrees& subtrees, int height, merkle::Hash hash);

  uint64_t size_ = 0;
  std::string bundle_;
  // The tile of each level that is not full yet, as in its file.
  std::array<std::string, kTileLevels> edge_;
};

}  // namespace redvest

#endif  // REDVEST_LEDGER_AUDIT_TILES_H_
