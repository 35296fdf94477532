// Among what several policies want of one target: which one wins, and what bounds, cooldowns, suspension and deployments
// leave of it (sheet E1, E2). Used by service_scaling.
#pragma once

#include <string>
#include <vector>

#include "control/autoscaling/wish.h"

namespace control {

struct ScalingChoice {
  std::vector<Wish> wishes;      ///< of all policies, due or not
  const Wish* winner = nullptr;  ///< among `wishes`; null: nothing is to be decided now
  bool out = false;
  int count = 0;                 ///< the new desired count; as it was when not scaled
  int added = 0;                 ///< by scale-outs of the running cooldown together (LastScaling::change)
  bool into_bounds = false;      ///< this step only moves the count into [min, max]
  std::string cooldown, clamp;   ///< what they did to the wish, with numbers
  std::string not_scaled_reason; ///< not_scaled::…; empty: scales
  std::string explanation;       ///< of not_scaled_reason, a sentence
  std::vector<const model::ScalingPolicy*> acted;  ///< whose evaluation is used up

  ScalingChoice() = default;
  ScalingChoice(ScalingChoice&&) = default;  // winner points into wishes' storage, which a move keeps
  ScalingChoice(const ScalingChoice&) = delete;
};

/// The target is given apart from the view: a schedule may have moved its bounds just now.
ScalingChoice choose(const TargetView& view, const model::ScalableTarget& target, const Capacity& capacity, Instant now,
                     Pace pace);

}  // namespace control
