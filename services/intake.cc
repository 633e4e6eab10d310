#include "services/intake.h"

#include <utility>

namespace redvest {

void Intake::Run(absl::AnyInvocable<void()> read) {
  reader_.Run([this, read = std::move(read)]() mutable {
    {
      const auto has_room = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return inside_ < kInsideMax; };
      absl::MutexLock lock(&mu_, absl::Condition(&has_room));
    }
    read();
  });
}

void Intake::Enter(size_t commands) {
  absl::MutexLock lock(&mu_);
  inside_ += commands;
}

void Intake::Leave(size_t commands) {
  absl::MutexLock lock(&mu_);
  inside_ -= commands;
}

}  // namespace redvest
