// What HAProxy answers itself, and that everything it answers is counted. Against a real HAProxy.
#include <doctest/doctest.h>
#include <fcntl.h>

#include "balancer/haproxy/testing_site.h"

using namespace balancer;
using namespace balancer::testing;

namespace {

/// Listens and never accepts; its queue is full, so that a further connection gets no answer at all.
class BlackHole {
 public:
  BlackHole() : port(free_port("127.0.77.1")) {
    const auto where = at("127.0.77.1", port);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::bind(listener_, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0);
    REQUIRE(::listen(listener_, 0) == 0);
    for (int& fd : fillers_) {
      fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      (void)::connect(fd, reinterpret_cast<const sockaddr*>(&where), sizeof where);
    }
  }
  BlackHole(const BlackHole&) = delete;
  ~BlackHole() {
    for (const int fd : fillers_) ::close(fd);
    ::close(listener_);
  }
  const int port;

 private:
  int listener_;
  std::array<int, 4> fillers_{};
};

void want_unprobed(Site& site, const Member& member) {
  GroupSpec group = fast_group("tg");
  group.health.enabled = false;
  site.balancer->set_group(group);
  site.balancer->set_listener(listener_to("tg", site.port));
  site.balancer->set_members("tg", {member});
  site.balancer->ready();
  REQUIRE(site.sink.saw<ListenerBound>());
}

}  // namespace

TEST_CASE("haproxy: a connection that times out is answered 504, one that is refused 502") {
  Site site(Duration{2500});
  {
    const BlackHole hole;
    want_unprobed(site, {"hole", "127.0.77.1", hole.port, false});
    REQUIRE(eventually([&] { return site.get().status != 503; }));
    Client client(kAddress, site.port);
    ::poll(nullptr, 0, 400);  // time before the request is no time of the try's
    const Response late = client.ask("GET / HTTP/1.1\r\nHost: test.example\r\n\r\n");
    CHECK(late.status == 504);
    CHECK(client.raw_head.starts_with("HTTP/1.1 504 Gateway Time-out\r\n"));
    CHECK(late.has("server: awselb/2.0"));
    CHECK_FALSE(late.has("x-scaleout"));
    CHECK(site.sink.saw<Traffic>([](const Traffic& t) { return t.elb_504 > 0 && t.elb_502 + t.elb_503 == 0; }));
  }
  site.sink.forget();
  Client client(kAddress, site.port);
  ::poll(nullptr, 0, 400);
  const Response refused = client.ask("GET / HTTP/1.1\r\nHost: test.example\r\n\r\n");
  CHECK(refused.status == 502);
  CHECK(client.raw_head.starts_with("HTTP/1.1 502 Bad Gateway\r\n"));
  CHECK(site.sink.saw<Traffic>([](const Traffic& t) { return t.elb_502 == 1 && t.elb_504 == 0; }));
}

TEST_CASE("haproxy: a request whose target is taken away before it answers is a 502, one that meets no target a 503") {
  Site site;
  Backend a("a");
  site.want({a.member()});
  REQUIRE(site.sink.health("a", "healthy"));
  REQUIRE(eventually([&] { return site.get().status == 200; }));
  a.delay_ms = 3'000;
  const int before = a.requests;
  Response cut;
  std::thread client([&] { cut = site.get(); });
  CHECK(eventually([&] { return a.requests > before; }));
  site.want({});
  client.join();
  CHECK(cut.status == 502);
  CHECK(cut.has("server: awselb/2.0"));
  CHECK(site.get().status == 503);
  CHECK(site.sink.saw<Traffic>([](const Traffic& t) { return t.elb_502 == 1; }));
}

TEST_CASE("haproxy: a burst of answers is logged to the last line") {
  constexpr int kBurst = 120;  // the kernel lets 11 datagrams wait in a socket, where nobody changed that
  Site site;
  Backend a("a");
  site.want({a.member()});
  REQUIRE(site.sink.health("a", "healthy"));
  REQUIRE(eventually([&] { return site.get().status == 200; }));
  a.delay_ms = 500;  // so that all are answered at once
  const int before = a.requests;
  std::atomic<int> answered{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < kBurst; ++i) clients.emplace_back([&] { answered += site.get().status == 200 ? 1 : 0; });
  for (auto& client : clients) client.join();
  CHECK(answered == kBurst);
  CHECK(a.requests == before + kBurst);
  auto logged = [&] {
    int sum = 0;
    for (const Traffic& traffic : site.sink.all<Traffic>()) sum += traffic.latency_sampled;
    return sum;
  };
  CHECK_MESSAGE(eventually([&] { return logged() == a.requests; }), logged(), " of ", a.requests.load());
}
