// What PutScalingPolicy may say of each policy type, written into the record. Called by policies.cpp.
#pragma once

#include "api/autoscaling.h"
#include "control/autoscaling/tracking_alarms.h"
#include "services/context.h"

namespace services::autoscaling {

/// Type, adjustments or target, warm-up: checked and written.
Result<void> use_policy(model::ScalingPolicy& policy, const api::autoscaling::op::PutScalingPolicy::Input& in);
/// Of a policy that use_policy has taken.
Result<control::TrackedMetric> tracked_metric(const model::ScalingPolicy& policy);
/// The policy as DescribePolicies shows it.
api::autoscaling::ScalingPolicy show_policy(const Context& context, const model::ScalingPolicy& policy);
/// The alarms that name it in their actions, its own first.
std::vector<api::autoscaling::Alarm> show_alarms(const Context& context, const model::ScalingPolicy& policy);

}  // namespace services::autoscaling
