#include "clients/as_of.h"

namespace redvest::client {
namespace {

CLI::Option* Add(CLI::App& app, Context& context, AsOfOption& as_of, bool dates, Bilingual description) {
  const auto read = [&context, &as_of, dates](const CLI::results_t& texts) {
    as_of = ParseAsOf(texts.front());
    if (as_of.has_value() && (dates || !ByBusinessDate(as_of))) return true;
    const Bilingual pattern =
        as_of.has_value()
            ? Bilingual{"\"{text}\" is a date; here --as-of takes the sequence of an event or a time, such as "
                        "\"2026-11-21 18:00\"",
                        "“{text}”是日期；此处 --as-of 须为事件号或时刻，例如“2026-11-21 18:00”"}
            : Bilingual{"\"{text}\" is no point in the past: type the sequence of an event (12345), a time "
                        "(\"2026-11-21 18:00\") or a business date (2026-11-21)",
                        "“{text}”不是过去的某一点：请填事件号（12345）、时刻（“2026-11-21 18:00”）或业务日期"
                        "（2026-11-21）"};
    throw CLI::ValidationError("--as-of", Fill(context.Say(pattern), {{"text", texts.front()}}));
  };
  return app.add_option("--as-of", read, context.Say(description))
      ->type_name(context.Say({"POINT", "时点"}))
      ->expected(1);
}

}  // namespace

CLI::Option* AddAsOf(CLI::App& app, Context& context, AsOfOption& as_of) {
  return Add(
      app, context, as_of, true,
      {"The books after an event (12345), as recorded by a time (\"2026-11-21 18:00\"), or at the end of a "
       "business date (2026-11-21)",
       "查过去：某事件之后（12345）、某时刻已记的账（“2026-11-21 18:00”）、或某业务日终（2026-11-21）"});
}

CLI::Option* AddAsOfRecorded(CLI::App& app, Context& context, AsOfOption& as_of) {
  return Add(app, context, as_of, false,
             {"The report as it stood after an event (12345), or by a time (\"2026-11-21 18:00\")",
              "当时的报表：某事件之后（12345），或截至某时刻（“2026-11-21 18:00”）"});
}

std::optional<CallError> ToAsOf(Context& context, const AsOfArgument& as_of, v1::AsOf& out) {
  if (const auto* sequence = std::get_if<uint64_t>(&as_of)) {
    out.set_sequence(*sequence);
  } else if (const auto* day = std::get_if<Day>(&as_of)) {
    *out.mutable_business_date() = ToDate(*day);
  } else {
    const auto ledger = context.Ledger();
    if (!ledger.ok()) return ledger.error();
    out.set_recorded_at_unix_ms(std::get<MomentArgument>(as_of).UnixMs(context.Zone()));
  }
  return std::nullopt;
}

std::string TrueAtText(Context& context, const AsOfOption& as_of, uint64_t sequence,
                       uint64_t recorded_sequence) {
  const auto fill = [&](const Bilingual& pattern, const std::string& when) {
    return Fill(context.Say(pattern), {{"sequence", std::to_string(sequence)},
                                       {"recorded", std::to_string(recorded_sequence)},
                                       {"when", when}});
  };
  if (ByBusinessDate(as_of)) {
    const std::string day = FormatDay(std::get<Day>(*as_of));
    const std::string now = fill({"at the end of business date {when}, true at event {sequence}",
                                  "业务日 {when} 终了时，截至第 {sequence} 号事件"},
                                 day);
    return now + (recorded_sequence == 0
                      ? fill({"; nothing had been recorded by then", "；当日终了时尚未记账"}, day)
                      : fill({"; event {recorded} was the last recorded by then",
                              "；当日终了时已记到第 {recorded} 号事件"},
                             day));
  }
  if (!as_of.has_value() || std::holds_alternative<uint64_t>(*as_of)) {
    return fill({"true at event {sequence}", "截至第 {sequence} 号事件"}, "");
  }
  const absl::TimeZone zone = context.Zone();
  const std::string moment = FormatMoment(std::get<MomentArgument>(*as_of).UnixMs(zone), zone);
  if (sequence == 0) return fill({"nothing had been recorded by {when}", "{when} 之前尚未记账"}, moment);
  return fill({"true at event {sequence}, the last recorded by {when}",
               "截至第 {sequence} 号事件，即 {when} 前所记的最后一件"},
              moment);
}

std::string CameLaterText(Context& context, int64_t balance, int64_t recorded_balance,
                          const std::function<std::string(int64_t)>& amount) {
  if (balance == recorded_balance) return "";
  int64_t later = 0;
  // Two balances of opposite sign may be further apart than 64 bits hold.
  const bool overflow = __builtin_sub_overflow(balance, recorded_balance, &later);
  return Fill(
      context.Say({"{later} of this was recorded later (offline sales); by the end of that date the ledger "
                   "had {recorded}",
                   "其中后来补记（离线业务）：{later}；当日终了时账上为 {recorded}"}),
      {{"later", overflow ? context.Say({"much", "大部分"}) : amount(later)},
       {"recorded", amount(recorded_balance)}});
}

Json BalanceJson(const v1::AccountBalance& balance, const AsOfOption& as_of) {
  Json json = ToJson(balance, absl::UTCTimeZone());
  if (!ByBusinessDate(as_of)) json.erase("recorded_balance");
  return json;
}

void AddAsOfJson(Context& context, const v1::AsOf& asked, uint64_t recorded_sequence, Json& json) {
  if (asked.point_case() == v1::AsOf::POINT_NOT_SET) return;
  json["as_of"] = ToJson(asked, asked.has_recorded_at_unix_ms() ? context.Zone() : absl::UTCTimeZone());
  if (asked.has_business_date()) json["recorded_sequence"] = recorded_sequence;
}

}  // namespace redvest::client
