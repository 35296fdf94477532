#include <doctest/doctest.h>

#include "engine/world_test.h"

namespace engine {

namespace {

model::SecurityRule open(const std::string& cidr, const std::string& group = "") {
  return {.protocol = "tcp", .from_port = 0, .to_port = 65535, .cidr = cidr, .group = group};
}

/// A balancer in sg-lb, whose listener forwards to a group with one target on a node in sg-node.
struct GuardedWorld : World {
  GuardedWorld() {
    state.vpcs.put({.id = "vpc-1", .cidr = "172.31.0.0/16"});
    const model::SecurityRule out{.egress = true, .protocol = "-1", .cidr = "0.0.0.0/0"};
    state.security_groups.put({.id = "sg-lb", .vpc_id = "vpc-1", .rules = {out, open("0.0.0.0/0")}});
    state.security_groups.put({.id = "sg-node", .vpc_id = "vpc-1", .rules = {out}});
    add_cluster("c");
    node = add_node("c");
    state.instances.update(node, [](model::Instance& instance) { instance.security_groups = {"sg-node"}; });
    state.load_balancers.put(
        {.arn = "lb", .name = "web", .address = "127.9.0.1", .vpc_id = "vpc-1", .security_groups = {"sg-lb"}});
    group = add_target_group("web");
    state.listeners.put({.arn = "listener",
                         .load_balancer_arn = "lb",
                         .port = 80,
                         .default_actions = {{.type = "forward", .target_group_arn = group}}});
    state.targets.put({.group_arn = group, .target_id = node, .port = 32768, .address = "127.9.0.64"});
    settle();
  }
  const model::Target& target() const { return state.targets.all().begin()->second; }
  void let_in(const std::string& from) {
    state.security_groups.update("sg-node", [&](model::SecurityGroup& changed) { changed.rules.push_back(open("", from)); });
    settle();
  }
  void shut() {
    state.security_groups.update("sg-node", [](model::SecurityGroup& changed) { changed.rules.resize(1); });
    settle();
  }
  std::string node, group;
};

}  // namespace

TEST_CASE("Reach_ABlockedTarget_GetsNoTrafficAndTimesOutAtThePaceOfItsProbes") {
  GuardedWorld world;
  world.advance(seconds(59));  // two probes of 30 s each
  CHECK(world.target().state == "initial");
  CHECK(world.target().blocked.find("(sg-node) let nothing in from load balancer web") != std::string::npos);
  world.advance(seconds(2));
  CHECK(world.target().state == "unhealthy");
  CHECK(world.target().reason == "Target.Timeout");
  CHECK(world.target().description == "Request timed out");
  CHECK(world.balancer->serving(world.group).empty());
}

TEST_CASE("Reach_ARuleBringsATargetBack_AndItsEndTakesItAway") {
  GuardedWorld world;
  world.advance(minutes(2));
  world.let_in("sg-lb");
  CHECK(world.target().blocked.empty());
  CHECK(world.target().state == "initial");
  CHECK(world.advance_until([&] { return world.target().state == "healthy"; }, minutes(2)));
  CHECK(world.balancer->serving(world.group).size() == 1);
  world.shut();
  CHECK(world.balancer->serving(world.group).empty());
  world.advance(seconds(61));
  CHECK(world.target().reason == "Target.Timeout");
}

TEST_CASE("Reach_ABlockedTargetThatDrains_IsIdleAtOnce") {
  GuardedWorld world;
  world.state.targets.update(world.target().key(), [&](model::Target& target) {
    target.state = "draining";
    target.draining_since = world.clock.now();
  });
  world.settle();
  CHECK(world.target().idle);
}

TEST_CASE("Reach_OutlivesTheEngine") {
  GuardedWorld world;
  world.advance(seconds(30));
  world.restart_engine();
  world.advance(seconds(31));
  CHECK(world.target().reason == "Target.Timeout");
  CHECK(world.balancer->serving(world.group).empty());
}

TEST_CASE("Reach_ATargetThatNoInstanceIs_IsNotJudged") {
  GuardedWorld world;
  world.state.targets.put({.group_arn = world.group, .target_id = "10.0.0.9", .port = 80, .address = "10.0.0.9"});
  world.settle();
  CHECK(world.state.targets.find(world.group + "|10.0.0.9:80")->blocked.empty());
}

TEST_CASE("Reach_WithoutAnyChange_NothingIsDecided") {
  GuardedWorld world;
  world.advance(minutes(2));
  const state::Commit before = world.store->commit();
  world.engine->tick();
  CHECK(world.store->commit() == before);
}

}  // namespace engine
