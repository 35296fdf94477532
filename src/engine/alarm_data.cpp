#include "engine/alarm_data.h"

#include <algorithm>

#include "control/alarms/window.h"

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

}  // namespace

void read_alarm_points(const model::Alarm& alarm, const state::MetricStore& metrics, Instant now, Pace pace,
                       std::vector<control::AlarmPoint>& points) {
  const control::EvaluationWindow window = control::evaluation_window(alarm, now, pace);
  const Duration period = window.period();
  points.clear();
  for (int i = 0; i < window.periods; ++i) points.push_back({.start = window.start() + period * i});
  const std::vector<state::MetricBucket> buckets = metrics.read(
      {.metric = alarm.metric, .start = window.start(), .end = window.end, .period = window.step, .unit = alarm.unit});
  const std::string& statistic = alarm.statistic.empty() ? alarm.extended_statistic : alarm.statistic;
  const auto set = [&](std::size_t index, const state::MetricBucket& bucket) {
    points[index].value = state::statistic_of(bucket, statistic);
    points[index].sample_count = bucket.sample_count;
  };
  for (std::size_t i = 0; i < buckets.size();) {
    const auto index = static_cast<std::size_t>((buckets[i].start - window.start()) / period);
    if (window.steps == 1) {
      set(index, buckets[i++]);
      continue;
    }
    state::MetricBucket whole;
    const Instant end = points[index].start + period;
    for (; i < buckets.size() && buckets[i].start < end; ++i) merge(whole, buckets[i]);
    set(index, whole);
  }
}

}  // namespace engine
