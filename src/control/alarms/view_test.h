// Views for the tests of this folder: a text of points, "0 - X X": within the threshold, missing, breaching.
#pragma once

#include <sstream>
#include <string>

#include "control/alarms/alarm.h"
#include "control/alarms/window.h"

namespace control::testing {

inline const Instant kNow = instant_from_ms(1'700'000'040'000) + seconds(5);  // five seconds into a minute

inline model::Alarm test_alarm(int n, int m, std::string missing = "missing") {
  model::Alarm alarm;
  alarm.name = "cpu-high";
  alarm.arn = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:cpu-high";
  alarm.metric = {"AWS/ECS", "CPUUtilization", {{"ClusterName", "c"}, {"ServiceName", "web"}}};
  alarm.statistic = "Average";
  alarm.evaluation_periods = n;
  if (m > 0) alarm.datapoints_to_alarm = m;
  alarm.threshold = 70;
  alarm.treat_missing_data = std::move(missing);
  alarm.state_reason = "Unchecked: Initial alarm creation";
  alarm.state_updated_at = alarm.state_transitioned_at = kNow - hours(1);
  return alarm;
}

/// The points end where the evaluation at `now` ends.
inline AlarmView view_of(const model::Alarm& alarm, const std::string& points, Instant now = kNow) {
  AlarmView view{.alarm = &alarm};
  std::istringstream in(points);
  for (std::string word; in >> word;) {
    AlarmPoint& point = view.points.emplace_back();
    if (word == "-") continue;
    point.value = word == "X" ? 90 : word == "0" ? 50 : std::stod(word);
    point.sample_count = 1;
  }
  const EvaluationWindow window = evaluation_window(alarm, now, {});
  Instant start = window.end;
  for (auto point = view.points.rbegin(); point != view.points.rend(); ++point) point->start = start -= window.period();
  return view;
}

}  // namespace control::testing
