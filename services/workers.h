// Threads for work that may wait for the disk: gRPC's threads and the ledger's must never do that.
#ifndef REDVEST_SERVICES_WORKERS_H_
#define REDVEST_SERVICES_WORKERS_H_

#include <deque>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"

namespace redvest {

// Runs jobs in the order they come. Thread-safe.
class Workers {
 public:
  explicit Workers(int threads);
  // Runs what is still queued, then ends the threads.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  void Run(absl::AnyInvocable<void()> job);

 private:
  void Work();

  absl::Mutex mu_;
  std::deque<absl::AnyInvocable<void()>> jobs_ ABSL_GUARDED_BY(mu_);
  bool ending_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<std::thread> threads_;  // constant after construction
};

}  // namespace redvest

#endif  // REDVEST_SERVICES_WORKERS_H_
