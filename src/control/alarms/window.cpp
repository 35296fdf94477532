#include "control/alarms/window.h"

#include <algorithm>

namespace control {

namespace {

constexpr int kRangeBeyondN = 2;
constexpr int kMinute = 60;        // seconds
constexpr int kHighResolution = 10;
constexpr int kHour = 3600;
constexpr int kDay = 86'400;

// Datapoints arrive a little after the period they are of; AWS was seen to take 5 s and more (sheet H).
constexpr Duration kArrival{5'000};
constexpr Duration kHighResolutionArrival{2'000};

bool high_resolution(const model::Alarm& alarm) { return alarm.period < kMinute; }

/// Seconds at AWS's pace.
int interval_seconds(const model::Alarm& alarm) {
  if (high_resolution(alarm)) return kHighResolution;
  return std::int64_t{alarm.period} * alarm.evaluation_periods > kDay ? kHour : kMinute;
}

Duration arrival(const model::Alarm& alarm, Pace pace) {
  return pace(high_resolution(alarm) ? kHighResolutionArrival : kArrival);
}

/// The step of a period: a minute, or ten seconds. Never zero, however fast time runs.
Duration step_of(const model::Alarm& alarm, Pace pace) {
  return std::max(pace(seconds(high_resolution(alarm) ? kHighResolution : kMinute)), Duration(1));
}

}  // namespace

Duration evaluation_interval(const model::Alarm& alarm, Pace pace) {
  return step_of(alarm, pace) * (interval_seconds(alarm) / (high_resolution(alarm) ? kHighResolution : kMinute));
}

int evaluation_range(const model::Alarm& alarm) { return alarm.evaluation_periods + kRangeBeyondN; }

std::int64_t evaluation_number(const model::Alarm& alarm, Instant now, Pace pace) {
  return to_ms(now - arrival(alarm, pace)) / evaluation_interval(alarm, pace).count();
}

Instant next_evaluation(const model::Alarm& alarm, Instant now, Pace pace) {
  const std::int64_t next = evaluation_number(alarm, now, pace) + 1;
  return instant_from_ms(next * evaluation_interval(alarm, pace).count()) + arrival(alarm, pace);
}

EvaluationWindow evaluation_window(const model::Alarm& alarm, Instant now, Pace pace) {
  EvaluationWindow window;
  window.step = step_of(alarm, pace);
  window.steps = std::max(1, alarm.period / (high_resolution(alarm) ? kHighResolution : kMinute));
  window.periods = evaluation_range(alarm);
  window.end = instant_from_ms(to_ms(now - arrival(alarm, pace)) / window.step.count() * window.step.count());
  return window;
}

}  // namespace control
