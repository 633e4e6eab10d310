#include "ledger/projection/replay.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "ledger/base/bytes.h"
#include "ledger/base/check.h"
#include "ledger/base/text.h"
#include "ledger/projection/row_text.h"

namespace redvest {
namespace {

using event::v1::Event;

// Many, so that an account's entries are written together when a projection is behind; few enough that what
// is gathered takes some tens of MiB, and that a commit does not wait long behind the batch.
constexpr uint64_t kBatchEventsMax = 200'000;

// A commit of 128 KiB of events, parsed.
constexpr size_t kFirstBlockBytes = 1024 * 1024;

absl::StatusOr<Sequence> DecodePosition(absl::StatusOr<std::optional<std::string>> row) {
  REDVEST_RETURN_IF_ERROR(row.status());
  if (!row->has_value()) return Sequence();
  uint64_t position = 0;
  ByteReader reader(**row);
  if (!reader.BigEndian(&position) || !reader.empty()) {
    return absl::DataLossError("the row that holds a projection's position cannot be read");
  }
  return Sequence(position);
}

}  // namespace

absl::StatusOr<Sequence> ReadPosition(const Store& store, TableId table) {
  return DecodePosition(store.Get(table, kPositionKey));
}

absl::StatusOr<Sequence> ReadPosition(const StoreSnapshot& snapshot, TableId table) {
  return DecodePosition(snapshot.Get(table, kPositionKey));
}

std::pair<std::string, std::string> PositionRow(Sequence position) {
  std::string value;
  AppendBigEndian(&value, position.value());
  return {std::string(kPositionKey), std::move(value)};
}

Replay::Replay(const EventLog* log, Store* store, std::vector<std::unique_ptr<Projection>> projections)
    : log_(log), store_(store), first_block_(kFirstBlockBytes) {
  google::protobuf::ArenaOptions options;
  options.initial_block = first_block_.data();
  options.initial_block_size = first_block_.size();
  arena_ = std::make_unique<google::protobuf::Arena>(options);
  for (auto& projection : projections) readers_.push_back({std::move(projection), Sequence()});
}

absl::Status Replay::Load() {
  for (Reader& reader : readers_) {
    REDVEST_ASSIGN_OR_RETURN(reader.position, ReadPosition(*store_, reader.projection->table()));
    if (reader.position > log_->last_sequence()) {
      return absl::DataLossError(absl::StrCat("the log ends at sequence ", log_->last_sequence().value(),
                                              ", but the ", ToAbsl(reader.projection->name()),
                                              " projection covers it up to ", reader.position.value(),
                                              ": the log has lost its end; restore the folder from a copy"));
    }
    REDVEST_RETURN_IF_ERROR(reader.projection->Load(*store_));
  }
  return absl::OkStatus();
}

Sequence Replay::position() const {
  Sequence smallest(UINT64_MAX);
  for (const Reader& reader : readers_) smallest = std::min(smallest, reader.position);
  return smallest;
}

absl::Status Replay::Step(Sequence end) {
  const Sequence from = position().Next();
  REDVEST_CHECK(from <= end);
  const std::unique_ptr<CommitCursor> commits = log_->Read(from);
  Sequence last;
  do {
    REDVEST_ASSIGN_OR_RETURN(const std::optional<CommitView> commit, commits->Next());
    if (!commit.has_value()) {
      return absl::DataLossError(
          absl::StrCat("the log holds no event ", std::max(from, last.Next()).value()));
    }
    REDVEST_RETURN_IF_ERROR(AddCommit(*commit, from, end));
    last = std::min(commit->last(), end);
  } while (last < end && last.value() - from.value() < kBatchEventsMax);
  return Write(last);
}

absl::Status Replay::AddCommit(const CommitView& commit, Sequence from, Sequence end) {
  arena_->Reset();
  for (size_t i = 0; i < commit.events.size(); ++i) {
    const Sequence sequence(commit.first.value() + i);
    if (sequence < from) continue;
    if (sequence > end) break;
    const std::string_view bytes = commit.events[i];
    Event* const event = google::protobuf::Arena::CreateMessage<Event>(arena_.get());
    if (!event->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return absl::DataLossError(absl::StrCat("event ", sequence.value(), " cannot be read"));
    }
    REDVEST_RETURN_IF_ERROR(Add(sequence, *event, bytes));
  }
  return absl::OkStatus();
}

absl::Status Replay::Add(Sequence sequence, const Event& event, std::string_view bytes) {
  if (event.body_case() == Event::BODY_NOT_SET) {
    return absl::FailedPreconditionError(absl::StrCat(
        "event ", sequence.value(), " is of a kind this program does not know: use a newer version"));
  }
  const Postings postings = PostingsOf(event);
  for (Reader& reader : readers_) {
    if (sequence <= reader.position) continue;
    const absl::Status status = reader.projection->Add({sequence, event, postings, bytes});
    if (!status.ok()) {
      return absl::Status(status.code(),
                          absl::StrCat("projection ", ToAbsl(reader.projection->name()), " at event ",
                                       sequence.value(), ": ", status.message()));
    }
  }
  return absl::OkStatus();
}

absl::Status Replay::Write(Sequence position) {
  for (Reader& reader : readers_) {
    if (reader.position >= position) continue;
    WriteBatch batch{.table = reader.projection->table(), .puts = {}, .deletes = {}};
    absl::Status status = reader.projection->Gather(*store_, &batch);
    if (status.ok()) {
      batch.puts.push_back(PositionRow(position));
      status = store_->Write(batch, Durability::kRebuildable);
    }
    if (!status.ok()) {
      return absl::Status(status.code(), absl::StrCat("projection ", ToAbsl(reader.projection->name()),
                                                      " between events ", reader.position.value(), " and ",
                                                      position.value(), ": ", status.message()));
    }
    reader.position = position;
  }
  return absl::OkStatus();
}

absl::Status Replay::ClearAll() {
  for (Reader& reader : readers_) {
    const TableId table = reader.projection->table();
    REDVEST_RETURN_IF_ERROR(store_->Write({.table = table, .puts = {}, .deletes = {}, .clear_first = true},
                                          Durability::kRebuildable));
  }
  return Load();
}

std::vector<std::unique_ptr<Projection>> NewProjections() {
  std::vector<std::unique_ptr<Projection>> projections;
  projections.push_back(NewAccountsProjection());
  projections.push_back(NewSerialsProjection());
  projections.push_back(NewDaysProjection());
  projections.push_back(NewTreeProjection());
  // Last, so that who reads its position finds the other tables there or further.
  projections.push_back(NewCalendarProjection());
  return projections;
}

// --- Comparing

namespace {

// What is told apart of one projection.
struct Compared {
  std::string name;
  TableId table;
};

absl::Status Differs(const Compared& compared, Sequence at, std::string_view key, absl::string_view what) {
  return absl::DataLossError(absl::StrCat("projection ", compared.name,
                                          " differs from a replay of the log up to event ", at.value(), ": ",
                                          RowText(compared.table, key), " ", what));
}

absl::Status CompareRows(const Compared& compared, Sequence at, const StoreSnapshot& live,
                         const Store& replayed) {
  const std::unique_ptr<StoreCursor> has = live.NewCursor(compared.table);
  const std::unique_ptr<StoreCursor> wants = replayed.NewCursor(compared.table);
  has->Seek({});
  wants->Seek({});
  while (has->Valid() && wants->Valid()) {
    if (has->key() < wants->key()) return Differs(compared, at, has->key(), "should not be there");
    if (has->key() > wants->key()) return Differs(compared, at, wants->key(), "is missing");
    if (has->value() != wants->value()) return Differs(compared, at, has->key(), "has another value");
    has->Next();
    wants->Next();
  }
  REDVEST_RETURN_IF_ERROR(has->status());
  if (has->Valid()) return Differs(compared, at, has->key(), "should not be there");
  if (wants->Valid()) return Differs(compared, at, wants->key(), "is missing");
  return absl::OkStatus();
}

}  // namespace

absl::Status CompareWithReplay(const EventLog& log, const Store& store,
                               std::vector<std::unique_ptr<Projection>> projections, Store* scratch,
                               absl::FunctionRef<void(Sequence done, Sequence last)> progress) {
  const std::unique_ptr<StoreSnapshot> live = store.Snapshot();
  // One pass over the log for all that stand at the same position.
  std::map<Sequence, std::vector<std::unique_ptr<Projection>>> by_position;
  for (auto& projection : projections) {
    REDVEST_ASSIGN_OR_RETURN(const Sequence position, ReadPosition(*live, projection->table()));
    by_position[position].push_back(std::move(projection));
  }
  for (auto& [position, group] : by_position) {
    std::vector<Compared> compared;
    for (const auto& projection : group)
      compared.push_back({std::string(projection->name()), projection->table()});
    if (position > log.last_sequence()) {
      return absl::DataLossError(absl::StrCat("projection ", compared.front().name, " covers events up to ",
                                              position.value(), ", but the log ends at ",
                                              log.last_sequence().value()));
    }
    Replay replay(&log, scratch, std::move(group));
    REDVEST_RETURN_IF_ERROR(replay.Load());
    while (replay.position() < position) {
      REDVEST_RETURN_IF_ERROR(replay.Step(position));
      progress(replay.position(), position);
    }
    for (const Compared& each : compared)
      REDVEST_RETURN_IF_ERROR(CompareRows(each, position, *live, *scratch));
  }
  return absl::OkStatus();
}

}  // namespace redvest
