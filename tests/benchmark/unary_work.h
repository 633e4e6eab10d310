// What tills ask one by one.
#ifndef REDVEST_TESTS_BENCHMARK_UNARY_WORK_H_
#define REDVEST_TESTS_BENCHMARK_UNARY_WORK_H_

#include <map>

#include "redvest/v1/canteen_service.pb.h"
#include "tests/benchmark/echo_server.h"
#include "tests/benchmark/town.h"
#include "tests/benchmark/unary_load.h"

namespace redvest::bench {

// Calls that do nothing, for the echo server.
class EmptyCalls final : public UnaryWork {
 public:
  UnaryCall Next(size_t /*till*/) override { return {.kind = 0, .method = kEchoMethod, .request = empty_}; }
  void Answered(size_t /*till*/, size_t /*kind*/, const grpc::ByteBuffer& answer) override {
    Require(answer.Length() == 0, "the echo server answers more than nothing");
  }

 private:
  const grpc::Slice nothing_;
  const grpc::ByteBuffer empty_{&nothing_, 1};
};

// Meals; every answer must be the event of the meal that was asked for.
class MealWork : public UnaryWork {
 public:
  explicit MealWork(Town* town) : town_(*town) {}

  UnaryCall Next(size_t till) override {
    const v1::SellMealRequest request = town_.Meal(till);
    asked_[till] = request.sell_meal().member_id();
    return {.kind = 0, .method = "/redvest.v1.CanteenService/SellMeal", .request = ToBytes(request)};
  }

  void Answered(size_t till, size_t /*kind*/, const grpc::ByteBuffer& answer) override {
    FromBytes(answer, &response_);
    Require(response_.recorded().sequence() > 0 && !response_.recorded().already_recorded() &&
                response_.meal_sold().command().member_id() == asked_[till],
            "a sale was answered with something else");
  }

 protected:
  Town& town_;

 private:
  std::map<size_t, uint64_t> asked_;  // the member, by till
  v1::SellMealResponse response_;
};

}  // namespace redvest::bench

#endif  // REDVEST_TESTS_BENCHMARK_UNARY_WORK_H_
