#include "engine/alarm_data.h"

#include <algorithm>

#include "control/alarms/window.h"
#include "control/metrics/math.h"

namespace engine {

namespace {

void merge(state::MetricBucket& into, const state::MetricBucket& from) {
  if (into.sample_count <= 0) {
    const Instant start = into.start;
    into = from;
    into.start = start;
    return;
  }
  // A percentile stands on all values: one bare set among them, and there is none.
  if (from.values.empty()) into.values.clear();
  if (!into.values.empty()) {
    into.values.insert(into.values.end(), from.values.begin(), from.values.end());
    std::ranges::sort(into.values);
  }
  into.sample_count += from.sample_count;
  into.sum += from.sum;
  into.minimum = std::min(into.minimum, from.minimum);
  into.maximum = std::max(into.maximum, from.maximum);
}

bool is_percentile(const std::string& statistic) { return statistic.starts_with('p'); }

/// One metric's values in the periods of the window; `set(index, bucket)` for each that has any.
template <class F>
void read_periods(const state::MetricStore& metrics, const model::MetricName& metric, const std::string& unit,
                  const std::string& statistic, const control::EvaluationWindow& window, state::MetricPlace* place, F&& set) {
  const Duration period = window.period();
  const std::vector<state::MetricBucket> buckets = metrics.read({.metric = metric,
                                                                .start = window.start(),
                                                                .end = window.end,
                                                                .period = window.step,
                                                                .unit = unit,
                                                                .place = place,
                                                                .values = is_percentile(statistic)});
  for (std::size_t i = 0; i < buckets.size();) {
    const auto index = static_cast<std::size_t>((buckets[i].start - window.start()) / period);
    if (window.steps == 1) {
      set(index, buckets[i++]);
      continue;
    }
    state::MetricBucket whole;
    const Instant end = window.start() + period * static_cast<int>(index + 1);
    for (; i < buckets.size() && buckets[i].start < end; ++i) merge(whole, buckets[i]);
    set(index, whole);
  }
}

/// The returned query's series. An expression that cannot be computed on this data has no datapoint.
void read_math(const model::Alarm& alarm, const state::MetricStore& metrics, const control::EvaluationWindow& window, Pace pace,
               std::vector<control::AlarmPoint>& points) {
  control::MathContext math;
  math.time_scale = pace.scale;
  for (const control::AlarmPoint& point : points) math.grids[alarm.period].push_back(point.start);
  std::string returned;
  for (const model::MetricQuery& query : alarm.queries) {
    if (query.returned) returned = query.id;
    if (!query.expression.empty()) continue;
    control::MetricPoints& series = math.series[query.id].points.emplace_back();
    math.series[query.id].period = alarm.period;
    math.series[query.id].is_metric = true;
    read_periods(metrics, query.metric, query.unit, query.statistic, window, nullptr, [&](std::size_t index, const state::MetricBucket& bucket) {
      if (const auto value = state::statistic_of(bucket, query.statistic)) series.emplace(points[index].start, *value);
    });
  }
  if (!control::evaluate_queries(alarm.queries, math) || math.series[returned].points.size() != 1) return;
  const control::MetricPoints& series = math.series[returned].points.front();
  for (control::AlarmPoint& point : points) {
    if (const auto found = series.find(point.start); found != series.end()) point.value = found->second;
  }
}

}  // namespace

void read_alarm_points(const model::Alarm& alarm, const state::MetricStore& metrics, Instant now, Pace pace,
                       std::vector<control::AlarmPoint>& points, state::MetricPlace& place) {
  const control::EvaluationWindow window = control::evaluation_window(alarm, now, pace);
  points.clear();
  for (int i = 0; i < window.periods; ++i) points.push_back({.start = window.start() + window.period() * i});
  if (!alarm.queries.empty()) return read_math(alarm, metrics, window, pace, points);
  const std::string& statistic = alarm.statistic.empty() ? alarm.extended_statistic : alarm.statistic;
  read_periods(metrics, alarm.metric, alarm.unit, statistic, window, &place, [&](std::size_t index, const state::MetricBucket& bucket) {
    points[index].value = state::statistic_of(bucket, statistic);
    points[index].sample_count = bucket.sample_count;
  });
}

}  // namespace engine
