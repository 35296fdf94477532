#include "net/unix_socket.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace net {
namespace {

constexpr std::size_t kMostAnswer = 64 << 20;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds most) : end_(std::chrono::steady_clock::now() + most) {}
  bool over() const { return std::chrono::steady_clock::now() >= end_; }
  /// False when the time is over first.
  bool wait(int fd, short events) const {
    for (;;) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now()).count();
      pollfd waiting{fd, events, 0};
      const int ready = ::poll(&waiting, 1, left > 0 ? static_cast<int>(left) : 0);
      if (ready > 0) return true;
      if (ready == 0 && left <= 0) return false;
      if (ready < 0 && errno != EINTR) return false;
    }
  }

 private:
  std::chrono::steady_clock::time_point end_;
};

tl::unexpected<Error> failed(std::string code, const std::string& path, const char* what) {
  return fail(std::move(code), std::string(what) + " " + path + ": " + std::strerror(errno) + ".");
}

}  // namespace

Result<std::string> unix_request(const std::string& path, std::string_view text, std::chrono::milliseconds timeout) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) {
    return fail("ConnectFailed", "The unix socket path " + path + " is longer than 107 bytes.");
  }
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const Deadline deadline(timeout);
  const auto timed_out = [&] { return fail("Timeout", path + " did not answer in time."); };

  const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.get() < 0) return failed("ConnectFailed", path, "No socket for");
  // EAGAIN: the listener's backlog is full; poll cannot wait for that.
  while (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return failed("ConnectFailed", path, "Cannot connect to");
    if (deadline.over()) return timed_out();
    ::poll(nullptr, 0, 1);
  }
  while (!text.empty()) {
    const auto sent = ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      text.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (!deadline.wait(socket.get(), POLLOUT)) return timed_out();
    } else if (errno != EINTR) {
      return failed("ConnectionClosed", path, "Cannot send to");
    }
  }
  std::string answer;
  char buffer[16 * 1024];
  for (;;) {
    const auto got = ::recv(socket.get(), buffer, sizeof buffer, 0);
    if (got > 0) {
      answer.append(buffer, static_cast<std::size_t>(got));
      if (answer.size() > kMostAnswer) return fail("ResponseTooLarge", path + " answered more than 64 MiB.");
    } else if (got == 0) {
      return answer;
    } else if (errno == EAGAIN) {
      if (!deadline.wait(socket.get(), POLLIN)) return timed_out();
    } else if (errno != EINTR) {
      return failed("ConnectionClosed", path, "Cannot read from");
    }
  }
}

}  // namespace net
