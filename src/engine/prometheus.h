// CloudWatch's metrics for Prometheus: the newest datapoint of each, for the engine's /metrics page. Called by cmd.
//
// Named as the CloudWatch exporter of Prometheus names them, aws_applicationelb_request_count_sum{load_balancer="…"}, but
// that those of AWS/ECS say whether they are of a service or of a cluster: aws_ecs_service_cpuutilization_average.
#pragma once

#include <string>

#include "state/metric_store.h"

namespace engine {

/// Metrics without a datapoint since then are left out: what is not measured any more has no value.
std::string prometheus_text(const state::MetricStore& metrics, Instant since);

}  // namespace engine
