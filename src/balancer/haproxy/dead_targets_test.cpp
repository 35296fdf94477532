// Against a real HAProxy: what requests see between the death of several targets and their removal.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>

#include "balancer/haproxy/haproxy_balancer.h"
#include "balancer/haproxy/testing.h"

using namespace balancer;
using namespace balancer::testing;

// Clients that each wait for their answer go round the targets in step: five of them and six targets, two dead, had one
// request meet the two by turns in each of 25 tries, one request in 7,000; none in 60,000 with 50 tries.
TEST_CASE("haproxy: half of the targets dying together costs no GET, however long they stay registered") {
  constexpr const char* kAddress = "127.0.77.3";
  char name[] = "/tmp/scaleout-balancer-XXXXXX";
  const std::filesystem::path directory = ::mkdtemp(name);
  const SteadyWallClock clock;
  Collector sink;
  HaproxyBalancer haproxy({(directory / "haproxy").string()}, clock, sink);
  std::vector<std::unique_ptr<Backend>> backends;
  std::vector<Member> members;
  for (int i = 0; i < 6; ++i)
    members.push_back(backends.emplace_back(std::make_unique<Backend>(fmt::format("b{}", i)))->member());
  GroupSpec group;
  group.id = group.name = "tg";
  group.health.path = "/health";
  group.health.interval = seconds(60);  // no check takes the dead ones out during the test
  ListenerSpec listener;
  listener.id = "listener";
  listener.load_balancer_id = "lb";
  listener.address = kAddress;
  listener.port = free_port(kAddress);
  listener.default_action = Forward{{{"tg", 1}}, {}};
  haproxy.set_group(group);
  haproxy.set_listener(listener);
  haproxy.set_members("tg", members);
  haproxy.ready();
  for (const Member& member : members) REQUIRE(sink.health(member.id, "healthy"));

  for (int i : {0, 1, 2}) backends[static_cast<std::size_t>(i)]->die();
  std::atomic<int> failed{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 5; ++i) {
    clients.emplace_back([&] {
      Client client(kAddress, listener.port);
      for (int request = 0; request < 200; ++request) {
        if (client.ask("GET / HTTP/1.1\r\nHost: test.example\r\n\r\n").status != 200) ++failed;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  CHECK(failed.load() == 0);
  haproxy.shut_down();
  std::filesystem::remove_all(directory);
}
