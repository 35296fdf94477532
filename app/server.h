// The event loop: one thread, level-triggered epoll, no allocation for a request on a warm connection.
// Made and run by main.cpp.
// Always holds: answers leave in the order of their requests; every wait for a client has a deadline; a client
// that does not read is not read from; what one client can make it keep is bounded.
#pragma once

#include <array>
#include <csignal>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "app/connection.h"
#include "app/counters.h"
#include "app/listener.h"
#include "app/responder.h"
#include "app/settings.h"

namespace http_api {

class Server {
 public:
  /// Listens, and takes over SIGTERM and SIGINT. `settings` outlives the server.
  static tl::expected<std::unique_ptr<Server>, std::string> open(const Settings& settings);

  const std::string& url() const { return listener_.url; }

  /// Serves until SIGTERM or SIGINT, then until what is in flight is answered.
  void run();

 private:
  struct Work {
    int descriptor;
    std::uint32_t serial;
  };
  struct Sent {
    std::size_t bytes;
    bool failed;
  };
  static constexpr std::size_t kReadBytes = 16 * 1024;
  static constexpr std::size_t kFlushBytes = 16 * 1024;  // answers of one client rendered before they are sent
  // For connections that are silent at SIGTERM and have no answer yet: a request may be on the way.
  static constexpr Moment kDrainFirstRequestMilliseconds = 500;

  Server(const Settings& settings, Listener listener, FileDescriptor epoll, FileDescriptor signals,
         FileDescriptor timer, const RandomLetters::Seed& seed, double start_unix_seconds);

  void look_at_clocks();
  void keep_sweeping(bool on);
  void handle(std::uint64_t tag, std::uint32_t events);

  void accept_clients();
  void watch_listener(bool on);
  void handle_connection(Connection& connection, std::uint32_t events);
  void read_from(Connection& connection);
  void read_to_nowhere(Connection& connection);
  void write_rest(Connection& connection);

  // These may close the connection: callers do not touch it afterwards.
  void serve(Connection& connection, std::string_view bytes);
  void read_on(Connection& connection);
  void start_work(Connection& connection);
  void finish_next_work();
  void finish(Connection& connection);
  void close(Connection& connection);

  [[nodiscard]] bool parse_requests(Connection& connection, std::string_view& bytes);
  [[nodiscard]] bool answer(Connection& connection, const Request& request, std::string_view rest);
  static Sent send_all(const Connection& connection, std::string_view bytes);

  void start_draining();
  void sweep();
  void expire(Connection& connection);
  void set_interest(Connection& connection, std::uint32_t events);
  Connection* find(int descriptor, std::uint32_t serial) const;

  const Settings& settings_;
  Listener listener_;
  FileDescriptor epoll_;
  FileDescriptor signals_;
  FileDescriptor timer_;
  Counters counters_;
  Responder responder_;
  std::vector<std::unique_ptr<Connection>> connections_;  // by descriptor
  std::deque<Work> work_;
  std::array<char, kReadBytes> read_buffer_;
  std::string out_;  // answers being rendered for the one connection in hand; empty between connections
  std::uint32_t next_serial_ = 1;
  bool listener_watched_ = false;
  bool sweeping_ = false;
  bool sweep_due_ = false;
  Moment now_ = 0;
  Moment sweep_interval_;
  Moment drain_end_ = kNever;
  long long unix_seconds_ = 0;
};

}  // namespace http_api
