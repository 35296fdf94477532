#include "load/sockets.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>

namespace load {

Result<std::vector<Address>> resolve(const Target& target) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed = getaddrinfo(target.host.c_str(), std::to_string(target.port).c_str(), &wanted, &found);
  if (failed != 0) {
    return fail("HostNotFound", fmt::format("cannot find the host '{}': {}", target.host,
                                            failed == EAI_SYSTEM ? std::strerror(errno) : gai_strerror(failed)));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(found, freeaddrinfo);
  std::vector<Address> addresses;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    Address& address = addresses.emplace_back();
    address.length = one->ai_addrlen;
    std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
  }
  return addresses;
}

Address choose(const std::vector<Address>& addresses, std::chrono::milliseconds patience) {
  if (addresses.size() == 1) return addresses.front();
  const int each = static_cast<int>(patience.count()) / static_cast<int>(addresses.size());
  for (const Address& address : addresses) {
    const int fd = connect_to(address);
    if (fd < 0) continue;
    pollfd waiting{fd, POLLOUT, 0};
    const bool taken = ::poll(&waiting, 1, each) > 0 && connect_error(fd) == 0;
    ::close(fd);
    if (taken) return address;
  }
  return addresses.front();
}

int connect_to(const Address& address) {
  const int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0 && errno != EINPROGRESS) {
    const int error = errno;
    ::close(fd);
    return -error;
  }
  return fd;
}

int connect_error(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

bool is_shortage(int error) {
  switch (error) {
    case EADDRNOTAVAIL:  // no local port
    case EAGAIN:
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return true;
    default:
      return false;
  }
}

int wait_events(int epoll, epoll_event* events, int most, Nanoseconds timeout) {
  if (timeout <= Nanoseconds(0)) return ::epoll_wait(epoll, events, most, 0);
  const timespec limit{timeout.count() / 1'000'000'000, timeout.count() % 1'000'000'000};
  static std::atomic<bool> absent = false;  // kernels before 5.11, and sandboxes
  if (!absent.load(std::memory_order_relaxed)) {
    const int found = ::epoll_pwait2(epoll, events, most, &limit, nullptr);
    if (found >= 0 || (errno != ENOSYS && errno != EPERM)) return found;
    absent = true;
  }
  pollfd waiting{epoll, POLLIN, 0};
  return ::ppoll(&waiting, 1, &limit, nullptr) < 0 ? -1 : ::epoll_wait(epoll, events, most, 0);
}

ExactTimeouts::ExactTimeouts() : before_(::prctl(PR_GET_TIMERSLACK)) { ::prctl(PR_SET_TIMERSLACK, 1UL); }
ExactTimeouts::~ExactTimeouts() {
  if (before_ > 0) ::prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(before_));
}

}  // namespace load
