// Writes the golden log of this version: golden_write tests/golden/day.textproto tests/golden/vX.Y.Z
// Do this once when a version is released; a folder that is there is never written again.
#include <google/protobuf/text_format.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <map>
#include <set>
#include <string>

#include "ledger/accounting/posting.h"
#include "ledger/base/check.h"
#include "ledger/folder.h"
#include "redvest/v1/set_up.pb.h"
#include "tests/golden/golden_log.h"

namespace redvest {
namespace {

constexpr int64_t kStartMs = 1'668'988'800'000;  // 2022-11-21 08:00 in Shanghai

absl::StatusOr<event::v1::Event> Submit(Ledger& ledger, const v1::Command& command) {
  std::promise<SubmissionResult> promise;
  ledger.Submit({.commands = {&command, 1},
                 .owner = nullptr,
                 .want_outcomes = true,
                 .done = [&promise](SubmissionResult result) { promise.set_value(std::move(result)); }});
  SubmissionResult result = promise.get_future().get();
  REDVEST_RETURN_IF_ERROR(result.stopped);
  return std::move(result.outcomes.front().event);
}

// Plays the day and returns the kinds of events that happened.
absl::StatusOr<std::set<std::string>> Play(Ledger& ledger, ManualClock& clock, v1::SetUp& day) {
  std::set<std::string> kinds;
  std::map<uint64_t, uint64_t> serials;
  const auto founding = ledger.ReadEvents(Sequence(1));
  while (true) {
    REDVEST_ASSIGN_OR_RETURN(const auto stored, founding->Next());
    if (!stored.has_value()) break;
    kinds.insert(std::string(EventKindName(*stored->event)));
  }
  for (v1::Command& command : *day.mutable_commands()) {
    clock.Advance(60'000);
    command.set_serial(++serials[command.terminal_id()]);
    command.set_occurred_at_unix_ms(clock.NowUnixMs() + command.occurred_at_unix_ms());
    REDVEST_ASSIGN_OR_RETURN(const event::v1::Event event, Submit(ledger, command));
    kinds.insert(std::string(EventKindName(event)));
    std::cout << ledger.Head().sequence.value() << " " << event.ShortDebugString() << "\n";
  }
  return kinds;
}

absl::Status CheckAllKinds(const std::set<std::string>& kinds) {
  const auto* body = event::v1::Event::descriptor()->FindOneofByName("body");
  for (int i = 0; i < body->field_count(); ++i) {
    const std::string& kind = body->field(i)->name();
    if (!kinds.contains(kind)) {
      return absl::FailedPreconditionError("no " + kind + " happens in the day: add one to it");
    }
  }
  return absl::OkStatus();
}

absl::Status Write(const std::filesystem::path& script, const std::filesystem::path& golden) {
  if (std::filesystem::exists(golden)) return absl::AlreadyExistsError(golden.string() + " is there already");
  v1::SetUp day;
  if (!google::protobuf::TextFormat::ParseFromString(ReadFile(script), &day)) {
    return absl::InvalidArgumentError(script.string() + " cannot be read; the lines above say where");
  }
  const std::filesystem::path folder = golden.string() + ".ledger";
  ManualClock clock(kStartMs);
  std::string books;
  {
    REDVEST_ASSIGN_OR_RETURN(
        const auto ledger,
        Ledger::Open(
            {.directory = folder, .founding = Founding{.name = "Golden neighbourhood"}, .clock = &clock}));
    REDVEST_ASSIGN_OR_RETURN(const std::set<std::string> kinds, Play(*ledger, clock, day));
    REDVEST_RETURN_IF_ERROR(CheckAllKinds(kinds));
    REDVEST_ASSIGN_OR_RETURN(books, DescribeBooks(*ledger));
  }
  {
    REDVEST_ASSIGN_OR_RETURN(const auto store, OpenRocksStore(StorePath(folder), /*create=*/false));
    REDVEST_ASSIGN_OR_RETURN(const LogRows rows, ReadLog(*store));
    std::filesystem::create_directories(golden);
    std::ofstream(golden / "log.txt") << FormatLog(rows);
    std::ofstream(golden / "books.txt") << books;
  }
  std::filesystem::remove_all(folder);
  std::filesystem::remove(DefaultKeyFile(folder));
  return absl::OkStatus();
}

}  // namespace
}  // namespace redvest

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: golden_write tests/golden/day.textproto tests/golden/vX.Y.Z\n";
    return 2;
  }
  const absl::Status status = redvest::Write(argv[1], argv[2]);
  if (!status.ok()) std::cerr << "golden_write: " << status.message() << "\n";
  return status.ok() ? 0 : 1;
}
