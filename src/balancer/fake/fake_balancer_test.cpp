#include "balancer/fake/fake_balancer.h"

#include <doctest/doctest.h>

namespace {
struct Collect final : balancer::Sink {
  void on_event(balancer::Event event) override { events.push_back(std::move(event)); }
  template <class T>
  std::vector<T> of() const {
    std::vector<T> found;
    for (const auto& event : events)
      if (const T* wanted = std::get_if<T>(&event)) found.push_back(*wanted);
    return found;
  }
  std::vector<balancer::Event> events;
};
}  // namespace

TEST_CASE("fake: a target serves after its first probe, not before, and not while it drains") {
  VirtualClock clock;
  Collect sink;
  balancer::FakeBalancer fake(clock, sink);
  fake.set_group({.id = "tg", .name = "tg"});
  fake.set_members("tg", {{"a", "127.0.1.1", 80, false}});
  fake.ready();
  fake.step();
  CHECK(fake.serving("tg").empty());
  CHECK(fake.next_deadline() == clock.now() + seconds(1));
  clock.advance(seconds(1));
  fake.step();
  CHECK(fake.serving("tg").count("a") == 1);
  fake.step();
  const auto health = sink.of<balancer::TargetHealthChanged>();
  REQUIRE(health.size() == 2);
  CHECK(health[0].state == "initial");
  CHECK(health[1].state == "healthy");

  fake.set_in_flight("a", 1);
  fake.set_members("tg", {{"a", "127.0.1.1", 80, true}});
  fake.step();
  CHECK(fake.serving("tg").empty());
  CHECK(sink.of<balancer::TargetIdle>().empty());
  fake.set_in_flight("a", 0);
  fake.step();
  fake.step();
  CHECK(sink.of<balancer::TargetIdle>().size() == 1);
}
