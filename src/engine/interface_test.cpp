// Tasks with an address of their own, on nodes and on Fargate, in a whole engine over fakes.
#include <doctest/doctest.h>

#include <set>

#include "engine/task_spec.h"
#include "engine/world_test.h"

namespace engine {

namespace {

/// A service of mode awsvpc behind a target group of type ip, in a subnet of the node's zone.
struct AwsvpcWorld : World {
  explicit AwsvpcWorld(const std::string& launch_type = "EC2", drivers::fake::Program program = {})
      : World(std::move(program)) {
    state.vpcs.put({.id = "vpc-1", .cidr = "172.31.0.0/16"});
    state.subnets.put(
        {.id = "subnet-a", .vpc_id = "vpc-1", .cidr = "172.31.0.0/20", .availability_zone = "us-east-1a"});
    const model::SecurityRule out{.egress = true, .protocol = "-1", .cidr = "0.0.0.0/0"};
    const model::SecurityRule in{.protocol = "tcp", .from_port = 0, .to_port = 65535, .cidr = "0.0.0.0/0"};
    state.security_groups.put({.id = "sg-lb", .vpc_id = "vpc-1", .rules = {out, in}});
    state.security_groups.put({.id = "sg-task", .vpc_id = "vpc-1", .rules = {out, in}});
    add_cluster("c");
    if (launch_type == "EC2") {
      node = add_node("c");
      state.instances.update(node, [](model::Instance& instance) {
        instance.vpc_id = "vpc-1";
        instance.subnet_id = "subnet-a";
      });
    }
    group = add_target_group("web");
    state.target_groups.update(group, [](model::TargetGroup& record) { record.target_type = "ip"; });
    state.load_balancers.put(
        {.arn = "lb", .name = "web", .address = "127.9.0.1", .vpc_id = "vpc-1", .security_groups = {"sg-lb"}});
    state.listeners.put({.arn = "listener",
                         .load_balancer_arn = "lb",
                         .port = 80,
                         .default_actions = {{.type = "forward", .target_group_arn = group}}});
    definition = add_task_definition("web");
    state.task_definitions.update(model::TaskDefinition::key_of(definition), [](model::TaskDefinition& record) {
      record.network_mode = "awsvpc";
      record.cpu = CpuUnits{256};
      record.memory = MiB{128};
    });
    add_service("web", 2, definition, group);
    state.services.update("c/web", [&](model::Service& service) {
      service.launch_type = launch_type;
      service.network = {.subnets = {"subnet-a"}, .security_groups = {"sg-task"}};
      service.deployments.front().launch_type = launch_type;
      service.deployments.front().network = service.network;
    });
  }
  std::set<std::string> addresses() const {
    std::set<std::string> found;
    for (const auto& [id, task] : state.tasks.all()) {
      if (!task.stopped()) found.insert(task.address());
    }
    return found;
  }
  const model::Task& any_task() const { return state.tasks.all().begin()->second; }
  std::string node, group, definition;
};

}  // namespace

TEST_CASE("Interface_EachTaskHasAnAddressOfThePlan_WhichItsTargetAndItsPortsAre") {
  AwsvpcWorld world;
  REQUIRE(world.advance_until([&] { return world.running("web") == 2; }, minutes(5)));
  REQUIRE(world.advance_until([&] { return world.balancer->serving(world.group).size() == 2; }, minutes(2)));
  CHECK(world.addresses() == std::set<std::string>{AddressPlan("/test").task(0), AddressPlan("/test").task(1)});
  for (const auto& [key, target] : world.state.targets.all()) {
    const model::Task& task = *world.state.tasks.find(target.task_id);
    CHECK(target.target_id == task.address());
    CHECK(target.port == 8080);
    const auto spec =
        task_spec(task, *world.state.task_definitions.find(model::TaskDefinition::key_of(world.definition)), {});
    CHECK(spec.node_id == world.node);
    CHECK(spec.containers[0].ports[0].host_ip == task.address());
    CHECK(spec.containers[0].ports[0].host_port == 8080);
  }
}

TEST_CASE("Interface_OutlivesTheEngine_AndNoLaterTaskGetsALivingOnesAddress") {
  AwsvpcWorld world;
  REQUIRE(world.advance_until([&] { return world.running("web") == 2; }, minutes(5)));
  const auto before = world.addresses();
  world.restart_engine();
  CHECK(world.addresses() == before);
  world.set_desired("web", 4);
  REQUIRE(world.advance_until([&] { return world.running("web") == 4; }, minutes(5)));
  CHECK(world.addresses().size() == 4);
}

TEST_CASE("Interface_ATaskThatDrains_KeepsItsAddressUntilItHasStopped") {
  AwsvpcWorld world;
  REQUIRE(world.advance_until([&] { return world.balancer->serving(world.group).size() == 2; }, minutes(5)));
  world.set_desired("web", 0);
  const auto all_stopped = [&] {
    for (const auto& [id, task] : world.state.tasks.all()) {
      CHECK(world.state.task_addresses.holder(task.address()) == (task.stopped() ? "" : id));
    }
    return world.addresses().empty();
  };
  REQUIRE(world.advance_until(all_stopped, minutes(10)));
  CHECK(world.state.task_addresses.left() == AddressPlan::kTasks);
}

TEST_CASE("Interface_ItsSecurityGroupsDecideWhetherTheBalancerReachesIt") {
  AwsvpcWorld world;
  REQUIRE(world.advance_until([&] { return world.balancer->serving(world.group).size() == 2; }, minutes(5)));
  world.state.security_groups.update("sg-task", [](model::SecurityGroup& group) { group.rules.resize(1); });
  world.settle();
  const model::Target& target = world.state.targets.all().begin()->second;
  CHECK(target.blocked.find("the security groups of task " + target.task_id + " (sg-task) let nothing in") !=
        std::string::npos);
  CHECK(world.balancer->serving(world.group).empty());
}

TEST_CASE("Fargate_TasksRunServeAndEnd_WithoutAnyNode") {
  AwsvpcWorld world("FARGATE");
  REQUIRE(world.advance_until([&] { return world.balancer->serving(world.group).size() == 2; }, minutes(5)));
  CHECK(world.state.container_instances.empty());
  CHECK(world.addresses().size() == 2);
  const model::Task task = world.any_task();
  CHECK(task.availability_zone == "us-east-1a");
  const auto spec =
      task_spec(task, *world.state.task_definitions.find(model::TaskDefinition::key_of(world.definition)), {});
  CHECK(spec.node_id == "fargate");
  CHECK(spec.cpu == CpuUnits{256});
  CHECK(spec.memory == MiB{128});
  world.restart_engine();
  world.advance(minutes(1));
  CHECK(world.running("web") == 2);
  world.set_desired("web", 0);
  REQUIRE(world.advance_until([&] { return world.addresses().empty(); }, minutes(10)));
}

TEST_CASE("Fargate_WithoutAnyChange_NothingIsDecided") {
  AwsvpcWorld world("FARGATE");
  world.advance(minutes(10));
  REQUIRE(world.running("web") == 2);
  const state::Commit before = world.store->commit();
  world.engine->tick();
  CHECK(world.store->commit() == before);
}

TEST_CASE("Fargate_UseIsOverTheTasksSize_AndTheClustersNodesHaveNoneOfIt") {
  AwsvpcWorld world("FARGATE", [](const drivers::TaskSpec&, const drivers::ContainerSpec&) {
    return drivers::fake::Behaviour{.cores = [](Duration) { return 0.025; }, .memory_bytes = 64u << 20};
  });
  world.add_node("c");  // idle: no task of the service is on it
  world.advance(minutes(5));
  const auto newest = [&](const char* name, std::map<std::string, std::string> dimensions) {
    return world.metrics->newest({"AWS/ECS", name, std::move(dimensions)});
  };
  const std::map<std::string, std::string> web{{"ClusterName", "c"}, {"ServiceName", "web"}};
  const auto cpu = newest("CPUUtilization", web), memory = newest("MemoryUtilization", web);
  REQUIRE(cpu);
  REQUIRE(memory);
  CHECK(cpu->sample_count == 2);
  CHECK(cpu->sum / cpu->sample_count == doctest::Approx(50).epsilon(0.001));  // 128 units of 256: 0.2 cores are a vCPU
  CHECK(memory->sum / memory->sample_count == doctest::Approx(50));
  const auto cluster = newest("CPUUtilization", {{"ClusterName", "c"}});
  REQUIRE(cluster);
  CHECK(cluster->sum == 0);
  CHECK(newest("CPUReservation", {{"ClusterName", "c"}})->sum == 0);
}

TEST_CASE("Interface_ATaskThatWaitedForItsProvidersNode_GetsItsAddressWithIt") {
  AwsvpcWorld world;
  world.state.capacity_providers.put({.name = "cp", .group = "nodes", .cluster = "c"});
  world.state.auto_scaling_groups.put({.name = "nodes"});
  world.state.services.update("c/web", [](model::Service& service) {
    service.launch_type.clear();
    service.capacity_strategy = {{"cp", 1, 0}};
    service.deployments.front().launch_type.clear();
    service.deployments.front().capacity_strategy = service.capacity_strategy;
  });
  world.advance(minutes(2));
  CHECK(world.running("web") == 0);
  REQUIRE(world.state.waiting_tasks_by_cluster.keys("c").size() == 2);
  CHECK(world.state.task_addresses.left() == AddressPlan::kTasks);
  const std::set<std::string> nodes = world.state.container_instances_by_cluster.keys("c");
  for (const std::string& id : nodes) {
    world.state.container_instances.update(id, [](model::ContainerInstance& node) { node.capacity_provider = "cp"; });
  }
  REQUIRE(world.advance_until([&] { return world.running("web") == 2; }, minutes(2)));
  CHECK(world.addresses().size() == 2);
  CHECK_FALSE(world.any_task().wanted_network);
}

}  // namespace engine
