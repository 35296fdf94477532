// Scheduled actions of a node group (sheet E4): new bounds and size at their times. Called by the engine before the
// group's policies. Always holds: one occurrence acts once, however many were missed while the engine was away.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/autoscaling/schedule.h"
#include "model/instance.h"

namespace control {

struct GroupSchedule {
  const model::ScheduledAction* action = nullptr;  ///< never null
  const TimeZone* zone = nullptr;                  ///< null: unknown, it never runs
};

struct GroupScheduleDecision {
  std::optional<model::AutoScalingGroup> record;
  std::vector<model::ScheduledAction> actions;  ///< to put: that they ran
  std::vector<std::string> finished;            ///< ARNs to erase: they will not run again
  Instant next_deadline = kNever;
};

GroupScheduleDecision run_group_schedules(const model::AutoScalingGroup& group,
                                          const std::vector<GroupSchedule>& schedules, Instant now, Pace pace);

}  // namespace control
