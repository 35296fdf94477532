#include "services/cloudwatch/alarms_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "api/document.h"
#include "control/alarms/alarm.h"
#include "services/cloudwatch/metric_queries.h"

namespace services::cloudwatch {

namespace {

using AlarmInput = api::cloudwatch::op::PutMetricAlarm::Input;

constexpr int kDay = 86'400, kWeek = 604'800, kHour = 3600;
constexpr std::string_view kQueriesHead = "{\"Metrics\":";

tl::unexpected<Error> invalid(std::string message) { return fail("ValidationError", std::move(message)); }

tl::unexpected<Error> not_served(std::string_view what) {
  return invalid(fmt::format("{} is not served by this engine: alarms compare a metric with a fixed threshold.", what));
}

Result<void> refuse_unserved(const AlarmInput& in) {
  if (in.threshold_metric_id) return not_served("Anomaly detection (ThresholdMetricId)");
  if (in.comparison_operator && !in.comparison_operator->ends_with("Threshold")) return not_served(*in.comparison_operator);
  if (in.comparison_operator && (in.comparison_operator->find("UpperThreshold") != std::string::npos ||
                                 in.comparison_operator->find("LowerThreshold") != std::string::npos)) {
    return not_served("Anomaly detection (ComparisonOperator " + *in.comparison_operator + ")");
  }
  if (in.evaluation_criteria) return not_served("EvaluationCriteria");
  if (in.evaluation_window) return not_served("EvaluationWindow");
  if (in.evaluation_interval) return not_served("EvaluationInterval");
  if (in.warm_up_configuration) return not_served("WarmUpConfiguration");
  if (in.action_configuration) return not_served("ActionConfiguration");
  const std::string low = in.evaluate_low_sample_count_percentile.value_or("evaluate");
  if (low == "ignore") return not_served("EvaluateLowSampleCountPercentile ignore");
  if (low != "evaluate") {
    return invalid(fmt::format("Option {} is not supported for EvaluateLowSampleCountPercentile. It must be evaluate or ignore.", low));
  }
  return {};
}

Result<void> check_required(const AlarmInput& in) {
  if (!in.comparison_operator) return invalid("The parameter ComparisonOperator is required.");
  if (!in.evaluation_periods) return invalid("The parameter EvaluationPeriods is required.");
  if (!in.threshold) return invalid("The parameter Threshold is required.");
  return {};
}

/// "p99", "p99.9": what a percentile alarm may ask for here.
Result<void> check_extended(const std::string& statistic) {
  const std::string digits = statistic.starts_with("p") ? statistic.substr(1) : "";
  char* end = nullptr;
  const double percent = digits.empty() ? -1 : std::strtod(digits.c_str(), &end);
  const bool plain = !digits.empty() && digits.find_first_not_of("0123456789.") == std::string::npos && *end == '\0';
  if (plain && percent >= 0 && percent <= 100) return {};
  return invalid(fmt::format(
      "The value {} for parameter ExtendedStatistic is not supported by this engine: only percentiles, p0.0 to p100, are.",
      statistic));
}

Result<void> check_periods(const model::Alarm& alarm) {
  const int period = alarm.period;
  if (period != 10 && period != 20 && period != 30 && (period < 60 || period % 60 != 0)) {
    return invalid("Period must be 10, 20, 30 or a multiple of 60");
  }
  const std::int64_t range = std::int64_t{period} * alarm.evaluation_periods;
  if (period < kHour && range > kDay) {
    return invalid("Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400) for "
                   "alarms using period < 3600");
  }
  if (range > kWeek) {
    return invalid("Metrics cannot be checked across more than a week (EvaluationPeriods * Period must be <= 604800) for "
                   "alarms using period >= 3600");
  }
  if (alarm.needed() > alarm.evaluation_periods) {
    return invalid("DatapointsToAlarm must be less than or equal to EvaluationPeriods");
  }
  return {};
}

Result<void> check_actions(const Context& context, const std::optional<std::vector<std::string>>& actions) {
  for (const std::string& action : actions.value_or(std::vector<std::string>{})) {
    const auto arn = Arn::parse(action);
    if (!arn) return invalid("Invalid arn syntax: " + action);
    const bool topic = arn->service == "sns" && !arn->resource.empty();
    if (!topic && !control::is_scaling_policy(action)) {
      return invalid(fmt::format("The action {} is not served by this engine: an alarm acts on scaling policies, and its "
                                 "notifications to SNS topics are recorded in its history.",
                                 action));
    }
    if (arn->region != context.account.region) {
      return invalid(fmt::format("Invalid region {} specified. Only {} is supported.", arn->region, context.account.region));
    }
  }
  return {};
}

Result<void> set_metric(model::Alarm& alarm, const std::string& space, const std::string& name,
                        const std::optional<std::vector<api::cloudwatch::Dimension>>& dimensions) {
  alarm.metric = {.space = space, .name = name, .dimensions = {}};
  for (const auto& dimension : dimensions.value_or(std::vector<api::cloudwatch::Dimension>{})) {
    if (!alarm.metric.dimensions.emplace(*dimension.name, *dimension.value).second) {
      return invalid(fmt::format("No duplicate dimension names are allowed: {}", *dimension.name));
    }
  }
  return {};
}

Result<void> set_statistic(model::Alarm& alarm, const std::string& statistic) {
  static const std::set<std::string> kPlain = {"Average", "Maximum", "Minimum", "SampleCount", "Sum"};
  if (kPlain.contains(statistic)) {
    alarm.statistic = statistic;
    return {};
  }
  TRY_VOID(check_extended(statistic));
  alarm.extended_statistic = statistic;
  return {};
}

Result<void> take_plain_metric(model::Alarm& alarm, const AlarmInput& in) {
  if (!in.metric_name) return invalid("Either MetricName or Metrics must be specified.");
  if (!in.namespace_) return invalid("The parameter Namespace is required.");
  if (!in.period) return invalid("The parameter Period is required.");
  if (in.statistic && in.extended_statistic) return invalid("Statistic and ExtendedStatistic cannot be specified together.");
  if (!in.statistic && !in.extended_statistic) return invalid("Either Statistic or ExtendedStatistic must be specified.");
  TRY_VOID(set_metric(alarm, *in.namespace_, *in.metric_name, in.dimensions));
  if (in.extended_statistic) TRY_VOID(check_extended(*in.extended_statistic));
  alarm.statistic = in.statistic.value_or("");
  alarm.extended_statistic = in.extended_statistic.value_or("");
  alarm.unit = in.unit.value_or("");
  alarm.period = *in.period;
  return {};
}

/// An alarm evaluates one series of one period.
Result<void> check_math(const std::vector<model::MetricQuery>& queries, const model::MetricQuery& returned) {
  int period = 0;
  for (const model::MetricQuery& query : queries) {
    if (!query.expression.empty()) continue;
    if (period != 0 && query.period != period) {
      return invalid("The metrics of an alarm must have the same Period: others are not served by this engine.");
    }
    period = query.period;
  }
  if (period == 0) return invalid("The metrics list must have at least one MetricStat.");
  TRY(const control::SeriesById shapes, control::shapes_of_queries(queries));
  if (shapes.at(returned.id).points.size() == 1) return {};
  return invalid(fmt::format("The expression {} gives several time series, and an alarm evaluates one.", returned.id));
}

Result<void> take_queries(model::Alarm& alarm, const AlarmInput& in) {
  if (in.metric_name || in.namespace_ || in.statistic || in.extended_statistic || in.period || in.unit || in.dimensions) {
    return invalid("Metrics cannot be specified together with MetricName, Namespace, Dimensions, Period, Unit, Statistic or "
                   "ExtendedStatistic.");
  }
  TRY(std::vector<model::MetricQuery> queries, read_queries(*in.metrics));
  const auto returned = std::ranges::find_if(queries, &model::MetricQuery::returned);
  if (std::ranges::count_if(queries, &model::MetricQuery::returned) != 1) {
    return invalid("Exactly one element of the metrics list should return data.");
  }
  api::cloudwatch::MetricAlarm echo;
  echo.metrics = *in.metrics;
  alarm.metrics = api::to_document(echo).substr(kQueriesHead.size());
  alarm.metrics.pop_back();
  alarm.period = returned->period;
  if (queries.size() == 1 && returned->expression.empty()) {
    alarm.metric = returned->metric;
    alarm.unit = returned->unit;
    return set_statistic(alarm, returned->statistic);
  }
  TRY_VOID(check_math(queries, *returned));
  alarm.queries = std::move(queries);
  return {};
}

}  // namespace

Result<model::Alarm> alarm_of(const Context& context, const AlarmInput& in) {
  TRY_VOID(refuse_unserved(in));
  TRY_VOID(check_required(in));
  model::Alarm alarm;
  alarm.name = *in.alarm_name;
  alarm.arn = make_arn(context.account, "cloudwatch", "alarm:" + alarm.name);
  alarm.description = in.alarm_description.value_or("");
  if (in.metrics && !in.metrics->empty()) {
    TRY_VOID(take_queries(alarm, in));
  } else {
    TRY_VOID(take_plain_metric(alarm, in));
  }
  alarm.evaluation_periods = *in.evaluation_periods;
  alarm.datapoints_to_alarm = in.datapoints_to_alarm;
  TRY_VOID(check_periods(alarm));
  alarm.threshold = *in.threshold;
  alarm.comparison = *in.comparison_operator;
  alarm.treat_missing_data = in.treat_missing_data.value_or("");
  static const std::set<std::string> kTreatments = {"", "breaching", "ignore", "missing", "notBreaching"};
  if (!kTreatments.contains(alarm.treat_missing_data)) {
    return invalid(fmt::format("Option {} is not supported for TreatMissingData. Supported options: breaching, notBreaching, "
                               "ignore and missing.",
                               alarm.treat_missing_data));
  }
  for (const auto* actions : {&in.ok_actions, &in.alarm_actions, &in.insufficient_data_actions}) {
    TRY_VOID(check_actions(context, *actions));
  }
  alarm.actions_enabled = in.actions_enabled.value_or(true);
  alarm.ok_actions = in.ok_actions.value_or(std::vector<std::string>{});
  alarm.alarm_actions = in.alarm_actions.value_or(std::vector<std::string>{});
  alarm.insufficient_data_actions = in.insufficient_data_actions.value_or(std::vector<std::string>{});
  api::cloudwatch::MetricAlarm echo;
  echo.evaluate_low_sample_count_percentile = in.evaluate_low_sample_count_percentile;
  if (echo.evaluate_low_sample_count_percentile) alarm.document = api::to_document(echo);
  return alarm;
}

std::vector<api::cloudwatch::MetricDataQuery> queries_of(const model::Alarm& alarm) {
  if (alarm.metrics.empty()) return {};
  return api::from_document<api::cloudwatch::MetricAlarm>(std::string(kQueriesHead) + alarm.metrics + "}")
      .metrics.value_or(std::vector<api::cloudwatch::MetricDataQuery>{});
}

}  // namespace services::cloudwatch
