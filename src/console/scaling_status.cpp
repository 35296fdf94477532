#include "console/scaling_status.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <utility>

#include "api/application_autoscaling.h"
#include "api/autoscaling.h"
#include "api/cloudwatch.h"
#include "client/list.h"
#include "console/service_status.h"

namespace console {

namespace {

namespace services = api::application_autoscaling::op;
namespace groups = api::autoscaling::op;
namespace json = boost::json;
using client::list;

constexpr int kActivities = 3;
constexpr int kAlarmsAtOnce = 100;  // DescribeAlarms takes no more

/// The engine's own page, as far as it is there.
struct Page {
  std::map<std::string, json::object> alarms, targets;

  explicit Page(const EnginePage& engine_page) {
    const auto text = engine_page("/_scaleout/scaling");
    if (!text) return;
    boost::system::error_code error;
    const json::value tree = json::parse(*text, error);
    if (error || !tree.is_object()) return;
    take(tree.as_object(), "alarms", "name", alarms);
    take(tree.as_object(), "targets", "resource", targets);
  }

 private:
  static void take(const json::object& from, std::string_view list, std::string_view key,
                   std::map<std::string, json::object>& to) {
    const json::value* items = from.if_contains(list);
    if (!items || !items->is_array()) return;
    for (const json::value& item : items->as_array()) {
      if (!item.is_object()) continue;
      const json::value* name = item.as_object().if_contains(key);
      if (name && name->is_string()) to[std::string(name->as_string())] = item.as_object();
    }
  }
};

std::optional<std::int64_t> integer(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (!value || !value->is_number()) return std::nullopt;
  return value->to_number<std::int64_t>();
}

void add_evaluation(const json::object& evaluation, AlarmStatus& alarm) {
  if (const auto breaching = integer(evaluation, "breaching")) alarm.breaching = static_cast<int>(*breaching);
  const json::value* value = evaluation.if_contains("value");
  if (value && value->is_number()) alarm.value = value->to_number<double>();
  const json::value* points = evaluation.if_contains("points");
  if (!points || !points->is_array()) return;
  for (const json::value& point : points->as_array()) {
    alarm.points.push_back(point.is_bool() ? std::optional(point.as_bool()) : std::nullopt);
  }
}

/// The alarms that the policies name, of all layers with one call.
void read_alarms(client::AwsClient& aws, const Page& page, std::vector<ScalingLayer>& layers) {
  std::map<std::string, std::vector<PolicyStatus*>> listeners;
  for (ScalingLayer& layer : layers) {
    for (PolicyStatus& policy : layer.policies) {
      for (const AlarmStatus& alarm : std::exchange(policy.alarms, {})) listeners[alarm.name].push_back(&policy);
    }
  }
  if (listeners.empty()) return;
  std::vector<std::string> names;
  for (const auto& [name, policies] : listeners) names.push_back(name);
  if (std::ssize(names) > kAlarmsAtOnce) names.resize(kAlarmsAtOnce);
  const auto found = aws.call<api::cloudwatch::op::DescribeAlarms>({.alarm_names = names, .max_records = kAlarmsAtOnce});
  if (!found) return;
  for (const auto& one : list(found->metric_alarms)) {
    AlarmStatus alarm;
    alarm.name = one.alarm_name.value_or("");
    alarm.state = one.state_value.value_or("");
    alarm.comparison = one.comparison_operator.value_or("");
    alarm.threshold = one.threshold.value_or(0);
    alarm.periods = one.evaluation_periods.value_or(0);
    alarm.needed = one.datapoints_to_alarm.value_or(alarm.periods);
    alarm.period_seconds = one.period.value_or(0);
    if (const auto evaluation = page.alarms.find(alarm.name); evaluation != page.alarms.end()) {
      add_evaluation(evaluation->second, alarm);
    }
    for (PolicyStatus* policy : listeners[alarm.name]) policy->alarms.push_back(alarm);
  }
  for (ScalingLayer& layer : layers) {
    for (PolicyStatus& policy : layer.policies) std::ranges::sort(policy.alarms, {}, &AlarmStatus::name);
  }
}

/// Names for now; read_alarms fills in the rest.
template <class Alarms>
std::vector<AlarmStatus> named(const Alarms& alarms) {
  std::vector<AlarmStatus> names;
  for (const auto& alarm : list(alarms)) names.emplace_back().name = alarm.alarm_name.value_or("");
  return names;
}

template <class Tracking>
void add_tracking(const api::Optional<Tracking>& tracking, PolicyStatus& policy) {
  if (!tracking) return;
  policy.target = tracking->target_value;
  if (tracking->predefined_metric_specification) {
    policy.metric = tracking->predefined_metric_specification->predefined_metric_type.value_or("");
  } else if (tracking->customized_metric_specification) {
    policy.metric = tracking->customized_metric_specification->metric_name.value_or("metric math");
  }
}

std::optional<ScalingLayer> read_service(client::AwsClient& aws, const ServiceName& name, int desired,
                                         const Page& page) {
  const std::string resource = "service/" + name.cluster + "/" + name.service;
  const auto targets =
      aws.call<services::DescribeScalableTargets>({.service_namespace = "ecs", .resource_ids = std::vector{resource}});
  if (!targets || list(targets->scalable_targets).empty()) return std::nullopt;
  ScalingLayer layer;
  layer.resource = resource;
  layer.desired = desired;
  layer.least = targets->scalable_targets->front().min_capacity.value_or(0);
  layer.most = targets->scalable_targets->front().max_capacity.value_or(0);
  if (const auto policies =
          aws.call<services::DescribeScalingPolicies>({.service_namespace = "ecs", .resource_id = resource})) {
    for (const auto& one : list(policies->scaling_policies)) {
      PolicyStatus policy;
      policy.name = one.policy_name.value_or("");
      policy.type = one.policy_type.value_or("");
      add_tracking(one.target_tracking_scaling_policy_configuration, policy);
      policy.alarms = named(one.alarms);
      layer.policies.push_back(std::move(policy));
    }
  }
  if (const auto activities = aws.call<services::DescribeScalingActivities>(
          {.service_namespace = "ecs", .resource_id = resource, .max_results = kActivities})) {
    for (const auto& one : list(activities->scaling_activities)) {
      layer.activities.push_back({one.start_time ? one.start_time->ms : 0, one.description.value_or(""),
                                  one.cause.value_or(""), one.status_code.value_or("")});
    }
  }
  if (const auto own = page.targets.find(resource); own != page.targets.end()) {
    layer.out_cooldown_ms = integer(own->second, "out_cooldown_ms");
    layer.in_cooldown_ms = integer(own->second, "in_cooldown_ms");
  }
  return layer;
}

std::optional<ScalingLayer> read_group(client::AwsClient& aws, const std::string& name) {
  const auto found = aws.call<groups::DescribeAutoScalingGroups>({.auto_scaling_group_names = std::vector{name}});
  if (!found || list(found->auto_scaling_groups).empty()) return std::nullopt;
  const auto& group = found->auto_scaling_groups->front();
  ScalingLayer layer;
  layer.resource = name;
  layer.nodes = true;
  layer.least = group.min_size.value_or(0);
  layer.most = group.max_size.value_or(0);
  layer.desired = group.desired_capacity.value_or(0);
  if (const auto policies = aws.call<groups::DescribePolicies>({.auto_scaling_group_name = name})) {
    for (const auto& one : list(policies->scaling_policies)) {
      PolicyStatus policy;
      policy.name = one.policy_name.value_or("");
      policy.type = one.policy_type.value_or("");
      add_tracking(one.target_tracking_configuration, policy);
      policy.alarms = named(one.alarms);
      layer.policies.push_back(std::move(policy));
    }
  }
  if (const auto activities = aws.call<groups::DescribeScalingActivities>(
          {.auto_scaling_group_name = name, .max_records = kActivities})) {
    for (const auto& one : list(activities->activities)) {
      layer.activities.push_back({one.start_time ? one.start_time->ms : 0, one.description.value_or(""),
                                  one.cause.value_or(""), one.status_code.value_or("")});
    }
  }
  return layer;
}

}  // namespace

std::vector<ScalingLayer> read_scaling(client::AwsClient& aws, const ServiceName& name, int desired,
                                       const std::set<std::string>& node_groups, const EnginePage& engine_page) {
  const Page page(engine_page);
  std::vector<ScalingLayer> layers;
  if (auto service = read_service(aws, name, desired, page)) layers.push_back(*std::move(service));
  for (const std::string& group : node_groups) {
    if (auto layer = read_group(aws, group)) layers.push_back(*std::move(layer));
  }
  read_alarms(aws, page, layers);
  return layers;
}

}  // namespace console
