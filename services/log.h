// What the daemon tells its operator: a few useful lines on stderr.
#ifndef REDVEST_SERVICES_LOG_H_
#define REDVEST_SERVICES_LOG_H_

#include <string_view>

namespace redvest {

// Writes "TIME redvestd: LINE" in one piece. Thread-safe.
void Log(std::string_view line);

}  // namespace redvest

#endif  // REDVEST_SERVICES_LOG_H_
