#include <set>

#include "services/ecs/network_world_test.h"

namespace services::ecs {

TEST_CASE("Network_IsNeededByModeAwsvpc_AndRefusedByOthers") {
  NetworkWorld world;
  auto in = world.service();
  in.network_configuration.reset();
  CHECK(world.refused(create_service(world.context, in)) ==
        "Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  auto run = world.run();
  run.network_configuration.reset();
  CHECK(world.refused(run_task(world.context, run)) ==
        "Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  auto bridge = world.definition();
  bridge.network_mode = "bridge";
  REQUIRE(register_task_definition(world.context, bridge));
  CHECK(world.refused(create_service(world.context, world.service())) ==
        "Network Configuration is not valid for the given networkMode of this task definition.");
}

TEST_CASE("Network_SubnetsAndSecurityGroupsExist_InOneVpc_AndAreFew") {
  NetworkWorld world;
  const auto refusal = [&](const api::ecs::NetworkConfiguration& network) {
    auto in = world.service();
    in.network_configuration = network;
    return world.refused(create_service(world.context, in));
  };
  CHECK(refusal(world.network({})) == "subnets can not be empty.");
  CHECK(refusal(world.network({"subnet-x"})) ==
        "Error retrieving subnet information for [subnet-x]: The subnet ID 'subnet-x' does not exist (ErrorCode: "
        "InvalidSubnetID.NotFound)");
  CHECK(refusal(world.network({"subnet-a", "subnet-other"})).find("more than one VPC") != std::string::npos);
  CHECK(refusal(world.network({"subnet-a"}, {"sg-x"})).find("The security group 'sg-x' does not exist") !=
        std::string::npos);
  CHECK(refusal(world.network({"subnet-a"}, {"sg-other"})) ==
        "Security group sg-other does not appear to belong to the same VPC as the input subnets.");
  CHECK(refusal(world.network(std::vector<std::string>(17, "subnet-a"))) == "subnets can have at most 16 items.");
  CHECK(refusal(world.network({"subnet-a"}, std::vector<std::string>(6, "sg-1"))) ==
        "securityGroups can have at most 5 items.");
  auto open = world.network();
  open.awsvpc_configuration->assign_public_ip = "ENABLED";
  CHECK(refusal(open) == "Assign public IP is not supported for this launch type.");
}

TEST_CASE("Network_IsShownByTheServiceAndItsDeployment_WithAWSsDefaults") {
  NetworkWorld world;
  const auto created = create_service(world.context, world.service());
  REQUIRE(created);
  for (const auto& shown :
       {created->service->network_configuration, created->service->deployments->front().network_configuration}) {
    REQUIRE(shown);
    CHECK(shown->awsvpc_configuration->subnets == std::vector<std::string>{"subnet-a", "subnet-b"});
    CHECK(shown->awsvpc_configuration->security_groups == std::vector<std::string>{"sg-1"});
    CHECK(shown->awsvpc_configuration->assign_public_ip == "DISABLED");
  }
  CHECK_FALSE(created->service->platform_version);
}

TEST_CASE("Network_AnUpdateOfIt_IsANewDeployment_OneOfTheCountIsNot") {
  NetworkWorld world;
  REQUIRE(create_service(world.context, world.service()));
  op::UpdateService::Input in;
  in.cluster = "c";
  in.service = "web";
  in.desired_count = 3;
  CHECK(update_service(world.context, in)->service->deployments->size() == 1);
  in.network_configuration = world.network({"subnet-b"}, {});
  const auto updated = update_service(world.context, in);
  REQUIRE(updated);
  REQUIRE(updated->service->deployments->size() == 2);
  const auto subnets = [](const api::ecs::Deployment& deployment) {
    return *deployment.network_configuration->awsvpc_configuration->subnets;
  };
  CHECK(subnets(updated->service->deployments->at(0)) == std::vector<std::string>{"subnet-b"});
  CHECK(subnets(updated->service->deployments->at(1)) == std::vector<std::string>{"subnet-a", "subnet-b"});
  in.network_configuration = world.network({"subnet-x"});
  CHECK(world.refused(update_service(world.context, in)).find("subnet-x") != std::string::npos);
}

TEST_CASE("Network_ATaskGetsAnAddressOfItsOwn_WhichNoOtherTaskHas") {
  NetworkWorld world;
  auto in = world.run();
  in.count = 3;
  const auto answer = run_task(world.context, in);
  REQUIRE(answer);
  REQUIRE(answer->tasks->size() == 3);
  CHECK(answer->tasks->front().attachments->front().status == "PRECREATED");
  std::set<std::string> addresses;
  for (const auto& [id, task] : world.state.tasks.all()) {
    CHECK(task.network_interface->subnet_id == "subnet-a");  // the node's zone
    addresses.insert(task.address());
    CHECK(world.state.task_addresses.holder(task.address()) == id);
  }
  CHECK(addresses.size() == 3);
  CHECK(world.state.task_addresses.left() == AddressPlan::kTasks - 3);
}

TEST_CASE("Network_AnAddressIsFreeAgainWhenItsTaskHasStopped_NotBefore") {
  NetworkWorld world;
  REQUIRE(run_task(world.context, world.run()));
  const model::Task task = world.state.tasks.all().begin()->second;
  world.state.tasks.update(task.id, [](model::Task& record) { record.last_status = "DEACTIVATING"; });
  CHECK(world.state.task_addresses.holder(task.address()) == task.id);
  world.state.tasks.update(task.id, [](model::Task& record) { record.last_status = "STOPPED"; });
  CHECK(world.state.task_addresses.holder(task.address()).empty());
  REQUIRE(run_task(world.context, world.run()));
  for (const auto& [id, other] : world.state.tasks.all()) {
    if (id != task.id) CHECK(other.address() != task.address());  // the next one's turn
  }
}

TEST_CASE("Network_ARefusedRequest_LeavesNoAddressTaken") {
  NetworkWorld world;
  REQUIRE(run_task(world.context, world.run()));
  world.store->rollback();
  CHECK(world.state.task_addresses.left() == AddressPlan::kTasks);
}

TEST_CASE("Network_ARunningTaskShowsItsInterface_AndNoHostPorts") {
  NetworkWorld world;
  REQUIRE(run_task(world.context, world.run()));
  const std::string id = world.state.tasks.all().begin()->first;
  world.state.tasks.update(id, [&](model::Task& record) {
    record.last_status = "RUNNING";
    record.started_at = world.context.now;
  });
  op::DescribeTasks::Input in;
  in.cluster = "c";
  in.tasks.emplace().push_back(id);
  const auto task = describe_tasks(world.context, in)->tasks->front();
  const auto& attachment = task.attachments->front();
  CHECK(attachment.type == "ElasticNetworkInterface");
  CHECK(attachment.status == "ATTACHED");
  std::map<std::string, std::string> details;
  for (const auto& pair : *attachment.details) details[*pair.name] = *pair.value;
  const std::string address = world.state.tasks.find(id)->address();
  CHECK(details["privateIPv4Address"] == address);
  CHECK(details["subnetId"] == "subnet-a");
  CHECK(details["networkInterfaceId"].starts_with("eni-"));
  CHECK(details["macAddress"].size() == 17);
  CHECK(details["privateDnsName"].ends_with(".ec2.internal"));
  const auto& container = task.containers->front();
  CHECK(container.network_bindings->empty());
  REQUIRE(container.network_interfaces->size() == 1);
  CHECK(container.network_interfaces->front().private_ipv4_address == address);
  CHECK(container.network_interfaces->front().attachment_id == attachment.id);
  world.state.tasks.update(id, [](model::Task& record) { record.last_status = "STOPPED"; });
  CHECK(describe_tasks(world.context, in)->tasks->front().attachments->front().status == "DELETED");
}

TEST_CASE("Network_PortsOfADefinitionAreTheContainers_LinksHaveNoPlace") {
  NetworkWorld world;
  auto in = world.definition();
  in.container_definitions->front().port_mappings->front().host_port = 80;
  CHECK(world.refused(register_task_definition(world.context, in)) ==
        "When networkMode=awsvpc, the host ports and container ports in port mappings must match.");
  in.container_definitions->front().port_mappings->front().host_port = 8080;
  CHECK(register_task_definition(world.context, in)
            ->task_definition->container_definitions->front()
            .port_mappings->front()
            .host_port == 8080);
  in.network_mode = "host";
  in.container_definitions->front().port_mappings->front().host_port = 80;
  CHECK(world.refused(register_task_definition(world.context, in)).starts_with("When networkMode=host"));
}

}  // namespace services::ecs
