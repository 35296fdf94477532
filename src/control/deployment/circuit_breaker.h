// The deployment circuit breaker and the launch throttle (sheet A5, A6): how many failures are too many, and how long to
// wait before the next try. Called by the service scheduler.
#pragma once

#include "base/time.h"
#include "model/service.h"

namespace control {

/// Failures that trip the breaker; by percent of the latest desired count, bounded to 3..200 unless UNBOUNDED_PERCENT.
int breaker_threshold(const model::CircuitBreaker& breaker, int desired);

/// Delay after the n-th failed start in a row: 10 s, 20 s, 40 s … 15 min.
Duration launch_backoff(int failures);

/// Before the next try after a task that got to RUNNING but died before it was healthy. AWS shows no throttle there, yet
/// its own pace keeps such starts apart; without a pause a binary that exits at once would be restarted without end.
inline constexpr Duration kCrashPause = seconds(10);
/// Failed starts in a row after which the service says so.
inline constexpr int kFailuresToReport = 3;

}  // namespace control
