#include "tests/benchmark/stream_load.h"

#include <grpcpp/alarm.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <deque>

#include "absl/strings/str_cat.h"
#include "redvest/v1/ingest_service.pb.h"
#include "tests/benchmark/scratch.h"
#include "tests/benchmark/unary_load.h"

namespace redvest::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr char kIngest[] = "/redvest.v1.IngestService/Ingest";

class LaneStream {
 public:
  enum class Step { kStarted, kWritten, kRead, kWaited, kNoMoreWrites, kFinished };
  // What the completion queue gives back.
  struct Tag {
    LaneStream* stream;
    Step step;
  };

  LaneStream(const Lane& lane, const std::shared_ptr<grpc::Channel>& channel, grpc::CompletionQueue* queue,
             StreamResult* result)
      : lane_(lane), stub_(channel), queue_(queue), result_(result) {
    stream_ = stub_.PrepareCall(&context_, kIngest, queue);
    stream_->StartCall(&started_);
  }

  // Returns whether the lane is done.
  bool Proceed(Step step, bool ok) {
    switch (step) {
      case Step::kStarted:
        stream_->Read(&answer_, &read_);
        break;
      case Step::kWritten:
        writing_ = false;
        break;
      case Step::kRead:
        if (ok) {
          TakeAnswer();
          stream_->Read(&answer_, &read_);
        } else {
          stream_->Finish(&status_, &finished_);
          return false;
        }
        break;
      case Step::kWaited:
        writing_ = true;
        stream_->Write(grpc::ByteBuffer(&lane_[answered_].bytes, 1), &written_tag_);
        return false;
      case Step::kNoMoreWrites:
        return false;
      case Step::kFinished:
        Require(status_, "a stream of batches");
        Require(answered_ == lane_.size(), "a stream ended before all its batches were answered");
        return true;
    }
    WriteOn();
    return false;
  }

 private:
  void WriteOn() {
    if (writing_ || ended_) return;
    if (written_ == lane_.size()) {
      // A stream is not closed before the last answer: a batch may have to be sent again.
      if (answered_ < written_) return;
      ended_ = true;
      stream_->WritesDone(&no_more_writes_);
    } else if (written_ - answered_ < kWindow) {
      writing_ = true;
      sent_at_.push_back(Clock::now());
      stream_->Write(grpc::ByteBuffer(&lane_[written_++].bytes, 1), &written_tag_);
    }
  }

  void TakeAnswer() {
    FromBytes(answer_, &response_);
    Require(answered_ < written_, "an answer to no batch");
    if (response_.stopped_error().reason() == v1::ERROR_REASON_QUEUE_FULL && answered_ + 1 == written_) {
      ++result_->refused;
      again_ = true;
      alarm_.Set(queue_,
                 std::chrono::system_clock::now() +
                     std::chrono::milliseconds(response_.stopped_error().retry_delay_ms()),
                 &waited_);
      return;
    }
    const uint32_t commands = lane_[answered_++].commands;
    // What the attempts before had taken is not taken again.
    if (response_.recorded() != commands || (response_.already_recorded() != 0 && !again_)) {
      Fail(absl::StrCat("a batch was not taken whole: ", response_.ShortDebugString().substr(0, 500)));
    }
    again_ = false;
    result_->batch_latency.Add(std::chrono::nanoseconds(Clock::now() - sent_at_.front()).count());
    sent_at_.pop_front();
    result_->commands += commands;
    result_->last_sequence = std::max(result_->last_sequence, response_.last_sequence());
  }

  const Lane& lane_;
  grpc::GenericStub stub_;
  grpc::CompletionQueue* const queue_;
  StreamResult* const result_;
  Tag started_{this, Step::kStarted}, written_tag_{this, Step::kWritten}, read_{this, Step::kRead},
      waited_{this, Step::kWaited}, no_more_writes_{this, Step::kNoMoreWrites},
      finished_{this, Step::kFinished};

  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  bool writing_ = false;
  bool ended_ = false;  // nothing more is written
  bool again_ = false;  // the oldest batch was refused before
  grpc::Alarm alarm_;
  size_t written_ = 0;   // batches
  size_t answered_ = 0;  // batches
  std::deque<Clock::time_point> sent_at_;
  grpc::ByteBuffer answer_;
  v1::IngestResponse response_;
  grpc::Status status_;
};

}  // namespace

StreamResult SendLanes(const std::string& address, const std::vector<Lane>& lanes) {
  StreamResult result;
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (size_t i = 0; i < lanes.size(); ++i) channels.push_back(Connect(address));
  WaitForConnections(channels);
  grpc::CompletionQueue queue;
  const Stopwatch watch;
  std::vector<std::unique_ptr<LaneStream>> streams;
  for (size_t i = 0; i < lanes.size(); ++i) {
    streams.push_back(std::make_unique<LaneStream>(lanes[i], channels[i], &queue, &result));
  }
  void* tag = nullptr;
  bool ok = false;
  for (size_t left = lanes.size(); left > 0 && queue.Next(&tag, &ok);) {
    const auto* at = static_cast<const LaneStream::Tag*>(tag);
    if (at->stream->Proceed(at->step, ok)) --left;
  }
  result.seconds = watch.seconds();
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
  return result;
}

}  // namespace redvest::bench
