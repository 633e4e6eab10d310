#include "ledger/base/error.h"

#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace redvest {
namespace {

std::vector<v1::ErrorReason> AllReasons() {
  std::vector<v1::ErrorReason> reasons;
  const auto* type = v1::ErrorReason_descriptor();
  for (int i = 0; i < type->value_count(); ++i) {
    if (type->value(i)->number() != 0)
      reasons.push_back(static_cast<v1::ErrorReason>(type->value(i)->number()));
  }
  return reasons;
}

// Names between braces.
std::vector<std::string> Placeholders(std::string_view pattern) {
  std::vector<std::string> names;
  for (size_t open = pattern.find('{'); open != std::string_view::npos; open = pattern.find('{', open + 1)) {
    const size_t close = pattern.find('}', open);
    if (close == std::string_view::npos) {
      ADD_FAILURE() << "not closed: " << pattern;
      break;
    }
    names.emplace_back(pattern.substr(open + 1, close - open - 1));
  }
  return names;
}

TEST(Errors, EveryReasonHasACodeAndASentenceOfItsOwn) {
  std::set<std::string_view> patterns = {PatternOf(v1::ERROR_REASON_UNSPECIFIED)};
  for (v1::ErrorReason reason : AllReasons()) {
    const std::string& name = v1::ErrorReason_Name(reason);
    EXPECT_NE(CodeOf(reason), absl::StatusCode::kOk) << name;
    EXPECT_NE(CodeOf(reason), absl::StatusCode::kUnknown) << name;
    EXPECT_FALSE(PatternOf(reason).empty()) << name;
    EXPECT_TRUE(patterns.insert(PatternOf(reason)).second) << name << " says what another reason says";
  }
}

TEST(Errors, DeclinesByRuleAreFailedPreconditions) {
  for (v1::ErrorReason reason : AllReasons()) {
    if (reason >= v1::ERROR_REASON_ROLE_FORBIDS) {
      EXPECT_EQ(CodeOf(reason), absl::StatusCode::kFailedPrecondition) << v1::ErrorReason_Name(reason);
    }
  }
  EXPECT_EQ(CodeOf(v1::ERROR_REASON_FIELD_INVALID), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(v1::ERROR_REASON_SERIAL_REUSED), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(CodeOf(v1::ERROR_REASON_SERIAL_GAP), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(CodeOf(v1::ERROR_REASON_QUEUE_FULL), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(CodeOf(v1::ERROR_REASON_DEADLINE_PASSED), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(CodeOf(v1::ERROR_REASON_LEDGER_STOPPED), absl::StatusCode::kUnavailable);
  EXPECT_EQ(CodeOf(v1::ERROR_REASON_TERMINAL_UNKNOWN), absl::StatusCode::kNotFound);
}

TEST(Errors, FactsFillTheSentenceOfEveryReason) {
  for (v1::ErrorReason reason : AllReasons()) {
    v1::ErrorDetail detail;
    detail.set_reason(reason);
    int64_t number = 1000;
    for (const std::string& name : Placeholders(PatternOf(reason))) {
      EXPECT_FALSE(name.empty());
      EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789"), std::string::npos) << name;
      v1::Fact* fact = detail.add_facts();
      fact->set_name(name);
      fact->set_number(++number);
    }
    const std::string sentence = Explain(detail);
    EXPECT_EQ(sentence.find_first_of("{}"), std::string::npos) << sentence;
    for (int64_t seen = 1001; seen <= number; ++seen) {
      EXPECT_NE(sentence.find(std::to_string(seen)), std::string::npos) << sentence;
    }
  }
}

TEST(Errors, TheDetailTravelsInTheStatus) {
  const absl::Status status = MakeError(
      v1::ERROR_REASON_SERIAL_GAP, {{"expected_serial", uint64_t{7}}, {"terminal", std::string("T1-11")}});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(std::string(status.message()).find("7"), std::string::npos);
  const auto detail = DetailOf(status);
  ASSERT_TRUE(detail.has_value());
  EXPECT_EQ(detail->reason(), v1::ERROR_REASON_SERIAL_GAP);
  ASSERT_EQ(detail->facts_size(), 2);
  EXPECT_EQ(detail->facts(0).name(), "expected_serial");
  EXPECT_EQ(detail->facts(0).number(), 7);
  EXPECT_EQ(detail->facts(1).text(), "T1-11");
  EXPECT_EQ(MakeError(*detail), status);
}

TEST(Errors, AnotherStatusHasNoDetail) {
  EXPECT_EQ(DetailOf(absl::OkStatus()), std::nullopt);
  EXPECT_EQ(DetailOf(absl::UnavailableError("the disk")), std::nullopt);
}

TEST(Errors, FactsOfZeroAreFilledInAndUnknownReasonsExplained) {
  v1::ErrorDetail detail;
  v1::Fact* fact = detail.add_facts();
  fact->set_name("n");
  EXPECT_EQ(FillIn("a {n} b {n}", detail), "a 0 b 0");
  EXPECT_EQ(FillIn("plain", detail), "plain");
  EXPECT_EQ(FillIn("", detail), "");
  detail.set_reason(static_cast<v1::ErrorReason>(9'999));  // of a newer ledger
  EXPECT_FALSE(Explain(detail).empty());
}

}  // namespace
}  // namespace redvest
