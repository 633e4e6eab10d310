#include "tests/benchmark/micro/history.h"

#include <stdlib.h>

#include <filesystem>
#include <iostream>
#include <optional>

#include "absl/synchronization/notification.h"
#include "ledger/base/check.h"
#include "ledger/base/clock.h"
#include "ledger/folder.h"
#include "ledger/ledger.h"
#include "tests/benchmark/neighbourhood.h"

namespace redvest::bench {
namespace {

constexpr uint64_t kEvents = 100'000;
// 2026-03-02 12:00 in Shanghai.
constexpr int64_t kFirstNoonMs = 1'772'424'000'000;

std::string MakeFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "redvest-micro-XXXXXX").string();
  REDVEST_CHECK(mkdtemp(name.data()) != nullptr);
  return name;
}

void Live(const std::string& folder) {
  ManualClock clock(kFirstNoonMs);
  auto opened =
      Ledger::Open({.directory = folder, .founding = Founding{.name = "Changshan Huayuan"}, .clock = &clock});
  Require(opened.status());
  const std::unique_ptr<Ledger> ledger = *std::move(opened);
  Neighbourhood neighbourhood(ledger.get(), &clock, /*seed=*/1);
  neighbourhood.MoveIn();
  neighbourhood.LiveUntil(kEvents);
  absl::Notification projected;
  ledger->WhenProjected({.min_sequence = ledger->Head().sequence}, [&](absl::Status status) {
    Require(status);
    projected.Notify();
  });
  projected.WaitForNotification();
}

std::unique_ptr<History>& Slot() {
  static auto* const slot = new std::unique_ptr<History>;
  return *slot;
}

}  // namespace

History::History() : folder_(MakeFolder()) {
  Live(folder_);
  auto store = OpenRocksStore(StorePath(folder_), /*create=*/false);
  Require(store.status());
  store_ = *std::move(store);
  auto log = OpenStoreLog(store_.get());
  Require(log.status());
  log_ = *std::move(log);
  const std::unique_ptr<StoreCursor> rows = store_->NewCursor(TableId::kLog);
  for (rows->Seek(""); rows->Valid(); rows->Next()) {
    const auto commit = DecodeCommit(records_.emplace_back(rows->value()));
    Require(commit.status());
    for (const std::string_view bytes : commit->events) {
      bytes_.emplace_back(bytes);
      REDVEST_CHECK(events_.emplace_back().ParseFromString(bytes_.back()));
      postings_.push_back(PostingsOf(events_.back()));
    }
  }
  Require(rows->status());
  REDVEST_CHECK(events_.size() == log_->last_sequence().value());
}

History::~History() {
  log_.reset();
  store_.reset();
  std::error_code error;
  std::filesystem::remove_all(folder_, error);
  std::filesystem::remove(DefaultKeyFile(folder_), error);
}

v1::Command History::CommandAt(size_t i) const {
  const event::v1::Event& event = events_[i];
  const google::protobuf::Message& body = event.GetReflection()->GetMessage(
      event,
      event.GetReflection()->GetOneofFieldDescriptor(event, event.GetDescriptor()->FindOneofByName("body")));
  const google::protobuf::Message& inner =
      body.GetReflection()->GetMessage(body, body.GetDescriptor()->FindFieldByName("command"));
  v1::Command command;
  if (inner.GetDescriptor() == v1::Command::descriptor()) {
    command.CopyFrom(inner);  // of a decline, or of a request to approve something
  } else {
    for (int f = 0; f < v1::Command::descriptor()->field_count(); ++f) {
      const auto* field = v1::Command::descriptor()->field(f);
      if (field->message_type() != inner.GetDescriptor()) continue;
      command.GetReflection()->MutableMessage(&command, field)->CopyFrom(inner);
    }
  }
  command.set_terminal_id(event.terminal_id());
  command.set_serial(event.serial());
  command.set_occurred_at_unix_ms(event.occurred_at_unix_ms());
  return command;
}

const History& TheHistory() {
  if (Slot() == nullptr) Slot() = std::make_unique<History>();
  return *Slot();
}

void ForgetHistory() { Slot().reset(); }

void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << "redvest-micro-bench: " << status << "\n";
  std::exit(1);
}

}  // namespace redvest::bench
