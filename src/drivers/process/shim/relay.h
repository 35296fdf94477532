// Passes TCP connections on from one network to another: it accepts on sockets of the one (made before it runs) and
// connects in the network of its own process. A child of the shim runs it, so it lives exactly as long as its container
// is looked after, and the engine has no part in it.
//
// Bytes go by splice(2) and are never copied to user space; what a reader does not take fills one pipe (64 KiB), then
// the writer waits. Half-closes and resets are passed on as they are. Connections are bounded by the descriptors; more
// of them wait in the listeners' backlogs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace drivers::process {

/// Listens on an IPv4 address; -1 with errno set. `shared`: several may listen on the same port (SO_REUSEPORT).
int listen_on(const std::string& address, int port, bool shared = false);

struct RelayPort {
  int listener = -1;
  std::string address;  ///< where connections are passed on to
  int port = 0;
};

/// Until `control` is closed at its other end. Then nothing new is accepted and what was under way is passed on to its
/// end, for at most `drain_ms`. Closes the listeners.
void run_relay(const std::vector<RelayPort>& ports, int control, std::int64_t drain_ms);

}  // namespace drivers::process
