#include <benchmark/benchmark.h>

#include "ledger/base/check.h"
#include "ledger/command/decide.h"
#include "tests/benchmark/micro/history.h"

namespace redvest::bench {
namespace {

std::vector<v1::Command> LastDaysCommands() {
  const History& history = TheHistory();
  std::vector<v1::Command> commands;
  for (size_t i = history.last_day(); i < history.size(); ++i) commands.push_back(history.CommandAt(i));
  return commands;
}

void DecodeCommand(benchmark::State& state) {
  std::vector<std::string> bytes;
  for (const v1::Command& command : LastDaysCommands()) bytes.push_back(command.SerializeAsString());
  Wheel wheel(bytes.size());
  v1::Command command;
  for (auto _ : state) REDVEST_CHECK(command.ParseFromString(bytes[wheel.Next()]));
}
BENCHMARK(DecodeCommand);

void CheckFormOfACommand(benchmark::State& state) {
  const std::vector<v1::Command> commands = LastDaysCommands();
  Wheel wheel(commands.size());
  for (auto _ : state) REDVEST_CHECK(CheckForm(commands[wheel.Next()]).ok());
}
BENCHMARK(CheckFormOfACommand);

// The last day's commands on the state in which that day began. A few are declined, as on the day itself.
void DecideACommand(benchmark::State& state) {
  const History& history = TheHistory();
  State before;
  for (size_t i = 0; i < history.last_day(); ++i)
    Require(before.Apply(Sequence(i + 1), history.event(i), history.postings(i)));
  const std::vector<v1::Command> commands = LastDaysCommands();
  DayFinder days(before.time_zone());
  Wheel wheel(commands.size());
  event::v1::Event event;
  for (auto _ : state) {
    const size_t at = wheel.Next();
    const v1::Command& command = commands[at];
    event.Clear();
    const DecideInput input{.state = before,
                            .command = command,
                            .now_ms = history.event(history.last_day() + at).recorded_at_unix_ms(),
                            .original = command.has_reverse_event()
                                            ? &history.event(command.reverse_event().sequence() - 1)
                                            : nullptr,
                            .days = &days};
    benchmark::DoNotOptimize(Decide(input, &event));
  }
}
BENCHMARK(DecideACommand);

}  // namespace
}  // namespace redvest::bench
