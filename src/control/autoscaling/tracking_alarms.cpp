#include "control/autoscaling/tracking_alarms.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace control {

namespace {

constexpr std::string_view kCreatedBy = ":createdBy/";

/// How often the threshold must be crossed, and where AlarmLow's lies in tenths of the target.
struct Shape {
  int high_periods = 3;
  int low_periods = 15;
  int low_tenths = 9;
};

Shape shape_of(const TrackingAlarms& request) {
  Shape shape;
  if (request.kind == TrackedKind::capacity_provider) {
    shape.high_periods = 1;
    shape.low_tenths = 10;
  } else if (request.kind == TrackedKind::group && request.metric.metric.name == "CPUUtilization") {
    shape.low_tenths = 7;
  }
  // AWS does not publish the counts of its 20 s alarms, but 86 s from a load step to the alarm. Three periods are 60 s,
  // to which come the rest of the period in which the load began (up to 20 s) and the wait for the next evaluation (up to
  // 10 s): 60 to 90 s. Scale-in keeps its 15 minutes: finer datapoints are no reason to trust a lull sooner.
  if (request.metric.period < 60) shape.low_periods *= 60 / request.metric.period;
  return shape;
}

std::optional<std::pair<std::string, std::string>> cluster_and_service(std::string_view resource) {
  const std::size_t first = resource.find('/');
  const std::size_t second = resource.find('/', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return std::nullopt;
  return std::pair(std::string(resource.substr(first + 1, second - first - 1)),
                   std::string(resource.substr(second + 1)));
}

Result<TrackedMetric> requests_per_target(const std::string& label) {
  const std::size_t group = label.find("/targetgroup/");
  if (!label.starts_with("app/") || group == std::string::npos || std::ranges::count(label, '/') != 5) {
    return fail("ValidationException",
                fmt::format("Invalid resource label '{}': ALBRequestCountPerTarget needs "
                            "app/<load-balancer-name>/<load-balancer-id>/targetgroup/<target-group-name>/<target-group-id>",
                            label));
  }
  TrackedMetric tracked;
  tracked.metric = {"AWS/ApplicationELB",
                    "RequestCountPerTarget",
                    {{"LoadBalancer", label.substr(0, group)}, {"TargetGroup", label.substr(group + 1)}}};
  tracked.statistic = "Sum";  // the only valid one: the value is the average over targets already
  return tracked;
}

std::string suffix_of(bool out) { return out ? "-AlarmHigh-" : "-AlarmLow-"; }

model::Alarm alarm_of(const TrackingAlarms& request, bool out, const Account& account, Instant now, Random& random) {
  model::Alarm alarm;
  const auto present = std::ranges::find_if(
      request.existing, [&](const model::Alarm* one) { return one->name.find(suffix_of(out)) != std::string::npos; });
  if (present != request.existing.end()) {
    alarm = **present;
  } else {
    alarm.name = "TargetTracking-" + request.resource + suffix_of(out) + random.uuid();
    alarm.arn = make_arn(account, "cloudwatch", "alarm:" + alarm.name);
    alarm.state_reason = "Unchecked: Initial alarm creation";
    alarm.state_updated_at = alarm.state_transitioned_at = now;
    std::string action = request.policy.arn;
    if (request.kind == TrackedKind::service) action += std::string(kCreatedBy) + random.uuid();
    alarm.alarm_actions = {std::move(action)};
  }
  const Shape shape = shape_of(request);
  const double target = request.policy.tracking->target_value;
  alarm.description = fmt::format("DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {}.", request.policy.arn);
  alarm.metric = request.metric.metric;
  alarm.statistic = request.metric.queries.empty() ? request.metric.statistic : "";
  alarm.unit = request.metric.unit;
  alarm.period = request.metric.period;
  alarm.metrics = request.metric.queries;
  alarm.queries = request.metric.math;
  alarm.evaluation_periods = out ? shape.high_periods : shape.low_periods;
  alarm.threshold = out ? target : target * shape.low_tenths / 10;
  alarm.comparison = out ? "GreaterThanThreshold" : "LessThanThreshold";
  alarm.treat_missing_data = "missing";
  alarm.configuration_updated_at = now;
  return alarm;
}

}  // namespace

Result<TrackedMetric> predefined_metric(TrackedKind kind, const std::string& resource, const std::string& name,
                                        const std::string& label) {
  if (name == "ALBRequestCountPerTarget") return requests_per_target(label);
  if (!label.empty()) {
    return fail("ValidationException", fmt::format("A resource label is only valid for ALBRequestCountPerTarget, not for {}",
                                                   name));
  }
  constexpr std::string_view kHighResolution = "HighResolution";
  const bool high = name.ends_with(kHighResolution);
  const std::string plain = high ? name.substr(0, name.size() - kHighResolution.size()) : name;
  TrackedMetric tracked;
  tracked.period = high ? 20 : 60;
  tracked.unit = "Percent";
  if (kind == TrackedKind::service) {
    const auto names = cluster_and_service(resource);
    if (names && plain == "ECSServiceAverageCPUUtilization") {
      tracked.metric = {"AWS/ECS", "CPUUtilization", {{"ClusterName", names->first}, {"ServiceName", names->second}}};
      return tracked;
    }
    if (names && plain == "ECSServiceAverageMemoryUtilization") {
      tracked.metric = {"AWS/ECS", "MemoryUtilization", {{"ClusterName", names->first}, {"ServiceName", names->second}}};
      return tracked;
    }
  } else {
    const bool network = plain == "ASGAverageNetworkIn" || plain == "ASGAverageNetworkOut";
    if (plain == "ASGAverageCPUUtilization" || (network && !high)) {
      tracked.metric = {"AWS/EC2", network ? plain.substr(std::string_view("ASGAverage").size()) : "CPUUtilization",
                        {{"AutoScalingGroupName", resource}}};
      if (network) tracked.unit = "Bytes";
      return tracked;
    }
  }
  return fail("ValidationException", fmt::format("Unsupported predefined metric type {} for {}", name, resource));
}

std::vector<model::Alarm> tracking_alarms(const TrackingAlarms& request, const Account& account, Instant now,
                                          Random& random) {
  std::vector<model::Alarm> alarms{alarm_of(request, true, account, now, random)};
  if (!request.policy.tracking->disable_scale_in) alarms.push_back(alarm_of(request, false, account, now, random));
  return alarms;
}

bool scales_out(const model::Alarm& alarm) { return alarm.comparison.starts_with("GreaterThan"); }

std::string policy_of_action(std::string_view action) { return std::string(action.substr(0, action.find(kCreatedBy))); }

}  // namespace control
