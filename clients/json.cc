#include "clients/json.h"

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "clients/words.h"
#include "ledger/base/calendar.h"
#include "ledger/base/ids.h"
#include "ledger/base/text.h"

namespace redvest::client {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

struct IdField {
  std::string_view name;
  IdKind kind;
};
constexpr IdField kIdFields[] = {
    {"member_id", IdKind::kMember},
    {"volunteer_id", IdKind::kMember},
    {"beneficiary_id", IdKind::kMember},
    {"terminal_id", IdKind::kTerminal},
    {"team_id", IdKind::kTeam},
    {"good_id", IdKind::kGood},
    {"biller_id", IdKind::kBiller},
    {"funder_id", IdKind::kFunder},
    {"meal_funder_id", IdKind::kFunder},
    {"service_kind_id", IdKind::kServiceKind},
    {"member_in_charge_id", IdKind::kMember},
    {"account_id", IdKind::kBankAccount},
    {"certificate_id", IdKind::kCertificate},
};

// What the id in a field names; entries say it in the `kind` beside it.
std::optional<IdKind> IdKindOfField(const Message& message, const FieldDescriptor& field) {
  for (const IdField& row : kIdFields) {
    if (row.name == field.name()) return row.kind;
  }
  if (field.name() != "entry_id") return std::nullopt;
  const Message* owner = &message;
  const FieldDescriptor* command = message.GetDescriptor()->FindFieldByName("command");
  if (command != nullptr) owner = &message.GetReflection()->GetMessage(message, command);
  const FieldDescriptor* kind = owner->GetDescriptor()->FindFieldByName("kind");
  if (kind == nullptr) return std::nullopt;
  return IdKindOf(static_cast<v1::EntryKind>(owner->GetReflection()->GetEnumValue(*owner, kind)));
}

// A value of `field`: its only one, or the one at `index` where it is repeated.
template <typename Single, typename Repeated>
auto Get(const Message& message, const FieldDescriptor& field, int index, Single single, Repeated repeated) {
  const Reflection& reflection = *message.GetReflection();
  return index < 0 ? (reflection.*single)(message, &field) : (reflection.*repeated)(message, &field, index);
}

// Turns messages into JSON; for_people_ false is the form that protobuf reads back.
class Writer {
 public:
  Writer(bool own_form, absl::TimeZone zone) : own_form_(own_form), zone_(zone) {}

  Json Write(const Message& message) const {
    Json json = Json::object();
    AddFields(message, json);
    return json;
  }

 private:
  void AddFields(const Message& message, Json& json) const {
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
      const FieldDescriptor& field = *message.GetDescriptor()->field(i);
      if (field.is_repeated()) {
        AddRepeated(message, field, json);
      } else if (!field.has_presence() || message.GetReflection()->HasField(message, &field)) {
        AddSingle(message, field, json);
      }
    }
  }

  void AddRepeated(const Message& message, const FieldDescriptor& field, Json& json) const {
    Json& list = json[field.name()] = Json::array();
    for (int i = 0; i < message.GetReflection()->FieldSize(message, &field); ++i) {
      list.push_back(Value(message, field, i));
    }
  }

  void AddSingle(const Message& message, const FieldDescriptor& field, Json& json) const {
    if (!own_form_) {
      json[field.name()] = Value(message, field, -1);
    } else if (std::optional<IdKind> kind = IdKindOfField(message, field)) {
      AddId(field.name(), *kind, message.GetReflection()->GetUInt64(message, &field), json);
    } else if (field.name() == "command" && field.message_type()->full_name() != "redvest.v1.Command") {
      AddFields(message.GetReflection()->GetMessage(message, &field), json);
    } else if (absl::EndsWith(field.name(), "_unix_ms")) {
      AddMoment(field.name(), message.GetReflection()->GetInt64(message, &field), json);
    } else {
      json[field.name()] = Value(message, field, -1);
    }
  }

  static void AddId(const std::string& name, IdKind kind, uint64_t id, Json& json) {
    const std::string written = name.substr(0, name.size() - 3);
    if (id < 1 || id > kIdMax) {
      json[name] = nullptr;
      json[written] = nullptr;
      return;
    }
    json[name] = id;
    json[written] = FormatId(kind, id);
  }

  void AddMoment(const std::string& name, int64_t unix_ms, Json& json) const {
    json[name] = unix_ms;
    const std::string text = absl::FormatTime("%Y-%m-%dT%H:%M:%E3S%Ez", absl::FromUnixMillis(unix_ms), zone_);
    json[std::string(absl::StripSuffix(name, "_unix_ms"))] = unix_ms == 0 ? Json(nullptr) : Json(text);
  }

  Json Value(const Message& message, const FieldDescriptor& field, int index) const {
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return Get(message, field, index, &Reflection::GetInt32, &Reflection::GetRepeatedInt32);
      case FieldDescriptor::CPPTYPE_INT64:
        return Get(message, field, index, &Reflection::GetInt64, &Reflection::GetRepeatedInt64);
      case FieldDescriptor::CPPTYPE_UINT32:
        return Get(message, field, index, &Reflection::GetUInt32, &Reflection::GetRepeatedUInt32);
      case FieldDescriptor::CPPTYPE_UINT64:
        return Get(message, field, index, &Reflection::GetUInt64, &Reflection::GetRepeatedUInt64);
      case FieldDescriptor::CPPTYPE_BOOL:
        return Get(message, field, index, &Reflection::GetBool, &Reflection::GetRepeatedBool);
      case FieldDescriptor::CPPTYPE_ENUM:
        return EnumValue(
            field, Get(message, field, index, &Reflection::GetEnumValue, &Reflection::GetRepeatedEnumValue));
      case FieldDescriptor::CPPTYPE_STRING: {
        const std::string text =
            Get(message, field, index, &Reflection::GetString, &Reflection::GetRepeatedString);
        return field.type() == FieldDescriptor::TYPE_BYTES ? absl::BytesToHexString(text) : text;
      }
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return MessageValue(index < 0 ? message.GetReflection()->GetMessage(message, &field)
                                      : message.GetReflection()->GetRepeatedMessage(message, &field, index));
      default:
        return nullptr;  // The protocol has no floating point.
    }
  }

  Json EnumValue(const FieldDescriptor& field, int number) const {
    if (own_form_ && !WordsOf(field.enum_type()).empty()) return WordOf(field.enum_type(), number);
    const auto* value = field.enum_type()->FindValueByNumber(number);
    return value != nullptr ? Json(value->name()) : Json(number);
  }

  Json MessageValue(const Message& message) const {
    const auto* date = dynamic_cast<const v1::Date*>(&message);
    if (own_form_ && date != nullptr) {
      const std::optional<Day> day = ToDay(*date);
      return day.has_value() ? Json(FormatDay(*day)) : Json(nullptr);
    }
    const auto* detail = dynamic_cast<const v1::ErrorDetail*>(&message);
    if (own_form_ && detail != nullptr) return ErrorJson({grpc::StatusCode::OK, *detail, ""}, "")["error"];
    return Write(message);
  }

  const bool own_form_;
  const absl::TimeZone zone_;
};

std::string_view CodeName(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::OK:
      return "OK";
    case grpc::StatusCode::CANCELLED:
      return "CANCELLED";
    case grpc::StatusCode::INVALID_ARGUMENT:
      return "INVALID_ARGUMENT";
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return "DEADLINE_EXCEEDED";
    case grpc::StatusCode::NOT_FOUND:
      return "NOT_FOUND";
    case grpc::StatusCode::ALREADY_EXISTS:
      return "ALREADY_EXISTS";
    case grpc::StatusCode::PERMISSION_DENIED:
      return "PERMISSION_DENIED";
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return "RESOURCE_EXHAUSTED";
    case grpc::StatusCode::FAILED_PRECONDITION:
      return "FAILED_PRECONDITION";
    case grpc::StatusCode::ABORTED:
      return "ABORTED";
    case grpc::StatusCode::OUT_OF_RANGE:
      return "OUT_OF_RANGE";
    case grpc::StatusCode::UNIMPLEMENTED:
      return "UNIMPLEMENTED";
    case grpc::StatusCode::INTERNAL:
      return "INTERNAL";
    case grpc::StatusCode::UNAVAILABLE:
      return "UNAVAILABLE";
    case grpc::StatusCode::DATA_LOSS:
      return "DATA_LOSS";
    case grpc::StatusCode::UNAUTHENTICATED:
      return "UNAUTHENTICATED";
    default:
      return "UNKNOWN";
  }
}

}  // namespace

Json ToJson(const Message& message, absl::TimeZone zone) { return Writer(true, zone).Write(message); }

Json ToProtoJson(const Message& message) { return Writer(false, absl::UTCTimeZone()).Write(message); }

Json ErrorJson(const CallError& error, const std::string& sentence) {
  Json json = Json::object();
  if (error.code != grpc::StatusCode::OK) json["code"] = CodeName(error.code);
  std::string reason = v1::ErrorReason_Name(error.detail.reason());
  if (reason.empty()) reason = std::to_string(error.detail.reason());
  json["reason"] = std::string(absl::StripPrefix(reason, "ERROR_REASON_"));
  if (!sentence.empty()) json["message"] = sentence;
  Json& facts = json["facts"] = Json::object();
  for (const v1::Fact& fact : error.detail.facts()) {
    facts[fact.name()] = fact.text().empty() ? Json(fact.number()) : Json(fact.text());
  }
  if (error.detail.sequence() != 0) json["sequence"] = error.detail.sequence();
  if (error.detail.retry_delay_ms() != 0) json["retry_delay_ms"] = error.detail.retry_delay_ms();
  return Json{{"error", json}};
}

std::string Dump(const Json& json, bool indented) {
  return json.dump(indented ? 2 : -1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace redvest::client
