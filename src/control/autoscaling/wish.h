// What one policy wants of a capacity, and how it came to it: the step between policies of each kind and the decision.
#pragma once

#include <string>
#include <vector>

#include "control/autoscaling/service_scaling.h"

namespace control {

/// The capacity that policies compute from.
struct Capacity {
  int running = 0;  ///< base of their arithmetic
  int desired = 0;
  Instant empty_since{};  ///< at 0: what was measured before is no demand
};

struct Wish {
  enum class Direction { out, in };

  const model::ScalingPolicy* policy = nullptr;
  AlarmSeen seen;
  Direction direction = Direction::out;
  bool due = false;         ///< its evaluation has not been acted upon
  int capacity = 0;         ///< wanted; neither clamped nor reduced by cooldowns
  bool absolute = false;    ///< ExactCapacity: not an amount added to what is there
  int cooldown_seconds = 0;
  std::string formula;      ///< "ceil(3 x 120 / 80) = ceil(4.5) = 5"
};

/// Target tracking (sheet E2): out while AlarmHigh is in ALARM, in while AlarmLow is, by the newest datapoint. From 0
/// out by any datapoint of a period that had no task (sheet E1).
std::vector<Wish> tracking_wishes(const PolicyView& view, const Capacity& capacity, Pace pace);
/// Step scaling (sheet E3): one for each alarm in ALARM whose breach a step covers.
std::vector<Wish> step_wishes(const PolicyView& view, const Capacity& capacity, Pace pace);

/// Whether this evaluation calls for an action: each is acted upon once, and while the state lasts again each minute.
bool is_due(const model::ScalingPolicy& policy, const AlarmSeen& seen, Pace pace);
/// In ALARM by an evaluation that has a recent datapoint: missing data never scales.
bool speaks(const AlarmSeen& seen, Pace pace);

}  // namespace control
