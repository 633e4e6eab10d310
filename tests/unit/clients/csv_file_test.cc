#include "clients/csv_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace redvest::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kColumns[] = {"a", "b", "c"};

// A file that lives as long as the test.
class CsvFileTest : public ::testing::Test {
 protected:
  ~CsvFileTest() override { std::filesystem::remove(path_); }

  absl::StatusOr<std::unique_ptr<CsvFile>> Open(const std::string& bytes) {
    std::ofstream(path_, std::ios::binary) << bytes;
    return CsvFile::Open(Lang::kEn, path_, kColumns);
  }

  std::string HeaderFault(const std::string& bytes) {
    const auto csv = Open(bytes);
    return csv.ok() ? "" : std::string(csv.status().message());
  }

  struct Row {
    uint64_t row;
    uint64_t line;
    CsvFault fault;
    std::vector<std::string> fields;
    friend bool operator==(const Row&, const Row&) = default;
  };
  std::vector<Row> Rows(const std::string& bytes) {
    const auto csv = Open(bytes);
    EXPECT_TRUE(csv.ok()) << csv.status();
    std::vector<Row> rows;
    while ((*csv)->Next()) {
      rows.push_back({(*csv)->row(), (*csv)->line(), (*csv)->fault(), {}});
      if ((*csv)->fault() != CsvFault::kNone) continue;
      for (std::string_view field : (*csv)->fields()) rows.back().fields.emplace_back(field);
    }
    EXPECT_TRUE((*csv)->status().ok());
    return rows;
  }

  const std::string path_ =
      std::filesystem::temp_directory_path() /
      ("redvest_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
};

TEST_F(CsvFileTest, RowsAreNumberedFromTheFirstAfterTheHeader) {
  EXPECT_THAT(Rows("a,b,c\n1,2,3\n4,5,6\n"), ElementsAre(Row{1, 2, CsvFault::kNone, {"1", "2", "3"}},
                                                         Row{2, 3, CsvFault::kNone, {"4", "5", "6"}}));
}

TEST_F(CsvFileTest, ByteOrderMarkAndCarriageReturnsAreTaken) {
  EXPECT_THAT(Rows("\xEF\xBB\xBF"
                   "a,b,c\r\n1,2,3\r\n"),
              ElementsAre(Row{1, 2, CsvFault::kNone, {"1", "2", "3"}}));
}

TEST_F(CsvFileTest, LastLineNeedsNoEnd) {
  EXPECT_THAT(Rows("a,b,c\n1,2,3"), ElementsAre(Row{1, 2, CsvFault::kNone, {"1", "2", "3"}}));
}

TEST_F(CsvFileTest, QuotedFieldsMayHoldCommasAndQuotes) {
  EXPECT_THAT(Rows("a,b,c\n\"x,y\",\"say \"\"hi\"\"\",\"\"\n"),
              ElementsAre(Row{1, 2, CsvFault::kNone, {"x,y", "say \"hi\"", ""}}));
}

TEST_F(CsvFileTest, EmptyLinesAreNoRowsButLinesAreCounted) {
  EXPECT_THAT(
      Rows("\na,b,c\n\n1,2,3\r\n\r\n  \n4,5,6\n\n"),
      ElementsAre(Row{1, 4, CsvFault::kNone, {"1", "2", "3"}}, Row{2, 7, CsvFault::kNone, {"4", "5", "6"}}));
}

TEST_F(CsvFileTest, EveryDamagedLineCostsOneRow) {
  const std::string rows =
      std::string("a,b,c\n1,2\n1,2,3,4\n\"1,2,3\n1,2\"2,3\n1,\xFF,3\n1,") + '\0' + ",3\n1,2,3\n";
  EXPECT_THAT(Rows(rows),
              ElementsAre(Row{1, 2, CsvFault::kFieldCount, {}}, Row{2, 3, CsvFault::kFieldCount, {}},
                          Row{3, 4, CsvFault::kQuotes, {}}, Row{4, 5, CsvFault::kQuotes, {}},
                          Row{5, 6, CsvFault::kNotText, {}}, Row{6, 7, CsvFault::kNotText, {}},
                          Row{7, 8, CsvFault::kNone, {"1", "2", "3"}}));
}

TEST_F(CsvFileTest, HugeLineCostsOneRowAndIsNotKept) {
  const std::string huge(3 * kCsvLineBytesMax + 17, 'x');
  EXPECT_THAT(Rows("a,b,c\n" + huge + ",2,3\n1,2,3\n" + huge),
              ElementsAre(Row{1, 2, CsvFault::kLineTooLong, {}}, Row{2, 3, CsvFault::kNone, {"1", "2", "3"}},
                          Row{3, 4, CsvFault::kLineTooLong, {}}));
}

TEST_F(CsvFileTest, LongestLineIsStillRead) {
  const std::string field(kCsvLineBytesMax - 4, 'x');
  EXPECT_THAT(Rows("a,b,c\n" + field + ",2,3\n"), ElementsAre(Row{1, 2, CsvFault::kNone, {field, "2", "3"}}));
}

TEST_F(CsvFileTest, GoingBackReadsTheSameRowsAgain) {
  std::string bytes = "a,b,c\n";
  // More than one buffer, with gaps.
  for (int i = 0; i < 20'000; ++i) bytes += std::to_string(i) + ",2,3\n" + (i % 3 == 0 ? "\n" : "");
  const auto csv = Open(bytes);
  ASSERT_TRUE(csv.ok());
  CsvFile::Place place;
  uint64_t line = 0;
  while ((*csv)->Next()) {
    if ((*csv)->row() == 7'000) place = (*csv)->place();
    if ((*csv)->row() == 7'001) line = (*csv)->line();
  }
  (*csv)->GoBack(place);
  ASSERT_TRUE((*csv)->Next());
  EXPECT_EQ((*csv)->row(), 7'001u);
  EXPECT_EQ((*csv)->line(), line);
  EXPECT_THAT((*csv)->fields(), ElementsAre("7000", "2", "3"));
  while ((*csv)->Next()) {
  }
  EXPECT_EQ((*csv)->row(), 20'000u);
}

TEST_F(CsvFileTest, HeaderThatDoesNotFitSaysWhatIsWrong) {
  EXPECT_THAT(HeaderFault(""), HasSubstr("empty"));
  EXPECT_THAT(HeaderFault("\n\n"), HasSubstr("empty"));
  EXPECT_THAT(HeaderFault("a,c\n1,2\n"), HasSubstr("columns are missing: b;"));
  EXPECT_THAT(HeaderFault("a,b,c,d,e\n"), HasSubstr("not known: d,e;"));
  EXPECT_THAT(HeaderFault("b,a,c\n"), HasSubstr("another order"));
  EXPECT_THAT(HeaderFault("a,b,c,c\n"), HasSubstr("twice"));
  EXPECT_THAT(HeaderFault("A,b,c\n"), HasSubstr("columns are missing: a;"));
  EXPECT_THAT(HeaderFault(std::string("\xFF\xFE"
                                      "a\0,\0",
                                      6)),
              HasSubstr("UTF-8"));
  EXPECT_THAT(HeaderFault("a;b;c\n"), HasSubstr("first line must be a,b,c"));
}

TEST_F(CsvFileTest, FileThatIsNotThereIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(CsvFile::Open(Lang::kEn, path_ + "-not-there", kColumns).status()));
}

TEST_F(CsvFileTest, FolderIsNoFile) {
  EXPECT_FALSE(CsvFile::Open(Lang::kEn, std::filesystem::temp_directory_path(), kColumns).ok());
}

TEST(CsvLineTest, WhatIsWrittenIsRead) {
  EXPECT_EQ(CsvLine({"1", "x,y", "say \"hi\""}), "\"1\",\"x,y\",\"say \"\"hi\"\"\"\n");
  EXPECT_EQ(CsvLine({""}), "\"\"\n");
}

}  // namespace
}  // namespace redvest::client
