// Statistics of metrics over time. Under --time-scale N a period of P seconds is P/N real ones; timestamps are real.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "services/cloudwatch/handlers.h"
#include "services/cloudwatch/metric_names.h"
#include "services/cloudwatch/metric_queries.h"

namespace services::cloudwatch {

namespace {

constexpr std::int64_t kMostDatapoints = 1440, kMostOfQuery = 100'800;
constexpr std::size_t kMostQueries = 500;
constexpr std::string_view kUnits[] = {
    "Seconds", "Microseconds", "Milliseconds",
    "Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes",
    "Bits", "Kilobits", "Megabits", "Gigabits", "Terabits",
    "Bytes/Second", "Kilobytes/Second", "Megabytes/Second", "Gigabytes/Second", "Terabytes/Second",
    "Bits/Second", "Kilobits/Second", "Megabits/Second", "Gigabits/Second", "Terabits/Second",
    "Percent", "Count", "Count/Second", "None"};

Result<void> check_times(const api::Timestamp& start, const api::Timestamp& end) {
  if (start.ms < end.ms) return {};
  return fail("InvalidParameterValue", "The parameter StartTime must be less than the parameter EndTime.");
}

/// The period's first moment: buckets start at multiples of it.
Instant aligned(std::int64_t ms, Duration period) { return instant_from_ms(ms / period.count() * period.count()); }

Duration real_period(const Context& context, int period) {
  return std::max(Duration(1), context.pace(seconds(period)));
}

/// Without a unit asked for: of each unit its own. A metric has one as a rule, which the second reading tells.
std::vector<state::MetricBucket> read_each_unit(const Context& context, state::MetricRead query) {
  std::vector<state::MetricBucket> all = context.metrics.read(query);
  if (!query.unit.empty() || all.empty()) return all;
  query.unit = all.front().unit;
  constexpr auto count = &state::MetricBucket::sample_count;
  if (std::ranges::equal(all, context.metrics.read(query), {}, count, count)) return all;
  all.clear();
  for (const std::string_view unit : kUnits) {
    query.unit = unit;
    std::ranges::move(context.metrics.read(query), std::back_inserter(all));
  }
  std::ranges::stable_sort(all, {}, &state::MetricBucket::start);
  return all;
}

control::MetricPoints read_metric(Context& context, const model::MetricQuery& query, Instant start, Instant end) {
  control::MetricPoints points;
  const Duration period = real_period(context, query.period);
  for (const auto& bucket : context.metrics.read({.metric = query.metric,
                                                  .start = aligned(to_ms(start), period),
                                                  .end = end,
                                                  .period = period,
                                                  .unit = query.unit})) {
    if (const auto value = state::statistic_of(bucket, query.statistic)) points.emplace(bucket.start, *value);
  }
  return points;
}

/// Every query's series, the expressions' computed.
Result<control::SeriesById> series_of(Context& context, const std::vector<model::MetricQuery>& queries, Instant start,
                                      Instant end) {
  control::MathContext math;
  math.time_scale = context.pace.scale;
  const bool fills = std::ranges::any_of(queries, [](const auto& query) { return !query.expression.empty(); });
  for (const model::MetricQuery& query : queries) {
    if (!query.expression.empty()) continue;
    const Duration period = real_period(context, query.period);
    if ((end - start) / period > kMostOfQuery) {
      return fail("ValidationError", fmt::format("The query {} asks for more than {} datapoints; use a longer period.", query.id,
                                                 kMostOfQuery));
    }
    math.series[query.id] = {
        .points = {read_metric(context, query, start, end)}, .period = query.period, .is_metric = true};
    if (!fills || math.grids.contains(query.period)) continue;
    auto& grid = math.grids[query.period];
    for (Instant at = aligned(to_ms(start), period); at < end; at += period) grid.push_back(at);
  }
  TRY_VOID(control::evaluate_queries(queries, math));
  return std::move(math.series);
}

api::cloudwatch::MetricDataResult show_series(const std::string& id, const std::string& label,
                                              const control::MetricPoints& points, bool newest_first) {
  api::cloudwatch::MetricDataResult result;
  result.id = id;
  result.label = label;
  auto& timestamps = result.timestamps.emplace();
  auto& values = result.values.emplace();
  result.status_code = "Complete";
  for (const auto& [at, value] : points) {
    timestamps.push_back({to_ms(at)});
    values.push_back(value);
  }
  if (newest_first) {
    std::ranges::reverse(timestamps);
    std::ranges::reverse(values);
  }
  return result;
}

/// The page that begins with the datapoint `from` (counted through all results), and has at most `most` of them. True if
/// there are more.
bool cut_page(std::vector<api::cloudwatch::MetricDataResult>& results, std::size_t from, std::size_t most) {
  std::size_t passed = 0;
  bool more = false;
  for (auto& result : results) {
    auto& timestamps = *result.timestamps;
    auto& values = *result.values;
    const std::size_t size = values.size();
    const std::size_t begin = std::clamp(from, passed, passed + size) - passed;
    const std::size_t end = std::clamp(from + most, passed, passed + size) - passed;
    if (end < size) {
      more = true;
      result.status_code = "PartialData";
    }
    timestamps = {timestamps.begin() + static_cast<std::ptrdiff_t>(begin), timestamps.begin() + static_cast<std::ptrdiff_t>(end)};
    values = {values.begin() + static_cast<std::ptrdiff_t>(begin), values.begin() + static_cast<std::ptrdiff_t>(end)};
    passed += size;
  }
  return more;
}

Result<std::size_t> offset_of(const std::optional<std::string>& token) {
  if (!token) return std::size_t{0};
  std::size_t offset = 0;
  const auto [end, error] = std::from_chars(token->data(), token->data() + token->size(), offset);
  if (error != std::errc() || end != token->data() + token->size()) {
    return fail("InvalidNextToken", "The NextToken is not one that this operation gave.");
  }
  return offset;
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
  const std::string unit = in.unit.value_or("");
  for (const auto& bucket : read_each_unit(context, {.metric = metric,
                                                     .start = aligned(in.start_time->ms, period),
                                                     .end = instant_from_ms(in.end_time->ms),
                                                     .period = period,
                                                     .unit = unit})) {
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
  TRY(const std::size_t from, offset_of(in.next_token));
  const int most = in.max_datapoints.value_or(static_cast<int>(kMostOfQuery));
  if (most < 1 || most > kMostOfQuery) {
    return fail("ValidationError", fmt::format("MaxDatapoints must be from 1 to {}.", kMostOfQuery));
  }
  TRY(const std::vector<model::MetricQuery> queries, read_queries(*in.metric_data_queries));
  TRY(const control::SeriesById series, series_of(context, queries, instant_from_ms(in.start_time->ms),
                                                  instant_from_ms(in.end_time->ms)));
  const bool newest_first = in.scan_by.value_or("TimestampDescending") == "TimestampDescending";
  op::GetMetricData::Output out;
  auto& results = out.metric_data_results.emplace();
  for (std::size_t i = 0; i < queries.size(); ++i) {
    if (!queries[i].returned) continue;
    const std::string label = in.metric_data_queries->at(i).label.value_or(
        queries[i].expression.empty() ? queries[i].metric.name : queries[i].id);
    for (const control::MetricPoints& points : series.at(queries[i].id).points) {
      results.push_back(show_series(queries[i].id, label, points, newest_first));
    }
  }
  const auto limit = static_cast<std::size_t>(most);
  if (cut_page(results, from, limit)) out.next_token = std::to_string(from + limit);
  return out;
}

}  // namespace services::cloudwatch
