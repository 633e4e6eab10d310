// The address a daemon listens on.
#ifndef REDVEST_SERVICES_LISTEN_ADDRESS_H_
#define REDVEST_SERVICES_LISTEN_ADDRESS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace redvest {

struct ListenAddress {
  std::string host;   // a name, or an IPv4 or IPv6 address without brackets
  uint16_t port = 0;  // 0 = any free port
};

// Reads HOST:PORT or [IPv6]:PORT. Nothing where it has another form.
std::optional<ListenAddress> ParseListenAddress(std::string_view text);

// Writes what ParseListenAddress reads.
std::string FormatListenAddress(const ListenAddress& address);

// Whether only programs of this machine can reach it.
bool IsLoopback(const ListenAddress& address);

// OK where the address can be listened on now; otherwise a sentence that says why not and what to do.
absl::Status TryListen(const ListenAddress& address);

}  // namespace redvest

#endif  // REDVEST_SERVICES_LISTEN_ADDRESS_H_
