// The floor that http-api is measured against: the least a server on epoll can do. It sends one fixed answer with the
// bytes of http-api's for every read that ends in an empty line: no parser, no routes, no time-outs, no random.
// Usage: bench_epoll_server PORT
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

std::string fixed_answer() {
  std::string body = "{";
  for (int i = 0; i < 52; ++i) body += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":\"e\"";
  body += '}';
  return "HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 16:44:02 GMT\r\nContent-Type: "
         "application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

int listen_on(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(socket, 4096) != 0) return -1;
  return socket;
}

void watch(int epoll, int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

}  // namespace

int main(int argc, char** argv) {
  const int listener = argc == 2 ? listen_on(std::atoi(argv[1])) : -1;
  if (listener < 0) return 1;
  const std::string answer = fixed_answer();
  const int epoll = epoll_create1(0);
  watch(epoll, listener);
  std::array<epoll_event, 128> events;
  std::array<char, 16 * 1024> buffer;
  while (true) {
    const int ready = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < ready; ++i) {
      const int descriptor = events[static_cast<std::size_t>(i)].data.fd;
      if (descriptor == listener) {
        const int client = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
        if (client >= 0) watch(epoll, client);
        continue;
      }
      const ssize_t got = recv(descriptor, buffer.data(), buffer.size(), 0);
      if (got <= 0) {
        close(descriptor);
      } else if (got >= 4 && std::memcmp(buffer.data() + got - 4, "\r\n\r\n", 4) == 0) {
        if (send(descriptor, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) close(descriptor);
      }
    }
  }
}
