// Tills with one call each under way, driven by one thread so that the client does not eat the machine.
#ifndef REDVEST_TESTS_BENCHMARK_UNARY_LOAD_H_
#define REDVEST_TESTS_BENCHMARK_UNARY_LOAD_H_

#include <google/protobuf/message_lite.h>
#include <grpcpp/channel.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "tests/benchmark/process.h"
#include "tests/benchmark/report.h"

namespace redvest::bench {

// A connection of its own, set as that of the client library.
std::shared_ptr<grpc::Channel> Connect(const std::string& address);
// Waits until all of them are connected; fails after half a minute.
void WaitForConnections(const std::vector<std::shared_ptr<grpc::Channel>>& channels);

// How long the server asks a caller to wait before it tries the same again; nothing where that would not
// help.
std::optional<absl::Duration> RetryDelay(const grpc::Status& status);

grpc::ByteBuffer ToBytes(const google::protobuf::MessageLite& message);
// Fails where they are no such message.
void FromBytes(const grpc::ByteBuffer& bytes, google::protobuf::MessageLite* message);

struct UnaryCall {
  size_t kind = 0;  // latencies are kept apart by kind, from 0
  const char* method = nullptr;
  grpc::ByteBuffer request = {};
};

// What the tills do. Used by one thread.
class UnaryWork {
 public:
  virtual ~UnaryWork() = default;
  virtual size_t kinds() const { return 1; }
  // The next call of a till.
  virtual UnaryCall Next(size_t till) = 0;
  // Looks at an answer; fails where it is not as it should be.
  virtual void Answered(size_t till, size_t kind, const grpc::ByteBuffer& answer) = 0;
};

struct UnaryPlan {
  std::string address;
  const Process* server = nullptr;  // whose time is told
  size_t tills = 1;
  // Not counted, before what is.
  absl::Duration warm_up = absl::Milliseconds(300);
  absl::Duration duration = absl::Seconds(5);
  // Each till starts a call this often, and its time counts from when it should have started; zero: the next
  // call follows the answer at once.
  absl::Duration pace = absl::ZeroDuration();
  // Goes on until this is notified, and at least for `duration`.
  const absl::Notification* until = nullptr;
  // Notified when all tills are connected and begin.
  absl::Notification* begun = nullptr;
};

struct UnaryResult {
  std::vector<Samples> latency;  // by kind
  uint64_t calls = 0;
  uint64_t refused = 0;  // attempts, by a full queue; each was made again, and the call's time went on
  double seconds = 0;
  double server_cpu_s = 0;
  double client_cpu_s = 0;

  double rate() const { return static_cast<double>(calls) / seconds; }
};

// Any call that fails ends the program, but for those that a full queue refuses.
UnaryResult RunUnaryLoad(const UnaryPlan& plan, UnaryWork* work);

}  // namespace redvest::bench

#endif  // REDVEST_TESTS_BENCHMARK_UNARY_LOAD_H_
