#include "load/generator.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "load/peer_test.h"

using namespace std::chrono_literals;
using load::ErrorKind;

namespace {

constexpr const char* kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

load::Plan plan_for(std::uint16_t port, std::vector<load::Stage> stages) {
  load::Plan plan;
  plan.target = load::parse_target("http://127.0.0.1:" + std::to_string(port) + "/api").value();
  plan.stages = std::move(stages);
  plan.timeout = 3s;
  return plan;
}

load::Outcome run(const load::Plan& plan) {
  load::Observer observer;
  load::Stop stop;
  auto outcome = load::run(plan, observer, stop);
  REQUIRE(outcome);
  // Holds of every run: each due request has ended in exactly one way, and the seconds and stages add up to the whole.
  CHECK(outcome->counts.due == outcome->counts.ok + outcome->counts.failed + outcome->cancelled);
  load::Counts seconds, stages;
  for (const auto& row : outcome->seconds) {
    seconds.due += row.counts.due;
    seconds.sent += row.counts.sent;
    seconds.ok += row.counts.ok;
    seconds.failed += row.counts.failed;
  }
  for (const auto& stage : outcome->stages) stages.due += stage.counts.due;
  CHECK(seconds.due == outcome->counts.due);
  CHECK(seconds.sent == outcome->counts.sent);
  CHECK(seconds.ok == outcome->counts.ok);
  CHECK(seconds.failed == outcome->counts.failed);
  CHECK(stages.due == outcome->counts.due);
  return *std::move(outcome);
}

}  // namespace

TEST_CASE("every request of the schedule is sent once and answered over few kept connections") {
  load::Peer peer([](load::Peer::Talk& talk) {
    while (talk.read_request()) talk.write(kOk);
  });
  const auto outcome = run(plan_for(peer.port(), {{200, 200, 1s}, {400, 400, 500ms}}));
  CHECK(outcome.counts.due == 400);
  CHECK(outcome.counts.sent == 400);
  CHECK(outcome.counts.ok == 400);
  CHECK(outcome.statuses.at(200) == 400);
  CHECK(peer.requests() == 400);
  CHECK(outcome.stages.at(0).counts.ok == 200);
  CHECK(outcome.stages.at(1).counts.ok == 200);
  CHECK(outcome.latency.count == 400);
  CHECK(outcome.service.count == 400);
  CHECK(outcome.latency.p50 >= outcome.service.p50);
  CHECK(outcome.connections_opened <= 400);
  CHECK(outcome.elapsed >= 1500ms);
}

TEST_CASE("a server that stalls 200 ms every 2 s shows its stalls: p99 near 180 ms, although 90 % are quick") {
  // 10 % of the requests fall into a stall and wait between 0 and 200 ms, evenly: the 99th percentile is where 10 % of them
  // wait longer, at 180 ms. A generator that waits for its answers before it sends again reports about a tenth of that.
  load::StallingPeer peer(2s, 200ms);
  const auto outcome = run(plan_for(peer.port(), {{1000, 1000, 8s}}));
  CHECK(outcome.counts.failed == 0);
  CHECK(outcome.latency.p99 > 165'000'000);
  // Where the machine is busy the stalls are longer, and the generator is late itself.
  CHECK(std::chrono::nanoseconds(outcome.latency.p99) < peer.longest_stall() + std::chrono::nanoseconds(outcome.lag.p99) + 15ms);
  CHECK(outcome.latency.p50 < outcome.latency.p99 / 4);
}

TEST_CASE("with one connection the wait for it counts in the latency and not in the service time") {
  load::Peer peer([](load::Peer::Talk& talk) {
    while (talk.read_request()) {
      talk.pause(20ms);
      talk.write(kOk);
    }
  });
  auto plan = plan_for(peer.port(), {{100, 100, 1s}});  // twice what one connection carries
  plan.connections = 1;
  plan.timeout = 60s;
  const auto outcome = run(plan);
  CHECK(outcome.counts.ok == 100);
  CHECK(outcome.connections_opened == 1);
  CHECK(outcome.latency.max > 800'000'000);
  CHECK(outcome.service.p50 < 100'000'000);
  CHECK(outcome.verdict == load::Verdict::saturated);
  CHECK(outcome.verdict_reason.find("raise --connections") != std::string::npos);
}

TEST_CASE("nobody listens: each request fails as refused, and the run says that it reached nobody") {
  const auto outcome = run(plan_for(load::unused_port(), {{100, 100, 500ms}}));
  CHECK(outcome.counts.failed == 50);
  CHECK(outcome.counts.sent == 0);
  CHECK(outcome.errors_of(ErrorKind::connect_refused) == 50);
  CHECK(outcome.unreachable());
  CHECK(outcome.latency.count == 0);
}

TEST_CASE("a server that goes away within the run is a failure of the server: the generator kept its schedule") {
  std::atomic<int> served = 0;
  std::atomic<load::Peer*> whole = nullptr;
  load::Peer peer([&](load::Peer::Talk& talk) {
    while (talk.read_request()) {
      if (++served > 90) return;
      talk.write(kOk);
      if (served == 90) return whole.load()->refuse();
    }
  });
  whole = &peer;
  const auto outcome = run(plan_for(peer.port(), {{100, 100, 1s}}));
  CHECK(outcome.counts.ok == 90);
  CHECK(outcome.errors_of(ErrorKind::connect_refused) > 0);
  CHECK(outcome.counts.sent < 99);
  CHECK(outcome.offered());
  if (outcome.verdict != load::Verdict::valid) CHECK(outcome.lag.p99 > 10'000'000);  // a machine that is busy with other work
}

TEST_CASE("each way to fail is counted by its kind") {
  struct Case {
    const char* rule;
    std::function<void(load::Peer::Talk&)> server;
    ErrorKind kind;
  };
  const Case cases[] = {
      {"closed before an answer", [](auto& talk) { talk.read_request(); }, ErrorKind::closed},
      {"closed within the answer", [](auto& talk) { talk.read_request(); talk.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal"); },
       ErrorKind::closed},
      {"reset", [](auto& talk) { talk.read_request(); talk.reset(); }, ErrorKind::reset},
      {"no HTTP", [](auto& talk) { talk.read_request(); talk.write("220 mail ready\r\n\r\n"); }, ErrorKind::malformed},
      {"4xx", [](auto& talk) { while (talk.read_request()) talk.write("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"); }, ErrorKind::http_4xx},
      {"5xx", [](auto& talk) { while (talk.read_request()) talk.write("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"); }, ErrorKind::http_5xx},
      {"no answer in time", [](auto& talk) { while (talk.read_request()) {} }, ErrorKind::timeout},
  };
  for (const Case& one : cases) {
    CAPTURE(one.rule);
    load::Peer peer(one.server);
    auto plan = plan_for(peer.port(), {{50, 50, 200ms}});
    if (one.kind == ErrorKind::timeout) plan.timeout = 100ms;
    const auto outcome = run(plan);
    CHECK(outcome.counts.due == 10);
    CHECK(outcome.counts.failed == 10);
    CHECK(outcome.errors_of(one.kind) == 10);
    CHECK_FALSE(outcome.unreachable());
    CHECK_FALSE(outcome.error_examples.at(load::error_name(one.kind)).empty());
    // Only those that waited their time out belong into the latencies.
    CHECK(outcome.latency.count == (one.kind == ErrorKind::timeout ? 10 : 0));
    if (one.kind == ErrorKind::timeout) CHECK(outcome.latency.p50 >= 100'000'000);
  }
}

TEST_CASE("a request that no connection was free for until its timeout was not sent") {
  load::Peer peer([](load::Peer::Talk& talk) {
    while (talk.read_request()) {}
  });
  // All due, and so all given up, within 100 us: far too short to put one after another on the one connection.
  auto plan = plan_for(peer.port(), {{1e6, 1e6, 100us}});
  plan.connections = 1;
  plan.timeout = 200ms;
  const auto outcome = run(plan);
  CHECK(outcome.counts.due == 100);
  CHECK(outcome.errors_of(ErrorKind::timeout) >= 1);
  CHECK(outcome.errors_of(ErrorKind::not_sent) >= 1);
  CHECK(outcome.errors_of(ErrorKind::timeout) + outcome.errors_of(ErrorKind::not_sent) == 100);
  CHECK(outcome.counts.sent == outcome.errors_of(ErrorKind::timeout));
}

TEST_CASE("an answer with connection: close is no failure, and the next request opens a connection") {
  load::Peer peer([](load::Peer::Talk& talk) {
    talk.read_request();
    talk.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
  });
  const auto outcome = run(plan_for(peer.port(), {{100, 100, 500ms}}));
  CHECK(outcome.counts.ok == 50);
  CHECK(outcome.connections_opened >= 50);
}

TEST_CASE("a kept connection that closes unanswered fails its request, unless it may be sent again") {
  // Each connection serves one request, takes a second one and closes without a word. Several are open at once, so that a request
  // that is sent again may meet another such connection.
  const auto server = [](load::Peer::Talk& talk) {
    talk.read_request();
    talk.pause(100ms);
    talk.write(kOk);
    talk.read_request();
  };
  for (const bool retry : {false, true}) {
    CAPTURE(retry);
    load::Peer peer(server);
    auto plan = plan_for(peer.port(), {{50, 50, 1s}});
    plan.retry_closed = retry;
    const auto outcome = run(plan);
    CHECK(outcome.counts.due == 50);
    CHECK(outcome.counts.sent == 50);  // a retry is no second request
    if (retry) {
      CHECK(outcome.counts.failed == 0);
      CHECK(outcome.retried > 5);
      CHECK(peer.requests() == 50 + outcome.retried);
    } else {
      CHECK(outcome.retried == 0);
      CHECK(outcome.errors_of(ErrorKind::closed) > 5);
      CHECK(peer.requests() == 50);
    }
  }
  load::Peer peer(server);
  auto plan = plan_for(peer.port(), {{50, 50, 1s}});
  plan.retry_closed = true;
  plan.method = "POST";
  const auto outcome = run(plan);
  CHECK(outcome.retried == 0);  // POST is not idempotent
  CHECK(outcome.errors_of(ErrorKind::closed) > 5);
}

TEST_CASE("a large request goes out whole though the socket takes it in parts") {
  load::Peer peer([](load::Peer::Talk& talk) {
    while (talk.read_request()) talk.write(kOk);
  });
  auto plan = plan_for(peer.port(), {{10, 10, 500ms}});
  plan.method = "POST";
  plan.body = std::string(8 << 20, 'b');
  plan.timeout = 20s;
  const auto outcome = run(plan);
  CHECK(outcome.counts.ok == 5);
  CHECK(peer.body_bytes() == std::uint64_t{5} * (8 << 20));
}

TEST_CASE("a stopped run keeps what it measured and says that it is partial") {
  load::Peer peer([](load::Peer::Talk& talk) {
    while (talk.read_request()) talk.write(kOk);
  });
  load::Stop stop;
  struct StopSoon final : load::Observer {
    explicit StopSoon(load::Stop& stop) : stop_(stop) {}
    void progress(const load::Progress& progress) override {
      seen = progress.total.ok;
      if (seen > 150) stop_.request();
    }
    load::Stop& stop_;
    std::uint64_t seen = 0;
  } observer(stop);
  const auto outcome = load::run(plan_for(peer.port(), {{200, 200, 3600s}}), observer, stop);
  REQUIRE(outcome);
  CHECK(outcome->verdict == load::Verdict::interrupted);
  CHECK(observer.seen > 150);
  CHECK(outcome->counts.ok >= observer.seen);
  CHECK(outcome->counts.due == outcome->counts.ok + outcome->counts.failed + outcome->cancelled);
  CHECK(outcome->target_rate == doctest::Approx(200).epsilon(0.05));
}

TEST_CASE("the closed loop keeps each of its connections busy and is not judged by a schedule") {
  load::Peer peer([](load::Peer::Talk& talk) {
    while (talk.read_request()) talk.write(kOk);
  });
  auto plan = plan_for(peer.port(), {{0, 0, 500ms}});
  plan.closed_loop = true;
  plan.connections = 4;
  const auto outcome = run(plan);
  CHECK(outcome.connections_opened == 4);
  CHECK(outcome.counts.ok > 100);
  CHECK(outcome.counts.failed == 0);
  CHECK(outcome.verdict == load::Verdict::valid);
}

TEST_CASE("progress is told each second and each stage's end once") {
  load::Peer peer([](load::Peer::Talk& talk) {
    while (talk.read_request()) talk.write(kOk);
  });
  struct Count final : load::Observer {
    void progress(const load::Progress& progress) override {
      ++told;
      recent += progress.recent.counts.ok;
      rate = progress.target_rate;
    }
    void stage_ended(std::size_t stage, const load::Progress&) override { stages.push_back(stage); }
    int told = 0;
    std::uint64_t recent = 0;
    double rate = 0;
    std::vector<std::size_t> stages;
  } observer;
  load::Stop stop;
  const auto outcome = load::run(plan_for(peer.port(), {{100, 100, 1s}, {50, 50, 1500ms}}), observer, stop);
  REQUIRE(outcome);
  CHECK(observer.told >= 1);  // 2, where nothing holds it up
  CHECK(observer.recent > 0);
  CHECK(observer.recent <= outcome->counts.ok);
  CHECK(observer.rate == 50);
  CHECK(observer.stages == std::vector<std::size_t>{0, 1});
  CHECK(outcome->seconds.size() == 3);
}

TEST_CASE("a host that does not exist is an error before anything is sent") {
  auto plan = plan_for(1, {{10, 10, 1s}});
  plan.target.host = "no-such-host.invalid";
  load::Observer observer;
  load::Stop stop;
  const auto outcome = load::run(plan, observer, stop);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().code == "HostNotFound");
}
