// A server on this machine that behaves as the protocol says and can be told to fail: for tests of the client
// library.
#ifndef REDVEST_TESTS_UNIT_CLIENTS_FAKE_LEDGER_H_
#define REDVEST_TESTS_UNIT_CLIENTS_FAKE_LEDGER_H_

#include <grpcpp/grpcpp.h>

#include <map>
#include <mutex>
#include <string>

#include "redvest/v1/canteen_service.grpc.pb.h"
#include "redvest/v1/directory_service.grpc.pb.h"
#include "redvest/v1/ingest_service.grpc.pb.h"

namespace redvest::client {

// Takes the commands of one terminal. Declines every SellMeal of 13 portions, refuses those of 0 and 1,000.
// Thread-safe.
class FakeLedger final : public v1::IngestService::Service {
 public:
  explicit FakeLedger(const std::string& address = "127.0.0.1:0") {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    builder.RegisterService(&canteen_);
    server_ = builder.BuildAndStart();
  }
  ~FakeLedger() override { server_->Shutdown(std::chrono::system_clock::now()); }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  // What was recorded, by serial.
  std::map<uint64_t, v1::Command> recorded() {
    const std::lock_guard<std::mutex> lock(mu_);
    return outcomes_;
  }
  // The next answers are lost, though what was asked is done.
  void LoseAnswers(int count) {
    const std::lock_guard<std::mutex> lock(mu_);
    lose_answers_ = count;
  }
  // The next batches or commands are refused because the queue is full.
  void BeBusy(int count) {
    const std::lock_guard<std::mutex> lock(mu_);
    busy_ = count;
  }

  grpc::Status Ingest(grpc::ServerContext*,
                      grpc::ServerReaderWriter<v1::IngestResponse, v1::IngestRequest>* stream) override {
    for (v1::IngestRequest batch; stream->Read(&batch);) {
      v1::IngestResponse answer;
      if (!Take(batch, answer)) return {grpc::StatusCode::UNAVAILABLE, "lost"};
      stream->Write(answer);
    }
    return grpc::Status::OK;
  }

 private:
  class Canteen final : public v1::CanteenService::Service {
   public:
    explicit Canteen(FakeLedger& ledger) : ledger_(ledger) {}
    grpc::Status SellMeal(grpc::ServerContext*, const v1::SellMealRequest* request,
                          v1::SellMealResponse* response) override {
      v1::IngestRequest batch;
      batch.set_first_serial(request->header().serial());
      *batch.add_commands()->mutable_sell_meal() = request->sell_meal();
      v1::IngestResponse answer;
      if (!ledger_.Take(batch, answer)) return {grpc::StatusCode::UNAVAILABLE, "lost"};
      if (answer.stopped_at_serial() != 0) return Failure(answer.stopped_code(), answer.stopped_error());
      if (answer.declined_size() > 0) return Failure(9, answer.declined(0).error());
      response->mutable_recorded()->set_sequence(request->header().serial());
      response->mutable_recorded()->set_already_recorded(answer.already_recorded() > 0);
      return grpc::Status::OK;
    }

   private:
    FakeLedger& ledger_;
  };

  static grpc::Status Failure(int code, const v1::ErrorDetail& detail) {
    v1::StatusDetails details;
    details.set_code(code);
    details.add_details()->PackFrom(detail);
    return {static_cast<grpc::StatusCode>(code), "failed", details.SerializeAsString()};
  }

  // False: the answer is lost.
  bool Take(const v1::IngestRequest& batch, v1::IngestResponse& answer) {
    const std::lock_guard<std::mutex> lock(mu_);
    answer.set_first_serial(batch.first_serial());
    if (busy_ > 0) {
      --busy_;
      Stop(answer, batch.first_serial(), grpc::StatusCode::RESOURCE_EXHAUSTED, v1::ERROR_REASON_QUEUE_FULL);
      answer.mutable_stopped_error()->set_retry_delay_ms(20);
      return true;
    }
    uint64_t serial = batch.first_serial();
    for (const v1::Command& command : batch.commands()) {
      if (serial > outcomes_.size() + 1) {
        Stop(answer, serial, grpc::StatusCode::FAILED_PRECONDITION, v1::ERROR_REASON_SERIAL_GAP);
        return true;
      }
      if (command.has_sell_meal() &&
          (command.sell_meal().portions() == 0 || command.sell_meal().portions() == 1'000)) {
        Stop(answer, serial, grpc::StatusCode::INVALID_ARGUMENT, v1::ERROR_REASON_FIELD_INVALID);
        return true;
      }
      if (outcomes_.contains(serial)) {
        if (outcomes_[serial].SerializeAsString() != command.SerializeAsString()) {
          Stop(answer, serial, grpc::StatusCode::ALREADY_EXISTS, v1::ERROR_REASON_SERIAL_REUSED);
          return true;
        }
        answer.set_already_recorded(answer.already_recorded() + 1);
      }
      outcomes_[serial] = command;
      if (command.sell_meal().portions() == 13) {
        v1::DeclinedItem& item = *answer.add_declined();
        item.set_serial(serial);
        item.mutable_error()->set_reason(v1::ERROR_REASON_MEALS_PER_DAY_EXCEEDED);
        item.mutable_error()->set_sequence(serial);
      } else {
        answer.set_recorded(answer.recorded() + 1);
      }
      ++serial;
    }
    if (lose_answers_ == 0) return true;
    --lose_answers_;
    return false;
  }

  static void Stop(v1::IngestResponse& answer, uint64_t serial, grpc::StatusCode code,
                   v1::ErrorReason reason) {
    answer.set_stopped_at_serial(serial);
    answer.set_stopped_code(code);
    answer.mutable_stopped_error()->set_reason(reason);
  }

  Canteen canteen_{*this};
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;

  std::mutex mu_;
  std::map<uint64_t, v1::Command> outcomes_;
  int lose_answers_ = 0;
  int busy_ = 0;
};

}  // namespace redvest::client

#endif  // REDVEST_TESTS_UNIT_CLIENTS_FAKE_LEDGER_H_
