// Errors that carry a reason and its facts. Code and sentence follow from the reason, so that a decline read
// from the log says the same as it said the first time.
#ifndef REDVEST_LEDGER_BASE_ERROR_H_
#define REDVEST_LEDGER_BASE_ERROR_H_

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "redvest/v1/error.pb.h"

namespace redvest {

// A fact to attach: a name and a number or a text.
struct ErrorFact {
  ErrorFact(std::string_view fact_name, int64_t fact_number) : name(fact_name), number(fact_number) {}
  ErrorFact(std::string_view fact_name, uint64_t fact_number)
      : name(fact_name), number(static_cast<int64_t>(fact_number)) {}
  ErrorFact(std::string_view fact_name, int fact_number) : name(fact_name), number(fact_number) {}
  ErrorFact(std::string_view fact_name, std::string fact_text)
      : name(fact_name), text(std::move(fact_text)) {}

  std::string_view name;
  int64_t number = 0;
  std::string text;
};

// The status of `reason`: its code, its sentence filled in with the facts, and an ErrorDetail as payload.
absl::Status MakeError(v1::ErrorReason reason, std::initializer_list<ErrorFact> facts = {});
absl::Status MakeError(v1::ErrorDetail detail);

// The detail that MakeError attached; nothing for a status made otherwise.
std::optional<v1::ErrorDetail> DetailOf(const absl::Status& status);

// The code that tells the caller what to do next.
absl::StatusCode CodeOf(v1::ErrorReason reason);

// One English sentence that says what is wrong and what to do, with the facts.
std::string Explain(const v1::ErrorDetail& detail);

// The sentence's pattern, facts in braces: "… expected {expected_serial}". For tables and translations.
std::string_view PatternOf(v1::ErrorReason reason);

// `pattern` with every {name} replaced by the fact of that name.
std::string FillIn(std::string_view pattern, const v1::ErrorDetail& detail);

}  // namespace redvest

#endif  // REDVEST_LEDGER_BASE_ERROR_H_
