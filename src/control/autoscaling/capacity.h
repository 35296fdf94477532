// The arithmetic of scaling, shared by services (Application Auto Scaling) and node groups (EC2 Auto Scaling).
#pragma once

#include <optional>
#include <string>

#include "model/scaling.h"

namespace control {

/// Sheet E2: ceil(current * metric / target); from 0, one. Not clamped. `target` > 0.
int tracking_capacity(int current, double metric, double target);

/// Sheet E3: what the steps make of the current capacity; nothing when no step covers the breach. Not clamped, never
/// below 0.
std::optional<int> step_capacity(int current, const model::StepScaling& scaling, double metric, double threshold);

/// Why steps are not acceptable (gaps, overlaps, missing bounds…); nothing when they are. For both layers' services.
std::optional<std::string> step_problem(const model::StepScaling& scaling);

}  // namespace control
