#include <algorithm>

#include "services/ecs/network_world_test.h"

namespace services::ecs {

namespace {

op::RegisterTaskDefinition::Input required(NetworkWorld& world, const std::string& cpu = "256",
                                           const std::string& memory = "512") {
  auto in = world.definition(cpu, memory);
  in.requires_compatibilities.emplace().push_back("FARGATE");
  return in;
}

}  // namespace

TEST_CASE("Fargate_ADefinitionHasASizeOfAWSsTable") {
  NetworkWorld world;
  const auto fits = [&](const std::string& cpu, const std::string& memory) {
    const bool good = register_task_definition(world.context, required(world, cpu, memory)).has_value();
    world.store->rollback();
    return good;
  };
  CHECK(fits("256", "512"));
  CHECK(fits(".25 vCPU", "1 GB"));
  CHECK(fits("256", "2048"));
  CHECK_FALSE(fits("256", "1536"));
  CHECK_FALSE(fits("256", "4096"));
  CHECK(fits("512", "4096"));
  CHECK_FALSE(fits("512", "512"));
  CHECK(fits("1024", "8192"));
  CHECK(fits("4096", "30720"));
  CHECK(fits("8192", "20480"));
  CHECK_FALSE(fits("8192", "17408"));
  CHECK(fits("16384", "122880"));
  CHECK_FALSE(fits("128", "512"));
  CHECK(world.refused(register_task_definition(world.context, required(world, "512", "512"))) ==
        "No Fargate configuration exists for given values: 512 CPU, 512 memory. See the Amazon ECS documentation for "
        "the valid "
        "values.");
}

TEST_CASE("Fargate_ADefinitionThatRequiresIt_IsRefusedInAWSsWords") {
  NetworkWorld world;
  const auto refusal = [&](const std::function<void(op::RegisterTaskDefinition::Input&)>& change) {
    auto in = required(world);
    change(in);
    return world.refused(register_task_definition(world.context, in));
  };
  CHECK(refusal([](auto& in) { in.network_mode = "bridge"; }) == "Fargate only supports network mode ‘awsvpc’.");
  CHECK(refusal([](auto& in) { in.cpu.reset(); }) == "Fargate requires that 'cpu' be defined at the task level.");
  CHECK(refusal([](auto& in) {
          in.memory.reset();
          in.container_definitions->front().memory = 512;
        }) == "Fargate requires that 'memory' be defined at the task level.");
  CHECK(refusal([](auto& in) {
          in.container_definitions->front().image = "1.dkr.ecr.us-east-1.amazonaws.com/web:1";
        }) == "Fargate requires task definition to have execution role ARN to support ECR images.");
  CHECK(refusal([](auto& in) {
          auto& log = in.container_definitions->front().log_configuration.emplace();
          log.log_driver = "awslogs";
          log.options.emplace()["awslogs-group"] = "g";
        }) == "Fargate requires task definition to have execution role ARN to support log driver awslogs.");
  CHECK(refusal([](auto& in) {
          in.placement_constraints.emplace().push_back({.type = "memberOf", .expression = "attribute:x exists"});
        }) == "Fargate compatible task definitions do not support constraints.");
  CHECK(refusal([](auto& in) {
          in.volumes.emplace().emplace_back().name = "v", in.volumes->front().host.emplace().source_path = "/x";
        }) == "Fargate compatible task definitions do not support sourcePath.");
  CHECK(refusal([](auto& in) { in.container_definitions->front().cpu = 512; }).find("greater than for the task") !=
        std::string::npos);
  CHECK(refusal([](auto& in) { in.container_definitions->front().memory = 1024; }) ==
        "The 'memory' setting for container 'web' is greater than for the task.");
  CHECK(refusal([](auto& in) { in.ephemeral_storage.emplace().size_in_gi_b = 500; }).find("out of range") !=
        std::string::npos);
}

TEST_CASE("Fargate_CompatibilitiesTellWhatADefinitionRunsOn") {
  NetworkWorld world;
  const auto told = [&](const op::RegisterTaskDefinition::Input& in) {
    return *register_task_definition(world.context, in)->task_definition->compatibilities;
  };
  CHECK(told(world.definition()) == std::vector<std::string>{"EC2", "FARGATE"});
  CHECK(told(world.definition("300", "512")) == std::vector<std::string>{"EC2"});
  auto bridge = world.definition();
  bridge.network_mode = "bridge";
  CHECK(told(bridge) == std::vector<std::string>{"EXTERNAL", "EC2"});
}

TEST_CASE("Fargate_AServiceNeedsAFitDefinition_AndPlacesNothing") {
  NetworkWorld world;
  auto in = world.service("FARGATE");
  in.placement_strategy.emplace().push_back({.type = "spread", .field = "instanceId"});
  CHECK(world.refused(create_service(world.context, in)) ==
        "Placement strategies are not supported with FARGATE launch type.");
  in = world.service("FARGATE");
  in.placement_constraints.emplace().push_back({.type = "distinctInstance"});
  CHECK(world.refused(create_service(world.context, in)) ==
        "Placement constraints are not supported with FARGATE launch type.");
  in = world.service("FARGATE");
  in.scheduling_strategy = "DAEMON";
  in.desired_count.reset();
  CHECK(world.refused(create_service(world.context, in)).find("daemon") != std::string::npos);
  in = world.service("FARGATE");
  in.platform_version = "0.9.0";
  CHECK(create_service(world.context, in).error().code == "PlatformUnknownException");
  world.store->rollback();
  in = world.service("EC2");
  in.platform_version = "LATEST";
  CHECK(world.refused(create_service(world.context, in)) ==
        "The platform version must be null when specifying an EC2 launch type.");
  REQUIRE(register_task_definition(world.context, world.definition("300", "512")));
  CHECK(world.refused(create_service(world.context, world.service("FARGATE"))) ==
        "Task definition does not support launch_type FARGATE.");
}

TEST_CASE("Fargate_AServiceIsShownWithItsPlatform") {
  NetworkWorld world;
  auto in = world.service("FARGATE");
  in.network_configuration->awsvpc_configuration->assign_public_ip = "ENABLED";
  const auto created = create_service(world.context, in);
  REQUIRE(created);
  CHECK(created->service->launch_type == "FARGATE");
  CHECK(created->service->platform_version == "LATEST");
  CHECK(created->service->platform_family == "Linux");
  CHECK(created->service->network_configuration->awsvpc_configuration->assign_public_ip == "ENABLED");
  const auto& deployment = created->service->deployments->front();
  CHECK(deployment.launch_type == "FARGATE");
  CHECK(deployment.platform_version == "1.4.0");
  CHECK(deployment.platform_family == "Linux");
}

TEST_CASE("Fargate_ATaskRunsWithoutANode_SpreadOverZones") {
  NetworkWorld world;
  const std::set<std::string> nodes = world.state.container_instances_by_cluster.keys("c");
  for (const std::string& id : nodes) world.state.container_instances.erase(id);
  auto in = world.run("FARGATE");
  in.count = 2;
  const auto answer = run_task(world.context, in);
  REQUIRE(answer);
  REQUIRE(answer->tasks->size() == 2);
  std::set<std::string> zones;
  for (const auto& task : *answer->tasks) {
    CHECK(task.launch_type == "FARGATE");
    CHECK(task.platform_version == "1.4.0");
    CHECK(task.platform_family == "Linux");
    CHECK(task.ephemeral_storage->size_in_gi_b == 20);
    CHECK(task.cpu == "256");
    CHECK(task.memory == "512");
    CHECK_FALSE(task.container_instance_arn);
    zones.insert(*task.availability_zone);
  }
  CHECK(zones.size() == 2);
  op::DescribeClusters::Input describe;
  describe.clusters.emplace().push_back("c");
  describe.include.emplace().push_back("STATISTICS");
  std::map<std::string, std::string> statistics;
  const auto cluster = describe_clusters(world.context, describe)->clusters->front();
  for (const auto& pair : *cluster.statistics) {
    statistics[*pair.name] = *pair.value;
  }
  CHECK(statistics["pendingFargateTasksCount"] == "2");
  CHECK(statistics["pendingEC2TasksCount"] == "0");
  op::ListTasks::Input list;
  list.cluster = "c";
  list.launch_type = "FARGATE";
  CHECK(list_tasks(world.context, list)->task_arns->size() == 2);
  list.launch_type = "EC2";
  CHECK(list_tasks(world.context, list)->task_arns->empty());
}

TEST_CASE("Fargate_ByCapacityProviders_NeverMixedWithGroups") {
  NetworkWorld world;
  world.state.capacity_providers.put({.name = "cp", .cluster = "c"});
  world.state.clusters.update("c", [](model::Cluster& cluster) {
    cluster.capacity_providers = {"FARGATE", "FARGATE_SPOT", "cp"};
  });
  world.store->commit();
  auto in = world.service();
  in.launch_type.reset();
  auto& strategy = in.capacity_provider_strategy.emplace();
  strategy.push_back({.capacity_provider = "FARGATE", .weight = 1});
  strategy.push_back({.capacity_provider = "cp", .weight = 1});
  CHECK(world.refused(create_service(world.context, in))
            .starts_with("A capacity provider strategy cannot contain a mix"));
  strategy.back().capacity_provider = "FARGATE_SPOT";
  const auto created = create_service(world.context, in);
  REQUIRE(created);
  CHECK_FALSE(created->service->launch_type);
  CHECK(created->service->platform_version == "LATEST");
  auto run = world.run();
  run.launch_type.reset();
  run.count = 2;
  run.capacity_provider_strategy = strategy;
  const auto answer = run_task(world.context, run);
  REQUIRE(answer->tasks->size() == 2);
  CHECK(answer->tasks->at(0).capacity_provider_name == "FARGATE");
  CHECK(answer->tasks->at(1).capacity_provider_name == "FARGATE_SPOT");
  CHECK(answer->tasks->at(1).launch_type == "FARGATE");
}

TEST_CASE("Fargate_AServiceThatLeavesIt_CannotTakeItsPublicAddressesAlong") {
  NetworkWorld world;
  world.state.capacity_providers.put({.name = "cp", .cluster = "c"});
  world.state.clusters.update("c", [](model::Cluster& cluster) { cluster.capacity_providers = {"cp"}; });
  auto in = world.service("FARGATE");
  in.network_configuration->awsvpc_configuration->assign_public_ip = "ENABLED";
  REQUIRE(create_service(world.context, in));
  world.store->commit();
  op::UpdateService::Input update;
  update.cluster = "c";
  update.service = "web";
  update.capacity_provider_strategy.emplace().push_back({.capacity_provider = "cp", .weight = 1});
  CHECK(world.refused(update_service(world.context, update)) ==
        "Assign public IP is not supported for this launch type.");
  update.network_configuration = world.network();
  const auto updated = update_service(world.context, update);
  REQUIRE(updated);
  CHECK_FALSE(updated->service->platform_version);
  CHECK_FALSE(updated->service->platform_family);
  CHECK(updated->service->deployments->at(0).capacity_provider_strategy->front().capacity_provider == "cp");
  CHECK(updated->service->deployments->at(1).launch_type == "FARGATE");
}

}  // namespace services::ecs
