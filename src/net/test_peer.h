// A raw TCP client for net's tests: sends exact bytes, reads with a deadline. Blocking, on the test's own thread.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>

#include "net/event_loop.h"
#include "net/http_server.h"

namespace net {

class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  bool connected() const { return connected_; }
  int fd() const { return fd_; }
  void half_close() { ::shutdown(fd_, SHUT_WR); }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// Until `mark` has arrived, the peer closed, or the deadline passed; what has arrived.
  std::string read_until(std::string_view mark, std::chrono::milliseconds most = std::chrono::seconds(5)) {
    const auto end = std::chrono::steady_clock::now() + most;
    std::string text;
    while (mark.empty() || text.find(mark) == std::string::npos) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
      pollfd waiting{fd_, POLLIN, 0};
      if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) break;
      char buffer[16384];
      const auto got = ::recv(fd_, buffer, sizeof buffer, 0);
      if (got <= 0) {
        closed_ = true;
        break;
      }
      text.append(buffer, static_cast<std::size_t>(got));
    }
    return text;
  }
  /// Everything until the peer closes.
  std::string read_all() { return read_until(""); }
  bool peer_closed() const { return closed_; }

 private:
  int fd_;
  bool connected_ = false;
  bool closed_ = false;
};

/// A server on a loop on a thread of its own, stopped at the end of the scope.
class RunningServer {
 public:
  explicit RunningServer(HttpServer::Handler handler, HttpServer::Options options = {}) {
    if (options.listen.empty()) options.listen = {"127.0.0.1:0"};
    auto started = HttpServer::start(loop, std::move(options), std::move(handler));
    server = *std::move(started);
    thread_ = std::thread([this] { loop.run(); });
  }
  ~RunningServer() {
    loop.post([this] {
      server.reset();
      loop.stop();
    });
    thread_.join();
  }
  std::uint16_t port() const { return server->port(); }
  HttpServer::Counters counters() {
    HttpServer::Counters counters;
    on_loop([&] { counters = server->counters(); });
    return counters;
  }
  template <class F>
  void on_loop(F function) {
    std::atomic<bool> done = false;
    loop.post([&] {
      function();
      done = true;
      done.notify_one();
    });
    done.wait(false);
  }

  EventLoop loop;
  std::unique_ptr<HttpServer> server;

 private:
  std::thread thread_;
};

}  // namespace net
