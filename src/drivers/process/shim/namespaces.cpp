#include "drivers/process/shim/namespaces.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "drivers/files.h"
#include "drivers/process_identity.h"

namespace drivers::process {
namespace {
bool put(const char* path, const std::string& text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  const bool good = fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (fd >= 0) ::close(fd);
  return good;
}

std::string why(const char* what) { return std::string(what) + ": " + std::strerror(errno); }

/// Of the process that a line "PID START" of the members' file names; none if it is gone.
bool join(const std::string& line) {
  char* rest = nullptr;
  const int pid = static_cast<int>(std::strtol(line.c_str(), &rest, 10));
  const std::uint64_t start = std::strtoull(rest, nullptr, 10);
  if (pid <= 0 || pid == ::getpid()) return false;
  const std::string directory = "/proc/" + std::to_string(pid) + "/ns/";
  const int user = ::geteuid() == 0 ? -1 : ::open((directory + "user").c_str(), O_RDONLY | O_CLOEXEC);
  const int network = ::open((directory + "net").c_str(), O_RDONLY | O_CLOEXEC);
  // Looked at after they were opened: the pid might be a stranger's by now.
  const bool same = network >= 0 && process_start_time(pid) == start;
  const bool joined =
      same && (::geteuid() == 0 || ::setns(user, CLONE_NEWUSER) == 0) && ::setns(network, CLONE_NEWNET) == 0;
  const int failed = errno;
  if (user >= 0) ::close(user);
  if (network >= 0) ::close(network);
  errno = failed;
  return joined;
}

std::string make_network() {
  if (!enter_user_namespace()) return why("it may not make a user namespace");
  if (::unshare(CLONE_NEWNET) != 0) return why("it may not make a network namespace");
  return {};
}
}  // namespace

bool enter_user_namespace() {
  const unsigned uid = ::geteuid(), gid = ::getegid();
  if (uid == 0) return true;
  if (::unshare(CLONE_NEWUSER) != 0) return false;
  put("/proc/self/setgroups", "deny");
  return put("/proc/self/uid_map", std::to_string(uid) + " " + std::to_string(uid) + " 1") &&
         put("/proc/self/gid_map", std::to_string(gid) + " " + std::to_string(gid) + " 1");
}

std::string enter_network(const Launch& launch, bool& made) {
  made = launch.network == kOwnNetwork;
  if (made) return make_network();
  // Who is in the task's network stands in a file, a shim a line. Locked, so that two that start together get the same.
  const int members = ::open(launch.network.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (members < 0 || ::flock(members, LOCK_EX) != 0) return why("the task's network cannot be looked up");
  const std::string known = read_whole(launch.network).value_or("");
  bool joined = false;
  for (std::size_t at = 0; at < known.size() && !joined;) {
    const std::size_t end = std::min(known.find('\n', at), known.size());
    joined = join(known.substr(at, end - at));
    at = end + 1;
  }
  std::string error;
  if (!joined) {
    made = true;
    error = make_network();
  }
  if (error.empty()) {
    const std::string own =
        std::to_string(::getpid()) + " " + std::to_string(process_start_time(::getpid()).value_or(0)) + "\n";
    if (::write(members, own.data(), own.size()) != static_cast<ssize_t>(own.size()))
      error = why("the task's network cannot be told to others");
  }
  ::close(members);
  return error;
}

std::string set_up_loopback(const std::vector<std::string>& extra) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return why("no socket in its network");
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  bool good = ::ioctl(fd, SIOCSIFFLAGS, &request) == 0;
  int count = 0;
  for (const std::string& address : extra) {
    request = {};
    std::strcpy(request.ifr_name, ("lo:" + std::to_string(++count)).c_str());
    auto* at = reinterpret_cast<sockaddr_in*>(&request.ifr_addr);
    at->sin_family = AF_INET;
    good = good && ::inet_pton(AF_INET, address.c_str(), &at->sin_addr) == 1 && ::ioctl(fd, SIOCSIFADDR, &request) == 0;
    at->sin_addr.s_addr = 0xffffffff;
    good = good && ::ioctl(fd, SIOCSIFNETMASK, &request) == 0;
  }
  std::string error = good ? std::string() : why("lo of its network cannot be set up");
  ::close(fd);
  put("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
  return error;
}

}  // namespace drivers::process
