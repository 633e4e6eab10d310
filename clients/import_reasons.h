// Why commands were declined, in a few words: for lists that count them.
#ifndef REDVEST_CLIENTS_IMPORT_REASONS_H_
#define REDVEST_CLIENTS_IMPORT_REASONS_H_

#include <cstdint>
#include <map>
#include <string>

#include "clients/json.h"
#include "clients/table.h"
#include "clients/text.h"
#include "redvest/v1/error.pb.h"

namespace redvest::client {

// "more cash than the cap per card and day". The whole sentence with its facts is ErrorText.
Bilingual ShortReason(v1::ErrorReason reason);

// "WITHDRAWAL_CAP".
std::string ReasonName(v1::ErrorReason reason);

// {"WITHDRAWAL_CAP": 3}.
template <typename Count>
Json ReasonsJson(const std::map<v1::ErrorReason, Count>& counts) {
  Json json = Json::object();
  for (const auto& [reason, count] : counts) json[ReasonName(reason)] = count;
  return json;
}

// A row for each reason: words and count.
template <typename Count>
void AddReasons(Lang lang, const std::map<v1::ErrorReason, Count>& counts, Table& table) {
  for (const auto& [reason, count] : counts) {
    table.Add({std::string(ShortReason(reason).In(lang)), FormatCount(static_cast<int64_t>(count))});
  }
}

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_IMPORT_REASONS_H_
