// Node groups and their scaling policies: builds what control/autoscaling needs to see, writes what it decided.
#include "control/autoscaling/group_scaling.h"
#include "engine/engine.h"

namespace engine {

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
