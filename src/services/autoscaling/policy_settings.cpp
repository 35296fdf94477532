#include "services/autoscaling/policy_settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/document.h"
#include "services/tracked_queries.h"

namespace services::autoscaling {
namespace {

using Input = api::autoscaling::op::PutScalingPolicy::Input;

constexpr const char* kTracking = "TargetTrackingScaling";
constexpr const char* kStep = "StepScaling";
constexpr const char* kSimple = "SimpleScaling";

tl::unexpected<Error> invalid(std::string why) { return fail("ValidationError", std::move(why)); }

Result<void> refuse(bool given, const char* member, const std::string& type) {
  if (!given) return {};
  return invalid(fmt::format("{} is not supported by policies of type {}.", member, type));
}

Result<std::string> adjustment_type(const Input& in, const std::string& type) {
  if (!in.adjustment_type) return invalid(fmt::format("AdjustmentType is required for policies of type {}.", type));
  for (const char* known : {"ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity"}) {
    if (*in.adjustment_type == known) return std::string(known);
  }
  return invalid(fmt::format("Invalid AdjustmentType '{}': it must be ChangeInCapacity, ExactCapacity or "
                             "PercentChangeInCapacity.",
                             *in.adjustment_type));
}

Result<std::optional<int>> minimum_magnitude(const Input& in, const std::string& adjustment) {
  const auto given = in.min_adjustment_magnitude ? in.min_adjustment_magnitude : in.min_adjustment_step;
  if (given && adjustment != "PercentChangeInCapacity") {
    return invalid("MinAdjustmentMagnitude is only supported with an AdjustmentType of PercentChangeInCapacity.");
  }
  return given ? std::optional<int>(static_cast<int>(*given)) : std::nullopt;
}

/// Sheet E3: no gap, no overlap, one open end on each side at most, and none of them between two steps.
Result<void> check_steps(std::vector<model::StepAdjustment> steps) {
  for (const auto& step : steps) {
    if (!step.lower && !step.upper && steps.size() > 1) {
      return invalid("At most one StepAdjustment may have an unspecified lower and upper bound, and then it must be the only one.");
    }
    if (step.lower && step.upper && *step.lower >= *step.upper) {
      return invalid("StepAdjustment lower bounds must be lower than their upper bounds.");
    }
  }
  std::ranges::sort(steps, [](const auto& one, const auto& other) {
    return one.lower.has_value() != other.lower.has_value() ? !one.lower : one.lower < other.lower;
  });
  for (std::size_t i = 1; i < steps.size(); ++i) {
    const auto &before = steps[i - 1], &after = steps[i];
    if (!before.upper || !after.lower || *before.upper > *after.lower) {
      return invalid("StepAdjustment intervals can't overlap.");
    }
    if (*before.upper < *after.lower) return invalid("StepAdjustment intervals can't have gaps between them.");
  }
  return {};
}

Result<void> use_simple(model::ScalingPolicy& policy, const Input& in) {
  TRY_VOID(refuse(in.step_adjustments && !in.step_adjustments->empty(), "StepAdjustments", kSimple));
  TRY_VOID(refuse(in.metric_aggregation_type.has_value(), "MetricAggregationType", kSimple));
  TRY_VOID(refuse(in.estimated_instance_warmup.has_value(), "EstimatedInstanceWarmup", kSimple));
  auto& simple = policy.step.emplace();
  TRY(simple.adjustment_type, adjustment_type(in, kSimple));
  TRY(simple.minimum_magnitude, minimum_magnitude(in, simple.adjustment_type));
  if (!in.scaling_adjustment) return invalid("ScalingAdjustment is required for policies of type SimpleScaling.");
  simple.steps.push_back({.adjustment = static_cast<int>(*in.scaling_adjustment)});
  simple.cooldown = in.cooldown ? static_cast<int>(*in.cooldown) : -1;  // -1: the group's
  return {};
}

Result<void> use_step(model::ScalingPolicy& policy, const Input& in) {
  TRY_VOID(refuse(in.scaling_adjustment.has_value(), "ScalingAdjustment", kStep));
  TRY_VOID(refuse(in.cooldown.value_or(0) != 0, "Cooldown", kStep));
  auto& step = policy.step.emplace();
  TRY(step.adjustment_type, adjustment_type(in, kStep));
  TRY(step.minimum_magnitude, minimum_magnitude(in, step.adjustment_type));
  step.aggregation = in.metric_aggregation_type.value_or("Average");
  if (step.aggregation != "Average" && step.aggregation != "Minimum" && step.aggregation != "Maximum") {
    return invalid(fmt::format("Invalid MetricAggregationType '{}': it must be Minimum, Maximum or Average.", step.aggregation));
  }
  if (!in.step_adjustments || in.step_adjustments->empty()) {
    return invalid("StepAdjustments are required for policies of type StepScaling.");
  }
  for (const auto& given : *in.step_adjustments) {
    step.steps.push_back({.lower = given.metric_interval_lower_bound,
                          .upper = given.metric_interval_upper_bound,
                          .adjustment = static_cast<int>(*given.scaling_adjustment)});
  }
  return check_steps(step.steps);
}

Result<void> use_tracking(model::ScalingPolicy& policy, const Input& in) {
  TRY_VOID(refuse(in.adjustment_type.has_value(), "AdjustmentType", kTracking));
  TRY_VOID(refuse(in.scaling_adjustment.has_value(), "ScalingAdjustment", kTracking));
  TRY_VOID(refuse(in.step_adjustments && !in.step_adjustments->empty(), "StepAdjustments", kTracking));
  TRY_VOID(refuse(in.cooldown.value_or(0) != 0, "Cooldown", kTracking));
  if (!in.target_tracking_configuration) {
    return invalid("TargetTrackingConfiguration is required for policies of type TargetTrackingScaling.");
  }
  const auto& given = *in.target_tracking_configuration;
  if (given.predefined_metric_specification.has_value() == given.customized_metric_specification.has_value()) {
    return invalid("TargetTrackingConfiguration must have exactly one of PredefinedMetricSpecification and "
                   "CustomizedMetricSpecification.");
  }
  auto& tracking = policy.tracking.emplace();
  tracking.target_value = *given.target_value;
  if (!(tracking.target_value > 0)) return invalid("TargetValue must be greater than 0.");
  tracking.disable_scale_in = given.disable_scale_in.value_or(false);
  if (given.predefined_metric_specification) {
    tracking.predefined_metric = *given.predefined_metric_specification->predefined_metric_type;
    tracking.resource_label = given.predefined_metric_specification->resource_label.value_or("");
  } else {
    tracking.customized = api::to_document(*given.customized_metric_specification);
  }
  return {};
}

Result<void> check_tracked_period(int period) {
  if (period == 10 || period == 20 || period == 30 || period == 60) return {};
  return invalid(fmt::format("Invalid Period {}: it must be 10, 20, 30 or 60.", period));
}

Result<control::TrackedMetric> metric_of_queries(
    const std::vector<api::autoscaling::TargetTrackingMetricDataQuery>& given) {
  std::vector<model::MetricQuery> queries;
  int period = 0;
  for (const auto& one : given) {
    model::MetricQuery& query = queries.emplace_back();
    query.id = *one.id;
    query.returned = one.return_data.value_or(true);
    if (one.expression.has_value() == one.metric_stat.has_value()) {
      return invalid(fmt::format("Exactly one of Expression and MetricStat must be specified in the element {} of Metrics.", query.id));
    }
    if (one.expression) {
      query.expression = *one.expression;
      if (one.period) return invalid("Period of an expression is not served: give it in each MetricStat.");
      continue;
    }
    const auto& stat = *one.metric_stat;
    query.metric.space = *stat.metric->namespace_;
    query.metric.name = *stat.metric->metric_name;
    for (const auto& dimension : stat.metric->dimensions.value_or(std::vector<api::autoscaling::MetricDimension>())) {
      query.metric.dimensions[*dimension.name] = *dimension.value;
    }
    query.statistic = *stat.stat;
    query.unit = stat.unit.value_or("");
    query.period = static_cast<int>(stat.period ? *stat.period : one.period.value_or(60));
    TRY_VOID(check_tracked_period(query.period));
    if (period != 0 && period != query.period) return invalid("The metrics of a policy must have the same Period.");
    period = query.period;
  }
  for (model::MetricQuery& query : queries) query.period = period;
  auto tracked = tracked_queries(std::move(queries));
  if (!tracked) return invalid(tracked.error().message);
  return tracked;
}

Result<control::TrackedMetric> customized_metric(const std::string& document) {
  const auto given = api::from_document<api::autoscaling::CustomizedMetricSpecification>(document);
  if (given.metrics && !given.metrics->empty()) {
    if (given.metric_name || given.namespace_ || given.statistic || given.dimensions || given.unit || given.period) {
      return invalid("Metrics cannot be specified together with MetricName, Namespace, Dimensions, Statistic, Unit or Period.");
    }
    return metric_of_queries(*given.metrics);
  }
  if (!given.metric_name || !given.namespace_ || !given.statistic) {
    return invalid("CustomizedMetricSpecification must have MetricName, Namespace and Statistic.");
  }
  control::TrackedMetric tracked;
  tracked.metric.space = *given.namespace_;
  tracked.metric.name = *given.metric_name;
  for (const auto& dimension : given.dimensions.value_or(std::vector<api::autoscaling::MetricDimension>())) {
    tracked.metric.dimensions[*dimension.name] = *dimension.value;
  }
  tracked.statistic = *given.statistic;
  tracked.unit = given.unit.value_or("");
  tracked.period = given.period ? static_cast<int>(*given.period) : 60;
  TRY_VOID(check_tracked_period(tracked.period));
  return tracked;
}

}  // namespace

Result<void> use_policy(model::ScalingPolicy& policy, const Input& in) {
  policy.type = in.policy_type.value_or(kSimple);
  policy.enabled = in.enabled.value_or(true);
  policy.step.reset();
  policy.tracking.reset();
  policy.estimated_warmup.reset();
  if (in.estimated_instance_warmup) {
    if (*in.estimated_instance_warmup < 0) return invalid("EstimatedInstanceWarmup must not be negative.");
    policy.estimated_warmup = static_cast<int>(*in.estimated_instance_warmup);
  }
  if (policy.type == kSimple) return use_simple(policy, in);
  if (policy.type == kStep) return use_step(policy, in);
  if (policy.type == kTracking) return use_tracking(policy, in);
  if (policy.type == "PredictiveScaling") {
    return invalid("This engine does not serve predictive scaling. Use TargetTrackingScaling or StepScaling.");
  }
  return invalid(fmt::format("Invalid PolicyType '{}': it must be SimpleScaling, StepScaling or TargetTrackingScaling.",
                             policy.type));
}

Result<control::TrackedMetric> tracked_metric(const model::ScalingPolicy& policy) {
  const model::TargetTracking& tracking = *policy.tracking;
  if (!tracking.customized.empty()) return customized_metric(tracking.customized);
  if (tracking.predefined_metric.starts_with("ASGAverageNetwork")) {
    return invalid(fmt::format("This engine does not measure the network of nodes, so {} would never scale. Use "
                               "ASGAverageCPUUtilization or ALBRequestCountPerTarget.",
                               tracking.predefined_metric));
  }
  auto metric = control::predefined_metric(control::TrackedKind::group, policy.group, tracking.predefined_metric,
                                           tracking.resource_label);
  if (!metric) return invalid(metric.error().message);
  return metric;
}

std::vector<api::autoscaling::Alarm> show_alarms(const Context& context, const model::ScalingPolicy& policy) {
  std::vector<api::autoscaling::Alarm> shown;
  const auto show = [&](const std::string& name) {
    if (const auto* alarm = context.state.alarms.find(name)) {
      shown.push_back({.alarm_name = alarm->name, .alarm_arn = alarm->arn});
    }
  };
  for (const std::string& name : policy.alarms) show(name);
  for (const std::string& name : context.state.alarms_by_policy.keys(policy.arn)) {
    if (std::ranges::count(policy.alarms, name) == 0) show(name);
  }
  return shown;
}

api::autoscaling::ScalingPolicy show_policy(const Context& context, const model::ScalingPolicy& policy) {
  api::autoscaling::ScalingPolicy shown;
  shown.auto_scaling_group_name = policy.group;
  shown.policy_name = policy.name;
  shown.policy_arn = policy.arn;
  shown.policy_type = policy.type;
  shown.enabled = policy.enabled;
  shown.alarms = show_alarms(context, policy);
  shown.estimated_instance_warmup = policy.estimated_warmup;
  auto& steps = shown.step_adjustments.emplace();
  if (policy.step) {
    shown.adjustment_type = policy.step->adjustment_type;
    shown.min_adjustment_magnitude = policy.step->minimum_magnitude;
    if (policy.type == kSimple) {
      shown.scaling_adjustment = policy.step->steps.front().adjustment;
      if (policy.step->cooldown >= 0) shown.cooldown = policy.step->cooldown;
    } else {
      shown.metric_aggregation_type = policy.step->aggregation;
      for (const auto& step : policy.step->steps) {
        steps.push_back({.metric_interval_lower_bound = step.lower,
                         .metric_interval_upper_bound = step.upper,
                         .scaling_adjustment = step.adjustment});
      }
    }
  }
  if (policy.tracking) {
    auto& tracking = shown.target_tracking_configuration.emplace();
    tracking.target_value = policy.tracking->target_value;
    tracking.disable_scale_in = policy.tracking->disable_scale_in;
    if (policy.tracking->customized.empty()) {
      auto& metric = tracking.predefined_metric_specification.emplace();
      metric.predefined_metric_type = policy.tracking->predefined_metric;
      if (!policy.tracking->resource_label.empty()) metric.resource_label = policy.tracking->resource_label;
    } else {
      tracking.customized_metric_specification =
          api::from_document<api::autoscaling::CustomizedMetricSpecification>(policy.tracking->customized);
    }
  }
  return shown;
}

}  // namespace services::autoscaling
