#include <fmt/format.h>

#include <algorithm>

#include "control/capacity/node_group.h"
#include "services/autoscaling/handlers.h"
#include "services/autoscaling/lookup.h"
#include "services/autoscaling/render.h"

namespace services::autoscaling {

Answer<op::DescribeAutoScalingInstances> describe_auto_scaling_instances(
    Context& context, const op::DescribeAutoScalingInstances::Input& in) {
  const std::vector<std::string> named = in.instance_ids.value_or(std::vector<std::string>());
  op::DescribeAutoScalingInstances::Output out;
  auto& shown = out.auto_scaling_instances.emplace();
  TRY(Page page, page_of(in, {.usual = 50, .most = 50}));
  for (const auto& [id, instance] : context.state.instances.all()) {
    if (instance.group.empty() || instance.state == "terminated") continue;
    if (!named.empty() && std::ranges::count(named, id) == 0) continue;
    if (page.take(id)) shown.push_back(show_details(context, instance));
  }
  out.next_token = page.next_token();
  return out;
}

Answer<op::TerminateInstanceInAutoScalingGroup> terminate_instance_in_auto_scaling_group(
    Context& context, const op::TerminateInstanceInAutoScalingGroup::Input& in) {
  if (in.instance_ids && !in.instance_ids->empty()) {
    return fail("ValidationError", "This engine terminates one instance at a time: use InstanceId instead of InstanceIds.");
  }
  if (!in.instance_id) return fail("ValidationError", "The parameter InstanceId must be specified");
  TRY(const model::Instance* instance, find_managed_instance(context, *in.instance_id));
  TRY(const model::AutoScalingGroup* group, find_group(context, instance->group));
  const std::string id = instance->id, name = group->name;
  std::string cause = fmt::format("At {}Z instance {} was taken out of service in response to a user request",
                                  to_iso8601(context.now).substr(0, 19), id);
  if (in.should_decrement_desired_capacity.value_or(false) && !instance->lifecycle_state.starts_with("Terminating")) {
    const int from = group->desired_capacity;
    if (from <= group->min_size) {
      return fail("ValidationError",
                  fmt::format("Currently, desiredSize equals minSize ({}). Terminating instance without replacement will "
                              "violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false "
                              "or lower group's min size.",
                              group->min_size));
    }
    cause += fmt::format(", shrinking the capacity from {} to {}", from, from - 1);
    context.state.auto_scaling_groups.update(name, [](model::AutoScalingGroup& record) { --record.desired_capacity; });
  }
  op::TerminateInstanceInAutoScalingGroup::Output out;
  if (instance->lifecycle_state.starts_with("Terminating")) {  // on its way already: the activity that took it
    for (const std::string& key : context.state.activities_by_group.keys(name)) {
      const model::ScalingActivity* activity = context.state.scaling_activities.find(key);
      if (activity->instance_id == id && !activity->end) out.activity = show_activity(context, *activity);
    }
    return out;
  }
  bool waits = false;
  context.state.instances.update(id, [&](model::Instance& record) {
    record.hooks.clear();
    for (const model::LifecycleHook& hook : group->hooks) {
      if (record.state != "running" || hook.transition != "autoscaling:EC2_INSTANCE_TERMINATING") continue;
      record.hooks[hook.name] = control::hook_ends(hook, context.now, context.pace);
    }
    waits = !record.hooks.empty();
    record.lifecycle_state = waits ? "Terminating:Wait" : "Terminating";
    if (waits) return;
    record.state = "shutting-down";
    record.shutdown_at = context.now;
  });
  model::ScalingActivity activity;
  activity.id = context.random.uuid();
  activity.group = name;
  activity.instance_id = id;
  activity.description = "Terminating EC2 instance: " + id;
  activity.cause = cause + ".";
  if (waits) activity.status = "MidLifecycleAction";
  activity.start = context.now;
  out.activity = show_activity(context, activity);
  context.state.scaling_activities.put(std::move(activity));
  return out;
}

Answer<op::SetInstanceHealth> set_instance_health(Context& context, const op::SetInstanceHealth::Input& in) {
  if (in.health_status != "Healthy" && in.health_status != "Unhealthy") {
    return fail("ValidationError", fmt::format("Health status {} is not valid: it must be Healthy or Unhealthy",
                                               in.health_status.value_or("")));
  }
  TRY(const model::Instance* instance, find_managed_instance(context, *in.instance_id));
  TRY(const model::AutoScalingGroup* group, find_group(context, instance->group));
  // Until it has been in service for its grace period an instance is not called unhealthy, unless the caller insists.
  const seconds grace(group->health_check_grace_period);
  const bool spared = !instance->in_service_at || context.now < *instance->in_service_at + grace;
  if (in.health_status == "Unhealthy" && in.should_respect_grace_period.value_or(true) && spared) return {};
  context.state.instances.update(*in.instance_id,
                                 [&](model::Instance& record) { record.health_status = *in.health_status; });
  return {};
}

Answer<op::SetInstanceProtection> set_instance_protection(Context& context, const op::SetInstanceProtection::Input& in) {
  TRY(const model::AutoScalingGroup* group, find_group(context, *in.auto_scaling_group_name));
  for (const std::string& id : *in.instance_ids) {
    TRY(const model::Instance* instance, find_managed_instance(context, id));
    if (instance->group != group->name) {
      return fail("ValidationError", fmt::format("The instance {} is not part of Auto Scaling group {}.", id, group->name));
    }
    if (instance->lifecycle_state.starts_with("Terminating")) {
      return fail("ValidationError", fmt::format("The instance {} is not in InService or EnteringStandby or Standby.", id));
    }
    context.state.instances.update(
        id, [&](model::Instance& record) { record.protected_from_scale_in = *in.protected_from_scale_in; });
  }
  return {};
}

}  // namespace services::autoscaling
