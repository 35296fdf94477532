#include "services/ecs/actions.h"

#include "services/ecs/handlers.h"

namespace services::ecs {

namespace {
constexpr api::Route kRoutes[] = {
    api::route<op::CreateCluster, create_cluster>(),
    api::route<op::DescribeClusters, describe_clusters>(),
    api::route<op::ListClusters, list_clusters>(),
    api::route<op::DeleteCluster, delete_cluster>(),
    api::route<op::UpdateCluster, update_cluster>(),
    api::route<op::UpdateClusterSettings, update_cluster_settings>(),
    api::route<op::RegisterTaskDefinition, register_task_definition>(),
    api::route<op::DescribeTaskDefinition, describe_task_definition>(),
    api::route<op::DeregisterTaskDefinition, deregister_task_definition>(),
    api::route<op::DeleteTaskDefinitions, delete_task_definitions>(),
    api::route<op::ListTaskDefinitions, list_task_definitions>(),
    api::route<op::ListTaskDefinitionFamilies, list_task_definition_families>(),
    api::route<op::CreateService, create_service>(),
    api::route<op::UpdateService, update_service>(),
    api::route<op::DeleteService, delete_service>(),
    api::route<op::DescribeServices, describe_services>(),
    api::route<op::ListServices, list_services>(),
    api::route<op::RunTask, run_task>(),
    api::route<op::StopTask, stop_task>(),
    api::route<op::DescribeTasks, describe_tasks>(),
    api::route<op::ListTasks, list_tasks>(),
    api::route<op::UpdateTaskProtection, update_task_protection>(),
    api::route<op::GetTaskProtection, get_task_protection>(),
    api::route<op::DescribeContainerInstances, describe_container_instances>(),
    api::route<op::ListContainerInstances, list_container_instances>(),
    api::route<op::UpdateContainerInstancesState, update_container_instances_state>(),
    api::route<op::DeregisterContainerInstance, deregister_container_instance>(),
    api::route<op::CreateCapacityProvider, create_capacity_provider>(),
    api::route<op::UpdateCapacityProvider, update_capacity_provider>(),
    api::route<op::DeleteCapacityProvider, delete_capacity_provider>(),
    api::route<op::DescribeCapacityProviders, describe_capacity_providers>(),
    api::route<op::PutClusterCapacityProviders, put_cluster_capacity_providers>(),
    api::route<op::ListTagsForResource, list_tags_for_resource>(),
    api::route<op::TagResource, tag_resource>(),
    api::route<op::UntagResource, untag_resource>(),
};
}  // namespace

std::span<const api::Route> routes() { return kRoutes; }

}  // namespace services::ecs
