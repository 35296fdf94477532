// Every handler of EC2 Auto Scaling, by the file that has it. Called through the table in actions.cpp only.
#pragma once

#include "api/autoscaling.h"
#include "services/context.h"

namespace services::autoscaling {

namespace op = api::autoscaling::op;

template <class Op>
using Answer = Result<typename Op::Output>;

// groups.cpp
Answer<op::CreateAutoScalingGroup> create_auto_scaling_group(Context& context,
                                                             const op::CreateAutoScalingGroup::Input& in);
Answer<op::UpdateAutoScalingGroup> update_auto_scaling_group(Context& context,
                                                             const op::UpdateAutoScalingGroup::Input& in);
Answer<op::DeleteAutoScalingGroup> delete_auto_scaling_group(Context& context,
                                                             const op::DeleteAutoScalingGroup::Input& in);
Answer<op::DescribeAutoScalingGroups> describe_auto_scaling_groups(Context& context,
                                                                   const op::DescribeAutoScalingGroups::Input& in);
Answer<op::SetDesiredCapacity> set_desired_capacity(Context& context, const op::SetDesiredCapacity::Input& in);

// instances.cpp
Answer<op::DescribeAutoScalingInstances> describe_auto_scaling_instances(
    Context& context, const op::DescribeAutoScalingInstances::Input& in);
Answer<op::TerminateInstanceInAutoScalingGroup> terminate_instance_in_auto_scaling_group(
    Context& context, const op::TerminateInstanceInAutoScalingGroup::Input& in);
Answer<op::SetInstanceHealth> set_instance_health(Context& context, const op::SetInstanceHealth::Input& in);
Answer<op::SetInstanceProtection> set_instance_protection(Context& context, const op::SetInstanceProtection::Input& in);

// activities.cpp
Answer<op::DescribeScalingActivities> describe_scaling_activities(Context& context,
                                                                  const op::DescribeScalingActivities::Input& in);

// tags.cpp
Answer<op::CreateOrUpdateTags> create_or_update_tags(Context& context, const op::CreateOrUpdateTags::Input& in);
Answer<op::DeleteTags> delete_tags(Context& context, const op::DeleteTags::Input& in);
Answer<op::DescribeTags> describe_tags(Context& context, const op::DescribeTags::Input& in);

// attachments.cpp
Answer<op::AttachLoadBalancerTargetGroups> attach_load_balancer_target_groups(
    Context& context, const op::AttachLoadBalancerTargetGroups::Input& in);
Answer<op::DetachLoadBalancerTargetGroups> detach_load_balancer_target_groups(
    Context& context, const op::DetachLoadBalancerTargetGroups::Input& in);
Answer<op::DescribeLoadBalancerTargetGroups> describe_load_balancer_target_groups(
    Context& context, const op::DescribeLoadBalancerTargetGroups::Input& in);

// policies.cpp
Answer<op::PutScalingPolicy> put_scaling_policy(Context& context, const op::PutScalingPolicy::Input& in);
Answer<op::DescribePolicies> describe_policies(Context& context, const op::DescribePolicies::Input& in);
Answer<op::DeletePolicy> delete_policy(Context& context, const op::DeletePolicy::Input& in);
Answer<op::ExecutePolicy> execute_policy(Context& context, const op::ExecutePolicy::Input& in);
/// With the alarms that it owns.
void erase_policy(Context& context, const std::string& arn);

// hooks.cpp
Answer<op::PutLifecycleHook> put_lifecycle_hook(Context& context, const op::PutLifecycleHook::Input& in);
Answer<op::DescribeLifecycleHooks> describe_lifecycle_hooks(Context& context,
                                                            const op::DescribeLifecycleHooks::Input& in);
Answer<op::DeleteLifecycleHook> delete_lifecycle_hook(Context& context, const op::DeleteLifecycleHook::Input& in);
Answer<op::CompleteLifecycleAction> complete_lifecycle_action(Context& context,
                                                              const op::CompleteLifecycleAction::Input& in);
Result<void> add_hook(model::AutoScalingGroup& group, const api::autoscaling::LifecycleHookSpecification& given);

// processes.cpp
Answer<op::SuspendProcesses> suspend_processes(Context& context, const op::SuspendProcesses::Input& in);
Answer<op::ResumeProcesses> resume_processes(Context& context, const op::ResumeProcesses::Input& in);
Answer<op::EnableMetricsCollection> enable_metrics_collection(Context& context,
                                                              const op::EnableMetricsCollection::Input& in);
Answer<op::DisableMetricsCollection> disable_metrics_collection(Context& context,
                                                                const op::DisableMetricsCollection::Input& in);

// launch_configurations.cpp
Answer<op::CreateLaunchConfiguration> create_launch_configuration(Context& context,
                                                                  const op::CreateLaunchConfiguration::Input& in);
Answer<op::DescribeLaunchConfigurations> describe_launch_configurations(
    Context& context, const op::DescribeLaunchConfigurations::Input& in);
Answer<op::DeleteLaunchConfiguration> delete_launch_configuration(Context& context,
                                                                  const op::DeleteLaunchConfiguration::Input& in);

// schedules.cpp
Answer<op::PutScheduledUpdateGroupAction> put_scheduled_update_group_action(
    Context& context, const op::PutScheduledUpdateGroupAction::Input& in);
Answer<op::DescribeScheduledActions> describe_scheduled_actions(Context& context,
                                                                const op::DescribeScheduledActions::Input& in);
Answer<op::DeleteScheduledAction> delete_scheduled_action(Context& context, const op::DeleteScheduledAction::Input& in);
Answer<op::BatchPutScheduledUpdateGroupAction> batch_put_scheduled_update_group_action(
    Context& context, const op::BatchPutScheduledUpdateGroupAction::Input& in);
Answer<op::BatchDeleteScheduledAction> batch_delete_scheduled_action(Context& context,
                                                                     const op::BatchDeleteScheduledAction::Input& in);

// nothing_yet.cpp
Answer<op::DescribeInstanceRefreshes> describe_instance_refreshes(Context& context,
                                                                  const op::DescribeInstanceRefreshes::Input& in);
Answer<op::DescribeWarmPool> describe_warm_pool(Context& context, const op::DescribeWarmPool::Input& in);

}  // namespace services::autoscaling
