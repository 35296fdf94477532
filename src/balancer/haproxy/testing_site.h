// For this room's tests only: a state directory with a real HAProxy in front of backends, and load on it.
#pragma once

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <map>

#include "balancer/haproxy/haproxy_balancer.h"
#include "balancer/haproxy/process.h"
#include "balancer/haproxy/testing.h"

namespace balancer::testing {

inline constexpr const char* kAddress = "127.0.77.2";

inline GroupSpec fast_group(const std::string& id) {
  GroupSpec group;
  group.id = id;
  group.name = id;
  group.health.path = "/health";
  group.health.interval = Duration{200};
  group.health.timeout = Duration{1'000};
  group.health.healthy_threshold = 2;
  return group;
}

inline ListenerSpec listener_to(const std::string& group, int port) {
  ListenerSpec listener;
  listener.id = "listener";
  listener.load_balancer_id = "lb";
  listener.address = kAddress;
  listener.port = port;
  listener.default_action = Forward{{{group, 1}}, {}};
  return listener;
}

/// One state directory with an HAProxy that is gone at the end, whatever the test did.
struct Site {
  explicit Site(Duration connect = HaproxyOptions{}.connect_timeout, Duration silence = HaproxyOptions{}.silence)
      : connect_timeout(connect), silence(silence) {
    char name[] = "/tmp/scaleout-balancer-XXXXXX";
    directory = std::string(::mkdtemp(name)) + "/haproxy";
    port = free_port(kAddress);
    start();
  }
  ~Site() {
    if (!balancer) start();
    balancer->shut_down();
    balancer.reset();
    CHECK(masters().empty());
    std::filesystem::remove_all(std::filesystem::path(directory).parent_path());
  }
  void start(std::function<void(std::string_view)> at_point = {}) {
    HaproxyOptions options;
    options.directory = directory;
    options.silence = silence;
    options.connect_timeout = connect_timeout;
    options.at_point = std::move(at_point);
    balancer = std::make_unique<HaproxyBalancer>(options, clock, sink);
  }
  /// All is wanted as the engine sets it after a restart.
  void want(const std::vector<Member>& members) {
    balancer->set_group(fast_group("tg"));
    balancer->set_listener(listener_to("tg", port));
    balancer->set_members("tg", members);
    balancer->ready();
  }
  std::string config() const { return directory + "/haproxy.cfg"; }
  std::vector<int> masters() const { return find_haproxy(config()).masters; }
  std::vector<int> workers() const { return find_haproxy(config()).workers; }
  Response get(const std::string& path = "/", const std::string& headers = "") {
    return ask(kAddress, port, "GET " + path, headers);
  }

  const Duration connect_timeout, silence;
  SteadyWallClock clock;
  Collector sink;
  std::string directory;
  int port = 0;
  std::unique_ptr<HaproxyBalancer> balancer;
};

/// Keep-alive GETs from a few connections until stopped; a closed connection is opened again.
class Load {
 public:
  Load(int port, int connections) {
    for (int i = 0; i < connections; ++i)
      threads_.emplace_back([this, port] {
        while (!stop_) {
          Client client(kAddress, port);
          while (!stop_ && client.open()) {
            const Response response = client.ask("GET /load HTTP/1.1\r\nHost: test.example\r\n\r\n");
            ++(response.status == 200 ? good : bad);
            if (response.status != 200) {
              const std::lock_guard lock(mutex_);
              statuses_[response.status]++;
            }
          }
        }
      });
  }
  ~Load() { stop(); }
  void stop() {
    stop_ = true;
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }
  std::string failures() {
    const std::lock_guard lock(mutex_);
    std::string text;
    for (const auto& [status, count] : statuses_) text += fmt::format("{}x{} ", status, count);
    return text;
  }
  std::atomic<int> good{0}, bad{0};

 private:
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::map<int, int> statuses_;
  std::vector<std::thread> threads_;
};

inline bool eventually(const std::function<bool()>& condition, milliseconds limit = kPatience) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < deadline) {
    if (condition()) return true;
    ::poll(nullptr, 0, 5);
  }
  return condition();
}

}  // namespace balancer::testing
