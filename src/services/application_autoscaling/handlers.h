// Every handler of Application Auto Scaling, by the file that has it. Called through the table in actions.cpp only.
#pragma once

#include "api/application_autoscaling.h"
#include "services/context.h"

namespace services::application_autoscaling {

namespace op = api::application_autoscaling::op;
namespace shape = api::application_autoscaling;

template <class Op>
using Answer = Result<typename Op::Output>;

// targets.cpp
Answer<op::RegisterScalableTarget> register_scalable_target(Context& context, const op::RegisterScalableTarget::Input& in);
Answer<op::DeregisterScalableTarget> deregister_scalable_target(Context& context,
                                                                const op::DeregisterScalableTarget::Input& in);
Answer<op::DescribeScalableTargets> describe_scalable_targets(Context& context,
                                                              const op::DescribeScalableTargets::Input& in);

// policies.cpp
Answer<op::PutScalingPolicy> put_scaling_policy(Context& context, const op::PutScalingPolicy::Input& in);
Answer<op::DeleteScalingPolicy> delete_scaling_policy(Context& context, const op::DeleteScalingPolicy::Input& in);
Answer<op::DescribeScalingPolicies> describe_scaling_policies(Context& context,
                                                              const op::DescribeScalingPolicies::Input& in);

// scheduled_actions.cpp
Answer<op::PutScheduledAction> put_scheduled_action(Context& context, const op::PutScheduledAction::Input& in);
Answer<op::DeleteScheduledAction> delete_scheduled_action(Context& context, const op::DeleteScheduledAction::Input& in);
Answer<op::DescribeScheduledActions> describe_scheduled_actions(Context& context,
                                                                const op::DescribeScheduledActions::Input& in);

// activities.cpp
Answer<op::DescribeScalingActivities> describe_scaling_activities(Context& context,
                                                                  const op::DescribeScalingActivities::Input& in);

// tags.cpp
Answer<op::ListTagsForResource> list_tags_for_resource(Context& context, const op::ListTagsForResource::Input& in);
Answer<op::TagResource> tag_resource(Context& context, const op::TagResource::Input& in);
Answer<op::UntagResource> untag_resource(Context& context, const op::UntagResource::Input& in);

}  // namespace services::application_autoscaling
