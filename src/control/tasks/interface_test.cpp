#include "control/tasks/interface.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "control/scenario/world.h"
#include "control/tasks/new_task.h"

using namespace control;
using control::testing::World;

namespace {

model::Subnet subnet(const std::string& zone, const std::string& vpc = "vpc-1") {
  return {.id = "subnet-" + zone, .vpc_id = vpc, .availability_zone = zone};
}

/// A service "web" whose tasks have interfaces in the subnets of zones a and b; nodes are in a and c.
struct AwsvpcScene {
  World world;
  explicit AwsvpcScene(int desired, const std::string& launch_type = "EC2") {
    for (const char* zone : {"a", "b"}) world.subnets["subnet-" + std::string(zone)] = subnet(zone);
    world.add_definition("v1", {128}, {64}, {});
    world.definitions.at("td/v1").network_mode = "awsvpc";
    world.add_nodes(2, "t2.micro", {"a", "c"});
    for (auto& [id, node] : world.nodes_by_id) node.attributes["ecs.vpc-id"] = "vpc-1";
    model::Service made;
    made.name = "web";
    made.desired_count = desired;
    made.launch_type = launch_type;
    made.network = {.subnets = {"subnet-a", "subnet-b"}, .security_groups = {"sg-1"}};
    world.add_service(made, "v1", 1);
    for (auto& [arn, group] : world.groups) group.target_type = "ip";
  }
  ~AwsvpcScene() {
    for (const auto& failure : world.failures) FAIL_CHECK(failure);
  }
  model::Service& service() { return world.services.at("c/web"); }
  int in_zone(const std::string& zone) const {
    return static_cast<int>(std::ranges::count_if(world.tasks, [&](const auto& entry) {
      return entry.second.wanted() && entry.second.availability_zone == zone;
    }));
  }
  int running() const {
    return static_cast<int>(
        std::ranges::count_if(world.tasks, [](const auto& entry) { return entry.second.last_status == "RUNNING"; }));
  }
  bool told(const std::string& text) const {
    return std::ranges::any_of(world.timeline, [&](const auto& line) { return line.find(text) != std::string::npos; });
  }
};

}  // namespace

TEST_CASE("Interface_PortsAreTheContainersOwnAtTheTasksAddress_AndTakeNothingFromTheNode") {
  Random random(1);
  model::TaskDefinition definition;
  definition.network_mode = "awsvpc";
  definition.containers.push_back({.name = "web", .port_mappings = {{.container_port = 80}, {.container_port = 81}}});
  model::ContainerInstance node;
  node.id = "node";
  node.address = "127.1.0.64";
  const model::Subnet there = subnet("a");
  const model::Task task = make_task({.definition = definition,
                                      .node = &node,
                                      .port_used = [](int) { return true; },
                                      .network = model::NetworkConfiguration{.security_groups = {"sg-1"}},
                                      .subnet = &there,
                                      .address = "127.1.4.0"},
                                     {}, {}, random);
  REQUIRE(task.network_interface);
  CHECK(task.network_interface->id.starts_with("eni-"));
  CHECK(task.network_interface->subnet_id == "subnet-a");
  CHECK(task.network_interface->security_groups == std::vector<std::string>{"sg-1"});
  CHECK(task.address() == "127.1.4.0");
  CHECK(task.static_host_ports.empty());
  REQUIRE(task.containers[0].network_bindings.size() == 2);
  CHECK(task.containers[0].network_bindings[1].bind_ip == "127.1.4.0");
  CHECK(task.containers[0].network_bindings[1].host_port == 81);
}

TEST_CASE("Interface_ATaskThatWaits_RemembersWhereItsInterfaceIsToBe") {
  Random random(1);
  model::TaskDefinition definition;
  definition.network_mode = "awsvpc";
  model::Task task = make_task({.definition = definition,
                                .capacity_provider = "cp",
                                .network = model::NetworkConfiguration{.subnets = {"subnet-a"}}},
                               {}, {}, random);
  CHECK(task.waiting());
  CHECK_FALSE(task.network_interface);
  REQUIRE(task.wanted_network);
  const model::Subnet there = subnet("a");
  const model::NetworkConfiguration network = *task.wanted_network;
  attach_interface(task, definition, {network, there, "127.1.4.0"}, random);
  CHECK(task.network_interface);
  CHECK_FALSE(task.wanted_network);
}

TEST_CASE("Interface_OnlyNodesOfItsSubnetsZonesGetTheTask_AndTheTargetIsItsAddress") {
  AwsvpcScene scene(2);
  scene.world.run_for(seconds(60));
  CHECK(scene.running() == 2);
  CHECK(scene.in_zone("a") == 2);
  REQUIRE(scene.world.targets.size() == 2);
  for (const auto& [key, target] : scene.world.targets) {
    const model::Task& task = scene.world.tasks.at(target.task_id);
    CHECK(target.target_id == task.network_interface->address);
    CHECK(target.address == task.network_interface->address);
    CHECK(target.availability_zone == "a");
  }
}

TEST_CASE("Interface_NodesOfAnotherVpcAreNoPlace") {
  AwsvpcScene scene(1);
  for (auto& [id, node] : scene.world.nodes_by_id) node.attributes["ecs.vpc-id"] = "vpc-2";
  scene.world.run_for(seconds(60));
  CHECK(scene.running() == 0);
  CHECK(scene.told("was unable to place a task because no container instance met all of its requirements"));
}

TEST_CASE("Interface_WithoutAddresses_NoMoreTasksStart_AndTheReasonIsToldOnce") {
  AwsvpcScene scene(3);
  scene.world.addresses = 2;
  scene.world.run_for(minutes(5));
  CHECK(scene.running() == 2);
  CHECK(std::ranges::count_if(scene.world.timeline, [](const std::string& line) {
          return line.find("Every address that this engine has") != std::string::npos;
        }) == 1);
  scene.world.addresses = 3;
  scene.world.touch_service("c/web");
  scene.world.run_for(minutes(1));
  CHECK(scene.running() == 3);
}

TEST_CASE("Interface_WithoutASubnet_NothingStarts_AndTheEventSaysWhatToDo") {
  AwsvpcScene scene(1);
  scene.world.subnets.clear();
  scene.world.run_for(minutes(1));
  CHECK(scene.running() == 0);
  CHECK(scene.told("Update its network configuration"));
}

TEST_CASE("Interface_OfADaemon_OneOnEachNodeOfItsZones") {
  AwsvpcScene scene(0);
  scene.world.delete_service("web");
  scene.world.run_for(minutes(1));
  model::Service daemon;
  daemon.name = "agent";
  daemon.scheduling_strategy = "DAEMON";
  daemon.deployment_configuration.maximum_percent = 100;
  daemon.deployment_configuration.minimum_healthy_percent = 0;
  daemon.network = {.subnets = {"subnet-a", "subnet-b"}};
  scene.world.add_service(daemon, "v1", 0);
  scene.world.run_for(minutes(1));
  CHECK(scene.running() == 1);
  CHECK(scene.in_zone("a") == 1);
}

TEST_CASE("Fargate_RunsWithoutNodes_SpreadOverTheZonesOfItsSubnets") {
  AwsvpcScene scene(5, "FARGATE");
  scene.world.run_for(minutes(1));
  CHECK(scene.running() == 5);
  CHECK(scene.in_zone("a") == 3);
  CHECK(scene.in_zone("b") == 2);
  for (const auto& [id, task] : scene.world.tasks) {
    CHECK(task.launch_type == "FARGATE");
    CHECK(task.container_instance.empty());
    CHECK(task.network_interface);
  }
  CHECK(scene.service().deployments.front().rollout_state == "COMPLETED");
}

TEST_CASE("Fargate_ScaleIn_KeepsTheZonesBalanced") {
  AwsvpcScene scene(4, "FARGATE");
  scene.world.run_for(minutes(1));
  scene.world.set_desired("web", 2);
  scene.world.run_for(minutes(1));
  CHECK(scene.in_zone("a") == 1);
  CHECK(scene.in_zone("b") == 1);
}

TEST_CASE("Fargate_OfAStrategy_GivesEachProviderItsShare_AndNothingWaits") {
  AwsvpcScene scene(0, "FARGATE");
  scene.service().launch_type = "";
  scene.service().capacity_strategy = {{"FARGATE", 1, 1}, {"FARGATE_SPOT", 3, 0}};
  scene.world.set_desired("web", 5);
  scene.world.run_for(minutes(1));
  CHECK(scene.running() == 5);
  CHECK(std::ranges::count_if(scene.world.tasks,
                              [](const auto& entry) { return entry.second.capacity_provider == "FARGATE_SPOT"; }) == 3);
}

TEST_CASE("Fargate_ANewNetworkConfiguration_RollsTheService") {
  AwsvpcScene scene(2, "FARGATE");
  scene.world.run_for(minutes(1));
  scene.service().network.subnets = {"subnet-b"};
  scene.world.deploy("web", "v1");
  scene.world.run_for(minutes(2));
  CHECK(scene.running() == 2);
  CHECK(scene.in_zone("b") == 2);
}

TEST_CASE("Fargate_ARollback_BringsBackNetworkAndLaunchType") {
  AwsvpcScene scene(2, "FARGATE");
  scene.world.run_for(minutes(1));
  scene.world.add_definition("bad", {128}, {64}, {.cannot_pull = true});
  scene.world.definitions.at("td/bad").network_mode = "awsvpc";
  scene.service().network.subnets = {"subnet-b"};
  scene.service().deployment_configuration.circuit_breaker = {.enable = true, .rollback = true};
  scene.world.deploy("web", "bad");
  scene.world.run_for(minutes(10));
  CHECK(scene.service().task_definition_arn == "td/v1");
  CHECK(scene.service().launch_type == "FARGATE");
  CHECK(scene.service().network.subnets.size() == 2);
}
