// kill -9 at random moments under load: what was acknowledged is there, and what was not is there once or not
// at all.
#include <cstdlib>
#include <deque>
#include <map>
#include <random>
#include <thread>

#include "tests/integration/town.h"

namespace redvest::testing {
namespace {

constexpr int kCycles = 10;
constexpr int kTellers = 4;
constexpr int kImporters = 2;
constexpr uint64_t kBatch = 50;
constexpr int kBatchesUnderWay = 4;
constexpr int64_t kOccurredAtMs = 1'700'000'000'000;

// REDVEST_TEST_SEED where it is set, else another one each time.
uint64_t Seed() {
  const char* given = std::getenv("REDVEST_TEST_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
}

// What the ledger promised: by serial, the sequence of its outcome; 0 where it was not told.
using Promises = std::map<uint64_t, uint64_t>;

// Sells meals one by one. What a serial sells follows from the serial, so that it can be sent again and
// recognised.
class Teller {
 public:
  explicit Teller(uint64_t terminal_id) : terminal_id_(terminal_id) {}

  // Until the daemon is gone.
  void Work(const Client& client) {
    while (true) {
      const auto answer = Call(*client.canteen, &Canteen::SellMeal, Meal(next_));
      if (!answer.ok()) return;
      promises_[next_++] = answer->recorded().sequence();
    }
  }

  void ExpectFirstOutcomes(const Client& client) const {
    for (const uint64_t serial : {uint64_t{1}, next_ / 2, next_ - 1}) {
      const auto known = promises_.find(serial);
      if (known == promises_.end()) continue;
      const auto answer = Call(*client.canteen, &Canteen::SellMeal, Meal(serial));
      ASSERT_RECORDED(answer);
      EXPECT_TRUE(answer->recorded().already_recorded());
      EXPECT_EQ(answer->recorded().sequence(), known->second);
      EXPECT_EQ(answer->meal_sold().price_fen(), Portions(serial) * kStandardFen);
    }
  }

  bool Sold(uint64_t serial, const event::v1::Event& event) const {
    return event.meal_sold().command().portions() == Portions(serial);
  }
  uint64_t terminal_id() const { return terminal_id_; }
  const Promises& promises() const { return promises_; }

 private:
  static int32_t Portions(uint64_t serial) { return static_cast<int32_t>(serial % 7 + 1); }

  v1::SellMealRequest Meal(uint64_t serial) const {
    v1::SellMealRequest request;
    request.mutable_header()->set_terminal_id(terminal_id_);
    request.mutable_header()->set_serial(serial);
    request.mutable_header()->set_occurred_at_unix_ms(kOccurredAtMs);
    request.mutable_sell_meal()->set_portions(Portions(serial));
    request.mutable_sell_meal()->set_payment(v1::PAYMENT_CASH);
    return request;
  }

  const uint64_t terminal_id_;
  uint64_t next_ = 1;
  Promises promises_;
};

// Sends batches, several under way at once.
class Importer {
 public:
  explicit Importer(uint64_t terminal_id) : terminal_id_(terminal_id) {}

  // Until the daemon is gone. Goes on from the first batch that was not answered.
  void Work(const Client& client) {
    grpc::ClientContext context;
    const auto stream = client.ingest->Ingest(&context);
    uint64_t sent = next_;
    v1::IngestResponse answer;
    while (true) {
      for (; sent < next_ + kBatchesUnderWay * kBatch; sent += kBatch) {
        if (!stream->Write(Batch(sent))) return;
      }
      if (!stream->Read(&answer)) return;
      ASSERT_EQ(answer.stopped_code(), 0) << answer.stopped_message();
      ASSERT_EQ(answer.recorded(), kBatch);
      Remember(answer);
      next_ += kBatch;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }

  void ExpectFirstOutcomes(const Client& client) const {
    if (next_ == 1) return;
    grpc::ClientContext context;
    const auto stream = client.ingest->Ingest(&context);
    v1::IngestResponse answer;
    ASSERT_TRUE(stream->Write(Batch(next_ - kBatch)));
    ASSERT_TRUE(stream->Read(&answer));
    EXPECT_EQ(answer.already_recorded(), kBatch) << answer.ShortDebugString();
    EXPECT_EQ(answer.first_sequence(), 0u);
    stream->WritesDone();
    EXPECT_TRUE(stream->Finish().ok());
  }

  bool Recorded(uint64_t serial, const event::v1::Event& event) const {
    return event.bank_history_recorded().command().amount_fen() == Fen(serial);
  }
  uint64_t terminal_id() const { return terminal_id_; }
  const Promises& promises() const { return promises_; }

 private:
  static int64_t Fen(uint64_t serial) { return static_cast<int64_t>(serial % 1'009 + 1); }

  v1::IngestRequest Batch(uint64_t first_serial) const {
    v1::IngestRequest request;
    request.set_terminal_id(terminal_id_);
    request.set_first_serial(first_serial);
    for (uint64_t serial = first_serial; serial < first_serial + kBatch; ++serial) {
      v1::Command& command = *request.add_commands();
      command.set_occurred_at_unix_ms(kOccurredAtMs);
      v1::RecordBankHistory& row = *command.mutable_record_bank_history();
      row.set_account_id(serial % 97 + 1);
      row.set_kind(v1::HISTORY_KIND_CASH_DEPOSIT);
      row.set_amount_fen(Fen(serial));
    }
    return request;
  }

  // The events that a batch added are those of its last commands, in order.
  void Remember(const v1::IngestResponse& answer) {
    for (uint64_t i = 0; i < kBatch; ++i) {
      const bool added = i >= answer.already_recorded();
      promises_[answer.first_serial() + i] =
          added ? answer.first_sequence() + i - answer.already_recorded() : 0;
    }
  }

  const uint64_t terminal_id_;
  uint64_t next_ = 1;
  Promises promises_;
};

class KillTest : public ::testing::Test {
 protected:
  void SetUp() override {
    town_ = Town::Found();
    ASSERT_NE(town_, nullptr);
    for (int i = 0; i < kTellers; ++i) tellers_.emplace_back(Enrol(v1::ROLE_CANTEEN_TILL));
    for (int i = 0; i < kImporters; ++i) importers_.emplace_back(Enrol(v1::ROLE_IMPORT));
  }

  uint64_t Enrol(v1::Role role) {
    auto request = town_->office.Next<v1::EnrolTerminalRequest>();
    request.mutable_enrol_terminal()->set_role(role);
    request.mutable_enrol_terminal()->set_label("under load");
    return Call(*town_->client->directory, &Directory::EnrolTerminal, request)
        ->terminal_enrolled()
        .terminal_id();
  }

  // Everybody works until the daemon is killed, `after` a moment.
  void WorkUntilKilled(std::chrono::microseconds after) {
    std::vector<std::thread> threads;
    for (Teller& teller : tellers_) {
      threads.emplace_back([this, &teller] { teller.Work(Client(town_->daemon->Connect())); });
    }
    for (Importer& importer : importers_) {
      threads.emplace_back([this, &importer] { importer.Work(Client(town_->daemon->Connect())); });
    }
    std::this_thread::sleep_for(after);
    town_->daemon->Kill();
    for (std::thread& thread : threads) thread.join();
  }

  void ExpectVerified() {
    const Ended verified = RunVerify({town_->data});
    ASSERT_EQ(verified.exit_code, 0) << verified.out << verified.err;
  }

  void StartAgain() {
    town_->daemon = Daemon::StartOn(town_->data);
    ASSERT_NE(town_->daemon, nullptr);
    town_->client = std::make_unique<Client>(town_->daemon->Connect());
  }

  // The history holds each serial once, and all that was promised where it was promised.
  void ExpectPromisesKept() {
    const std::vector<v1::SequencedEvent> events = town_->client->Events();
    std::map<std::pair<uint64_t, uint64_t>, const v1::SequencedEvent*> outcomes;
    for (size_t i = 0; i < events.size(); ++i) {
      ASSERT_EQ(events[i].sequence(), i + 1);
      const auto key = std::pair(events[i].event().terminal_id(), events[i].event().serial());
      ASSERT_TRUE(outcomes.emplace(key, &events[i]).second) << "twice: " << events[i].ShortDebugString();
    }
    const auto check = [&outcomes](const auto& worker, auto fits) {
      for (const auto& [serial, sequence] : worker.promises()) {
        const auto found = outcomes.find({worker.terminal_id(), serial});
        ASSERT_NE(found, outcomes.end()) << "lost: serial " << serial << ", sequence " << sequence;
        if (sequence != 0) {
          ASSERT_EQ(found->second->sequence(), sequence) << "moved: serial " << serial;
        }
        ASSERT_TRUE(fits(serial, found->second->event())) << found->second->ShortDebugString();
      }
    };
    for (const Teller& teller : tellers_) {
      check(teller, [&](uint64_t serial, const auto& event) { return teller.Sold(serial, event); });
    }
    for (const Importer& importer : importers_) {
      check(importer, [&](uint64_t serial, const auto& event) { return importer.Recorded(serial, event); });
    }
  }

  void ExpectFirstOutcomes() {
    for (const Teller& teller : tellers_) teller.ExpectFirstOutcomes(*town_->client);
    for (const Importer& importer : importers_) importer.ExpectFirstOutcomes(*town_->client);
  }

  size_t PromiseCount() const {
    size_t count = 0;
    for (const Teller& teller : tellers_) count += teller.promises().size();
    for (const Importer& importer : importers_) count += importer.promises().size();
    return count;
  }

  std::unique_ptr<Town> town_;
  std::deque<Teller> tellers_;
  std::deque<Importer> importers_;
};

TEST_F(KillTest, NothingAcknowledgedIsLostWhateverTheMoment) {
  const uint64_t seed = Seed();
  RecordProperty("seed", std::to_string(seed));
  std::cout << "REDVEST_TEST_SEED=" << seed << std::endl;
  std::mt19937_64 random(seed);
  const auto up_to = [&random](int64_t microseconds) {
    return std::chrono::microseconds(static_cast<int64_t>(random() % static_cast<uint64_t>(microseconds)));
  };
  for (int cycle = 0; cycle < kCycles && !HasFailure(); ++cycle) {
    WorkUntilKilled(up_to(600'000));
    if (random() % 3 == 0) Daemon::StartAndKill(town_->data, up_to(80'000));
    ExpectVerified();
    StartAgain();
    if (HasFatalFailure()) return;
    ExpectPromisesKept();
    ExpectFirstOutcomes();
  }
  EXPECT_GT(PromiseCount(), 100u);
  EXPECT_EQ(town_->daemon->Terminate(), 0);
}

}  // namespace
}  // namespace redvest::testing
