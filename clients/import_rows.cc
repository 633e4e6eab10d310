#include "clients/import_rows.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "clients/arguments.h"
#include "clients/words.h"
#include "ledger/base/text.h"

namespace redvest::client {
namespace {

constexpr std::string_view kBankHistoryColumns[] = {"source_id", "account_id",   "date",
                                                    "kind",      "amount_minor", "source_balance_minor"};
constexpr std::string_view kServiceHoursColumns[] = {"volunteer", "kind",        "start",
                                                     "minutes",   "beneficiary", "team"};
constexpr std::string_view kMealsColumns[] = {"member", "date_time", "portions", "payment"};

// The ranges of command.proto.
constexpr int64_t kMinutesMax = 1'440;
constexpr int64_t kPortionsMax = 1'000;
constexpr size_t kSourceIdBytesMax = 64;
constexpr size_t kReasonBytesMax = 256;
constexpr size_t kShownBytesMax = 48;

// Reads the fields of one row; the first fault stays.
class FieldReader {
 public:
  FieldReader(std::span<const std::string_view> columns, const std::vector<std::string_view>& fields)
      : columns_(columns), fields_(fields) {}

  std::string_view Text(size_t index, size_t bytes_max) {
    if (fields_[index].size() > bytes_max) Fail(RowFault::kTextTooLong, index);
    return fields_[index];
  }

  int64_t Number(size_t index, int64_t min, int64_t max) {
    const std::optional<int64_t> number = ParseWhole(fields_[index]);
    if (!number) {
      Fail(RowFault::kNotANumber, index);
    } else if (*number < min || *number > max) {
      Fail(RowFault::kOutOfRange, index);
    }
    return number.value_or(0);
  }

  uint64_t Id(size_t index, IdKind kind) {
    const std::optional<TaggedId> id = ParseId(fields_[index]);
    if (id && id->kind == kind) return id->id;
    Fail(RowFault::kWrongId, index);
    return 0;
  }

  template <typename Enum>
  Enum OneOf(size_t index, RowFault unknown) {
    for (const Word& word : WordsOf(google::protobuf::GetEnumDescriptor<Enum>())) {
      if (word.word == fields_[index]) return static_cast<Enum>(word.number);
    }
    Fail(unknown, index);
    return Enum();
  }

  uint64_t IdOrNone(size_t index, IdKind kind) { return fields_[index].empty() ? 0 : Id(index, kind); }

  void Fail(RowFault fault, size_t index) {
    if (problem_.fault != RowFault::kNone) return;
    problem_ = {fault, columns_[index], std::string(CutText(fields_[index], kShownBytesMax))};
  }

  RowProblem Done() && { return std::move(problem_); }

 private:
  const std::span<const std::string_view> columns_;
  const std::vector<std::string_view>& fields_;
  RowProblem problem_;
};

RowFault FaultOf(CsvFault fault) {
  switch (fault) {
    case CsvFault::kNone:
      return RowFault::kNone;
    case CsvFault::kLineTooLong:
      return RowFault::kLineTooLong;
    case CsvFault::kNotText:
      return RowFault::kNotText;
    case CsvFault::kQuotes:
      return RowFault::kQuotes;
    case CsvFault::kFieldCount:
      return RowFault::kFieldCount;
  }
  return RowFault::kNotText;
}

Bilingual FaultText(RowFault fault) {
  switch (fault) {
    case RowFault::kNone:
      return {"", ""};
    case RowFault::kLineTooLong:
      return {"the line is longer than 65536 bytes", "该行超过 65536 字节"};
    case RowFault::kNotText:
      return {"the line is not valid UTF-8 or holds control characters",
              "该行不是有效的 UTF-8，或含有控制字符"};
    case RowFault::kQuotes:
      return {"quotes do not close, or stand inside a field", "引号没有成对，或出现在字段中间"};
    case RowFault::kFieldCount:
      return {"wrong number of fields", "字段数不对"};
    case RowFault::kNotANumber:
      return {"not a whole number", "不是整数"};
    case RowFault::kOutOfRange:
      return {"zero, negative or too large", "为零、为负或过大"};
    case RowFault::kNoSuchDate:
      return {"no such date (YYYY-MM-DD)", "没有这一天（应为 YYYY-MM-DD）"};
    case RowFault::kNoSuchTime:
      return {"no such time (YYYY-MM-DD HH:MM)", "没有这一时刻（应为 YYYY-MM-DD HH:MM）"};
    case RowFault::kUnknownKind:
      return {"unknown kind", "未知的种类"};
    case RowFault::kUnknownPayment:
      return {"unknown way of payment", "未知的付款方式"};
    case RowFault::kWrongId:
      return {"wrong id or check characters", "编号或校验码不对"};
    case RowFault::kTextTooLong:
      return {"text too long", "文字过长"};
    case RowFault::kRefused:
      return {"the ledger does not take it", "账本不接受"};
  }
  return {"", ""};
}

int64_t ToMs(absl::CivilMinute minute, absl::TimeZone zone) {
  return absl::ToUnixMillis(absl::FromCivil(minute, zone));
}

}  // namespace

std::string_view ImportKindName(ImportKind kind) {
  switch (kind) {
    case ImportKind::kBankHistory:
      return "bank-history";
    case ImportKind::kServiceHours:
      return "service-hours";
    case ImportKind::kMeals:
      return "meals";
  }
  return "";
}

std::optional<ImportKind> ParseImportKind(std::string_view name) {
  for (ImportKind kind : {ImportKind::kBankHistory, ImportKind::kServiceHours, ImportKind::kMeals}) {
    if (name == ImportKindName(kind)) return kind;
  }
  return std::nullopt;
}

std::span<const std::string_view> ColumnsOf(ImportKind kind) {
  switch (kind) {
    case ImportKind::kBankHistory:
      return kBankHistoryColumns;
    case ImportKind::kServiceHours:
      return kServiceHoursColumns;
    case ImportKind::kMeals:
      return kMealsColumns;
  }
  return {};
}

std::optional<int64_t> ParseWhole(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string_view CutText(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0) == 0x80) --bytes_max;
  return text.substr(0, bytes_max);
}

std::string DescribeRow(Lang lang, const RowProblem& problem) {
  std::string text;
  if (!problem.column.empty()) absl::StrAppend(&text, ToAbsl(problem.column), ": ");
  absl::StrAppend(&text, ToAbsl(FaultText(problem.fault).In(lang)));
  if (!problem.value.empty()) absl::StrAppend(&text, ": ", problem.value);
  return text;
}

int64_t RowReader::StartMs(Day day, absl::TimeZone zone) {
  return std::max(ToMs(absl::CivilMinute(day.year(), day.month(), day.day(), 0, 1), zone), kMomentMinMs);
}

RowReader::RowReader(ImportKind kind, absl::TimeZone zone)
    : kind_(kind), zone_(zone), epoch_ms_(StartMs(Day(1970, 1, 1), zone)) {}

RowProblem RowReader::Read(const CsvFile& csv, v1::Command* command) {
  // A row without a date that can be read still needs a time, and always the same.
  command->set_occurred_at_unix_ms(epoch_ms_);
  RowProblem problem{FaultOf(csv.fault()), {}, {}};
  if (problem.fault == RowFault::kFieldCount) problem.value = absl::StrCat(csv.fields().size());
  if (problem.fault == RowFault::kNone) {
    switch (kind_) {
      case ImportKind::kBankHistory:
        problem = ReadBankHistory(csv.fields(), command);
        break;
      case ImportKind::kServiceHours:
        problem = ReadServiceHours(csv.fields(), command);
        break;
      case ImportKind::kMeals:
        problem = ReadMeal(csv.fields(), command);
        break;
    }
  }
  if (problem.fault != RowFault::kNone) MakeVoid(csv.line(), problem, command);
  return problem;
}

void RowReader::MakeVoid(uint64_t line, const RowProblem& problem, v1::Command* command) {
  const std::string reason = absl::StrCat("line ", line, ": ", DescribeRow(Lang::kEn, problem));
  command->mutable_void_serial()->set_reason(std::string(CutText(reason, kReasonBytesMax)));
}

RowProblem RowReader::ReadBankHistory(const Fields& fields, v1::Command* command) {
  FieldReader reader(kBankHistoryColumns, fields);
  v1::RecordBankHistory& history = *command->mutable_record_bank_history();
  const std::string_view source_id = reader.Text(0, kSourceIdBytesMax);
  history.set_source_id(source_id.data(), source_id.size());
  history.set_account_id(static_cast<uint64_t>(reader.Number(1, 1, static_cast<int64_t>(kIdMax))));
  if (const std::optional<int64_t> start = StartOf(fields[2])) {
    command->set_occurred_at_unix_ms(*start);
  } else {
    reader.Fail(RowFault::kNoSuchDate, 2);
  }
  history.set_kind(reader.OneOf<v1::HistoryKind>(3, RowFault::kUnknownKind));
  history.set_amount_fen(reader.Number(4, 1, kAmountMax));
  history.set_source_balance_fen(
      reader.Number(5, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()));
  return std::move(reader).Done();
}

RowProblem RowReader::ReadServiceHours(const Fields& fields, v1::Command* command) {
  FieldReader reader(kServiceHoursColumns, fields);
  v1::RecordService& service = *command->mutable_record_service();
  service.set_volunteer_id(reader.Id(0, IdKind::kMember));
  service.set_service_kind_id(reader.Id(1, IdKind::kServiceKind));
  const std::optional<int64_t> start = Minute(fields[2]);
  if (!start) reader.Fail(RowFault::kNoSuchTime, 2);
  const int64_t minutes = reader.Number(3, 1, kMinutesMax);
  service.set_minutes(static_cast<int32_t>(minutes));
  service.set_beneficiary_id(reader.IdOrNone(4, IdKind::kMember));
  service.set_team_id(reader.IdOrNone(5, IdKind::kTeam));
  RowProblem problem = std::move(reader).Done();
  if (problem.fault == RowFault::kNone) {
    service.set_start_unix_ms(*start);
    command->set_occurred_at_unix_ms(*start + minutes * 60'000);
  }
  return problem;
}

RowProblem RowReader::ReadMeal(const Fields& fields, v1::Command* command) {
  FieldReader reader(kMealsColumns, fields);
  v1::SellMeal& meal = *command->mutable_sell_meal();
  meal.set_member_id(reader.IdOrNone(0, IdKind::kMember));
  const std::optional<int64_t> moment = Minute(fields[1]);
  if (!moment) reader.Fail(RowFault::kNoSuchTime, 1);
  meal.set_portions(static_cast<int32_t>(reader.Number(2, 1, kPortionsMax)));
  meal.set_payment(reader.OneOf<v1::Payment>(3, RowFault::kUnknownPayment));
  if (moment) command->set_occurred_at_unix_ms(*moment);
  return std::move(reader).Done();
}

std::optional<int64_t> RowReader::StartOf(std::string_view date) {
  if (!date.empty() && date_ == date) return start_ms_;
  const std::optional<Day> day = ParseDay(date);
  if (!day) return std::nullopt;
  date_ = date;
  start_ms_ = StartMs(*day, zone_);
  return start_ms_;
}

std::optional<int64_t> RowReader::Minute(std::string_view date_time) const {
  if (date_time.size() != 16 || (date_time[10] != ' ' && date_time[10] != 'T') || date_time[13] != ':') {
    return std::nullopt;
  }
  const std::optional<Day> day = ParseDay(date_time.substr(0, 10));
  const auto two_digits = [&](size_t at, int max) -> int {
    const char tens = date_time[at];
    const char ones = date_time[at + 1];
    if (tens < '0' || tens > '9' || ones < '0' || ones > '9') return -1;
    const int number = (tens - '0') * 10 + (ones - '0');
    return number <= max ? number : -1;
  };
  const int hour = two_digits(11, 23);
  const int minute = two_digits(14, 59);
  if (!day || hour < 0 || minute < 0) return std::nullopt;
  const absl::CivilMinute civil(day->year(), day->month(), day->day(), hour, minute);
  // A minute that the clocks skipped did not exist.
  if (zone_.At(absl::CivilSecond(civil)).kind == absl::TimeZone::TimeInfo::SKIPPED) return std::nullopt;
  return ToMs(civil, zone_);
}

}  // namespace redvest::client
