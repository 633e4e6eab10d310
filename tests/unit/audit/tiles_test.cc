#include "ledger/audit/tiles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "ledger/merkle/frontier.h"

namespace redvest {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Keeps every tile by its path.
class TileMap final : public TileSink {
 public:
  absl::Status Take(const TileName& name, std::string_view bytes) override {
    EXPECT_TRUE(tiles.emplace(name.Path(), bytes).second) << name.Path() << " was handed out twice";
    return absl::OkStatus();
  }
  std::map<std::string, std::string> tiles;
};

std::string Entry(uint64_t i) { return "entry " + std::to_string(i); }

// All files of a tree of `size` entries; `root` is set to its root.
std::map<std::string, std::string> FilesOf(uint64_t size, merkle::Hash* root = nullptr) {
  TileTree tree;
  TileMap sink;
  for (uint64_t i = 0; i < size; ++i) EXPECT_TRUE(tree.Add(Entry(i), sink).ok());
  EXPECT_TRUE(tree.TakeEdge(sink).ok());
  if (root != nullptr) *root = tree.Root();
  return sink.tiles;
}

// RFC 6962 section 2.1, word by word, over entries [begin, end).
merkle::Hash TextbookRoot(uint64_t begin, uint64_t end) {
  if (end - begin == 1) return merkle::Hasher::Leaf(Entry(begin));
  uint64_t split = 1;
  while (split * 2 < end - begin) split *= 2;
  return merkle::Hasher::Node(TextbookRoot(begin, begin + split), TextbookRoot(begin + split, end));
}

TEST(TileName, IsWrittenAsTheSpecificationSays) {
  EXPECT_EQ((TileName{0, 1234067}.Path()), "tile/0/x001/x234/067");
  EXPECT_EQ((TileName{2, 0, 1}.Path()), "tile/2/000.p/1");
  EXPECT_EQ((TileName{kEntryBundles, 999, 255}.Path()), "tile/entries/999.p/255");
  EXPECT_EQ((TileName{kEntryBundles, 1000}.Path()), "tile/entries/x001/000");
}

TEST(TileName, ReadsWhatItWritesAndNothingElse) {
  for (const TileName& name : {TileName{0, 0}, TileName{7, 999, 17}, TileName{kEntryBundles, 1000, 255},
                               TileName{3, 123456789012345678}}) {
    EXPECT_EQ(TileName::Parse(name.Path()), name);
  }
  for (const char* path : {"",
                           "tile",
                           "tile/",
                           "tile/0",
                           "tile/0/",
                           "tile/0/1",
                           "tile/0/0001",
                           "tile/00/000",
                           "tile/8/000",
                           "tile/-1/000",
                           "tile/entry/000",
                           "tile/entries/x001",
                           "tile/0/x000/001",
                           "tile/0/000.p",
                           "tile/0/000.p/0",
                           "tile/0/000.p/256",
                           "tile/0/000.p/01",
                           "tile/0/000.new",
                           "tile/0/000/",
                           "tiles/0/000",
                           "tile/0/00a",
                           "tile/0/x999/x999/x999/x999/x999/x999/x999/999"}) {
    EXPECT_EQ(TileName::Parse(path), std::nullopt) << path;
  }
}

TEST(TileTree, SeventyThousandEntriesHaveTheFilesOfTheSpecification) {
  // The example in C2SP tlog-tiles.
  int full_0 = 0, full_1 = 0;
  std::vector<std::string> partial;
  for (const auto& [path, bytes] : FilesOf(70'000)) {
    const std::optional<TileName> name = TileName::Parse(path);
    ASSERT_TRUE(name.has_value()) << path;
    if (name->level != kEntryBundles) {
      EXPECT_EQ(bytes.size(), name->width * 32) << path;
    }
    if (name->width < kTileWidth) partial.push_back(path);
    full_0 += name->level == 0 && name->width == kTileWidth;
    full_1 += name->level == 1 && name->width == kTileWidth;
  }
  EXPECT_EQ(full_0, 273);
  EXPECT_EQ(full_1, 1);
  EXPECT_THAT(partial,
              ElementsAre("tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1", "tile/entries/273.p/112"));
}

TEST(TileTree, FilesAndRootAreThoseOfTheDefinition) {
  for (uint64_t size : {1, 2, 3, 7, 255, 256, 257, 511, 512, 600, 1000}) {
    merkle::Hash root;
    const auto files = FilesOf(size, &root);
    EXPECT_EQ(root, TextbookRoot(0, size)) << size;
    std::vector<std::string> paths;
    for (const auto& [path, bytes] : files) paths.push_back(path);
    size_t named = 0;
    EXPECT_TRUE(ForEachTile(size, [&](const TileName& name) {
                  ++named;
                  EXPECT_TRUE(files.contains(name.Path())) << name.Path() << " of " << size;
                  return absl::OkStatus();
                }).ok());
    EXPECT_EQ(named, files.size()) << size;
    for (const auto& [path, bytes] : files) {
      const std::optional<TileName> name = TileName::Parse(path);
      ASSERT_TRUE(name.has_value()) << path;
      if (name->level == kEntryBundles) continue;
      for (uint64_t i = 0; i < name->width; ++i) {
        const uint64_t span = uint64_t{1} << (8 * name->level);
        const uint64_t begin = (name->index * kTileWidth + i) * span;
        const merkle::Hash hash = TextbookRoot(begin, begin + span);
        EXPECT_EQ(bytes.substr(i * 32, 32), std::string(hash.begin(), hash.end())) << path << " hash " << i;
      }
    }
  }
}

TEST(Bundle, IsSplitIntoItsEntriesOrRefused) {
  const std::string bundle = FilesOf(3).at("tile/entries/000.p/3");
  const auto entries = SplitBundle(bundle, 3);
  ASSERT_TRUE(entries.ok()) << entries.status();
  EXPECT_THAT(*entries, ElementsAre("entry 0", "entry 1", "entry 2"));
  EXPECT_FALSE(SplitBundle(bundle, 2).ok());
  EXPECT_FALSE(SplitBundle(bundle, 4).ok());
  EXPECT_FALSE(SplitBundle(bundle + '\0', 3).ok());
  for (size_t size = 0; size < bundle.size(); ++size)
    EXPECT_FALSE(SplitBundle(bundle.substr(0, size), 3).ok()) << size;
  EXPECT_THAT(*SplitBundle("", 0), IsEmpty());
}

}  // namespace
}  // namespace redvest
