#include "drivers/process/shim/relay.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <unordered_map>

namespace drivers::process {
namespace {
constexpr std::size_t kChunk = 64 * 1024;  // what a pipe holds
constexpr int kRounds = 16;                // of one connection before the others have their turn
constexpr int kAccepts = 64;
constexpr std::size_t kMostConnections = 8192;
constexpr std::size_t kSparePipes = 32;
constexpr int kDescriptorsEach = 6;  // two sockets, at worst two pipes
constexpr int kRetryMs = 100;        // when the machine itself is out of descriptors

std::int64_t monotonic_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

bool to_address(const std::string& text, int port, sockaddr_in& address) {
  address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return ::inet_pton(AF_INET, text.c_str(), &address.sin_addr) == 1;
}

struct Pipe {
  int read = -1, write = -1;
};

/// Pipes lie here while nothing is in them.
class Pipes {
 public:
  ~Pipes() {
    for (const Pipe& pipe : spare_) discard(pipe);
  }
  bool take(Pipe& pipe) {
    if (!spare_.empty()) {
      pipe = spare_.back();
      spare_.pop_back();
      return true;
    }
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return false;
    pipe = {ends[0], ends[1]};
    return true;
  }
  void give_back(Pipe& pipe) {
    if (spare_.size() < kSparePipes)
      spare_.push_back(pipe);
    else
      discard(pipe);
    pipe = {};
  }
  static void discard(const Pipe& pipe) {
    if (pipe.read >= 0) ::close(pipe.read);
    if (pipe.write >= 0) ::close(pipe.write);
  }

 private:
  std::vector<Pipe> spare_;
};

/// One direction of a connection.
struct Flow {
  int from = -1, to = -1;
  Pipe pipe;  ///< only while it holds something
  std::size_t held = 0;
  bool ended = false;  ///< its reader was told the end
};

enum class Moved { all, some, broken };  // all: nothing more to move now

Moved move_bytes(Flow& flow, Pipes& pipes) {
  for (int round = 0; round < kRounds && !flow.ended; ++round) {
    if (flow.held == 0) {
      if (flow.pipe.read < 0 && !pipes.take(flow.pipe)) return Moved::broken;
      const ssize_t n =
          ::splice(flow.from, nullptr, flow.pipe.write, nullptr, kChunk, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
      if (n <= 0) {
        const int why = errno;
        pipes.give_back(flow.pipe);
        if (n == 0) {
          ::shutdown(flow.to, SHUT_WR);
          flow.ended = true;
          return Moved::all;
        }
        if (why == EINTR) continue;
        return why == EAGAIN ? Moved::all : Moved::broken;
      }
      flow.held = static_cast<std::size_t>(n);
    }
    const ssize_t n = ::splice(flow.pipe.read, nullptr, flow.to, nullptr, flow.held, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno == EAGAIN ? Moved::all : Moved::broken;
    flow.held -= static_cast<std::size_t>(n);
    if (flow.held == 0) pipes.give_back(flow.pipe);
  }
  return flow.ended ? Moved::all : Moved::some;
}

/// What epoll tells about: the control, a listener or one of a connection's two sockets.
struct Connection;
struct Source {
  enum class Kind { control, listener, socket } kind = Kind::control;
  const RelayPort* port = nullptr;
  Connection* connection = nullptr;
};

struct Connection {
  int accepted = -1, connected = -1;
  bool established = false, again = false;
  Flow in, out;  ///< from the one who was accepted, and back
  Source source;
};

class Relay {
 public:
  Relay(const std::vector<RelayPort>& ports, int control, std::int64_t drain_ms)
      : control_(control), drain_ms_(drain_ms) {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    ::getrlimit(RLIMIT_NOFILE, &files);
    const std::size_t room = files.rlim_cur > 64 ? (files.rlim_cur - 64) / kDescriptorsEach : 1;
    most_ = std::clamp<std::size_t>(room, 1, kMostConnections);
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    add(control_, EPOLLIN, &control_source_);
    for (const RelayPort& port : ports) {
      Source& source = *listeners_.emplace_back(std::make_unique<Source>());
      source.kind = Source::Kind::listener;
      source.port = &port;
    }
    listen(true);
  }
  ~Relay() {
    while (!connections_.empty()) finish(connections_.begin()->first, true);
    ::close(epoll_);
  }

  void run() {
    while (!draining_ || (!connections_.empty() && monotonic_ms() < deadline_)) {
      epoll_event events[128];
      const int count = ::epoll_wait(epoll_, events, 128, wait_ms());
      if (count < 0 && errno != EINTR) return;
      for (int i = 0; i < count; ++i) take(*static_cast<Source*>(events[i].data.ptr), events[i].events);
      go_on();
      if (paused_ && !draining_ && monotonic_ms() >= retry_at_) listen(true);
    }
  }

 private:
  void add(int fd, std::uint32_t events, Source* source) const {
    epoll_event event{};
    event.events = events;
    event.data.ptr = source;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  int wait_ms() const {
    if (!again_.empty()) return 0;
    if (draining_) return static_cast<int>(std::clamp<std::int64_t>(deadline_ - monotonic_ms(), 0, 60'000));
    return paused_ && connections_.size() < most_ ? kRetryMs : -1;
  }

  /// With every place taken the next ones wait in the kernel's backlog.
  void listen(bool on) {
    if (on && connections_.size() >= most_) return;
    for (const auto& source : listeners_) {
      if (on)
        add(source->port->listener, EPOLLIN, source.get());
      else
        ::epoll_ctl(epoll_, EPOLL_CTL_DEL, source->port->listener, nullptr);
    }
    paused_ = !on;
  }

  void take(Source& source, std::uint32_t events) {
    if (source.kind == Source::Kind::control) return drain();
    if (source.kind == Source::Kind::listener) return accept_some(*source.port);
    Connection* connection = source.connection;
    if (connection == nullptr) return;  // ended by an earlier event of this round
    if (!connection->established && !establish(*connection)) return;
    // A reset is seen here alone where nobody reads from its sender any more.
    if ((events & EPOLLERR) != 0) return finish(connection, true);
    pump(*connection);
  }

  void accept_some(const RelayPort& port) {
    for (int i = 0; i < kAccepts && !draining_ && !paused_; ++i) {
      const int fd = ::accept4(port.listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
      if (fd < 0 && errno == EAGAIN) return;
      if (fd < 0) {
        retry_at_ = monotonic_ms() + kRetryMs;
        return listen(false);
      }
      begin(fd, port);
      if (connections_.size() >= most_) listen(false);
    }
  }

  void begin(int accepted, const RelayPort& port) {
    sockaddr_in to{};
    const int connected = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    auto owned = std::make_unique<Connection>();
    Connection& connection = *owned;
    connection.accepted = accepted;
    connection.connected = connected;
    connection.in = {accepted, connected, {}, 0, false};
    connection.out = {connected, accepted, {}, 0, false};
    connection.source.kind = Source::Kind::socket;
    connection.source.connection = &connection;
    connections_.emplace(&connection, std::move(owned));
    const int one = 1;
    for (const int fd : {accepted, connected}) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    const bool good =
        connected >= 0 && to_address(port.address, port.port, to) &&
        (::connect(connected, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 || errno == EINPROGRESS);
    if (!good) return finish(&connection, true);
    // Edges: each socket is told about once, and then read and written until it would block.
    for (const int fd : {accepted, connected}) add(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, &connection.source);
  }

  /// False while it is under way, and when it failed: then whoever was accepted is refused by a reset.
  bool establish(Connection& connection) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(connection.connected, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
      finish(&connection, true);
      return false;
    }
    sockaddr_in peer{};
    size = sizeof peer;
    connection.established = ::getpeername(connection.connected, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
    return connection.established;
  }

  void pump(Connection& connection) {
    const Moved in = move_bytes(connection.in, pipes_), out = move_bytes(connection.out, pipes_);
    if (in == Moved::broken || out == Moved::broken) return finish(&connection, true);
    // When the container has ended, so has its side of every connection; the other side is not waited for.
    if (connection.out.ended && (connection.in.ended || draining_)) return finish(&connection, false);
    if ((in == Moved::some || out == Moved::some) && !connection.again) {
      connection.again = true;
      again_.push_back(&connection);
    }
  }

  /// Those who had more to move than their turn allowed.
  void go_on() {
    std::vector<Connection*> now;
    now.swap(again_);
    for (Connection* connection : now) {
      if (!connections_.contains(connection)) continue;
      connection->again = false;
      pump(*connection);
    }
    ended_.clear();
  }

  /// `abort`: both see a reset, as the one of them did already.
  void finish(Connection* connection, bool abort) {
    const auto found = connections_.find(connection);
    if (found == connections_.end()) return;
    for (const int fd : {connection->accepted, connection->connected}) {
      if (fd < 0) continue;
      const linger at_once{1, 0};
      if (abort) ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
      ::close(fd);
    }
    Pipes::discard(connection->in.pipe);
    Pipes::discard(connection->out.pipe);
    connection->source.connection = nullptr;
    std::erase(again_, connection);
    ended_.push_back(std::move(found->second));  // events of this round may still point at it
    connections_.erase(found);
  }

  void drain() {
    if (draining_) return;
    if (!paused_) listen(false);
    for (const auto& source : listeners_) ::close(source->port->listener);
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, control_, nullptr);
    draining_ = true;
    deadline_ = monotonic_ms() + drain_ms_;
    std::vector<Connection*> all;
    for (const auto& [connection, owned] : connections_) all.push_back(connection);
    for (Connection* connection : all)
      if (connection->established) pump(*connection);
  }

  const int control_;
  const std::int64_t drain_ms_;
  int epoll_ = -1;
  Source control_source_;
  std::vector<std::unique_ptr<Source>> listeners_;
  std::unordered_map<Connection*, std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<Connection>> ended_;
  std::vector<Connection*> again_;
  Pipes pipes_;
  std::size_t most_ = 1;
  bool paused_ = false, draining_ = false;
  std::int64_t deadline_ = 0, retry_at_ = 0;
};
}  // namespace

int listen_on(const std::string& address, int port, bool shared) {
  sockaddr_in at{};
  if (!to_address(address, port, at)) {
    errno = EINVAL;
    return -1;
  }
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int one = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (shared) ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
  if (fd >= 0 && ::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 && ::listen(fd, SOMAXCONN) == 0)
    return fd;
  const int why = errno;
  if (fd >= 0) ::close(fd);
  errno = why;
  return -1;
}

void run_relay(const std::vector<RelayPort>& ports, int control, std::int64_t drain_ms) {
  ::signal(SIGPIPE, SIG_IGN);
  Relay(ports, control, drain_ms).run();
}

}  // namespace drivers::process
