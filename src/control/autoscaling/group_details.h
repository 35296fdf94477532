// A scaling decision of a node group as data: what each policy proposed, from which datapoints, by which arithmetic, and
// which one won. Becomes ScalingActivity::details. Called by group_scaling only.
#pragma once

#include <string>
#include <vector>

#include "control/autoscaling/group_scaling.h"

namespace control {

/// What one policy makes of one of its alarms.
struct Proposal {
  enum class Kind { none, out, in };
  const model::ScalingPolicy* policy = nullptr;
  const model::Alarm* alarm = nullptr;
  const Evaluation* evaluation = nullptr;
  bool fresh = false;  ///< not acted upon yet
  Kind kind = Kind::none;
  Capacities at;
  int base = 0;          ///< what the arithmetic started from
  int computed = 0;      ///< what it gave
  int wanted = 0;        ///< and what that asks for: never less on the way out, never more on the way in
  std::string formula;
};

struct Change {
  int from = 0, to = 0;
  Instant now{};
};

/// JSON.
std::string group_details(const model::AutoScalingGroup& group, const Proposal& winner,
                          const std::vector<Proposal>& proposals, Change change);

}  // namespace control
