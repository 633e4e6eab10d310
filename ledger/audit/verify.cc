#include "ledger/audit/verify.h"

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/audit/all_cores.h"
#include "ledger/audit/checkpoint_check.h"
#include "ledger/audit/fault.h"
#include "ledger/audit/log_check.h"
#include "ledger/audit/saved_state_check.h"
#include "ledger/audit/table_check.h"
#include "ledger/audit/witness_tables.h"
#include "ledger/base/check.h"
#include "ledger/base/text.h"
#include "ledger/projection/replay.h"

namespace redvest {

absl::StatusOr<VerifiedLog> VerifyLog(CommitSource source, Sequence last, const VerifyOptions& options,
                                      VerifyProgress progress) {
  REDVEST_ASSIGN_OR_RETURN(const auto checkpoints,
                           CheckpointCheck::Start(options.key, options.checkpoints, /*kept=*/nullptr));
  const auto check = std::make_unique<LogCheck>(source, checkpoints.get(), std::vector<FoldObserver*>(),
                                                options.recent_bytes_max);
  REDVEST_RETURN_IF_ERROR(check->Run(last, progress));
  return VerifiedLog{check->report(), check->TakeState()};
}

namespace {

// A folder for rows that are not kept; gone with this.
class ScratchStore {
 public:
  static absl::StatusOr<std::unique_ptr<ScratchStore>> Make() {
    std::error_code error;
    std::string folder = (std::filesystem::temp_directory_path(error) / "redvest-verify-XXXXXX").string();
    if (error || mkdtemp(folder.data()) == nullptr) {
      return absl::UnavailableError(
          "no scratch folder can be made; set TMPDIR to a folder that can be written");
    }
    auto scratch = std::make_unique<ScratchStore>(folder);
    REDVEST_ASSIGN_OR_RETURN(scratch->store_, OpenRocksStore(folder, /*create=*/true));
    return scratch;
  }
  explicit ScratchStore(std::string folder) : folder_(std::move(folder)) {}
  ~ScratchStore() {
    store_.reset();
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
  }
  Store* get() const { return store_.get(); }

 private:
  const std::string folder_;
  std::unique_ptr<Store> store_;
};

// The ledger's key: of the two that may be known, which must be the same.
absl::StatusOr<std::optional<merkle::VerifierKey>> KeyOf(const std::optional<merkle::VerifierKey>& published,
                                                         const std::optional<merkle::VerifierKey>& given) {
  if (published.has_value() && given.has_value() && *published != *given) {
    return absl::DataLossError(absl::StrCat("this is the ledger of another key: it says that its key is ",
                                            published->Encode(), ", and the one given is ", given->Encode()));
  }
  return given.has_value() ? given : published;
}

// How long a ledger that moves goes without signing, at the very most: it signs every second.
constexpr int64_t kUnsignedMaxMs = 60'000;

// A ledger keeps a checkpoint before its key is published.
absl::Status CheckIsSigned(const Store& store, const std::optional<merkle::VerifierKey>& key,
                           const State& state) {
  const std::unique_ptr<StoreCursor> kept = store.NewCursor(TableId::kCheckpoints);
  kept->Seek({});
  if (!key.has_value() || kept->Valid()) return absl::OkStatus();
  REDVEST_RETURN_IF_ERROR(kept->status());
  return FaultAmong(
      Sequence(1), state.last_sequence(),
      absl::StrCat("no signed checkpoint is kept, although the ledger has the key ", key->Encode(),
                   " and signs before it takes commands: they were removed, so nothing says whether the "
                   "log was rewritten"));
}

// A crash leaves what was recorded in its last second without a signature. More than that was not left by a
// crash.
absl::Status CheckUnsignedEnd(const EventLog& log, Sequence signed_up_to, const State& state) {
  if (!signed_up_to || signed_up_to >= state.last_sequence()) return absl::OkStatus();
  const Sequence first = signed_up_to.Next();
  const std::unique_ptr<CommitCursor> commits = log.Read(first);
  REDVEST_ASSIGN_OR_RETURN(const std::optional<CommitView> commit, commits->Next());
  event::v1::Event event;
  if (!commit.has_value() ||
      !event.ParseFromString(std::string(commit->events[first.value() - commit->first.value()]))) {
    return Fault(first, "it cannot be read");
  }
  const int64_t span_ms = state.last_recorded_at_ms() - event.recorded_at_unix_ms();
  if (span_ms <= kUnsignedMaxMs) return absl::OkStatus();
  return FaultAmong(
      first, state.last_sequence(),
      absl::StrCat("they are under no signed checkpoint, although ", span_ms / 1000,
                   " seconds passed from the first to the last of them, and the ledger signs every "
                   "second: checkpoints were removed, so nothing says whether these events were "
                   "rewritten"));
}

// All that is in a store beside the log.
class BooksCheck {
 public:
  BooksCheck(const Store& store, const EventLog& log) : store_(store), log_(log) {}

  absl::Status Open() {
    REDVEST_ASSIGN_OR_RETURN(saved_state_, SavedStateCheck::Open(store_));
    REDVEST_RETURN_IF_ERROR(OpenTable(TableId::kAccounts, &accounts_));
    REDVEST_RETURN_IF_ERROR(OpenTable(TableId::kSerials, &serials_));
    REDVEST_RETURN_IF_ERROR(OpenTable(TableId::kDays, &days_));
    REDVEST_RETURN_IF_ERROR(OpenTable(TableId::kTree, &tree_));
    return OpenTable(TableId::kCalendar, &calendar_);
  }

  std::vector<FoldObserver*> observers() const {
    std::vector<FoldObserver*> all = {saved_state_.get()};
    for (const auto& [id, check] : Tables()) all.push_back(check);
    return all;
  }

  // `fault` of a log of which one of `suspects` was changed, with what the tables beside it say about which.
  absl::Status WithHint(const absl::Status& fault,
                        const std::optional<std::pair<Sequence, Sequence>>& suspects) const {
    if (!absl::IsDataLoss(fault) || !suspects.has_value()) return fault;
    auto [first, last] = *suspects;
    std::string hint;
    const auto wrong = tree_->first_wrong();
    if (wrong.has_value() && wrong->first <= last && first <= wrong->second) {
      hint = absl::StrCat("; the tree that is kept beside it first differs among the events ",
                          wrong->first.value(), " to ", wrong->second.value());
      first = std::max(first, wrong->first);
      last = std::min(last, wrong->second);
    }
    const std::string event = FirstDisagreement(store_, log_, first, last);
    if (!event.empty()) absl::StrAppend(&hint, "; ", event);
    return absl::DataLossError(absl::StrCat(fault.message(), hint));
  }

  // Those whose rows are right as far as they go, but go less far than the log.
  std::vector<BehindProjection> Behind() const {
    std::vector<BehindProjection> behind;
    for (const auto& [id, check] : Tables()) {
      if (check->position() < log_.last_sequence()) behind.push_back({check->name(), check->position()});
    }
    return behind;
  }

  bool state_not_compared() const { return saved_state_->is_older(); }

  absl::Status Finish(VerifyProgress progress) {
    const Sequence last = log_.last_sequence();
    progress("projections", Sequence(), last);
    REDVEST_RETURN_IF_ERROR(saved_state_->Finish(last));
    for (const auto& [id, check] : Tables()) {
      if (check->position() <= last) continue;
      return Fault(last.Next(),
                   absl::StrCat("it is missing: projection ", check->name(), " covers events up to ",
                                check->position().value(), ", but the log ends at ", last.value(),
                                ": the log has lost its end; restore the folder from a copy"));
    }
    REDVEST_RETURN_IF_ERROR(accounts_->Split());
    std::vector<EntryVisitor*> visitors(accounts_->ranges().size());
    if (calendar_->position() <= accounts_->position()) {
      visitors = calendar_->ExpectEntries(accounts_->ranges());
    }
    absl::StatusOr<bool> serials, days, tree;
    std::vector<std::function<void()>> tasks = {
        [&] { calendar_->ReadRows(); }, [&] { serials = serials_->Agrees(); },
        [&] { days = days_->Agrees(); }, [&] { tree = tree_->Agrees(); }};
    // The largest first.
    for (const bool one_account : {true, false}) {
      for (size_t i = 0; i < visitors.size(); ++i) {
        if (accounts_->ranges()[i].one_account != one_account) continue;
        tasks.push_back([this, i, visitor = visitors[i]] { accounts_->ReadRange(i, visitor); });
      }
    }
    RunOnAllCores(tasks);
    REDVEST_RETURN_IF_ERROR(Conclude(accounts_->Agrees(), *accounts_, NewAccountsProjection(), progress));
    REDVEST_RETURN_IF_ERROR(Conclude(std::move(serials), *serials_, NewSerialsProjection(), progress));
    REDVEST_RETURN_IF_ERROR(Conclude(std::move(days), *days_, NewDaysProjection(), progress));
    REDVEST_RETURN_IF_ERROR(Conclude(std::move(tree), *tree_, NewTreeProjection(), progress));
    REDVEST_RETURN_IF_ERROR(Conclude(calendar_->Agrees(), *calendar_, NewCalendarProjection(), progress));
    progress("projections", last, last);
    return absl::OkStatus();
  }

 private:
  template <typename Check>
  absl::Status OpenTable(TableId id, std::unique_ptr<Check>* check) {
    REDVEST_ASSIGN_OR_RETURN(const Sequence position, ReadPosition(store_, id));
    *check = std::make_unique<Check>(store_, position);
    return absl::OkStatus();
  }
  std::map<TableId, TableCheck*> Tables() const {
    return {{TableId::kAccounts, accounts_.get()},
            {TableId::kSerials, serials_.get()},
            {TableId::kDays, days_.get()},
            {TableId::kTree, tree_.get()},
            {TableId::kCalendar, calendar_.get()}};
  }

  // Where the check alone cannot tell, the table is built anew beside it and compared row by row.
  absl::Status Conclude(absl::StatusOr<bool> agrees, const TableCheck& check,
                        std::unique_ptr<Projection> projection, VerifyProgress progress) {
    REDVEST_RETURN_IF_ERROR(agrees.status());
    if (*agrees) return absl::OkStatus();
    REDVEST_ASSIGN_OR_RETURN(const std::unique_ptr<ScratchStore> scratch, ScratchStore::Make());
    std::vector<std::unique_ptr<Projection>> alone;
    alone.push_back(std::move(projection));
    const std::string step = absl::StrCat("replay of ", check.name());
    return CompareWithReplay(log_, store_, std::move(alone), scratch->get(),
                             [&](Sequence done, Sequence last) { progress(step, done, last); });
  }

  const Store& store_;
  const EventLog& log_;
  std::unique_ptr<SavedStateCheck> saved_state_;
  std::unique_ptr<AccountsCheck> accounts_;
  std::unique_ptr<SerialsCheck> serials_;
  std::unique_ptr<DaysCheck> days_;
  std::unique_ptr<TreeCheck> tree_;
  std::unique_ptr<CalendarCheck> calendar_;
};

}  // namespace

absl::StatusOr<VerifyReport> VerifyBooks(const Store& store, const EventLog& log,
                                         const std::optional<merkle::VerifierKey>& published,
                                         const VerifyOptions& options, VerifyProgress progress) {
  REDVEST_ASSIGN_OR_RETURN(const std::optional<merkle::VerifierKey> key, KeyOf(published, options.key));
  REDVEST_ASSIGN_OR_RETURN(const auto checkpoints, CheckpointCheck::Start(key, options.checkpoints, &store));
  if (!log.last_sequence())
    return Fault(Sequence(1), "it is missing: the log is empty, and no event founds the ledger");
  BooksCheck books(store, log);
  REDVEST_RETURN_IF_ERROR(books.Open());
  const auto source = [&log](Sequence from) { return log.Read(from); };
  const auto check =
      std::make_unique<LogCheck>(source, checkpoints.get(), books.observers(), options.recent_bytes_max);
  const absl::Status folded = check->Run(log.last_sequence(), progress);
  REDVEST_RETURN_IF_ERROR(books.WithHint(folded, check->suspects()));
  REDVEST_RETURN_IF_ERROR(CheckIsSigned(store, key, check->state()));
  REDVEST_RETURN_IF_ERROR(books.Finish(progress));
  if (published.has_value()) {
    REDVEST_RETURN_IF_ERROR(CheckUnsignedEnd(log, check->report().signed_up_to, check->state()));
  }
  VerifyReport report = check->report();
  report.behind = books.Behind();
  report.state_not_compared = books.state_not_compared();
  return report;
}

}  // namespace redvest
