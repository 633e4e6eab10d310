// --as-of: the books as they stood at an event, at a moment, or at the end of a business date.
#ifndef REDVEST_CLIENTS_AS_OF_H_
#define REDVEST_CLIENTS_AS_OF_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "clients/arguments.h"
#include "clients/cli.h"
#include "clients/context.h"
#include "clients/json.h"
#include "redvest/v1/ledger_service.pb.h"

namespace redvest::client {

// What was asked for with --as-of; nothing: the books of now.
using AsOfOption = std::optional<AsOfArgument>;

CLI::Option* AddAsOf(CLI::App& app, Context& context, AsOfOption& as_of);
// For reports of a date of their own: an event or a moment only.
CLI::Option* AddAsOfRecorded(CLI::App& app, Context& context, AsOfOption& as_of);

inline bool ByBusinessDate(const AsOfOption& as_of) {
  return as_of.has_value() && std::holds_alternative<Day>(*as_of);
}

// The point as the protocol has it. A moment is in the ledger's time zone, for which the ledger is asked: the
// error is that of the call.
std::optional<CallError> ToAsOf(Context& context, const AsOfArgument& as_of, v1::AsOf& out);

// Puts the point into a request that has a field `as_of`.
template <typename Request>
std::optional<CallError> SetAsOf(Context& context, const AsOfOption& as_of, Request& request) {
  if (!as_of.has_value()) return std::nullopt;
  return ToAsOf(context, *as_of, *request.mutable_as_of());
}

// When an answer is true: "true at event 57", and which event that was, or by what date.
std::string TrueAtText(Context& context, const AsOfOption& as_of, uint64_t sequence,
                       uint64_t recorded_sequence);

// By business date, where `balance` differs from what the ledger had recorded by the end of that date: a
// sentence that says so, else nothing. `amount` writes either.
std::string CameLaterText(Context& context, int64_t balance, int64_t recorded_balance,
                          const std::function<std::string(int64_t)>& amount);

// A balance as JSON; what had been recorded by the end of a business date only where one was asked for.
Json BalanceJson(const v1::AccountBalance& balance, const AsOfOption& as_of);

// Puts "as_of", and "recorded_sequence" where that says something, into an answer's JSON.
void AddAsOfJson(Context& context, const v1::AsOf& asked, uint64_t recorded_sequence, Json& json);

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_AS_OF_H_
