// Members, health and draining. Against a real HAProxy and real backends on 127.0.77.0/24.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

#include "balancer/haproxy/testing_site.h"

using namespace balancer;
using namespace balancer::testing;

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
  CHECK(site.sink.saw<Traffic>(
      [](const Traffic& t) { return t.group_id == "tg" && t.target_2xx > 0 && t.latency_sampled > 0; }));
}

TEST_CASE("haproxy: a probe may take longer than the interval, up to its time-out") {
  Site site;  // probes each 200 ms, which may take 1 s
  Backend a("a");
  a.probe_delay_ms = 450;
  site.want({a.member()});
  REQUIRE(site.sink.health("a", "healthy"));
  a.probe_delay_ms = 5'000;
  REQUIRE(site.sink.health("a", "unhealthy"));
  CHECK(site.sink.all<TargetHealthChanged>().back().reason == "Target.Timeout");
}

TEST_CASE("haproxy: a probe under way hides nothing of what the last one answered") {
  Site site;
  Backend a("a");
  a.health = 404;
  a.probe_delay_ms = 300;  // HAProxy is looked at each 100 ms
  site.want({a.member()});
  REQUIRE(site.sink.health("a", "unhealthy"));
  const int before = a.probes;
  CHECK(eventually([&] { return a.probes > before + 4; }));
  const auto events = site.sink.all<TargetHealthChanged>();
  CHECK(events.back().description == "Health checks failed with these codes: [404]");
  CHECK(std::ranges::none_of(events, [](const auto& e) { return e.description.find("[0]") != std::string::npos; }));
}

TEST_CASE("haproxy: a target added while HAProxy runs keeps its connections for later requests") {
  Site site;
  Backend a("a"), b("b");
  site.want({a.member()});
  REQUIRE(site.sink.health("a", "healthy"));
  site.balancer->set_members("tg", {b.member()});
  REQUIRE(site.sink.health("b", "healthy"));
  Client client(kAddress, site.port);
  for (int i = 0; i < 200; ++i) REQUIRE(client.ask("GET / HTTP/1.1\r\nHost: test.example\r\n\r\n").status == 200);
  CHECK(b.requests > 150);  // a took some until b was there
  CHECK(b.accepted - b.probes < 5);
}

TEST_CASE("haproxy: slow start: a new target's share grows with time to that of the others") {
  Site site;
  Backend a("a"), b("b");
  auto group = fast_group("tg");
  group.slow_start = seconds(3);
  site.balancer->set_group(group);
  site.balancer->set_listener(listener_to("tg", site.port));
  site.balancer->set_members("tg", {a.member()});
  site.balancer->ready();
  REQUIRE(site.sink.health("a", "healthy"));
  const auto warm = std::chrono::steady_clock::now() + milliseconds(3'300);  // a starts slowly too
  CHECK(eventually([&] { return site.get().status == 200 && std::chrono::steady_clock::now() > warm; }));
  site.balancer->set_members("tg", {a.member(), b.member()});
  REQUIRE(site.sink.health("b", "healthy"));
  Client client(kAddress, site.port);
  auto share = [&](int requests, milliseconds at_most) {
    const auto end = std::chrono::steady_clock::now() + at_most;
    const int a_before = a.requests, b_before = b.requests;
    for (int i = 0; i < requests && std::chrono::steady_clock::now() < end; ++i)
      REQUIRE(client.ask("GET / HTTP/1.1\r\nHost: test.example\r\n\r\n").status == 200);
    const int by_a = a.requests - a_before, by_b = b.requests - b_before;
    return static_cast<double>(by_b) / std::max(1, by_a + by_b);
  };
  const double early = share(200, milliseconds(700));
  MESSAGE("share after its first probe: ", early);
  CHECK(early < 0.3);
  CHECK(eventually([&] { return share(100, milliseconds(1'000)) > 0.45; }, seconds(10)));
  CHECK(b.requests > 0);
}

TEST_CASE("haproxy: a member that left and came back at once is a new registration") {
  Site site;
  Backend a("a");
  site.want({a.member()});
  REQUIRE(site.sink.health("a", "healthy"));
  site.sink.forget();
  site.balancer->set_members("tg", {});
  site.balancer->set_members("tg", {a.member()});
  CHECK(site.sink.health("a", "healthy"));
  site.balancer->set_members("tg", {a.member(true)});
  REQUIRE(site.sink.idle("a"));
  site.sink.forget();
  site.balancer->set_members("tg", {a.member()});  // deregistered, and registered before it was gone
  CHECK(site.sink.health("a", "healthy"));
  CHECK(eventually([&] { return site.get().status == 200; }));
}

TEST_CASE("haproxy: members come and go and structure changes under load: 0 failed requests") {
  Site site;
  Backend a("a"), b("b");
  std::vector<std::unique_ptr<Backend>> guests;
  for (int i = 0; i < 4; ++i) guests.push_back(std::make_unique<Backend>(fmt::format("guest-{}", i)));
  site.want({a.member(), b.member()});
  REQUIRE(site.sink.health("a", "healthy"));
  REQUIRE(site.sink.health("b", "healthy"));
  std::string unwell;
  Load load(site.port, 4);
  for (int cycle = 0; cycle < 8; ++cycle) {
    CAPTURE(cycle);
    for (const auto& e : site.sink.all<TargetHealthChanged>())
      if (e.state == "unhealthy") unwell += e.member_id + ": " + e.reason + "; ";
    site.sink.forget();
    std::vector<Member> members{a.member(), b.member()};
    for (const auto& guest : guests) members.push_back(guest->member());
    site.balancer->set_members("tg", members);
    if (cycle % 2 == 0) {
      auto listener = listener_to("tg", site.port);
      listener.rules.push_back({"rule",
                                1,
                                {{"path-pattern", "", {fmt::format("/cycle-{}", cycle)}, {}}},
                                FixedResponse{200, "text/plain", fmt::format("cycle {}", cycle)}});
      site.balancer->set_listener(listener);
    }
    for (const auto& guest : guests) REQUIRE(site.sink.health(guest->member().id, "healthy"));
    for (std::size_t i = 2; i < members.size(); ++i) members[i].draining = true;
    site.balancer->set_members("tg", members);
    for (const auto& guest : guests) REQUIRE(site.sink.idle(guest->member().id));
    members.resize(2);
    site.balancer->set_members("tg", members);
    if (cycle % 2 == 0)
      CHECK(
          eventually([&] { return site.get(fmt::format("/cycle-{}", cycle)).body == fmt::format("cycle {}", cycle); }));
  }
  load.stop();
  for (const auto& e : site.sink.all<TargetHealthChanged>())
    if (e.state == "unhealthy") unwell += e.member_id + ": " + e.reason + "; ";
  CAPTURE(unwell);
  MESSAGE("requests: ", load.good.load());
  CHECK_MESSAGE(load.bad == 0, load.failures());
}

TEST_CASE("haproxy: rules that change without end keep no new target from its probes") {
  Site site;
  Backend a("a"), b("b"), c("c");
  site.want({a.member()});
  REQUIRE(site.sink.health("a", "healthy"));
  site.balancer->set_members("tg", {a.member(), b.member(), c.member()});
  const auto is_healthy = [&](const std::string& id) {
    const auto seen = site.sink.all<TargetHealthChanged>();
    return std::any_of(seen.begin(), seen.end(),
                       [&](const auto& e) { return e.member_id == id && e.state == "healthy"; });
  };
  int changes = 0;
  CHECK(eventually(
      [&] {
        auto listener = listener_to("tg", site.port);
        listener.rules.push_back({"rule",
                                  1,
                                  {{"path-pattern", "", {fmt::format("/{}", ++changes)}, {}}},
                                  FixedResponse{200, "text/plain", "x"}});
        site.balancer->set_listener(listener);
        return is_healthy("b") && is_healthy("c");
      },
      milliseconds(10'000)));
  MESSAGE("changes: ", changes);
  CHECK(eventually([&] { return site.get(fmt::format("/{}", changes)).body == "x"; }));
}

TEST_CASE("haproxy: a killed target costs no GET; a POST in flight is never repeated") {
  Site site;
  auto a = std::make_unique<Backend>("a");
  Backend b("b");
  site.want({a->member(), b.member()});
  REQUIRE(site.sink.health("a", "healthy"));
  REQUIRE(site.sink.health("b", "healthy"));
  {
    Load load(site.port, 4);
    CHECK(eventually([&] { return load.good > 200; }));
    a->die();
    REQUIRE(site.sink.health("a", "unhealthy"));
    load.stop();
    CHECK_MESSAGE(load.bad == 0, load.failures());
  }
  const auto events = site.sink.all<TargetHealthChanged>();
  CHECK(events.back().reason == "Target.FailedHealthChecks");
  b.delay_ms = 3'000;
  Backend c("c");
  site.balancer->set_members("tg", {b.member(), c.member()});
  REQUIRE(site.sink.health("c", "healthy"));
  std::vector<std::thread> posts;
  std::atomic<int> failed{0}, answered{0};
  for (int i = 0; i < 4; ++i)
    posts.emplace_back(
        [&] { ++(ask(kAddress, site.port, "POST /", "Content-Length: 0\r\n").status == 200 ? answered : failed); });
  CHECK(eventually([&] { return b.posts + c.posts == 4 && answered + b.posts == 4; }));
  const int in_flight = b.posts;
  b.die();
  for (auto& post : posts) post.join();
  CHECK(in_flight > 0);
  CHECK(failed == in_flight);
  c.die();  // registered, but it cannot be reached: 502, and 503 once it counts as unhealthy
  const auto unreachable = site.get();
  CHECK((unreachable.status == 502 || unreachable.status == 503));
  CHECK(unreachable.has("server: awselb/2.0"));
  CHECK_FALSE(unreachable.has("x-scaleout"));
  CHECK(b.posts + c.posts == 4);
}

TEST_CASE("haproxy: a port that a stranger has is an error of that listener only") {
  Site site;
  Backend a("a"), stranger("stranger", kAddress);
  auto other = listener_to("tg", stranger.port());
  other.id = "other";
  site.balancer->set_listener(other);
  site.want({a.member()});
  REQUIRE(site.sink.health("a", "healthy"));
  CHECK(site.get().status == 200);
  CHECK(site.sink.saw<ListenerBound>([](const auto& e) { return e.listener_id == "other" && !e.error.empty(); }));
  stranger.die();
  CHECK(site.sink.saw<ListenerBound>([](const auto& e) { return e.listener_id == "other" && e.error.empty(); }));
  CHECK(ask(kAddress, other.port, "GET /").body.starts_with("a\n"));
}
