// The arithmetic of scaling, shared by services (Application Auto Scaling) and node groups (EC2 Auto Scaling).
#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "control/alarms/alarm.h"
#include "model/scaling.h"

namespace control {

/// Sheet E2: ceil(current * metric / target); from 0, one. Not clamped. `target` > 0.
int tracking_capacity(int current, double metric, double target);

/// Sheet E3: what the steps make of the current capacity; nothing when no step covers the breach. Not clamped, never
/// below 0.
std::optional<int> step_capacity(int current, const model::StepScaling& scaling, double metric, double threshold);

/// Whether the newest datapoint that an evaluation saw is from one of its last periods. An alarm may be in ALARM by old
/// datapoints and gaps (AWS's premature ALARM); to scale by what was so before nobody measured would be a guess: the next
/// datapoint is waited for. A state that was set by hand has no periods and is recent.
bool is_recent(const Evaluation& evaluation, const model::Alarm& alarm, Pace pace);

/// Why steps are not acceptable (gaps, overlaps, missing bounds…); nothing when they are. For both layers' services.
std::optional<std::string> step_problem(const model::StepScaling& scaling);

}  // namespace control
