// Writes logs for tests: a ledger's events without a ledger, sealed as the sequencer seals them.
#ifndef REDVEST_TESTS_UNIT_LOG_LOG_BUILDER_H_
#define REDVEST_TESTS_UNIT_LOG_LOG_BUILDER_H_

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/log/commit_record.h"
#include "ledger/log/event_log.h"
#include "ledger/merkle/frontier.h"
#include "ledger/storage/store.h"
#include "redvest/event/v1/event.pb.h"

namespace redvest {

class LogBuilder {
 public:
  using Event = event::v1::Event;

  explicit LogBuilder(Store* store) {
    auto log = OpenStoreLog(store);
    EXPECT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
  }

  // Adds an event to the commit under way: as it is, but for the serial (the terminal's next), where it has
  // none, and recorded_at (one millisecond after the one before), where it has none.
  Sequence Add(Event event) {
    uint64_t& serial = serials_[event.terminal_id()];
    if (event.serial() == 0) event.set_serial(serial + 1);
    serial = event.serial();
    if (event.recorded_at_unix_ms() == 0) event.set_recorded_at_unix_ms(++recorded_at_ms_);
    if (event.occurred_at_unix_ms() == 0) event.set_occurred_at_unix_ms(event.recorded_at_unix_ms());
    return AddBytes(event.SerializeAsString());
  }

  Sequence AddBytes(const std::string& bytes) {
    const Sequence sequence(log_->last_sequence().value() + pending_.size() + 1);
    pending_.push_back(bytes);
    return sequence;
  }

  // The record of the events added since the last commit.
  std::string Seal() {
    CommitBuilder commit(log_->last_sequence().Next());
    for (const std::string& bytes : pending_) {
      commit.Add(bytes);
      frontier_.Add(hasher_.Leaf(bytes), hasher_);
    }
    return commit.Seal(frontier_.Root(hasher_));
  }

  // Appends them, if there are any.
  void Commit() {
    if (pending_.empty()) return;
    const uint32_t count = static_cast<uint32_t>(pending_.size());
    const std::string record = Seal();
    const absl::Status status = log_->Append(log_->last_sequence().Next(), count, record);
    ASSERT_TRUE(status.ok()) << status;
    pending_.clear();
  }

  Sequence AddAndCommit(const Event& event) {
    const Sequence sequence = Add(event);
    Commit();
    return sequence;
  }

  EventLog* log() { return log_.get(); }
  const merkle::Frontier& frontier() const { return frontier_; }

 private:
  std::unique_ptr<EventLog> log_;
  merkle::Hasher hasher_;
  merkle::Frontier frontier_;
  std::vector<std::string> pending_;
  std::map<uint64_t, uint64_t> serials_;
  int64_t recorded_at_ms_ = 1'800'000'000'000;
};

}  // namespace redvest

#endif  // REDVEST_TESTS_UNIT_LOG_LOG_BUILDER_H_
