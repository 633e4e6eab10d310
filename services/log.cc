#include "services/log.h"

#include <unistd.h>

#include <cstddef>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "ledger/ledger.h"

namespace redvest {

void Log(std::string_view line) {
  const std::string time = absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone());
  const std::string text = absl::StrCat(time, " redvestd: ", ToAbsl(line), "\n");
  // One write, so that lines of several threads do not mix. A log that nobody can read stops nothing.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace redvest
