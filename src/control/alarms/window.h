// When an alarm is evaluated, and over which stretch of time. All in real time: the pace is applied. Used by the engine
// and by evaluate().
//
// AWS evaluates each minute over a sliding window (alarms on periods below a minute: every 10 s; those that look back more
// than a day: each hour), so a period of 5 minutes ends at each minute and not only at multiples of five.
#pragma once

#include "base/time.h"
#include "model/alarm.h"

namespace control {

/// Between two evaluations, at the given pace.
Duration evaluation_interval(const model::Alarm& alarm, Pace pace);
/// Periods that the view holds: N and two more (sheet H).
int evaluation_range(const model::Alarm& alarm);
/// The next evaluation after `now`: a moment after a period's end, so that its datapoint is there.
Instant next_evaluation(const model::Alarm& alarm, Instant now, Pace pace);
/// Which evaluation `now` belongs to: they are numbered since the epoch.
std::int64_t evaluation_number(const model::Alarm& alarm, Instant now, Pace pace);

/// `periods` periods of `steps` steps each; a step is what the metrics are read in.
struct EvaluationWindow {
  Instant end{};  ///< of the newest period
  Duration step{};
  int steps = 1;
  int periods = 0;
  Duration period() const { return step * steps; }
  Instant start() const { return end - period() * periods; }
};
EvaluationWindow evaluation_window(const model::Alarm& alarm, Instant now, Pace pace);

}  // namespace control
