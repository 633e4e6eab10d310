#include "services/open_streams.h"

namespace redvest {

void OpenStreams::Add(const std::shared_ptr<StoppableStream>& stream) {
  bool stopping;
  {
    absl::MutexLock lock(&mu_);
    std::erase_if(streams_, [](const auto& known) { return known.expired(); });
    streams_.push_back(stream);
    stopping = stopping_;
  }
  if (stopping) stream->Stop();
}

void OpenStreams::StopAll() {
  std::vector<std::weak_ptr<StoppableStream>> streams;
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
    streams.swap(streams_);
  }
  // Outside the lock: a stream that ends may be destroyed here.
  for (const auto& known : streams) {
    if (const auto stream = known.lock()) stream->Stop();
  }
}

}  // namespace redvest
