#include "tests/benchmark/unary_load.h"

#include <grpcpp/alarm.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <optional>

#include "absl/time/clock.h"
#include "redvest/v1/error.pb.h"
#include "tests/benchmark/scratch.h"

namespace redvest::bench {
namespace {

using Clock = std::chrono::steady_clock;

class UnaryLoad;

// One till: its connection, and the call under way or the wait for the next.
class Till {
 public:
  Till(UnaryLoad* load, size_t number, const std::shared_ptr<grpc::Channel>& channel)
      : load_(load), number_(number), stub_(channel) {}

  // Starts the first call, or the wait for it.
  void Begin(Clock::time_point first);
  // What was waited for is there.
  void Proceed();

 private:
  void StartWhenDue();
  void Start();
  void Send();
  void Finish();
  // Calls Proceed after that time.
  void WakeAfter(std::chrono::nanoseconds wait);

  UnaryLoad* const load_;
  const size_t number_;
  grpc::GenericStub stub_;

  bool calling_ = false;   // a call is under way; otherwise the alarm is
  bool retrying_ = false;  // the alarm is for the same call again
  Clock::time_point due_;
  UnaryCall call_;
  std::optional<grpc::ClientContext> context_;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader_;
  std::optional<grpc::Alarm> alarm_;
  grpc::ByteBuffer answer_;
  grpc::Status status_;
};

class UnaryLoad {
 public:
  UnaryLoad(const UnaryPlan& plan, UnaryWork* work) : plan_(plan), work_(work) {
    result_.latency.resize(work->kinds());
  }

  UnaryResult Run() {
    std::vector<std::shared_ptr<grpc::Channel>> channels;
    std::vector<std::unique_ptr<Till>> tills;
    for (size_t i = 0; i < plan_.tills; ++i) {
      channels.push_back(Connect(plan_.address));
      tills.push_back(std::make_unique<Till>(this, i, channels.back()));
    }
    WaitForConnections(channels);
    if (plan_.begun != nullptr) plan_.begun->Notify();
    begin_ = Clock::now();
    measure_from_ = begin_ + absl::ToChronoNanoseconds(plan_.warm_up);
    end_ = measure_from_ + absl::ToChronoNanoseconds(plan_.duration);
    under_way_ = tills.size();
    for (size_t i = 0; i < tills.size(); ++i) {
      // Paced tills are spread over the pace.
      const auto step = absl::ToChronoNanoseconds(plan_.pace) * static_cast<int64_t>(i) /
                        static_cast<int64_t>(tills.size());
      tills[i]->Begin(begin_ + step);
    }
    void* tag = nullptr;
    for (bool ok = false; under_way_ > 0 && queue_.Next(&tag, &ok);) static_cast<Till*>(tag)->Proceed();
    queue_.Shutdown();
    for (bool ok = false; queue_.Next(&tag, &ok);) {
    }
    return std::move(result_);
  }

  const UnaryPlan& plan() const { return plan_; }
  UnaryWork* work() { return work_; }
  grpc::CompletionQueue* queue() { return &queue_; }

  // Whether another call may start now.
  bool GoesOn(Clock::time_point now) {
    if (!measuring_ && now >= measure_from_) Mark();
    if (now < end_ || (plan_.until != nullptr && !plan_.until->HasBeenNotified())) return true;
    if (!ended_) {
      ended_ = true;
      const auto counted = std::chrono::duration<double>(now - counted_from_);
      result_.seconds = counted.count();
      result_.server_cpu_s = ServerCpu() - result_.server_cpu_s;
      result_.client_cpu_s = OwnCpuSeconds() - result_.client_cpu_s;
    }
    return false;
  }

  void Count(size_t kind, Clock::time_point due, Clock::time_point now) {
    if (!measuring_ || ended_ || due < counted_from_) return;
    ++result_.calls;
    result_.latency[kind].Add(std::chrono::nanoseconds(now - due).count());
  }

  void CountRefused() { ++result_.refused; }
  void TillDone() { --under_way_; }

 private:
  double ServerCpu() const { return plan_.server == nullptr ? 0 : plan_.server->cpu_seconds(); }

  // From here on it counts.
  void Mark() {
    measuring_ = true;
    counted_from_ = Clock::now();
    result_.server_cpu_s = ServerCpu();
    result_.client_cpu_s = OwnCpuSeconds();
  }

  const UnaryPlan& plan_;
  UnaryWork* const work_;
  grpc::CompletionQueue queue_;
  Clock::time_point begin_, measure_from_, counted_from_, end_;
  bool measuring_ = false;
  bool ended_ = false;
  size_t under_way_ = 0;  // tills
  UnaryResult result_;
};

void Till::Begin(Clock::time_point first) {
  due_ = first;
  StartWhenDue();
}

void Till::StartWhenDue() {
  const auto now = Clock::now();
  if (!load_->GoesOn(now)) return load_->TillDone();
  if (now >= due_) return Start();
  WakeAfter(due_ - now);
}

void Till::WakeAfter(std::chrono::nanoseconds wait) {
  alarm_.emplace();
  alarm_->Set(load_->queue(), std::chrono::system_clock::now() + wait, this);
}

void Till::Start() {
  call_ = load_->work()->Next(number_);
  if (load_->plan().pace == absl::ZeroDuration()) due_ = Clock::now();
  Send();
}

void Till::Send() {
  calling_ = true;
  retrying_ = false;
  context_.emplace();
  answer_.Clear();
  reader_ = stub_.PrepareUnaryCall(&*context_, call_.method, call_.request, load_->queue());
  reader_->StartCall();
  reader_->Finish(&answer_, &status_, this);
}

void Till::Proceed() {
  if (calling_) return Finish();
  if (retrying_) return Send();
  StartWhenDue();
}

void Till::Finish() {
  const auto now = Clock::now();
  calling_ = false;
  if (const std::optional<absl::Duration> wait = RetryDelay(status_)) {
    load_->CountRefused();
    retrying_ = true;
    return WakeAfter(absl::ToChronoNanoseconds(*wait));
  }
  Require(status_, "a unary call");
  load_->work()->Answered(number_, call_.kind, answer_);
  load_->Count(call_.kind, due_, now);
  due_ += absl::ToChronoNanoseconds(load_->plan().pace);
  StartWhenDue();
}

}  // namespace

std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, -1);
  // Channels of one process share connections otherwise.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

void WaitForConnections(const std::vector<std::shared_ptr<grpc::Channel>>& channels) {
  for (const auto& channel : channels) channel->GetState(/*try_to_connect=*/true);
  const auto deadline = std::chrono::system_clock::now() + std::chrono::seconds(30);
  for (const auto& channel : channels) {
    Require(channel->WaitForConnected(deadline), "a server takes no connection");
  }
}

std::optional<absl::Duration> RetryDelay(const grpc::Status& status) {
  if (status.error_code() != grpc::StatusCode::RESOURCE_EXHAUSTED) return std::nullopt;
  v1::StatusDetails details;
  v1::ErrorDetail error;
  if (!details.ParseFromString(status.error_details()) || details.details_size() == 0 ||
      !details.details(0).UnpackTo(&error) || error.reason() != v1::ERROR_REASON_QUEUE_FULL) {
    return std::nullopt;
  }
  return absl::Milliseconds(error.retry_delay_ms());
}

grpc::ByteBuffer ToBytes(const google::protobuf::MessageLite& message) {
  grpc::Slice slice(message.ByteSizeLong());
  Require(message.SerializeToArray(const_cast<uint8_t*>(slice.begin()), static_cast<int>(slice.size())),
          "a request cannot be written");
  return grpc::ByteBuffer(&slice, 1);
}

void FromBytes(const grpc::ByteBuffer& bytes, google::protobuf::MessageLite* message) {
  grpc::Slice slice;
  Require(bytes.DumpToSingleSlice(&slice), "an answer");
  Require(message->ParseFromArray(slice.begin(), static_cast<int>(slice.size())), "an answer cannot be read");
}

UnaryResult RunUnaryLoad(const UnaryPlan& plan, UnaryWork* work) { return UnaryLoad(plan, work).Run(); }

}  // namespace redvest::bench
