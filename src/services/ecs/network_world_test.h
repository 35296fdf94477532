// Two VPCs, a cluster with a node, and a definition of mode awsvpc, for the tests of networks and Fargate.
#pragma once

#include <doctest/doctest.h>

#include "services/context_test.h"
#include "services/ecs/handlers.h"

namespace services::ecs {

struct NetworkWorld : services::ContextFixture {
  NetworkWorld() {
    for (const char* zone : {"a", "b"}) {
      state.subnets.put({.id = "subnet-" + std::string(zone),
                         .vpc_id = "vpc-1",
                         .cidr = "172.31.0.0/20",
                         .availability_zone = "us-east-1" + std::string(zone)});
    }
    state.subnets.put({.id = "subnet-other", .vpc_id = "vpc-2", .availability_zone = "us-east-1a"});
    state.security_groups.put({.id = "sg-1", .name = "web", .vpc_id = "vpc-1"});
    state.security_groups.put({.id = "sg-other", .name = "other", .vpc_id = "vpc-2"});
    op::CreateCluster::Input cluster;
    cluster.cluster_name = "c";
    REQUIRE(create_cluster(context, cluster));
    model::ContainerInstance node{
        .id = "node", .cluster = "c", .instance_id = "i-1", .availability_zone = "us-east-1a"};
    node.cpu = {4096};
    node.memory = {8192};
    node.attributes = {{"ecs.availability-zone", "us-east-1a"}, {"ecs.vpc-id", "vpc-1"}};
    state.container_instances.put(node);
    REQUIRE(register_task_definition(context, definition()));
    store->commit();
  }

  op::RegisterTaskDefinition::Input definition(const std::string& cpu = "256", const std::string& memory = "512") {
    op::RegisterTaskDefinition::Input in;
    in.family = "web";
    in.network_mode = "awsvpc";
    in.cpu = cpu;
    in.memory = memory;
    auto& container = in.container_definitions.emplace().emplace_back();
    container.name = "web";
    container.image = "web:1";
    container.port_mappings.emplace().push_back({.container_port = 8080});
    return in;
  }
  static api::ecs::NetworkConfiguration network(const std::vector<std::string>& subnets = {"subnet-a", "subnet-b"},
                                                const std::vector<std::string>& groups = {"sg-1"}) {
    api::ecs::NetworkConfiguration out;
    auto& settings = out.awsvpc_configuration.emplace();
    settings.subnets = subnets;
    settings.security_groups = groups;
    return out;
  }
  op::RunTask::Input run(const std::string& launch_type = "EC2") {
    op::RunTask::Input in;
    in.cluster = "c";
    in.task_definition = "web";
    in.launch_type = launch_type;
    in.network_configuration = network();
    return in;
  }
  op::CreateService::Input service(const std::string& launch_type = "EC2") {
    op::CreateService::Input in;
    in.cluster = "c";
    in.service_name = "web";
    in.task_definition = "web";
    in.desired_count = 2;
    in.launch_type = launch_type;
    in.network_configuration = network();
    return in;
  }
  template <class Answer>
  std::string refused(const Answer& answer) {
    REQUIRE_FALSE(answer);
    store->rollback();
    return answer.error().message;
  }
};

}  // namespace services::ecs
