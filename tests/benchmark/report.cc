#include "tests/benchmark/report.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/benchmark/scratch.h"

namespace redvest::bench {
namespace {

std::string Number(double value) {
  const double size = std::fabs(value);
  if (size >= 10'000) return absl::StrFormat("%.0f", value);
  if (size >= 100) return absl::StrFormat("%.1f", value);
  return absl::StrFormat("%.3g", value);
}

std::string Number(const std::optional<double>& value) { return value.has_value() ? Number(*value) : ""; }

const char* Verdict(const Figure& figure) {
  const auto reached = [&figure](double mark) {
    return figure.goal->higher_is_better ? figure.judged() >= mark : figure.judged() <= mark;
  };
  if (reached(figure.goal->aim)) return "aim reached";
  return reached(figure.goal->floor) ? "floor reached" : "NOT REACHED";
}

// A share of a limit as people write it: 0.6 of a rate as 60 %, 1.3 of a time as 1.30 x.
std::string RatioText(double ratio, bool higher_is_better) {
  return higher_is_better && ratio < 2 ? absl::StrFormat("%.0f %%", 100 * ratio)
                                       : absl::StrFormat("%.2f x", ratio);
}

std::string GoalText(const Figure& figure, double value) {
  return figure.goal->of_ratio ? RatioText(value, figure.goal->higher_is_better && figure.goal->aim < 1)
                               : absl::StrCat(Number(value), " ", figure.unit);
}

}  // namespace

double Samples::PercentileMs(double share) {
  if (ns_.empty()) return 0;
  if (!sorted_) std::sort(ns_.begin(), ns_.end());
  sorted_ = true;
  const double rank = std::ceil(share * static_cast<double>(ns_.size()));
  const auto index = static_cast<size_t>(std::max(rank, 1.0)) - 1;
  return static_cast<double>(ns_[std::min(index, ns_.size() - 1)]) / 1e6;
}

Latency LatencyOf(Samples* samples) {
  return {samples->PercentileMs(0.5), samples->PercentileMs(0.99), samples->PercentileMs(0.999)};
}

std::optional<double> Figure::ratio() const {
  if (!limit.has_value() || limit->value == 0) return std::nullopt;
  return value / limit->value;
}

double Figure::judged() const { return goal->of_ratio ? ratio().value_or(0) : value; }

void Report::Add(Figure figure) {
  Say(absl::StrCat(figure.scenario, ": ", figure.name, ": ", Number(figure.value), " ", figure.unit));
  figures_.push_back(std::move(figure));
}

void Report::Skip(const std::string& scenario, const std::string& why) {
  Say(absl::StrCat(scenario, ": SKIPPED: ", why));
  skipped_.push_back({scenario, why});
}

void Report::Note(const std::string& name, const std::string& value) { notes_.emplace_back(name, value); }

void Report::PrintTable(std::ostream& out) const {
  for (const auto& [name, value] : notes_) out << absl::StrFormat("%-14s %s\n", name, value);
  std::string scenario;
  for (const Figure& figure : figures_) {
    if (figure.scenario != scenario) {
      scenario = figure.scenario;
      out << absl::StrFormat("\n%-44s %21s %9s %9s %9s %8s %8s %8s %8s  %s\n", scenario, "", "p50 ms",
                             "p99 ms", "p99.9 ms", "daemon s", "client s", "RSS MiB", "B/event", "of limit");
    }
    const std::optional<Latency>& latency = figure.latency;
    const auto part = [&latency](double Latency::*member) {
      return latency.has_value() ? absl::StrFormat("%.3f", (*latency).*member) : std::string();
    };
    std::string of_limit;
    if (figure.limit.has_value()) {
      of_limit =
          absl::StrCat(RatioText(figure.ratio().value_or(0), figure.unit.find("/s") != std::string::npos),
                       " of ", figure.limit->name, " (", Number(figure.limit->value), ")");
    }
    out << absl::StrFormat("  %-42s %12s %-8s %9s %9s %9s %8s %8s %8s %8s  %s\n", figure.name,
                           Number(figure.value), figure.unit, part(&Latency::p50_ms), part(&Latency::p99_ms),
                           part(&Latency::p999_ms), Number(figure.daemon_cpu_s), Number(figure.client_cpu_s),
                           Number(figure.resident_mib), Number(figure.bytes_per_event), of_limit);
  }
  out << absl::StrFormat("\n%-62s %18s %16s %16s  %s\n", "goals", "measured", "floor", "aim", "");
  for (const Figure& figure : figures_) {
    if (!figure.goal.has_value()) continue;
    out << absl::StrFormat("  %-60s %18s %16s %16s  %s\n", figure.goal->what,
                           GoalText(figure, figure.judged()), GoalText(figure, figure.goal->floor),
                           GoalText(figure, figure.goal->aim), Verdict(figure));
  }
  for (const Skipped& skipped : skipped_) {
    out << "\nSKIPPED: " << skipped.scenario << ": " << skipped.why << "\n";
  }
}

void Report::PrintJson(std::ostream& out) const {
  nlohmann::ordered_json json;
  for (const auto& [name, value] : notes_) json["run"][name] = value;
  json["figures"] = nlohmann::ordered_json::array();
  for (const Figure& figure : figures_) {
    nlohmann::ordered_json row = {
        {"scenario", figure.scenario}, {"name", figure.name}, {"value", figure.value}, {"unit", figure.unit}};
    if (figure.latency.has_value()) {
      row["latency_ms"] = {{"p50", figure.latency->p50_ms},
                           {"p99", figure.latency->p99_ms},
                           {"p99.9", figure.latency->p999_ms}};
    }
    const auto put = [&row](const char* name, const std::optional<double>& value) {
      if (value.has_value()) row[name] = *value;
    };
    put("daemon_cpu_s", figure.daemon_cpu_s);
    put("client_cpu_s", figure.client_cpu_s);
    put("resident_mib", figure.resident_mib);
    put("bytes_per_event", figure.bytes_per_event);
    if (figure.limit.has_value()) {
      row["limit"] = {{"name", figure.limit->name}, {"value", figure.limit->value}};
      put("ratio", figure.ratio());
    }
    if (figure.goal.has_value()) {
      row["goal"] = {{"what", figure.goal->what},   {"of", figure.goal->of_ratio ? "ratio" : "value"},
                     {"floor", figure.goal->floor}, {"aim", figure.goal->aim},
                     {"judged", figure.judged()},   {"verdict", Verdict(figure)}};
    }
    json["figures"].push_back(std::move(row));
  }
  json["skipped"] = nlohmann::ordered_json::array();
  for (const Skipped& skipped : skipped_) {
    json["skipped"].push_back({{"scenario", skipped.scenario}, {"why", skipped.why}});
  }
  out << json.dump(2) << "\n";
}

}  // namespace redvest::bench
