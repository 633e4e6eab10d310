// Messages as JSON for programs: names as in the protocol, whole numbers as numbers (money stays in fen),
// enums as the words of the command line, days as "2026-11-21".
#ifndef REDVEST_CLIENTS_JSON_H_
#define REDVEST_CLIENTS_JSON_H_

#include <google/protobuf/message.h>

#include <nlohmann/json.hpp>
#include <string>

#include "absl/time/time.h"
#include "clients/client.h"

namespace redvest::client {

using Json = nlohmann::ordered_json;

// Every field of `message`, also those that are 0. An id stands twice, plain and in its written form
// ("member_id": 12, "member": "M12-58"; both null where there is none); so does a moment
// ("recorded_at_unix_ms" and "recorded_at", in `zone`). A `command` inside an event is folded into the event.
Json ToJson(const google::protobuf::Message& message, absl::TimeZone zone);

// The form that protobuf's own JSON reader takes back, with numbers as numbers: for files that people edit.
Json ToProtoJson(const google::protobuf::Message& message);

// {"error": {code, reason, message, facts, sequence, retry_delay_ms}}; `sentence` is the message.
Json ErrorJson(const CallError& error, const std::string& sentence);

// Text of one line, or indented; bytes that are not UTF-8 are replaced.
std::string Dump(const Json& json, bool indented);

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_JSON_H_
