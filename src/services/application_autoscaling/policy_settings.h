// What a PutScalingPolicy may say: read into a policy's record, or refused. Called by this service's handlers.
#pragma once

#include "control/autoscaling/tracking_alarms.h"
#include "services/application_autoscaling/handlers.h"
#include "services/application_autoscaling/lookup.h"

namespace services::application_autoscaling {

Result<model::StepScaling> read_step_scaling(const shape::StepScalingPolicyConfiguration& given);
Result<model::TargetTracking> read_target_tracking(const shape::TargetTrackingScalingPolicyConfiguration& given);
/// Of a configuration that read_target_tracking took.
Result<control::TrackedMetric> tracked_metric(const TargetName& target,
                                              const shape::TargetTrackingScalingPolicyConfiguration& given);

/// With the alarms it owns.
void remove_policy(Context& context, const std::string& arn);

}  // namespace services::application_autoscaling
