#include "services/autoscaling/actions.h"

#include "services/autoscaling/handlers.h"

namespace services::autoscaling {

// Not here, so refused by name: instance refreshes, attaching and detaching instances.
constexpr api::Route kAutoscalingRoutes[] = {
    api::route<op::AttachLoadBalancerTargetGroups, attach_load_balancer_target_groups>(),
    api::route<op::BatchDeleteScheduledAction, batch_delete_scheduled_action>(),
    api::route<op::BatchPutScheduledUpdateGroupAction, batch_put_scheduled_update_group_action>(),
    api::route<op::CompleteLifecycleAction, complete_lifecycle_action>(),
    api::route<op::CreateAutoScalingGroup, create_auto_scaling_group>(),
    api::route<op::CreateLaunchConfiguration, create_launch_configuration>(),
    api::route<op::CreateOrUpdateTags, create_or_update_tags>(),
    api::route<op::DeleteAutoScalingGroup, delete_auto_scaling_group>(),
    api::route<op::DeleteLaunchConfiguration, delete_launch_configuration>(),
    api::route<op::DeleteLifecycleHook, delete_lifecycle_hook>(),
    api::route<op::DeletePolicy, delete_policy>(),
    api::route<op::DeleteScheduledAction, delete_scheduled_action>(),
    api::route<op::DeleteTags, delete_tags>(),
    api::route<op::DescribeAutoScalingGroups, describe_auto_scaling_groups>(),
    api::route<op::DescribeAutoScalingInstances, describe_auto_scaling_instances>(),
    api::route<op::DescribeInstanceRefreshes, describe_instance_refreshes>(),
    api::route<op::DescribeLaunchConfigurations, describe_launch_configurations>(),
    api::route<op::DescribeLifecycleHooks, describe_lifecycle_hooks>(),
    api::route<op::DescribeLoadBalancerTargetGroups, describe_load_balancer_target_groups>(),
    api::route<op::DescribePolicies, describe_policies>(),
    api::route<op::DescribeScalingActivities, describe_scaling_activities>(),
    api::route<op::DescribeScheduledActions, describe_scheduled_actions>(),
    api::route<op::DescribeTags, describe_tags>(),
    api::route<op::DescribeWarmPool, describe_warm_pool>(),
    api::route<op::DetachLoadBalancerTargetGroups, detach_load_balancer_target_groups>(),
    api::route<op::DisableMetricsCollection, disable_metrics_collection>(),
    api::route<op::EnableMetricsCollection, enable_metrics_collection>(),
    api::route<op::ExecutePolicy, execute_policy>(),
    api::route<op::PutLifecycleHook, put_lifecycle_hook>(),
    api::route<op::PutScalingPolicy, put_scaling_policy>(),
    api::route<op::PutScheduledUpdateGroupAction, put_scheduled_update_group_action>(),
    api::route<op::ResumeProcesses, resume_processes>(),
    api::route<op::SetDesiredCapacity, set_desired_capacity>(),
    api::route<op::SetInstanceHealth, set_instance_health>(),
    api::route<op::SetInstanceProtection, set_instance_protection>(),
    api::route<op::SuspendProcesses, suspend_processes>(),
    api::route<op::TerminateInstanceInAutoScalingGroup, terminate_instance_in_auto_scaling_group>(),
    api::route<op::UpdateAutoScalingGroup, update_auto_scaling_group>(),
};

std::span<const api::Route> routes() { return kAutoscalingRoutes; }

}  // namespace services::autoscaling
