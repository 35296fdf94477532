// The alarms that target tracking policies own, as records: made, changed in place and deleted with their policy, each
// with its line in the alarm's history. Used by the services that put such policies.
#pragma once

#include <string>
#include <vector>

#include "control/autoscaling/tracking_alarms.h"
#include "services/context.h"

namespace services {

/// The policy's alarms become those of `metric`; sets policy.alarms.
void put_tracking_alarms(Context& context, model::ScalingPolicy& policy, control::TrackedKind kind,
                         const std::string& resource, const control::TrackedMetric& metric);
/// Those that exist; a name of which there is no alarm is passed over.
void delete_alarms_of_policy(Context& context, const std::vector<std::string>& names);
/// One alarm, which exists, and a line in its history, which outlives it.
void delete_alarm(Context& context, const std::string& name);

}  // namespace services
