// The relay of forwarded ports by itself: a thread runs it, the test is on both of its sides.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "drivers/conformance_rigs.h"
#include "drivers/process/shim/relay.h"

using namespace drivers::process;
using drivers::testing::connect_to;
using drivers::testing::free_port;

namespace {
constexpr const char* kOutside = "127.0.1.8";
constexpr const char* kInside = "127.0.1.9";

void set_timeout(int fd) {
  const timeval patience{20, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

class RelayWorld {
 public:
  explicit RelayWorld(std::int64_t drain_ms = 2'000, bool served = true) {
    port = free_port(kOutside);
    inner_port = free_port(kInside);
    if (served) server = listen_on(kInside, inner_port);
    if (served) ::fcntl(server, F_SETFL, 0);
    REQUIRE(::pipe(control_) == 0);
    const std::vector<RelayPort> ports{{listen_on(kOutside, port), kInside, inner_port}};
    relay_ = std::thread([this, ports, drain_ms] { run_relay(ports, control_[0], drain_ms); });
  }
  ~RelayWorld() {
    end();
    if (server >= 0) ::close(server);
    ::close(control_[0]);
  }
  /// As when the container has ended; returns when the relay has.
  void end() {
    close_control();
    if (relay_.joinable()) relay_.join();
  }
  void close_control() {
    if (control_[1] >= 0) ::close(control_[1]);
    control_[1] = -1;
  }
  int client() const {
    const int fd = connect_to(kOutside, port);
    if (fd >= 0) set_timeout(fd);
    return fd;
  }
  int accepted() const {
    const int fd = ::accept(server, nullptr, nullptr);
    set_timeout(fd);
    return fd;
  }
  int port = 0, inner_port = 0, server = -1;

 private:
  int control_[2] = {-1, -1};
  std::thread relay_;
};

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 + (i >> 11));
  return text;
}
bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}
std::string read_to_end(int fd) {
  std::string text;
  char buffer[65536];
  for (ssize_t n = 0; (n = ::recv(fd, buffer, sizeof buffer, 0)) > 0;) text.append(buffer, static_cast<std::size_t>(n));
  return text;
}
}  // namespace

TEST_CASE("relay: both directions at once, to the byte, and a half-close is one") {
  RelayWorld world;
  const std::string there = pattern(5'000'000), back = pattern(3'000'000);
  const int client = world.client(), server = world.accepted();
  std::string got_there;
  std::thread other([&] {
    got_there = read_to_end(server);  // the client's end, while it still waits for the answer
    CHECK(send_all(server, back));
    ::close(server);
  });
  CHECK(send_all(client, there));
  ::shutdown(client, SHUT_WR);
  const std::string got_back = read_to_end(client);
  other.join();
  CHECK(got_there == there);
  CHECK(got_back == back);
  ::close(client);
}

TEST_CASE("relay: a reader that does not read makes the writer wait, and loses nothing") {
  RelayWorld world;
  const int client = world.client(), server = world.accepted();
  ::fcntl(client, F_SETFL, O_NONBLOCK);
  const std::string block = pattern(1 << 20);
  std::string sent;
  // Until nothing was taken for a while; the kernel's own buffers on three sockets hold some megabytes.
  for (auto last = std::chrono::steady_clock::now();
       std::chrono::steady_clock::now() - last < std::chrono::milliseconds(300);) {
    const ssize_t n = ::send(client, block.data(), block.size(), MSG_NOSIGNAL);
    if (n <= 0) continue;
    sent.append(block, 0, static_cast<std::size_t>(n));
    last = std::chrono::steady_clock::now();
    REQUIRE(sent.size() < (64u << 20));
  }
  ::shutdown(client, SHUT_WR);
  CHECK(read_to_end(server) == sent);
  ::close(client);
  ::close(server);
}

TEST_CASE("relay: many connections, each with its own answer") {
  RelayWorld world;
  constexpr int kMany = 300;
  std::thread server([&] {
    for (int i = 0; i < kMany; ++i) {
      const int fd = world.accepted();
      char question[16] = {};
      const ssize_t n = ::recv(fd, question, sizeof question, 0);
      if (n > 0) send_all(fd, "you said " + std::string(question, static_cast<std::size_t>(n)));
      ::close(fd);
    }
  });
  std::vector<int> clients;
  for (int i = 0; i < kMany; ++i) clients.push_back(world.client());
  for (int i = kMany - 1; i >= 0; --i) REQUIRE(send_all(clients[static_cast<std::size_t>(i)], std::to_string(i)));
  for (int i = 0; i < kMany; ++i) {
    CHECK(read_to_end(clients[static_cast<std::size_t>(i)]) == "you said " + std::to_string(i));
    ::close(clients[static_cast<std::size_t>(i)]);
  }
  server.join();
}

TEST_CASE("relay: who is refused inside is reset outside, and a reset of one side reaches the other") {
  {
    RelayWorld nobody(2'000, false);
    const int client = nobody.client();
    char byte = 0;
    if (client >= 0) CHECK(::recv(client, &byte, 1, 0) <= 0);
    ::close(client);
  }
  RelayWorld world;
  for (const bool from_client : {false, true}) {
    const int client = world.client(), server = world.accepted();
    REQUIRE(send_all(client, "x"));
    char byte = 0;
    REQUIRE(::recv(server, &byte, 1, 0) == 1);
    const linger at_once{1, 0};
    const int breaks = from_client ? client : server, sees = from_client ? server : client;
    ::setsockopt(breaks, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(breaks);
    CHECK(::recv(sees, &byte, 1, 0) < 0);
    CHECK(errno == ECONNRESET);
    ::close(sees);
  }
}

TEST_CASE("relay: at its end an answer under way arrives whole, and nobody new is accepted") {
  RelayWorld world(20'000);
  const int client = world.client(), server = world.accepted();
  const std::string answer = pattern(4'000'000);
  REQUIRE(send_all(client, "question"));
  char question[8];
  REQUIRE(::recv(server, question, sizeof question, MSG_WAITALL) ==
          8);  // a close with something unread would be a reset
  std::thread last_words([&] {
    CHECK(send_all(server, answer));
    ::close(server);  // its process ends
  });
  world.close_control();
  CHECK(read_to_end(client) == answer);
  last_words.join();
  world.end();  // although the client has not closed its side
  CHECK(world.client() < 0);
  ::close(client);
}

TEST_CASE("relay: a client that does not read keeps it from ending for no longer than the time given") {
  RelayWorld world(100);
  const int client = world.client(), server = world.accepted();
  ::fcntl(server, F_SETFL, O_NONBLOCK);
  const std::string block = pattern(1 << 20);
  for (int i = 0; i < 64; ++i) ::send(server, block.data(), block.size(), MSG_NOSIGNAL);
  const auto began = std::chrono::steady_clock::now();
  world.end();
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(5));
  ::close(client);
  ::close(server);
}
