// Records as Application Auto Scaling shows them. Called by this service's handlers.
#pragma once

#include "services/application_autoscaling/handlers.h"

namespace services::application_autoscaling {

shape::ScalableTarget show_target(const model::ScalableTarget& target);
shape::ScalingPolicy show_policy(const Context& context, const model::ScalingPolicy& policy);
std::vector<shape::Alarm> show_alarms(const Context& context, const model::ScalingPolicy& policy);
shape::ScheduledAction show_action(const model::ScheduledAction& action);
shape::ScalingActivity show_activity(const model::TargetActivity& activity);

}  // namespace services::application_autoscaling
