// Records as EC2 Auto Scaling shows them. Called by this service's handlers.
#pragma once

#include "api/autoscaling.h"
#include "services/context.h"

namespace services::autoscaling {

api::autoscaling::AutoScalingGroup show_group(const Context& context, const model::AutoScalingGroup& group,
                                              bool with_instances);
api::autoscaling::AutoScalingInstanceDetails show_details(const Context& context, const model::Instance& instance);
api::autoscaling::Activity show_activity(const Context& context, const model::ScalingActivity& activity);
api::autoscaling::TagDescription show_tag(const std::string& group, const model::AutoScalingGroup::GroupTag& tag);

}  // namespace services::autoscaling
