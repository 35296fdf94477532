// For this room's tests only: a small HTTP server in threads, a blocking client, and a sink that can be waited on.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "balancer/balancer.h"

namespace balancer::testing {

/// After which a test says that something hangs; not that the machine is slow.
inline constexpr std::chrono::milliseconds kPatience{30'000};

inline sockaddr_in at(const std::string& address, int port) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(static_cast<std::uint16_t>(port));
  inet_pton(AF_INET, address.c_str(), &where.sin_addr);
  return where;
}

/// A free port of an address, as far as that can be known.
inline int free_port(const std::string& address) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto where = at(address, 0);
  socklen_t size = sizeof where;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&where), size) != 0) std::abort();
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&where), &size);
  ::close(fd);
  return ntohs(where.sin_port);
}

struct Response {
  int status = 0;  ///< 0: no response
  std::string head, body;
  bool has(const std::string& text) const { return head.find(text) != std::string::npos; }
};

/// One connection; requests one after another on it.
class Client {
 public:
  Client(const std::string& address, int port) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    timeval limit{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    const auto where = at(address, port);
    open_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0;
  }
  Client(const Client&) = delete;
  ~Client() { ::close(fd_); }
  bool open() const { return open_; }

  Response ask(const std::string& request) {
    Response response;
    if (!open_ || ::send(fd_, request.data(), request.size(), MSG_NOSIGNAL) < 0) return response;
    std::size_t end = std::string::npos;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
      if (!more()) return response;
    response.head = buffer_.substr(0, end + 2);
    for (char& c : response.head) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    std::size_t length = 0;
    const auto field = response.head.find("content-length: ");
    if (field != std::string::npos) length = std::stoul(response.head.substr(field + 16));
    while (buffer_.size() < end + 4 + length)
      if (!more()) return {};
    response.body = buffer_.substr(end + 4, length);
    response.status = std::atoi(buffer_.c_str() + 9);
    const std::string raw = buffer_.substr(0, end + 2);
    buffer_.erase(0, end + 4 + length);
    if (response.has("connection: close")) open_ = false;
    raw_head = raw;
    return response;
  }
  std::string raw_head;

 private:
  bool more() {
    char chunk[16384];
    const ssize_t n = ::recv(fd_, chunk, sizeof chunk, 0);
    if (n <= 0) {
      open_ = false;
      return false;
    }
    buffer_.append(chunk, static_cast<std::size_t>(n));
    return true;
  }
  int fd_;
  bool open_ = false;
  std::string buffer_;
};

inline Response ask(const std::string& address, int port, const std::string& line, const std::string& headers = "") {
  Client client(address, port);
  return client.ask(line + " HTTP/1.1\r\nHost: test.example\r\n" + headers + "\r\n");
}

/// Has what quoting must get right.
inline constexpr const char* kCookie = "It's#1%$";

/// Answers its name and the request head it saw, to /login with kCookie too; /health with a status that can be set.
class Backend {
 public:
  explicit Backend(std::string name, std::string address = "127.0.77.1", int port = 0)
      : name_(std::move(name)), address_(std::move(address)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = port == 0 ? 0 : 1;  // with it, port 0 may get one that another listens on
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    auto where = at(address_, port);
    socklen_t size = sizeof where;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&where), size) != 0 || ::listen(listener_, 256) != 0) {
      std::perror("test backend");
      std::abort();
    }
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&where), &size);
    port_ = ntohs(where.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  Backend(const Backend&) = delete;
  ~Backend() { die(); }

  Member member(bool draining = false) const { return {name_, address_, port_, draining}; }
  int port() const { return port_; }
  /// As kill -9 of a process: every connection is reset, the port refuses.
  void die() {
    if (dead_.exchange(true)) return;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    const std::lock_guard lock(mutex_);
    for (auto& connection : connections_) {
      const linger reset{1, 0};
      ::setsockopt(connection.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
      ::shutdown(connection.fd, SHUT_RD);
    }
    for (auto& connection : connections_) {
      connection.thread.join();
      ::close(connection.fd);
    }
  }

  std::atomic<int> health{200}, delay_ms{0}, probe_delay_ms{0};
  std::atomic<int> requests{0}, probes{0}, posts{0}, accepted{0};
  std::string probe_head() {
    const std::lock_guard lock(head_mutex_);
    return probe_head_;
  }

 private:
  struct Connection {
    int fd;
    std::thread thread;
  };
  void accept_all() {
    while (!dead_) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      ++accepted;
      const std::lock_guard lock(mutex_);
      connections_.push_back({fd, std::thread([this, fd] { serve(fd); })});
    }
  }
  void wait(int ms) {
    for (int waited = 0; waited < ms && !dead_; waited += 5) ::poll(nullptr, 0, 5);
  }
  void serve(int fd) {
    std::string buffer;
    char chunk[16384];
    while (!dead_) {
      std::size_t end;
      while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
        const ssize_t n = ::recv(fd, chunk, sizeof chunk, 0);
        if (n <= 0) {
          ::shutdown(fd, SHUT_WR);
          return;
        }
        buffer.append(chunk, static_cast<std::size_t>(n));
      }
      const std::string head = buffer.substr(0, end + 2);
      buffer.erase(0, end + 4);
      int status = 200;
      if (head.find("ELB-HealthChecker") != std::string::npos || head.find("elb-healthchecker") != std::string::npos) {
        ++probes;
        status = health;
        wait(probe_delay_ms);
        const std::lock_guard lock(head_mutex_);
        probe_head_ = head;
      } else {
        ++requests;
        if (head.starts_with("POST")) ++posts;
        wait(delay_ms);
        const auto wanted = head.find("/status/");
        if (wanted != std::string::npos) status = std::atoi(head.c_str() + wanted + 8);
      }
      if (dead_) return;
      const std::string body = name_ + "\n" + head;
      const std::string answer =
          "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) +
          "\r\nContent-Type: text/plain\r\n" +
          (head.find("/login") != std::string::npos ? "Set-Cookie: " + (kCookie + ("=" + name_)) + "\r\n" : "") +
          "\r\n" + (head.starts_with("HEAD") ? "" : body);
      if (::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) return;
    }
  }

  std::string name_, address_, probe_head_;
  int listener_, port_ = 0;
  std::atomic<bool> dead_{false};
  std::thread acceptor_;
  std::mutex head_mutex_;  ///< of probe_head_
  std::mutex mutex_;       ///< of connections_: held while their threads are joined
  std::list<Connection> connections_;
};

class Collector final : public Sink {
 public:
  void on_event(Event event) override {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    changed_.notify_all();
  }
  /// Waits until an event of this type fulfils the condition; false after the limit.
  template <class T>
  bool saw(
      std::function<bool(const T&)> condition = [](const T&) { return true; },
      milliseconds limit = kPatience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [&] {
      for (const Event& event : events_)
        if (const T* one = std::get_if<T>(&event); one != nullptr && condition(*one)) return true;
      return false;
    });
  }
  template <class T>
  std::vector<T> all() {
    const std::lock_guard lock(mutex_);
    std::vector<T> found;
    for (const Event& event : events_)
      if (const T* one = std::get_if<T>(&event)) found.push_back(*one);
    return found;
  }
  void forget() {
    const std::lock_guard lock(mutex_);
    events_.clear();
  }
  bool health(const std::string& member, const std::string& state, milliseconds limit = kPatience) {
    return saw<TargetHealthChanged>([&](const auto& e) { return e.member_id == member && e.state == state; }, limit);
  }
  bool idle(const std::string& member) {
    return saw<TargetIdle>([&](const auto& e) { return e.member_id == member; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Event> events_;
};

}  // namespace balancer::testing
