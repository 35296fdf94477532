#include "control/autoscaling/group_schedule.h"

#include <fmt/format.h>

#include <algorithm>

namespace control {
namespace {

/// What the action says; the rest of the bounds gives way to it, and the size to the bounds.
void act(model::AutoScalingGroup& group, const model::ScheduledAction& action) {
  const int from = group.desired_capacity;
  if (action.min_capacity) group.min_size = *action.min_capacity;
  if (action.max_capacity) group.max_size = *action.max_capacity;
  if (group.min_size > group.max_size) {
    (action.max_capacity ? group.min_size : group.max_size) = action.max_capacity ? group.max_size : group.min_size;
  }
  group.desired_capacity =
      std::clamp(action.desired_capacity.value_or(group.desired_capacity), group.min_size, group.max_size);
  if (group.desired_capacity == from) return;
  group.last_details.clear();
  group.last_cause = fmt::format(
      "a scheduled action update of AutoScalingGroup constraints to min: {}, max: {}, desired: {} changing the desired "
      "capacity from {} to {}.",
      group.min_size, group.max_size, group.desired_capacity, from, group.desired_capacity);
}

}  // namespace

GroupScheduleDecision run_group_schedules(const model::AutoScalingGroup& group,
                                          const std::vector<GroupSchedule>& schedules, Instant now, Pace pace) {
  GroupScheduleDecision decision;
  if (!group.status.empty()) return decision;
  for (const GroupSchedule& schedule : schedules) {
    if (schedule.zone == nullptr) continue;
    const DueSchedule due = due_schedule(*schedule.action, *schedule.zone, now, pace);
    decision.next_deadline = std::min(decision.next_deadline, due.next);
    if (due.at) {
      if (!group.suspended.contains("ScheduledActions")) {
        if (!decision.record) decision.record = group;
        act(*decision.record, *schedule.action);
      }
      decision.actions.push_back(*schedule.action);
      decision.actions.back().last_run = now;
    }
    if (due.next != kNever) continue;
    if (due.at) decision.actions.pop_back();
    decision.finished.push_back(schedule.action->arn);
  }
  return decision;
}

}  // namespace control
