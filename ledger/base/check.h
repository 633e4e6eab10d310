// A programmer's error aborts with where and what; an operating error is a Status.
#ifndef REDVEST_LEDGER_BASE_CHECK_H_
#define REDVEST_LEDGER_BASE_CHECK_H_

#include <cstdio>
#include <cstdlib>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Aborts where `condition`, an invariant of the program, does not hold. Always on.
#define REDVEST_CHECK(condition)                                                             \
  do {                                                                                       \
    if (!(condition)) [[unlikely]] {                                                         \
      std::fprintf(stderr, "%s:%d: invariant broken: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                          \
    }                                                                                        \
  } while (false)

// Returns from the function with the error of `expression`, an absl::Status.
#define REDVEST_RETURN_IF_ERROR(expression)                                                         \
  do {                                                                                              \
    if (absl::Status redvest_status_ = (expression); !redvest_status_.ok()) return redvest_status_; \
  } while (false)

#define REDVEST_CONCAT_INNER_(a, b) a##b
#define REDVEST_CONCAT_(a, b) REDVEST_CONCAT_INNER_(a, b)
// Assigns the value of `expression`, an absl::StatusOr, to `target`, or returns its error.
#define REDVEST_ASSIGN_OR_RETURN(target, expression) \
  REDVEST_ASSIGN_OR_RETURN_(REDVEST_CONCAT_(redvest_status_or_, __LINE__), target, expression)
#define REDVEST_ASSIGN_OR_RETURN_(temporary, target, expression) \
  auto temporary = (expression);                                 \
  if (!temporary.ok()) return temporary.status();                \
  target = *std::move(temporary)

#endif  // REDVEST_LEDGER_BASE_CHECK_H_
