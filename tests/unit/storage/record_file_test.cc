#include "ledger/storage/record_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/crc32c.h"
#include "tests/unit/storage/temp_folder.h"

namespace redvest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr size_t kBlockBytes = 32 * 1024;
constexpr size_t kHeaderBytes = 7;

enum Type : char { kWhole = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

std::string Fragment(Type type, const std::string& payload) {
  const uint32_t crc = Crc32c(std::string(1, type) + payload);
  std::string bytes;
  AppendLittleEndian(&bytes, (crc >> 15 | crc << 17) + 0xA282EAD8, 4);
  AppendLittleEndian(&bytes, payload.size(), 2);
  return bytes + std::string(1, type) + payload;
}

// A file as the textbook writes it: each record in as few fragments as blocks allow.
std::string FileOf(const std::vector<std::string>& records) {
  std::string file;
  for (std::string rest : records) {
    bool first = true;
    while (true) {
      size_t room = kBlockBytes - file.size() % kBlockBytes;
      if (room < kHeaderBytes) {
        file.append(room, '\0');
        room = kBlockBytes;
      }
      const std::string payload = rest.substr(0, room - kHeaderBytes);
      rest.erase(0, payload.size());
      const bool last = rest.empty();
      file += Fragment(first ? (last ? kWhole : kFirst) : (last ? kLast : kMiddle), payload);
      first = false;
      if (last) break;
    }
  }
  return file;
}

class RecordFile : public testing::Test {
 protected:
  RecordFile() { std::filesystem::create_directory(folder_.Path()); }

  // Reads `bytes` as a file; its records are in records_ then.
  absl::StatusOr<RecordFileEnd> Read(const std::string& bytes) {
    WriteFile(path_, bytes);
    records_.clear();
    offsets_.clear();
    return ReadRecordFile(path_, [this](uint64_t offset, std::string_view record) {
      records_.emplace_back(record);
      offsets_.push_back(offset);
      return absl::OkStatus();
    });
  }
  void ExpectDamage(const std::string& bytes, size_t offset, const std::string& what) {
    const absl::Status status = Read(bytes).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_THAT(std::string(status.message()),
                testing::AllOf(HasSubstr(path_), HasSubstr("at byte " + std::to_string(offset) + ":"),
                               HasSubstr(what), HasSubstr("restore")));
  }

  TempFolder folder_;
  const std::string path_ = folder_.Path() + "/000004.log";
  std::vector<std::string> records_;
  std::vector<uint64_t> offsets_;
};

TEST_F(RecordFile, RecordsComeAsTheyWereWritten) {
  std::mt19937_64 random = SeededRandom();
  for (int round = 0; round < 50; ++round) {
    std::vector<std::string> written;
    for (uint64_t i = random() % 20; i > 0; --i) {
      const size_t scale = random() % 4 == 0 ? 4 * kBlockBytes : 300;
      written.emplace_back(random() % scale, static_cast<char>(random()));
    }
    EXPECT_EQ(*Read(FileOf(written)), RecordFileEnd::kClean);
    EXPECT_EQ(records_, written);
  }
  EXPECT_EQ(*Read(""), RecordFileEnd::kClean);
}

TEST_F(RecordFile, RecordMayEndWithinAHeaderOfTheBlocksEnd) {
  for (size_t left = 0; left < 2 * kHeaderBytes; ++left) {
    const std::vector<std::string> written = {std::string(kBlockBytes - kHeaderBytes - left, 'a'),
                                              std::string(100, 'b'), "c"};
    EXPECT_EQ(*Read(FileOf(written)), RecordFileEnd::kClean);
    EXPECT_EQ(records_, written);
    EXPECT_EQ(offsets_[1], kBlockBytes - (left < kHeaderBytes ? 0 : left));
  }
}

TEST_F(RecordFile, CutAnywhereIsATornEndAndKeepsTheRecordsBefore) {
  const std::vector<std::string> written = {"first", std::string(kBlockBytes + 100, 'b'), "third", "fourth"};
  const std::string file = FileOf(written);
  std::vector<size_t> ends = {0};
  for (size_t i = 1; i <= written.size(); ++i)
    ends.push_back(FileOf({written.begin(), written.begin() + static_cast<int>(i)}).size());
  size_t whole = 0;
  for (size_t size = 0; size <= file.size(); ++size) {
    while (whole + 1 < ends.size() && ends[whole + 1] <= size) ++whole;
    // Most of the large payload alone takes as long as it is dull.
    if (size > 300 && size < kBlockBytes - 300 && size % 97 != 0) continue;
    const auto end = Read(file.substr(0, size));
    ASSERT_TRUE(end.ok()) << size << ": " << end.status();
    ASSERT_EQ(*end, size == ends[whole] ? RecordFileEnd::kClean : RecordFileEnd::kTorn) << size;
    ASSERT_EQ(records_.size(), whole) << size;
  }
}

TEST_F(RecordFile, EveryFlippedBitIsDamage) {
  for (const std::vector<std::string>& written :
       {std::vector<std::string>{std::string(200, 'a'), std::string(300, 'b'), std::string(100, 'c')},
        std::vector<std::string>{std::string(kBlockBytes - 100, 'a'), std::string(300, 'b')}}) {
    const std::string file = FileOf(written);
    for (size_t bit = 0; bit < 8 * file.size(); ++bit) {
      // Most of the large payload alone takes as long as it is dull.
      if (bit / 8 > 700 && bit / 8 < kBlockBytes - 200 && bit % 97 != 0) continue;
      std::string flipped = file;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
      const absl::Status status = Read(flipped).status();
      ASSERT_EQ(status.code(), absl::StatusCode::kDataLoss) << "bit " << bit << ": " << status;
    }
  }
}

TEST_F(RecordFile, ZerosAtTheEndAreWhatACrashLeavesAndInTheMiddleDamage) {
  const std::string file = FileOf({"first", "second"});
  EXPECT_EQ(*Read(file + std::string(3 * kBlockBytes, '\0')), RecordFileEnd::kTorn);
  EXPECT_EQ(records_.size(), 2u);
  std::string zeroed = FileOf({"first", std::string(100, 'b'), std::string(2 * kBlockBytes, 'c')});
  const size_t second = FileOf({"first"}).size();
  // A whole record's header, which RocksDB takes for the end of the block.
  zeroed.replace(second, kHeaderBytes, kHeaderBytes, '\0');
  ExpectDamage(zeroed, second, "checksum");
  zeroed.replace(second, kBlockBytes - second, kBlockBytes - second, '\0');
  ExpectDamage(zeroed, second, "zeros");
  EXPECT_THAT(records_, ElementsAre("first"));
}

TEST_F(RecordFile, FragmentsOutOfPlaceAreDamage) {
  const std::string first = Fragment(kFirst, "aa");
  ExpectDamage(first + Fragment(kWhole, "bb"), first.size(), "end of the record before");
  ExpectDamage(first + Fragment(kFirst, "bb"), first.size(), "end of the record before");
  ExpectDamage(Fragment(kMiddle, "aa"), 0, "start of a record");
  ExpectDamage(Fragment(kWhole, "a") + Fragment(kLast, "bb"), 8, "start of a record");
  EXPECT_THAT(records_, ElementsAre("a"));
  ExpectDamage(Fragment(static_cast<Type>(5), "recycled"), 0, "checksum");
}

TEST_F(RecordFile, LengthsAndTypesThatNoCrashLeavesAreDamage) {
  std::string beyond_block = Fragment(kWhole, "aaaa");
  beyond_block[5] = '\xFF';
  ExpectDamage(beyond_block, 0, "length");
  std::string longer = Fragment(kWhole, "aaaa");
  longer[4] = 5;
  ExpectDamage(longer, 0, "length");
  std::string followed = Fragment(kWhole, "aaaa") + Fragment(kWhole, "bbbb");
  followed[5] = 1;
  ExpectDamage(followed, 0, "others come after it");
  ExpectDamage(std::string("\1\2\3\4\x40\0\x77rest", 11), 0, "type");
  EXPECT_THAT(records_, IsEmpty());
}

TEST_F(RecordFile, ReadingStopsWhereTheTakerDoes) {
  WriteFile(path_, FileOf({"a", "b"}));
  int taken = 0;
  const absl::Status status = ReadRecordFile(path_, [&](uint64_t, std::string_view) {
                                ++taken;
                                return absl::CancelledError("enough");
                              }).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(taken, 1);
  const auto missing =
      ReadRecordFile(folder_.Path("none"), [](uint64_t, std::string_view) { return absl::OkStatus(); });
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(RecordFile, RandomBytesNeverPassForRecords) {
  std::mt19937_64 random = SeededRandom();
  for (int round = 0; round < 300; ++round) {
    std::string bytes = round % 2 == 0 ? "" : FileOf({"first"});
    const size_t known = bytes.size();
    for (size_t i = random() % (2 * kBlockBytes); i > 0; --i)
      bytes.push_back(static_cast<char>(random() % (round % 3 == 0 ? 5 : 256)));
    (void)Read(bytes);
    EXPECT_EQ(records_.size(), known > 0 ? 1u : 0u);
  }
}

}  // namespace
}  // namespace redvest
