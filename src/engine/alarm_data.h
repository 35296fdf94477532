// The evaluation range of an alarm, read from the metrics. Used by decide_alarm.cpp and its bench.
#pragma once

#include <vector>

#include "control/alarms/alarm.h"
#include "state/metric_store.h"

namespace engine {

/// Fills `points` (reused between calls) with the range's periods, oldest first; periods without data are missing.
/// `place`: where its metric is, remembered between calls; reset when the alarm changes.
void read_alarm_points(const model::Alarm& alarm, const state::MetricStore& metrics, Instant now, Pace pace,
                       std::vector<control::AlarmPoint>& points, state::MetricPlace& place);

}  // namespace engine
