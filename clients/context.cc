#include "clients/context.h"

#include <unistd.h>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "clients/error_text.h"
#include "clients/json.h"

namespace redvest::client {

ExitCode ExitCodeOf(const CallError& error) {
  switch (error.code) {
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::NOT_FOUND:
      return kDeclined;
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::OUT_OF_RANGE:
      return kBadInput;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return error.retryable() ? kNoServer : kBadInput;
    default:
      return kNoServer;
  }
}

Connection& Context::connection() {
  if (connection_ == nullptr) {
    connection_ = std::make_unique<Connection>(flags.server, absl::Seconds(flags.timeout_seconds));
  }
  return *connection_;
}

CallResult<v1::GetLedgerResponse> Context::Ledger() {
  if (!ledger_.has_value()) {
    auto response = connection().Call(&v1::LedgerService::Stub::GetLedger, v1::GetLedgerRequest());
    if (!response.ok()) return response;
    ledger_ = *std::move(response);
  }
  return *ledger_;
}

absl::TimeZone Context::Zone() {
  absl::TimeZone zone = absl::UTCTimeZone();
  const auto ledger = Ledger();
  if (ledger.ok()) absl::LoadTimeZone(ledger->time_zone(), &zone);
  return zone;
}

CallResult<int64_t> Context::OccurredAtUnixMs() {
  if (!flags.at.has_value()) return absl::ToUnixMillis(absl::Now());
  if (flags.at->utc) return flags.at->UnixMs(absl::UTCTimeZone());
  const auto ledger = Ledger();
  if (!ledger.ok()) return ledger.error();
  return flags.at->UnixMs(Zone());
}

int Context::Fail(const CallError& error) {
  // Without a reason there are no facts, and perhaps no server that knows the time zone.
  const bool has_facts = error.detail.facts_size() > 0;
  const std::string sentence =
      ErrorText(lang_, error, flags.server, has_facts ? Zone() : absl::UTCTimeZone());
  if (json()) {
    err_ << Dump(ErrorJson(error, sentence), false) << '\n';
  } else {
    const bool declined = ExitCodeOf(error) == kDeclined;
    err_ << Say(declined ? Bilingual{"Declined: ", "未受理："} : Bilingual{"Error: ", "出错："}) << sentence
         << '\n';
  }
  return ExitCodeOf(error);
}

int Context::FailInput(std::string_view sentence) {
  if (json()) {
    const Json error = {
        {"code", "INVALID_ARGUMENT"}, {"reason", "BAD_INPUT"}, {"message", std::string(sentence)}};
    err_ << Dump(Json{{"error", error}}, false) << '\n';
  } else {
    err_ << Say({"Error: ", "出错："}) << sentence << '\n';
  }
  return kBadInput;
}

Progress::Progress(const Context& context, std::string what, int64_t total)
    : visible_(isatty(STDERR_FILENO) != 0 && !context.json()),
      lang_(context.lang()),
      what_(std::move(what)),
      total_(total),
      start_(absl::Now()) {}

Progress::~Progress() {
  if (visible_ && shown_ != absl::InfinitePast()) std::fputs("\r\033[K", stderr);
}

void Progress::Show(int64_t done) {
  if (!visible_) return;
  const absl::Time now = absl::Now();
  if (now - shown_ < absl::Milliseconds(100)) return;
  shown_ = now;
  const double seconds = absl::ToDoubleSeconds(now - start_);
  const int64_t per_second = seconds > 0.5 ? static_cast<int64_t>(static_cast<double>(done) / seconds) : 0;
  std::string line = what_ + " " + FormatCount(done);
  if (total_ > 0) line += " / " + FormatCount(total_) + absl::StrFormat(" (%d%%)", done * 100 / total_);
  if (per_second > 0) {
    line += lang_ == Lang::kZh ? "，每秒 " + FormatCount(per_second) : ", " + FormatCount(per_second) + "/s";
  }
  std::fprintf(stderr, "\r\033[K%s", line.c_str());
  std::fflush(stderr);
}

}  // namespace redvest::client
