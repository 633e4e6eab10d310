// The door for batches: they are read from their bytes in the order they came, by a thread of their own, and
// only while few are inside.
#ifndef REDVEST_SERVICES_INTAKE_H_
#define REDVEST_SERVICES_INTAKE_H_

#include <cstddef>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "services/workers.h"

namespace redvest {

// When a thousand tills come back at once, their batches wait here as bytes, one of each stream: gRPC's
// threads stay free for those who sell, the ledger's queue does not overflow, and nobody is refused only to
// come again. Thread-safe.
class Intake {
 public:
  // Commands inside, from Enter to Leave, at which the next batch waits.
  static constexpr size_t kInsideMax = 40'000;

  // Runs `read` once those before it have run and less than kInsideMax commands are inside. It calls Enter
  // with what it found.
  void Run(absl::AnyInvocable<void()> read);

  void Enter(size_t commands);
  void Leave(size_t commands);

 private:
  absl::Mutex mu_;
  size_t inside_ ABSL_GUARDED_BY(mu_) = 0;
  Workers reader_{1};  // ends first: what it runs uses what is above
};

}  // namespace redvest

#endif  // REDVEST_SERVICES_INTAKE_H_
