#include "services/listen_address.h"

#include <arpa/inet.h>
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

// 0, or the error number.
int TryToListen(const addrinfo& address) {
  const int fd = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int on = 1;
  // As gRPC does, so that a daemon can be started again at once.
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const bool listening = bind(fd, address.ai_addr, address.ai_addrlen) == 0 && listen(fd, 1) == 0;
  const int error = errno;
  close(fd);
  return listening ? 0 : error;
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
  in_addr ipv4 = {};
  if (inet_pton(AF_INET, address.host.c_str(), &ipv4) == 1) return ntohl(ipv4.s_addr) >> 24 == IN_LOOPBACKNET;
  in6_addr ipv6 = {};
  if (inet_pton(AF_INET6, address.host.c_str(), &ipv6) == 1) return IN6_IS_ADDR_LOOPBACK(&ipv6);
  return address.host == "localhost";
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
  // A name may stand for several addresses, not all of which this machine must have; none may be taken.
  int why = EADDRNOTAVAIL;
  for (const addrinfo* one = found; one != nullptr && why != EADDRINUSE; one = one->ai_next) {
    const int result = TryToListen(*one);
    if (why != 0 || result == EADDRINUSE) why = result;
  }
  return why == 0 ? absl::OkStatus() : WhyNot(why, text);
}

}  // namespace redvest
