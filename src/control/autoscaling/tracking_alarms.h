// The alarms that a target tracking policy makes and owns: names, metrics and thresholds as AWS writes them. Called by
// the services that put such policies (application_autoscaling, autoscaling, and ecs for managed scaling). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/arn.h"
#include "base/random.h"
#include "base/result.h"
#include "model/alarm.h"
#include "model/scaling.h"

namespace control {

enum class TrackedKind {
  service,            ///< Application Auto Scaling, "service/cluster/name"
  group,              ///< an Auto Scaling group
  capacity_provider,  ///< the group's policy that ECS managed scaling puts
};

/// What a policy watches: one metric, or `queries`.
struct TrackedMetric {
  model::MetricName metric;
  std::string statistic = "Average";
  std::string unit;     ///< empty: any
  int period = 60;      ///< seconds; 20 for high-resolution metrics
  std::string queries;  ///< metric math: CloudWatch's MetricDataQueries as JSON; then `metric` is empty
  std::vector<model::MetricQuery> math;  ///< the same, to be evaluated
};

/// The metric that a predefined name means for "service/cluster/name" or a group's name. `label` is that of
/// ALBRequestCountPerTarget, "app/<lb>/<id>/targetgroup/<tg>/<id>". ValidationException: none such, or a label that
/// does not fit.
Result<TrackedMetric> predefined_metric(TrackedKind kind, const std::string& resource, const std::string& name,
                                        const std::string& label);

struct TrackingAlarms {
  const model::ScalingPolicy& policy;  ///< its `tracking` is set
  TrackedKind kind = TrackedKind::service;
  std::string resource;  ///< "service/cluster/name", or the group's name
  TrackedMetric metric;
  /// The policy's alarms as they are: they keep name, state and history. Empty for a new policy.
  std::vector<const model::Alarm*> existing;
};

/// AlarmHigh, and AlarmLow unless scale-in is disabled. Existing alarms that are not in the answer are to be deleted.
std::vector<model::Alarm> tracking_alarms(const TrackingAlarms& request, const Account& account, Instant now,
                                          Random& random);

/// Whether this alarm asks for more (AlarmHigh) or for less.
bool scales_out(const model::Alarm& alarm);

/// The policy that an alarm's action names: Application Auto Scaling appends ":createdBy/<uuid>" to its ARN.
std::string policy_of_action(std::string_view action);

}  // namespace control
