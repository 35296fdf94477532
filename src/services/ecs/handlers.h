// Every ECS action this engine serves. actions.cpp lists them for the wire.
#pragma once

#include "api/ecs.h"
#include "services/context.h"

namespace services::ecs {

namespace op = api::ecs::op;

inline constexpr std::string_view kInvalidToken = "InvalidParameterException";  ///< for a page token that we did not give

#define SCALEOUT_ECS_ACTION(function, Action) Result<op::Action::Output> function(Context&, const op::Action::Input&)
SCALEOUT_ECS_ACTION(create_cluster, CreateCluster);
SCALEOUT_ECS_ACTION(describe_clusters, DescribeClusters);
SCALEOUT_ECS_ACTION(list_clusters, ListClusters);
SCALEOUT_ECS_ACTION(delete_cluster, DeleteCluster);
SCALEOUT_ECS_ACTION(update_cluster, UpdateCluster);
SCALEOUT_ECS_ACTION(update_cluster_settings, UpdateClusterSettings);

SCALEOUT_ECS_ACTION(register_task_definition, RegisterTaskDefinition);
SCALEOUT_ECS_ACTION(describe_task_definition, DescribeTaskDefinition);
SCALEOUT_ECS_ACTION(deregister_task_definition, DeregisterTaskDefinition);
SCALEOUT_ECS_ACTION(delete_task_definitions, DeleteTaskDefinitions);
SCALEOUT_ECS_ACTION(list_task_definitions, ListTaskDefinitions);
SCALEOUT_ECS_ACTION(list_task_definition_families, ListTaskDefinitionFamilies);

SCALEOUT_ECS_ACTION(create_service, CreateService);
SCALEOUT_ECS_ACTION(update_service, UpdateService);
SCALEOUT_ECS_ACTION(delete_service, DeleteService);
SCALEOUT_ECS_ACTION(describe_services, DescribeServices);
SCALEOUT_ECS_ACTION(list_services, ListServices);

SCALEOUT_ECS_ACTION(run_task, RunTask);
SCALEOUT_ECS_ACTION(stop_task, StopTask);
SCALEOUT_ECS_ACTION(describe_tasks, DescribeTasks);
SCALEOUT_ECS_ACTION(list_tasks, ListTasks);
SCALEOUT_ECS_ACTION(update_task_protection, UpdateTaskProtection);
SCALEOUT_ECS_ACTION(get_task_protection, GetTaskProtection);

SCALEOUT_ECS_ACTION(describe_container_instances, DescribeContainerInstances);
SCALEOUT_ECS_ACTION(list_container_instances, ListContainerInstances);
SCALEOUT_ECS_ACTION(update_container_instances_state, UpdateContainerInstancesState);
SCALEOUT_ECS_ACTION(deregister_container_instance, DeregisterContainerInstance);

SCALEOUT_ECS_ACTION(create_capacity_provider, CreateCapacityProvider);
SCALEOUT_ECS_ACTION(update_capacity_provider, UpdateCapacityProvider);
SCALEOUT_ECS_ACTION(delete_capacity_provider, DeleteCapacityProvider);
SCALEOUT_ECS_ACTION(describe_capacity_providers, DescribeCapacityProviders);
SCALEOUT_ECS_ACTION(put_cluster_capacity_providers, PutClusterCapacityProviders);

SCALEOUT_ECS_ACTION(list_tags_for_resource, ListTagsForResource);
SCALEOUT_ECS_ACTION(tag_resource, TagResource);
SCALEOUT_ECS_ACTION(untag_resource, UntagResource);
#undef SCALEOUT_ECS_ACTION

/// What CreateCluster and PutClusterCapacityProviders share: providers come, go, and the default strategy is checked.
Result<void> set_cluster_providers(Context& context, const std::string& cluster, const std::vector<std::string>& wanted,
                                   const std::vector<api::ecs::CapacityProviderStrategyItem>& strategy);

}  // namespace services::ecs
