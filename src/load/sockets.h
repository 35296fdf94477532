// The system calls of the generator that need more than a line: names, connecting, waiting with nanoseconds.
#pragma once

#include <sys/epoll.h>
#include <sys/socket.h>

#include "load/plan.h"

namespace load {

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
};
/// The first address of the name. Blocks.
Result<Address> resolve(const Target& target);

/// A socket on its way to the address, or -errno. It does not block and sends small writes at once.
int connect_to(const Address& address);
/// What became of it, as an errno; 0: it stands.
int connect_error(int fd);

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
