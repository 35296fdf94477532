#include "drivers/process/shim/network.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "drivers/process/shim/namespaces.h"
#include "drivers/process/shim/relay.h"
#include "drivers/process_identity.h"

namespace drivers::process {
namespace {
/// For the last answers of a container that has ended; a client that reads nothing is not waited for longer.
constexpr int kDrainMs = 2'000;
constexpr int kEndPatienceMs = 3'000;

/// Of the child: what it keeps open is `kept`, in ascending order; not the container's lock above all.
void close_all_but(std::vector<int> kept) {
  std::sort(kept.begin(), kept.end());
  unsigned next = STDERR_FILENO + 1;
  for (const int fd : kept) {
    if (static_cast<unsigned>(fd) > next) ::syscall(SYS_close_range, next, static_cast<unsigned>(fd) - 1, 0);
    next = static_cast<unsigned>(fd) + 1;
  }
  ::syscall(SYS_close_range, next, ~0u, 0);
}

pid_t fork_relay(std::vector<int> kept) {
  const pid_t shim = ::getpid();
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != shim) ::_exit(0);  // it died before that was set
  ::prctl(PR_SET_NAME, "scaleout-relay");
  close_all_but(std::move(kept));
  return 0;
}

bool send_descriptors(int socket, const std::vector<int>& fds) {
  char byte = 0;
  iovec data{&byte, 1};
  std::vector<char> control(CMSG_SPACE(sizeof(int) * fds.size()));
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
  std::memcpy(CMSG_DATA(header), fds.data(), sizeof(int) * fds.size());
  return ::sendmsg(socket, &message, 0) == 1;
}

std::vector<int> receive_descriptors(int socket, std::size_t most) {
  char byte = 0;
  iovec data{&byte, 1};
  std::vector<char> control(CMSG_SPACE(sizeof(int) * most));
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (::recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1) return {};
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return {};
  std::vector<int> fds((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
  std::memcpy(fds.data(), CMSG_DATA(header), sizeof(int) * fds.size());
  return fds;
}

/// It stays in the machine's network and is given sockets that listen in the container's.
void run_outward(const std::vector<Reachable>& reachable, int control) {
  const std::vector<int> listeners = receive_descriptors(control, reachable.size());
  if (listeners.size() != reachable.size()) return;
  std::vector<RelayPort> ports;
  for (std::size_t i = 0; i < listeners.size(); ++i)
    ports.push_back({listeners[i], reachable[i].address, reachable[i].port});
  run_relay(ports, control, 0);
}
}  // namespace

std::string Network::open(const Launch& launch) {
  if (launch.network.empty()) return {};
  // First what belongs to the machine's network, for there is no way back into it.
  std::vector<RelayPort> ports;
  for (const PortForward& forward : launch.forwards) {
    const int listener = listen_on(forward.host_ip, forward.host_port);
    if (listener < 0)
      return "cannot listen at " + forward.host_ip + ":" + std::to_string(forward.host_port) + ": " +
             std::strerror(errno);
    ports.push_back({listener, "127.0.0.1", forward.port});
  }
  int outside = -1;
  if (!launch.reachable.empty()) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
      return std::string("cannot make a socket: ") + std::strerror(errno);
    const pid_t pid = fork_relay({ends[1]});
    if (pid < 0) return std::string("cannot fork: ") + std::strerror(errno);
    if (pid == 0) {
      run_outward(launch.reachable, ends[1]);
      ::_exit(0);
    }
    ::close(ends[1]);
    outside = ends[0];
    relays_.push_back({pid, outside});
  }
  bool made = false;
  std::string error = enter_network(launch, made);
  if (!error.empty())
    return "it needs a network of its own, and " + error + ". Start the engine with --runtime docker for this task";
  in_user_namespace_ = ::geteuid() != 0;
  if (made) {
    std::vector<std::string> extra;
    for (const Reachable& one : launch.reachable)
      if (!one.address.starts_with("127.") && std::find(extra.begin(), extra.end(), one.address) == extra.end())
        extra.push_back(one.address);
    error = set_up_loopback(extra);
    if (!error.empty()) return error;
  }
  if (outside >= 0) error = reach(launch, outside);
  if (!error.empty() || ports.empty()) return error;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::string("cannot make a pipe: ") + std::strerror(errno);
  std::vector<int> kept{ends[0]};
  for (const RelayPort& port : ports) kept.push_back(port.listener);
  const pid_t pid = fork_relay(kept);
  if (pid == 0) {
    run_relay(ports, ends[0], kDrainMs);
    ::_exit(0);
  }
  ::close(ends[0]);
  for (const RelayPort& port : ports) ::close(port.listener);
  relays_.push_back({pid, ends[1]});
  return pid < 0 ? std::string("cannot fork: ") + std::strerror(errno) : std::string();
}

std::string Network::reach(const Launch& launch, int outside) {
  std::vector<int> listeners;
  std::string error;
  for (const Reachable& one : launch.reachable) {
    // Shared with the other containers of the task, each of which has a relay of its own.
    listeners.push_back(listen_on(one.address, one.port, true));
    if (listeners.back() < 0)
      error = "cannot listen at " + one.address + ":" + std::to_string(one.port) + " inside: " + std::strerror(errno);
  }
  if (error.empty() && !send_descriptors(outside, listeners))
    error = std::string("cannot hand sockets over: ") + std::strerror(errno);
  for (const int fd : listeners)
    if (fd >= 0) ::close(fd);
  return error;
}

bool Network::is_relay(pid_t pid) const {
  return std::any_of(relays_.begin(), relays_.end(), [pid](const Child& child) { return child.pid == pid; });
}

bool Network::ended(pid_t pid) {
  for (Child& child : relays_)
    if (child.pid == pid) {
      child.pid = -1;
      return true;
    }
  return false;
}

void Network::close() {
  for (Child& child : relays_)
    if (child.control >= 0) ::close(std::exchange(child.control, -1));
  for (Child& child : std::exchange(relays_, {})) {
    if (child.pid <= 0) continue;
    // Our child and not reaped: the pid is its own.
    const ProcessHandle relay = ProcessHandle::open(child.pid, process_start_time(child.pid).value_or(0));
    if (relay && !relay.wait(kEndPatienceMs)) ::kill(child.pid, SIGKILL);
    ::waitpid(child.pid, nullptr, 0);
  }
}

}  // namespace drivers::process
