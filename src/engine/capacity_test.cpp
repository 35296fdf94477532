// Node groups and capacity providers, end to end on the virtual clock.
#include <doctest/doctest.h>

#include <algorithm>

#include "control/capacity/instance_lifecycle.h"
#include "engine/world_test.h"

namespace engine {

namespace {

constexpr const char* kUserData = "IyEvYmluL3NoCmVjaG8gRUNTX0NMVVNURVI9YyA+PiAvZXRjL2Vjcy9lY3MuY29uZmln";  // ECS_CLUSTER=c

/// Cluster c and a group of t2.micro, 0 to 5, whose nodes join it.
struct Nodes {
  World world;
  explicit Nodes(int desired, bool draining_hook = false) {
    world.add_cluster("c");
    model::LaunchTemplate nodes;
    nodes.id = "lt-1";
    auto& version = nodes.versions.emplace_back();
    version.instance_type = "t2.micro";
    version.image_id = "ami-1";
    version.user_data = kUserData;
    world.state.launch_templates.put(nodes);
    model::AutoScalingGroup group;
    group.name = "nodes";
    group.max_size = 5;
    group.desired_capacity = desired;
    group.launch_template_id = "lt-1";
    group.availability_zones = {"us-east-1a"};
    if (draining_hook) {
      model::LifecycleHook hook;
      hook.name = control::kDrainingHook;
      hook.transition = "autoscaling:EC2_INSTANCE_TERMINATING";
      hook.default_result = "CONTINUE";
      group.hooks.push_back(hook);
    }
    world.state.auto_scaling_groups.put(group);
    world.settle();
  }
  void provider(bool protection = false) {
    model::CapacityProvider one;
    one.name = "cp";
    one.group = "nodes";
    one.cluster = "c";
    one.managed_scaling = true;
    one.termination_protection = protection;
    world.state.capacity_providers.put(one);
  }
  void service(int desired, bool on_provider) {
    world.add_service("web", desired, world.add_task_definition("web"), world.add_target_group("web"));
    if (!on_provider) return;
    world.state.services.update("c/web", [](model::Service& record) {
      record.capacity_strategy.push_back(model::CapacityShare{"cp", 1, 0});
      record.deployments.front().capacity_strategy = record.capacity_strategy;
    });
    world.settle();
  }
  void resize(int desired) {
    world.state.auto_scaling_groups.update("nodes", [&](auto& group) { group.desired_capacity = desired; });
  }
  int waiting() const { return static_cast<int>(world.state.waiting_tasks_by_cluster.keys("c").size()); }
  int lifecycle(const std::string& state) const {
    int count = 0;
    for (const auto& [id, one] : world.state.instances.all()) count += one.lifecycle_state == state;
    return count;
  }
  std::optional<double> reservation() const {
    const Instant now = world.clock.now();
    const auto buckets = world.metrics->read(
        {.metric = {"AWS/ECS/ManagedScaling", "CapacityProviderReservation", {{"CapacityProviderName", "cp"}, {"ClusterName", "c"}}},
         .start = now - minutes(3),
         .end = now + minutes(1)});
    if (buckets.empty()) return std::nullopt;
    return buckets.back().average();
  }
};

}  // namespace

TEST_CASE("tasks of a capacity provider wait in PROVISIONING, complain about nothing, and run when nodes come") {
  Nodes nodes(0);
  nodes.provider();
  nodes.service(6, true);
  CHECK(nodes.waiting() == 6);
  for (const std::string& event : nodes.world.events("web")) CHECK(event.find("unable to place") == std::string::npos);
  nodes.world.advance(minutes(2));
  CHECK(nodes.waiting() == 6);
  CHECK(nodes.reservation() == 200);  // none there, some needed
  nodes.resize(2);
  REQUIRE(nodes.world.advance_until([&] { return nodes.world.running("web") == 6; }, minutes(5)));
  CHECK(nodes.waiting() == 0);
  for (const auto& [id, node] : nodes.world.state.container_instances.all()) CHECK(node.capacity_provider == "cp");
  nodes.world.advance(minutes(2));
  CHECK(nodes.reservation() == 100);
}

TEST_CASE("waiting tasks that are no longer wanted are taken back first") {
  Nodes nodes(1);
  nodes.provider();
  nodes.service(7, true);
  REQUIRE(nodes.world.advance_until([&] { return nodes.world.running("web") == 4; }, minutes(5)));
  CHECK(nodes.waiting() == 3);
  nodes.world.set_desired("web", 4);
  nodes.world.advance(minutes(1));
  CHECK(nodes.waiting() == 0);
  CHECK(nodes.world.running("web") == 4);
}

TEST_CASE("the reservation counts empty instances for scale-in, and protects only those that serve") {
  Nodes nodes(3);
  nodes.provider(true);
  nodes.service(4, true);
  REQUIRE(nodes.world.advance_until([&] { return nodes.lifecycle("InService") == 3; }, minutes(5)));
  nodes.world.state.services.update("c/web", [](model::Service& record) {
    record.placement_strategies.push_back(model::PlacementStrategy{"binpack", "cpu"});
  });
  REQUIRE(nodes.world.advance_until([&] { return nodes.world.running("web") == 4; }, minutes(5)));
  nodes.world.set_desired("web", 1);
  REQUIRE(nodes.world.advance_until([&] { return nodes.world.running("web") == 1; }, minutes(5)));
  nodes.world.advance(minutes(2));
  CHECK(*nodes.reservation() == doctest::Approx(100.0 / 3));
  const auto guarded = std::ranges::count_if(nodes.world.state.instances.all(),
                                             [](const auto& entry) { return entry.second.protected_from_scale_in; });
  CHECK(guarded == 1);
  nodes.resize(0);
  nodes.world.advance(minutes(5));
  CHECK(nodes.lifecycle("InService") == 1);  // the one that serves
  CHECK(nodes.world.running("web") == 1);
}

TEST_CASE("managed draining holds a terminating instance until its tasks run elsewhere, and no task is missing meanwhile") {
  Nodes nodes(2, true);
  REQUIRE(nodes.world.advance_until([&] { return nodes.lifecycle("InService") == 2; }, minutes(5)));
  nodes.service(4, false);
  REQUIRE(nodes.world.advance_until([&] { return nodes.world.running("web") == 4; }, minutes(5)));
  nodes.world.advance(minutes(1));
  nodes.resize(1);
  nodes.world.settle();
  CHECK(nodes.lifecycle("Terminating:Wait") == 1);
  int least = 4;
  const bool gone = nodes.world.advance_until(
      [&] {
        least = std::min(least, nodes.world.running("web"));
        return nodes.lifecycle("Terminated") == 1;
      },
      minutes(30));
  CHECK(gone);
  CHECK(least == 4);
  CHECK(nodes.world.running("web") == 4);
  const auto draining = std::ranges::count_if(nodes.world.state.container_instances.all(),
                                              [](const auto& entry) { return entry.second.status == "DRAINING"; });
  CHECK(draining == 0);
}

TEST_CASE("an instance that is terminated by request waits for the hook too") {
  Nodes nodes(1, true);
  REQUIRE(nodes.world.advance_until([&] { return nodes.lifecycle("InService") == 1; }, minutes(5)));
  nodes.world.state.instances.update(nodes.world.state.instances.all().begin()->first,
                                     [](model::Instance& record) { record.health_status = "Unhealthy"; });
  nodes.world.settle();
  CHECK(nodes.lifecycle("Terminating:Wait") + nodes.lifecycle("Terminating:Proceed") + nodes.lifecycle("Terminated") == 1);
  CHECK(nodes.world.advance_until([&] { return nodes.lifecycle("InService") == 1; }, minutes(5)));
}

}  // namespace engine
