#include "services/listen_address.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "ledger/ledger.h"

namespace redvest {
namespace {

absl::Status WhyNot(int error, const std::string& address) {
  switch (error) {
    case EADDRINUSE:
      return absl::UnavailableError(absl::StrCat("another program listens on ", address,
                                                 " already; stop it, or choose another port with --listen"));
    case EADDRNOTAVAIL:
      return absl::UnavailableError(absl::StrCat(
          address, " is not an address of this machine; choose one that is, such as 127.0.0.1:7070"));
    case EACCES:
      return absl::UnavailableError(absl::StrCat("this user may not listen on ", address,
                                                 "; choose a port from 1024 on with --listen"));
    default:
      return absl::UnavailableError(absl::StrCat("cannot listen on ", address, " (", std::strerror(error),
                                                 "); choose another address with --listen"));
  }
}

}  // namespace

std::optional<ListenAddress> ParseListenAddress(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  uint32_t port;
  if (!absl::SimpleAtoi(ToAbsl(text.substr(colon + 1)), &port) || port > 65'535) return std::nullopt;
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  if (host.empty() || host.find_first_of("/[] ") != std::string_view::npos) return std::nullopt;
  return ListenAddress{std::string(host), static_cast<uint16_t>(port)};
}

std::string FormatListenAddress(const ListenAddress& address) {
  const bool ipv6 = absl::StrContains(address.host, ':');
  return ipv6 ? absl::StrCat("[", address.host, "]:", address.port)
              : absl::StrCat(address.host, ":", address.port);
}

bool IsLoopback(const ListenAddress& address) {
  return address.host == "localhost" || address.host == "::1" || absl::StartsWith(address.host, "127.");
}

absl::Status TryListen(const ListenAddress& address) {
  const std::string text = FormatListenAddress(address);
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0) {
    return absl::UnavailableError(absl::StrCat("\"", address.host, "\" is no known host (",
                                               gai_strerror(error),
                                               "); choose an address of this machine, such as "
                                               "127.0.0.1:7070"));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  const int fd = socket(found->ai_family, SOCK_STREAM, 0);
  if (fd < 0) return WhyNot(errno, text);
  const int on = 1;
  // As gRPC does, so that a daemon can be started again at once.
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const bool listening = bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, 1) == 0;
  const int why = errno;
  close(fd);
  return listening ? absl::OkStatus() : WhyNot(why, text);
}

}  // namespace redvest
