#include "services/workers.h"

#include <utility>

namespace redvest {

Workers::Workers(int threads) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

Workers::~Workers() {
  {
    absl::MutexLock lock(&mu_);
    ending_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
}

void Workers::Run(absl::AnyInvocable<void()> job) {
  absl::MutexLock lock(&mu_);
  jobs_.push_back(std::move(job));
}

void Workers::Work() {
  const auto something_to_do = [this]()
                                   ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return !jobs_.empty() || ending_; };
  for (;;) {
    absl::AnyInvocable<void()> job;
    {
      absl::MutexLock lock(&mu_, absl::Condition(&something_to_do));
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job();
  }
}

}  // namespace redvest
