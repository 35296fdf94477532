// Scaling policies of groups. What they decide is control's (control/autoscaling/group_scaling.h); here they are kept, and
// target tracking policies get their alarms.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "control/autoscaling/group_scaling.h"
#include "control/autoscaling/tracking_alarms.h"
#include "services/autoscaling/handlers.h"
#include "services/autoscaling/lookup.h"
#include "services/autoscaling/policy_settings.h"
#include "services/tracking_alarms.h"

namespace services::autoscaling {
namespace {

/// By name, which is a group's, or by ARN. Null: none such.
const model::ScalingPolicy* find_policy(const Context& context, const std::optional<std::string>& group,
                                        const std::string& name) {
  for (const auto& [arn, policy] : context.state.scaling_policies.all()) {
    if (policy.group.empty() || (group && policy.group != *group)) continue;
    if (arn == name || (group && policy.name == name)) return &policy;
  }
  return nullptr;
}

Result<const model::ScalingPolicy*> require_policy(const Context& context, const std::optional<std::string>& group,
                                                   const std::string& name) {
  if (group) TRY_VOID(find_group(context, *group));
  if (!group && !name.starts_with("arn:")) {
    return fail("ValidationError", "AutoScalingGroupName must be specified when PolicyName is not an ARN.");
  }
  if (const auto* found = find_policy(context, group, name)) return found;
  return fail("ValidationError", fmt::format("PolicyName not found - Policy '{}' not found", name));
}

/// Alarms of its own follow the policy: made, changed in place, deleted.
Result<void> put_alarms(Context& context, model::ScalingPolicy& policy) {
  if (policy.tracking) {
    TRY(const control::TrackedMetric metric, tracked_metric(policy));
    put_tracking_alarms(context, policy, control::TrackedKind::group, policy.group, metric);
  } else {
    delete_alarms_of_policy(context, std::exchange(policy.alarms, {}));
  }
  return {};
}

bool wanted_by(const op::DescribePolicies::Input& in, const model::ScalingPolicy& policy) {
  if (in.auto_scaling_group_name && policy.group != *in.auto_scaling_group_name) return false;
  if (in.policy_names && !in.policy_names->empty() && std::ranges::count(*in.policy_names, policy.name) == 0 &&
      std::ranges::count(*in.policy_names, policy.arn) == 0) {
    return false;
  }
  return !in.policy_types || in.policy_types->empty() || std::ranges::count(*in.policy_types, policy.type) > 0;
}

}  // namespace

void erase_policy(Context& context, const std::string& arn) {
  const model::ScalingPolicy* policy = context.state.scaling_policies.find(arn);
  if (!policy) return;
  delete_alarms_of_policy(context, policy->alarms);
  context.state.scaling_policies.erase(arn);
}

Answer<op::PutScalingPolicy> put_scaling_policy(Context& context, const op::PutScalingPolicy::Input& in) {
  TRY(const model::AutoScalingGroup* group, find_group(context, *in.auto_scaling_group_name));
  model::ScalingPolicy policy;
  if (const auto* present = find_policy(context, group->name, *in.policy_name)) policy = *present;
  if (policy.arn.empty()) {
    policy.group = group->name;
    policy.name = *in.policy_name;
    policy.arn = make_arn(context.account, "autoscaling",
                          fmt::format("scalingPolicy:{}:autoScalingGroupName/{}:policyName/{}", context.random.uuid(),
                                      group->name, policy.name));
    policy.created_at = context.now;
  }
  TRY_VOID(use_policy(policy, in));
  TRY_VOID(put_alarms(context, policy));
  op::PutScalingPolicy::Output out;
  context.state.scaling_policies.put(policy);
  out.policy_arn = policy.arn;
  out.alarms.emplace();
  for (const std::string& name : policy.alarms) {
    const model::Alarm& alarm = *context.state.alarms.find(name);
    out.alarms->push_back({.alarm_name = alarm.name, .alarm_arn = alarm.arn});
  }
  return out;
}

Answer<op::DescribePolicies> describe_policies(Context& context, const op::DescribePolicies::Input& in) {
  if (in.auto_scaling_group_name) TRY_VOID(find_group(context, *in.auto_scaling_group_name));
  std::map<std::string, const model::ScalingPolicy*> sorted;
  for (const auto& [arn, policy] : context.state.scaling_policies.all()) {
    if (!policy.group.empty() && wanted_by(in, policy)) sorted.emplace(policy.group + "/" + policy.name, &policy);
  }
  op::DescribePolicies::Output out;
  auto& shown = out.scaling_policies.emplace();
  TRY(Page page, page_of(in, {.usual = 50, .most = 100}));
  for (const auto& [key, policy] : sorted) {
    if (page.take(key)) shown.push_back(show_policy(context, *policy));
  }
  out.next_token = page.next_token();
  return out;
}

Answer<op::DeletePolicy> delete_policy(Context& context, const op::DeletePolicy::Input& in) {
  TRY(const model::ScalingPolicy* policy, require_policy(context, in.auto_scaling_group_name, *in.policy_name));
  erase_policy(context, std::string(policy->arn));
  return {};
}

Answer<op::ExecutePolicy> execute_policy(Context& context, const op::ExecutePolicy::Input& in) {
  TRY(const model::ScalingPolicy* policy, require_policy(context, in.auto_scaling_group_name, *in.policy_name));
  const model::AutoScalingGroup& group = *context.state.auto_scaling_groups.find(policy->group);
  if (!policy->step) return fail("ValidationError", "Policies of type TargetTrackingScaling cannot be executed.");
  const bool simple = policy->type == "SimpleScaling";
  if (!simple && (!in.metric_value || !in.breach_threshold)) {
    return fail("ValidationError", "MetricValue and BreachThreshold are required for policies of type StepScaling.");
  }
  if (in.honor_cooldown.value_or(false)) {
    if (!simple) return fail("ValidationError", "HonorCooldown is not supported by policies of type StepScaling.");
    if (control::cools_down(group, context.now)) {
      return fail("ScalingActivityInProgress", fmt::format("The cooldown of AutoScalingGroup '{}' is not over.", group.name));
    }
  }
  control::GroupScalingView view{.group = &group};
  for (const model::Instance* one : members(context, group)) view.instances.push_back(one);
  const control::Capacities at = control::capacities(view, policy, context.now, context.pace);
  const auto wanted = control::adjusted(at, *policy->step, in.metric_value.value_or(0), in.breach_threshold.value_or(0));
  const int from = group.desired_capacity;
  const int to = std::clamp(wanted.value_or(from), group.min_size, group.max_size);
  if (to == from) return {};
  context.state.auto_scaling_groups.update(std::string(group.name), [&](model::AutoScalingGroup& record) {
    record.desired_capacity = to;
    record.last_cause = control::cause_executed(policy->name, from, to);
    record.last_details.clear();
    if (simple) record.cooldown_after = control::cooldown_of(*policy, record);
  });
  return {};
}

}  // namespace services::autoscaling
