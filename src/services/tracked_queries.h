// The metric math of a target tracking policy (CustomizedMetricSpecification.Metrics), checked and as its alarms have it.
// Used by the services that put such policies.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "control/autoscaling/tracking_alarms.h"

namespace services {

/// `queries` are read from the API already; all have the period of the policy. An error has the code ValidationException.
Result<control::TrackedMetric> tracked_queries(std::vector<model::MetricQuery> queries);

}  // namespace services
