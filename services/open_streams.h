// The streams that would stay open for as long as their clients like, so that a stopping server can end them.
#ifndef REDVEST_SERVICES_OPEN_STREAMS_H_
#define REDVEST_SERVICES_OPEN_STREAMS_H_

#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace redvest {

// A stream that can be asked to end soon. Stop is idempotent and may run on any thread.
class StoppableStream {
 public:
  virtual ~StoppableStream() = default;
  virtual void Stop() = 0;
};

// Thread-safe.
class OpenStreams {
 public:
  // Remembers `stream` for as long as it lives; stops it at once where StopAll was called before.
  void Add(const std::shared_ptr<StoppableStream>& stream);
  // Stops all streams, and every later one.
  void StopAll();

 private:
  absl::Mutex mu_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<std::weak_ptr<StoppableStream>> streams_ ABSL_GUARDED_BY(mu_);
};

}  // namespace redvest

#endif  // REDVEST_SERVICES_OPEN_STREAMS_H_
