#include "clients/import_rows.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "clients/import_reasons.h"

namespace redvest::client {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

absl::TimeZone Shanghai() {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("Asia/Shanghai", &zone));
  return zone;
}

struct ReadRow {
  RowProblem problem;
  v1::Command command;
};

// What the one row of a file of `kind` asks for.
ReadRow Read(ImportKind kind, const std::string& row, absl::TimeZone zone = Shanghai()) {
  const std::string path =
      std::filesystem::temp_directory_path() /
      ("redvest_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
  std::string header;
  for (std::string_view column : ColumnsOf(kind)) header += (header.empty() ? "" : ",") + std::string(column);
  std::ofstream(path, std::ios::binary) << header << '\n' << row << '\n';
  const auto csv = CsvFile::Open(Lang::kEn, path, ColumnsOf(kind));
  EXPECT_TRUE(csv.ok()) << csv.status();
  std::filesystem::remove(path);
  EXPECT_TRUE((*csv)->Next());
  RowReader reader(kind, zone);
  ReadRow read;
  read.problem = reader.Read(**csv, &read.command);
  return read;
}

RowProblem HistoryProblem(const std::string& row) { return Read(ImportKind::kBankHistory, row).problem; }

TEST(ImportRowsTest, HistoryRowHappensAtTheStartOfItsDayInTheLedgersZone) {
  const ReadRow read = Read(ImportKind::kBankHistory, "695247,2378,1993-01-01,cash_deposit,70000,-5");
  EXPECT_EQ(read.problem.fault, RowFault::kNone);
  const v1::RecordBankHistory& row = read.command.record_bank_history();
  EXPECT_EQ(row.source_id(), "695247");
  EXPECT_EQ(row.account_id(), 2378u);
  EXPECT_EQ(row.kind(), v1::HISTORY_KIND_CASH_DEPOSIT);
  EXPECT_EQ(row.amount_fen(), 70'000);
  EXPECT_EQ(row.source_balance_fen(), -5);
  EXPECT_EQ(read.command.occurred_at_unix_ms(),
            absl::ToUnixMillis(absl::FromCivil(absl::CivilMinute(1993, 1, 1, 0, 1), Shanghai())));
}

TEST(ImportRowsTest, EveryKindOfHistoryIsRead) {
  for (const char* kind : {"cash_deposit", "cash_withdrawal", "card_withdrawal", "transfer_received",
                           "transfer_sent", "interest_credited", "fee_charged"}) {
    EXPECT_EQ(HistoryProblem(std::string("1,1,2020-02-29,") + kind + ",1,1").fault, RowFault::kNone) << kind;
  }
}

TEST(ImportRowsTest, FaultNamesTheColumn) {
  const struct {
    const char* row;
    RowFault fault;
    const char* column;
  } kCases[] = {
      {"1,0,2020-01-01,cash_deposit,1,1", RowFault::kOutOfRange, "account_id"},
      {"1,-3,2020-01-01,cash_deposit,1,1", RowFault::kOutOfRange, "account_id"},
      {"1,1000000000000000,2020-01-01,cash_deposit,1,1", RowFault::kOutOfRange, "account_id"},
      {"1,x,2020-01-01,cash_deposit,1,1", RowFault::kNotANumber, "account_id"},
      {"1,,2020-01-01,cash_deposit,1,1", RowFault::kNotANumber, "account_id"},
      {"1,1,2021-02-29,cash_deposit,1,1", RowFault::kNoSuchDate, "date"},
      {"1,1,,cash_deposit,1,1", RowFault::kNoSuchDate, "date"},
      {"1,1,2020-1-1,cash_deposit,1,1", RowFault::kNoSuchDate, "date"},
      {"1,1,1899-12-31,cash_deposit,1,1", RowFault::kNoSuchDate, "date"},
      {"1,1,2020-01-01,Cash_deposit,1,1", RowFault::kUnknownKind, "kind"},
      {"1,1,2020-01-01,,1,1", RowFault::kUnknownKind, "kind"},
      {"1,1,2020-01-01,cash_deposit,0,1", RowFault::kOutOfRange, "amount_minor"},
      {"1,1,2020-01-01,cash_deposit,-1,1", RowFault::kOutOfRange, "amount_minor"},
      {"1,1,2020-01-01,cash_deposit,1000000000001,1", RowFault::kOutOfRange, "amount_minor"},
      {"1,1,2020-01-01,cash_deposit,9223372036854775808,1", RowFault::kNotANumber, "amount_minor"},
      {"1,1,2020-01-01,cash_deposit,1.5,1", RowFault::kNotANumber, "amount_minor"},
      {"1,1,2020-01-01,cash_deposit,+1,1", RowFault::kNotANumber, "amount_minor"},
      {"1,1,2020-01-01,cash_deposit,1e3,1", RowFault::kNotANumber, "amount_minor"},
      {"1,1,2020-01-01,cash_deposit,1,", RowFault::kNotANumber, "source_balance_minor"},
      {"1,1,2020-01-01,cash_deposit,1", RowFault::kFieldCount, ""},
      {"1,1,2020-01-01,cash_deposit,1,1,", RowFault::kFieldCount, ""},
  };
  for (const auto& row : kCases) {
    const RowProblem problem = HistoryProblem(row.row);
    EXPECT_EQ(problem.fault, row.fault) << row.row;
    EXPECT_EQ(problem.column, row.column) << row.row;
  }
}

TEST(ImportRowsTest, SourceIdMayHave64Bytes) {
  EXPECT_EQ(HistoryProblem(std::string(64, 'x') + ",1,2020-01-01,cash_deposit,1,1").fault, RowFault::kNone);
  EXPECT_EQ(HistoryProblem(std::string(65, 'x') + ",1,2020-01-01,cash_deposit,1,1").fault,
            RowFault::kTextTooLong);
}

TEST(ImportRowsTest, RowThatCannotBeReadIsAVoidSerialThatTellsLineAndFault) {
  const ReadRow read = Read(ImportKind::kBankHistory, "1,1,2020-01-01,cash_deposit,1.50,1");
  ASSERT_TRUE(read.command.has_void_serial());
  EXPECT_EQ(read.command.void_serial().reason(), "line 2: amount_minor: not a whole number: 1.50");
  // Its date can be read, so it keeps its place among the others.
  EXPECT_EQ(read.command.occurred_at_unix_ms(),
            absl::ToUnixMillis(absl::FromCivil(absl::CivilMinute(2020, 1, 1, 0, 1), Shanghai())));
}

TEST(ImportRowsTest, ReasonOfAVoidSerialStaysWithinItsSize) {
  const std::string chinese =
      "一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十";
  const ReadRow read = Read(ImportKind::kBankHistory, "1,1,2020-01-01," + chinese + ",1,1");
  EXPECT_THAT(read.command.void_serial().reason(), StartsWith("line 2: kind: unknown kind: 一二三四"));
  EXPECT_LE(read.command.void_serial().reason().size(), 256u);
}

TEST(ImportRowsTest, SameRowIsTheSameCommandEachTime) {
  for (const char* row : {"7,1,2020-01-01,cash_deposit,1,1", "7,1,2020-13-01,cash_deposit,1,1", "7,\"1"}) {
    const ReadRow first = Read(ImportKind::kBankHistory, row);
    const ReadRow second = Read(ImportKind::kBankHistory, row);
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(first.command, second.command)) << row;
    EXPECT_NE(first.command.occurred_at_unix_ms(), 0) << row;
  }
}

TEST(ImportRowsTest, ServiceHoursEndWhenTheyAreOver) {
  const std::string volunteer = FormatId(IdKind::kMember, 12);
  const std::string kind = FormatId(IdKind::kServiceKind, 1);
  const std::string elder = FormatId(IdKind::kMember, 7);
  const std::string team = FormatId(IdKind::kTeam, 3);
  const ReadRow read =
      Read(ImportKind::kServiceHours, volunteer + "," + kind + ",2024-05-01 08:30,90," + elder + "," + team);
  EXPECT_EQ(read.problem.fault, RowFault::kNone);
  const v1::RecordService& service = read.command.record_service();
  EXPECT_EQ(service.volunteer_id(), 12u);
  EXPECT_EQ(service.service_kind_id(), 1u);
  EXPECT_EQ(service.minutes(), 90);
  EXPECT_EQ(service.beneficiary_id(), 7u);
  EXPECT_EQ(service.team_id(), 3u);
  EXPECT_EQ(service.start_unix_ms(),
            absl::ToUnixMillis(absl::FromCivil(absl::CivilMinute(2024, 5, 1, 8, 30), Shanghai())));
  EXPECT_EQ(read.command.occurred_at_unix_ms(), service.start_unix_ms() + 90 * 60'000);
}

TEST(ImportRowsTest, BeneficiaryAndTeamMayBeEmpty) {
  const ReadRow read =
      Read(ImportKind::kServiceHours,
           FormatId(IdKind::kMember, 12) + "," + FormatId(IdKind::kServiceKind, 1) + ",2024-05-01T08:30,1,,");
  EXPECT_EQ(read.problem.fault, RowFault::kNone);
}

TEST(ImportRowsTest, WrongCheckCharactersAndOtherLettersAreFound) {
  const std::string kind = FormatId(IdKind::kServiceKind, 1);
  std::string wrong = FormatId(IdKind::kMember, 12);
  wrong.back() = wrong.back() == '0' ? '1' : '0';
  RowProblem problem = Read(ImportKind::kServiceHours, wrong + "," + kind + ",2024-05-01 08:30,1,,").problem;
  EXPECT_EQ(problem.fault, RowFault::kWrongId);
  EXPECT_EQ(problem.column, "volunteer");
  EXPECT_EQ(problem.value, wrong);
  problem =
      Read(ImportKind::kServiceHours, FormatId(IdKind::kTerminal, 12) + "," + kind + ",2024-05-01 08:30,1,,")
          .problem;
  EXPECT_EQ(problem.fault, RowFault::kWrongId);
}

TEST(ImportRowsTest, TimesThatDoNotExistAreFound) {
  const std::string start = FormatId(IdKind::kMember, 12) + "," + FormatId(IdKind::kServiceKind, 1) + ",";
  for (const char* time : {"2024-05-01", "2024-05-01 24:00", "2024-05-01 08:60", "2024-02-30 08:00",
                           "2024-05-01 8:00", "2024-05-01 08:00:00", "2024-05-01  8:00", ""}) {
    EXPECT_EQ(Read(ImportKind::kServiceHours, start + time + ",1,,").problem.fault, RowFault::kNoSuchTime)
        << time;
  }
  absl::TimeZone berlin;
  ASSERT_TRUE(absl::LoadTimeZone("Europe/Berlin", &berlin));
  EXPECT_EQ(Read(ImportKind::kServiceHours, start + "2024-03-31 02:30,1,,", berlin).problem.fault,
            RowFault::kNoSuchTime);
  EXPECT_EQ(Read(ImportKind::kServiceHours, start + "2024-03-31 03:00,1,,", berlin).problem.fault,
            RowFault::kNone);
}

TEST(ImportRowsTest, MealsOfMembersAndGuests) {
  const ReadRow member =
      Read(ImportKind::kMeals, FormatId(IdKind::kMember, 5) + ",2024-05-01 11:30,2,meal-card");
  EXPECT_EQ(member.problem.fault, RowFault::kNone);
  EXPECT_EQ(member.command.sell_meal().member_id(), 5u);
  EXPECT_EQ(member.command.sell_meal().portions(), 2);
  EXPECT_EQ(member.command.sell_meal().payment(), v1::PAYMENT_MEAL_CARD);
  const ReadRow guest = Read(ImportKind::kMeals, ",2024-05-01 11:30,1,cash");
  EXPECT_EQ(guest.problem.fault, RowFault::kNone);
  EXPECT_EQ(guest.command.sell_meal().member_id(), 0u);
  EXPECT_EQ(Read(ImportKind::kMeals, ",2024-05-01 11:30,0,cash").problem.fault, RowFault::kOutOfRange);
  EXPECT_EQ(Read(ImportKind::kMeals, ",2024-05-01 11:30,1,gold").problem.fault, RowFault::kUnknownPayment);
}

TEST(ImportRowsTest, EveryReasonOfADeclineHasItsWords) {
  const auto* reasons = v1::ErrorReason_descriptor();
  for (int i = 0; i < reasons->value_count(); ++i) {
    const int number = reasons->value(i)->number();
    if (number < v1::ERROR_REASON_ROLE_FORBIDS) continue;
    EXPECT_NE(ShortReason(static_cast<v1::ErrorReason>(number)).en, "another reason")
        << reasons->value(i)->name();
  }
}

TEST(ImportRowsTest, TextIsCutBetweenCharacters) {
  EXPECT_EQ(CutText("abc", 3), "abc");
  EXPECT_EQ(CutText("abcd", 3), "abc");
  EXPECT_EQ(CutText("一二", 5), "一");
  EXPECT_EQ(CutText("一二", 2), "");
}

}  // namespace
}  // namespace redvest::client
