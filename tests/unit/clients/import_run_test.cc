#include "clients/import_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/clients/fake_ledger.h"

namespace redvest::client {
namespace {

using ::testing::ElementsAre;

// Imports meals of guests into a server that declines 13 portions and refuses 1,000.
class ImportRunTest : public ::testing::Test {
 protected:
  ~ImportRunTest() override { std::filesystem::remove(path_); }

  struct Outcome {
    std::optional<CallError> error;
    ImportCounts counts;
    std::vector<RowNote> notes;
  };

  // A file with a row for each number of portions; -1 is a row that cannot be read, -2 an empty line.
  Outcome Import(const std::vector<int>& portions) {
    std::ofstream file(path_);
    file << "member,date_time,portions,payment\n";
    for (int count : portions) {
      if (count == -1) file << "damaged\n";
      if (count == -2) file << "\n";
      if (count > 0) file << ",2024-05-01 11:30," << count << ",cash\n";
    }
    file.close();
    auto csv = CsvFile::Open(Lang::kEn, path_, ColumnsOf(ImportKind::kMeals));
    EXPECT_TRUE(csv.ok()) << csv.status();
    RowReader reader(ImportKind::kMeals, absl::UTCTimeZone());
    Connection connection(ledger_.address());
    Importer importer(connection, TerminalId(3), Serial(ledger_.recorded().size()), **csv, reader,
                      [](int64_t) {});
    Outcome outcome;
    outcome.error = importer.Run();
    outcome.counts = importer.counts();
    outcome.notes = importer.notes();
    const ImportCounts& counts = outcome.counts;
    EXPECT_EQ(counts.rows, counts.recorded + counts.already_recorded + counts.declined + counts.unreadable +
                               counts.changed);
    return outcome;
  }

  // The rows of the notes of one kind.
  static std::vector<uint64_t> RowsOf(const Outcome& outcome, RowNote::Kind kind) {
    std::vector<uint64_t> rows;
    for (const RowNote& note : outcome.notes) {
      if (note.kind == kind) rows.push_back(note.row);
    }
    return rows;
  }

  FakeLedger ledger_;
  const std::string path_ =
      std::filesystem::temp_directory_path() /
      ("redvest_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
};

TEST_F(ImportRunTest, EveryRowHasItsSerial) {
  const Outcome outcome = Import({1, 13, -1, -2, 2});
  ASSERT_FALSE(outcome.error);
  EXPECT_EQ(outcome.counts.rows, 4u);
  EXPECT_EQ(outcome.counts.recorded, 2u);
  EXPECT_EQ(outcome.counts.declined, 1u);
  EXPECT_EQ(outcome.counts.unreadable, 1u);
  ASSERT_EQ(outcome.notes.size(), 2u);
  EXPECT_EQ(outcome.notes[0].line, 3u);
  EXPECT_EQ(outcome.notes[1].line, 4u);
  const auto recorded = ledger_.recorded();
  ASSERT_EQ(recorded.size(), 4u);
  EXPECT_EQ(recorded.at(3).void_serial().reason(), "line 4: wrong number of fields: 1");
  EXPECT_EQ(recorded.at(4).sell_meal().portions(), 2);
}

TEST_F(ImportRunTest, LineOfADeclinedRowCountsEmptyLines) {
  const Outcome outcome = Import({1, -2, -2, 13, 1, -2, 13});
  ASSERT_EQ(outcome.notes.size(), 2u);
  EXPECT_EQ(outcome.notes[0].line, 5u);
  EXPECT_EQ(outcome.notes[1].line, 8u);
}

TEST_F(ImportRunTest, ImportingTwiceChangesNothing) {
  const std::vector<int> rows = {1, 13, -1, 2, 3};
  Import(rows);
  const Outcome again = Import(rows);
  ASSERT_FALSE(again.error);
  EXPECT_EQ(again.counts.recorded, 0u);
  EXPECT_EQ(again.counts.already_recorded, 3u);
  EXPECT_EQ(again.counts.declined, 1u);
  EXPECT_EQ(again.counts.unreadable, 1u);
  EXPECT_EQ(ledger_.recorded().size(), 5u);
}

TEST_F(ImportRunTest, ChangedRowsAreReportedAndTheRestGoesOn) {
  // Several batches, with changes at their edges and beside each other, and rows added at the end.
  std::vector<int> rows(9'000, 1);
  Import(rows);
  const std::set<uint64_t> changed = {1, 2, 3'999, 4'000, 4'001, 6'500, 8'999, 9'000};
  for (uint64_t row : changed) rows[row - 1] = 2;
  rows.resize(13'000, 3);
  const Outcome outcome = Import(rows);
  ASSERT_FALSE(outcome.error);
  EXPECT_THAT(RowsOf(outcome, RowNote::Kind::kChanged), ::testing::ElementsAreArray(changed));
  EXPECT_EQ(outcome.counts.rows, 13'000u);
  EXPECT_EQ(outcome.counts.already_recorded, 9'000u - changed.size());
  EXPECT_EQ(outcome.counts.recorded, 4'000u);
  EXPECT_EQ(ledger_.recorded().size(), 13'000u);
  EXPECT_EQ(ledger_.recorded().at(4'000).sell_meal().portions(), 1);
}

TEST_F(ImportRunTest, WhollyChangedFileIsReportedRowByRow) {
  Import(std::vector<int>(300, 1));
  const Outcome outcome = Import(std::vector<int>(300, 2));
  ASSERT_FALSE(outcome.error);
  EXPECT_EQ(outcome.counts.changed, 300u);
}

TEST_F(ImportRunTest, RowWhoseFormTheLedgerRefusesIsVoided) {
  const std::vector<int> rows = {1, 1'000, 2};
  const Outcome outcome = Import(rows);
  ASSERT_FALSE(outcome.error);
  EXPECT_THAT(RowsOf(outcome, RowNote::Kind::kUnreadable), ElementsAre(2));
  EXPECT_EQ(outcome.counts.recorded, 2u);
  EXPECT_TRUE(ledger_.recorded().at(2).has_void_serial());
  EXPECT_EQ(Import(rows).counts.already_recorded, 2u);
}

TEST_F(ImportRunTest, LostAnswersAndAFullQueueCountNothingTwice) {
  std::vector<int> rows(10'000, 1);
  rows[5'000] = 13;
  ledger_.LoseAnswers(2);
  ledger_.BeBusy(2);
  const Outcome outcome = Import(rows);
  ASSERT_FALSE(outcome.error);
  EXPECT_EQ(outcome.counts.recorded, 9'999u);
  EXPECT_EQ(outcome.counts.already_recorded, 0u);
  EXPECT_THAT(RowsOf(outcome, RowNote::Kind::kDeclined), ElementsAre(5'001));
  EXPECT_EQ(ledger_.recorded().size(), 10'000u);
}

TEST_F(ImportRunTest, FileWithoutRowsIsNoError) {
  const Outcome outcome = Import({});
  EXPECT_FALSE(outcome.error);
  EXPECT_EQ(outcome.counts.rows, 0u);
}

}  // namespace
}  // namespace redvest::client
