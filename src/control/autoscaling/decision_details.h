// A scaling decision as data (JSON): what DescribeScalingActivities carries as Details and `scaleout events --explain`
// prints. Its fields never change their meaning; new ones may come.
#pragma once

#include <string>
#include <vector>

#include "control/autoscaling/wish.h"

namespace control {

/// How a decision by policies came about.
struct DecisionTrail {
  std::string decision;  ///< "scale out", "scale in" or "not scaled"
  Capacity capacity;
  const model::ScalableTarget& target;
  const std::vector<Wish>& wishes;   ///< of every policy that wants something
  const Wish* winner = nullptr;      ///< null: none
  int wanted = 0, result = 0;        ///< before and after cooldowns and bounds
  std::string cooldown, clamp;       ///< what they did, in words and numbers; empty: nothing
  std::string reason;                ///< why nothing was changed; empty: it was
};
std::string details_of(const DecisionTrail& trail, Instant now);

/// Of a change by a schedule or by bounds, which has no policy.
std::string details_of_bounds(const model::ScalableTarget& target, int before, int result, const std::string& cause);
std::string details_of_schedule(const model::ScheduledAction& action, Instant due, const model::ScalableTarget& before,
                                const model::ScalableTarget& after);

}  // namespace control
