#include "services/application_autoscaling/actions.h"

#include "services/application_autoscaling/handlers.h"

namespace services::application_autoscaling {

constexpr api::Route kApplicationAutoscalingRoutes[] = {
    api::route<op::DeleteScalingPolicy, delete_scaling_policy>(),
    api::route<op::DeleteScheduledAction, delete_scheduled_action>(),
    api::route<op::DeregisterScalableTarget, deregister_scalable_target>(),
    api::route<op::DescribeScalableTargets, describe_scalable_targets>(),
    api::route<op::DescribeScalingActivities, describe_scaling_activities>(),
    api::route<op::DescribeScalingPolicies, describe_scaling_policies>(),
    api::route<op::DescribeScheduledActions, describe_scheduled_actions>(),
    api::route<op::ListTagsForResource, list_tags_for_resource>(),
    api::route<op::PutScalingPolicy, put_scaling_policy>(),
    api::route<op::PutScheduledAction, put_scheduled_action>(),
    api::route<op::RegisterScalableTarget, register_scalable_target>(),
    api::route<op::TagResource, tag_resource>(),
    api::route<op::UntagResource, untag_resource>(),
};

std::span<const api::Route> routes() { return kApplicationAutoscalingRoutes; }

}  // namespace services::application_autoscaling
