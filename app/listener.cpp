#include "app/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace http_api {
namespace {

constexpr int kBacklog = 65'535;  // the kernel cuts it to net.core.somaxconn: a burst of clients must not be refused

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

Address make_address(const Settings& settings) {
  Address address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.bytes);
  if (inet_pton(AF_INET, settings.host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(settings.port);
    address.size = sizeof(sockaddr_in);
    return address;
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.bytes);
  inet_pton(AF_INET6, settings.host.c_str(), &v6->sin6_addr);  // read_settings has checked it
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(settings.port);
  address.size = sizeof(sockaddr_in6);
  return address;
}

int chosen_port(int socket) {
  Address address;
  address.size = sizeof address.bytes;
  getsockname(socket, reinterpret_cast<sockaddr*>(&address.bytes), &address.size);
  // The port stands at the same place in both families.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address.bytes)->sin_port);
}

}  // namespace

tl::expected<Listener, std::string> open_listener(const Settings& settings) {
  const bool is_v6 = settings.host.find(':') != std::string::npos;
  const std::string host = is_v6 ? "[" + settings.host + "]" : settings.host;
  const auto fail = [&](const char* what) {
    const std::string hint = errno == EADDRINUSE ? "; another program uses this port: set PORT to a free one"
                             : errno == EACCES   ? "; this port needs a privilege: set PORT to one above 1023"
                                                 : "";
    return tl::unexpected("cannot listen on " + host + ":" + std::to_string(settings.port) + ": " + what + ": " +
                          std::strerror(errno) + hint);
  };

  const Address address = make_address(settings);
  FileDescriptor socket(::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return fail("socket");
  const int on = 1;
  setsockopt(socket.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(socket.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (bind(socket.number(), reinterpret_cast<const sockaddr*>(&address.bytes), address.size) != 0) return fail("bind");
  if (listen(socket.number(), kBacklog) != 0) return fail("listen");
  const int port = chosen_port(socket.number());
  return Listener{std::move(socket), "http://" + host + ":" + std::to_string(port)};
}

}  // namespace http_api
