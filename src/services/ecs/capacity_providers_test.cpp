#include <doctest/doctest.h>

#include <algorithm>

#include "services/context_test.h"
#include "services/ecs/handlers.h"

namespace services::ecs {
namespace {

struct ProviderWorld : services::ContextFixture {
  ProviderWorld() {
    for (const char* name : {"nodes", "others"}) {
      model::AutoScalingGroup group;
      group.name = name;
      group.arn = std::string("arn:aws:autoscaling:us-east-1:1:autoScalingGroup:u:autoScalingGroupName/") + name;
      state.auto_scaling_groups.put(group);
    }
    op::CreateCluster::Input cluster;
    cluster.cluster_name = "c";
    REQUIRE(create_cluster(context, cluster));
    model::TaskDefinition definition;
    definition.family = "web";
    definition.revision = 1;
    definition.arn = make_arn({}, "ecs", "task-definition/web:1");
    definition.containers.push_back({.name = "web", .cpu = {256}, .memory = MiB{128}});
    state.task_definitions.put(definition);
    store->commit();
  }
  op::CreateCapacityProvider::Input request(const std::string& name = "cp", const std::string& group = "nodes") {
    op::CreateCapacityProvider::Input in;
    in.name = name;
    auto& provider = in.auto_scaling_group_provider.emplace();
    provider.auto_scaling_group_arn = state.auto_scaling_groups.find(group)->arn;
    provider.managed_scaling.emplace().status = "ENABLED";
    return in;
  }
  void use(const std::vector<std::string>& providers) {
    op::PutClusterCapacityProviders::Input in;
    in.cluster = "c";
    in.capacity_providers = providers;
    in.default_capacity_provider_strategy.emplace();
    REQUIRE(put_cluster_capacity_providers(context, in));
    store->commit();
  }
  op::CreateService::Input service(const std::string& provider) {
    op::CreateService::Input in;
    in.cluster = "c";
    in.service_name = "web";
    in.task_definition = "web";
    in.desired_count = 2;
    in.capacity_provider_strategy.emplace().push_back({.capacity_provider = provider, .weight = 1});
    return in;
  }
  template <class Answer>
  std::string refused(const Answer& answer) {
    REQUIRE_FALSE(answer);
    store->rollback();
    return answer.error().message;
  }
};

}  // namespace

TEST_CASE("CapacityProvider_MarksItsGroup_AndShowsDefaults") {
  ProviderWorld world;
  auto in = world.request();
  in.auto_scaling_group_provider->managed_scaling.reset();
  const auto created = create_capacity_provider(world.context, in);
  REQUIRE(created);
  const auto& shown = *created->capacity_provider;
  CHECK(shown.status == "ACTIVE");
  CHECK(shown.auto_scaling_group_provider->managed_scaling->status == "DISABLED");
  CHECK(shown.auto_scaling_group_provider->managed_scaling->target_capacity == 100);
  CHECK(shown.auto_scaling_group_provider->managed_scaling->maximum_scaling_step_size == 10000);
  CHECK(shown.auto_scaling_group_provider->managed_termination_protection == "DISABLED");
  CHECK(shown.auto_scaling_group_provider->managed_draining == "ENABLED");
  const auto& group = *world.state.auto_scaling_groups.find("nodes");
  CHECK(group.tags.at(0).key == "AmazonECSManaged");
  CHECK(group.hooks.at(0).name == "ecs-managed-draining-termination-hook");
  const auto all = describe_capacity_providers(world.context, {});
  REQUIRE(all->capacity_providers->size() == 3);
  CHECK(all->capacity_providers->at(0).name == "FARGATE");
}

TEST_CASE("CapacityProvider_ManagedDrainingNeedsNoManagedScaling") {
  ProviderWorld world;
  auto in = world.request();
  in.auto_scaling_group_provider->managed_scaling->status = "DISABLED";
  in.auto_scaling_group_provider->managed_draining = "ENABLED";
  REQUIRE(create_capacity_provider(world.context, in));
  world.use({"cp"});
  CHECK(world.state.scaling_policies.size() == 0);
  REQUIRE(world.state.auto_scaling_groups.find("nodes")->hooks.size() == 1);
  CHECK(world.state.auto_scaling_groups.find("nodes")->hooks.at(0).name == "ecs-managed-draining-termination-hook");
}

TEST_CASE("CapacityProvider_OfACluster_GetsPolicyAndAlarms_WhichGoWithIt") {
  ProviderWorld world;
  REQUIRE(create_capacity_provider(world.context, world.request()));
  world.use({"cp", "FARGATE"});
  REQUIRE(world.state.scaling_policies.size() == 1);
  const model::ScalingPolicy policy = world.state.scaling_policies.all().begin()->second;
  CHECK(policy.name.starts_with("ECSManagedAutoScalingPolicy-"));
  CHECK(policy.group == "nodes");
  CHECK(policy.estimated_warmup == 300);
  REQUIRE(policy.alarms.size() == 2);
  const model::Alarm& high = *world.state.alarms.find(policy.alarms[0]);
  CHECK(high.metric.space == "AWS/ECS/ManagedScaling");
  CHECK(high.metric.dimensions.at("ClusterName") == "c");
  CHECK(high.evaluation_periods == 1);
  op::DescribeClusters::Input describe;
  describe.clusters.emplace().push_back("c");
  describe.include.emplace().push_back("ATTACHMENTS");
  const auto cluster = describe_clusters(world.context, describe)->clusters->front();
  CHECK(cluster.capacity_providers == std::vector<std::string>{"cp", "FARGATE"});
  CHECK(cluster.attachments_status == "UPDATE_COMPLETE");
  CHECK(cluster.attachments->at(0).type == "as_policy");

  op::UpdateCapacityProvider::Input update;
  update.name = "cp";
  update.auto_scaling_group_provider.emplace().managed_scaling.emplace().target_capacity = 80;
  REQUIRE(update_capacity_provider(world.context, update));
  CHECK(world.state.alarms.find(policy.alarms[0])->threshold == 80);
  CHECK(world.refused(delete_capacity_provider(world.context, {.capacity_provider = "cp"})).find("cluster: c") !=
        std::string::npos);
  world.use({});
  CHECK(world.state.scaling_policies.empty());
  CHECK(world.state.alarms.empty());
  REQUIRE(delete_capacity_provider(world.context, {.capacity_provider = "cp"}));
  CHECK(world.state.auto_scaling_groups.find("nodes")->hooks.empty());
  CHECK(describe_capacity_providers(world.context, {})->capacity_providers->size() == 2);
}

TEST_CASE("CapacityProvider_RefusesWhatCannotWork") {
  ProviderWorld world;
  CHECK(world.refused(create_capacity_provider(world.context, world.request("ecs-mine"))).find("prefixed") !=
        std::string::npos);
  auto in = world.request();
  in.auto_scaling_group_provider->managed_termination_protection = "ENABLED";
  CHECK(world.refused(create_capacity_provider(world.context, in)).find("instance protection from scale in") !=
        std::string::npos);
  in.auto_scaling_group_provider->managed_scaling.reset();
  CHECK(world.refused(create_capacity_provider(world.context, in)).find("managed scaling must be enabled") !=
        std::string::npos);
  REQUIRE(create_capacity_provider(world.context, world.request()));
  world.store->commit();
  CHECK(world.refused(create_capacity_provider(world.context, world.request())).find("already exists") != std::string::npos);
  CHECK(world.refused(create_capacity_provider(world.context, world.request("cp2"))).find("already being used") !=
        std::string::npos);
  op::PutClusterCapacityProviders::Input put;
  put.cluster = "c";
  put.capacity_providers = std::vector<std::string>{"none"};
  put.default_capacity_provider_strategy.emplace();
  CHECK(world.refused(put_cluster_capacity_providers(world.context, put)).find("'none' was not found") != std::string::npos);
}

TEST_CASE("CapacityStrategy_LimitsAndErrors") {
  ProviderWorld world;
  REQUIRE(create_capacity_provider(world.context, world.request()));
  REQUIRE(create_capacity_provider(world.context, world.request("cp2", "others")));
  world.use({"cp", "cp2", "FARGATE"});
  CHECK(world.refused(create_service(world.context, world.service("none"))).find("not associated with the cluster") !=
        std::string::npos);
  CHECK(world.refused(create_service(world.context, world.service("FARGATE"))) ==
        "Task definition does not support launch_type FARGATE.");
  auto in = world.service("cp");
  in.launch_type = "EC2";
  CHECK(world.refused(create_service(world.context, in)).find("Specifying both") != std::string::npos);
  in = world.service("cp");
  in.capacity_provider_strategy->front().weight = 0;
  CHECK(world.refused(create_service(world.context, in)).find("weight") != std::string::npos);
  in = world.service("cp");
  in.capacity_provider_strategy->front().base = 1;
  in.capacity_provider_strategy->push_back({.capacity_provider = "cp2", .base = 1});
  CHECK(world.refused(create_service(world.context, in)).find("only have one") != std::string::npos);
}

TEST_CASE("Service_WithAStrategy_ShowsItInsteadOfALaunchType_AndKeepsItsProviderInTheCluster") {
  ProviderWorld world;
  REQUIRE(create_capacity_provider(world.context, world.request()));
  world.use({"cp"});
  const auto created = create_service(world.context, world.service("cp"));
  REQUIRE(created);
  CHECK_FALSE(created->service->launch_type);
  REQUIRE(created->service->capacity_provider_strategy->size() == 1);
  CHECK(created->service->capacity_provider_strategy->front().base == 0);
  CHECK(created->service->deployments->front().capacity_provider_strategy->front().capacity_provider == "cp");
  world.store->commit();
  op::PutClusterCapacityProviders::Input put;
  put.cluster = "c";
  put.capacity_providers.emplace();
  put.default_capacity_provider_strategy.emplace();
  const auto refused = put_cluster_capacity_providers(world.context, put);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == "ResourceInUseException");
  world.store->rollback();
  op::UpdateService::Input update;
  update.cluster = "c";
  update.service = "web";
  update.capacity_provider_strategy.emplace();
  const auto updated = update_service(world.context, update);
  REQUIRE(updated);
  CHECK(updated->service->launch_type == "EC2");
  CHECK(updated->service->deployments->size() == 2);
}

TEST_CASE("Cluster_DefaultStrategyIsUsedWithoutLaunchType_AndRunTaskWaits") {
  ProviderWorld world;
  REQUIRE(create_capacity_provider(world.context, world.request()));
  op::PutClusterCapacityProviders::Input put;
  put.cluster = "c";
  put.capacity_providers = std::vector<std::string>{"cp"};
  put.default_capacity_provider_strategy.emplace().push_back({.capacity_provider = "cp", .weight = 1});
  REQUIRE(put_cluster_capacity_providers(world.context, put));
  op::RunTask::Input run;
  run.cluster = "c";
  run.task_definition = "web";
  run.count = 2;
  const auto started = run_task(world.context, run);
  REQUIRE(started);
  REQUIRE(started->tasks->size() == 2);
  CHECK(started->failures->empty());
  CHECK(started->tasks->front().last_status == "PROVISIONING");
  CHECK(started->tasks->front().capacity_provider_name == "cp");
  CHECK_FALSE(started->tasks->front().container_instance_arn);
  run.launch_type = "EC2";
  CHECK(world.refused(run_task(world.context, run)) == "No Container Instances were found in your cluster.");
}

}  // namespace services::ecs
