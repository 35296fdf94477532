// Servers for the generator's tests, each on threads of its own: one that follows a script on every connection, and one that
// stands still at even times.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace load {

inline int listen_anywhere(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ::bind(fd, reinterpret_cast<sockaddr*>(&address), length);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  port = ntohs(address.sin_port);
  return fd;
}

/// A port that was free a moment ago.
inline std::uint16_t unused_port() {
  std::uint16_t port = 0;
  ::close(listen_anywhere(port));
  return port;
}

/// Where the first request in `bytes` ends, with its body; 0: not yet.
inline std::size_t request_end(std::string_view bytes) {
  const std::size_t header = bytes.find("\r\n\r\n");
  if (header == std::string_view::npos) return 0;
  const std::size_t length = bytes.substr(0, header).find("Content-Length: ");
  const std::size_t body = length == std::string_view::npos ? 0 : std::strtoull(bytes.data() + length + 16, nullptr, 10);
  return bytes.size() >= header + 4 + body ? header + 4 + body : 0;
}

/// Runs the script on a thread for each connection, then closes it. The end of the test ends them all.
class Peer {
 public:
  class Talk {
   public:
    Talk(Peer& peer, int fd) : peer_(peer), fd_(fd) {}
    /// False when the client has gone or the test ends.
    bool read_request() {
      std::size_t end = 0;
      while ((end = request_end(buffer_)) == 0) {
        char part[65536];
        pollfd waiting{fd_, POLLIN, 0};
        if (peer_.ending_ || ::poll(&waiting, 1, 20) < 0) return false;
        if (waiting.revents == 0) continue;
        const ssize_t got = ::recv(fd_, part, sizeof part, 0);
        if (got <= 0) return false;
        buffer_.append(part, static_cast<std::size_t>(got));
      }
      peer_.body_bytes_ += end - buffer_.find("\r\n\r\n") - 4;
      buffer_.erase(0, end);
      ++peer_.requests_;
      return true;
    }
    void write(std::string_view bytes) {
      [[maybe_unused]] const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
    void reset() {
      const linger now{1, 0};
      ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    /// What the server is slow by: part of what is tested, not a wait for something.
    void pause(std::chrono::milliseconds length) { std::this_thread::sleep_for(length); }

   private:
    Peer& peer_;
    int fd_;
    std::string buffer_;
  };

  explicit Peer(std::function<void(Talk&)> script) : script_(std::move(script)) {
    listener_ = listen_anywhere(port_);
    ::listen(listener_, 4096);
    acceptor_ = std::thread([this] { accept(); });
  }
  ~Peer() {
    ending_ = true;
    acceptor_.join();
    for (auto& talker : talkers_) talker.join();
    ::close(listener_);
  }
  std::uint16_t port() const { return port_; }
  /// No connection is taken any more.
  void refuse() { ::shutdown(listener_, SHUT_RD); }
  std::uint64_t requests() const { return requests_; }
  std::uint64_t body_bytes() const { return body_bytes_; }

 private:
  void accept() {
    while (!ending_) {
      pollfd waiting{listener_, POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0 && errno == EINVAL) return;  // refuse()
      if (fd < 0) continue;
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      talkers_.emplace_back([this, fd] {
        Talk talk(*this, fd);
        script_(talk);
        ::close(fd);
      });
    }
  }

  std::function<void(Talk&)> script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> ending_ = false;
  std::atomic<std::uint64_t> requests_ = 0, body_bytes_ = 0;
  std::thread acceptor_;
  std::list<std::thread> talkers_;
};

/// One thread for all connections; at the start of each period it does nothing for the length of the stall.
class StallingPeer {
 public:
  StallingPeer(std::chrono::milliseconds period, std::chrono::milliseconds stall) : period_(period), stall_(stall) {
    listener_ = listen_anywhere(port_);
    ::listen(listener_, 4096);
    thread_ = std::thread([this] { serve(); });
  }
  ~StallingPeer() {
    ending_ = true;
    thread_.join();
  }
  std::uint16_t port() const { return port_; }
  /// From the start of a stall until all that had come meanwhile was answered, at worst.
  std::chrono::nanoseconds longest_stall() const { return std::chrono::nanoseconds(longest_stall_ns_); }

 private:
  void serve() {
    using Clock = std::chrono::steady_clock;
    auto stall_at = Clock::now() + period_ / 2, stalled_at = stall_at;
    bool stalled = false;
    std::vector<pollfd> waiting{{listener_, POLLIN, 0}};
    std::map<int, std::string> buffers;
    while (!ending_) {
      if (Clock::now() >= stall_at) {
        if (!stalled) stalled_at = Clock::now();
        stalled = true;
        std::this_thread::sleep_for(stall_);
        stall_at += period_;
      }
      if (::poll(waiting.data(), waiting.size(), 1) <= 0) {
        if (std::exchange(stalled, false)) {
          const std::chrono::nanoseconds stall = Clock::now() - stalled_at;
          longest_stall_ns_ = std::max<std::int64_t>(longest_stall_ns_, stall.count());
        }
        continue;
      }
      for (std::size_t i = 1; i < waiting.size(); ++i) {
        if (waiting[i].revents == 0) continue;
        char part[4096];
        const ssize_t got = ::recv(waiting[i].fd, part, sizeof part, 0);
        if (got <= 0) {
          ::close(waiting[i].fd);
          waiting[i].fd = -1;
          continue;
        }
        std::string& buffer = buffers[waiting[i].fd];
        buffer.append(part, static_cast<std::size_t>(got));
        while (const std::size_t end = request_end(buffer)) {
          constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
          [[maybe_unused]] const auto sent = ::send(waiting[i].fd, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
          buffer.erase(0, end);
        }
      }
      if (waiting[0].revents != 0) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd >= 0) waiting.push_back({fd, POLLIN, 0});
      }
    }
    for (const pollfd& one : waiting) {
      if (one.fd >= 0) ::close(one.fd);
    }
  }

  std::chrono::milliseconds period_, stall_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> ending_ = false;
  std::atomic<std::int64_t> longest_stall_ns_ = 0;
  std::thread thread_;
};

}  // namespace load
