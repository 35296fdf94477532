// Statistics of metrics over time. Under --time-scale N a period of P seconds is P/N real ones; timestamps are real.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "services/cloudwatch/handlers.h"
#include "services/cloudwatch/metric_names.h"

namespace services::cloudwatch {

namespace {

constexpr std::int64_t kMostDatapoints = 1440, kMostOfQuery = 100'800;
constexpr std::size_t kMostQueries = 500;

Result<void> check_period(int period) {
  const bool fine = period == 1 || period == 5 || period == 10 || period == 20 || period == 30;
  if (period > 0 && (fine || period % 60 == 0)) return {};
  return fail("InvalidParameterValue",
              "The parameter Period must be 1, 5, 10, 20 or 30 seconds, or a multiple of 60.");
}

Result<void> check_times(const api::Timestamp& start, const api::Timestamp& end) {
  if (start.ms < end.ms) return {};
  return fail("InvalidParameterValue", "The parameter StartTime must be less than the parameter EndTime.");
}

Result<void> check_statistic(const std::string& statistic) {
  static const std::set<std::string> plain{"Average", "Sum", "Minimum", "Maximum", "SampleCount"};
  if (plain.contains(statistic)) return {};
  // A bucket that can tell every percentile says whether this one can be read.
  const state::MetricBucket probe{.sample_count = 1, .sum = 1, .minimum = 1, .maximum = 1, .values = {{1, 1}}};
  if (statistic.starts_with("p") && state::statistic_of(probe, statistic)) return {};
  return fail("InvalidParameterValue", "The statistic " + statistic +
                                           " is not served: Average, Sum, Minimum, Maximum, SampleCount and percentiles "
                                           "(p99, p99.9) are.");
}

/// The period's first moment: buckets start at multiples of it.
Instant aligned(std::int64_t ms, Duration period) { return instant_from_ms(ms / period.count() * period.count()); }

Duration real_period(const Context& context, int period) {
  return std::max(Duration(1), context.pace(seconds(period)));
}

Result<api::cloudwatch::MetricDataResult> answer(Context& context, const op::GetMetricData::Input& in,
                                                 const api::cloudwatch::MetricDataQuery& query) {
  if (!query.metric_stat) {
    return fail("ValidationError", "Metric math is not served by this engine: the query " + *query.id +
                                       " needs MetricStat instead of Expression.");
  }
  const auto& stat = *query.metric_stat;
  TRY_VOID(check_period(stat.period.value_or(0)));
  TRY_VOID(check_statistic(*stat.stat));
  TRY(const auto metric, metric_name(stat.metric->namespace_.value_or(""), stat.metric->metric_name.value_or(""),
                                     stat.metric->dimensions));
  const Duration period = real_period(context, *stat.period);
  if ((in.end_time->ms - in.start_time->ms) / period.count() > kMostOfQuery) {
    return fail("ValidationError", fmt::format("The query {} asks for more than {} datapoints; use a longer period.",
                                               *query.id, kMostOfQuery));
  }
  api::cloudwatch::MetricDataResult result;
  result.id = query.id;
  result.label = query.label ? *query.label : metric.name;
  auto& timestamps = result.timestamps.emplace();
  auto& values = result.values.emplace();
  result.status_code = "Complete";
  for (const auto& bucket : context.metrics.read({.metric = metric,
                                                  .start = aligned(in.start_time->ms, period),
                                                  .end = instant_from_ms(in.end_time->ms),
                                                  .period = period,
                                                  .unit = stat.unit.value_or("")})) {
    const auto value = state::statistic_of(bucket, *stat.stat);
    if (!value) continue;
    timestamps.push_back({to_ms(bucket.start)});
    values.push_back(*value);
  }
  if (in.scan_by.value_or("TimestampDescending") == "TimestampDescending") {
    std::ranges::reverse(timestamps);
    std::ranges::reverse(values);
  }
  return result;
}

}  // namespace

Result<op::GetMetricStatistics::Output> get_metric_statistics(Context& context, const op::GetMetricStatistics::Input& in) {
  TRY_VOID(check_period(*in.period));
  TRY_VOID(check_times(*in.start_time, *in.end_time));
  const auto statistics = in.statistics.value_or(std::vector<std::string>());
  const auto extended = in.extended_statistics.value_or(std::vector<std::string>());
  if (statistics.empty() == extended.empty()) {
    return fail("InvalidParameterCombination", "Exactly one of Statistics and ExtendedStatistics must be specified.");
  }
  for (const auto& statistic : extended) TRY_VOID(check_statistic(statistic));
  const Duration period = real_period(context, *in.period);
  const std::int64_t asked = (in.end_time->ms - in.start_time->ms) / period.count();
  if (asked > kMostDatapoints) {
    return fail("InvalidParameterCombination",
                fmt::format("You have requested up to {} datapoints, which exceeds the limit of {}. You may reduce the "
                            "datapoints requested by increasing Period, or decreasing the time range.",
                            asked, kMostDatapoints));
  }
  TRY(const auto metric, metric_name(*in.namespace_, *in.metric_name, in.dimensions));
  op::GetMetricStatistics::Output out;
  out.label = metric.name;
  auto& datapoints = out.datapoints.emplace();
  const auto wants = [&](const char* statistic) { return std::ranges::count(statistics, statistic) > 0; };
  for (const auto& bucket : context.metrics.read({.metric = metric,
                                                  .start = aligned(in.start_time->ms, period),
                                                  .end = instant_from_ms(in.end_time->ms),
                                                  .period = period,
                                                  .unit = in.unit.value_or("")})) {
    api::cloudwatch::Datapoint& point = datapoints.emplace_back();
    point.timestamp = api::Timestamp{to_ms(bucket.start)};
    point.unit = bucket.unit;
    if (wants("Average")) point.average = bucket.average();
    if (wants("Sum")) point.sum = bucket.sum;
    if (wants("Minimum")) point.minimum = bucket.minimum;
    if (wants("Maximum")) point.maximum = bucket.maximum;
    if (wants("SampleCount")) point.sample_count = bucket.sample_count;
    for (const auto& statistic : extended) {
      const auto value = state::statistic_of(bucket, statistic);
      if (!value) continue;
      if (!point.extended_statistics) point.extended_statistics.emplace();
      point.extended_statistics->emplace(statistic, *value);
    }
  }
  return out;
}

Result<op::GetMetricData::Output> get_metric_data(Context& context, const op::GetMetricData::Input& in) {
  TRY_VOID(check_times(*in.start_time, *in.end_time));
  if (in.metric_data_queries->size() > kMostQueries) {
    return fail("ValidationError", fmt::format("The collection MetricDataQueries must not have a size greater than {}.", kMostQueries));
  }
  op::GetMetricData::Output out;
  auto& results = out.metric_data_results.emplace();
  std::set<std::string> ids;
  for (const auto& query : *in.metric_data_queries) {
    if (!ids.insert(*query.id).second) {
      return fail("ValidationError", "The values for parameter id in MetricDataQueries are not unique: " + *query.id + ".");
    }
    TRY(auto result, answer(context, in, query));
    if (query.return_data.value_or(true)) results.push_back(std::move(result));
  }
  return out;
}

}  // namespace services::cloudwatch
