#include "services/application_autoscaling/policy_settings.h"

#include <fmt/format.h>

#include <cmath>

#include "api/document.h"
#include "control/autoscaling/capacity.h"
#include "services/tracked_queries.h"
#include "services/tracking_alarms.h"

namespace services::application_autoscaling {

namespace {

tl::unexpected<Error> invalid(std::string message) { return fail("ValidationException", std::move(message)); }

/// The newer list form: one metric, or metric math.
Result<control::TrackedMetric> metric_of_queries(const std::vector<shape::TargetTrackingMetricDataQuery>& given) {
  std::vector<model::MetricQuery> queries;
  for (const auto& one : given) {
    model::MetricQuery& query = queries.emplace_back();
    query.id = *one.id;
    query.returned = one.return_data.value_or(true);
    if (one.expression.has_value() == one.metric_stat.has_value()) {
      return invalid(fmt::format("Exactly one of Expression and MetricStat must be specified in the element {} of Metrics", query.id));
    }
    if (one.expression) {
      query.expression = *one.expression;
      continue;
    }
    const shape::TargetTrackingMetricStat& stat = *one.metric_stat;
    if (!stat.metric || !stat.stat || !stat.metric->metric_name || !stat.metric->namespace_) {
      return invalid("MetricStat must have a Metric with MetricName and Namespace, and a Stat");
    }
    query.metric.space = *stat.metric->namespace_;
    query.metric.name = *stat.metric->metric_name;
    for (const auto& dimension : stat.metric->dimensions.value_or(std::vector<shape::TargetTrackingMetricDimension>{})) {
      query.metric.dimensions[dimension.name.value_or("")] = dimension.value.value_or("");
    }
    query.statistic = *stat.stat;
    query.unit = stat.unit.value_or("");
  }
  return tracked_queries(std::move(queries));
}

Result<control::TrackedMetric> customized_metric(const shape::CustomizedMetricSpecification& given) {
  if (given.metrics) {
    if (given.metric_name || given.namespace_ || given.statistic || given.dimensions || given.unit) {
      return invalid("Metrics cannot be specified together with MetricName, Namespace, Dimensions, Statistic or Unit");
    }
    return metric_of_queries(*given.metrics);
  }
  if (!given.metric_name || !given.namespace_ || !given.statistic) {
    return invalid("CustomizedMetricSpecification must have MetricName, Namespace and Statistic");
  }
  control::TrackedMetric tracked;
  tracked.metric.space = *given.namespace_;
  tracked.metric.name = *given.metric_name;
  for (const auto& dimension : given.dimensions.value_or(std::vector<shape::MetricDimension>{})) {
    tracked.metric.dimensions[dimension.name.value_or("")] = dimension.value.value_or("");
  }
  tracked.statistic = *given.statistic;
  tracked.unit = given.unit.value_or("");
  return tracked;
}

}  // namespace

Result<model::StepScaling> read_step_scaling(const shape::StepScalingPolicyConfiguration& given) {
  model::StepScaling scaling;
  scaling.adjustment_type = given.adjustment_type.value_or("");
  for (const auto& step : given.step_adjustments.value_or(std::vector<shape::StepAdjustment>{})) {
    scaling.steps.push_back({.lower = step.metric_interval_lower_bound,
                             .upper = step.metric_interval_upper_bound,
                             .adjustment = *step.scaling_adjustment});
  }
  scaling.minimum_magnitude = given.min_adjustment_magnitude;
  scaling.aggregation = given.metric_aggregation_type.value_or("Average");
  scaling.cooldown = given.cooldown.value_or(300);
  if (const auto problem = control::step_problem(scaling)) return invalid(*problem);
  return scaling;
}

Result<model::TargetTracking> read_target_tracking(const shape::TargetTrackingScalingPolicyConfiguration& given) {
  if (given.predefined_metric_specification.has_value() == given.customized_metric_specification.has_value()) {
    return invalid("Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be specified");
  }
  model::TargetTracking tracking;
  tracking.target_value = *given.target_value;
  if (!std::isfinite(tracking.target_value) || tracking.target_value <= 0) {
    return invalid("TargetValue must be greater than 0");
  }
  if (given.predefined_metric_specification) {
    tracking.predefined_metric = *given.predefined_metric_specification->predefined_metric_type;
    tracking.resource_label = given.predefined_metric_specification->resource_label.value_or("");
  } else {
    tracking.customized = api::to_document(*given.customized_metric_specification);
  }
  tracking.scale_out_cooldown = given.scale_out_cooldown.value_or(300);
  tracking.scale_in_cooldown = given.scale_in_cooldown.value_or(300);
  if (tracking.scale_out_cooldown < 0 || tracking.scale_in_cooldown < 0) {
    return invalid("Cooldown must be greater than or equal to 0");
  }
  tracking.disable_scale_in = given.disable_scale_in.value_or(false);
  return tracking;
}

Result<control::TrackedMetric> tracked_metric(const TargetName& target,
                                              const shape::TargetTrackingScalingPolicyConfiguration& given) {
  if (given.customized_metric_specification) return customized_metric(*given.customized_metric_specification);
  return control::predefined_metric(control::TrackedKind::service, target.resource_id,
                                    *given.predefined_metric_specification->predefined_metric_type,
                                    given.predefined_metric_specification->resource_label.value_or(""));
}

void remove_policy(Context& context, const std::string& arn) {
  const model::ScalingPolicy* policy = context.state.scaling_policies.find(arn);
  if (!policy) return;
  const std::vector<std::string> alarms = policy->alarms;
  delete_alarms_of_policy(context, alarms);
  context.state.scaling_policies.erase(arn);
}

}  // namespace services::application_autoscaling
