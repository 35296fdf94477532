// Against a real HAProxy and real backends on 127.0.77.0/24.
#include "balancer/haproxy/haproxy_balancer.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "balancer/haproxy/process.h"
#include "balancer/haproxy/testing.h"

using namespace balancer;
using namespace balancer::testing;

namespace {

constexpr const char* kAddress = "127.0.77.2";

GroupSpec fast_group(const std::string& id) {
  GroupSpec group;
  group.id = id;
  group.name = id;
  group.health.path = "/health";
  group.health.interval = Duration{200};
  group.health.timeout = Duration{150};
  group.health.healthy_threshold = 2;
  return group;
}

ListenerSpec listener_to(const std::string& group, int port) {
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
  Site() {
    char name[] = "/tmp/scaleout-balancer-XXXXXX";
    directory = std::string(::mkdtemp(name)) + "/haproxy";
    port = free_port(kAddress);
    start();
  }
  ~Site() {
    if (!balancer) start();
    balancer->shut_down();
    balancer.reset();
    CHECK(find_haproxy(directory + "/haproxy.cfg").masters.empty());
    std::filesystem::remove_all(std::filesystem::path(directory).parent_path());
  }
  void start(std::function<void(std::string_view)> at_point = {}) {
    balancer = std::make_unique<HaproxyBalancer>(HaproxyOptions{directory, "/usr/sbin/haproxy", 1, std::move(at_point)},
                                                 clock, sink);
  }
  /// All is wanted as the engine sets it after a restart.
  void want(const std::vector<Member>& members) {
    balancer->set_group(fast_group("tg"));
    balancer->set_listener(listener_to("tg", port));
    balancer->set_members("tg", members);
    balancer->ready();
  }
  std::vector<int> masters() const { return find_haproxy(directory + "/haproxy.cfg").masters; }
  std::vector<int> workers() const { return find_haproxy(directory + "/haproxy.cfg").workers; }
  Response get(const std::string& path = "/", const std::string& headers = "") {
    return ask(kAddress, port, "GET " + path, headers);
  }

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

bool eventually(const std::function<bool()>& condition, milliseconds limit = milliseconds(5'000)) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < deadline) {
    if (condition()) return true;
    ::poll(nullptr, 0, 5);
  }
  return condition();
}

}  // namespace

TEST_CASE("haproxy: a target serves after its first passed probe, drains, and is removed") {
  Site site;
  Backend a("a"), b("b");
  b.health = 404;
  site.want({a.member(), b.member()});
  REQUIRE(site.sink.saw<ListenerBound>());
  CHECK(site.sink.all<ListenerBound>()[0].port == site.port);
  REQUIRE(site.sink.health("a", "healthy"));
  CHECK(site.sink.saw<BalancerUp>());
  for (int i = 0; i < 10; ++i) CHECK(site.get().body.starts_with("a\n"));
  CHECK(b.requests == 0);
  CHECK(a.probe_head().find("ELB-HealthChecker/2.0") != std::string::npos);
  CHECK(a.probe_head().find(fmt::format("127.0.77.1:{}", a.port())) != std::string::npos);

  REQUIRE(site.sink.health("b", "unhealthy"));
  const auto events = site.sink.all<TargetHealthChanged>();
  CHECK(events.back().reason == "Target.ResponseCodeMismatch");
  CHECK(events.back().description == "Health checks failed with these codes: [404]");
  b.health = 200;
  REQUIRE(site.sink.health("b", "healthy"));
  CHECK(eventually([&] { return site.get().body.starts_with("b\n"); }));

  a.delay_ms = 300;
  int status = 0;
  std::thread slow([&] {
    while (status == 0 || a.requests < 11) status = site.get("/slow").status;
  });
  CHECK(eventually([&] { return a.requests >= 11; }));
  site.balancer->set_members("tg", {a.member(true), b.member()});
  CHECK(site.sink.idle("a"));
  slow.join();
  CHECK(status == 200);
  const int before = a.requests;
  for (int i = 0; i < 6; ++i) CHECK(site.get().body.starts_with("b\n"));
  CHECK(a.requests == before);
  site.balancer->set_members("tg", {b.member()});
  for (int i = 0; i < 6; ++i) CHECK(site.get().status == 200);
  CHECK(site.sink.saw<Traffic>([](const Traffic& t) { return t.group_id == "tg" && t.target_2xx > 0 && t.latency_sampled > 0; }));
}
