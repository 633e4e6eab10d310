// What redvest-micro-bench measures with: a ledger that a neighbourhood of 5,000 members has used for some
// days, its events of all families as they stand in the log, and the commands that they came from.
//
// One iteration of a benchmark is one event, so its time is nanoseconds an event; benchmarks that take an
// event through more than the function in question say so.
#ifndef REDVEST_TESTS_BENCHMARK_MICRO_HISTORY_H_
#define REDVEST_TESTS_BENCHMARK_MICRO_HISTORY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ledger/accounting/posting.h"
#include "ledger/log/event_log.h"
#include "ledger/storage/store.h"
#include "redvest/event/v1/event.pb.h"
#include "redvest/v1/command.pb.h"

namespace redvest::bench {

class History {
 public:
  // Lives through it, in a folder that goes away with this.
  History();
  ~History();
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  size_t size() const { return events_.size(); }
  // By index; the event of sequence i + 1.
  const std::string& bytes(size_t i) const { return bytes_[i]; }
  const event::v1::Event& event(size_t i) const { return events_[i]; }
  const Postings& postings(size_t i) const { return postings_[i]; }
  // The command that the event is the outcome of.
  v1::Command CommandAt(size_t i) const;
  // Where the last day's events begin, about.
  size_t last_day() const { return events_.size() - 10'000; }

  // The log's commit records, in order.
  const std::vector<std::string>& records() const { return records_; }
  // The folder's store, with all projections up to date.
  const Store& store() const { return *store_; }
  const EventLog& log() const { return *log_; }

 private:
  std::string folder_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<EventLog> log_;
  std::vector<std::string> records_;
  std::vector<std::string> bytes_;
  std::vector<event::v1::Event> events_;
  std::vector<Postings> postings_;
};

// The one history of this process, made when it is first asked for.
const History& TheHistory();
// Removes its folder, if it was made.
void ForgetHistory();

// Ends the program where `status` is not OK.
void Require(const absl::Status& status);

// Goes through 0 to size - 1 again and again.
class Wheel {
 public:
  explicit Wheel(size_t size) : size_(size) {}
  size_t Next() {
    const size_t at = at_;
    at_ = at + 1 == size_ ? 0 : at + 1;
    return at;
  }

 private:
  const size_t size_;
  size_t at_ = 0;
};

}  // namespace redvest::bench

#endif  // REDVEST_TESTS_BENCHMARK_MICRO_HISTORY_H_
