// The system calls of the generator that need more than a line: names, connecting, waiting with nanoseconds.
#pragma once

#include <sys/epoll.h>
#include <sys/socket.h>

#include <chrono>
#include <vector>

#include "load/plan.h"

namespace load {

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
};
/// The addresses of the name, the system's choice first; never none. Blocks.
Result<std::vector<Address>> resolve(const Target& target);
/// The first that takes a connection; the very first where none does. "localhost" is often ::1 and 127.0.0.1, and a server
/// listens at one of them. They share the patience; of a single address nothing is tried.
Address choose(const std::vector<Address>& addresses, std::chrono::milliseconds patience);

/// A socket on its way to the address, or -errno. It does not block and sends small writes at once.
int connect_to(const Address& address);
/// What became of it, as an errno; 0: it stands.
int connect_error(int fd);
/// Whether an errno of either says that this machine has no socket, port or memory left: no fault of the target.
bool is_shortage(int error);

/// epoll_wait with a timeout in nanoseconds (0 or less: none).
int wait_events(int epoll, epoll_event* events, int most, Nanoseconds timeout);

/// While it lives, timeouts of this thread are exact to the microsecond: by default the kernel rounds them up by 50.
class ExactTimeouts {
 public:
  ExactTimeouts();
  ~ExactTimeouts();
  ExactTimeouts(const ExactTimeouts&) = delete;

 private:
  int before_;
};

}  // namespace load
