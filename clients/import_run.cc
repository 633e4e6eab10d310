#include "clients/import_run.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace redvest::client {
namespace {

constexpr uint64_t kBatchRows = 4'000;
constexpr uint64_t kBatchRowsAfterStop = 16;
// Batches under way: enough that the ledger never waits for the next one.
constexpr int kWindow = 8;
// Banks that round their balances do so to tenths: a difference of at most one tenth is taken for rounding.
constexpr int64_t kRoundingFen = 10;

}  // namespace

Importer::Importer(Connection& connection, TerminalId terminal, Serial last_serial, CsvFile& csv,
                   RowReader& reader, std::function<void(int64_t rows)> progress)
    : terminal_(terminal),
      last_serial_(last_serial),
      csv_(csv),
      reader_(reader),
      progress_(std::move(progress)),
      stream_(connection, kWindow),
      batch_rows_(kBatchRows) {}

std::optional<CallError> Importer::Run() {
  const absl::Time start = absl::Now();
  std::optional<CallError> error = SendAll();
  duration_ = absl::Now() - start;
  return error;
}

std::optional<CallError> Importer::SendAll() {
  for (;;) {
    v1::IngestRequest batch = ReadBatch();
    const bool ended = batch.commands_size() == 0;
    if (!ended) {
      auto answer = stream_.Send(std::move(batch));
      if (!answer.ok()) return answer.error();
      if (*answer) {
        if (auto error = TakeAnswer(**answer)) return error;
      }
      if (batch_rows_ == kBatchRows && !go_back_) continue;
    }
    // At the end, and around a stop, everything under way is waited for.
    if (auto error = TakeAnswers()) return error;
    if (go_back_) {
      csv_.GoBack(go_back_->first);
      while (csv_.row() < go_back_->second && csv_.Next()) {
      }
      batch_rows_ = kBatchRowsAfterStop;
      go_back_.reset();
    } else if (ended) {
      return std::nullopt;
    } else {
      batch_rows_ = std::min(batch_rows_ * 2, kBatchRows);
    }
  }
}

v1::IngestRequest Importer::ReadBatch() {
  v1::IngestRequest batch;
  Sent sent{.before = csv_.place(), .rows = 0, .unreadable = {}};
  batch.set_terminal_id(terminal_.value());
  batch.set_first_serial(sent.before.row + 1);
  batch.mutable_commands()->Reserve(static_cast<int>(batch_rows_));
  while (sent.rows < batch_rows_ && csv_.Next()) {
    ++sent.rows;
    if (const uint64_t offset = csv_.line() - csv_.row();
        line_offsets_.empty() || line_offsets_.rbegin()->second < offset) {
      line_offsets_[csv_.row()] = offset;
    }
    v1::Command* command = batch.add_commands();
    RowNote note{.kind = RowNote::Kind::kUnreadable,
                 .row = csv_.row(),
                 .line = csv_.line(),
                 .problem = reader_.Read(csv_, command),
                 .error = {}};
    if (const auto refused = refused_.find(csv_.row()); refused != refused_.end()) {
      note.error = refused->second;
      note.problem = {RowFault::kRefused, {}, note.error.message};
      RowReader::MakeVoid(csv_.line(), note.problem, command);
    }
    if (note.problem.fault != RowFault::kNone) sent.unreadable.push_back(std::move(note));
  }
  if (sent.rows > 0) sent_.push_back(std::move(sent));
  return batch;
}

std::optional<CallError> Importer::TakeAnswers() {
  for (;;) {
    auto answer = stream_.Next();
    if (!answer.ok()) return answer.error();
    if (!*answer) return std::nullopt;
    if (auto error = TakeAnswer(**answer)) return error;
  }
}

std::optional<CallError> Importer::TakeAnswer(const v1::IngestResponse& answer) {
  const Sent sent = std::move(sent_.front());
  sent_.pop_front();
  if (first_added_ == Sequence() && answer.first_sequence() != 0)
    first_added_ = Sequence(answer.first_sequence());
  if (go_back_) return std::nullopt;

  const uint64_t end =
      answer.stopped_at_serial() != 0 ? answer.stopped_at_serial() : sent.before.row + sent.rows + 1;
  const uint64_t taken = end - sent.before.row - 1;
  const uint64_t known = std::clamp(last_serial_.value() + 1, sent.before.row + 1, end) - sent.before.row - 1;
  counts_.rows += taken;
  counts_.already_recorded += known;
  counts_.recorded += taken - known;
  const auto take_off = [&](uint64_t row) {
    --(row <= last_serial_.value() ? counts_.already_recorded : counts_.recorded);
  };
  const size_t first_note = notes_.size();
  for (const RowNote& note : sent.unreadable) {
    if (note.row >= end) break;
    take_off(note.row);
    ++counts_.unreadable;
    notes_.push_back(note);
  }
  for (const v1::DeclinedItem& item : answer.declined()) {
    take_off(item.serial());
    ++counts_.declined;
    ++counts_.declined_by_reason[item.error().reason()];
    notes_.push_back({.kind = RowNote::Kind::kDeclined,
                      .row = item.serial(),
                      .line = LineOf(item.serial()),
                      .problem = {},
                      .error = {grpc::StatusCode::FAILED_PRECONDITION, item.error(), item.message()}});
  }
  std::sort(notes_.begin() + static_cast<std::ptrdiff_t>(first_note), notes_.end(),
            [](const RowNote& a, const RowNote& b) { return a.row < b.row; });
  if (answer.stopped_at_serial() != 0) return StopAt(sent, answer);
  progress_(static_cast<int64_t>(counts_.rows));
  return std::nullopt;
}

std::optional<CallError> Importer::StopAt(const Sent& sent, const v1::IngestResponse& answer) {
  const uint64_t row = answer.stopped_at_serial();
  CallError error{static_cast<grpc::StatusCode>(answer.stopped_code()), answer.stopped_error(),
                  answer.stopped_message()};
  if (answer.stopped_error().reason() == v1::ERROR_REASON_SERIAL_REUSED) {
    ++counts_.rows;
    ++counts_.changed;
    notes_.push_back(
        {.kind = RowNote::Kind::kChanged, .row = row, .line = LineOf(row), .problem = {}, .error = error});
    go_back_ = {sent.before, row};
    return std::nullopt;
  }
  if (error.code == grpc::StatusCode::INVALID_ARGUMENT && refused_.try_emplace(row, error).second) {
    go_back_ = {sent.before, row - 1};
    return std::nullopt;
  }
  return error;
}

uint64_t Importer::LineOf(uint64_t row) const {
  const auto after = line_offsets_.upper_bound(row);
  return after == line_offsets_.begin() ? 0 : row + std::prev(after)->second;
}

CallResult<HistoryCheck> CheckHistory(Connection& connection, TerminalId terminal, Sequence from) {
  v1::ReadEventsRequest request;
  request.set_from_sequence(from.value());
  request.set_terminal_id(terminal.value());
  request.add_event("bank_history_recorded");
  HistoryCheck check;
  absl::flat_hash_map<uint64_t, int64_t> balances;
  auto error = connection.Stream(
      &v1::AuditService::Stub::ReadEvents, request, [&](const v1::ReadEventsResponse& response) {
        for (const v1::SequencedEvent& item : response.events()) {
          const auto& recorded = item.event().bank_history_recorded();
          const v1::RecordBankHistory& command = recorded.command();
          balances[command.account_id()] = recorded.book_balance_fen();
          if (recorded.opened_account()) ++check.accounts_opened;
          const int64_t source = command.source_balance_fen();
          const int64_t book = recorded.book_balance_fen();
          if (source == book) continue;
          check.differing.push_back(
              {item.event().serial(), command.account_id(), command.source_id(), source, book});
          int64_t difference = 0;
          if (!__builtin_sub_overflow(source, book, &difference) && difference >= -kRoundingFen &&
              difference <= kRoundingFen) {
            ++check.differing_by_rounding;
          }
        }
        return true;
      });
  if (error) return *error;
  check.accounts = balances.size();
  for (const auto& [account, balance] : balances) {
    if (balance < 0) ++check.accounts_below_zero;
  }
  return check;
}

}  // namespace redvest::client
