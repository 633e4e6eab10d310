// What was measured, against which limit and which goal; as a table for people and as JSON for programs.
#ifndef REDVEST_TESTS_BENCHMARK_REPORT_H_
#define REDVEST_TESTS_BENCHMARK_REPORT_H_

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace redvest::bench {

// Every sample is kept, so percentiles are exact. Nanoseconds.
class Samples {
 public:
  void Add(int64_t ns) { ns_.push_back(ns); }
  void AddAll(const Samples& other) { ns_.insert(ns_.end(), other.ns_.begin(), other.ns_.end()); }
  size_t size() const { return ns_.size(); }
  // The smallest sample that is not below this share of all, milliseconds; 0 of no samples. Sorts them.
  double PercentileMs(double share);

 private:
  std::vector<int64_t> ns_;
  bool sorted_ = false;
};

struct Latency {
  double p50_ms = 0;
  double p99_ms = 0;
  double p999_ms = 0;
};
Latency LatencyOf(Samples* samples);

// What a figure is held against, in the figure's unit, measured in the same run.
struct Limit {
  std::string name;
  double value = 0;
};

// What issue 4 asks for: of the figure itself, or of its ratio to its limit.
struct Goal {
  std::string what;
  double floor = 0;
  double aim = 0;
  bool higher_is_better = true;
  bool of_ratio = false;
};

struct Figure {
  std::string scenario = {};
  std::string name = {};
  double value = 0;
  std::string unit = {};
  std::optional<Latency> latency = std::nullopt;
  std::optional<double> daemon_cpu_s = std::nullopt;  // user and system
  std::optional<double> client_cpu_s = std::nullopt;
  std::optional<double> resident_mib = std::nullopt;
  std::optional<double> bytes_per_event = std::nullopt;
  std::optional<Limit> limit = std::nullopt;
  std::optional<Goal> goal = std::nullopt;

  std::optional<double> ratio() const;
  // What the goal is about.
  double judged() const;
};

class Report {
 public:
  void Add(Figure figure);
  // Something that was left out, and why. It stands in the output where it cannot be overlooked.
  void Skip(const std::string& scenario, const std::string& why);
  // How the run was made: "processors" -> "2".
  void Note(const std::string& name, const std::string& value);

  void PrintTable(std::ostream& out) const;
  void PrintJson(std::ostream& out) const;

 private:
  struct Skipped {
    std::string scenario;
    std::string why;
  };

  std::vector<Figure> figures_;
  std::vector<Skipped> skipped_;
  std::vector<std::pair<std::string, std::string>> notes_;
};

}  // namespace redvest::bench

#endif  // REDVEST_TESTS_BENCHMARK_REPORT_H_
