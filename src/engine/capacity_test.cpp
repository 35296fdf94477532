// Node groups and capacity providers, end to end on the virtual clock.
#include <doctest/doctest.h>

#include <algorithm>

#include "control/capacity/instance_lifecycle.h"
#include "control/tasks/new_task.h"
#include "engine/story_world_test.h"

namespace engine {

namespace {

constexpr const char* kUserData = "IyEvYmluL3NoCmVjaG8gRUNTX0NMVVNURVI9YyA+PiAvZXRjL2Vjcy9lY3MuY29uZmln";  // ECS_CLUSTER=c

/// As ECS puts it on the group of a capacity provider, whatever that one's managed scaling is.
model::LifecycleHook draining_hook() {
  model::LifecycleHook hook;
  hook.name = control::kDrainingHook;
  hook.transition = "autoscaling:EC2_INSTANCE_TERMINATING";
  hook.default_result = "CONTINUE";
  return hook;
}

/// Cluster c and a group of t2.micro, 0 to 5, whose nodes join it.
struct Nodes {
  World world;
  explicit Nodes(int desired, bool managed_draining = false) {
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
    if (managed_draining) group.hooks.push_back(draining_hook());
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
  void daemon() {  // named so that order of names would decide it last
    world.add_service("zlog", 0, world.add_task_definition("zlog", {64}, {128}));
    world.state.services.update("c/zlog", [](model::Service& record) {
      record.scheduling_strategy = "DAEMON";
      record.deployment_configuration.minimum_healthy_percent = 0;
      record.deployment_configuration.maximum_percent = 100;
    });
    world.settle();
  }
  /// Replicas of which a t2.micro (983 MiB) takes four, or three beside the daemon.
  void quarters(int desired, bool on_provider) {
    world.add_service("web", desired, world.add_task_definition("web", {64}, {245}));
    if (!on_provider) return;
    world.state.services.update("c/web", [](model::Service& record) {
      record.capacity_strategy.push_back(model::CapacityShare{"cp", 1, 0});
      record.deployments.front().capacity_strategy = record.capacity_strategy;
    });
  }
  /// A task as RunTask starts it; its id.
  std::string run_job() {
    const std::string definition = world.add_task_definition("job");
    world.state.tasks.put(control::make_task(
        {.definition = *world.state.task_definitions.find(model::TaskDefinition::key_of(definition)),
         .node = &world.state.container_instances.all().begin()->second,
         .cluster = "c",
         .group = "family:job",
         .port_used = [](int) { return false; }},
        {}, world.clock.now(), world.random));
    world.advance(seconds(10));
    return world.state.tasks.all().begin()->first;
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

TEST_CASE("ManagedDraining_WaitsForAStandaloneTaskLongerThanTheHooksHeartbeat") {
  Nodes nodes(1, true);
  REQUIRE(nodes.world.advance_until([&] { return nodes.lifecycle("InService") == 1; }, minutes(5)));
  const std::string job = nodes.run_job();
  nodes.resize(0);
  nodes.world.advance(minutes(90));
  REQUIRE(nodes.lifecycle("Terminating:Wait") == 1);
  CHECK(nodes.world.state.tasks.find(job)->last_status == "RUNNING");
  nodes.world.state.tasks.update(job, [](model::Task& task) { task.desired_status = "STOPPED"; });
  CHECK(nodes.world.advance_until([&] { return nodes.lifecycle("Terminated") == 1; }, minutes(2)));
}

TEST_CASE("ManagedDraining_EndsAfter48HoursWhateverStillRuns") {
  Nodes nodes(1, true);
  REQUIRE(nodes.world.advance_until([&] { return nodes.lifecycle("InService") == 1; }, minutes(5)));
  const std::string job = nodes.run_job();
  nodes.resize(0);
  nodes.world.advance(hours(48) - seconds(1));
  REQUIRE(nodes.lifecycle("Terminating:Wait") == 1);
  CHECK(nodes.world.state.tasks.find(job)->last_status == "RUNNING");
  nodes.world.advance(minutes(3));
  CHECK(nodes.lifecycle("Terminated") == 1);
  CHECK(nodes.world.state.tasks.find(job)->stop_code == "TerminationNotice");
}

// A provider only for its draining: the group scales by a policy of its own.
TEST_CASE("ManagedDraining_WithoutManagedScaling_DrainsWhatTheGroupsOwnPolicyTakes") {
  StoryWorld world;
  world.add_nodes(1, 3, 2, 50);
  world.state.auto_scaling_groups.update("nodes", [](auto& group) { group.hooks.push_back(draining_hook()); });
  model::CapacityProvider provider;
  provider.name = "cp";
  provider.group = "nodes";
  provider.cluster = "c";
  world.state.capacity_providers.put(provider);
  world.advance(minutes(5));
  world.add_service("api", 2, world.add_task_definition("api"));
  REQUIRE(world.advance_until([&] { return world.running("api") == 2; }, minutes(2)));
  bool drained = false;
  int least = 2;
  const auto terminated = [&] {
    least = std::min(least, world.running("api"));
    for (const auto& [id, node] : world.state.container_instances.all()) drained = drained || node.status == "DRAINING";
    return std::ranges::any_of(world.state.instances.all(),
                               [](const auto& entry) { return entry.second.state == "terminated"; });
  };
  CHECK(world.advance_until(terminated, minutes(30)));
  CHECK(world.nodes_wanted() == 1);
  CHECK(drained);
  CHECK(least == 2);
  for (const auto& [id, activity] : world.state.scaling_activities.all()) {
    if (!activity.description.starts_with("Terminating")) continue;
    CHECK(activity.cause.find("TargetTracking-") != std::string::npos);
  }
}

// The group takes one of two nodes, each with the daemon's task and some of web's.
TEST_CASE("Daemon_StopsAfterTheReplicasOfANodeThatGoes_WhichGoesThen") {
  for (const bool managed_draining : {true, false}) {
    CAPTURE(managed_draining);
    Nodes nodes(2, managed_draining);
    nodes.daemon();
    REQUIRE(nodes.world.advance_until([&] { return nodes.world.running("zlog") == 2; }, minutes(5)));
    nodes.quarters(3, false);
    REQUIRE(nodes.world.advance_until([&] { return nodes.world.running("web") == 3; }, minutes(5)));
    nodes.world.advance(minutes(1));
    nodes.resize(1);
    nodes.world.settle();
    CHECK(nodes.world.advance_until([&] { return nodes.lifecycle("Terminated") == 1; }, minutes(10)));
    std::optional<Instant> daemon_told;
    std::vector<Instant> replicas_ended;
    for (const auto& [id, task] : nodes.world.state.tasks.all()) {
      if (!task.stopped()) continue;
      if (task.service == "zlog") daemon_told = task.stopping_at;
      if (task.service == "web") replicas_ended.push_back(*task.stopped_at);
    }
    REQUIRE(daemon_told);
    REQUIRE(replicas_ended.size() > 0);
    CHECK(*daemon_told >= std::ranges::max(replicas_ended));
    CHECK(nodes.world.running("zlog") == 1);
  }
}

TEST_CASE("Daemon_StartsBeforeWaitingReplicasOnANewNode") {
  for (const bool on_provider : {true, false}) {  // waiting in PROVISIONING, or refused and tried again
    CAPTURE(on_provider);
    Nodes nodes(0);
    nodes.provider();
    nodes.daemon();
    nodes.quarters(6, on_provider);
    nodes.world.settle();
    nodes.resize(1);
    REQUIRE(nodes.world.advance_until([&] { return nodes.world.running("web") >= 3; }, minutes(5)));
    nodes.world.advance(minutes(1));
    CHECK(nodes.world.running("zlog") == 1);
    CHECK(nodes.world.running("web") == 3);
  }
}

TEST_CASE("Daemon_ItsShareOfEachNodeIsLeftOutOfWhatTheReservationCountsOn") {
  Nodes nodes(1);
  nodes.provider();
  nodes.daemon();
  REQUIRE(nodes.world.advance_until([&] { return nodes.world.running("zlog") == 1; }, minutes(5)));
  nodes.quarters(11, true);
  nodes.world.advance(minutes(2));
  CHECK(nodes.waiting() == 8);
  CHECK(nodes.reservation() == 400);  // three nodes of three more, not two of four
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
