#include "ledger/ledger.h"

#include <algorithm>
#include <future>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "ledger/audit/verify.h"
#include "ledger/base/check.h"
#include "ledger/command/decide.h"
#include "ledger/folder.h"
#include "ledger/founding.h"
#include "ledger/log/event_log.h"
#include "ledger/projection/follower.h"
#include "ledger/projection/serials.h"
#include "ledger/query/proofs.h"
#include "ledger/query/queries.h"
#include "ledger/sequencer/recovery.h"
#include "ledger/sequencer/sequencer.h"
#include "ledger/storage/store.h"

namespace redvest {
namespace {

// So many events the projections follow in some ten milliseconds.
constexpr uint64_t kSoonEvents = 20'000;

class LedgerOnStore final : public Ledger {
 public:
  LedgerOnStore(std::unique_ptr<Store> store, std::unique_ptr<EventLog> log, Recovered recovered,
                const LedgerOptions& options)
      : clock_(options.clock == nullptr ? &system_clock_ : options.clock),
        store_(std::move(store)),
        log_(std::move(log)),
        follower_(log_.get(), store_.get(), NewProjections()),
        queries_(store_.get(), log_.get()),
        proofs_(store_.get(), log_.get()),
        sequencer_(std::move(recovered), log_.get(), store_.get(),
                   {.clock = clock_,
                    .queue_commands_max = options.queue_commands_max,
                    .find_outcome = [this](TerminalId terminal,
                                           Serial serial) { return FindOutcome(terminal, serial); },
                    .on_durable = [this](Sequence sequence) { follower_.NotifyDurable(sequence); }}) {}

  ~LedgerOnStore() override { Drain(); }

  absl::Status Found(const Founding& founding) {
    founded_now_ = true;
    return sequencer_.Found(FoundingCommands(founding.name, founding.time_zone, clock_->NowUnixMs()));
  }
  bool founded_now() const override { return founded_now_; }

  absl::Status Start(bool rebuild, merkle::SigningKey key, bool has_signed,
                     std::vector<merkle::VerifierKey> witnesses) {
    REDVEST_ASSIGN_OR_RETURN(
        notary_, Notary::Open(store_.get(), *log_, std::move(key), has_signed, std::move(witnesses),
                              [this] { return sequencer_.Head(); }));
    opened_at_ = log_->last_sequence();
    if (rebuild) {
      REDVEST_RETURN_IF_ERROR(follower_.DropAll());
      REDVEST_RETURN_IF_ERROR(follower_.CatchUp(opened_at_));
    } else {
      // What a crash left behind they follow while tills sell. But the index of serials, which takes next to
      // no time, so that whoever sends again what was not answered is known at once.
      std::vector<std::unique_ptr<Projection>> serials;
      serials.push_back(NewSerialsProjection());
      Replay first(log_.get(), store_.get(), std::move(serials));
      REDVEST_RETURN_IF_ERROR(first.Load());
      while (first.position() < opened_at_) REDVEST_RETURN_IF_ERROR(first.Step(opened_at_));
      REDVEST_RETURN_IF_ERROR(follower_.Load(opened_at_));
    }
    follower_.Start();
    sequencer_.Start();
    return notary_->Start();
  }

  void Submit(Submission submission) override { sequencer_.Submit(std::move(submission)); }

  void ReadState(ReadFence fence, absl::AnyInvocable<void(const State&)> read,
                 absl::AnyInvocable<void(absl::StatusOr<Sequence>)> done) override {
    sequencer_.ReadState(fence.min_sequence, fence.deadline, std::move(read), std::move(done));
  }

  void WhenProjected(ReadFence fence, absl::AnyInvocable<void(absl::Status)> done) override {
    // Nobody is shown less than the ledger knew when it was last stopped; nor, where the projections can be
    // there soon, less than is durable now. Far behind, as under a large import, they answer with what they
    // have.
    Sequence sequence = std::max(fence.min_sequence, opened_at_);
    const Sequence durable = log_->last_sequence();
    if (durable.value() < follower_.position().value() + kSoonEvents) sequence = std::max(sequence, durable);
    follower_.When(sequence, fence.deadline, std::move(done));
  }
  absl::Status GetBalance(const v1::GetBalanceRequest& request,
                          v1::GetBalanceResponse* response) const override {
    return queries_.GetBalance(request, response);
  }
  absl::Status GetStatement(const v1::GetStatementRequest& request,
                            v1::GetStatementResponse* response) const override {
    return queries_.GetStatement(request, response);
  }
  absl::Status GetTrialBalance(
      const v1::GetTrialBalanceRequest& request,
      absl::FunctionRef<bool(const v1::GetTrialBalanceResponse&)> part) const override {
    return queries_.GetTrialBalance(request, part);
  }
  absl::Status GetDayReport(const v1::GetDayReportRequest& request,
                            v1::GetDayReportResponse* response) const override {
    return queries_.GetDayReport(request, response);
  }

  LedgerHead Head() const override {
    const auto [sequence, root] = sequencer_.Head();
    return {sequence, std::string(root.begin(), root.end())};
  }
  std::unique_ptr<EventReader> ReadEvents(Sequence from) const override {
    return NewEventReader(log_.get(), from, [this] { return log_->last_sequence(); });
  }
  void WhenDurable(ReadFence fence, absl::AnyInvocable<void(absl::Status)> done) override {
    sequencer_.durable().When(fence.min_sequence, fence.deadline, std::move(done));
  }

  std::unique_ptr<CommitCursor> ReadCommits(Sequence from) const override { return log_->Read(from); }

  Notary& notary() override { return *notary_; }
  absl::Status GetInclusionProof(const v1::GetInclusionProofRequest& request,
                                 v1::GetInclusionProofResponse* response) const override {
    return proofs_.GetInclusionProof(request, log_->last_sequence(), response);
  }
  absl::Status GetConsistencyProof(const v1::GetConsistencyProofRequest& request,
                                   v1::GetConsistencyProofResponse* response) const override {
    return proofs_.GetConsistencyProof(request, log_->last_sequence(), response);
  }

  int64_t NowUnixMs() const override { return clock_->NowUnixMs(); }

  void Drain() override {
    sequencer_.Drain();
    follower_.Stop();
    if (notary_ != nullptr) notary_->Stop();
    store_->Flush().IgnoreError();  // what it would have kept is rebuilt from the log
  }
  absl::Status Health() const override {
    REDVEST_RETURN_IF_ERROR(sequencer_.health());
    return follower_.health();
  }

 private:
  // The serial index follows the log, so for the newest serials it may have to be waited for.
  absl::StatusOr<Sequence> FindOutcome(TerminalId terminal, Serial serial) {
    while (true) {
      const Sequence covered = follower_.position();
      REDVEST_ASSIGN_OR_RETURN(const std::optional<Sequence> found, FindSerial(*store_, terminal, serial));
      if (found.has_value()) return *found;
      if (covered >= log_->last_sequence()) {
        return absl::DataLossError(absl::StrCat("the serial index lacks serial ", serial.value(),
                                                " of terminal ", terminal.value()));
      }
      absl::Notification reached;
      absl::Status status;
      follower_.When(covered.Next(), absl::InfiniteFuture(), [&](absl::Status result) {
        status = std::move(result);
        reached.Notify();
      });
      reached.WaitForNotification();
      REDVEST_RETURN_IF_ERROR(status);
    }
  }

  const SystemClock system_clock_;
  const Clock* const clock_;
  const std::unique_ptr<Store> store_;
  const std::unique_ptr<EventLog> log_;
  Follower follower_;
  const Queries queries_;
  const Proofs proofs_;
  Sequencer sequencer_;
  std::unique_ptr<Notary> notary_;  // constant after Start
  Sequence opened_at_;              // the log's end then; constant after Start
  bool founded_now_ = false;        // constant after Open
};

// Before a folder is made for it.
absl::Status CheckForm(const Founding& founding) {
  return CheckBodyForm(FoundingCommands(founding.name, founding.time_zone, 0).front());
}

absl::StatusOr<std::vector<merkle::VerifierKey>> DecodeWitnesses(const std::vector<std::string>& texts) {
  // The signatures of all must fit into one note, beside the ledger's own.
  constexpr size_t kWitnessesMax = 16;
  if (texts.size() > kWitnessesMax) {
    return absl::InvalidArgumentError(absl::StrCat("at most ", kWitnessesMax, " witnesses can be known"));
  }
  std::vector<merkle::VerifierKey> witnesses;
  for (const std::string& text : texts) {
    auto key = merkle::VerifierKey::Decode(text);
    if (!key.ok() || key->type != merkle::KeyType::kWitness) {
      return absl::InvalidArgumentError(absl::StrCat(
          "\"", text,
          "\" is not the key of a witness: ", key.ok() ? "it is the key of a log" : key.status().message()));
    }
    witnesses.push_back(*std::move(key));
  }
  return witnesses;
}

absl::Status CheckFounding(const Founding& founding, const State& state, const std::string& directory) {
  if (founding.name == state.name() && founding.time_zone == state.time_zone_name()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(directory, " is the ledger of \"", state.name(), "\" in ",
                                                 state.time_zone_name(),
                                                 ", which cannot be changed; start it without a name"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Ledger>> Ledger::Open(const LedgerOptions& options) {
  if (options.founding.has_value()) REDVEST_RETURN_IF_ERROR(CheckForm(*options.founding));
  REDVEST_ASSIGN_OR_RETURN(std::vector<merkle::VerifierKey> witnesses, DecodeWitnesses(options.witness_keys));
  REDVEST_ASSIGN_OR_RETURN(const FolderKind kind, LookAt(options.directory));
  if (kind == FolderKind::kMissingOrEmpty) {
    if (!options.founding.has_value()) {
      return absl::NotFoundError(
          absl::StrCat("there is no ledger in ", options.directory,
                       "; give a name to found one there, or the folder of an existing one"));
    }
    REDVEST_RETURN_IF_ERROR(MakeFolder(options.directory));
  }
  REDVEST_ASSIGN_OR_RETURN(std::unique_ptr<Store> store,
                           OpenRocksStore(StorePath(options.directory), /*create=*/true));
  REDVEST_ASSIGN_OR_RETURN(std::unique_ptr<EventLog> log, OpenStoreLog(store.get()));
  if (options.rebuild) {
    REDVEST_RETURN_IF_ERROR(
        store->Write({.table = TableId::kState, .puts = {}, .deletes = {}, .clear_first = true},
                     Durability::kRebuildable));
  }
  REDVEST_ASSIGN_OR_RETURN(Recovered recovered, Recover(store.get(), *log));
  const bool founded = recovered.state->founded();
  if (founded && options.founding.has_value()) {
    REDVEST_RETURN_IF_ERROR(CheckFounding(*options.founding, *recovered.state, options.directory));
  }
  REDVEST_ASSIGN_OR_RETURN(const std::optional<merkle::VerifierKey> published,
                           ReadPublishedKey(PublishedKeyFile(options.directory)));
  // A ledger that has signed is founded: nothing may be founded over what is left of it.
  if (!founded && published.has_value()) {
    return absl::DataLossError(
        absl::StrCat("the ledger in ", options.directory, " has the key ", published->Encode(),
                     " and has signed with it, but its log is empty: it has lost its log; "
                     "restore the folder from a copy"));
  }
  if (!founded && !options.founding.has_value()) {
    return absl::NotFoundError(absl::StrCat("the founding of the ledger in ", options.directory,
                                            " was not finished; give its name again"));
  }
  // Before anything is founded, so that no ledger is without its key.
  const std::string& name = founded ? recovered.state->name() : options.founding->name;
  const KeyFiles files{
      .secret = options.key_file.empty() ? DefaultKeyFile(options.directory) : options.key_file,
      .published = PublishedKeyFile(options.directory)};
  REDVEST_ASSIGN_OR_RETURN(merkle::SigningKey key, OpenSigningKey(files, merkle::KeyNameFrom(name)));
  auto ledger =
      std::make_unique<LedgerOnStore>(std::move(store), std::move(log), std::move(recovered), options);
  if (!founded) REDVEST_RETURN_IF_ERROR(ledger->Found(*options.founding));
  REDVEST_RETURN_IF_ERROR(
      ledger->Start(options.rebuild, std::move(key), published.has_value(), std::move(witnesses)));
  REDVEST_RETURN_IF_ERROR(PublishKey(files, ledger->notary().key()));
  return ledger;
}

absl::StatusOr<VerifyReport> Ledger::VerifyDirectory(
    const std::string& directory, const VerifyOptions& options,
    absl::FunctionRef<void(std::string_view step, Sequence done, Sequence last)> progress) {
  REDVEST_ASSIGN_OR_RETURN(const FolderKind kind, LookAt(directory));
  if (kind == FolderKind::kMissingOrEmpty) {
    return absl::NotFoundError(absl::StrCat("there is no ledger in ", directory));
  }
  REDVEST_ASSIGN_OR_RETURN(const std::optional<merkle::VerifierKey> key,
                           ReadPublishedKey(PublishedKeyFile(directory)));
  REDVEST_ASSIGN_OR_RETURN(const std::unique_ptr<Store> store,
                           OpenRocksStoreForReading(StorePath(directory)));
  // The files are read beside the books; what is wrong with a file explains what is wrong in the books.
  auto files = std::async(std::launch::async, [&store] { return store->VerifyFiles(); });
  const auto books = [&]() -> absl::StatusOr<VerifyReport> {
    REDVEST_ASSIGN_OR_RETURN(const std::unique_ptr<EventLog> log, OpenStoreLog(store.get()));
    return VerifyBooks(*store, *log, key, options, progress);
  };
  absl::StatusOr<VerifyReport> report = books();
  REDVEST_RETURN_IF_ERROR(files.get());
  return report;
}

}  // namespace redvest
