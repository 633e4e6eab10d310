// Nine reads of a balance to one sale.
#include <map>

#include "redvest/v1/ledger_service.pb.h"
#include "tests/benchmark/bench.h"
#include "tests/benchmark/echo_server.h"
#include "tests/benchmark/unary_work.h"

namespace redvest::bench {
namespace {

constexpr char kScenario[] = "reads";
constexpr size_t kTills = 64;
constexpr size_t kSale = 0, kRead = 1;

class ReadsAndSales final : public MealWork {
 public:
  explicit ReadsAndSales(Town* town) : MealWork(town) {}

  size_t kinds() const override { return 2; }

  UnaryCall Next(size_t till) override {
    if (++calls_ % 10 == 0) return MealWork::Next(till);
    v1::GetBalanceRequest request;
    request.set_account(town_.AnyAccount());
    asked_[till] = request.account();
    return {.kind = kRead, .method = "/redvest.v1.LedgerService/GetBalance", .request = ToBytes(request)};
  }

  void Answered(size_t till, size_t kind, const grpc::ByteBuffer& answer) override {
    if (kind == kSale) return MealWork::Answered(till, kind, answer);
    FromBytes(answer, &response_);
    // Cards and demand accounts stand on the credit side.
    Require(response_.balance().account() == asked_[till] && response_.balance().balance() <= 0,
            "a balance was answered with something else");
  }

 private:
  uint64_t calls_ = 0;
  std::map<size_t, std::string> asked_;  // the account, by till
  v1::GetBalanceResponse response_;
};

}  // namespace

void RunReads(Bench* bench) {
  BigTown& big = bench->big_town();
  const std::unique_ptr<ServerProcess> echo = StartEchoServer(bench->scratch.Path("echo.stderr"));
  EmptyCalls empty;
  UnaryResult echoed = RunUnaryLoad({.address = echo->address(),
                                     .server = &echo->process(),
                                     .tills = kTills,
                                     .duration = bench->sizes.unary},
                                    &empty);
  ReadsAndSales work(&big.town());
  UnaryResult mixed = RunUnaryLoad({.address = big.daemon().address(),
                                    .server = &big.daemon().process(),
                                    .tills = kTills,
                                    .duration = bench->sizes.unary},
                                   &work);
  bench->report.Add({.scenario = kScenario,
                     .name = "9 balances to 1 sale, 64 tills",
                     .value = mixed.rate(),
                     .unit = "calls/s",
                     .daemon_cpu_s = mixed.server_cpu_s,
                     .client_cpu_s = mixed.client_cpu_s,
                     .limit = Limit{"the empty call", echoed.rate()}});
  for (const auto& [kind, name] : {std::pair(kRead, "the balances"), std::pair(kSale, "the sales")}) {
    Samples& samples = mixed.latency[kind];
    bench->report.Add({.scenario = kScenario,
                       .name = name,
                       .value = static_cast<double>(samples.size()) / mixed.seconds,
                       .unit = "calls/s",
                       .latency = LatencyOf(&samples)});
  }
  big.Check();
}

}  // namespace redvest::bench
