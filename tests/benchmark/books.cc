#include "tests/benchmark/books.h"

#include <grpcpp/grpcpp.h>

#include "redvest/v1/audit_service.grpc.pb.h"
#include "redvest/v1/directory_service.grpc.pb.h"
#include "redvest/v1/ledger_service.grpc.pb.h"
#include "tests/benchmark/scratch.h"
#include "tests/benchmark/unary_load.h"

namespace redvest::bench {
namespace {

void Bound(grpc::ClientContext* context) {
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(10));
}

}  // namespace

uint64_t HeadOf(const std::string& address) {
  grpc::ClientContext context;
  Bound(&context);
  v1::GetLedgerResponse response;
  Require(
      v1::LedgerService::NewStub(Connect(address))->GetLedger(&context, v1::GetLedgerRequest(), &response),
      "reading the head");
  return response.sequence();
}

uint64_t LastSerial(const std::string& address, uint64_t terminal) {
  grpc::ClientContext context;
  Bound(&context);
  v1::GetTerminalRequest request;
  request.set_terminal_id(terminal);
  v1::GetTerminalResponse response;
  Require(v1::DirectoryService::NewStub(Connect(address))->GetTerminal(&context, request, &response),
          "reading a terminal");
  return response.terminal().last_serial();
}

void WaitProjected(const std::string& address, uint64_t sequence) {
  grpc::ClientContext context;
  Bound(&context);
  v1::GetStatementRequest request;
  // An account without lines: what is waited for is the sequence.
  request.set_account("expenses:over-short:999999999");
  request.mutable_options()->set_min_sequence(sequence);
  v1::GetStatementResponse response;
  Require(v1::LedgerService::NewStub(Connect(address))->GetStatement(&context, request, &response),
          "waiting for the projections");
  Require(response.sequence() >= sequence, "the projections answered too early");
}

Books ReadBooks(const std::string& address, uint64_t sequence) {
  grpc::ClientContext context;
  Bound(&context);
  v1::GetTrialBalanceRequest request;
  request.mutable_options()->set_min_sequence(sequence);
  const auto stub = v1::LedgerService::NewStub(Connect(address));
  const auto reader = stub->GetTrialBalance(&context, request);
  Books books;
  for (v1::GetTrialBalanceResponse part; reader->Read(&part);) {
    for (const v1::AccountBalance& row : part.balances()) {
      const size_t id = row.account().find_first_of("123456789");
      const std::string group = row.account().substr(0, id == std::string::npos ? id : id - 1);
      books.sum_by_unit[row.unit()] += row.balance();
      books.sum_by_group[group] += row.balance();
      ++books.accounts;
    }
  }
  Require(reader->Finish(), "reading the trial balance");
  return books;
}

std::vector<std::string> StoredEvents(const std::string& address, uint64_t from, size_t count) {
  grpc::ClientContext context;
  Bound(&context);
  v1::ReadCommitsRequest request;
  request.set_from_sequence(from);
  const auto stub = v1::AuditService::NewStub(Connect(address));
  const auto reader = stub->ReadCommits(&context, request);
  std::vector<std::string> events;
  v1::ReadCommitsResponse part;
  while (events.size() < count && reader->Read(&part)) {
    for (v1::StoredCommit& commit : *part.mutable_commits()) {
      for (std::string& event : *commit.mutable_events()) events.push_back(std::move(event));
    }
  }
  context.TryCancel();
  reader->Finish();
  Require(!events.empty(), "there are no events to measure with");
  if (events.size() > count) events.resize(count);
  return events;
}

}  // namespace redvest::bench
