// Node groups and their scaling policies: builds what control/autoscaling needs to see, writes what it decided.
#include "control/autoscaling/group_scaling.h"
#include "control/autoscaling/group_schedule.h"
#include "engine/engine.h"

namespace engine {

/// Answers when the next one is due.
Instant Engine::run_group_schedules(const std::string& group, Instant now) {
  std::vector<control::GroupSchedule> schedules;
  for (const std::string& arn : state_.scheduled_actions_by_group.keys(group)) {
    const model::ScheduledAction* action = state_.scheduled_actions.find(arn);
    schedules.push_back({action, zone_of(action->timezone)});
  }
  if (schedules.empty()) return kNever;
  control::GroupScheduleDecision decision =
      control::run_group_schedules(*state_.auto_scaling_groups.find(group), schedules, now, settings_.pace);
  for (model::ScheduledAction& action : decision.actions) state_.scheduled_actions.put(std::move(action));
  for (const std::string& arn : decision.finished) state_.scheduled_actions.erase(arn);
  if (decision.record) state_.auto_scaling_groups.put(*std::move(decision.record));
  return decision.next_deadline;
}

void Engine::scale_group(const model::AutoScalingGroup& group, Instant now) {
  control::GroupScalingView view;
  view.group = &group;
  for (const std::string& id : state_.instances_by_group.keys(group.name)) {
    view.instances.push_back(state_.instances.find(id));
  }
  for (const std::string& arn : state_.policies_by_group.keys(group.name)) {
    control::GroupPolicyView& policy = view.policies.emplace_back();
    policy.policy = state_.scaling_policies.find(arn);
    for (const std::string& name : state_.alarms_by_policy.keys(arn)) {
      const auto evaluation = evaluations_.find(name);
      policy.alarms.push_back({.alarm = state_.alarms.find(name),
                               .evaluation = evaluation == evaluations_.end() ? nullptr : &evaluation->second});
    }
  }
  control::GroupScalingDecision decision = control::scale_group(view, now, settings_.pace);
  for (model::ScalingPolicy& policy : decision.policies) state_.scaling_policies.put(std::move(policy));
  if (decision.record) state_.auto_scaling_groups.put(*std::move(decision.record));
}

}  // namespace engine
